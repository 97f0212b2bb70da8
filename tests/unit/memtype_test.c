/*
 * Memory types, and memory that is not RAM: the four cache policies, and the
 * registers of devices, which have no struct page.
 */
#include "block_env.h"

#define DEVICE_PA 0x900000000ul		/* no RAM of the fake machine */

static const u32 types[] = { PT_CACHED, PT_UNCACHED, PT_UNCACHED_DEVICE,
			     PT_WRITE_COMBINING };

/* The byte of MAIR_EL1 that the entry for va selects. */
static u64 attribute(uaddr_t va)
{
	u64 entry = as.root[va >> 39 & 511];
	u32 level;

	for (level = 1; level <= 3 && entry & ENTRY_IS_TABLE; level++) {
		const u64 *table = phys_to_virt(paddr(entry & ENTRY_ADDR));

		entry = table[va >> (39 - 9 * level) & 511];
	}
	return MAIR_VALUE >> (8 * ((entry & ENTRY_ATTR) >> ENTRY_ATTR_SHIFT)) &
	       0xff;
}

/* The four policies are what vmo.md 6.4 says (Arm ARM D19.2.100). */
static void test_types(void **state)
{
	static const u64 attributes[] = { 0xff, 0x00, 0x04, 0x44 };
	paddr_t pa;
	u32 i, flags;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_int_equal(types[i], i << PT_TYPE_SHIFT);
		env_map_pa(&as, page_va(i), page_pa(i), RW | types[i]);
		expect_page(i, RW | types[i]);
		assert_int_equal(attribute(page_va(i)), attributes[i]);
	}
	/* Tightening does not touch the type. */
	env_unmap(&as, VA, 4);
	for (i = 0; i < 4; i++) {
		uaddr_t va = VA + i * PT_BLOCK_BYTES;
		struct tlb_batch batch;

		assert_int_equal(env_map_block(&as, va, block_pa,
					       RW | types[i]), ZX_OK);
		tlb_batch_begin(&batch);
		assert_int_equal(pt_protect(&as, va, 512, PT_READ, &batch), 1);
		tlb_batch_end(&batch);
		assert_true(pt_query(&as, va, &pa, &flags));
		assert_int_equal(flags, PT_READ | types[i]);
		assert_int_equal(attribute(va), attributes[i]);
	}
}

static void test_is_ram(void **state)
{
	u64 top = FAKE_RAM_BASE + fake_ram_bytes;

	(void)state;
	assert_true(arch_is_ram(paddr(FAKE_RAM_BASE), fake_ram_bytes));
	assert_true(arch_is_ram(paddr(top - PAGE_SIZE), PAGE_SIZE));
	assert_false(arch_is_ram(paddr(top), PAGE_SIZE));
	assert_false(arch_is_ram(paddr(top - PAGE_SIZE), 2 * PAGE_SIZE));
	assert_false(arch_is_ram(paddr(FAKE_RAM_BASE - PAGE_SIZE),
				 2 * PAGE_SIZE));
	assert_false(arch_is_ram(paddr(DEVICE_PA), PAGE_SIZE));
	assert_false(arch_is_ram(paddr(FAKE_RAM_BASE), ~0ul & ~PAGE_MASK));
	assert_true(arch_is_ram(paddr(DEVICE_PA), 0));
}

/* Registers of a device: mapped, reached, tightened, unmapped, and nobody looks
 * for a struct page. */
static void test_device(void **state)
{
	uaddr_t beside = VA + PT_BLOCK_BYTES;
	struct tlb_batch batch;
	paddr_t pa;
	u32 i;

	(void)state;
	for (i = 1; i < 4; i++) {
		u32 flags = RW | types[i];

		assert_int_equal(env_map_block(&as, VA, paddr(DEVICE_PA),
					       flags), ZX_OK);
		env_map_pa(&as, beside, paddr(DEVICE_PA + 0x3000), flags);
		env_reach_everywhere(&as, CPUS, page_va(77), PT_WRITE,
				     paddr(DEVICE_PA + 77 * PAGE_SIZE));
		env_reach_everywhere(&as, CPUS, beside, PT_WRITE,
				     paddr(DEVICE_PA + 0x3000));
		tlb_batch_begin(&batch);
		assert_int_equal(pt_protect(&as, VA, 513, PT_READ, &batch), 2);
		tlb_batch_end(&batch);
		assert_true(env_reach_pa(VA, PT_READ, &pa));
		assert_false(env_reach_pa(beside, PT_WRITE, &pa));
		env_unmap(&as, VA, 513);
		assert_false(env_reach_pa(VA, PT_READ, &pa));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, block_start, block_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_types),
		TEST(test_is_ram),
		TEST(test_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

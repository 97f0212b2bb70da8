/*
 * Blocks and pages in random order against a flat model and the modelled TLBs.
 */
#include "block_env.h"

#define MODEL_BLOCKS 3
#define MODEL_PAGES (MODEL_BLOCKS * PT_BLOCK_PAGES)

static u8 model[MODEL_PAGES];		/* rights; 0: nothing mapped */
static bool model_block[MODEL_BLOCKS];

static paddr_t model_pa(u64 i)
{
	return page_pa(i % PT_BLOCK_PAGES);
}

static void step_map_block(u32 flags)
{
	u64 b = fake_below(MODEL_BLOCKS), i, first = b * PT_BLOCK_PAGES;
	bool pages = false;
	zx_status_t status;

	for (i = first; i < first + PT_BLOCK_PAGES; i++)
		pages |= model[i] != 0 && !model_block[b];
	status = env_map_block(&as, page_va(first), block_pa, flags);
	if (status == ZX_ERR_ALREADY_EXISTS) {
		assert_false(model_block[b]);
		return;
	}
	assert_int_equal(status, ZX_OK);
	assert_false(pages);
	model_block[b] = true;
	for (i = first; i < first + PT_BLOCK_PAGES; i++)
		model[i] |= (u8)flags;
}

static void drop_block(u64 b)
{
	if (!model_block[b])
		return;
	model_block[b] = false;
	memset(&model[b * PT_BLOCK_PAGES], 0, PT_BLOCK_PAGES);
}

static void step_map_page(u32 flags)
{
	u64 i = fake_below(MODEL_PAGES), b = i / PT_BLOCK_PAGES;

	env_map_pa(&as, page_va(i), model_pa(i), flags);
	if (model_block[b] && (flags & ~model[i]) == 0)
		return;
	drop_block(b);
	model[i] |= (u8)flags;
}

static void step_limit(void)
{
	u64 first = fake_below(MODEL_PAGES);
	u64 count = 1 + fake_below(fake_below(2) ? MODEL_PAGES - first :
				   min_u64(9, MODEL_PAGES - first));
	u64 what = fake_below(4), i;
	u32 keep = what == 2 ? RX : what == 3 ? PT_READ : 0;
	struct tlb_batch batch;

	if (fake_below(3) == 0) {
		first &= ~(PT_BLOCK_PAGES - 1);
		count = PT_BLOCK_PAGES;
	}
	tlb_batch_begin(&batch);
	if (what == 0)
		pt_unmap(&as, page_va(first), count, &batch);
	else if (what == 1)
		pt_clear(&as, page_va(first), count, &batch);
	else
		pt_protect(&as, page_va(first), count, keep, &batch);
	tlb_batch_end(&batch);
	for (i = first; i < first + count; i++) {
		u64 b = i / PT_BLOCK_PAGES;
		bool whole = first <= b * PT_BLOCK_PAGES &&
			     first + count >= (b + 1) * PT_BLOCK_PAGES;

		if (model_block[b] && !whole && (model[i] & ~keep) != 0)
			drop_block(b);
		model[i] &= (u8)keep;
		if (keep == 0)
			model_block[b] = false;
	}
}

static void check_page(u64 i)
{
	u32 access, flags = 0;
	paddr_t pa;

	assert_int_equal(pt_query(&as, page_va(i), &pa, &flags), model[i] != 0);
	assert_int_equal(flags, model[i]);
	fake_become((u32)fake_below(CPUS));
	env_load(&as);
	for (access = PT_READ; access <= PT_EXEC; access <<= 1) {
		assert_int_equal(env_reach_pa(page_va(i), access, &pa),
				 (model[i] & access) != 0);
		if (model[i] & access)
			assert_int_equal(pa.v, model_pa(i).v);
	}
	fake_become(0);
}

static void run_random(bool tlbi_range)
{
	u64 step, steps = env_steps(3000), i;
	u32 flags;

	memset(model, 0, sizeof(model));
	memset(model_block, 0, sizeof(model_block));
	fake_set_features(CPUS, tlbi_range);
	for (step = 0; step < steps; step++) {
		flags = PT_READ | ((u32)fake_random() & (PT_WRITE | PT_EXEC));
		if (flags & PT_EXEC)
			arch_cache_sync(phys_to_virt(block_pa), PT_BLOCK_BYTES);
		switch (fake_below(6)) {
		case 0:
		case 1:
			step_map_block(flags);
			break;
		case 2:
			step_limit();
			break;
		default:
			step_map_page(flags);
		}
		for (i = 0; i < 4; i++)
			check_page(fake_below(MODEL_PAGES));
		assert_int_equal(env_violation, 0);
	}
	env_unmap(&as, 0, 1ul << 36);
	assert_int_equal(arch_aspace_table_pages(&as), 1);
	assert_int_equal(fake_bad_walks, 0);
}

static void test_random(void **state)
{
	(void)state;
	run_random(false);
}

static void test_random_with_ranges(void **state)
{
	(void)state;
	run_random(true);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, block_start, block_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_random),
		TEST(test_random_with_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

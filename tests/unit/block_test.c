/*
 * Block entries: what one entry of 2 MiB maps, how it goes as a whole when part of
 * it changes, and that no CPU keeps any of it.
 */
#include "block_env.h"

#include <kernel/percpu.h>

#define SPACES 24			/* more than there are ASIDs */
#define DEVICE_PA 0x900000000ul		/* no RAM of the fake machine */

static u64 stat_sum(enum cpu_stat which)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < CONFIG_MAX_CPUS; i++)
		sum += percpu_areas[i].stats[which];
	return sum;
}

static u64 flush_count(void)
{
	return stat_sum(STAT_TLBI_PAGE) + stat_sum(STAT_TLBI_RANGE) +
	       stat_sum(STAT_TLBI_ASID) + stat_sum(STAT_TLBI_ALL);
}

static void map_block(u32 flags)
{
	assert_int_equal(env_map_block(&as, VA, block_pa, flags), ZX_OK);
}

static void expect_nothing(u64 i)
{
	paddr_t pa;
	u32 flags;

	assert_false(pt_query(&as, page_va(i), &pa, &flags));
	env_fault_everywhere(&as, CPUS, page_va(i), PT_READ);
}

/* Each of the 512 pages is reached at its address, and none beside them; it
 * takes two tables besides the root, and none is left after. */
static void test_map(void **state)
{
	paddr_t pa;
	u64 i;

	(void)state;
	map_block(RW);
	assert_int_equal(arch_aspace_table_pages(&as), 3);
	for (i = 0; i < PT_BLOCK_PAGES; i++) {
		expect_page(i, RW);
		assert_true(env_reach_pa(page_va(i) + 8, PT_WRITE, &pa));
		assert_int_equal(pa.v, page_pa(i).v + 8);
	}
	expect_nothing(PT_BLOCK_PAGES);
	assert_null(env_reach(VA - PAGE_SIZE, PT_READ));
	assert_null(env_reach(VA, PT_EXEC));
	env_unmap(&as, VA, PT_BLOCK_PAGES);
	assert_int_equal(arch_aspace_table_pages(&as), 1);
	expect_nothing(0);
	expect_nothing(511);
}

static void test_no_resources(void **state)
{
	struct pt_reserve reserve = { NULL, 0 };
	struct mutex lock;

	(void)state;
	mutex_init(&lock, LOCK_VMO);
	pt_stock_release();
	assert_int_equal(pt_reserve_fill(&reserve, 1), ZX_OK);
	mutex_lock(&lock);
	assert_int_equal(pt_map_block(&as, VA, block_pa, RW, &reserve),
			 ZX_ERR_NO_RESOURCES);
	assert_int_equal(reserve.count, 1);
	assert_int_equal(arch_aspace_table_pages(&as), 1);
	mutex_unlock(&lock);
	assert_int_equal(pt_reserve_fill(&reserve, 2), ZX_OK);
	mutex_lock(&lock);
	assert_int_equal(pt_map_block(&as, VA, block_pa, PT_READ, &reserve),
			 ZX_OK);
	/* A page that needs more than the block permits wants a table; until
	 * there is one the block stays. */
	assert_int_equal(pt_map(&as, VA, block_pa, RW, &reserve),
			 ZX_ERR_NO_RESOURCES);
	mutex_unlock(&lock);
	expect_page(0, PT_READ);
	expect_page(511, PT_READ);
}

/* A second map of the same block widens it where it stands; CPUs that cached the
 * narrow entry get the wide one. Narrower: no change, no flush. */
static void test_widen(void **state)
{
	u64 flushes;

	(void)state;
	map_block(PT_READ);
	env_reach_everywhere(&as, CPUS, page_va(7), PT_READ, page_pa(7));
	map_block(RW);
	env_reach_everywhere(&as, CPUS, page_va(300), PT_WRITE, page_pa(300));
	flushes = flush_count();
	map_block(PT_READ);
	assert_int_equal(flush_count(), flushes);
	expect_page(511, RW);
	assert_int_equal(arch_aspace_table_pages(&as), 3);
}

/* Where pages have been mapped one by one there is no room for a block until the
 * table is unlinked. */
static void test_table_in_the_way(void **state)
{
	struct tlb_batch batch;

	(void)state;
	env_map_pa(&as, page_va(9), page_pa(9), RW);
	assert_int_equal(env_map_block(&as, VA, block_pa, RW),
			 ZX_ERR_ALREADY_EXISTS);
	tlb_batch_begin(&batch);
	assert_int_equal(pt_clear(&as, VA, PT_BLOCK_PAGES, &batch), 1);
	tlb_batch_end(&batch);
	assert_int_equal(env_map_block(&as, VA, block_pa, RW),
			 ZX_ERR_ALREADY_EXISTS);
	expect_nothing(9);
	env_unmap(&as, VA, PT_BLOCK_PAGES);
	map_block(RW);
	expect_page(9, RW);
}

static jmp_buf refused;

static void on_panic(const char *message)
{
	assert_non_null(strstr(message, "assertion failed"));
	longjmp(refused, 1);
}

/* Tries to put something else where the block stands; the kernel stops. */
static void expect_refused(uaddr_t va, paddr_t pa, u32 flags, bool whole)
{
	struct pt_reserve reserve = { NULL, 0 };
	struct mutex lock;

	assert_int_equal(pt_reserve_fill(&reserve, 3), ZX_OK);
	mutex_init(&lock, LOCK_VMO);
	mutex_lock(&lock);
	fake_panic_hook = on_panic;
	if (setjmp(refused) == 0) {
		zx_status_t status;

		status = whole ? pt_map_block(&as, va, pa, flags, &reserve) :
				 pt_map(&as, va, pa, flags, &reserve);
		print_error("status %d\n", status);
		fail();
	}
	fake_panic_hook = NULL;
	spin_unlock(&as.lock);
	mutex_unlock(&lock);
	pt_reserve_release(&reserve);
	expect_page(0, RW);
	expect_page(5, RW);
}

/* Another frame, or another memory type, over a valid block or page (I5). */
static void test_replace_is_refused(void **state)
{
	(void)state;
	map_block(RW);
	expect_refused(VA, paddr(DEVICE_PA), RW, true);
	expect_refused(VA, block_pa, RW | PT_UNCACHED, true);
	expect_refused(page_va(5), page_pa(6), RW, false);
	expect_refused(page_va(5), page_pa(5), RW | PT_WRITE_COMBINING, false);
	env_unmap(&as, VA, PT_BLOCK_PAGES);
	env_map_pa(&as, VA, block_pa, RW);
	env_map_pa(&as, page_va(5), page_pa(5), RW);
	expect_refused(VA, block_pa, RW | PT_UNCACHED_DEVICE, false);
}

/* A page inside a live block: what the block permits is no change; what it does
 * not takes the block down on all CPUs and maps that page alone. */
static void test_page_in_block(void **state)
{
	u64 flushes;

	(void)state;
	arch_cache_sync(phys_to_virt(block_pa), PT_BLOCK_BYTES);
	map_block(RW);
	env_reach_everywhere(&as, CPUS, page_va(100), PT_WRITE, page_pa(100));
	flushes = flush_count();
	env_map_pa(&as, page_va(100), page_pa(100), PT_READ);
	env_map_pa(&as, page_va(101), page_pa(101), RW);
	assert_int_equal(flush_count(), flushes);
	expect_page(511, RW);
	arch_sync_icache_page(&block[100]);
	env_map_pa(&as, page_va(100), page_pa(100), RX);
	expect_page(100, RX);
	env_reach_everywhere(&as, CPUS, page_va(100), PT_EXEC, page_pa(100));
	env_fault_everywhere(&as, CPUS, page_va(100), PT_WRITE);
	expect_nothing(0);
	expect_nothing(99);
	expect_nothing(101);
	expect_nothing(511);
	assert_int_equal(arch_aspace_table_pages(&as), 4);
	env_map_pa(&as, page_va(101), page_pa(101), RW);
	expect_page(101, RW);
	env_unmap(&as, VA, PT_BLOCK_PAGES);
	assert_int_equal(arch_aspace_table_pages(&as), 1);
}

/* A block counts in its table beside page tables, whichever goes first. */
static void test_tables_beside(void **state)
{
	uaddr_t beside = VA + PT_BLOCK_BYTES;

	(void)state;
	map_block(RW);
	env_map_pa(&as, beside, page_pa(1), PT_READ);
	assert_int_equal(arch_aspace_table_pages(&as), 4);
	env_unmap(&as, VA, 1);
	assert_int_equal(arch_aspace_table_pages(&as), 4);
	map_block(RW);
	env_unmap(&as, beside, 1);
	assert_int_equal(arch_aspace_table_pages(&as), 3);
	expect_page(3, RW);
	env_unmap(&as, VA + 17 * PAGE_SIZE, 2);
	assert_int_equal(arch_aspace_table_pages(&as), 1);
}

/* Neighbours are not looked for inside a block. */
static void test_neighbours(void **state)
{
	struct page *frames[4] = { block, block + 1, block + 2, block + 3 };
	struct mutex lock;

	(void)state;
	mutex_init(&lock, LOCK_VMO);
	map_block(PT_READ);
	mutex_lock(&lock);
	assert_int_equal(pt_map_neighbours(&as, VA, frames, 4, PT_READ), 0);
	mutex_unlock(&lock);
	expect_page(3, PT_READ);
	assert_int_equal(arch_aspace_table_pages(&as), 3);
}

/* Clears or unmaps [first, first + count) of two neighbouring blocks. */
static void check_partial(u64 first, u64 count, bool unlink, u64 expected)
{
	struct tlb_batch batch;
	u64 i;

	map_block(RW);
	assert_int_equal(env_map_block(&as, VA + PT_BLOCK_BYTES, block_pa,
				       PT_READ), ZX_OK);
	env_reach_everywhere(&as, CPUS, page_va(0), PT_READ, page_pa(0));
	env_reach_everywhere(&as, CPUS, page_va(1023), PT_READ, page_pa(511));
	tlb_batch_begin(&batch);
	assert_int_equal(unlink ? pt_unmap(&as, page_va(first), count, &batch) :
				  pt_clear(&as, page_va(first), count, &batch),
			 expected);
	assert_int_equal(batch.changed_count, expected);
	tlb_batch_end(&batch);
	if (first < 512)
		for (i = 0; i < 512; i += 73)
			expect_nothing(i);
	else
		expect_page(0, RW);
	if (first + count > 512)
		for (i = 512; i < 1024; i += 73)
			expect_nothing(i);
	else
		env_reach_everywhere(&as, CPUS, page_va(1000), PT_READ,
				     page_pa(488));
	/* Neither leaves a table that nobody would find. */
	assert_int_equal(arch_aspace_table_pages(&as), expected == 2 ? 1 : 3);
	env_unmap(&as, VA, 1024);
	assert_int_equal(arch_aspace_table_pages(&as), 1);
}

/* What a range touches goes as a whole, and nothing else. */
static void test_partial_clear(void **state)
{
	u32 unlink;

	(void)state;
	for (unlink = 0; unlink < 2; unlink++) {
		check_partial(0, 1, unlink, 1);
		check_partial(511, 1, unlink, 1);
		check_partial(512, 1, unlink, 1);
		check_partial(200, 100, unlink, 1);
		check_partial(511, 2, unlink, 2);
		check_partial(0, 1024, unlink, 2);
	}
}

/* Rights: a whole block is tightened in place, a part takes it down unless it
 * has nothing to lose; no CPU keeps what was taken. */
static void test_protect(void **state)
{
	struct tlb_batch batch;
	u64 flushes;

	(void)state;
	map_block(RW);
	env_reach_everywhere(&as, CPUS, page_va(44), PT_WRITE, page_pa(44));
	tlb_batch_begin(&batch);
	assert_int_equal(pt_protect(&as, VA, 512, RX, &batch), 1);
	tlb_batch_end(&batch);
	expect_page(44, PT_READ);
	env_fault_everywhere(&as, CPUS, page_va(44), PT_WRITE);
	env_reach_everywhere(&as, CPUS, page_va(45), PT_READ, page_pa(45));
	flushes = flush_count();
	tlb_batch_begin(&batch);
	assert_int_equal(pt_protect(&as, VA, 512, RX, &batch), 0);
	assert_int_equal(pt_protect(&as, page_va(3), 1, PT_READ, &batch), 0);
	assert_int_equal(pt_protect(&as, page_va(3), 9, PT_READ, &batch), 0);
	tlb_batch_end(&batch);
	assert_int_equal(flush_count(), flushes);
	expect_page(3, PT_READ);
	map_block(RW);
	env_reach_everywhere(&as, CPUS, page_va(400), PT_WRITE, page_pa(400));
	tlb_batch_begin(&batch);
	assert_int_equal(pt_protect(&as, page_va(511), 600, PT_READ, &batch),
			 1);
	tlb_batch_end(&batch);
	expect_nothing(400);
	expect_nothing(511);
	assert_int_equal(arch_aspace_table_pages(&as), 1);
	map_block(RW);
	tlb_batch_begin(&batch);
	assert_int_equal(pt_protect(&as, page_va(8), 1, 0, &batch), 1);
	tlb_batch_end(&batch);
	expect_nothing(9);
}

/* A search for what is mapped finds blocks, from any place in them. */
static void test_skip_empty(void **state)
{
	uaddr_t far = VA + (5ul << 30), top = 1ul << 47;

	(void)state;
	assert_int_equal(env_map_block(&as, far, block_pa, PT_READ), ZX_OK);
	assert_int_equal(pt_skip_empty(&as, 0, top), far);
	assert_int_equal(pt_skip_empty(&as, far + 5 * PAGE_SIZE, top),
			 far + 5 * PAGE_SIZE);
	assert_int_equal(pt_skip_empty(&as, far + PT_BLOCK_BYTES, top), top);
	assert_int_equal(pt_skip_empty(&as, 0, far), far);
	assert_int_equal(pt_skip_empty(&as, 0, far - 1), far - 1);
	env_unmap(&as, 0, 1ul << 36);
	assert_int_equal(arch_aspace_table_pages(&as), 1);
}

/* How a batch of `count` blocks flushes; every CPU held them all. */
static void check_form(u32 count, enum cpu_stat form, bool limit)
{
	struct tlb_batch batch;
	u64 before, i;

	for (i = 0; i < count; i++)
		assert_int_equal(env_map_block(&as, VA + i * PT_BLOCK_BYTES,
					       block_pa, RW), ZX_OK);
	for (i = 0; i < count; i++)
		env_reach_everywhere(&as, CPUS, page_va(i * 513), PT_WRITE,
				     page_pa(i));
	before = stat_sum(form);
	tlb_batch_begin(&batch);
	if (limit)
		pt_protect(&as, VA, 512ul * count, PT_READ, &batch);
	else
		pt_clear(&as, VA, 512ul * count, &batch);
	tlb_batch_end(&batch);
	assert_true(stat_sum(form) > before);
	for (i = 0; i < count; i++)
		env_fault_everywhere(&as, CPUS, page_va(i * 513),
				     limit ? PT_WRITE : PT_READ);
	env_unmap(&as, VA, 512ul * count);
}

static void test_flush_forms(void **state)
{
	(void)state;
	check_form(1, STAT_TLBI_PAGE, false);
	check_form(1, STAT_TLBI_PAGE, true);
	check_form(TLB_NOTE_COUNT, STAT_TLBI_PAGE, false);
	check_form(TLB_NOTE_COUNT, STAT_TLBI_PAGE, true);
	check_form(TLB_NOTE_COUNT + 1, STAT_TLBI_ASID, false);
	check_form(TLB_NOTE_COUNT + 1, STAT_TLBI_ASID, true);
	fake_set_features(CPUS, true);
	check_form(3, STAT_TLBI_PAGE, true);
}

/* The part of a block that is outside the range is gone from all TLBs when the
 * lock is: an operation on that part finds nothing to note. */
static void test_rest_of_block(void **state)
{
	struct tlb_batch batch;
	u32 limit;

	(void)state;
	for (limit = 0; limit < 2; limit++) {
		map_block(RW);
		assert_int_equal(env_map_block(&as, VA + PT_BLOCK_BYTES,
					       block_pa, RW), ZX_OK);
		env_reach_everywhere(&as, CPUS, page_va(70), PT_READ,
				     page_pa(70));
		tlb_batch_begin(&batch);
		if (limit)
			pt_protect(&as, page_va(60), 1, PT_READ, &batch);
		else
			pt_clear(&as, page_va(60), 1, &batch);
		expect_nothing(70);
		tlb_batch_end(&batch);
	}
}

/* The flush of another CPU's changes covers a block that the noted range only
 * touches. */
static void test_note_range(void **state)
{
	struct tlb_batch mine, theirs;

	(void)state;
	map_block(RW);
	assert_int_equal(env_map_block(&as, VA + PT_BLOCK_BYTES, block_pa, RW),
			 ZX_OK);
	env_reach_everywhere(&as, CPUS, page_va(70), PT_READ, page_pa(70));
	fake_become(1);
	tlb_batch_begin(&theirs);
	pt_clear(&as, VA, PT_BLOCK_PAGES, &theirs);
	assert_int_equal(theirs.note_count, 1);
	fake_become(0);
	tlb_batch_begin(&mine);
	tlb_batch_note_range(&mine, &as, page_va(70), 2);
	tlb_batch_end(&mine);
	assert_int_equal(env_violation, 0);
	expect_nothing(70);
	expect_nothing(500);
	fake_become(1);
	tlb_batch_end(&theirs);
	fake_become(0);
}

/* 24 aspaces with a block each share 8 ASIDs on 4 CPUs. */
static void test_rollover(void **state)
{
	static struct arch_aspace spaces[SPACES];
	u64 rollovers = stat_sum(STAT_ASID_ROLLOVERS);
	u64 step, steps = env_steps(3000);
	u32 i;

	(void)state;
	for (i = 0; i < SPACES; i++)
		assert_int_equal(arch_aspace_init(&spaces[i]), ZX_OK);
	for (step = 0; step < steps; step++) {
		uaddr_t va;
		paddr_t pa = block_pa, found;

		fake_become((u32)fake_below(CPUS));
		i = (u32)fake_below(SPACES);
		/* Even ones map the block, odd ones a page of it. */
		va = page_va(fake_below(PT_BLOCK_PAGES));
		if (i % 2 != 0)
			env_map_pa(&spaces[i], VA, page_pa(i), RW);
		else
			assert_int_equal(env_map_block(&spaces[i], VA, pa, RW),
					 ZX_OK);
		env_load(&spaces[i]);
		if (i % 2 != 0)
			va = VA, pa = page_pa(i);
		else
			pa = paddr(pa.v + (va - VA));
		assert_true(env_reach_pa(va, PT_WRITE, &found));
		assert_int_equal(found.v, pa.v);
		if (fake_below(3) == 0)
			env_unmap(&spaces[i], va, 1);
		assert_int_equal(env_violation, 0);
	}
	assert_true(stat_sum(STAT_ASID_ROLLOVERS) > rollovers + 10);
	for (i = 0; i < CPUS; i++) {
		fake_become(i);
		env_load(NULL);
	}
	fake_become(0);
	for (i = 0; i < SPACES; i++) {
		env_unmap(&spaces[i], VA, PT_BLOCK_PAGES);
		arch_aspace_destroy(&spaces[i]);
	}
}

/* --- What the checker says ---------------------------------------------------- */

/* Every frame of a block counts as mapped until the flush is done, and must have
 * been synced before it may be executed. */
static void test_checker_speaks(void **state)
{
	struct tlb_batch batch;
	u32 i;

	(void)state;
	if (!IS_ENABLED(CONFIG_PTCHECK) || !IS_ENABLED(CONFIG_LOCKDEP))
		skip();
	map_block(RW);
	for (i = 0; i < PT_BLOCK_PAGES; i++)
		assert_int_equal(block[i].map_count, 1);
	tlb_batch_begin(&batch);
	pt_clear(&as, page_va(12), 1, &batch);
	/* The table above went with the block, so it is flushed by now. */
	for (i = 0; i < PT_BLOCK_PAGES; i++)
		assert_int_equal(block[i].map_count, 0);
	tlb_batch_end(&batch);
	assert_int_equal(env_violation, 0);
	map_block(RX);
	assert_int_equal(env_violation, 14);
	env_violation = 0;
	env_unmap(&as, VA, 1);
	/* All but a part of the last page. */
	arch_cache_sync(phys_to_virt(block_pa), PT_BLOCK_BYTES - 1);
	map_block(RX);
	assert_int_equal(env_violation, 14);
	env_violation = 0;
	env_unmap(&as, VA, 1);
	arch_cache_sync(phys_to_virt(block_pa), PT_BLOCK_BYTES);
	map_block(RX);
	env_unmap(&as, VA, 1);
	assert_int_equal(env_violation, 0);
}

/* Frames of an executable block are freed after an epoch (I4). */
static void test_executable(void **state)
{
	struct tlb_batch batch;

	(void)state;
	arch_cache_sync(phys_to_virt(block_pa), PT_BLOCK_BYTES);
	map_block(RX);
	tlb_batch_begin(&batch);
	assert_int_equal(pt_protect(&as, VA, 512, PT_READ, &batch), 1);
	assert_true(batch.executable);
	tlb_batch_end(&batch);
	map_block(RX);
	tlb_batch_begin(&batch);
	assert_int_equal(pt_clear(&as, VA, 1, &batch), 1);
	assert_true(batch.executable);
	tlb_batch_end(&batch);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, block_start, block_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_map),
		TEST(test_no_resources),
		TEST(test_widen),
		TEST(test_table_in_the_way),
		TEST(test_replace_is_refused),
		TEST(test_page_in_block),
		TEST(test_tables_beside),
		TEST(test_neighbours),
		TEST(test_partial_clear),
		TEST(test_protect),
		TEST(test_skip_empty),
		TEST(test_flush_forms),
		TEST(test_rest_of_block),
		TEST(test_note_range),
		TEST(test_rollover),
		TEST(test_checker_speaks),
		TEST(test_executable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

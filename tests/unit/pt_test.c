/*
 * Page tables: entries, tables and their flush, against a flat model and the
 * modelled TLBs.
 */
#include "pt_env.h"

#define VA 0x40000000ul
#define SPARSE (1ul << 39)		/* another level-0 entry */

static struct arch_aspace as;

static int start(void **state)
{
	env_start(state);
	assert_int_equal(arch_aspace_init(&as), ZX_OK);
	env_load(&as);
	return 0;
}

static int end(void **state)
{
	env_unmap(&as, 0, 1ul << 36);
	env_load(NULL);
	arch_aspace_destroy(&as);
	return env_end(state);
}

/* A mapped page is reached with the rights that it was given, and no others. */
static void test_rights(void **state)
{
	static const u32 flags[] = { PT_READ, PT_READ | PT_WRITE,
				     PT_READ | PT_EXEC,
				     PT_READ | PT_WRITE | PT_EXEC };
	u32 i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct page *p = env_frame();
		uaddr_t va = VA + i * PAGE_SIZE;
		u32 found;
		paddr_t pa;

		arch_sync_icache_page(p);
		env_map(&as, va, p, flags[i]);
		assert_true(pt_query(&as, va, &pa, &found));
		assert_int_equal(pa.v, page_to_paddr(p).v);
		assert_int_equal(found, flags[i]);
		assert_ptr_equal(env_reach(va, PT_READ), p);
		assert_int_equal(env_reach(va, PT_WRITE) == p,
				 (flags[i] & PT_WRITE) != 0);
		assert_int_equal(env_reach(va, PT_EXEC) == p,
				 (flags[i] & PT_EXEC) != 0);
		env_unmap(&as, va, 1);
		assert_null(env_reach(va, PT_READ));
		assert_false(pt_query(&as, va, &pa, &found));
		pmm_free(p);
	}
}

/* Without tables in the reserve nothing changes; with three it works. */
static void test_no_resources(void **state)
{
	struct pt_reserve reserve = { NULL, 0 };
	struct page *p = env_frame();
	struct mutex lock;

	(void)state;
	mutex_init(&lock, LOCK_VMO);
	pt_stock_release();
	mutex_lock(&lock);
	assert_int_equal(pt_map(&as, VA, page_to_paddr(p), PT_READ, NULL),
			 ZX_ERR_NO_RESOURCES);
	assert_int_equal(pt_reserve_fill(&reserve, 2), ZX_OK);
	assert_int_equal(pt_map(&as, VA, page_to_paddr(p), PT_READ, &reserve),
			 ZX_ERR_NO_RESOURCES);
	assert_int_equal(reserve.count, 2);
	assert_int_equal(arch_aspace_table_pages(&as), 1);
	assert_int_equal(pt_reserve_fill(&reserve, 3), ZX_OK);
	assert_int_equal(pt_map(&as, VA, page_to_paddr(p), PT_READ, &reserve),
			 ZX_OK);
	assert_int_equal(reserve.count, 0);
	mutex_unlock(&lock);
	assert_int_equal(arch_aspace_table_pages(&as), 4);
	env_unmap(&as, VA, 1);
	assert_int_equal(arch_aspace_table_pages(&as), 1);
	/* Those three are in this CPU's stock now, and nobody need ask. */
	mutex_lock(&lock);
	assert_int_equal(pt_map(&as, VA, page_to_paddr(p), PT_READ, NULL),
			 ZX_OK);
	mutex_unlock(&lock);
	env_unmap(&as, VA, 1);
	pmm_free(p);
}

/* A second map of the same frame widens and never narrows; a CPU that cached
 * the narrow entry gets the wide one without help. */
static void test_widen(void **state)
{
	struct page *p = env_frame();
	paddr_t pa;
	u32 flags;

	(void)state;
	arch_sync_icache_page(p);
	env_map(&as, VA, p, PT_READ);
	assert_null(env_reach(VA, PT_WRITE));
	env_map(&as, VA, p, PT_READ | PT_WRITE);
	assert_ptr_equal(env_reach(VA, PT_WRITE), p);
	arch_sync_icache_page(p);
	env_map(&as, VA, p, PT_READ | PT_EXEC);
	assert_true(pt_query(&as, VA, &pa, &flags));
	assert_int_equal(flags, PT_READ | PT_WRITE | PT_EXEC);
	env_unmap(&as, VA, 1);
	pmm_free(p);
}

static jmp_buf refused;

static void on_panic(const char *message)
{
	assert_non_null(strstr(message, "assertion failed"));
	longjmp(refused, 1);
}

/* A valid entry is never made to name another frame (I5): the kernel stops. */
static void test_replace_is_refused(void **state)
{
	struct page *p = env_frame(), *q = env_frame();
	struct mutex lock;

	(void)state;
	mutex_init(&lock, LOCK_VMO);
	env_map(&as, VA, p, PT_READ);
	mutex_lock(&lock);
	fake_panic_hook = on_panic;
	if (setjmp(refused) == 0) {
		assert_int_equal(pt_map(&as, VA, page_to_paddr(q), PT_READ,
					NULL), ZX_OK);
		fail();
	}
	fake_panic_hook = NULL;
	spin_unlock(&as.lock);
	mutex_unlock(&lock);
	assert_ptr_equal(env_reach(VA, PT_READ), p);
	env_unmap(&as, VA, 1);
	pmm_free(p);
	pmm_free(q);
}

/* Neighbours: only absent entries of one table are set, none without it. */
static void test_neighbours(void **state)
{
	struct page *frames[8], *p = env_frame();
	struct mutex lock;
	u32 i;

	(void)state;
	mutex_init(&lock, LOCK_VMO);
	for (i = 0; i < 8; i++)
		frames[i] = i == 2 ? NULL : env_frame();
	mutex_lock(&lock);
	assert_int_equal(pt_map_neighbours(&as, VA, frames, 8, PT_READ), 0);
	mutex_unlock(&lock);
	env_map(&as, VA + 3 * PAGE_SIZE, p, PT_READ);
	mutex_lock(&lock);
	assert_int_equal(pt_map_neighbours(&as, VA, frames, 8, PT_READ), 6);
	/* The last two entries of a table. */
	assert_int_equal(pt_map_neighbours(&as, VA + 510 * PAGE_SIZE, frames,
					   8, PT_READ), 2);
	mutex_unlock(&lock);
	for (i = 0; i < 8; i++)
		assert_ptr_equal(env_reach(VA + i * PAGE_SIZE, PT_READ),
				 i == 3 ? p : frames[i]);
	assert_null(env_reach(VA + 512 * PAGE_SIZE, PT_READ));
	env_unmap(&as, VA, 512);
	for (i = 0; i < 8; i++)
		if (frames[i] != NULL)
			pmm_free(frames[i]);
	pmm_free(p);
}

/* pt_clear() keeps empty tables, pt_unmap() of the range frees them. */
static void test_clear_keeps_tables(void **state)
{
	struct page *p = env_frame();
	struct tlb_batch batch;

	(void)state;
	env_map(&as, VA, p, PT_READ);
	env_map(&as, VA + SPARSE, p, PT_READ);
	tlb_batch_begin(&batch);
	assert_int_equal(pt_clear(&as, 0, 1ul << 36, &batch), 2);
	assert_null(batch.tables);
	tlb_batch_end(&batch);
	assert_int_equal(arch_aspace_table_pages(&as), 7);
	tlb_batch_begin(&batch);
	assert_int_equal(pt_unmap(&as, 0, 1ul << 36, &batch), 0);
	assert_non_null(batch.tables);
	tlb_batch_end(&batch);
	assert_int_equal(arch_aspace_table_pages(&as), 1);
	pmm_free(p);
}

/* Tightening takes away what it says, and no CPU keeps the old rights. */
static void test_protect(void **state)
{
	struct page *p = env_frame();
	struct tlb_batch batch;

	(void)state;
	env_map(&as, VA, p, PT_READ | PT_WRITE);
	assert_ptr_equal(env_reach(VA, PT_WRITE), p);
	tlb_batch_begin(&batch);
	assert_int_equal(pt_protect(&as, VA, 1, PT_READ | PT_EXEC, &batch), 1);
	tlb_batch_end(&batch);
	assert_null(env_reach(VA, PT_WRITE));
	assert_null(env_reach(VA, PT_EXEC));
	assert_ptr_equal(env_reach(VA, PT_READ), p);
	tlb_batch_begin(&batch);
	assert_int_equal(pt_protect(&as, VA, 1, PT_READ, &batch), 0);
	assert_int_equal(pt_protect(&as, VA, 1, 0, &batch), 1);
	tlb_batch_end(&batch);
	assert_null(env_reach(VA, PT_READ));
	env_unmap(&as, VA, 1);
	pmm_free(p);
}

/* Instructions are not counted here, but flushes and what a table remembers are:
 * a second pass over what is read-only already looks at no entry (design: a
 * snapshot takes write away from all of a VMO's mappings). */
static void test_protect_again(void **state)
{
	struct page *p = env_frame(), *leaf;
	struct tlb_batch batch;
	u32 i;

	(void)state;
	for (i = 0; i < 40; i++)
		env_map(&as, VA + i * PAGE_SIZE, p,
			i < 20 ? PT_READ | PT_WRITE : PT_READ);
	leaf = as.leaf_page;
	assert_int_equal(leaf->open_groups, 3);
	tlb_batch_begin(&batch);
	/* Part of a group: it may still hold others that permit more. */
	assert_int_equal(pt_protect(&as, VA, 3, PT_READ | PT_EXEC, &batch), 3);
	assert_int_equal(leaf->open_groups, 3);
	assert_int_equal(batch.note_count, 1);
	assert_int_equal(batch.notes[0].page_count, 3);
	assert_int_equal(pt_protect(&as, 0, 1ul << 36, PT_READ | PT_EXEC,
				    &batch), 17);
	assert_int_equal(leaf->open_groups, 0);
	assert_int_equal(batch.note_count, 1);
	assert_int_equal(batch.notes[0].page_count, 20);
	assert_int_equal(pt_protect(&as, 0, 1ul << 36, PT_READ | PT_EXEC,
				    &batch), 0);
	assert_int_equal(batch.notes[0].page_count, 20);
	tlb_batch_end(&batch);
	env_map(&as, VA + 511 * PAGE_SIZE, p, PT_READ | PT_WRITE);
	env_map(&as, VA + 39 * PAGE_SIZE, p, PT_READ | PT_WRITE);
	assert_int_equal(leaf->open_groups, 1u << 31 | 1u << 2);
	tlb_batch_begin(&batch);
	assert_int_equal(pt_protect(&as, VA, 512, PT_READ, &batch), 2);
	tlb_batch_end(&batch);
	assert_null(env_reach(VA + 39 * PAGE_SIZE, PT_WRITE));
	assert_null(env_reach(VA + 511 * PAGE_SIZE, PT_WRITE));
	/* Executable entries keep their groups open while write goes. */
	arch_sync_icache_page(p);
	env_map(&as, VA + PAGE_SIZE, p, PT_READ | PT_WRITE | PT_EXEC);
	tlb_batch_begin(&batch);
	assert_int_equal(pt_protect(&as, VA, 512, PT_READ | PT_EXEC, &batch),
			 1);
	assert_int_equal(leaf->open_groups, 1);
	assert_int_equal(pt_protect(&as, VA, 512, PT_READ, &batch), 1);
	tlb_batch_end(&batch);
	assert_int_equal(leaf->open_groups, 0);
	assert_null(env_reach(VA + PAGE_SIZE, PT_EXEC));
	env_unmap(&as, VA, 512);
	pmm_free(p);
}

/* An executable frame is freed after an epoch, not at once (I4). */
static void test_executable_frame(void **state)
{
	struct page *p = env_frame();
	struct tlb_batch batch;
	u64 before = pmm_free_count();

	(void)state;
	arch_sync_icache_page(p);
	env_map(&as, VA, p, PT_READ | PT_EXEC);
	assert_ptr_equal(env_reach(VA, PT_EXEC), p);
	tlb_batch_begin(&batch);
	pt_clear(&as, VA, 1, &batch);
	tlb_batch_free_page(&batch, p);
	tlb_batch_end(&batch);
	assert_true(pmm_free_count() < before + 1);
	epoch_drain();
	env_unmap(&as, VA, 1);
	pt_stock_release();
	assert_true(pmm_free_count() >= before + 1);
}

/*
 * Code that is rewritten in place, as protect does it: the page stays resident,
 * a writable entry loses that right, and only then, after a sync, the entry may
 * be executed; each time anew. With the sync dropped (a mutant) the first round
 * is stopped already; here the second one is, where the frame is an old friend.
 */
static void test_rewritten_code(void **state)
{
	struct page *p = env_frame();
	struct tlb_batch batch;

	(void)state;
	for (u32 round = 0; round < 3; round++) {
		env_map(&as, VA, p, PT_READ | PT_WRITE);
		assert_ptr_equal(env_reach(VA, PT_WRITE), p);
		tlb_batch_begin(&batch);
		pt_protect(&as, VA, 1, PT_READ | PT_EXEC, &batch);
		tlb_batch_end(&batch);
		assert_null(env_reach(VA, PT_EXEC));
		arch_sync_icache_page(p);
		env_map(&as, VA, p, PT_READ | PT_EXEC);
		assert_ptr_equal(env_reach(VA, PT_EXEC), p);
		assert_int_equal(env_violation, 0);
		tlb_batch_begin(&batch);
		pt_protect(&as, VA, 1, PT_READ, &batch);
		tlb_batch_end(&batch);
	}
	env_map(&as, VA, p, PT_READ | PT_WRITE);
	env_map(&as, VA, p, PT_READ | PT_EXEC);
	if (IS_ENABLED(CONFIG_PTCHECK))
		assert_int_equal(env_violation, 14);
	env_violation = 0;
	env_unmap(&as, VA, 1);
	pmm_free(p);
}

/* Each rule that a test can break without a mutant is reported by its number:
 * the entry that is set without a VMO's lock, the executable entry without
 * I-cache sync, the frame that is freed under a valid entry, a batch with an
 * allocation inside, an access to user memory inside. */
static void test_checker_speaks(void **state)
{
	struct page *p = env_frame();
	struct pt_reserve reserve = { NULL, 0 };
	struct tlb_batch batch;

	(void)state;
	if (!IS_ENABLED(CONFIG_PTCHECK) || !IS_ENABLED(CONFIG_LOCKDEP))
		skip();
	assert_int_equal(pt_reserve_fill(&reserve, 3), ZX_OK);
	assert_int_equal(pt_map(&as, VA, page_to_paddr(p), PT_READ, &reserve),
			 ZX_OK);
	assert_int_equal(env_violation, 12);
	env_violation = 0;
	env_map(&as, VA, p, PT_READ | PT_EXEC);
	assert_int_equal(env_violation, 14);
	env_violation = 0;
	tlb_batch_begin(&batch);
	pmm_free(pmm_alloc());
	assert_int_equal(env_violation, 15);
	tlb_batch_end(&batch);
	env_violation = 0;
	ptcheck_frame_free_hook(p);
	assert_int_equal(env_violation, 11);
	env_violation = 0;
	p->map_count = 1;
	env_unmap(&as, VA, 1);
	pmm_free(p);
}

/* --- Random operations against a flat model ---------------------------------- */

#define MODEL_PAGES 96
#define FRAME_COUNT 48

struct model {
	struct page *frame[MODEL_PAGES];
	u32 flags[MODEL_PAGES];
	struct page *frames[FRAME_COUNT];
};

/* Addresses of several tables, 32 pages in each of three places. */
static uaddr_t model_va(u32 i)
{
	static const uaddr_t base[] = { VA, VA + (3ul << 21) - 16 * PAGE_SIZE,
					VA + SPARSE };

	return base[i / 32] + (i % 32) * PAGE_SIZE;
}

static void step_map(struct model *m, u32 i)
{
	u32 flags = PT_READ | ((u32)fake_random() & (PT_WRITE | PT_EXEC));

	if (m->frame[i] == NULL) {
		m->frame[i] = m->frames[fake_below(FRAME_COUNT)];
		m->flags[i] = flags;
	} else {
		m->flags[i] |= flags;
	}
	if (flags & PT_EXEC)
		arch_sync_icache_page(m->frame[i]);
	env_map(&as, model_va(i), m->frame[i], flags);
}

static void step_limit(struct model *m, u32 i)
{
	u32 count = 1 + (u32)fake_below(32 - i % 32), what, keep = 0, k;
	struct tlb_batch batch;

	what = (u32)fake_below(4);
	if (what >= 2)
		keep = what == 2 ? PT_READ : PT_READ | PT_EXEC;
	tlb_batch_begin(&batch);
	if (what == 0)
		pt_unmap(&as, model_va(i), count, &batch);
	else if (what == 1)
		pt_clear(&as, model_va(i), count, &batch);
	else
		pt_protect(&as, model_va(i), count, keep, &batch);
	tlb_batch_end(&batch);
	for (k = i; k < i + count; k++) {
		m->flags[k] &= keep;
		if (keep == 0)
			m->frame[k] = NULL;
	}
}

static void check_model(const struct model *m, u32 i)
{
	paddr_t pa;
	u32 flags;

	assert_int_equal(pt_query(&as, model_va(i), &pa, &flags),
			 m->frame[i] != NULL);
	if (m->frame[i] == NULL) {
		assert_null(env_reach(model_va(i), PT_READ));
		return;
	}
	assert_int_equal(pa.v, page_to_paddr(m->frame[i]).v);
	assert_int_equal(flags, m->flags[i]);
	assert_ptr_equal(env_reach(model_va(i), PT_READ), m->frame[i]);
	if (!(m->flags[i] & PT_WRITE))
		assert_null(env_reach(model_va(i), PT_WRITE));
	if (!(m->flags[i] & PT_EXEC))
		assert_null(env_reach(model_va(i), PT_EXEC));
}

static void run_random(bool tlbi_range)
{
	static struct model m;
	u64 step, steps = env_steps(20000);
	u32 i;

	memset(&m, 0, sizeof(m));
	fake_set_features(4, tlbi_range);
	for (i = 0; i < FRAME_COUNT; i++)
		m.frames[i] = env_frame();
	for (step = 0; step < steps; step++) {
		i = (u32)fake_below(MODEL_PAGES);
		if (fake_below(4) != 0)
			step_map(&m, i);
		else
			step_limit(&m, i);
		check_model(&m, i);
		check_model(&m, (u32)fake_below(MODEL_PAGES));
		assert_int_equal(env_violation, 0);
	}
	env_unmap(&as, 0, 1ul << 36);
	assert_int_equal(arch_aspace_table_pages(&as), 1);
	for (i = 0; i < FRAME_COUNT; i++)
		pmm_free(m.frames[i]);
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

/* The stock of tables is bounded and can be emptied: nothing leaks. */
static void test_stock(void **state)
{
	struct page *p = env_frame();
	u64 before, i;

	(void)state;
	pt_stock_release();
	before = pmm_free_count();
	for (i = 0; i < 40; i++)
		env_map(&as, VA + i * SPARSE, p, PT_READ);
	env_unmap(&as, 0, 1ul << 36);
	/* A checked table has a shadow page. */
	assert_true(pmm_free_count() >= before - 2 * PT_STOCK_MAX);
	pt_stock_release();
	assert_int_equal(pmm_free_count(), before);
	pmm_free(p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rights),
		TEST(test_no_resources),
		TEST(test_widen),
		TEST(test_replace_is_refused),
		TEST(test_neighbours),
		TEST(test_clear_keeps_tables),
		TEST(test_protect),
		TEST(test_protect_again),
		TEST(test_executable_frame),
		TEST(test_rewritten_code),
		TEST(test_checker_speaks),
		TEST(test_random),
		TEST(test_random_with_ranges),
		TEST(test_stock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * TLB batches and ASIDs on several CPUs: nobody reaches a frame after the batch
 * that took it away has ended, whichever form of flush the batch chose.
 */
#include "pt_env.h"

#include <kernel/percpu.h>

#define VA 0x40000000ul
#define CPUS 4
#define SPACES 24			/* more than a batch can note */

static struct arch_aspace spaces[SPACES];

static int start(void **state)
{
	u32 i;

	env_start(state);
	for (i = 0; i < SPACES; i++)
		assert_int_equal(arch_aspace_init(&spaces[i]), ZX_OK);
	return 0;
}

static void load_none_anywhere(void)
{
	u32 cpu;

	for (cpu = 0; cpu < CPUS; cpu++) {
		fake_become(cpu);
		env_load(NULL);
	}
	fake_become(0);
}

static int end(void **state)
{
	int failed;
	u32 i;

	load_none_anywhere();
	for (i = 0; i < SPACES; i++) {
		env_unmap(&spaces[i], 0, 1ul << 36);
		arch_aspace_destroy(&spaces[i]);
	}
	failed = env_end(state);
	return failed;
}

static u64 stat_sum(enum cpu_stat which)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < CONFIG_MAX_CPUS; i++)
		sum += percpu_areas[i].stats[which];
	return sum;
}

/* Every CPU loads the aspace and reads its pages, so that each TLB holds them;
 * or finds them all gone. */
static void touch_everywhere(struct arch_aspace *as, const uaddr_t *va,
			     u32 count, bool mapped)
{
	u32 cpu, i;

	for (cpu = 0; cpu < CPUS; cpu++) {
		fake_become(cpu);
		env_load(as);
		for (i = 0; i < count; i++)
			assert_int_equal(env_reach(va[i], PT_READ) != NULL,
					 mapped);
	}
	fake_become(0);
}

/* What a batch of `count` pages, `stride` pages apart, flushes with; the
 * counter says which form was used. */
static void check_form(u32 count, u32 stride, enum cpu_stat form, bool unlink)
{
	struct page *p = env_frame();
	struct tlb_batch batch;
	uaddr_t va[64];
	u64 before;
	u32 i;

	for (i = 0; i < count; i++) {
		va[i] = VA + (u64)i * stride * PAGE_SIZE;
		env_map(&spaces[0], va[i], p, PT_READ);
	}
	touch_everywhere(&spaces[0], va, count, true);
	before = stat_sum(form);
	tlb_batch_begin(&batch);
	if (unlink)
		pt_unmap(&spaces[0], VA, (u64)count * stride, &batch);
	else
		pt_clear(&spaces[0], VA, (u64)count * stride, &batch);
	assert_int_equal(batch.tables != NULL, unlink);
	tlb_batch_end(&batch);
	assert_true(stat_sum(form) > before);
	touch_everywhere(&spaces[0], va, count, false);
	env_unmap(&spaces[0], VA, (u64)count * stride);
	pmm_free(p);
}

static void test_one_page(void **state)
{
	(void)state;
	check_form(1, 1, STAT_TLBI_PAGE, false);
	check_form(1, 1, STAT_TLBI_PAGE, true);
}

/* Without a batch: gone everywhere when the call returns, by one TLBI, and none
 * where nothing was. */
static void test_page_at_once(void **state)
{
	static const u32 rights[] = { PT_READ, PT_READ | PT_WRITE,
				      PT_READ | PT_EXEC };
	struct page *p = env_frame();
	uaddr_t va = VA + PAGE_SIZE;

	(void)state;
	for (u32 i = 0; i < 3; i++) {
		u64 before;

		/* The writable entry of the round before undid it (I14). */
		arch_sync_icache_page(p);
		env_map(&spaces[0], VA, p, PT_READ);
		env_map(&spaces[0], va, p, rights[i]);
		touch_everywhere(&spaces[0], &va, 1, true);
		before = stat_sum(STAT_TLBI_PAGE);
		pt_clear_page(&spaces[0], va);
		assert_int_equal(stat_sum(STAT_TLBI_PAGE), before + 1);
		touch_everywhere(&spaces[0], &va, 1, false);
		assert_ptr_equal(env_reach(VA, PT_READ), p);
		pt_clear_page(&spaces[0], va);
		pt_clear_page(&spaces[0], VA + (1ul << 30));
		assert_int_equal(stat_sum(STAT_TLBI_PAGE), before + 1);
		env_unmap(&spaces[0], VA, 2);
	}
	pmm_free(p);
}

/* An aspace that no CPU ever had has no ASID to flush. */
static void test_page_of_a_new_space(void **state)
{
	struct page *p = env_frame();
	paddr_t pa;
	u64 before;
	u32 flags;

	(void)state;
	env_map(&spaces[1], VA, p, PT_READ);
	before = stat_sum(STAT_TLBI_PAGE);
	pt_clear_page(&spaces[1], VA);
	assert_int_equal(stat_sum(STAT_TLBI_PAGE), before);
	assert_false(pt_query(&spaces[1], VA, &pa, &flags));
	pmm_free(p);
}

static void test_pages_one_by_one(void **state)
{
	(void)state;
	check_form(CONFIG_TLB_RANGE_MAX, 1, STAT_TLBI_PAGE, false);
	check_form(CONFIG_TLB_RANGE_MAX, 3, STAT_TLBI_PAGE, true);
}

static void test_too_many_pages(void **state)
{
	(void)state;
	check_form(CONFIG_TLB_RANGE_MAX + 1, 1, STAT_TLBI_ASID, false);
	check_form(CONFIG_TLB_RANGE_MAX + 1, 600, STAT_TLBI_ASID, true);
}

static void test_ranges(void **state)
{
	(void)state;
	fake_set_features(CPUS, true);
	check_form(2, 1, STAT_TLBI_RANGE, false);
	check_form(64, 1, STAT_TLBI_RANGE, true);
	check_form(63, 1, STAT_TLBI_RANGE, false);
	/* More notes than fit, although few pages. */
	check_form(TLB_NOTE_COUNT + 1, 2, STAT_TLBI_ASID, false);
}

/* An address space that never ran needs no TLBI at all. */
static void test_never_ran(void **state)
{
	struct page *p = env_frame();
	u64 before;

	(void)state;
	env_map(&spaces[1], VA, p, PT_READ);
	before = stat_sum(STAT_TLBI_PAGE);
	env_unmap(&spaces[1], VA, 1);
	assert_int_equal(stat_sum(STAT_TLBI_PAGE), before);
	pmm_free(p);
}

/* One batch over `count` aspaces, `pages` pages in each, every second one apart.
 * All must be gone on the CPU that ran the aspace last. */
static void check_many_spaces(u32 count, u32 pages)
{
	struct page *p = env_frame();
	struct tlb_batch batch;
	u32 i, k;

	for (i = 0; i < count; i++) {
		fake_become(i % CPUS);
		for (k = 0; k < pages; k++)
			env_map(&spaces[i], VA + 2 * k * PAGE_SIZE, p, PT_READ);
		env_load(&spaces[i]);
		for (k = 0; k < pages; k++)
			assert_ptr_equal(env_reach(VA + 2 * k * PAGE_SIZE,
						   PT_READ), p);
	}
	fake_become(0);
	tlb_batch_begin(&batch);
	for (i = 0; i < count; i++)
		pt_clear(&spaces[i], VA, 2 * pages, &batch);
	tlb_batch_free_page(&batch, p);
	tlb_batch_end(&batch);
	for (i = 0; i < count; i++) {
		fake_become(i % CPUS);
		env_load(&spaces[i]);
		for (k = 0; k < pages; k++)
			assert_null(env_reach(VA + 2 * k * PAGE_SIZE, PT_READ));
	}
	fake_become(0);
	for (i = 0; i < count; i++)
		env_unmap(&spaces[i], VA, 2 * pages);
}

static void test_many_spaces(void **state)
{
	u64 all = stat_sum(STAT_TLBI_ALL);

	(void)state;
	check_many_spaces(3, 2);
	check_many_spaces(TLB_NOTE_COUNT, 1);
	/* Folding makes room: one note for each aspace. */
	check_many_spaces(TLB_NOTE_COUNT - 1, 3);
	all = stat_sum(STAT_TLBI_ALL);
	/* No fold helps: everything is flushed. */
	check_many_spaces(TLB_NOTE_COUNT + 1, 1);
	check_many_spaces(SPACES, 5);
	assert_true(stat_sum(STAT_TLBI_ALL) >= all + 2);
}

/* The flush of another CPU's changes: what one batch has cleared and not yet
 * flushed is flushed by the batch that notes the range. */
static void test_note_range(void **state)
{
	struct page *p = env_frame();
	struct tlb_batch mine, theirs;

	(void)state;
	env_map(&spaces[0], VA, p, PT_READ);
	touch_everywhere(&spaces[0], &(uaddr_t){ VA }, 1, true);
	fake_become(1);
	tlb_batch_begin(&theirs);
	pt_clear(&spaces[0], VA, 1, &theirs);
	fake_become(0);
	tlb_batch_begin(&mine);
	tlb_batch_note_range(&mine, &spaces[0], VA, 1);
	tlb_batch_free_page(&mine, p);
	tlb_batch_end(&mine);
	assert_int_equal(env_violation, 0);
	assert_null(env_reach(VA, PT_READ));
	fake_become(1);
	tlb_batch_end(&theirs);
	fake_become(0);
	env_unmap(&spaces[0], VA, 1);
}

/* --- ASIDs ------------------------------------------------------------------ */

/* 24 aspaces share 8 ASIDs on 4 CPUs: each always reaches its own frame. */
static void test_rollover(void **state)
{
	struct page *frame[SPACES];
	u64 rollovers = stat_sum(STAT_ASID_ROLLOVERS);
	u64 step, steps = env_steps(6000);
	u32 i;

	(void)state;
	for (i = 0; i < SPACES; i++) {
		frame[i] = env_frame();
		env_map(&spaces[i], VA, frame[i], PT_READ);
	}
	for (step = 0; step < steps; step++) {
		fake_become((u32)fake_below(CPUS));
		i = (u32)fake_below(SPACES);
		env_load(&spaces[i]);
		assert_ptr_equal(env_reach(VA, PT_READ), frame[i]);
		i = (u32)fake_below(SPACES);
		if (fake_below(4) != 0)
			continue;
		env_unmap(&spaces[i], VA, 1);
		env_map(&spaces[i], VA, frame[i], PT_READ);
		assert_int_equal(env_violation, 0);
	}
	fake_become(0);
	assert_true(stat_sum(STAT_ASID_ROLLOVERS) > rollovers + 10);
	for (i = 0; i < SPACES; i++) {
		env_unmap(&spaces[i], VA, 1);
		pmm_free(frame[i]);
	}
}

/* A running aspace keeps its ASID through rollovers: a flush by another CPU
 * must still hit what it cached. */
static void test_reserved_asid(void **state)
{
	struct page *p = env_frame();
	u32 round, i;

	(void)state;
	for (round = 0; round < 30; round++) {
		env_map(&spaces[0], VA, p, PT_READ);
		fake_become(1);
		env_load(&spaces[0]);
		assert_ptr_equal(env_reach(VA, PT_READ), p);
		/* Others use up the numbers; then the aspace runs here too. */
		fake_become(2);
		for (i = 1; i < 10 + round % 5; i++)
			env_load(&spaces[i]);
		env_load(&spaces[0]);
		env_unmap(&spaces[0], VA, 1);
		fake_become(1);
		assert_null(env_reach(VA, PT_READ));
	}
	fake_become(0);
	pmm_free(p);
}

/* A root whose aspace is destroyed and made again is nobody's by then. */
static void test_destroy(void **state)
{
	struct page *p = env_frame();
	u32 i;

	(void)state;
	for (i = 0; i < 300; i++) {
		struct arch_aspace as;

		assert_int_equal(arch_aspace_init(&as), ZX_OK);
		fake_become(i % CPUS);
		env_map(&as, VA, p, PT_READ);
		env_load(&as);
		assert_ptr_equal(env_reach(VA, PT_READ), p);
		env_unmap(&as, VA, 1);
		env_load(i & 1 ? NULL : &spaces[i % SPACES]);
		arch_aspace_destroy(&as);
		assert_int_equal(env_violation, 0);
	}
	fake_become(0);
	pmm_free(p);
}

/* --- Threads ------------------------------------------------------------------ */

#define RACE_PAGES 8
#define POISON 0xdeadbeefdeadbeeful
#define STAMP 0x5747414d50000000ul

/* Atomics: written by CPU 0, read by the others. */
static bool stop, flush_running;
static u64 open_count, read_count, wrong_count;

/* Reads pages of aspaces 0 and 1, which show the same frames. */
static void race_reader(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		uaddr_t va = VA + fake_below(RACE_PAGES) * PAGE_SIZE;
		bool open = __atomic_load_n(&flush_running, __ATOMIC_ACQUIRE);
		u64 value;

		if (fake_below(8) == 0)
			env_load(&spaces[fake_below(2)]);
		fake_quiesce();
		if (!fake_mmu_access(va, PT_READ, &value, sizeof(value)))
			continue;
		__atomic_fetch_add(&read_count, 1, __ATOMIC_RELAXED);
		if (open)
			__atomic_fetch_add(&open_count, 1, __ATOMIC_RELAXED);
		if (value != STAMP + va)
			__atomic_fetch_add(&wrong_count, 1, __ATOMIC_RELAXED);
	}
	env_load(NULL);
}

static u64 *frame_word(struct page *p)
{
	return phys_to_virt(page_to_paddr(p));
}

static void race_round(u32 k)
{
	uaddr_t va = VA + k * PAGE_SIZE;
	struct page *p = pmm_alloc();
	struct tlb_batch batch;

	assert_non_null(p);
	__atomic_store_n(frame_word(p), STAMP + va, __ATOMIC_RELEASE);
	env_map(&spaces[0], va, p, PT_READ);
	env_map(&spaces[1], va, p, PT_READ);
	fake_speculate(2);
	__atomic_store_n(&flush_running, true, __ATOMIC_RELEASE);
	tlb_batch_begin(&batch);
	pt_clear(&spaces[0], va, 1, &batch);
	pt_clear(&spaces[1], va, 1, &batch);
	tlb_batch_end(&batch);
	__atomic_store_n(&flush_running, false, __ATOMIC_RELEASE);
	/* The frame has a new owner now. */
	__atomic_store_n(frame_word(p), POISON, __ATOMIC_RELEASE);
	pmm_free(p);
}

/* Three CPUs read through two aspaces while the fourth takes pages away and
 * uses their frames again: nobody sees the new content at the old address. */
static void test_race(void **state)
{
	u64 step, steps = env_steps(3000);
	u32 cpu;

	(void)state;
	stop = false;
	open_count = read_count = wrong_count = 0;
	for (cpu = 1; cpu < CPUS; cpu++)
		fake_cpu_start(cpu, race_reader, NULL);
	for (step = 0; step < steps ||
		       __atomic_load_n(&open_count, __ATOMIC_RELAXED) == 0;
	     step++)
		race_round((u32)fake_below(RACE_PAGES));
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (cpu = 1; cpu < CPUS; cpu++)
		fake_cpu_join(cpu);
	print_message("# %lu reads, %lu while a flush ran\n",
		      (unsigned long)read_count, (unsigned long)open_count);
	assert_int_equal(wrong_count, 0);
	env_unmap(&spaces[0], VA, RACE_PAGES);
	env_unmap(&spaces[1], VA, RACE_PAGES);
}

/* CPUs switch between more aspaces than there are ASIDs, all at once. */
static void rollover_worker(void *arg)
{
	u64 step, steps = env_steps(3000);

	(void)arg;
	for (step = 0; step < steps; step++) {
		u64 i = fake_below(SPACES), value;

		env_load(&spaces[i]);
		fake_quiesce();
		if (fake_mmu_access(VA, PT_READ, &value, sizeof(value)) &&
		    value != STAMP + i)
			__atomic_fetch_add(&wrong_count, 1, __ATOMIC_RELAXED);
	}
	env_load(NULL);
}

static void test_rollover_race(void **state)
{
	struct page *frame[SPACES];
	u32 cpu, i;

	(void)state;
	wrong_count = 0;
	for (i = 0; i < SPACES; i++) {
		frame[i] = env_frame();
		*frame_word(frame[i]) = STAMP + i;
		env_map(&spaces[i], VA, frame[i], PT_READ);
	}
	for (cpu = 1; cpu < CPUS; cpu++)
		fake_cpu_start(cpu, rollover_worker, NULL);
	rollover_worker(NULL);
	for (cpu = 1; cpu < CPUS; cpu++)
		fake_cpu_join(cpu);
	assert_int_equal(wrong_count, 0);
	for (i = 0; i < SPACES; i++) {
		env_unmap(&spaces[i], VA, 1);
		pmm_free(frame[i]);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_page),
		TEST(test_page_at_once),
		TEST(test_page_of_a_new_space),
		TEST(test_pages_one_by_one),
		TEST(test_too_many_pages),
		TEST(test_ranges),
		TEST(test_never_ran),
		TEST(test_many_spaces),
		TEST(test_note_range),
		TEST(test_rollover),
		TEST(test_reserved_asid),
		TEST(test_destroy),
		TEST(test_race),
		TEST(test_rollover_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Memory pressure on the fake machine: discardable VMOs are taken back in their
 * order, with all their translations, and what cannot be had changes nothing.
 */
#include <kernel/lockdep.h>
#include <mm/fault.h>
#include <mm/vmo_pin.h>
#include <mm/vmo_stream.h>

#include "reclaim_env.h"

/* --- Order ----------------------------------------------------------------- */

static void test_oldest_first(void **state)
{
	struct vmo *unset = new_discardable(PAGES), *locked, *v[3];

	(void)state;
	fill(unset, PAGES, 1);
	locked = new_unlocked(PAGES, 1);
	assert_false(lock(locked));
	for (u32 i = 0; i < 3; i++)
		v[i] = new_unlocked(PAGES, 1);
	/* Young again. */
	assert_int_equal(vmo_try_lock(v[0], 0, PAGES * PAGE_SIZE), ZX_OK);
	unlock(v[0]);
	assert_int_equal(ask_beyond(1), PAGES);
	assert_true(is_discarded(v[1]));
	assert_false(is_discarded(v[2]) || is_discarded(v[0]));
	/* The second is not enough. */
	assert_int_equal(ask_beyond(PAGES + 1), 2 * PAGES);
	assert_true(is_discarded(v[2]) && is_discarded(v[0]));
	assert_int_equal(ask_beyond(1), 0);
	assert_false(is_discarded(unset) || is_discarded(locked));
	assert_true(lock(v[0]));
	assert_false(lock(v[0]));
	for (u32 i = 0; i < 3; i++)
		drop(v[i]);
	drop(locked);
	drop(unset);
}

/* What cannot be taken keeps its age, and does not hide those behind it. */
static void test_passed_over(void **state)
{
	struct vmo *empty, *pinned, *other;

	(void)state;
	empty = new_discardable(PAGES);
	(void)lock(empty);
	unlock(empty);
	pinned = new_unlocked(PAGES, 1);
	other = new_unlocked(PAGES, 1);
	assert_int_equal(vmo_pin(pinned, 0, PAGE_SIZE), ZX_OK);
	assert_int_equal(ask_beyond(1), PAGES);
	assert_true(is_discarded(other));
	assert_int_equal(ask_beyond(1), 0);
	assert_false(is_discarded(pinned) || is_discarded(empty));
	vmo_unpin(pinned, 0, PAGE_SIZE);
	assert_int_equal(ask_beyond(1), PAGES);
	assert_true(is_discarded(pinned));
	assert_int_equal(vmo_pin(pinned, 0, PAGE_SIZE), ZX_ERR_NOT_FOUND);
	drop(other);
	drop(pinned);
	drop(empty);
}

static void test_lock_is_taken_back(void **state)
{
	struct vmo *v = new_discardable(PAGES);
	struct vmo_lock_receipt r;
	u64 size = PAGES * PAGE_SIZE;

	(void)state;
	fill(v, PAGES, 1);
	/* Unset stays unset: it is not taken. */
	assert_int_equal(vmo_lock(v, 0, size, &r), ZX_OK);
	vmo_lock_take_back(v, &r);
	assert_int_equal(ask_beyond(1), 0);
	assert_false(lock(v));
	unlock(v);
	assert_int_equal(vmo_lock(v, 0, size, &r), ZX_OK);
	vmo_lock_take_back(v, &r);
	assert_int_equal(ask_beyond(1), PAGES);
	/* Discarded stays so, and the next one is told. */
	assert_int_equal(vmo_lock(v, 0, size, &r), ZX_OK);
	vmo_lock_take_back(v, &r);
	assert_true(is_discarded(v));
	assert_int_equal(vmo_lock(v, 0, size, &r), ZX_OK);
	assert_int_equal(vmo_try_lock(v, 0, size), ZX_OK);
	vmo_lock_take_back(v, &r);
	assert_true(lock(v));
	assert_false(is_discarded(v));
	drop(v);
}

/* A device writes to what was pinned under the lock that is taken back: the
 * pages stay, and so does the news that the others are lost. */
static void test_pins_outlive_a_lock(void **state)
{
	struct vmo *v = new_unlocked(PAGES, 1);
	struct vmo_lock_receipt r;
	u64 size = PAGES * PAGE_SIZE, address;

	(void)state;
	assert_int_equal(ask_beyond(1), PAGES);
	assert_int_equal(vmo_lock(v, 0, size, &r), ZX_OK);
	assert_int_equal(vmo_pin(v, 0, PAGE_SIZE), ZX_OK);
	vmo_lock_take_back(v, &r);
	vmo_get_pinned(v, 0, &address, 1);
	assert_int_equal(vmo_try_lock(v, 0, size), ZX_OK);
	unlock(v);
	vmo_unpin(v, 0, PAGE_SIZE);
	assert_int_equal(ask_beyond(1), 1);
	assert_true(is_discarded(v));
	drop(v);
}

static u32 reports;

static void count_report(const char *what)
{
	(void)what;
	reports++;
}

/* Whoever asks with a lock in hand is told so by the lock checker. */
static void test_holds_nothing(void **state)
{
	struct vmo *v = new_vmo(1, 0);

	(void)state;
	mutex_lock(v->lock);
	lockdep_report_hook = count_report;
	assert_int_equal(mm_reclaim(1), 0);
	lockdep_report_hook = NULL;
	mutex_unlock(v->lock);
	assert_true(reports > 0);
	drop(v);
}

/* A private copy of what a mapping shows is made under the aspace's lock, and
 * memory for it is asked for without. */
static void test_private_copy_asks_in_time(void **state)
{
	struct aspace *as = new_aspace();
	struct vmo *v = new_vmo(1, 0), *spare;
	u32 calls = 0;

	(void)state;
	lockdep_report_hook = count_report;
	reports = 0;
	for (u64 n = 1; n < 6; n++) {
		uaddr_t va = BASE + n * PAGE_SIZE;

		map_at(as, va, 1, v, ZX_VM_PERM_READ);
		spare = new_unlocked(PAGES, 1);
		pmm_fail_after(n);
		assert_int_equal(aspace_make_private(as, va), ZX_OK);
		pmm_fail_after(0);
		calls += is_discarded(spare);
		drop(spare);
	}
	lockdep_report_hook = NULL;
	assert_int_equal(reports, 0);
	assert_true(calls > 0);
	drop(v);
	aspace_destroy(as);
}

/* So is memory for the tables of MAP_RANGE. */
static void test_map_range_asks_in_time(void **state)
{
	struct aspace *as = new_aspace();
	struct vmo *v = new_vmo(1, 0), *spare = new_unlocked(PAGES, 1);

	(void)state;
	fill(v, 1, 1);
	map_at(as, BASE, 1, v, RW);
	pt_stock_release();
	lockdep_report_hook = count_report;
	reports = 0;
	pmm_fail_after(1);
	assert_int_equal(vmar_op_range(as->root, ZX_VMAR_OP_MAP_RANGE, BASE,
				       PAGE_SIZE, false), ZX_OK);
	pmm_fail_after(0);
	lockdep_report_hook = NULL;
	assert_int_equal(reports, 0);
	assert_true(is_discarded(spare));
	drop(spare);
	drop(v);
	aspace_destroy(as);
}

/* --- Translations ---------------------------------------------------------- */

/* Every CPU has the pages in its TLB when they are taken and used again by
 * others: none of them sees what the others write. */
static void test_no_stale_entry(void **state)
{
	struct vmo *v = new_unlocked(PAGES, 100), *thief;
	struct aspace *as[2] = { new_aspace(), new_aspace() };
	u64 value;

	(void)state;
	for (u32 i = 0; i < 2; i++)
		map_at(as[i], BASE, PAGES, v, RWX);
	for (u32 cpu = 0; cpu < CPUS; cpu++) {
		fake_become(cpu);
		fake_enter_aspace(as[cpu % 2]);
		for (u64 i = 0; i < PAGES; i++) {
			uaddr_t va = BASE + i * PAGE_SIZE;

			assert_int_equal(fake_user_store(va, i), ZX_OK);
			assert_int_equal(fake_user_fetch(va, &value), ZX_OK);
		}
	}
	fake_speculate(200);
	thief = new_vmo(pmm_free_count() + PAGES / 2, 0);
	assert_int_equal(ask_beyond(1), PAGES);
	for (u64 i = 0; i < 2 * PAGES; i++)
		assert_int_equal(put(thief, i, 0xbad), ZX_OK);
	for (u32 cpu = 0; cpu < CPUS; cpu++) {
		fake_become(cpu);
		for (u64 i = 0; i < PAGES; i++)
			assert_int_equal(fake_user_load(BASE + i * PAGE_SIZE,
							&value),
					 ZX_ERR_NOT_FOUND);
	}
	assert_true(lock(v));
	assert_int_equal(fake_user_load(BASE, &value), ZX_OK);
	assert_int_equal(value, 0);
	for (u32 cpu = 0; cpu < CPUS; cpu++) {
		fake_become(cpu);
		fake_enter_aspace(NULL);
	}
	fake_become(0);
	aspace_destroy(as[0]);
	aspace_destroy(as[1]);
	drop(thief);
	drop(v);
}

/* --- Running out ------------------------------------------------------------ */

/* More than the other CPUs' caches of free frames hold. */
#define MANY 400u

/* More than the machine has costs nobody anything; a little more than is free
 * costs the oldest. */
static void test_commit(void **state)
{
	struct vmo *old = new_unlocked(MANY, 1);
	struct vmo *young = new_unlocked(MANY, 1);
	struct vmo *v = new_vmo(10 * pmm_total_count(), 0);
	u64 used = used_frames();

	(void)state;
	assert_int_equal(commit(v, 0, 2 * pmm_total_count()), ZX_ERR_NO_MEMORY);
	assert_false(is_discarded(old) || is_discarded(young));
	assert_int_equal(used_frames(), used);
	assert_int_equal(commit(v, 7, pmm_free_count() + 20), ZX_OK);
	assert_true(is_discarded(old) && !is_discarded(young));
	/* Now no room is left even if all others go. */
	assert_int_equal(commit(v, 5000, pmm_free_count() + 2 * MANY),
			 ZX_ERR_NO_MEMORY);
	drop(v);
	assert_int_equal(used_frames(),
			 used - (is_discarded(young) ? 2 * MANY : MANY));
	drop(young);
	drop(old);
}

/* Copies of a snapshot for which there is no room are not begun. */
static void test_commit_of_a_snapshot(void **state)
{
	u64 pages = pmm_free_count() * 6 / 10, value, used;
	struct vmo_child want = { .kind = VMO_CHILD_SNAPSHOT,
				  .size = pages * PAGE_SIZE };
	struct vmo *v = new_vmo(pages, 0), *child;

	(void)state;
	assert_int_equal(commit(v, 0, pages), ZX_OK);
	fill(v, 100, 1);
	assert_int_equal(vmo_create_child(v, &want, &child), ZX_OK);
	used = used_frames();
	assert_int_equal(commit(child, 0, pages), ZX_ERR_NO_MEMORY);
	assert_int_equal(used_frames(), used);
	assert_int_equal(commit(child, 0, 50), ZX_OK);
	for (u64 i = 0; i < 100; i++) {
		assert_int_equal(get(child, i, &value), ZX_OK);
		assert_int_equal(value, 1 + i);
	}
	assert_int_equal(used_frames(), used + 50);
	drop(child);
	drop(v);
}

/* Faults and writes until nothing is left: the page that could not be had is as
 * it was, all others are there, and what is given back serves again. */
static void test_exhaustion(void **state)
{
	struct vmo *old = new_unlocked(100, 1), *v, *w;
	u64 pages = 2 * pmm_total_count(), value, i = 0, used = used_frames();
	struct aspace *as = new_aspace();
	zx_status_t status;

	(void)state;
	v = new_vmo(pages, 0);
	w = new_vmo(pages, 0);
	map_at(as, BASE, pages, v, RW);
	fake_enter_aspace(as);
	do {
		status = fake_user_store(BASE + i * PAGE_SIZE, i + 1);
	} while (status == ZX_OK && ++i < pages);
	assert_int_equal(status, ZX_ERR_NO_MEMORY);
	assert_true(is_discarded(old));
	assert_int_equal(put(w, 0, 5), ZX_ERR_NO_MEMORY);
	assert_int_equal(get(w, 0, &value), ZX_OK);
	assert_int_equal(value, 0);
	for (u64 k = 0; k <= i; k++) {
		assert_int_equal(get(v, k, &value), ZX_OK);
		assert_int_equal(value, k < i ? k + 1 : 0);
	}
	assert_int_equal(vmo_decommit_range(v, 0, 64 * PAGE_SIZE, false),
			 ZX_OK);
	assert_int_equal(put(w, 0, 5), ZX_OK);
	fake_enter_aspace(NULL);
	aspace_destroy(as);
	drop(v);
	drop(w);
	assert_int_equal(used_frames(), used - 100);
	drop(old);
}

/* --- Each allocation fails once ---------------------------------------------- */

#define FAMILY_PAGES 80u

static struct {
	struct vmo *parent, *clone, *made;
} family;

static void family_make(void)
{
	struct vmo_child want = { .kind = VMO_CHILD_SNAPSHOT, .resizable = true,
				  .size = FAMILY_PAGES * PAGE_SIZE };

	family.made = NULL;
	family.parent = new_vmo(FAMILY_PAGES, 0);
	fill(family.parent, FAMILY_PAGES, 100);
	for (u64 i = 0; i < FAMILY_PAGES; i++)
		assert_int_equal(vmo_write_kernel(family.parent, &(u64){ 5 },
						  i * PAGE_SIZE + 512, 8),
				 ZX_OK);
	assert_int_equal(vmo_create_child(family.parent, &want, &family.clone),
			 ZX_OK);
	vmo_store_stream_size(family.clone, FAMILY_PAGES * PAGE_SIZE);
}

/* The words of v, two in each of its pages; those in [from, to) are cleared. */
static void family_check_one(struct vmo *v, u64 pages, u64 from, u64 to)
{
	for (u64 at = 0; at < pages * PAGE_SIZE; at += 512) {
		u64 in_page = at % PAGE_SIZE, word;
		u64 want = in_page ? 5 : 100 + at / PAGE_SIZE;

		if (in_page > 512)
			continue;
		assert_int_equal(vmo_read_kernel(v, &word, at, 8), ZX_OK);
		assert_int_equal(word, at >= from && at < to ? 0 : want);
	}
	assert_int_equal(vmo_get_size(v), pages * PAGE_SIZE);
}

static void family_drop(void)
{
	if (family.made)
		drop(family.made);
	drop(family.clone);
	drop(family.parent);
}

static zx_status_t make_discardable(void)
{
	return vmo_create(PAGE_SIZE, ZX_VMO_DISCARDABLE, &family.made);
}

static zx_status_t commit_clone(void)
{
	return commit(family.clone, 3, 70);
}

static zx_status_t zero_inside(void)
{
	return vmo_zero_range(family.clone, 10 * PAGE_SIZE + 8,
			      30 * PAGE_SIZE, false);
}

static zx_status_t cut_stream(void)
{
	return vmo_set_stream_size(family.clone, 40 * PAGE_SIZE + 256, true);
}

static zx_status_t cut_size(void)
{
	return vmo_set_size_and_stream(family.clone, 40 * PAGE_SIZE + 256);
}

static const struct fallible {
	zx_status_t (*call)(void);
	/* When it went well, the clone's pages, and bytes that are clear. */
	u64 pages, from, to;
} fallibles[] = {
	{ make_discardable, FAMILY_PAGES, 0, 0 },
	{ commit_clone, FAMILY_PAGES, 0, 0 },
	{ zero_inside, FAMILY_PAGES, 10 * PAGE_SIZE + 8, 40 * PAGE_SIZE + 8 },
	{ cut_stream, FAMILY_PAGES, 40 * PAGE_SIZE + 256, ~0ul },
	{ cut_size, 41, 40 * PAGE_SIZE + 256, ~0ul },
};

/* The call with its n-th allocation failing; true if it has no n-th. */
static bool fail_once(const struct fallible *f, u64 n)
{
	zx_status_t status;

	family_make();
	pmm_fail_after(n);
	status = f->call();
	pmm_fail_after(0);
	assert_true(status == ZX_OK || status == ZX_ERR_NO_MEMORY);
	family_check_one(family.parent, FAMILY_PAGES, 0, 0);
	if (status == ZX_OK) {
		family_check_one(family.clone, f->pages, f->from, f->to);
	} else {
		family_check_one(family.clone, FAMILY_PAGES, 0, 0);
		assert_int_equal(vmo_get_stream_size(family.clone),
				 FAMILY_PAGES * PAGE_SIZE);
	}
	family_drop();
	return status == ZX_OK;
}

static void test_failures(void **state)
{
	u64 used = used_frames();

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(fallibles); i++) {
		u64 n = 1;

		while (!fail_once(&fallibles[i], n))
			n++;
		print_message("# call %u: %lu allocations\n", i,
			      (unsigned long)n - 1);
		assert_true(n > 1);
	}
	assert_int_equal(used_frames(), used);
}

/* With something to give back no failure is seen. */
static void test_failures_are_made_good(void **state)
{
	struct vmo *v = new_unlocked(PAGES, 1);

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(fallibles); i++) {
		if (is_discarded(v)) {
			(void)lock(v);
			fill(v, PAGES, 1);
			unlock(v);
		}
		assert_true(fail_once(&fallibles[i], 1));
		assert_true(is_discarded(v));
	}
	drop(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_oldest_first),
		cmocka_unit_test(test_passed_over),
		cmocka_unit_test(test_lock_is_taken_back),
		cmocka_unit_test(test_pins_outlive_a_lock),
		cmocka_unit_test(test_holds_nothing),
		cmocka_unit_test(test_private_copy_asks_in_time),
		cmocka_unit_test(test_map_range_asks_in_time),
		cmocka_unit_test(test_no_stale_entry),
		cmocka_unit_test(test_commit),
		cmocka_unit_test(test_commit_of_a_snapshot),
		cmocka_unit_test(test_exhaustion),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_failures_are_made_good),
	};

	return cmocka_run_group_tests(tests, env_boot, NULL);
}

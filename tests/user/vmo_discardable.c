/* Discardable VMOs: spec/vmo.md 12. */
#include <stdatomic.h>
#include <string.h>

#include <jx/thread.h>

#include "dev_util.h"
#include "memory_util.h"
#include "task_util.h"

#define PAGES 4096u		/* of those that are to be reclaimed */
#define BEYOND 1000u
#define LEAVE 8192u		/* beside a ballast */
#define MAPPED (VM_RW | ZX_VM_ALLOW_FAULTS)

static zx_handle_t make(uint64_t pages, uint32_t options)
{
	zx_handle_t vmo = 0;

	EXPECT_STATUS(zx_vmo_create(pages * PAGE, ZX_VMO_DISCARDABLE | options, &vmo), ZX_OK);
	return vmo;
}

static zx_status_t op(zx_handle_t vmo, uint32_t number, uint64_t pages)
{
	return zx_vmo_op_range(vmo, number, 0, pages * PAGE, NULL, 0);
}

static zx_status_t lock(zx_handle_t vmo, uint64_t pages, zx_vmo_lock_state_t *state)
{
	memset(state, 0xff, sizeof(*state));
	return zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, pages * PAGE, state, sizeof(*state));
}

/* LOCK works and tells of a loss, or of none. */
static void expect_lock(zx_handle_t vmo, uint64_t pages, bool lost)
{
	zx_vmo_lock_state_t state;

	EXPECT_STATUS(lock(vmo, pages, &state), ZX_OK);
	EXPECT_TRUE(state.offset == 0 && state.size == pages * PAGE);
	EXPECT_TRUE(state.discarded_offset == 0);
	EXPECT_EQ(state.discarded_size, lost ? pages * PAGE : 0);
}

/* Locked, written, and unlocked again. */
static zx_handle_t make_unlocked(uint64_t pages)
{
	zx_handle_t vmo = make(pages, 0);

	expect_lock(vmo, pages, false);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_COMMIT, pages), ZX_OK);
	vm_vmo_set(vmo, 1, VM_STAMP(1));
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_UNLOCK, pages), ZX_OK);
	return vmo;
}

static bool is_discarded(zx_handle_t vmo)
{
	uint64_t word;
	zx_status_t status = zx_vmo_read(vmo, &word, PAGE, 8);

	EXPECT_TRUE(status == ZX_ERR_NOT_FOUND || (status == ZX_OK && word == VM_STAMP(1)));
	return status == ZX_ERR_NOT_FOUND;
}

static uint64_t change_events(zx_handle_t vmo)
{
	zx_info_vmo_v2_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(vmo, ZX_INFO_VMO_V2, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	return info.committed_change_events;
}

/* All that is free and some more: whoever is unlocked longest goes. */
static void squeeze(void)
{
	zx_handle_close(memory_squeeze(BEYOND, ZX_OK));
}

JX_TEST(discardable_checks_in_order)
{
	const uint32_t ops[] = { ZX_VMO_OP_LOCK, ZX_VMO_OP_TRY_LOCK, ZX_VMO_OP_UNLOCK };
	zx_handle_t vmo = make(2, 0), bare = vm_dup(vmo, ZX_RIGHT_MAP);
	zx_handle_t plain = vm_vmo_make(2, 0);
	zx_vmo_lock_state_t state;

	for (size_t i = 0; i < 3; i++) {
		EXPECT_STATUS(op(bare, ops[i], 9), ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(op(plain, ops[i], 9), ZX_ERR_NOT_SUPPORTED);
		EXPECT_STATUS(op(vmo, ops[i], 1), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(op(vmo, ops[i], 3), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(zx_vmo_op_range(vmo, ops[i], PAGE, PAGE, NULL, 0),
			      ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(zx_vmo_op_range(vmo, ops[i], PAGE, 2 * PAGE, NULL, 0),
			      ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(zx_vmo_op_range(vmo, ops[i], 0, 2 * PAGE - 1, NULL, 0),
			      ZX_ERR_OUT_OF_RANGE);
	}
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_UNLOCK, 2), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_LOCK, 2), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, 2 * PAGE, (void *)8, 32),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, 2 * PAGE, &state, 31),
		      ZX_ERR_INVALID_ARGS);
	/* The lock was taken back each time. */
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_UNLOCK, 2), ZX_ERR_BAD_STATE);
	zx_handle_close(plain);
	zx_handle_close(bare);
	zx_handle_close(vmo);
}

/* Either right will do. */
JX_TEST(discardable_rights)
{
	zx_handle_t vmo = make(1, 0), reader = vm_dup(vmo, ZX_RIGHT_READ);
	zx_handle_t writer = vm_dup(vmo, ZX_RIGHT_WRITE);

	expect_lock(reader, 1, false);
	EXPECT_STATUS(op(writer, ZX_VMO_OP_UNLOCK, 1), ZX_OK);
	EXPECT_STATUS(op(writer, ZX_VMO_OP_TRY_LOCK, 1), ZX_OK);
	EXPECT_STATUS(op(reader, ZX_VMO_OP_UNLOCK, 1), ZX_OK);
	zx_handle_close(writer);
	zx_handle_close(reader);
	zx_handle_close(vmo);
}

JX_TEST(discardable_locks_are_counted)
{
	zx_handle_t vmo = make(1, 0), other = vm_dup(vmo, ZX_RIGHT_READ);

	expect_lock(other, 1, false);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_TRY_LOCK, 1), ZX_OK);
	expect_lock(vmo, 1, false);
	/* They are the object's, not the handle's. */
	zx_handle_close(other);
	for (int i = 0; i < 3; i++)
		EXPECT_STATUS(op(vmo, ZX_VMO_OP_UNLOCK, 1), ZX_OK);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_UNLOCK, 1), ZX_ERR_BAD_STATE);
	zx_handle_close(vmo);
}

JX_TEST(discardable_has_no_children)
{
	const uint32_t kinds[] = { ZX_VMO_CHILD_SNAPSHOT, ZX_VMO_CHILD_SLICE,
				   ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE };
	zx_handle_t vmo = make(1, 0), child;

	for (size_t i = 0; i < 3; i++)
		EXPECT_STATUS(zx_vmo_create_child(vmo, kinds[i], 0, PAGE, &child),
			      ZX_ERR_NOT_SUPPORTED);
	EXPECT_EQ(vm_vmo_info(vmo).flags & ZX_INFO_VMO_DISCARDABLE, ZX_INFO_VMO_DISCARDABLE);
	EXPECT_EQ(vm_vmo_info(vmo).num_children, 0);
	zx_handle_close(vmo);
}

JX_TEST(discardable_mapping_needs_allow_faults)
{
	zx_handle_t vmo = make(1, 0);
	zx_vaddr_t base = 0x1234;

	EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), VM_RW, 0, vmo, 0, PAGE, &base),
		      ZX_ERR_NOT_SUPPORTED);
	EXPECT_EQ(base, 0x1234);
	base = vm_map(vmo, MAPPED, 1);
	vm_store(base, 5);
	EXPECT_EQ(vm_vmo_get(vmo, 0), 5);
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}

/* The present size is what a range is compared with. */
JX_TEST(discardable_is_resized)
{
	zx_handle_t vmo = make(2, ZX_VMO_RESIZABLE);

	expect_lock(vmo, 2, false);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 5 * PAGE), ZX_OK);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_UNLOCK, 2), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_UNLOCK, 5), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 0), ZX_OK);
	expect_lock(vmo, 0, false);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_UNLOCK, 0), ZX_OK);
	zx_handle_close(vmo);
}

/* The whole life: unset ones and locked ones stay, the oldest of the others
 * goes, and says so once. */
JX_TEST(discardable_oldest_goes_first)
{
	zx_handle_t unset = make(PAGES, 0), locked = make_unlocked(PAGES);
	zx_handle_t oldest = make_unlocked(PAGES), next = make_unlocked(PAGES);

	vm_vmo_set(unset, 1, VM_STAMP(1));
	expect_lock(locked, PAGES, false);
	squeeze();
	EXPECT_TRUE(!is_discarded(unset) && !is_discarded(locked));
	EXPECT_TRUE(is_discarded(oldest) && !is_discarded(next));
	EXPECT_EQ(vm_vmo_info(oldest).committed_bytes, 0);
	EXPECT_EQ(vm_vmo_info(next).committed_bytes, PAGES * PAGE);
	EXPECT_EQ(change_events(oldest), 1);
	EXPECT_EQ(change_events(next), 0);
	EXPECT_STATUS(op(oldest, ZX_VMO_OP_TRY_LOCK, PAGES), ZX_ERR_UNAVAILABLE);
	EXPECT_STATUS(op(oldest, ZX_VMO_OP_UNLOCK, PAGES), ZX_ERR_BAD_STATE);
	expect_lock(oldest, PAGES, true);
	expect_lock(oldest, PAGES, false);
	EXPECT_EQ(vm_vmo_get(oldest, 1), 0);
	EXPECT_EQ(change_events(oldest), 1);
	zx_handle_close(next);
	zx_handle_close(oldest);
	zx_handle_close(locked);
	zx_handle_close(unset);
}

/* An unlock makes it young again. */
JX_TEST(discardable_age_is_of_the_last_unlock)
{
	zx_handle_t first = make_unlocked(PAGES), second = make_unlocked(PAGES);

	EXPECT_STATUS(op(first, ZX_VMO_OP_TRY_LOCK, PAGES), ZX_OK);
	EXPECT_STATUS(op(first, ZX_VMO_OP_UNLOCK, PAGES), ZX_OK);
	squeeze();
	EXPECT_TRUE(!is_discarded(first) && is_discarded(second));
	zx_handle_close(second);
	zx_handle_close(first);
}

JX_TEST(discardable_access_while_discarded)
{
	zx_handle_t vmo = make_unlocked(PAGES);
	zx_vaddr_t base = vm_map(vmo, MAPPED, PAGES);
	zx_vmo_lock_state_t state;
	uint64_t word = 0;

	EXPECT_EQ(vm_load(base + PAGE), VM_STAMP(1));
	EXPECT_EQ(vm_load(base), 0);
	squeeze();
	EXPECT_STATUS(zx_vmo_read(vmo, &word, 0, 8), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmo_write(vmo, &word, 0, 8), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_COMMIT, 1), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_ZERO, PAGES), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_vmo_read(vmo, &word, PAGES * PAGE, 8), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(vm_probe_read(base), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(vm_probe_read(base + PAGE), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(vm_probe_write(base + PAGE), ZX_ERR_NOT_FOUND);
	/* A LOCK that cannot tell leaves it as it was. */
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, PAGES * PAGE, (void *)8, 32),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_read(vmo, &word, 0, 8), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(lock(vmo, PAGES, &state), ZX_OK);
	EXPECT_EQ(state.discarded_size, PAGES * PAGE);
	EXPECT_EQ(vm_load(base + PAGE), 0);
	vm_store(base + PAGE, 7);
	EXPECT_EQ(vm_vmo_get(vmo, 1), 7);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, PAGE);
	vm_unmap(base, PAGES);
	zx_handle_close(vmo);
}

/* A program that goes on without the lock dies of it. */
JX_TEST(discardable_fault_is_fatal)
{
	zx_handle_t vmo = make_unlocked(PAGES);
	struct vm_child child;

	ASSERT_TRUE(vm_child_make(&child));
	squeeze();
	ASSERT_TRUE(vm_child_start(&child, vm_child_read,
				   vm_child_map(&child, vmo, MAPPED, PAGES)));
	EXPECT_EQ(vm_child_finish(&child), ZX_TASK_RETCODE_EXCEPTION_KILL);
	zx_handle_close(vmo);
}

JX_TEST(discardable_that_is_pinned_stays)
{
	zx_handle_t pinned = make_unlocked(PAGES), other = make_unlocked(PAGES);
	zx_handle_t bti = dev_bti(), pmt = dev_pin(bti, pinned, 0, 1);
	zx_handle_t ballast = memory_ballast(LEAVE);
	zx_paddr_t address;

	squeeze();
	EXPECT_TRUE(!is_discarded(pinned) && is_discarded(other));
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	squeeze();
	EXPECT_TRUE(is_discarded(pinned));
	EXPECT_STATUS(zx_bti_pin(bti, ZX_BTI_PERM_READ, pinned, 0, PAGE, &address, 1, &pmt),
		      ZX_ERR_NOT_FOUND);
	dev_bti_drop(bti);
	zx_handle_close(ballast);
	zx_handle_close(other);
	zx_handle_close(pinned);
}

/* --- Readers on other CPUs ------------------------------------------------- */

struct reader {
	zx_vaddr_t base;
	zx_handle_t scratch;
	_Atomic bool stop;
	_Atomic uint64_t seen, gone;
};

/* Copies through the mapping: the word is the VMO's own, or nothing is there;
 * never what somebody else keeps in the frame by now. */
static int read_on(void *arg)
{
	struct reader *r = arg;

	while (!atomic_load(&r->stop)) {
		uint64_t word = 0;
		zx_status_t status = zx_vmo_write(r->scratch, (void *)(r->base + PAGE), 0, 8);

		if (status == ZX_ERR_NOT_FOUND) {
			atomic_fetch_add(&r->gone, 1);
			continue;
		}
		if (!EXPECT_STATUS(status, ZX_OK) ||
		    !EXPECT_STATUS(zx_vmo_read(r->scratch, &word, 0, 8), ZX_OK) ||
		    !EXPECT_TRUE(word == 0 || word == VM_STAMP(1)))
			return 1;
		atomic_fetch_add(&r->seen, 1);
	}
	return 0;
}

static void await_more(_Atomic uint64_t *count)
{
	uint64_t before = atomic_load(count);

	while (atomic_load(count) == before)
		zx_nanosleep(0);
}

JX_TEST(discardable_is_reclaimed_under_readers)
{
	zx_handle_t vmo = make_unlocked(PAGES);
	struct reader r = { .base = vm_map(vmo, MAPPED, PAGES) };
	zx_handle_t ballast = memory_ballast(LEAVE);
	struct jx_thread threads[2];
	int result;

	ASSERT_STATUS(zx_vmo_create(PAGE, 0, &r.scratch), ZX_OK);
	for (int i = 0; i < 2; i++)
		ASSERT_STATUS(jx_thread_create(&threads[i], "reader", read_on, &r), ZX_OK);
	for (int round = 0; round < 3; round++) {
		await_more(&r.seen);
		squeeze();
		await_more(&r.gone);
		expect_lock(vmo, PAGES, true);
		EXPECT_STATUS(op(vmo, ZX_VMO_OP_COMMIT, PAGES), ZX_OK);
		vm_vmo_set(vmo, 1, VM_STAMP(1));
		EXPECT_STATUS(op(vmo, ZX_VMO_OP_UNLOCK, PAGES), ZX_OK);
	}
	EXPECT_EQ(change_events(vmo), 3);
	atomic_store(&r.stop, true);
	for (int i = 0; i < 2; i++)
		EXPECT_TRUE(task_join(&threads[i], &result) && result == 0);
	vm_unmap(r.base, PAGES);
	zx_handle_close(r.scratch);
	zx_handle_close(ballast);
	zx_handle_close(vmo);
}

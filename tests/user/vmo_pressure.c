/*
 * Running out of memory: spec/vmo.md 15. Each test takes all there is in its way,
 * sees NO_MEMORY or a fatal fault in a child, gives it back, and then the system
 * must go on as if nothing had been.
 */
#include <string.h>

#include "memory_util.h"
#include "task_util.h"

/* Frames beside a ballast: more than nodes, tables, and the free frames that CPUs
 * keep for themselves. */
#define LEAVE 8192u
#define MANY (4u * LEAVE)

static zx_status_t op(zx_handle_t vmo, uint32_t number, uint64_t first, uint64_t pages)
{
	return zx_vmo_op_range(vmo, number, first * PAGE, pages * PAGE, NULL, 0);
}

static zx_handle_t make(uint64_t pages)
{
	zx_handle_t vmo = 0;

	EXPECT_STATUS(zx_vmo_create(pages * PAGE, 0, &vmo), ZX_OK);
	return vmo;
}

static zx_handle_t snapshot(zx_handle_t vmo, uint64_t pages)
{
	zx_handle_t child = 0;

	EXPECT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, pages * PAGE, &child),
		      ZX_OK);
	return child;
}

static uint64_t committed(zx_handle_t vmo)
{
	return vm_vmo_info(vmo).committed_bytes / PAGE;
}

/* Objects of several kinds can be made, and pages written. */
static void expect_life(void)
{
	for (int i = 0; i < 20; i++) {
		zx_handle_t vmo = vm_vmo_make(8, 0), event = 0, child;
		zx_vaddr_t base = vm_map(vmo, VM_RW, 8);

		EXPECT_STATUS(op(vmo, ZX_VMO_OP_COMMIT, 0, 8), ZX_OK);
		EXPECT_STATUS(zx_event_create(0, &event), ZX_OK);
		child = snapshot(vmo, 8);
		vm_store(base, 5);
		EXPECT_EQ(vm_vmo_get(child, 0), VM_STAMP(0));
		vm_unmap(base, 8);
		zx_handle_close(child);
		zx_handle_close(event);
		zx_handle_close(vmo);
	}
}

/* Twice the machine, and everything that is free but one frame too many: at once
 * and without a trace. */
JX_TEST(pressure_commit)
{
	uint64_t total = memory_total_pages(), free;
	zx_handle_t vmo = make(2 * total);

	vm_vmo_set(vmo, 3, 33);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_COMMIT, 0, 2 * total), ZX_ERR_NO_MEMORY);
	EXPECT_EQ(committed(vmo), 1);
	expect_life();
	free = memory_free_pages();
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_COMMIT, 4, free + 1), ZX_ERR_NO_MEMORY);
	EXPECT_EQ(committed(vmo), 1);
	EXPECT_EQ(vm_vmo_get(vmo, 3), 33);
	EXPECT_EQ(vm_vmo_get(vmo, 4), 0);
	expect_life();
	zx_handle_close(vmo);
}

/* Commits in pieces until no piece is to be had; each piece is there or not. */
JX_TEST(pressure_commit_to_the_last_frame)
{
	zx_handle_t ballast = memory_ballast(LEAVE), vmo = make(MANY);
	uint64_t done = 0;

	for (uint64_t piece = 64; piece; piece /= 2) {
		zx_status_t status;

		while ((status = op(vmo, ZX_VMO_OP_COMMIT, done, piece)) == ZX_OK)
			done += piece;
		EXPECT_STATUS(status, ZX_ERR_NO_MEMORY);
		EXPECT_EQ(committed(vmo), done);
	}
	EXPECT_TRUE(done > LEAVE / 4 && done < MANY);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_DECOMMIT, 0, done), ZX_OK);
	EXPECT_EQ(committed(vmo), 0);
	expect_life();
	zx_handle_close(vmo);
	zx_handle_close(ballast);
	expect_life();
}

/* Copies for which there is no room are not begun; a few can be made. */
JX_TEST(pressure_commit_of_a_snapshot)
{
	uint64_t pages = memory_free_pages() * 6 / 10;
	zx_handle_t vmo = make(pages), child;

	EXPECT_STATUS(op(vmo, ZX_VMO_OP_COMMIT, 0, pages), ZX_OK);
	vm_vmo_set(vmo, 7, 77);
	child = snapshot(vmo, pages);
	EXPECT_STATUS(op(child, ZX_VMO_OP_COMMIT, 0, pages), ZX_ERR_NO_MEMORY);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes + vm_vmo_info(child).committed_bytes,
		  pages * PAGE);
	EXPECT_EQ(vm_vmo_get(child, 7), 77);
	expect_life();
	EXPECT_STATUS(op(child, ZX_VMO_OP_COMMIT, 0, 100), ZX_OK);
	EXPECT_EQ(vm_vmo_get(child, 7), 77);
	vm_vmo_set(child, 7, 78);
	EXPECT_EQ(vm_vmo_get(vmo, 7), 77);
	zx_handle_close(vmo);
	EXPECT_EQ(vm_vmo_get(child, 7), 78);
	EXPECT_EQ(vm_vmo_get(child, pages - 1), 0);
	zx_handle_close(child);
	expect_life();
}

/* A copy of a shared page that cannot be made leaves both as they were. */
JX_TEST(pressure_copy_on_write)
{
	zx_handle_t vmo = vm_vmo_make(200, 0), child = snapshot(vmo, 200);
	zx_handle_t ballast = memory_ballast(LEAVE), rest = make(MANY);
	uint64_t word = 1, copied = 0;

	for (uint64_t piece = 32; piece; piece /= 2)
		while (op(rest, ZX_VMO_OP_COMMIT, committed(rest), piece) == ZX_OK)
			continue;
	while (copied < 200 && zx_vmo_write(child, &word, copied * PAGE, 8) == ZX_OK)
		copied++;
	if (copied < 200) {
		EXPECT_STATUS(zx_vmo_write(child, &word, copied * PAGE, 8), ZX_ERR_NO_MEMORY);
		/* Part of a page is copied as well before it is cleared. */
		EXPECT_STATUS(zx_vmo_op_range(child, ZX_VMO_OP_ZERO, copied * PAGE, 8, NULL, 0),
			      ZX_ERR_NO_MEMORY);
	}
	zx_handle_close(rest);
	for (uint64_t i = 0; i < 200; i++) {
		EXPECT_EQ(vm_vmo_get(child, i), i < copied ? 1 : VM_STAMP(i));
		EXPECT_EQ(vm_vmo_get(vmo, i), VM_STAMP(i));
	}
	zx_handle_close(ballast);
	zx_handle_close(child);
	zx_handle_close(vmo);
	expect_life();
}

/* One long write: what was written before memory ended is there. */
JX_TEST(pressure_write)
{
	zx_handle_t ballast = memory_ballast(LEAVE), vmo = make(MANY), zeroes = make(MANY);
	zx_vaddr_t source = vm_map(zeroes, VM_R, MANY);
	uint64_t done;

	EXPECT_STATUS(zx_vmo_write(vmo, (void *)source, 0, MANY * PAGE), ZX_ERR_NO_MEMORY);
	done = committed(vmo);
	EXPECT_TRUE(done > LEAVE / 4 && done < MANY);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_DECOMMIT, 0, MANY), ZX_OK);
	EXPECT_EQ(committed(vmo), 0);
	expect_life();
	vm_unmap(source, MANY);
	zx_handle_close(zeroes);
	zx_handle_close(vmo);
	zx_handle_close(ballast);
}

/* In a child: stores to page after page, to the end. */
static void store_on(zx_handle_t unused, uintptr_t address)
{
	(void)unused;
	for (uint64_t i = 0; i < MANY; i++)
		*(volatile uint64_t *)(address + i * PAGE) = i + 1;
	zx_process_exit(1);
}

/* The child that is refused a page dies of it, and nobody else. */
JX_TEST(pressure_faults)
{
	zx_handle_t ballast, vmo = make(MANY);
	struct vm_child child;
	zx_vaddr_t base;
	uint64_t done;

	ASSERT_TRUE(vm_child_make(&child));
	base = vm_child_map(&child, vmo, VM_RW, MANY);
	ballast = memory_ballast(LEAVE);
	ASSERT_TRUE(vm_child_start(&child, store_on, base));
	EXPECT_EQ(vm_child_finish(&child), ZX_TASK_RETCODE_EXCEPTION_KILL);
	done = committed(vmo);
	EXPECT_TRUE(done > LEAVE / 4 && done < MANY);
	/* Reading wants nothing. */
	for (uint64_t i = 0; i < done; i++)
		if (vm_vmo_get(vmo, i) != i + 1)
			EXPECT_EQ(vm_vmo_get(vmo, i), i + 1);
	EXPECT_EQ(vm_vmo_get(vmo, done), 0);
	zx_handle_close(vmo);
	expect_life();
	zx_handle_close(ballast);
}

/* What needs no memory works without any. */
JX_TEST(pressure_what_needs_none)
{
	zx_handle_t ballast = memory_ballast(LEAVE), vmo = vm_vmo_make(100, ZX_VMO_RESIZABLE);
	zx_handle_t rest = make(MANY);
	uint64_t used;

	for (uint64_t piece = 32; piece; piece /= 2)
		while (op(rest, ZX_VMO_OP_COMMIT, committed(rest), piece) == ZX_OK)
			continue;
	used = committed(rest);
	EXPECT_STATUS(op(rest, ZX_VMO_OP_COMMIT, used, 1), ZX_ERR_NO_MEMORY);
	EXPECT_EQ(vm_vmo_get(vmo, 99), VM_STAMP(99));
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_DECOMMIT, 10, 5), ZX_OK);
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_ZERO, 20, 5), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 50 * PAGE), ZX_OK);
	EXPECT_EQ(committed(vmo), 40);
	zx_handle_close(vmo);
	zx_handle_close(rest);
	zx_handle_close(ballast);
	expect_life();
}

/* Many discardable VMOs as a cache: whatever is asked for is to be had, as long
 * as they are enough, and the kernel's own objects too. */
JX_TEST(pressure_a_cache_gives_way)
{
	enum { CACHES = 64, CACHE_PAGES = 256 };
	zx_handle_t cache[CACHES], vmo, ballast = memory_ballast(CACHES * CACHE_PAGES + 4096);
	uint64_t left = 0;

	for (int i = 0; i < CACHES; i++) {
		zx_vmo_lock_state_t state;

		ASSERT_STATUS(zx_vmo_create(CACHE_PAGES * PAGE, ZX_VMO_DISCARDABLE, &cache[i]),
			      ZX_OK);
		EXPECT_STATUS(zx_vmo_op_range(cache[i], ZX_VMO_OP_LOCK, 0, CACHE_PAGES * PAGE,
					      &state, sizeof(state)), ZX_OK);
		EXPECT_STATUS(op(cache[i], ZX_VMO_OP_COMMIT, 0, CACHE_PAGES), ZX_OK);
		EXPECT_STATUS(op(cache[i], ZX_VMO_OP_UNLOCK, 0, CACHE_PAGES), ZX_OK);
	}
	vmo = make(CACHES * CACHE_PAGES / 2);
	/* Page by page: each that is missing costs the oldest. */
	for (uint64_t i = 0; i < CACHES * CACHE_PAGES / 2; i++)
		vm_vmo_set(vmo, i, i);
	expect_life();
	for (int i = 0; i < CACHES; i++) {
		uint64_t pages = committed(cache[i]);

		EXPECT_TRUE(pages == CACHE_PAGES || (pages == 0 && left == 0));
		left += pages;
		zx_handle_close(cache[i]);
	}
	jx_note("%lu of %u pages were left", (unsigned long)left, CACHES * CACHE_PAGES);
	EXPECT_TRUE(left > 0 && left < CACHES * CACHE_PAGES);
	zx_handle_close(vmo);
	zx_handle_close(ballast);
}

/* --- Long calls ------------------------------------------------------------- */

static int commit_all(void *arg)
{
	zx_handle_t vmo = *(zx_handle_t *)arg;

	return op(vmo, ZX_VMO_OP_COMMIT, 0, MANY);
}

/* While the call works others get at the VMO, and a kill ends it half way. False:
 * it was through too soon. */
static bool kill_half_way(void)
{
	zx_handle_t vmo = make(MANY);
	struct jx_thread thread;
	uint64_t done;
	int result;

	if (!EXPECT_STATUS(jx_thread_create(&thread, "commit", commit_all, &vmo), ZX_OK))
		return true;
	while (committed(vmo) == 0)
		continue;
	EXPECT_STATUS(zx_task_kill(thread.handle), ZX_OK);
	task_join(&thread, &result);
	done = committed(vmo);
	EXPECT_TRUE(done > 0);
	/* The rest of its frames has been given back: all goes on. */
	EXPECT_STATUS(op(vmo, ZX_VMO_OP_COMMIT, 0, MANY), ZX_OK);
	EXPECT_EQ(committed(vmo), MANY);
	EXPECT_EQ(vm_vmo_get(vmo, MANY - 1), 0);
	zx_handle_close(vmo);
	return done < MANY;
}

JX_TEST(pressure_commit_can_be_killed)
{
	uint64_t free = memory_free_pages();
	int tries = 0;

	while (tries < 100 && !kill_half_way())
		tries++;
	EXPECT_TRUE(tries < 100);
	/* What CPUs and caches keep is much less than one call had in hand. */
	EXPECT_TRUE(memory_free_pages() + MANY / 4 > free);
}

struct commit_race {
	zx_handle_t vmo;
	bool stop;		/* atomic: the other threads end */
};

static int resize_on(void *arg)
{
	struct commit_race *r = arg;

	for (uint64_t i = 0; !__atomic_load_n(&r->stop, __ATOMIC_RELAXED); i++)
		zx_vmo_set_size(r->vmo, (i % 2 ? 4096 : 4096 - i % 1000) * PAGE);
	return zx_vmo_set_size(r->vmo, 4096 * PAGE);
}

static int decommit_on(void *arg)
{
	struct commit_race *r = arg;

	for (uint64_t i = 0; !__atomic_load_n(&r->stop, __ATOMIC_RELAXED); i++)
		op(r->vmo, ZX_VMO_OP_DECOMMIT, i % 3000, 70);
	return 0;
}

static int snapshot_on(void *arg)
{
	struct commit_race *r = arg;
	zx_handle_t child;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED))
		if (zx_vmo_create_child(r->vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 2000 * PAGE, &child) ==
		    ZX_OK)
			zx_handle_close(child);
	return 0;
}

/* Pages and nodes come and go between the turns of a COMMIT, and so do relatives
 * who see them. */
JX_TEST(pressure_commit_while_all_changes)
{
	int (*const others[])(void *) = { resize_on, decommit_on, snapshot_on };
	struct commit_race r = { .stop = false };
	struct jx_thread threads[3];
	int result;

	ASSERT_STATUS(zx_vmo_create(4096 * PAGE, ZX_VMO_RESIZABLE, &r.vmo), ZX_OK);
	for (int i = 0; i < 3; i++)
		ASSERT_STATUS(jx_thread_create(&threads[i], "other", others[i], &r), ZX_OK);
	for (int i = 0; i < 60; i++) {
		zx_status_t status = op(r.vmo, ZX_VMO_OP_COMMIT, 0, 3000);

		EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_OUT_OF_RANGE);
		op(r.vmo, ZX_VMO_OP_DECOMMIT, 0, 3000);
	}
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 3; i++)
		EXPECT_TRUE(task_join(&threads[i], &result) && result == ZX_OK);
	EXPECT_STATUS(op(r.vmo, ZX_VMO_OP_COMMIT, 0, 4096), ZX_OK);
	EXPECT_EQ(committed(r.vmo), 4096);
	for (uint64_t i = 0; i < 4096; i++)
		if (vm_vmo_get(r.vmo, i) != 0)
			EXPECT_EQ(vm_vmo_get(r.vmo, i), 0);
	zx_handle_close(r.vmo);
}

/*
 * Protect on one CPU against operations on the VMO on another: what protect has
 * taken out of the page tables but not flushed yet must not be relied on by
 * whoever frees or shares the frames.
 */
#include <jx/ktap.h>
#include <jx/thread.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>

#include "vm_util.h"

#define ROUNDS 3000

struct race {
	zx_handle_t vmo;
	zx_vaddr_t addr;
	uint32_t other;		/* the protection that alternates with RW */
	bool stores;
	bool stop;
};

/* Sets the protection to and fro; stores a new value while it may. */
static int protect_to_and_fro(void *arg)
{
	struct race *r = arg;
	uint64_t value = 1;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		if (zx_vmar_protect(zx_vmar_root_self(),
				    ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, r->addr,
				    ZX_PAGE_SIZE) != ZX_OK)
			return 1;
		if (r->stores)
			for (int i = 0; i < 20; i++)
				*(volatile uint64_t *)r->addr = value++;
		if (zx_vmar_protect(zx_vmar_root_self(), r->other, r->addr,
				    ZX_PAGE_SIZE) != ZX_OK)
			return 1;
	}
	return 0;
}

static void race_start(struct race *r, struct jx_thread *t)
{
	r->vmo = vm_vmo_make(1, 0);
	r->stop = false;
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(),
				  ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, r->vmo,
				  0, ZX_PAGE_SIZE, &r->addr), ZX_OK);
	ASSERT_STATUS(jx_thread_create(t, "protect", protect_to_and_fro, r),
		      ZX_OK);
}

static void race_end(struct race *r, struct jx_thread *t)
{
	int result = -1;

	__atomic_store_n(&r->stop, true, __ATOMIC_RELAXED);
	EXPECT_STATUS(jx_thread_join(t, &result), ZX_OK);
	EXPECT_EQ(result, 0);
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), r->addr, ZX_PAGE_SIZE),
		      ZX_OK);
	zx_handle_close(r->vmo);
}

/* The checker stops the kernel if a frame is freed that a TLB may still show. */
JX_TEST(protect_to_nothing_against_decommit)
{
	struct race r = { .other = 0, .stores = true };
	struct jx_thread t;
	uint64_t value = 7;

	race_start(&r, &t);
	for (int i = 0; i < ROUNDS; i++) {
		EXPECT_STATUS(zx_vmo_write(r.vmo, &value, 8, sizeof(value)),
			      ZX_OK);
		EXPECT_STATUS(zx_vmo_op_range(r.vmo, ZX_VMO_OP_DECOMMIT, 0,
					      ZX_PAGE_SIZE, NULL, 0), ZX_OK);
	}
	race_end(&r, &t);
}

/* A snapshot never sees a store that came after it. */
JX_TEST(protect_to_reading_against_snapshots)
{
	struct race r = { .other = ZX_VM_PERM_READ, .stores = true };
	struct jx_thread t;

	race_start(&r, &t);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t first = 0, second = 1;
		zx_handle_t child;

		ASSERT_STATUS(zx_vmo_create_child(r.vmo, ZX_VMO_CHILD_SNAPSHOT,
						  0, ZX_PAGE_SIZE, &child),
			      ZX_OK);
		EXPECT_STATUS(zx_vmo_read(child, &first, 0, sizeof(first)),
			      ZX_OK);
		for (int again = 0; again < 5; again++) {
			EXPECT_STATUS(zx_vmo_read(child, &second, 0,
						  sizeof(second)), ZX_OK);
			EXPECT_EQ(first, second);
		}
		zx_handle_close(child);
	}
	race_end(&r, &t);
}

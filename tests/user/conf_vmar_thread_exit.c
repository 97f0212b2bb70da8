/* zx_vmar_unmap_handle_close_thread_exit: spec/vmar.md 10. */
#include <string.h>

#include "conf_util.h"

#define STACK_PAGES 4

/* A bare thread on a stack of its own, which it unmaps as its last act. */
struct leaver {
	zx_handle_t thread;
	zx_handle_t close;
	zx_vaddr_t stack;
	zx_status_t returned;
};

static void leave(uintptr_t arg1, uintptr_t arg2)
{
	struct leaver *l = (struct leaver *)arg1;

	(void)arg2;
	l->returned = zx_vmar_unmap_handle_close_thread_exit(zx_vmar_root_self(), l->stack,
							     STACK_PAGES * PAGE, l->close);
	zx_thread_exit();
}

static bool make(struct leaver *l)
{
	zx_handle_t vmo;

	memset(l, 0, sizeof(*l));
	l->returned = 1;
	if (!EXPECT_STATUS(zx_vmo_create(STACK_PAGES * PAGE, 0, &vmo), ZX_OK))
		return false;
	l->stack = vm_map(vmo, VM_RW, STACK_PAGES);
	zx_handle_close(vmo);
	return EXPECT_STATUS(zx_thread_create(zx_process_self(), "leaver", 6, 0, &l->thread),
			     ZX_OK);
}

static void run(struct leaver *l, zx_handle_t thread)
{
	EXPECT_STATUS(zx_thread_start(thread, (zx_vaddr_t)leave, l->stack + STACK_PAGES * PAGE,
				      (uintptr_t)l, 0), ZX_OK);
	EXPECT_STATUS(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, ZX_TIME_INFINITE, NULL),
		      ZX_OK);
	EXPECT_EQ(l->returned, 1);
	EXPECT_STATUS(vm_probe_read(l->stack), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(vm_probe_read(l->stack + (STACK_PAGES - 1) * PAGE), ZX_ERR_NOT_FOUND);
}

JX_TEST(vmar_10_r1_unmaps_closes_and_ends)
{
	struct leaver l;

	ASSERT_TRUE(make(&l));
	ASSERT_STATUS(zx_event_create(0, &l.close), ZX_OK);
	run(&l, l.thread);
	EXPECT_STATUS(zx_handle_close(l.close), ZX_ERR_BAD_HANDLE);
	zx_handle_close(l.thread);
}

JX_TEST(vmar_10_r2_failed_unmap_returns)
{
	zx_handle_t event;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	CONF_FAILS(&a, zx_vmar_unmap_handle_close_thread_exit(a.vmar, a.base + 1, PAGE, event),
		   ZX_ERR_INVALID_ARGS);
	CONF_FAILS(&a, zx_vmar_unmap_handle_close_thread_exit(a.vmo, a.base, PAGE, event),
		   ZX_ERR_WRONG_TYPE);
	CONF_FAILS(&a, zx_vmar_unmap_handle_close_thread_exit(0, a.base, PAGE, event),
		   ZX_ERR_BAD_HANDLE);
	CONF_FAILS(&a, zx_vmar_unmap_handle_close_thread_exit(a.vmar, a.base, 0, event),
		   ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_handle_close(event), ZX_OK);
	vm_area_drop(&a);
}

/* In a child, which has nothing but its stack: arg is a page to unmap. */
static void leave_badly(zx_handle_t vmar, uintptr_t page)
{
	zx_vmar_unmap_handle_close_thread_exit(vmar, page, PAGE, 0x7fffffff);
	zx_process_exit(1);
}

/* A child gets its root VMAR's handle as its first argument. */
JX_TEST(vmar_10_r3_bad_close_handle_is_a_trap)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), root;
	struct vm_child child;
	zx_vaddr_t page;

	ASSERT_TRUE(vm_child_make(&child));
	page = vm_child_map(&child, vmo, VM_RW, 1);
	root = vm_dup(child.vmar, ZX_RIGHT_SAME_RIGHTS);
	ASSERT_STATUS(zx_process_start(child.process, child.thread, (zx_vaddr_t)leave_badly,
				       child.stack_top, root, page), ZX_OK);
	/* A trap that nobody handles ends the process; an exit would give 0 or 1. */
	EXPECT_EQ(vm_child_finish(&child), ZX_TASK_RETCODE_EXCEPTION_KILL);
	zx_handle_close(vmo);
}

JX_TEST(vmar_10_r4_its_own_handle)
{
	struct leaver l;
	zx_handle_t mine;

	ASSERT_TRUE(make(&l));
	mine = vm_dup(l.thread, ZX_RIGHT_SAME_RIGHTS);
	l.close = l.thread;
	run(&l, mine);
	EXPECT_STATUS(zx_handle_close(l.thread), ZX_ERR_BAD_HANDLE);
	zx_handle_close(mine);
}

JX_TEST(vmar_10_r4_no_handle)
{
	struct leaver l;

	ASSERT_TRUE(make(&l));
	run(&l, l.thread);
	zx_handle_close(l.thread);
}

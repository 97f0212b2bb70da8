/* zx_vmar_destroy: spec/vmar.md 8. */
#include <syscall_numbers.h>

#include "conf_util.h"

JX_TEST(vmar_8_c1_handle)
{
	struct vm_area a;
	zx_handle_t bare;

	ASSERT_TRUE(vm_area_make(&a, 2));
	bare = vm_dup(a.vmo, ZX_RIGHT_NONE);
	EXPECT_STATUS(zx_vmar_destroy(ZX_HANDLE_INVALID), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmar_destroy(UINT32_MAX), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmar_destroy(bare), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmar_destroy(zx_process_self()), ZX_ERR_WRONG_TYPE);
	zx_handle_close(bare);
	vm_area_drop(&a);
	EXPECT_STATUS(zx_vmar_destroy(a.vmar), ZX_ERR_BAD_HANDLE);
}

JX_TEST(vmar_8_c2_already_dead)
{
	struct vm_area a;
	zx_handle_t sub, other;

	ASSERT_TRUE(vm_area_make(&a, 2));
	sub = vm_area_sub(&a, 0, 1);
	other = vm_dup(sub, ZX_RIGHT_SAME_RIGHTS);
	EXPECT_STATUS(zx_vmar_destroy(sub), ZX_OK);
	EXPECT_STATUS(zx_vmar_destroy(sub), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_destroy(other), ZX_ERR_BAD_STATE);
	/* What stands in its place is not its own. */
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 1), ZX_OK);
	CONF_FAILS(&a, zx_vmar_destroy(sub), ZX_ERR_BAD_STATE);
	zx_handle_close(sub);
	zx_handle_close(other);
	vm_area_drop(&a);
}

JX_TEST(vmar_8_r1_all_below_is_dead)
{
	zx_handle_t outer, inner;
	zx_vaddr_t address;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	outer = vm_area_sub(&a, 2, 4);
	ASSERT_STATUS(zx_vmar_allocate(outer, VM_CAN_ALL | ZX_VM_SPECIFIC, PAGE, 2 * PAGE, &inner,
				       &address), ZX_OK);
	ASSERT_STATUS(conf_map_at(outer, VM_R, 0, a.vmo, 0, 1), ZX_OK);
	ASSERT_STATUS(conf_map_at(inner, VM_R, 1, a.vmo, 1, 1), ZX_OK);
	EXPECT_STATUS(zx_vmar_destroy(outer), ZX_OK);
	EXPECT_STATUS(conf_alive(outer), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_alive(inner), ZX_ERR_BAD_STATE);
	EXPECT_TRUE(vm_area_is_gap(&a, 2) && vm_area_is_gap(&a, 4));
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 0);
	EXPECT_EQ(conf_range(inner).base, address);
	/* Free at once, for SPECIFIC and for the kernel's choice. */
	EXPECT_STATUS(conf_map(a.vmar, VM_R | ZX_VM_SPECIFIC, 2 * PAGE, a.vmo, 0, 4 * PAGE),
		      ZX_OK);
	EXPECT_STATUS(conf_allocate(a.vmar, 0, 0, 8 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_handle_close(outer), ZX_OK);
	EXPECT_STATUS(zx_handle_close(inner), ZX_OK);
	vm_area_drop(&a);
}

JX_TEST(vmar_8_r2_shows_nothing_of_the_old)
{
	zx_handle_t sub, fresh;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_STATUS(zx_vmo_create(PAGE, 0, &fresh), ZX_OK);
	sub = vm_area_sub(&a, 0, 2);
	ASSERT_STATUS(conf_map_at(sub, VM_RW, 0, a.vmo, 0, 1), ZX_OK);
	vm_store(a.base, 4711);
	EXPECT_STATUS(zx_vmar_destroy(sub), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_RW, 0, fresh, 0, 1), ZX_OK);
	EXPECT_EQ(vm_load(a.base), 0);
	vm_store(a.base, 1);
	EXPECT_EQ(vm_vmo_get(a.vmo, 0), 4711);
	zx_handle_close(sub);
	zx_handle_close(fresh);
	vm_area_drop(&a);
}

JX_TEST(vmar_8_r3_parent_and_siblings_go_on)
{
	zx_handle_t left, middle, right;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 8));
	left = vm_area_sub(&a, 0, 2);
	middle = vm_area_sub(&a, 2, 2);
	right = vm_area_sub(&a, 4, 2);
	ASSERT_STATUS(conf_map_at(left, VM_RW, 1, a.vmo, 1, 1), ZX_OK);
	ASSERT_STATUS(conf_map_at(middle, VM_RW, 0, a.vmo, 2, 2), ZX_OK);
	ASSERT_STATUS(conf_map_at(right, VM_RW, 0, a.vmo, 4, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 6, 6, 1), ZX_OK);
	EXPECT_STATUS(zx_vmar_destroy(middle), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 1, 1) && vm_area_shows(&a, 4, 4) && vm_area_shows(&a, 6, 6));
	EXPECT_TRUE(VM_AREA_IS(&a, { 1, 1, VM_RW, 1 }, { 4, 1, VM_RW, 4 }, { 6, 1, VM_R, 6 }));
	EXPECT_STATUS(conf_map(left, VM_R, 0, a.vmo, 0, PAGE), ZX_OK);
	EXPECT_STATUS(conf_map(a.vmar, VM_R, 0, a.vmo, 0, 2 * PAGE), ZX_OK);
	zx_handle_close(left);
	zx_handle_close(middle);
	zx_handle_close(right);
	vm_area_drop(&a);
}

JX_TEST_OF_2020(vmar_8_r4_needs_no_right)
{
	struct vm_area a;
	zx_handle_t bare;

	ASSERT_TRUE(vm_area_make(&a, 2));
	bare = vm_dup(a.vmar, ZX_RIGHT_NONE);
	EXPECT_STATUS(zx_vmar_destroy(bare), ZX_OK);
	EXPECT_STATUS(conf_alive(a.vmar), ZX_ERR_BAD_STATE);
	zx_handle_close(bare);
	vm_area_drop(&a);
}

#define DEPTH 2000

/* The kernel's stack is 8 or 16 KiB: a frame a level would not do. */
JX_TEST(vmar_8_r5_any_depth)
{
	zx_handle_t vmar, deeper, top;
	zx_vaddr_t base, address;

	ASSERT_STATUS(zx_vmar_allocate(zx_vmar_root_self(), VM_CAN_ALL, 0, PAGE, &top, &base),
		      ZX_OK);
	vmar = vm_dup(top, ZX_RIGHT_SAME_RIGHTS);
	for (int i = 0; i < DEPTH; i++) {
		ASSERT_STATUS(zx_vmar_allocate(vmar, VM_CAN_ALL, 0, PAGE, &deeper, &address),
			      ZX_OK);
		EXPECT_EQ(address, base);
		zx_handle_close(vmar);
		vmar = deeper;
	}
	EXPECT_STATUS(zx_vmar_destroy(top), ZX_OK);
	EXPECT_STATUS(conf_alive(vmar), ZX_ERR_BAD_STATE);
	zx_handle_close(vmar);
	zx_handle_close(top);
}

static void sleep_on(zx_handle_t unused, uintptr_t more)
{
	(void)unused;
	(void)more;
	register uint64_t number __asm__("x16") = SYS_nanosleep;
	register int64_t deadline __asm__("x0") = ZX_TIME_INFINITE;

	__asm__ volatile("svc #0" : "+r"(deadline) : "r"(number) : "memory");
}

static void touch_on(zx_handle_t unused, uintptr_t address)
{
	(void)unused;
	for (;;)
		(void)*(volatile uint8_t *)address;
}

/* A thread that runs faults at once, at whatever moment its root goes. */
JX_TEST_OF_2020(vmar_8_r7_running_without_its_root)
{
	struct vm_child child;
	zx_handle_t root;

	for (int round = 0; round < 100; round++) {
		ASSERT_TRUE(vm_child_make_bare(&child));
		root = vm_dup(child.vmar, ZX_RIGHT_SAME_RIGHTS);
		ASSERT_TRUE(vm_child_start(&child, touch_on, child.stack_top - 8));
		EXPECT_STATUS(zx_vmar_destroy(root), ZX_OK);
		EXPECT_EQ(vm_child_finish(&child), ZX_TASK_RETCODE_EXCEPTION_KILL);
		zx_handle_close(root);
	}
}

/* One that waits can be killed. */
JX_TEST_OF_2020(vmar_8_r7_waiting_without_its_root)
{
	struct vm_child child;
	zx_handle_t root, process;

	ASSERT_TRUE(vm_child_make_bare(&child));
	root = vm_dup(child.vmar, ZX_RIGHT_SAME_RIGHTS);
	process = vm_dup(child.process, ZX_RIGHT_SAME_RIGHTS);
	ASSERT_TRUE(vm_child_start(&child, sleep_on, 0));
	EXPECT_STATUS(zx_vmar_destroy(root), ZX_OK);
	EXPECT_STATUS(conf_allocate(root, 0, 0, PAGE), ZX_ERR_BAD_STATE);
	vm_child_kill(&child);
	EXPECT_STATUS(zx_object_wait_one(process, ZX_PROCESS_TERMINATED, 0, NULL), ZX_OK);
	zx_handle_close(process);
	zx_handle_close(root);
}

/* What a program might try against the kernel's memory management: calls whose
 * cost does not follow from what the program has put in. */
#include <stdatomic.h>

#include "memory_util.h"
#include "task_util.h"
#include "vm_util.h"

/* Far more than any of the calls takes, far less than a walk page by page. */
#define QUICK ZX_SEC(3)
#define HUGE_SIZE (1ul << 56)
/* A part of memory that is not left while somebody takes all of it. */
#define SMALL (16384 * PAGE)

static zx_time_t now(void)
{
	return zx_clock_get_monotonic();
}

/* A page was read through a mapping: a shrink by 2^44 pages looks at that
 * mapping, not at every place where there could be one. */
JX_TEST(bounds_shrink_of_a_huge_vmo_is_quick)
{
	zx_time_t start;
	zx_handle_t vmo;
	zx_vaddr_t at;

	ASSERT_STATUS(zx_vmo_create(HUGE_SIZE, ZX_VMO_RESIZABLE, &vmo), ZX_OK);
	at = vm_map(vmo, VM_RW, 4);
	EXPECT_EQ(vm_load(at), 0);
	start = now();
	EXPECT_STATUS(zx_vmo_set_size(vmo, 0), ZX_OK);
	EXPECT_TRUE(now() - start < QUICK);
	EXPECT_STATUS(vm_probe_read(at), ZX_ERR_OUT_OF_RANGE);
	vm_unmap(at, 4);
	zx_handle_close(vmo);
}

/* Many mappings of a VMO with many pages far apart: to drop the pages costs as
 * much as both together, not as one times the other. */
JX_TEST(bounds_shrink_with_many_mappings_is_quick)
{
	const uint64_t mappings = 20000, pages = 5000, apart = 4096;
	struct vm_area a;
	zx_time_t start;

	ASSERT_TRUE(vm_area_make(&a, mappings));
	zx_handle_close(a.vmo);
	ASSERT_STATUS(zx_vmo_create(HUGE_SIZE, ZX_VMO_RESIZABLE, &a.vmo), ZX_OK);
	for (uint64_t i = 0; i < mappings; i++)
		ASSERT_STATUS(vm_area_map(&a, VM_RW, i, 0, 1), ZX_OK);
	for (uint64_t i = 0; i < pages; i++)
		vm_vmo_set(a.vmo, i * apart, i);
	start = now();
	EXPECT_STATUS(zx_vmo_set_size(a.vmo, 0), ZX_OK);
	EXPECT_TRUE(now() - start < QUICK);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, mappings - 1)), ZX_ERR_OUT_OF_RANGE);
	vm_area_drop(&a);
}

static atomic_bool greedy_stop;
static atomic_int greedy_refused;

static int commit_too_much(void *arg)
{
	zx_handle_t vmo = *(zx_handle_t *)arg;

	while (!atomic_load(&greedy_stop)) {
		if (zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, HUGE_SIZE, NULL, 0) !=
		    ZX_ERR_NO_MEMORY)
			return 1;
		atomic_fetch_add(&greedy_refused, 1);
	}
	return 0;
}

/* A COMMIT of more than there is fails without taking what others need. */
JX_TEST(bounds_commit_of_too_much_starves_nobody)
{
	struct jx_thread greedy;
	zx_handle_t vmo, small;
	int result;

	atomic_store(&greedy_stop, false);
	atomic_store(&greedy_refused, 0);
	ASSERT_STATUS(zx_vmo_create(HUGE_SIZE, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_vmo_create(SMALL, 0, &small), ZX_OK);
	ASSERT_STATUS(jx_thread_create(&greedy, "greedy", commit_too_much, &vmo), ZX_OK);
	for (int i = 0; i < 10 || atomic_load(&greedy_refused) < 10; i++) {
		EXPECT_STATUS(zx_vmo_op_range(small, ZX_VMO_OP_COMMIT, 0, SMALL, NULL, 0),
			      ZX_OK);
		EXPECT_STATUS(zx_vmo_op_range(small, ZX_VMO_OP_DECOMMIT, 0, SMALL, NULL, 0),
			      ZX_OK);
	}
	atomic_store(&greedy_stop, true);
	EXPECT_TRUE(task_join(&greedy, &result));
	EXPECT_EQ(result, 0);
	zx_handle_close(small);
	zx_handle_close(vmo);
}

/* A pager whose VMO and aux VMO are as large as can be, and hold nothing. */
struct vast {
	zx_handle_t pager, port, vmo, aux;
	zx_status_t supplied;
};

static bool vast_make(struct vast *v)
{
	return EXPECT_STATUS(zx_pager_create(0, &v->pager), ZX_OK) &&
	       EXPECT_STATUS(zx_port_create(0, &v->port), ZX_OK) &&
	       EXPECT_STATUS(zx_pager_create_vmo(v->pager, 0, v->port, 1, HUGE_SIZE, &v->vmo),
			     ZX_OK) &&
	       EXPECT_STATUS(zx_vmo_create(HUGE_SIZE, 0, &v->aux), ZX_OK);
}

static void vast_drop(struct vast *v)
{
	zx_handle_close(v->aux);
	zx_handle_close(v->vmo);
	zx_handle_close(v->pager);
	zx_handle_close(v->port);
}

/* Supplying nothing for more pages than there can be nodes for is refused
 * without filling the memory with nodes first. */
JX_TEST(bounds_supply_of_a_vast_range_is_refused)
{
	zx_time_t start;
	struct vast v;

	ASSERT_TRUE(vast_make(&v));
	start = now();
	EXPECT_STATUS(zx_pager_supply_pages(v.pager, v.vmo, 0, HUGE_SIZE, v.aux, 0),
		      ZX_ERR_NO_MEMORY);
	EXPECT_TRUE(now() - start < QUICK);
	vast_drop(&v);
}

/* So many zero markers that their nodes fill two thirds of the memory (a frame
 * holds those of 450): many seconds if nobody stops it. */
static uint64_t long_supply;

static void supply_for_long(uintptr_t vast_handles, uintptr_t pager)
{
	zx_pager_supply_pages((zx_handle_t)pager, (zx_handle_t)(vast_handles & UINT32_MAX), 0,
			      long_supply, (zx_handle_t)(vast_handles >> 32), 0);
	zx_thread_exit();
}

/* The same of a detach that finds clean and dirty pages by turns. */
JX_TEST(bounds_detach_with_many_mappings_is_quick)
{
	const uint64_t mappings = 20000, pages = 12000;
	struct vm_area a;
	zx_time_t start;
	struct vast v;

	ASSERT_TRUE(vast_make(&v));
	ASSERT_TRUE(vm_area_make(&a, mappings));
	zx_handle_close(a.vmo);
	a.vmo = v.vmo;
	ASSERT_STATUS(zx_pager_supply_pages(v.pager, v.vmo, 0, pages * PAGE, v.aux, 0), ZX_OK);
	for (uint64_t i = 0; i < pages; i += 2)
		vm_vmo_set(v.vmo, i, i + 1);
	for (uint64_t i = 0; i < mappings; i++)
		ASSERT_STATUS(vm_area_map(&a, VM_R, i, i % pages, 1), ZX_OK);
	EXPECT_EQ(vm_load(vm_at(&a, 2)), 3);
	EXPECT_EQ(vm_load(vm_at(&a, 3)), 0);
	start = now();
	EXPECT_STATUS(zx_pager_detach_vmo(v.pager, v.vmo), ZX_OK);
	EXPECT_TRUE(now() - start < QUICK);
	EXPECT_EQ(vm_load(vm_at(&a, 2)), 3);
	EXPECT_STATUS(vm_probe_read(vm_at(&a, 3)), ZX_ERR_BAD_STATE);
	v.vmo = ZX_HANDLE_INVALID;
	vm_area_drop(&a);
	vast_drop(&v);
}

static int commit_first_page(void *vmo)
{
	return zx_vmo_op_range(*(zx_handle_t *)vmo, ZX_VMO_OP_COMMIT, 0, PAGE, NULL, 0);
}

/* A killed thread does not finish what it began. That it has begun shows by the
 * waiter of the first page. */
JX_TEST(bounds_supply_ends_with_its_thread)
{
	static char stack[4096] __attribute__((aligned(16)));
	struct jx_thread waiter;
	zx_handle_t supplier;
	zx_time_t start;
	struct vast v;
	int result;

	ASSERT_TRUE(vast_make(&v));
	long_supply = memory_free_pages() * 300 * PAGE;
	ASSERT_STATUS(jx_thread_create(&waiter, "waiter", commit_first_page, &v.vmo), ZX_OK);
	ASSERT_TRUE(task_await_state(waiter.handle, ZX_THREAD_STATE_BLOCKED_PAGER));
	ASSERT_STATUS(zx_thread_create(zx_process_self(), "supplier", 8, 0, &supplier), ZX_OK);
	start = now();
	ASSERT_STATUS(zx_thread_start(supplier, (zx_vaddr_t)supply_for_long,
				      (zx_vaddr_t)stack + sizeof(stack),
				      (uintptr_t)v.aux << 32 | v.vmo, v.pager), ZX_OK);
	while (task_thread_info(waiter.handle).state == ZX_THREAD_STATE_BLOCKED_PAGER)
		continue;
	EXPECT_STATUS(zx_task_kill(supplier), ZX_OK);
	EXPECT_TRUE(task_await_signal(supplier, ZX_THREAD_TERMINATED));
	EXPECT_TRUE(now() - start < QUICK);
	EXPECT_TRUE(task_join(&waiter, &result));
	EXPECT_STATUS(result, ZX_OK);
	zx_handle_close(supplier);
	vast_drop(&v);
}

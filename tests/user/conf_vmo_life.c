/* Lifetime and counting of children: spec/vmo.md 5.11. */
#include <stdatomic.h>

#include <jx/thread.h>

#include "conf_vmo_util.h"

static const uint32_t kinds[] = { CONF_SNAPSHOT, CONF_ON_WRITE, CONF_SLICE };
#define EACH_KIND(i) for (int i = 0; i < 3; i++)

static bool has_children(zx_handle_t vmo, uint64_t count)
{
	return EXPECT_EQ(vm_vmo_info(vmo).num_children, count) &&
	       EXPECT_EQ(conf_signals(vmo), count ? 0 : ZX_VMO_ZERO_CHILDREN);
}

JX_TEST(vmo_5_11_r1_counts_of_every_kind)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), child[6];

	for (uint64_t i = 0; i < 6; i++) {
		child[i] = conf_child(vmo, kinds[i % 3], 0, 2);
		EXPECT_TRUE(has_children(vmo, i + 1));
		EXPECT_TRUE(has_children(child[i], 0));
	}
	for (uint64_t i = 0; i < 6; i++) {
		zx_handle_close(child[i]);
		EXPECT_TRUE(has_children(vmo, 5 - i));
	}
	zx_handle_close(vmo);
}

/* When create_child returns a wait does not end. */
JX_TEST(vmo_5_11_r2_signal_is_cleared_synchronously)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);

	EACH_KIND(i) {
		zx_handle_t child = conf_child(vmo, kinds[i], 0, 1);

		EXPECT_STATUS(zx_object_wait_one(vmo, ZX_VMO_ZERO_CHILDREN, 0, NULL),
			      ZX_ERR_TIMED_OUT);
		zx_handle_close(child);
		EXPECT_STATUS(zx_object_wait_one(vmo, ZX_VMO_ZERO_CHILDREN, 0, NULL), ZX_OK);
	}
	zx_handle_close(vmo);
}

/* A second handle, and a mapping, keep a child alive. */
JX_TEST(vmo_5_11_r3_alive_by_handle_or_mapping)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);

	EACH_KIND(i) {
		zx_handle_t child = conf_child(vmo, kinds[i], 0, 1);
		zx_handle_t second = vm_dup(child, ZX_RIGHT_NONE);
		zx_vaddr_t base = vm_map(child, VM_R, 1);

		zx_handle_close(child);
		EXPECT_TRUE(has_children(vmo, 1));
		zx_handle_close(second);
		EXPECT_TRUE(has_children(vmo, 1));
		EXPECT_EQ(vm_load(base), VM_STAMP(0));
		vm_unmap(base, 1);
		EXPECT_TRUE(has_children(vmo, 0));
	}
	zx_handle_close(vmo);
}

/* V -> A -> B: without A, B is V's. */
JX_TEST(vmo_5_11_r4_grandchildren_are_counted)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	EACH_KIND(i) {
		uint32_t kind = kinds[i] == CONF_SLICE ? CONF_SLICE : CONF_SNAPSHOT;
		zx_handle_t a = conf_child(vmo, kinds[i], 0, 2), b = conf_child(a, kind, 0, 2);

		EXPECT_TRUE(has_children(vmo, 1));
		EXPECT_TRUE(has_children(a, 1));
		zx_handle_close(a);
		EXPECT_TRUE(has_children(vmo, 1));
		zx_handle_close(b);
		EXPECT_TRUE(has_children(vmo, 0));
	}
	zx_handle_close(vmo);
}

JX_TEST(vmo_5_11_r4_many_grandchildren)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), a = conf_snap(vmo, 0, 1), b[5];

	for (int i = 0; i < 5; i++)
		b[i] = conf_snap(a, 0, 1);
	EXPECT_TRUE(has_children(vmo, 1));
	zx_handle_close(a);
	for (uint64_t i = 0; i < 5; i++) {
		EXPECT_TRUE(has_children(vmo, 5 - i));
		zx_handle_close(b[i]);
	}
	EXPECT_TRUE(has_children(vmo, 0));
	zx_handle_close(vmo);
}

/* A waiter sees it, too. */
static int wait_for_it(void *arg)
{
	zx_signals_t seen = 0;
	zx_status_t status = zx_object_wait_one(*(zx_handle_t *)arg, ZX_VMO_ZERO_CHILDREN,
						ZX_TIME_INFINITE, &seen);

	return status == ZX_OK && (seen & ZX_VMO_ZERO_CHILDREN) ? 0 : 1;
}

JX_TEST(vmo_5_11_r5_last_close_sets_the_signal)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), child = conf_snap(vmo, 0, 1);
	struct jx_thread thread;
	int result = -1;

	ASSERT_STATUS(jx_thread_create(&thread, "wait", wait_for_it, &vmo), ZX_OK);
	zx_handle_close(child);
	EXPECT_STATUS(jx_thread_join(&thread, &result), ZX_OK);
	EXPECT_EQ(result, 0);
	zx_handle_close(vmo);
}

/* Births on one CPU against deaths on another; in the end both agree. */
static int breed(void *arg)
{
	zx_handle_t vmo = *(zx_handle_t *)arg, child;

	for (int i = 0; i < 1000; i++) {
		if (zx_vmo_create_child(vmo, kinds[i % 3], 0, PAGE, &child) != ZX_OK)
			return 1;
		/* While a child of this thread lives the signal is off. */
		if (zx_object_wait_one(vmo, ZX_VMO_ZERO_CHILDREN, 0, NULL) != ZX_ERR_TIMED_OUT)
			return 2;
		zx_handle_close(child);
	}
	return 0;
}

JX_TEST(vmo_5_11_r6_birth_against_death)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);
	struct jx_thread threads[3];
	int result = -1;

	for (int i = 0; i < 3; i++)
		ASSERT_STATUS(jx_thread_create(&threads[i], "breed", breed, &vmo), ZX_OK);
	for (int i = 0; i < 3; i++) {
		EXPECT_STATUS(jx_thread_join(&threads[i], &result), ZX_OK);
		EXPECT_EQ(result, 0);
	}
	EXPECT_TRUE(has_children(vmo, 0));
	zx_handle_close(vmo);
}

JX_TEST(vmo_5_11_r7_children_outlive_the_parent)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), snapshot, slice;

	snapshot = conf_snap(vmo, 0, 2);
	slice = conf_child(vmo, CONF_SLICE, 0, 2);
	vm_vmo_set(vmo, 0, 1);
	zx_handle_close(vmo);
	EXPECT_TRUE(CONF_SHOWS(snapshot, VM_STAMP(0), VM_STAMP(1)));
	EXPECT_TRUE(CONF_SHOWS(slice, 1, VM_STAMP(1)));
	vm_vmo_set(slice, 1, 2);
	vm_vmo_set(snapshot, 0, 3);
	EXPECT_TRUE(CONF_SHOWS(snapshot, 3, VM_STAMP(1)));
	EXPECT_TRUE(CONF_SHOWS(slice, 1, 2));
	zx_handle_close(slice);
	EXPECT_TRUE(CONF_SHOWS(snapshot, 3, VM_STAMP(1)));
	zx_handle_close(snapshot);
}

/* A mapping of a dead-handled child shows its content for ever. */
JX_TEST(vmo_5_11_r8_mappings_outlive_all_handles)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), child = conf_snap(vmo, 0, 2);
	zx_vaddr_t one = vm_map(vmo, VM_RW, 2), two = vm_map(child, VM_RW, 2);

	zx_handle_close(vmo);
	zx_handle_close(child);
	vm_store(one, 1);
	vm_store(two + PAGE, 2);
	EXPECT_EQ(vm_load(two), VM_STAMP(0));
	EXPECT_EQ(vm_load(one + PAGE), VM_STAMP(1));
	vm_unmap(one, 2);
	EXPECT_EQ(vm_load(two), VM_STAMP(0));
	EXPECT_EQ(vm_load(two + PAGE), 2);
	vm_unmap(two, 2);
}

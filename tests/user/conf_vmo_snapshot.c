/* Snapshots and children of pagers' VMOs: spec/vmo.md 5.6, 5.7. */
#include <stdatomic.h>

#include <jx/thread.h>

#include "conf_vmo_util.h"

/* Handles, read-only and writable mappings, of before and after. */
JX_TEST(vmo_5_6_r1_neither_sees_the_others_writes)
{
	zx_handle_t vmo = vm_vmo_make(3, 0), child;
	zx_vaddr_t before = vm_map(vmo, VM_RW, 3), reads = vm_map(vmo, VM_R, 3), after, childs;

	vm_store(before, 1);
	EXPECT_EQ(vm_load(reads), 1);
	child = conf_snap(vmo, 0, 3);
	after = vm_map(vmo, VM_RW, 3);
	childs = vm_map(child, VM_RW, 3);
	EXPECT_EQ(vm_load(childs + PAGE), VM_STAMP(1));
	vm_store(before, 2);
	vm_store(after + PAGE, 3);
	vm_vmo_set(vmo, 2, 4);
	EXPECT_TRUE(CONF_SHOWS(child, 1, VM_STAMP(1), VM_STAMP(2)));
	EXPECT_EQ(vm_load(reads), 2);
	EXPECT_EQ(vm_load(before + PAGE), 3);
	vm_store(childs, 5);
	vm_vmo_set(child, 1, 6);
	EXPECT_EQ(vm_load(childs + PAGE), 6);
	EXPECT_TRUE(CONF_SHOWS(vmo, 2, 3, 4));
	EXPECT_TRUE(CONF_SHOWS(child, 5, 6, VM_STAMP(2)));
	for (uint64_t i = 0; i < 3; i++)
		EXPECT_EQ(vm_load(reads + i * PAGE), vm_load(after + i * PAGE));
	vm_unmap(before, 3);
	vm_unmap(reads, 3);
	vm_unmap(after, 3);
	vm_unmap(childs, 3);
	zx_handle_close(child);
	zx_handle_close(vmo);
}

JX_TEST(vmo_5_6_r2_size_and_resizability_are_its_own)
{
	zx_handle_t fixed = vm_vmo_make(2, 0), resizable = vm_vmo_make(2, ZX_VMO_RESIZABLE);
	zx_handle_t child = 0;

	ASSERT_STATUS(zx_vmo_create_child(resizable, CONF_SNAPSHOT, 0, PAGE + 1, &child), ZX_OK);
	EXPECT_EQ(conf_size(child), 2 * PAGE);
	EXPECT_STATUS(zx_vmo_set_size(child, PAGE), ZX_ERR_UNAVAILABLE);
	zx_handle_close(child);
	child = conf_child(fixed, CONF_SNAPSHOT | ZX_VMO_CHILD_RESIZABLE, 0, 2);
	EXPECT_STATUS(zx_vmo_set_size(child, 5 * PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(child, VM_STAMP(0), VM_STAMP(1), 0, 0, 0));
	EXPECT_EQ(conf_size(fixed), 2 * PAGE);
	zx_handle_close(child);
	child = conf_snap(fixed, 1, 0);
	EXPECT_EQ(conf_size(child), 0);
	zx_handle_close(child);
	zx_handle_close(fixed);
	zx_handle_close(resizable);
}

/* Through a handle that cannot write, too. */
JX_TEST(vmo_5_6_r3_of_a_read_only_handle_it_is_writable)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);
	zx_handle_t reader = vm_dup(vmo, ZX_RIGHT_READ | ZX_RIGHT_DUPLICATE);
	zx_handle_t child = conf_snap(reader, 0, 1);

	vm_vmo_set(child, 0, 5);
	EXPECT_TRUE(CONF_SHOWS(child, 5));
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0)));
	zx_handle_close(child);
	zx_handle_close(reader);
	zx_handle_close(vmo);
}

/*
 * A thread on another CPU counts in a mapped page while snapshots are taken:
 * none of them ever changes after its birth.
 */
struct counter {
	volatile uint64_t *word;
	atomic_bool stop;
	struct jx_thread thread;
};

static int count_on(void *arg)
{
	struct counter *c = arg;

	while (!atomic_load(&c->stop))
		++*c->word;
	return 0;
}

JX_TEST(vmo_5_6_r4_write_permission_is_gone_on_all_cpus)
{
	static struct counter c;
	zx_handle_t vmo = vm_vmo_make(1, 0);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 1);
	uint64_t last = 0;

	c.word = (volatile uint64_t *)base;
	*c.word = 0;
	atomic_store(&c.stop, false);
	ASSERT_STATUS(jx_thread_create(&c.thread, "count", count_on, &c), ZX_OK);
	for (int i = 0; i < 200; i++) {
		zx_handle_t child = conf_snap(vmo, 0, 1);
		uint64_t seen = vm_vmo_get(child, 0);

		EXPECT_TRUE(seen >= last);
		last = seen;
		for (int again = 0; again < 20; again++)
			EXPECT_EQ(vm_vmo_get(child, 0), seen);
		zx_handle_close(child);
	}
	atomic_store(&c.stop, true);
	EXPECT_STATUS(jx_thread_join(&c.thread, NULL), ZX_OK);
	EXPECT_TRUE(vm_load(base) >= last);
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}

#define DEPTH 1000

/* Snapshots of snapshots, closed from either end. */
JX_TEST(vmo_5_6_r5_any_depth)
{
	static zx_handle_t chain[DEPTH];
	zx_handle_t vmo = vm_vmo_make(2, 0);

	for (int from_the_top = 0; from_the_top < 2; from_the_top++) {
		for (int i = 0; i < DEPTH; i++) {
			chain[i] = conf_snap(i ? chain[i - 1] : vmo, 0, 2);
			if (i % 100 == 99)
				vm_vmo_set(chain[i], 1, (uint64_t)i);
		}
		EXPECT_TRUE(CONF_SHOWS(chain[DEPTH - 1], VM_STAMP(0), DEPTH - 1));
		EXPECT_TRUE(CONF_SHOWS(chain[150], VM_STAMP(0), 99));
		EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), VM_STAMP(1)));
		for (int i = 0; i < DEPTH; i++) {
			zx_handle_t next = chain[from_the_top ? DEPTH - 1 - i : i];

			EXPECT_EQ(vm_vmo_get(next, 0), VM_STAMP(0));
			zx_handle_close(next);
		}
		EXPECT_EQ(conf_signals(vmo), ZX_VMO_ZERO_CHILDREN);
	}
	zx_handle_close(vmo);
}

/* 18, line 23: parent writes do not shine through. */
JX_TEST(vmo_5_7_r1_on_write_child_of_anonymous_memory_is_a_snapshot)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), child = conf_child(vmo, CONF_ON_WRITE, 0, 2);

	EXPECT_EQ(vm_vmo_info(child).flags, 0xd);
	CONF_CHARGED(vmo, 2, 1, 1);
	CONF_CHARGED(child, 0, 1, 1);
	vm_vmo_set(vmo, 0, 1);
	EXPECT_TRUE(CONF_SHOWS(child, VM_STAMP(0), VM_STAMP(1)));
	vm_vmo_set(child, 1, 2);
	EXPECT_TRUE(CONF_SHOWS(vmo, 1, VM_STAMP(1)));
	zx_handle_close(child);
	zx_handle_close(vmo);
}

/* --- Children of a pager's VMO ---------------------------------------------- */

/* The parent's content shows until the child writes a page. */
JX_TEST(vmo_5_7_r2_on_write_child_of_a_pager)
{
	struct conf_pager p;
	zx_handle_t child;
	zx_vaddr_t base;

	ASSERT_TRUE(conf_pager_full(&p, 3, 0));
	child = conf_child(p.vmo, CONF_ON_WRITE, 0, 3);
	base = vm_map(child, VM_RW, 3);
	EXPECT_EQ(vm_vmo_info(child).flags, 0x2d);
	EXPECT_EQ(vm_load(base), VM_STAMP(0));
	EXPECT_EQ(vm_load(base + PAGE), VM_STAMP(1));
	vm_vmo_set(p.vmo, 0, 10);
	vm_vmo_set(p.vmo, 1, 11);
	EXPECT_EQ(vm_load(base), 10);
	EXPECT_TRUE(CONF_SHOWS(child, 10, 11, VM_STAMP(2)));
	vm_store(base, 20);
	vm_vmo_set(p.vmo, 0, 30);
	vm_vmo_set(p.vmo, 1, 31);
	EXPECT_TRUE(CONF_SHOWS(child, 20, 31, VM_STAMP(2)));
	EXPECT_TRUE(CONF_SHOWS(p.vmo, 30, 31, VM_STAMP(2)));
	/* All the pager gave is the parent's, all else the child's. */
	EXPECT_EQ(conf_committed(child), PAGE);
	EXPECT_EQ(conf_committed(p.vmo), 3 * PAGE);
	vm_unmap(base, 3);
	zx_handle_close(child);
	conf_pager_drop(&p);
}

JX_TEST(vmo_5_7_r3_parent_shrinks)
{
	struct conf_pager p;
	zx_handle_t child;
	zx_vaddr_t base;

	ASSERT_TRUE(conf_pager_full(&p, 3, ZX_VMO_RESIZABLE));
	child = conf_child(p.vmo, CONF_ON_WRITE, 0, 3);
	base = vm_map(child, VM_R, 3);
	vm_vmo_set(child, 1, 5);
	EXPECT_EQ(vm_load(base + 2 * PAGE), VM_STAMP(2));
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(child, VM_STAMP(0), 5, 0));
	EXPECT_EQ(vm_load(base + 2 * PAGE), 0);
	/* What is cut off does not come back. */
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 3 * PAGE), ZX_OK);
	conf_pager_supply(&p, 1, 2);
	EXPECT_TRUE(CONF_SHOWS(child, VM_STAMP(0), 5, 0));
	EXPECT_EQ(vm_load(base + 2 * PAGE), 0);
	vm_unmap(base, 3);
	zx_handle_close(child);
	conf_pager_drop(&p);
}

JX_TEST(vmo_5_7_r4_no_snapshot_and_no_decommit)
{
	struct conf_pager p;
	zx_handle_t child;

	ASSERT_TRUE(conf_pager_full(&p, 2, 0));
	child = conf_child(p.vmo, CONF_ON_WRITE, 0, 2);
	CONF_VMO_FAILS(p.vmo, conf_try_child(p.vmo, CONF_SNAPSHOT, 0, PAGE),
		       ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(child, conf_try_child(child, CONF_SNAPSHOT, 0, PAGE),
		       ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(child, conf_op(child, ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	CONF_VMO_FAILS(child, conf_op(child, ZX_VMO_OP_DECOMMIT, PAGE, 0), ZX_OK);
	CONF_VMO_FAILS(p.vmo, conf_op(p.vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(child);
	conf_pager_drop(&p);
}

/* 4.4: whole pages get a marker without a question to the pager. */
JX_TEST(vmo_5_7_r5_zero_does_not_ask)
{
	struct conf_pager p;
	zx_handle_t child;

	ASSERT_TRUE(conf_pager_make(&p, 4, 0));
	child = conf_child(p.vmo, CONF_ON_WRITE, 0, 4);
	EXPECT_STATUS(conf_op(child, ZX_VMO_OP_ZERO, PAGE, 2 * PAGE), ZX_OK);
	conf_pager_supply(&p, 0, 4);
	EXPECT_TRUE(CONF_SHOWS(child, VM_STAMP(0), 0, 0, VM_STAMP(3)));
	EXPECT_TRUE(CONF_SHOWS(p.vmo, VM_STAMP(0), VM_STAMP(1), VM_STAMP(2), VM_STAMP(3)));
	EXPECT_EQ(conf_committed(child), 0);
	vm_vmo_set(child, 1, 9);
	EXPECT_TRUE(CONF_SHOWS(child, VM_STAMP(0), 9, 0, VM_STAMP(3)));
	zx_handle_close(child);
	conf_pager_drop(&p);
}

JX_TEST(vmo_5_7_r6_child_with_a_window)
{
	struct conf_pager p;
	zx_handle_t child;

	ASSERT_TRUE(conf_pager_full(&p, 4, 0));
	child = conf_child(p.vmo, CONF_ON_WRITE | ZX_VMO_CHILD_RESIZABLE, 2, 4);
	EXPECT_TRUE(CONF_SHOWS(child, VM_STAMP(2), VM_STAMP(3), 0, 0));
	vm_vmo_set(p.vmo, 3, 33);
	EXPECT_TRUE(CONF_SHOWS(child, VM_STAMP(2), 33, 0, 0));
	EXPECT_STATUS(zx_vmo_set_size(child, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(child, 4 * PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(child, VM_STAMP(2), 0, 0, 0));
	zx_handle_close(child);
	conf_pager_drop(&p);
}

/* COMMIT of a child copies what shines through; both go on alone. */
JX_TEST(vmo_5_7_r7_commit_of_a_child)
{
	struct conf_pager p;
	zx_handle_t child;

	ASSERT_TRUE(conf_pager_full(&p, 2, 0));
	child = conf_child(p.vmo, CONF_ON_WRITE, 0, 2);
	EXPECT_STATUS(conf_op(child, ZX_VMO_OP_COMMIT, 0, 2 * PAGE), ZX_OK);
	EXPECT_EQ(conf_committed(child), 2 * PAGE);
	vm_vmo_set(p.vmo, 0, 5);
	EXPECT_TRUE(CONF_SHOWS(child, VM_STAMP(0), VM_STAMP(1)));
	zx_handle_close(child);
	conf_pager_drop(&p);
}

/* SNAPSHOT_MODIFIED of pagers' VMOs: spec/pager-port.md 8.5. */
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/port.h>

#include "conf_vmo_util.h"

#define MODIFIED ZX_VMO_CHILD_SNAPSHOT_MODIFIED
#define PAGES 4u

static zx_status_t no_packet(const struct conf_pager *p)
{
	zx_port_packet_t packet;

	return zx_port_wait(p->port, 0, &packet);
}

/* A root that is full, and a clone of it whose page 0 is 10. */
static bool make_two(struct conf_pager *p, zx_handle_t *one, uint32_t options)
{
	if (!conf_pager_full(p, PAGES, options))
		return false;
	*one = conf_child(p->vmo, MODIFIED, 0, PAGES);
	vm_vmo_set(*one, 0, 10);
	return true;
}

/* AT_LEAST_ON_WRITE in such a tree is the same thing; of the root it is, anyway. */
JX_TEST_OF_LATEST(pager_8_5_r2_on_write_is_upgraded)
{
	static const uint32_t kinds[] = { CONF_ON_WRITE, MODIFIED };

	for (int i = 0; i < 4; i++) {
		struct conf_pager p;
		zx_handle_t one, two, three;

		ASSERT_TRUE(conf_pager_full(&p, PAGES, 0));
		one = conf_child(p.vmo, kinds[i % 2], 0, PAGES);
		vm_vmo_set(one, 0, 10);
		two = conf_child(one, MODIFIED, 0, PAGES);
		vm_vmo_set(two, 1, 21);
		three = conf_child(two, kinds[i / 2], 0, PAGES);
		vm_vmo_set(two, 0, 20);
		vm_vmo_set(two, 1, 22);
		vm_vmo_set(p.vmo, 3, 33);
		EXPECT_TRUE(CONF_SHOWS(three, 10, 21, VM_STAMP(2), 33));
		EXPECT_TRUE(CONF_SHOWS(two, 20, 22, VM_STAMP(2), 33));
		EXPECT_TRUE(CONF_SHOWS(one, 10, VM_STAMP(1), VM_STAMP(2), 33));
		zx_handle_close(two);
		EXPECT_TRUE(CONF_SHOWS(three, 10, 21, VM_STAMP(2), 33));
		zx_handle_close(three);
		zx_handle_close(one);
		conf_pager_drop(&p);
	}
}

JX_TEST_OF_LATEST(pager_8_5_r3_many_of_both_kinds)
{
	struct conf_pager p;
	zx_handle_t all[6];

	ASSERT_TRUE(conf_pager_full(&p, PAGES, 0));
	for (uint64_t i = 0; i < 6; i++) {
		all[i] = conf_child(p.vmo, i % 2 ? MODIFIED : CONF_ON_WRITE, 0, PAGES);
		vm_vmo_set(all[i], i % PAGES, 100 + i);
	}
	EXPECT_EQ(vm_vmo_info(p.vmo).num_children, 6);
	vm_vmo_set(p.vmo, 3, 7);
	for (uint64_t i = 0; i < 6; i++) {
		EXPECT_EQ(vm_vmo_get(all[i], i % PAGES), 100 + i);
		EXPECT_EQ(vm_vmo_get(all[i], 3), i == 3 ? 103 : 7);
		zx_handle_close(all[i]);
	}
	conf_pager_drop(&p);
}

/* A slice of the root may be cloned, one of a clone may not. */
JX_TEST_OF_LATEST(pager_8_5_r4_slices)
{
	static const uint32_t kinds[] = { CONF_ON_WRITE, MODIFIED };
	zx_handle_t one = 0, two, slice;
	struct conf_pager p;

	ASSERT_TRUE(make_two(&p, &one, 0));
	slice = conf_child(p.vmo, CONF_SLICE, 1, 2);
	for (int i = 0; i < 2; i++)
		EXPECT_STATUS(conf_try_child(slice, kinds[i], 0, PAGE), ZX_OK);
	zx_handle_close(slice);
	slice = conf_child(one, CONF_SLICE, 0, 2);
	for (int i = 0; i < 2; i++)
		EXPECT_STATUS(conf_try_child(slice, kinds[i], 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	two = conf_child(one, MODIFIED, 0, PAGES);
	vm_vmo_set(two, 1, 21);
	/* It follows the clone when that is cloned again. */
	vm_vmo_set(one, 0, 11);
	vm_vmo_set(one, 1, 12);
	EXPECT_TRUE(CONF_SHOWS(slice, 11, 12));
	vm_vmo_set(slice, 0, 13);
	EXPECT_TRUE(CONF_SHOWS(one, 13, 12, VM_STAMP(2)));
	EXPECT_TRUE(CONF_SHOWS(two, 10, 21, VM_STAMP(2)));
	zx_handle_close(slice);
	zx_handle_close(two);
	zx_handle_close(one);
	conf_pager_drop(&p);
}

/* Half a page each while it is shared; the root's are the root's. */
JX_TEST_OF_LATEST(pager_8_5_r5_charges)
{
	zx_handle_t one = 0, two;
	struct conf_pager p;

	ASSERT_TRUE(make_two(&p, &one, 0));
	EXPECT_EQ(conf_committed(one), PAGE);
	two = conf_child(one, MODIFIED, 0, PAGES);
	EXPECT_EQ(conf_committed(one), PAGE / 2);
	EXPECT_EQ(conf_committed(two), PAGE / 2);
	EXPECT_EQ(conf_committed(p.vmo), PAGES * PAGE);
	vm_vmo_set(two, 0, 20);
	EXPECT_EQ(conf_committed(one), PAGE);
	EXPECT_EQ(conf_committed(two), PAGE);
	zx_handle_close(two);
	two = conf_child(one, MODIFIED, 0, PAGES);
	zx_handle_close(one);
	EXPECT_EQ(conf_committed(two), PAGE);
	EXPECT_EQ(conf_committed(p.vmo), PAGES * PAGE);
	zx_handle_close(two);
	conf_pager_drop(&p);
}

JX_TEST_OF_LATEST(pager_8_5_r6_children)
{
	zx_handle_t one = 0, two, three;
	struct conf_pager p;

	ASSERT_TRUE(make_two(&p, &one, 0));
	two = conf_child(one, MODIFIED, 0, PAGES);
	three = conf_child(one, MODIFIED, 0, PAGES);
	EXPECT_EQ(vm_vmo_info(p.vmo).num_children, 1);
	EXPECT_EQ(vm_vmo_info(one).num_children, 2);
	EXPECT_EQ(vm_vmo_info(two).num_children, 0);
	EXPECT_EQ(vm_vmo_info(two).parent_koid, conf_koid(one));
	zx_handle_close(one);
	EXPECT_EQ(vm_vmo_info(p.vmo).num_children, 2);
	EXPECT_EQ(vm_vmo_info(two).parent_koid, conf_koid(p.vmo));
	zx_handle_close(three);
	zx_handle_close(two);
	EXPECT_EQ(vm_vmo_info(p.vmo).num_children, 0);
	conf_pager_drop(&p);
}

/* COMMIT copies what is shared; ZERO hides what comes later, and asks nobody. */
JX_TEST_OF_LATEST(pager_8_5_r7_commit_and_zero)
{
	zx_handle_t one, two;
	struct conf_pager p;

	ASSERT_TRUE(conf_pager_make(&p, PAGES, 0));
	conf_pager_supply(&p, 0, 2);
	one = conf_child(p.vmo, MODIFIED, 0, PAGES);
	vm_vmo_set(one, 0, 10);
	two = conf_child(one, MODIFIED, 0, PAGES);
	EXPECT_STATUS(conf_op(two, ZX_VMO_OP_COMMIT, 0, 2 * PAGE), ZX_OK);
	EXPECT_EQ(conf_committed(two), 2 * PAGE);
	EXPECT_EQ(conf_committed(one), PAGE);
	EXPECT_STATUS(conf_op(two, ZX_VMO_OP_ZERO, 0, PAGES * PAGE), ZX_OK);
	EXPECT_STATUS(no_packet(&p), ZX_ERR_TIMED_OUT);
	conf_pager_supply(&p, 2, 2);
	EXPECT_TRUE(CONF_SHOWS(two, 0, 0, 0, 0));
	EXPECT_TRUE(CONF_SHOWS(one, 10, VM_STAMP(1), VM_STAMP(2), VM_STAMP(3)));
	EXPECT_EQ(conf_committed(two), 0);
	zx_handle_close(two);
	zx_handle_close(one);
	conf_pager_drop(&p);
}

/* Each goes first, second and last; who is left shows what it did. */
JX_TEST_OF_LATEST(pager_8_5_r8_ends_in_any_order)
{
	static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					  { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	for (int i = 0; i < 6; i++) {
		struct conf_pager p;
		zx_handle_t all[3] = { 0, 0, 0 };

		ASSERT_TRUE(make_two(&p, &all[1], 0));
		all[2] = conf_child(all[1], MODIFIED, 0, 3);
		vm_vmo_set(all[1], 1, 11);
		vm_vmo_set(all[2], 2, 22);
		all[0] = p.vmo;
		for (int k = 0; k < 3; k++) {
			bool there[3] = { false, false, false };

			for (int m = k; m < 3; m++)
				there[orders[i][m]] = true;
			EXPECT_TRUE(!there[0] || CONF_SHOWS(all[0], VM_STAMP(0), VM_STAMP(1),
							    VM_STAMP(2), VM_STAMP(3)));
			EXPECT_TRUE(!there[1] || CONF_SHOWS(all[1], 10, 11, VM_STAMP(2),
							    VM_STAMP(3)));
			EXPECT_TRUE(!there[2] || CONF_SHOWS(all[2], 10, VM_STAMP(1), 22));
			zx_handle_close(all[orders[i][k]]);
		}
		zx_handle_close(p.pager);
		zx_handle_close(p.port);
	}
}

/* The other side keeps what is cut off of one; it does not come back there. */
JX_TEST_OF_LATEST(pager_8_5_r8_one_side_shrinks)
{
	zx_handle_t one, two;
	struct conf_pager p;

	ASSERT_TRUE(conf_pager_full(&p, PAGES, 0));
	one = conf_child(p.vmo, MODIFIED | ZX_VMO_CHILD_RESIZABLE, 0, PAGES);
	vm_vmo_set(one, 0, 10);
	vm_vmo_set(one, 2, 12);
	two = conf_child(one, MODIFIED, 0, PAGES);
	EXPECT_EQ(conf_committed(two), PAGE);
	EXPECT_STATUS(zx_vmo_set_size(one, PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(two, 10, VM_STAMP(1), 12, VM_STAMP(3)));
	EXPECT_EQ(conf_committed(two), PAGE + PAGE / 2);
	EXPECT_STATUS(zx_vmo_set_size(one, PAGES * PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(one, 10, 0, 0, 0));
	zx_handle_close(two);
	zx_handle_close(one);
	conf_pager_drop(&p);
}

JX_TEST_OF_LATEST(pager_8_5_r9_of_a_read_only_handle)
{
	zx_handle_t one = 0, reader, two;
	struct conf_pager p;

	ASSERT_TRUE(make_two(&p, &one, 0));
	reader = vm_dup(one, ZX_RIGHT_READ | ZX_RIGHT_DUPLICATE | ZX_RIGHT_MAP |
			ZX_RIGHT_GET_PROPERTY);
	two = conf_child(reader, MODIFIED, 0, PAGES);
	EXPECT_EQ(conf_rights(two) & (ZX_RIGHT_WRITE | ZX_RIGHT_EXECUTE), ZX_RIGHT_WRITE);
	vm_vmo_set(two, 0, 20);
	EXPECT_EQ(vm_vmo_get(reader, 0), 10);
	zx_handle_close(two);
	zx_handle_close(reader);
	zx_handle_close(one);
	conf_pager_drop(&p);
}

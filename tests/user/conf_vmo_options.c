/* What options and flags of children and of later eras show: spec/vmo.md 1, 2.6,
 * 3.1, 5.6, 5.9, 10.3. */
#include "conf_vmo_util.h"

#define NO_WRITE ZX_VMO_CHILD_NO_WRITE
#define RESIZABLE ZX_VMO_CHILD_RESIZABLE

/* Neither handle nor child is left, and the parent is as before. */
JX_TEST(vmo_2_6_r3_child_without_output)
{
	const uint32_t kinds[] = { CONF_SNAPSHOT, CONF_ON_WRITE, CONF_SLICE };
	zx_handle_t vmo = vm_vmo_make(2, 0);

	for (int i = 0; i < 3; i++) {
		CONF_VMO_FAILS(vmo, zx_vmo_create_child(vmo, kinds[i], 0, PAGE, NULL),
			       ZX_ERR_INVALID_ARGS);
		CONF_VMO_FAILS(vmo, zx_vmo_create_child(vmo, kinds[i], 0, PAGE,
							(zx_handle_t *)VM_KERNEL_ADDRESS),
			       ZX_ERR_INVALID_ARGS);
		/* A worse error comes first. */
		CONF_VMO_FAILS(vmo, zx_vmo_create_child(vmo, kinds[i], 0, UINT64_MAX, NULL),
			       ZX_ERR_OUT_OF_RANGE);
	}
	EXPECT_EQ(vm_vmo_info(vmo).num_children, 0);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_DECOMMIT, 0, 2 * PAGE), ZX_OK);
	zx_handle_close(vmo);
}

/* In 2020 too: a later era only adds it. */
JX_TEST(vmo_v3_discardable)
{
	zx_handle_t vmo = 0;

	ASSERT_STATUS(zx_vmo_create(PAGE, ZX_VMO_DISCARDABLE | ZX_VMO_RESIZABLE, &vmo), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).flags, 0x8b);
	vm_vmo_set(vmo, 0, 5);
	EXPECT_TRUE(CONF_SHOWS(vmo, 5));
	zx_handle_close(vmo);
	ASSERT_STATUS(zx_vmo_create(PAGE, ZX_VMO_DISCARDABLE, &vmo), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).flags, 0x89);
	CONF_VMO_FAILS(vmo, zx_vmo_set_size(vmo, 0), ZX_ERR_UNAVAILABLE);
	zx_handle_close(vmo);
}

JX_TEST_OF_2020(vmo_3_1_r4_unbounded_is_of_the_latest_era)
{
	EXPECT_STATUS(conf_try_create(PAGE, ZX_VMO_UNBOUNDED), ZX_ERR_INVALID_ARGS);
}

/* As large as can be, and it stays so; the size asked for is its stream's. */
JX_TEST_OF_LATEST(vmo_3_1_r5_unbounded)
{
	zx_handle_t vmo = 0;
	uint64_t stream = 0, word = 3;

	ASSERT_STATUS(zx_vmo_create(PAGE + 1, ZX_VMO_UNBOUNDED, &vmo), ZX_OK);
	EXPECT_EQ(conf_size(vmo), CONF_MAX_SIZE);
	EXPECT_EQ(conf_rights(vmo), CONF_VMO_RIGHTS);
	EXPECT_STATUS(zx_vmo_get_stream_size(vmo, &stream), ZX_OK);
	EXPECT_EQ(stream, PAGE + 1);
	CONF_VMO_FAILS(vmo, zx_vmo_set_size(vmo, 0), ZX_ERR_UNAVAILABLE);
	EXPECT_STATUS(zx_vmo_write(vmo, &word, 1ul << 45, 8), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), PAGE);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, 0), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 0);
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(vmo_5_6_r6_immutable)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);
	zx_handle_t child = conf_child(vmo, CONF_SNAPSHOT | NO_WRITE, 0, 1);

	EXPECT_EQ(vm_vmo_info(child).flags, 0x10d);
	zx_handle_close(child);
	child = conf_snap(vmo, 0, 1);
	EXPECT_EQ(vm_vmo_info(child).flags, 0xd);
	zx_handle_close(child);
	zx_handle_close(vmo);
}

/* Those of its root, but no clone's. */
JX_TEST_OF_LATEST(vmo_5_9_r8_flags_of_a_reference)
{
	zx_handle_t vmo = vm_vmo_make(1, ZX_VMO_RESIZABLE), clone = conf_snap(vmo, 0, 1);
	zx_handle_t of_vmo = conf_child(vmo, ZX_VMO_CHILD_REFERENCE, 0, 0);
	zx_handle_t of_clone = conf_child(clone, ZX_VMO_CHILD_REFERENCE, 0, 0);

	EXPECT_EQ(vm_vmo_info(of_vmo).flags, 0xb);
	EXPECT_EQ(vm_vmo_info(of_clone).flags, 0x9);
	zx_handle_close(of_vmo);
	zx_handle_close(of_clone);
	zx_handle_close(clone);
	zx_handle_close(vmo);
}

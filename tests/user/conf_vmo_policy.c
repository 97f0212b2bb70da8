/* zx_vmo_set_cache_policy: each check and rule of spec/vmo.md 6.4. */
#include "conf_vmo_util.h"
#include "dev_util.h"

#define CACHED ZX_CACHE_POLICY_CACHED
#define UNCACHED ZX_CACHE_POLICY_UNCACHED

/* Before the handle is looked up. */
JX_TEST(vmo_6_4_c1_value)
{
	zx_handle_t vmo = conf_vmo(1, 0);

	for (uint32_t bit = 2; bit < 32; bit++)
		EXPECT_STATUS(zx_vmo_set_cache_policy(0, 1u << bit), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_set_cache_policy(zx_process_self(), 0xff), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, zx_vmo_set_cache_policy(vmo, 0xff), ZX_ERR_INVALID_ARGS);
	zx_handle_close(vmo);
}

/* Before the object's state. */
JX_TEST(vmo_6_4_c1_handle)
{
	zx_handle_t vmo = conf_vmo(1, 0), bare = vm_dup(vmo, CONF_VMO_RIGHTS & ~ZX_RIGHT_MAP);
	zx_vaddr_t base = vm_map(vmo, VM_R, 1);

	EXPECT_STATUS(zx_vmo_set_cache_policy(0, UNCACHED), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_set_cache_policy(zx_process_self(), UNCACHED), ZX_ERR_WRONG_TYPE);
	CONF_VMO_FAILS(vmo, zx_vmo_set_cache_policy(bare, UNCACHED), ZX_ERR_ACCESS_DENIED);
	vm_unmap(base, 1);
	zx_handle_close(bare);
	bare = vm_dup(vmo, ZX_RIGHT_MAP);
	EXPECT_STATUS(zx_vmo_set_cache_policy(bare, UNCACHED), ZX_OK);
	zx_handle_close(bare);
	zx_handle_close(vmo);
}

/* With pages, from a policy that is not CACHED. */
JX_TEST_OF_2020(vmo_6_4_c3_pages_of_another_policy)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);

	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, UNCACHED), ZX_OK);
	CONF_VMO_FAILS(vmo, zx_vmo_set_cache_policy(vmo, CACHED), ZX_ERR_BAD_STATE);
	CONF_VMO_FAILS(vmo, zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_WRITE_COMBINING),
		       ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, CACHED), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, 0));
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(vmo_6_4_c4_policy_may_return)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);

	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, UNCACHED), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, CACHED), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0)));
	zx_handle_close(vmo);
}

JX_TEST(vmo_6_4_c2_pinned)
{
	zx_handle_t bti = dev_bti(), vmo = vm_vmo_make(1, 0), pmt = dev_pin(bti, vmo, 0, 1);

	CONF_VMO_FAILS(vmo, zx_vmo_set_cache_policy(vmo, UNCACHED), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, UNCACHED), ZX_OK);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

JX_TEST(vmo_6_4_c1_mapped)
{
	zx_handle_t vmo = conf_vmo(1, 0);
	zx_vaddr_t base = vm_map(vmo, VM_R, 1);

	CONF_VMO_FAILS(vmo, zx_vmo_set_cache_policy(vmo, UNCACHED), ZX_ERR_BAD_STATE);
	CONF_VMO_FAILS(vmo, zx_vmo_set_cache_policy(vmo, CACHED), ZX_ERR_BAD_STATE);
	vm_unmap(base, 1);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, UNCACHED), ZX_OK);
	zx_handle_close(vmo);
}

/* A parent and a child, of each kind. */
JX_TEST(vmo_6_4_c1_relatives)
{
	const uint32_t kinds[] = { CONF_SNAPSHOT, CONF_ON_WRITE, CONF_SLICE };
	zx_handle_t vmo = conf_vmo(1, 0);

	for (int i = 0; i < 3; i++) {
		zx_handle_t child = conf_child(vmo, kinds[i], 0, 1);

		CONF_VMO_FAILS(vmo, zx_vmo_set_cache_policy(vmo, UNCACHED), ZX_ERR_BAD_STATE);
		CONF_VMO_FAILS(child, zx_vmo_set_cache_policy(child, UNCACHED), ZX_ERR_BAD_STATE);
		zx_handle_close(child);
	}
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, UNCACHED), ZX_OK);
	zx_handle_close(vmo);
}

JX_TEST(vmo_6_4_c1_each_policy)
{
	for (uint32_t policy = 0; policy <= ZX_CACHE_POLICY_MASK; policy++) {
		zx_handle_t vmo = conf_vmo(1, 0);

		EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, policy), ZX_OK);
		EXPECT_EQ(vm_vmo_info(vmo).cache_policy, policy);
		EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, policy), ZX_OK);
		zx_handle_close(vmo);
	}
}

/* What was written before is seen through an uncached mapping, and back. */
JX_TEST(vmo_6_4_r3_content_of_pages)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);
	zx_vaddr_t base;

	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_WRITE_COMBINING), ZX_OK);
	base = vm_map(vmo, VM_RW, 2);
	EXPECT_EQ(vm_load(base), VM_STAMP(0));
	EXPECT_EQ(vm_load(base + PAGE), VM_STAMP(1));
	vm_store(base, 7);
	EXPECT_EQ(vm_load(base), 7);
	vm_unmap(base, 2);
	zx_handle_close(vmo);
}

/* 3.2 check 4: after a wrap, before the size; 4.4: before the range. */
JX_TEST(vmo_6_4_r2_what_is_not_cached_refuses)
{
	zx_handle_t vmo = conf_vmo(2, 0);
	uint64_t word = 0;

	ASSERT_STATUS(zx_vmo_set_cache_policy(vmo, UNCACHED), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(vmo, &word, 0, 8), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_write(vmo, &word, 0, 8), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_read(vmo, NULL, 9 * PAGE, 8), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_read(vmo, NULL, UINT64_MAX, 8), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_ZERO, 0, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_ZERO, 9 * PAGE, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_COMMIT, 0, PAGE), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), PAGE);
	zx_handle_close(vmo);
}

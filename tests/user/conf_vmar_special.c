/* Mappings of VMOs that are not plain: with children, pins, a cache policy, or of device
 * memory: spec/vmar.md 1.7, 7, 9, 14.4, 16, 19. */
#include "conf_util.h"
#include "dev_util.h"

static zx_handle_t snapshot(zx_handle_t vmo, uint64_t pages)
{
	zx_handle_t child = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, pages * PAGE, &child),
		      ZX_OK);
	return child;
}

JX_TEST(vmar_1_r7_a_mapping_is_no_child)
{
	struct vm_child child;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_TRUE(vm_child_make(&child));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_R, 2, 0, 2), ZX_OK);
	vm_child_map(&child, a.vmo, VM_R, 4);
	EXPECT_EQ(vm_vmo_info(a.vmo).num_children, 0);
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 3);
	EXPECT_EQ(vm_vmo_info(a.vmo).share_count, 2);
	EXPECT_STATUS(zx_object_wait_one(a.vmo, ZX_VMO_ZERO_CHILDREN, 0, NULL), ZX_OK);
	vm_child_kill(&child);
	EXPECT_EQ(vm_vmo_info(a.vmo).num_mappings, 2);
	EXPECT_EQ(vm_vmo_info(a.vmo).share_count, 1);
	vm_area_drop(&a);
}

JX_TEST(vmar_1_r7_no_cache_policy_while_mapped)
{
	struct vm_area a;
	zx_handle_t vmo;

	ASSERT_TRUE(vm_area_make(&a, 1));
	ASSERT_STATUS(zx_vmo_create(PAGE, 0, &vmo), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_R, 0, vmo, 0, 1), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED), ZX_ERR_BAD_STATE);
	ASSERT_STATUS(vm_area_unmap(&a, 0, 1), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED), ZX_OK);
	zx_handle_close(vmo);
	vm_area_drop(&a);
}

JX_TEST(vmar_7_r3_clone_diverges)
{
	zx_handle_t clone;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	clone = snapshot(a.vmo, 2);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_RW, 0, clone, 0, 2), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_R, a.base, 2 * PAGE), ZX_OK);
	EXPECT_TRUE(vm_area_shows(&a, 0, 0));
	EXPECT_STATUS(zx_vmar_protect(a.vmar, VM_RW, a.base, 2 * PAGE), ZX_OK);
	vm_store(a.base, 4711);
	EXPECT_EQ(vm_load(a.base), 4711);
	EXPECT_EQ(vm_vmo_get(clone, 0), 4711);
	EXPECT_EQ(vm_vmo_get(a.vmo, 0), VM_STAMP(0));
	EXPECT_TRUE(vm_area_shows(&a, 1, 1));
	zx_handle_close(clone);
	vm_area_drop(&a);
}

/* Writable runs around read-only ones, in two mappings, all resident. */
JX_TEST(vmar_14_4_r3_snapshot_takes_write_from_every_run)
{
	zx_handle_t clone;
	zx_vaddr_t other;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 6));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 6), ZX_OK);
	other = vm_map(a.vmo, VM_RW, 6);
	for (uint64_t i = 0; i < 6; i++) {
		vm_store(vm_at(&a, i), VM_STAMP(i));
		vm_store(other + i * PAGE, VM_STAMP(i));
	}
	ASSERT_STATUS(zx_vmar_protect(a.vmar, VM_R, vm_at(&a, 1), PAGE), ZX_OK);
	ASSERT_STATUS(zx_vmar_protect(a.vmar, VM_R, vm_at(&a, 3), PAGE), ZX_OK);
	clone = snapshot(a.vmo, 6);
	for (uint64_t i = 0; i < 6; i += 2)
		vm_store(vm_at(&a, i), 100 + i);
	vm_store(other + PAGE, 101);
	vm_store(other + 5 * PAGE, 105);
	/* The VMO shows the writes, its copy what was before. */
	for (uint64_t i = 0; i < 6; i++) {
		EXPECT_EQ(vm_vmo_get(clone, i), VM_STAMP(i));
		EXPECT_EQ(vm_vmo_get(a.vmo, i), i == 3 ? VM_STAMP(3) : 100 + i);
		EXPECT_EQ(vm_load(vm_at(&a, i)), vm_vmo_get(a.vmo, i));
	}
	vm_unmap(other, 6);
	zx_handle_close(clone);
	vm_area_drop(&a);
}

JX_TEST(vmar_16_c7_policy_other_than_cached)
{
	uint64_t word = 0;
	zx_vaddr_t base;
	zx_handle_t vmo;
	size_t actual = 0;

	ASSERT_STATUS(zx_vmo_create(PAGE, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED), ZX_OK);
	base = vm_map(vmo, VM_RW, 1);
	EXPECT_STATUS(zx_process_read_memory(zx_process_self(), base, &word, 8, &actual),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_process_write_memory(zx_process_self(), base, &word, 8, &actual),
		      ZX_ERR_BAD_STATE);
	EXPECT_EQ(actual, 0);
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}

static zx_status_t decommit(const struct vm_area *a, uint64_t page, uint64_t count)
{
	return zx_vmar_op_range(a->vmar, ZX_VMO_OP_DECOMMIT, vm_at(a, page), count * PAGE, NULL,
				0);
}

/* The VMO's own refusals, seen through mappings. */
JX_TEST(vmar_9_c9_pinned_pages)
{
	zx_handle_t bti = dev_bti(), pmt;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 4), ZX_OK);
	pmt = dev_pin(bti, a.vmo, 1, 1);
	CONF_FAILS(&a, decommit(&a, 1, 1), ZX_ERR_BAD_STATE);
	CONF_FAILS(&a, decommit(&a, 1, 2), ZX_ERR_BAD_STATE);
	EXPECT_TRUE(vm_area_shows(&a, 1, 1));
	EXPECT_STATUS(decommit(&a, 2, 2), ZX_OK);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	EXPECT_STATUS(decommit(&a, 0, 4), ZX_OK);
	dev_bti_drop(bti);
	vm_area_drop(&a);
}

JX_TEST(vmar_9_c9_contiguous_memory)
{
	zx_handle_t bti = dev_bti(), vmo = ZX_HANDLE_INVALID;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	ASSERT_STATUS(zx_vmo_create_contiguous(bti, 2 * PAGE, 0, &vmo), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	ASSERT_STATUS(conf_map_at(a.vmar, VM_RW, 1, vmo, 0, 2), ZX_OK);
	vm_store(vm_at(&a, 1), 4711);
	CONF_FAILS(&a, decommit(&a, 1, 2), ZX_ERR_NOT_SUPPORTED);
	/* All of the range is looked at before any of it goes. */
	CONF_FAILS(&a, decommit(&a, 0, 3), ZX_ERR_NOT_SUPPORTED);
	EXPECT_EQ(vm_load(vm_at(&a, 1)), 4711);
	EXPECT_TRUE(vm_area_shows(&a, 0, 0));
	zx_handle_close(vmo);
	dev_bti_drop(bti);
	vm_area_drop(&a);
}

/* The mapping has the policy of the VMO as it was then: a flag cannot ask for
 * another, and what was written is there, whoever reads it how. */
JX_TEST(vmar_19_r4_policy_of_the_vmo)
{
	const uint32_t policies[] = { ZX_CACHE_POLICY_CACHED, ZX_CACHE_POLICY_UNCACHED,
				      ZX_CACHE_POLICY_WRITE_COMBINING };
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 1));
	for (int i = 0; i < 3; i++) {
		zx_handle_t vmo;

		ASSERT_STATUS(zx_vmo_create(PAGE, 0, &vmo), ZX_OK);
		ASSERT_STATUS(zx_vmo_set_cache_policy(vmo, policies[i]), ZX_OK);
		ASSERT_STATUS(conf_map_at(a.vmar, VM_RW, 0, vmo, 0, 1), ZX_OK);
		vm_store(a.base, 4711 + i);
		EXPECT_EQ(vm_load(a.base), 4711 + i);
		EXPECT_EQ(vm_vmo_info(vmo).cache_policy, policies[i]);
		ASSERT_STATUS(vm_area_unmap(&a, 0, 1), ZX_OK);
		zx_handle_close(vmo);
	}
	vm_area_drop(&a);
}

/* Contiguous and physical VMOs, cache policies: spec/vmo.md 6.1, 6.2, 6.4. */
#include <jx/runtime.h>
#include <zircon/syscalls/resource.h>

#include "dev_tree.h"
#include "dev_util.h"

JX_TEST(vmo_surface_contiguous_checks_in_order)
{
	zx_handle_t bti = dev_bti(), bare = vm_dup(bti, ZX_RIGHT_READ), out = 0;

	EXPECT_STATUS(zx_vmo_create_contiguous(0, 0, 0, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_create_contiguous(0, PAGE, 11, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_create_contiguous(0, PAGE, 64, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_create_contiguous(0, SIZE_MAX, 0, &out), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_create_contiguous(zx_process_self(), SIZE_MAX, 0, &out),
		      ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmo_create_contiguous(bare, SIZE_MAX, 0, &out), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_create_contiguous(bti, SIZE_MAX, 0, &out), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_create_contiguous(bti, 1ul << 60, 0, NULL), ZX_ERR_NO_MEMORY);
	EXPECT_STATUS(zx_vmo_create_contiguous(bti, zx_system_get_physmem(), 0, NULL),
		      ZX_ERR_NO_MEMORY);
	EXPECT_STATUS(zx_vmo_create_contiguous(bti, PAGE, 63, NULL), ZX_ERR_NO_MEMORY);
	EXPECT_STATUS(zx_vmo_create_contiguous(bti, PAGE, 0, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(out, 0);
	zx_handle_close(bare);
	dev_bti_drop(bti);
}

JX_TEST(vmo_surface_contiguous_is_as_the_table_says)
{
	zx_handle_t bti = dev_bti(), vmo = 0, out = 0;
	zx_info_vmo_t info;

	ASSERT_STATUS(zx_vmo_create_contiguous(bti, 5 * PAGE - 1, 16, &vmo), ZX_OK);
	info = vm_vmo_info(vmo);
	EXPECT_EQ(info.flags, 0x49);
	EXPECT_EQ(info.size_bytes, 5 * PAGE);
	EXPECT_EQ(info.committed_bytes, 5 * PAGE);
	EXPECT_EQ(info.handle_rights, 0xd0ef);
	EXPECT_EQ(info.parent_koid, 0);
	for (uint64_t i = 0; i < 5; i++)
		EXPECT_EQ(vm_vmo_get(vmo, i), 0);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 0), ZX_ERR_UNAVAILABLE);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, 5 * PAGE, NULL, 0), ZX_OK);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, 5 * PAGE, NULL, 0),
		      ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 9 * PAGE, 1, NULL, 0),
		      ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, PAGE, &out),
		      ZX_ERR_INVALID_ARGS);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* One run, aligned, whose pages never change place. */
JX_TEST(vmo_surface_contiguous_addresses)
{
	zx_handle_t bti = dev_bti(), vmo = 0, slice = 0, pmt = 0;
	zx_paddr_t all[8] = { 0 }, one = 0;
	zx_vaddr_t base;

	ASSERT_STATUS(zx_vmo_create_contiguous(bti, 8 * PAGE, 18, &vmo), ZX_OK);
	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ, vmo, 0, 8 * PAGE, all, 8, &pmt), ZX_OK);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	EXPECT_EQ(all[0] % (1ul << 18), 0);
	for (uint64_t i = 0; i < 8; i++)
		EXPECT_EQ(all[i], all[0] + i * PAGE);
	EXPECT_STATUS(zx_bti_pin(bti, DEV_READ | ZX_BTI_CONTIGUOUS, vmo, 2 * PAGE, 3 * PAGE, &one,
				 1, &pmt), ZX_OK);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	EXPECT_EQ(one, all[2]);
	base = vm_map(vmo, VM_RW, 8);
	for (uint64_t i = 0; i < 8; i++)
		vm_store(base + i * PAGE, VM_STAMP(i));
	EXPECT_EQ(vm_vmo_get(vmo, 7), VM_STAMP(7));
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_ZERO, PAGE, 2 * PAGE, NULL, 0), ZX_OK);
	for (uint64_t i = 0; i < 8; i++)
		EXPECT_EQ(vm_load(base + i * PAGE), i == 1 || i == 2 ? 0 : VM_STAMP(i));
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 8 * PAGE);
	vm_unmap(base, 8);
	ASSERT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 4 * PAGE, 2 * PAGE, &slice),
		      ZX_OK);
	EXPECT_EQ(vm_vmo_info(slice).flags, 0x49);
	EXPECT_EQ(dev_address(bti, slice, 0), all[4]);
	zx_handle_close(vmo);
	EXPECT_EQ(dev_address(bti, slice, 1), all[5]);
	EXPECT_EQ(vm_vmo_get(slice, 0), VM_STAMP(4));
	EXPECT_STATUS(zx_vmo_op_range(slice, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0),
		      ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(slice);
	dev_bti_drop(bti);
}

/* Runs of every length, beside each other, until half of memory is taken. */
JX_TEST(vmo_surface_contiguous_runs)
{
	zx_handle_t bti = dev_bti(), vmos[24] = { 0 };
	/* What is free of a small machine lies in pieces. */
	const uint64_t limit = zx_system_get_physmem() / 16;
	uint64_t taken = 0;

	for (int i = 0; i < 24 && taken < limit; i++) {
		uint64_t pages = (1ul << i / 2) + (i % 2 ? (1ul << i / 2) / 2 + 1 : 0);
		zx_paddr_t first, last;

		ASSERT_STATUS(zx_vmo_create_contiguous(bti, pages * PAGE, 12 + i % 5, &vmos[i]),
			      ZX_OK);
		taken += pages * PAGE;
		first = dev_address(bti, vmos[i], 0);
		last = dev_address(bti, vmos[i], pages - 1);
		EXPECT_EQ(last - first, (pages - 1) * PAGE);
		EXPECT_EQ(first % (PAGE << i % 5), 0);
		EXPECT_EQ(vm_vmo_get(vmos[i], pages - 1), 0);
		vm_vmo_set(vmos[i], pages - 1, VM_STAMP(i));
	}
	for (int i = 0; i < 24; i++)
		zx_handle_close(vmos[i]);
	dev_bti_drop(bti);
}

/* --- Physical --------------------------------------------------------------- */

static zx_handle_t mmio(uint64_t base, size_t size)
{
	zx_handle_t r = 0;

	EXPECT_STATUS(zx_resource_create(jx_startup_handle(PA_RESOURCE), ZX_RSRC_KIND_MMIO, base,
					 size, NULL, 0, &r), ZX_OK);
	return r;
}

JX_TEST(vmo_surface_physical_checks_in_order)
{
	zx_handle_t root = jx_startup_handle(PA_RESOURCE), r = mmio(DEV_NO_RAM, PAGE), out = 0;
	zx_handle_t vmex = 0;

	ASSERT_STATUS(zx_resource_create(root, ZX_RSRC_KIND_VMEX, 0, 0, NULL, 0, &vmex), ZX_OK);
	EXPECT_STATUS(zx_vmo_create_physical(0, 1, 0, &out), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_create_physical(zx_process_self(), 1, 0, &out), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmo_create_physical(vmex, 1, 0, &out), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_create_physical(r, DEV_NO_RAM, PAGE + 1, &out),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_create_physical(r, DEV_NO_RAM - 1, 1, &out), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_create_physical(r, DEV_NO_RAM + 1, 1, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_create_physical(r, DEV_NO_RAM, 0, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_create_physical(root, -PAGE, 2 * PAGE, &out), ZX_ERR_INVALID_ARGS);
	/* No entry has room for such an address. */
	EXPECT_STATUS(zx_vmo_create_physical(root, 1ul << 48, PAGE, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_create_physical(r, DEV_NO_RAM, PAGE, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(out, 0);
	zx_handle_close(vmex);
	zx_handle_close(r);
}

JX_TEST(vmo_surface_physical_is_as_the_table_says)
{
	zx_handle_t r = mmio(DEV_NO_RAM, PAGE), vmo = 0, slice = 0, out = 0;
	zx_info_vmo_t info;
	char byte;

	ASSERT_STATUS(zx_vmo_create_physical(r, DEV_NO_RAM, 17, &vmo), ZX_OK);
	zx_handle_close(r);
	info = vm_vmo_info(vmo);
	EXPECT_EQ(info.flags, 0x48);
	EXPECT_EQ(info.size_bytes, PAGE);
	EXPECT_EQ(info.committed_bytes, 0);
	EXPECT_EQ(info.cache_policy, ZX_CACHE_POLICY_UNCACHED);
	EXPECT_EQ(info.handle_rights, 0xd0ef);
	EXPECT_STATUS(zx_vmo_read(vmo, &byte, UINT64_MAX, 9), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_vmo_write(vmo, &byte, UINT64_MAX, 9), ZX_ERR_NOT_SUPPORTED);
	for (uint32_t op = ZX_VMO_OP_COMMIT; op <= ZX_VMO_OP_ZERO; op++)
		if (op <= ZX_VMO_OP_UNLOCK || op >= ZX_VMO_OP_CACHE_SYNC)
			EXPECT_STATUS(zx_vmo_op_range(vmo, op, 0, PAGE, NULL, 0),
				      ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 0), jx_era() == JX_ERA_LATEST ?
		      ZX_ERR_UNAVAILABLE : ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, PAGE, &out),
		      ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED_DEVICE), ZX_OK);
	ASSERT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 0, PAGE, &slice), ZX_OK);
	EXPECT_EQ(vm_vmo_info(slice).cache_policy, ZX_CACHE_POLICY_UNCACHED_DEVICE);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_CACHED), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED_DEVICE), ZX_OK);
	zx_handle_close(slice);
	zx_handle_close(vmo);
}

/* By a plain load: a hypervisor that stands for the device, as KVM does, cannot
 * decode one that changes its base register. */
static uint32_t device_load(zx_vaddr_t address)
{
	uint32_t word;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(word) : "r"(address) : "memory");
	return word;
}

/* Four words of a device, a byte in each. */
static uint32_t id_word(zx_vaddr_t address)
{
	uint32_t word = 0;

	for (int i = 3; i >= 0; i--)
		word = word << 8 | (device_load(address + 4 * i) & 0xff);
	return word;
}

/* The device itself answers, and its address is what a pin tells. */
JX_TEST(vmo_surface_physical_reaches_the_device)
{
	zx_handle_t bti = 0, vmo = 0;
	struct dev_cell cell;
	zx_vaddr_t base;

	if (!dev_find_cell(&cell)) {
		jx_skip("the device tree names no PL031 and no PL011");
		return;
	}
	ASSERT_STATUS(zx_vmo_create_physical(jx_startup_handle(PA_RESOURCE), cell.page, PAGE,
					     &vmo), ZX_OK);
	bti = dev_bti();
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED_DEVICE), ZX_OK);
	base = vm_map(vmo, VM_R, 1);
	EXPECT_EQ(id_word(base + DEV_CELL_PART_OFFSET) & 0xff, cell.part);
	EXPECT_EQ(id_word(base + DEV_CELL_ID_OFFSET), DEV_CELL_ID);
	/* Mapped: only what it is anyway. */
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED_DEVICE), ZX_OK);
	vm_unmap(base, 1);
	EXPECT_EQ(dev_address(bti, vmo, 0), cell.page);
	zx_handle_close(vmo);
	dev_bti_drop(bti);
}

/* RAM, too: here that of a contiguous VMO, seen through both. */
JX_TEST(vmo_surface_physical_shows_memory)
{
	zx_handle_t bti = dev_bti(), run = 0, vmo = 0;
	zx_status_t ops = jx_era() == JX_ERA_LATEST ? ZX_ERR_NOT_SUPPORTED : ZX_OK;
	zx_vaddr_t base;

	ASSERT_STATUS(zx_vmo_create_contiguous(bti, 4 * PAGE, 0, &run), ZX_OK);
	ASSERT_STATUS(zx_vmo_create_physical(jx_startup_handle(PA_RESOURCE),
					     dev_address(bti, run, 0), 4 * PAGE, &vmo), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_CACHED), ZX_OK);
	base = vm_map(vmo, VM_RW, 4);
	vm_vmo_set(run, 3, 33);
	EXPECT_EQ(vm_load(base + 3 * PAGE), 33);
	vm_store(base + 2 * PAGE, 22);
	EXPECT_EQ(vm_vmo_get(run, 2), 22);
	vm_unmap(base, 4);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_CACHE_CLEAN, 1, 2 * PAGE, NULL, 0), ops);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_CACHE_SYNC, 0, 4 * PAGE, NULL, 0), ops);
	zx_handle_close(vmo);
	zx_handle_close(run);
	dev_bti_drop(bti);
}

/* --- Cache policy ----------------------------------------------------------- */

JX_TEST(vmo_surface_policy_checks_in_order)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), no_map = vm_dup(vmo, ZX_RIGHT_READ), child = 0;
	zx_vaddr_t base;

	EXPECT_STATUS(zx_vmo_set_cache_policy(0, 4), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_set_cache_policy(0, 0xff), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmo_set_cache_policy(0, 3), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_set_cache_policy(zx_process_self(), 3), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmo_set_cache_policy(no_map, 3), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_CACHED), ZX_OK);
	base = vm_map(vmo, VM_RW, 1);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, 3), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, 0), ZX_ERR_BAD_STATE);
	vm_unmap(base, 1);
	ASSERT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, PAGE, &child), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, 3), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_set_cache_policy(child, 3), ZX_ERR_BAD_STATE);
	zx_handle_close(child);
	ASSERT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 0, PAGE, &child), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, 3), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_set_cache_policy(child, 3), ZX_ERR_BAD_STATE);
	zx_handle_close(child);
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED), ZX_OK);
	EXPECT_EQ(vm_vmo_info(vmo).cache_policy, ZX_CACHE_POLICY_UNCACHED);
	zx_handle_close(no_map);
	zx_handle_close(vmo);
}

/* Pages that appear after the policy was set. */
JX_TEST(vmo_surface_policy_of_new_pages)
{
	const uint32_t policies[] = { ZX_CACHE_POLICY_UNCACHED, ZX_CACHE_POLICY_UNCACHED_DEVICE,
				      ZX_CACHE_POLICY_WRITE_COMBINING };

	for (size_t i = 0; i < 3; i++) {
		zx_handle_t vmo = 0, bti = dev_bti();
		zx_vaddr_t base;

		ASSERT_STATUS(zx_vmo_create(3 * PAGE, 0, &vmo), ZX_OK);
		EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, policies[i]), ZX_OK);
		base = vm_map(vmo, VM_RW, 3);
		EXPECT_EQ(vm_load(base), 0);
		vm_store(base, 7);
		EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, PAGE, PAGE, NULL, 0), ZX_OK);
		EXPECT_EQ(vm_load(base + PAGE), 0);
		vm_store(base + PAGE, 8);
		EXPECT_TRUE(dev_address(bti, vmo, 2) != 0);
		EXPECT_EQ(vm_load(base + 2 * PAGE), 0);
		EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 3 * PAGE);
		EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0), ZX_OK);
		EXPECT_EQ(vm_load(base), 0);
		EXPECT_EQ(vm_load(base + PAGE), 8);
		vm_unmap(base, 3);
		zx_handle_close(vmo);
		dev_bti_drop(bti);
	}
}

JX_TEST(vmo_surface_policy_forbids_the_kernel_s_alias)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), child = 0;
	uint64_t word = 1;
	zx_vaddr_t base;

	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_WRITE_COMBINING), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(vmo, &word, UINT64_MAX, 8), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_read(vmo, &word, 9 * PAGE, 8), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_write(vmo, &word, 0, 8), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_ZERO, 0, PAGE, NULL, 0), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, PAGE, &child),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 0, PAGE, &child),
		      ZX_ERR_BAD_STATE);
	/* Mapped it works, with what was written before. */
	base = vm_map(vmo, VM_RW, 2);
	EXPECT_EQ(vm_load(base + PAGE), VM_STAMP(1));
	vm_store(base, 77);
	EXPECT_EQ(vm_load(base), 77);
	vm_unmap(base, 2);
	/* A row of the table of conflicts: with pages there is no way back in 2020. */
	EXPECT_STATUS(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_CACHED),
		      jx_era() == JX_ERA_LATEST ? ZX_OK : ZX_ERR_BAD_STATE);
	if (jx_era() == JX_ERA_LATEST)
		EXPECT_EQ(vm_vmo_get(vmo, 0), 77);
	zx_handle_close(vmo);
}

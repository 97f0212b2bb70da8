/* zx_vmar_allocate: every check of spec/vmar.md 4, and which of two that fail
 * decides. */
#include <string.h>

#include "vm_util.h"

#define BAD_POINTER 8ul

/* One call and its answer. `keep` proves that outputs are not written on
 * failure; what succeeds is destroyed again. */
static zx_status_t try(zx_handle_t parent, zx_vm_option_t options, uint64_t offset, uint64_t size)
{
	zx_handle_t vmar = zx_process_self();
	zx_vaddr_t address = 0x1234;
	zx_status_t status = zx_vmar_allocate(parent, options, offset, size, &vmar, &address);

	if (status == ZX_OK) {
		EXPECT_TRUE(address != 0 && address % PAGE == 0);
		EXPECT_STATUS(zx_vmar_destroy(vmar), ZX_OK);
		EXPECT_STATUS(zx_handle_close(vmar), ZX_OK);
	} else {
		EXPECT_EQ(vmar, zx_process_self());
		EXPECT_EQ(address, 0x1234);
	}
	return status;
}

JX_TEST(vmar_allocate_handle_comes_first)
{
	struct vm_area a;
	zx_handle_t bare;

	ASSERT_TRUE(vm_area_make(&a, 4));
	bare = vm_dup(a.vmar, ZX_RIGHT_NONE);
	/* All else is wrong as well: options, size, offset. */
	EXPECT_STATUS(try(0, UINT32_MAX, 1, 1), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(try(a.vmo, UINT32_MAX, 1, 1), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(try(bare, UINT32_MAX, 1, 1), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(bare, ZX_VM_CAN_MAP_READ, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(bare, ZX_VM_CAN_MAP_WRITE, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(bare, ZX_VM_CAN_MAP_EXECUTE, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	/* Without asking for any permission no right is needed. */
	EXPECT_STATUS(try(bare, 0, 0, PAGE), ZX_OK);
	EXPECT_STATUS(try(bare, ZX_VM_CAN_MAP_SPECIFIC | ZX_VM_COMPACT, 0, PAGE), ZX_OK);
	zx_handle_close(bare);
	vm_area_drop(&a);
}

JX_TEST(vmar_allocate_flags_one_by_one)
{
	const zx_vm_option_t good = ZX_VM_COMPACT | ZX_VM_CAN_MAP_SPECIFIC | VM_CAN_RWX |
				    ZX_VM_SPECIFIC;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	for (uint32_t bit = 0; bit < 24; bit++) {
		zx_status_t wanted = good & (1u << bit) ? ZX_OK : ZX_ERR_INVALID_ARGS;

		/* An upper limit needs an offset as high as the size. */
		if (1u << bit == ZX_VM_OFFSET_IS_UPPER_LIMIT)
			continue;
		EXPECT_STATUS(try(a.vmar, 1u << bit, 0, PAGE), wanted);
	}
	EXPECT_STATUS(try(a.vmar, ZX_VM_OFFSET_IS_UPPER_LIMIT, PAGE, PAGE), ZX_OK);
	for (uint32_t n = 1; n < 256; n++) {
		zx_status_t wanted = n < 10 || n > 32 ? ZX_ERR_INVALID_ARGS : ZX_OK;

		EXPECT_STATUS(try(zx_vmar_root_self(), n << ZX_VM_ALIGN_BASE, 0, PAGE), wanted);
	}
	vm_area_drop(&a);
}

/* Checks 2 to 5 before the state, it before the size and what follows. */
JX_TEST(vmar_allocate_state_stands_in_the_middle)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	EXPECT_STATUS(try(a.vmar, 0, 0, PAGE + 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, 0, 0, 0), ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_STATUS(try(a.vmar, 0, 0, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(try(a.vmar, 1u << 20, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, VM_R, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, 0, 0, PAGE + 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC_OVERWRITE, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, 0, 0, 0), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(try(a.vmar, 0, 1, PAGE), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC, 99 * PAGE, PAGE), ZX_ERR_BAD_STATE);
	vm_area_drop(&a);
}

/* Checks 7 to 10: a child may have no more than its parent, but for SPECIFIC. */
JX_TEST(vmar_allocate_permissions_of_the_parent)
{
	zx_handle_t plain, child;
	struct vm_area a;
	zx_vaddr_t address;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(zx_vmar_allocate(a.vmar, ZX_VM_CAN_MAP_READ, 0, 4 * PAGE, &plain, &address),
		      ZX_OK);
	/* The rights of its handle are its flags: ACCESS_DENIED comes first. */
	EXPECT_STATUS(try(plain, VM_CAN_RW, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(plain, VM_CAN_RW, 0, PAGE + 1), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(plain, ZX_VM_SPECIFIC, 0, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(plain, ZX_VM_SPECIFIC, 999 * PAGE, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(plain, ZX_VM_OFFSET_IS_UPPER_LIMIT, PAGE, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(try(plain, ZX_VM_SPECIFIC, 1, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(plain, ZX_VM_SPECIFIC, 0, 0), ZX_ERR_INVALID_ARGS);
	/* SPECIFIC need not be inherited. */
	ASSERT_STATUS(zx_vmar_allocate(plain, ZX_VM_CAN_MAP_SPECIFIC, 0, 2 * PAGE, &child,
				       &address), ZX_OK);
	EXPECT_STATUS(try(child, ZX_VM_SPECIFIC, PAGE, PAGE), ZX_OK);
	zx_handle_close(child);
	zx_handle_close(plain);
	vm_area_drop(&a);
}

JX_TEST(vmar_allocate_offset_and_bounds)
{
	const zx_vm_option_t limit = ZX_VM_OFFSET_IS_UPPER_LIMIT;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC | limit, PAGE, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, 0, PAGE, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, limit, PAGE + 1, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC, 4 * PAGE, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC, 3 * PAGE, 2 * PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC, 0 - PAGE, 2 * PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC, 0, 0 - PAGE), ZX_ERR_INVALID_ARGS);
	/* Too large is INVALID_ARGS, not a matter of room. */
	EXPECT_STATUS(try(a.vmar, 0, 0, 5 * PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, limit, 5 * PAGE, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, limit, PAGE, 2 * PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC, 3 * PAGE, PAGE), ZX_OK);
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC, 0, 4 * PAGE), ZX_OK);
	EXPECT_STATUS(try(a.vmar, limit, 4 * PAGE, 4 * PAGE), ZX_OK);
	EXPECT_STATUS(try(a.vmar, 0, 0, 4 * PAGE), ZX_OK);
	vm_area_drop(&a);
}

/* Checks 12 and 13: taken and full. */
JX_TEST_OF_2020(vmar_allocate_collisions)
{
	struct vm_area a;
	zx_handle_t sub;

	ASSERT_TRUE(vm_area_make(&a, 8));
	ASSERT_STATUS(vm_area_map(&a, VM_R, 0, 0, 2), ZX_OK);
	sub = vm_area_sub(&a, 4, 2);
	for (uint64_t i = 0; i < 8; i++) {
		bool taken = i < 2 || i == 4 || i == 5;

		EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC, i * PAGE, PAGE),
			      taken ? ZX_ERR_NO_MEMORY : ZX_OK);
	}
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC, PAGE, 2 * PAGE), ZX_ERR_NO_MEMORY);
	EXPECT_STATUS(try(a.vmar, ZX_VM_SPECIFIC, 3 * PAGE, 4 * PAGE), ZX_ERR_NO_MEMORY);
	EXPECT_STATUS(try(a.vmar, 0, 0, 3 * PAGE), ZX_ERR_NO_MEMORY);
	EXPECT_STATUS(try(a.vmar, 0, 0, 2 * PAGE), ZX_OK);
	EXPECT_STATUS(try(a.vmar, ZX_VM_ALIGN_4GB, 0, PAGE), ZX_ERR_NO_MEMORY);
	zx_handle_close(sub);
	vm_area_drop(&a);
}

/* Check 15: an output that cannot be written undoes all. */
JX_TEST(vmar_allocate_bad_outputs)
{
	zx_handle_t vmar = 0;
	zx_vaddr_t address = 0;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 4));
	EXPECT_STATUS(zx_vmar_allocate(a.vmar, 0, 0, 4 * PAGE, NULL, &address),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_allocate(a.vmar, 0, 0, 4 * PAGE, &vmar, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_allocate(a.vmar, 0, 0, 4 * PAGE, (zx_handle_t *)VM_KERNEL_ADDRESS,
				       &address), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_allocate(a.vmar, 0, 0, 4 * PAGE, &vmar, (zx_vaddr_t *)BAD_POINTER),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(vmar, 0);
	/* Nothing was left in the way. */
	EXPECT_STATUS(try(a.vmar, 0, 0, 4 * PAGE), ZX_OK);
	vm_area_drop(&a);
}

/* spec 2.2: exactly these rights. */
JX_TEST(vmar_allocate_rights_of_the_new_handle)
{
	const zx_rights_t base = ZX_RIGHT_DUPLICATE | ZX_RIGHT_TRANSFER | ZX_RIGHT_INSPECT |
				 (jx_era() == JX_ERA_LATEST ? ZX_RIGHT_OP_CHILDREN : 0);

	for (uint32_t set = 0; set < 8; set++) {
		zx_info_handle_basic_t info = { 0 };
		zx_handle_t vmar;
		zx_vaddr_t address;

		ASSERT_STATUS(zx_vmar_allocate(zx_vmar_root_self(), set << 7, 0, PAGE, &vmar,
					       &address), ZX_OK);
		EXPECT_STATUS(zx_object_get_info(vmar, ZX_INFO_HANDLE_BASIC, &info, sizeof(info),
						 NULL, NULL), ZX_OK);
		EXPECT_EQ(info.type, ZX_OBJ_TYPE_VMAR);
		EXPECT_EQ(info.rights, base | set << 2);
		zx_vmar_destroy(vmar);
		zx_handle_close(vmar);
	}
}

/* Depth is the user's choice: nothing in the kernel may recurse over it. */
JX_TEST(vmar_allocate_deep_nest_and_destroy)
{
	enum { DEPTH = 200 };
	zx_handle_t chain[DEPTH];
	zx_vaddr_t address = 0;
	struct vm_area a;
	int depth;

	ASSERT_TRUE(vm_area_make(&a, 1));
	chain[0] = a.vmar;
	for (depth = 1; depth < DEPTH; depth++) {
		zx_status_t status = zx_vmar_allocate(chain[depth - 1], VM_CAN_RW, 0, PAGE,
						      &chain[depth], &address);

		if (status != ZX_OK) {
			EXPECT_STATUS(status, ZX_ERR_NO_MEMORY);
			break;
		}
		EXPECT_EQ(address, a.base);
	}
	EXPECT_TRUE(depth > 32);
	EXPECT_STATUS(zx_vmar_map(chain[depth - 1], VM_RW, 0, a.vmo, 0, PAGE, &address), ZX_OK);
	vm_store(a.base, 1);
	EXPECT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	for (int i = 1; i < depth; i++) {
		EXPECT_STATUS(zx_vmar_destroy(chain[i]), ZX_ERR_BAD_STATE);
		zx_handle_close(chain[i]);
	}
	vm_area_drop(&a);
}

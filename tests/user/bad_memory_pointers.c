/* Outputs of memory calls that cannot be written: INVALID_ARGS, and what the
 * call had made is gone again. */
#include "vm_util.h"

enum { POINTERS = 10 };

/* 0 RW, 1 R, 2 no access, 3 past the end of its VMO, 4 a gap. */
static bool make(struct vm_area *a, void **bad)
{
	if (!vm_area_make(a, 5) || !EXPECT_STATUS(vm_area_map(a, VM_RW, 0, 0, 1), ZX_OK) ||
	    !EXPECT_STATUS(vm_area_map(a, VM_R, 1, 1, 1), ZX_OK) ||
	    !EXPECT_STATUS(vm_area_map(a, 0, 2, 2, 1), ZX_OK) ||
	    !EXPECT_STATUS(vm_area_map(a, VM_RW, 3, 5, 1), ZX_OK))
		return false;
	bad[0] = NULL;
	bad[1] = (void *)1;
	bad[2] = (void *)VM_KERNEL_ADDRESS;
	bad[3] = (void *)(UINT64_MAX - 3);
	bad[4] = (void *)(0x1000000000000 - 2);
	bad[5] = (void *)vm_at(a, 1);
	bad[6] = (void *)vm_at(a, 2);
	bad[7] = (void *)vm_at(a, 3);
	bad[8] = (void *)vm_at(a, 4);
	/* Begins in a good page. */
	bad[9] = (void *)(vm_at(a, 1) - 2);
	return true;
}

static void check_and_drop(struct vm_area *a)
{
	EXPECT_EQ(vm_vmo_get(a->vmo, 1), VM_STAMP(1));
	EXPECT_EQ(vm_vmo_get(a->vmo, 2), VM_STAMP(2));
	EXPECT_EQ(vm_vmo_info(a->vmo).num_mappings, 4);
	vm_area_drop(a);
}

/* Handles and objects that were made and lost would show in the census. */
JX_TEST(bad_memory_pointers_for_new_things)
{
	zx_handle_t root = zx_vmar_root_self(), vmar;
	void *bad[POINTERS];
	struct vm_area a;
	zx_vaddr_t address;

	ASSERT_TRUE(make(&a, bad));
	for (int i = 0; i < POINTERS; i++) {
		EXPECT_STATUS(zx_vmo_create(PAGE, 0, bad[i]), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmar_allocate(root, 0, 0, PAGE, bad[i], &address),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmar_allocate(root, 0, 0, PAGE, &vmar, bad[i]),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_vmar_map(root, VM_R, 0, a.vmo, 0, PAGE, bad[i]),
			      ZX_ERR_INVALID_ARGS);
	}
	check_and_drop(&a);
}

JX_TEST(bad_memory_pointers_for_answers)
{
	void *bad[POINTERS];
	struct vm_area a;
	uint64_t word = 0;
	zx_info_vmar_t info;

	ASSERT_TRUE(make(&a, bad));
	for (int i = 0; i < POINTERS; i++) {
		EXPECT_STATUS(zx_vmo_get_size(a.vmo, bad[i]), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_process_read_memory(zx_process_self(), a.base, &word, 8, bad[i]),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_object_get_info(a.vmar, ZX_INFO_VMAR, bad[i], sizeof(info), NULL,
						 NULL), ZX_ERR_INVALID_ARGS);
		if (i == 0)
			continue;
		EXPECT_STATUS(zx_object_get_info(a.vmar, ZX_INFO_VMAR, &info, sizeof(info),
						 bad[i], NULL), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_object_get_info(a.vmar, ZX_INFO_VMAR, &info, sizeof(info), NULL,
						 bad[i]), ZX_ERR_INVALID_ARGS);
	}
	check_and_drop(&a);
}

/* Outputs need no alignment. */
JX_TEST(bad_memory_pointers_may_be_odd)
{
	struct vm_area a;
	zx_vaddr_t got = 0;
	uint8_t bytes[17] = { 0 };

	ASSERT_TRUE(vm_area_make(&a, 1));
	EXPECT_STATUS(zx_vmar_map(a.vmar, VM_R, 0, a.vmo, 0, PAGE, (zx_vaddr_t *)(bytes + 3)),
		      ZX_OK);
	__builtin_memcpy(&got, bytes + 3, sizeof(got));
	EXPECT_EQ(got, a.base);
	vm_area_drop(&a);
}

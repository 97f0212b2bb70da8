/* ZX_INFO_PROCESS_MAPS and ZX_INFO_VMAR: spec/vmar.md 13. */
#include <stdlib.h>
#include <string.h>

#include "vm_util.h"

/* A process that never starts, with what a test maps into it. */
struct subject {
	zx_handle_t process;
	zx_handle_t vmar;
};

static bool subject_make(struct subject *s)
{
	return EXPECT_STATUS(zx_process_create(zx_job_default(), "subject", 7, 0, &s->process,
					       &s->vmar), ZX_OK);
}

static void subject_drop(struct subject *s)
{
	zx_handle_close(s->vmar);
	zx_handle_close(s->process);
}

static zx_status_t maps_info(zx_handle_t process, void *buffer, size_t bytes, size_t *actual,
			     size_t *avail)
{
	return zx_object_get_info(process, ZX_INFO_PROCESS_MAPS, buffer, bytes, actual, avail);
}

JX_TEST(info_maps_of_an_unstarted_process)
{
	zx_info_maps_t maps[4];
	struct subject s;
	size_t actual = 0, avail = 0;

	ASSERT_TRUE(subject_make(&s));
	memset(maps, 0xff, sizeof(maps));
	EXPECT_STATUS(maps_info(s.process, maps, sizeof(maps), &actual, &avail), ZX_OK);
	ASSERT_EQ(actual, 2);
	EXPECT_EQ(avail, 2);
	EXPECT_EQ(maps[0].type, ZX_INFO_MAPS_TYPE_ASPACE);
	EXPECT_EQ(maps[0].depth, 0);
	EXPECT_EQ(maps[1].type, ZX_INFO_MAPS_TYPE_VMAR);
	EXPECT_EQ(maps[1].depth, 1);
	EXPECT_EQ(strcmp(maps[1].name, "root"), 0);
	EXPECT_EQ(maps[0].base, maps[1].base);
	EXPECT_EQ(maps[0].size, maps[1].size);
	EXPECT_TRUE(maps[1].size > 1ul << 40);
	subject_drop(&s);
}

/* Order, depth, names, and all of a mapping's fields. */
JX_TEST(info_maps_tells_the_tree)
{
	const zx_vm_option_t specific = VM_R | ZX_VM_SPECIFIC;
	zx_handle_t vmo = vm_vmo_make(4, 0), outer, inner;
	zx_info_handle_basic_t basic = { 0 };
	struct subject s;
	zx_vaddr_t base = 0, address;
	zx_info_maps_t *maps;
	size_t count;

	ASSERT_TRUE(subject_make(&s));
	zx_object_set_property(vmo, ZX_PROP_NAME, "thing", 5);
	zx_object_get_info(vmo, ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic), NULL, NULL);
	ASSERT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, 2 * PAGE, NULL, 0), ZX_OK);
	ASSERT_STATUS(zx_vmar_allocate(s.vmar, VM_CAN_ALL, 0, 8 * PAGE, &outer, &base), ZX_OK);
	ASSERT_STATUS(zx_vmar_allocate(outer, VM_CAN_ALL | ZX_VM_SPECIFIC, 0, 4 * PAGE, &inner,
				       &address), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(outer, specific, 6 * PAGE, vmo, 0, 2 * PAGE, &address), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(inner, specific | VM_W, PAGE, vmo, PAGE, 3 * PAGE, &address),
		      ZX_OK);
	maps = vm_maps(s.process, &count);
	ASSERT_EQ(count, 6);
	EXPECT_TRUE(maps[2].type == ZX_INFO_MAPS_TYPE_VMAR && maps[2].depth == 2 &&
		    maps[2].base == base && maps[2].size == 8 * PAGE);
	EXPECT_EQ(strcmp(maps[2].name, "useralloc"), 0);
	EXPECT_TRUE(maps[3].type == ZX_INFO_MAPS_TYPE_VMAR && maps[3].depth == 3 &&
		    maps[3].base == base && maps[3].size == 4 * PAGE);
	EXPECT_TRUE(maps[4].type == ZX_INFO_MAPS_TYPE_MAPPING && maps[4].depth == 4 &&
		    maps[4].base == base + PAGE && maps[4].size == 3 * PAGE);
	EXPECT_EQ(strcmp(maps[4].name, "thing"), 0);
	EXPECT_EQ(maps[4].u.mapping.mmu_flags, VM_RW);
	EXPECT_EQ(maps[4].u.mapping.vmo_koid, basic.koid);
	EXPECT_EQ(maps[4].u.mapping.vmo_offset, PAGE);
	EXPECT_EQ(maps[4].u.mapping.committed_pages, 2);
	EXPECT_TRUE(maps[5].depth == 3 && maps[5].base == base + 6 * PAGE);
	EXPECT_EQ(maps[5].u.mapping.committed_pages, 0);
	free(maps);
	zx_handle_close(inner);
	zx_handle_close(outer);
	zx_handle_close(vmo);
	subject_drop(&s);
}

/* 13, common rules: handles, short buffers, bad pointers. */
JX_TEST(info_maps_buffers)
{
	zx_info_maps_t maps[2];
	size_t actual = 9, avail = 9;
	zx_handle_t bare;
	struct subject s;

	ASSERT_TRUE(subject_make(&s));
	bare = vm_dup(s.process, ZX_RIGHT_READ | ZX_RIGHT_WRITE);
	EXPECT_STATUS(maps_info(0, maps, sizeof(maps), &actual, &avail), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(maps_info(s.vmar, maps, sizeof(maps), &actual, &avail), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(maps_info(bare, maps, sizeof(maps), &actual, &avail), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(maps_info(s.process, NULL, 0, &actual, &avail), ZX_OK);
	EXPECT_TRUE(actual == 0 && avail == 2);
	EXPECT_STATUS(maps_info(s.process, maps, sizeof(maps[0]) * 2 - 1, &actual, &avail), ZX_OK);
	EXPECT_TRUE(actual == 1 && avail == 2);
	EXPECT_STATUS(maps_info(s.process, maps, sizeof(maps), NULL, NULL), ZX_OK);
	EXPECT_STATUS(maps_info(s.process, NULL, sizeof(maps), &actual, &avail),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(maps_info(s.process, maps, sizeof(maps), (size_t *)8, NULL),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(maps_info(s.process, maps, sizeof(maps), NULL,
				(size_t *)VM_KERNEL_ADDRESS), ZX_ERR_INVALID_ARGS);
	zx_handle_close(bare);
	subject_drop(&s);
}

/* 13.5: a short buffer and a long one count alike where entries are folded. */
JX_TEST(info_maps_folding_does_not_depend_on_the_buffer)
{
	zx_info_maps_t *maps = calloc(64, sizeof(*maps));
	size_t actual = 0, avail = 0;
	struct vm_area a;
	struct subject s;
	zx_vaddr_t address;

	ASSERT_TRUE(maps != NULL && vm_area_make(&a, 40) && subject_make(&s));
	for (uint64_t i = 0; i < 40; i++)
		ASSERT_STATUS(zx_vmar_map(s.vmar, VM_R | ZX_VM_SPECIFIC, i * PAGE, a.vmo,
					  (i / 20 * 20 + i) * PAGE, PAGE, &address), ZX_OK);
	for (size_t n = 0; n <= 5; n++) {
		EXPECT_STATUS(maps_info(s.process, maps, n * sizeof(*maps), &actual, &avail),
			      ZX_OK);
		EXPECT_EQ(avail, 4);
		EXPECT_EQ(actual, n < 4 ? n : 4);
	}
	EXPECT_EQ(maps[2].size, 20 * PAGE);
	EXPECT_EQ(maps[3].size, 20 * PAGE);
	free(maps);
	subject_drop(&s);
	vm_area_drop(&a);
}

/* 13.4: about oneself, into memory that has yet to be faulted in. */
JX_TEST(info_maps_of_oneself_into_fresh_memory)
{
	const uint64_t pages = 16;
	zx_handle_t vmo;
	zx_info_maps_t *maps;
	size_t actual = 0, avail = 0, found = 0;
	zx_vaddr_t base;

	ASSERT_STATUS(zx_vmo_create(pages * PAGE, 0, &vmo), ZX_OK);
	base = vm_map(vmo, VM_RW, pages);
	maps = (zx_info_maps_t *)base;
	EXPECT_STATUS(maps_info(zx_process_self(), maps, pages * PAGE, &actual, &avail), ZX_OK);
	EXPECT_EQ(actual, avail);
	for (size_t i = 0; i < actual; i++)
		found += maps[i].type == ZX_INFO_MAPS_TYPE_MAPPING && maps[i].base == base;
	EXPECT_EQ(found, 1);
	/* Ascending, each once. */
	for (size_t i = 2; i < actual; i++)
		EXPECT_TRUE(maps[i].base > maps[i - 1].base || maps[i].depth > maps[i - 1].depth);
	vm_unmap(base, pages);
	zx_handle_close(vmo);
}

/* A terminated process has no address space. */
JX_TEST(info_maps_of_the_dead)
{
	size_t actual, avail;
	zx_handle_t process;
	struct vm_child child;

	ASSERT_TRUE(vm_child_make(&child));
	process = vm_dup(child.process, ZX_RIGHT_SAME_RIGHTS);
	ASSERT_TRUE(vm_child_start(&child, vm_child_read, 0));
	EXPECT_EQ(vm_child_finish(&child), ZX_TASK_RETCODE_EXCEPTION_KILL);
	EXPECT_STATUS(maps_info(process, NULL, 0, &actual, &avail), ZX_ERR_BAD_STATE);
	zx_handle_close(process);
}

JX_TEST(info_vmar_rules)
{
	zx_info_vmar_t info[2];
	size_t actual = 9, avail = 9;
	zx_handle_t bare;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 3));
	bare = vm_dup(a.vmar, ZX_RIGHT_READ);
	EXPECT_STATUS(zx_object_get_info(a.vmo, ZX_INFO_VMAR, info, sizeof(info), NULL, NULL),
		      ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_object_get_info(bare, ZX_INFO_VMAR, info, sizeof(info), NULL, NULL),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_get_info(a.vmar, ZX_INFO_VMAR, info, sizeof(info[0]) - 1, &actual,
					 &avail), ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_TRUE(actual == 0 && avail == 1);
	EXPECT_STATUS(zx_object_get_info(a.vmar, ZX_INFO_VMAR, info, sizeof(info), &actual,
					 &avail), ZX_OK);
	EXPECT_TRUE(actual == 1 && avail == 1);
	EXPECT_EQ(info[0].base, a.base);
	EXPECT_EQ(info[0].len, 3 * PAGE);
	zx_handle_close(bare);
	vm_area_drop(&a);
}

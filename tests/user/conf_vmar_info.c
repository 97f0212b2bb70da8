/* What is told of address spaces: spec/vmar.md 13. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <jx/thread.h>

#include "conf_util.h"

/* A process that never starts, and what is mapped into it. */
struct subject {
	zx_handle_t process;
	zx_handle_t vmar;
};

static bool make(struct subject *s)
{
	return EXPECT_STATUS(zx_process_create(zx_job_default(), "told", 4, 0, &s->process,
					       &s->vmar), ZX_OK);
}

static void drop(struct subject *s)
{
	zx_handle_close(s->vmar);
	zx_handle_close(s->process);
}

static zx_status_t tell(zx_handle_t handle, uint32_t topic, void *buffer, size_t bytes,
			size_t *actual, size_t *avail)
{
	return zx_object_get_info(handle, topic, buffer, bytes, actual, avail);
}

JX_TEST(vmar_13_r1_handles_and_rights)
{
	const uint32_t topics[] = { ZX_INFO_VMAR, ZX_INFO_PROCESS_MAPS };
	zx_info_maps_t buffer[4];
	struct subject s;

	ASSERT_TRUE(make(&s));
	for (int i = 0; i < 2; i++) {
		zx_handle_t right = i ? s.process : s.vmar, wrong = i ? s.vmar : s.process;
		zx_handle_t bare = vm_dup(right, ZX_RIGHT_READ);

		EXPECT_STATUS(tell(0, topics[i], buffer, sizeof(buffer), NULL, NULL),
			      ZX_ERR_BAD_HANDLE);
		EXPECT_STATUS(tell(wrong, topics[i], buffer, sizeof(buffer), NULL, NULL),
			      ZX_ERR_WRONG_TYPE);
		EXPECT_STATUS(tell(bare, topics[i], buffer, sizeof(buffer), NULL, NULL),
			      ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(tell(right, topics[i], buffer, sizeof(buffer), NULL, NULL), ZX_OK);
		zx_handle_close(bare);
	}
	drop(&s);
}

JX_TEST(vmar_13_r1_bad_counts)
{
	zx_info_maps_t maps[2];
	zx_info_vmar_t info;
	struct subject s;

	ASSERT_TRUE(make(&s));
	EXPECT_STATUS(tell(s.vmar, ZX_INFO_VMAR, &info, sizeof(info), (size_t *)8, NULL),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(tell(s.vmar, ZX_INFO_VMAR, &info, sizeof(info), NULL,
			   (size_t *)VM_KERNEL_ADDRESS), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(tell(s.process, ZX_INFO_PROCESS_MAPS, maps, sizeof(maps), (size_t *)8, NULL),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(tell(s.process, ZX_INFO_PROCESS_MAPS, maps, sizeof(maps), NULL,
			   (size_t *)VM_KERNEL_ADDRESS), ZX_ERR_INVALID_ARGS);
	drop(&s);
}

JX_TEST(vmar_13_r2_single_records)
{
	zx_info_vmar_t info[2] = { 0 };
	size_t actual = 9, avail = 9;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 3));
	for (size_t bytes = 0; bytes < sizeof(info[0]); bytes++) {
		EXPECT_STATUS(tell(a.vmar, ZX_INFO_VMAR, info, bytes, &actual, &avail),
			      ZX_ERR_BUFFER_TOO_SMALL);
		EXPECT_TRUE(actual == 0 && avail == 1);
	}
	EXPECT_EQ(info[0].base, 0);
	EXPECT_STATUS(tell(a.vmar, ZX_INFO_VMAR, info, sizeof(info), &actual, &avail), ZX_OK);
	EXPECT_TRUE(actual == 1 && avail == 1);
	EXPECT_EQ(info[1].base, 0);
	vm_area_drop(&a);
}

JX_TEST(vmar_13_r3_arrays)
{
	zx_info_maps_t maps[4];
	size_t actual = 9, avail = 9;
	struct subject s;

	ASSERT_TRUE(make(&s));
	EXPECT_STATUS(tell(s.process, ZX_INFO_PROCESS_MAPS, NULL, 0, &actual, &avail), ZX_OK);
	EXPECT_TRUE(actual == 0 && avail == 2);
	for (size_t n = 0; n <= 4; n++) {
		memset(maps, 0xee, sizeof(maps));
		EXPECT_STATUS(tell(s.process, ZX_INFO_PROCESS_MAPS, maps, n * sizeof(maps[0]),
				   &actual, &avail), ZX_OK);
		EXPECT_TRUE(actual == (n < 2 ? n : 2) && avail == 2);
		for (size_t i = actual; i < 4; i++)
			EXPECT_EQ(maps[i].base, 0xeeeeeeeeeeeeeeee);
	}
	/* Part of a record is none. */
	EXPECT_STATUS(tell(s.process, ZX_INFO_PROCESS_MAPS, maps, 2 * sizeof(maps[0]) - 1,
			   &actual, &avail), ZX_OK);
	EXPECT_EQ(actual, 1);
	drop(&s);
}

JX_TEST(vmar_13_r4_buffer_that_ends_early)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);
	struct subject s;
	struct vm_area a;
	zx_vaddr_t end, address;

	ASSERT_TRUE(vm_area_make(&a, 2));
	ASSERT_TRUE(make(&s));
	for (int i = 0; i < 3; i++)
		ASSERT_STATUS(zx_vmar_map(s.vmar, VM_R, 0, vmo, 0, PAGE, &address), ZX_OK);
	ASSERT_STATUS(vm_area_map(&a, VM_RW, 0, 0, 1), ZX_OK);
	end = vm_at(&a, 1);
	EXPECT_STATUS(tell(s.process, ZX_INFO_PROCESS_MAPS,
			   (void *)(end - 2 * sizeof(zx_info_maps_t)),
			   5 * sizeof(zx_info_maps_t), NULL, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(tell(s.process, ZX_INFO_PROCESS_MAPS,
			   (void *)(end - 5 * sizeof(zx_info_maps_t)),
			   5 * sizeof(zx_info_maps_t), NULL, NULL), ZX_OK);
	EXPECT_STATUS(tell(a.vmar, ZX_INFO_VMAR, (void *)(end - 8), sizeof(zx_info_vmar_t), NULL,
			   NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(tell(a.vmar, ZX_INFO_VMAR, NULL, sizeof(zx_info_vmar_t), NULL, NULL),
		      ZX_ERR_INVALID_ARGS);
	drop(&s);
	zx_handle_close(vmo);
	vm_area_drop(&a);
}

JX_TEST(vmar_13_1_r1_info_vmar)
{
	uint64_t words[2] = { 0 };
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 3));
	EXPECT_EQ(ZX_INFO_VMAR, 7);
	ASSERT_STATUS(tell(a.vmar, 7, words, 16, NULL, NULL), ZX_OK);
	EXPECT_EQ(words[0], a.base);
	EXPECT_EQ(words[1], 3 * PAGE);
	vm_area_drop(&a);
}

JX_TEST(vmar_13_1_r2_info_of_a_dead_vmar)
{
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 3));
	ASSERT_STATUS(zx_vmar_destroy(a.vmar), ZX_OK);
	EXPECT_EQ(conf_range(a.vmar).base, a.base);
	EXPECT_EQ(conf_range(a.vmar).len, 3 * PAGE);
	vm_area_drop(&a);
}

/* A tree of two sub-VMARs and three mappings, made out of order. */
static bool plant(struct subject *s, zx_handle_t vmo, zx_vaddr_t *base)
{
	zx_handle_t outer = 0, inner = 0;
	zx_vaddr_t address;
	bool good = EXPECT_STATUS(zx_vmar_allocate(s->vmar, VM_CAN_ALL, 0, 8 * PAGE, &outer, base),
				  ZX_OK) &&
		    EXPECT_STATUS(conf_map_at(outer, VM_R, 6, vmo, 0, 2), ZX_OK) &&
		    EXPECT_STATUS(zx_vmar_allocate(outer, VM_CAN_ALL | ZX_VM_SPECIFIC, PAGE,
						   4 * PAGE, &inner, &address), ZX_OK) &&
		    EXPECT_STATUS(conf_map_at(outer, 0, 0, vmo, 3, 1), ZX_OK) &&
		    EXPECT_STATUS(conf_map_at(inner, VM_RW, 1, vmo, 1, 2), ZX_OK);

	zx_handle_close(outer);
	zx_handle_close(inner);
	return good;
}

JX_TEST(vmar_13_2_r1_order_depths_and_names)
{
	const struct {
		uint32_t type;
		uint64_t depth;
		uint64_t page, pages;
		const char *name;
	} wanted[] = {
		{ ZX_INFO_MAPS_TYPE_VMAR, 2, 0, 8, "useralloc" },
		{ ZX_INFO_MAPS_TYPE_MAPPING, 3, 0, 1, "thing" },
		{ ZX_INFO_MAPS_TYPE_VMAR, 3, 1, 4, "useralloc" },
		{ ZX_INFO_MAPS_TYPE_MAPPING, 4, 2, 2, "thing" },
		{ ZX_INFO_MAPS_TYPE_MAPPING, 3, 6, 2, "thing" },
	};
	zx_handle_t vmo = vm_vmo_make(4, 0);
	zx_info_maps_t *maps;
	struct subject s;
	zx_vaddr_t base = 0;
	size_t count;

	ASSERT_TRUE(make(&s));
	ASSERT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, "thing", 5), ZX_OK);
	ASSERT_TRUE(plant(&s, vmo, &base));
	maps = vm_maps(s.process, &count);
	ASSERT_TRUE(maps != NULL);
	ASSERT_EQ(count, 7);
	EXPECT_TRUE(maps[0].type == ZX_INFO_MAPS_TYPE_ASPACE && maps[0].depth == 0);
	EXPECT_TRUE(maps[1].type == ZX_INFO_MAPS_TYPE_VMAR && maps[1].depth == 1);
	EXPECT_EQ(strcmp(maps[1].name, "root"), 0);
	for (int i = 0; i < 5; i++) {
		EXPECT_EQ(maps[i + 2].type, wanted[i].type);
		EXPECT_EQ(maps[i + 2].depth, wanted[i].depth);
		EXPECT_EQ(maps[i + 2].base, base + wanted[i].page * PAGE);
		EXPECT_EQ(maps[i + 2].size, wanted[i].pages * PAGE);
		EXPECT_EQ(strcmp(maps[i + 2].name, wanted[i].name), 0);
	}
	free(maps);
	drop(&s);
	zx_handle_close(vmo);
}

JX_TEST(vmar_13_2_r2_of_a_mapping)
{
	zx_handle_t vmo = vm_vmo_make(4, 0);
	zx_info_maps_t *maps;
	struct subject s;
	zx_vaddr_t base = 0;
	size_t count;

	ASSERT_TRUE(make(&s));
	ASSERT_TRUE(plant(&s, vmo, &base));
	ASSERT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, PAGE, PAGE, NULL, 0), ZX_OK);
	maps = vm_maps(s.process, &count);
	ASSERT_TRUE(maps != NULL);
	ASSERT_EQ(count, 7);
	EXPECT_EQ(maps[3].u.mapping.mmu_flags, 0);
	EXPECT_EQ(maps[3].u.mapping.vmo_offset, 3 * PAGE);
	EXPECT_EQ(maps[3].u.mapping.committed_pages, 1);
	EXPECT_EQ(maps[5].u.mapping.mmu_flags, VM_RW);
	EXPECT_EQ(maps[5].u.mapping.vmo_offset, PAGE);
	EXPECT_EQ(maps[5].u.mapping.committed_pages, 1);
	EXPECT_EQ(maps[6].u.mapping.mmu_flags, VM_R);
	EXPECT_EQ(maps[6].u.mapping.vmo_koid, conf_koid(vmo));
	free(maps);
	drop(&s);
	zx_handle_close(vmo);
}

JX_TEST(vmar_13_2_r3_unstarted_and_dead)
{
	struct vm_child child;
	zx_handle_t process;
	size_t avail = 0;

	ASSERT_TRUE(vm_child_make(&child));
	process = vm_dup(child.process, ZX_RIGHT_SAME_RIGHTS);
	EXPECT_STATUS(tell(process, ZX_INFO_PROCESS_MAPS, NULL, 0, NULL, &avail), ZX_OK);
	EXPECT_TRUE(avail >= 2);
	ASSERT_TRUE(vm_child_start(&child, vm_child_read, child.stack_top - 8));
	EXPECT_EQ(vm_child_finish(&child), 1);
	EXPECT_STATUS(tell(process, ZX_INFO_PROCESS_MAPS, NULL, 0, NULL, &avail),
		      ZX_ERR_BAD_STATE);
	zx_handle_close(process);
}

JX_TEST(vmar_13_2_r4_of_oneself_into_fresh_memory)
{
	const uint64_t pages = 16;
	size_t actual = 0, avail = 0, found = 0;
	const zx_info_maps_t *maps;
	zx_vaddr_t base;
	zx_handle_t vmo;

	ASSERT_STATUS(zx_vmo_create(pages * PAGE, 0, &vmo), ZX_OK);
	base = vm_map(vmo, VM_RW, pages);
	maps = (const zx_info_maps_t *)base;
	EXPECT_STATUS(tell(zx_process_self(), ZX_INFO_PROCESS_MAPS, (void *)base, pages * PAGE,
			   &actual, &avail), ZX_OK);
	EXPECT_EQ(actual, avail);
	for (size_t i = 0; i < actual; i++)
		found += maps[i].type == ZX_INFO_MAPS_TYPE_MAPPING && maps[i].base == base;
	EXPECT_EQ(found, 1);
	vm_unmap(base, pages);
	zx_handle_close(vmo);
}

/* Maps and unmaps every other page without end. */
struct changer {
	struct vm_area area;
	atomic_bool stop;
};

static int change_on(void *arg)
{
	struct changer *c = arg;
	zx_status_t status = ZX_OK;

	for (uint64_t i = 0; status == ZX_OK && !atomic_load(&c->stop); i++) {
		const uint64_t page = i % 64 * 2;

		status = vm_area_map(&c->area, VM_R, page, page, 1);
		if (status == ZX_OK)
			status = vm_area_unmap(&c->area, page, 1);
	}
	return status;
}

/* What changes meanwhile may be told or not, but nothing twice. */
JX_TEST(vmar_13_2_r4_while_it_changes)
{
	struct jx_thread thread;
	struct changer c;
	int result = -1;

	atomic_init(&c.stop, false);
	ASSERT_TRUE(vm_area_make(&c.area, 128));
	for (uint64_t page = 1; page < 128; page += 2)
		ASSERT_STATUS(vm_area_map(&c.area, VM_RW, page, page, 1), ZX_OK);
	ASSERT_STATUS(jx_thread_create(&thread, "changer", change_on, &c), ZX_OK);
	for (int round = 0; round < 100; round++) {
		size_t count, kept = 0;
		zx_info_maps_t *maps = vm_maps(zx_process_self(), &count);

		for (size_t i = 2; maps && i < count; i++) {
			EXPECT_TRUE(maps[i].base > maps[i - 1].base ||
				    (maps[i].base == maps[i - 1].base &&
				     maps[i].depth > maps[i - 1].depth));
			kept += maps[i].base > c.area.base &&
				maps[i].base < vm_at(&c.area, 128) &&
				maps[i].u.mapping.mmu_flags == VM_RW;
		}
		/* And what does not change is told. */
		EXPECT_EQ(kept, 64);
		free(maps);
	}
	atomic_store(&c.stop, true);
	EXPECT_STATUS(jx_thread_join(&thread, &result), ZX_OK);
	EXPECT_STATUS(result, ZX_OK);
	vm_area_drop(&c.area);
}

JX_TEST(vmar_13_2_r5_folding_is_the_same_in_a_short_buffer)
{
	zx_handle_t vmo = vm_vmo_make(4, 0);
	zx_info_maps_t maps[8];
	size_t actual = 0, avail = 0;
	struct subject s;
	uint64_t base;

	ASSERT_TRUE(make(&s));
	/* Two runs of twenty pages, each page a call, and one of another
	 * protection inside the second. */
	for (uint64_t i = 0; i < 40; i++)
		ASSERT_STATUS(conf_map_at(s.vmar, VM_RW, i, vmo, i + i / 20, 1), ZX_OK);
	base = conf_range(s.vmar).base;
	ASSERT_STATUS(zx_vmar_protect(s.vmar, VM_R, base + 30 * PAGE, PAGE), ZX_OK);
	for (size_t n = 0; n <= 8; n++) {
		EXPECT_STATUS(tell(s.process, ZX_INFO_PROCESS_MAPS, maps, n * sizeof(maps[0]),
				   &actual, &avail), ZX_OK);
		EXPECT_EQ(avail, 6);
		EXPECT_EQ(actual, n < 6 ? n : 6);
	}
	EXPECT_EQ(maps[2].size, 20 * PAGE);
	EXPECT_EQ(maps[3].size, 10 * PAGE);
	EXPECT_EQ(maps[4].size, PAGE);
	EXPECT_EQ(maps[4].u.mapping.mmu_flags, VM_R);
	EXPECT_EQ(maps[5].size, 9 * PAGE);
	EXPECT_EQ(maps[5].u.mapping.vmo_offset, 32 * PAGE);
	drop(&s);
	zx_handle_close(vmo);
}

/* The record by offsets, not by the header's names. */
JX_TEST(vmar_13_2_r6_layout)
{
	zx_handle_t vmo = vm_vmo_make(4, 0);
	uint8_t bytes[3 * 96], zero[32] = { 0 };
	uint64_t word;
	uint32_t half;
	struct subject s;
	size_t actual = 0;

	ASSERT_TRUE(make(&s));
	ASSERT_STATUS(conf_map_at(s.vmar, VM_RW, 1, vmo, 2, 2), ZX_OK);
	memset(bytes, 0xee, sizeof(bytes));
	ASSERT_STATUS(tell(s.process, 13, bytes, sizeof(bytes), &actual, NULL), ZX_OK);
	ASSERT_EQ(actual, 3);
	/* Of what is no mapping the last part is zero. */
	EXPECT_EQ(memcmp(bytes + 64, zero, 32), 0);
	EXPECT_EQ(memcmp(bytes + 96 + 64, zero, 32), 0);
	memcpy(&word, bytes + 2 * 96 + 32, 8);
	EXPECT_EQ(word, conf_range(s.vmar).base + PAGE);
	memcpy(&word, bytes + 2 * 96 + 40, 8);
	EXPECT_EQ(word, 2 * PAGE);
	memcpy(&word, bytes + 2 * 96 + 48, 8);
	EXPECT_EQ(word, 2);
	memcpy(&word, bytes + 2 * 96 + 56, 8);
	EXPECT_EQ(word, 3);
	memcpy(&half, bytes + 2 * 96 + 64, 4);
	EXPECT_EQ(half, 3);
	memcpy(&half, bytes + 2 * 96 + 68, 4);
	EXPECT_EQ(half, 0);
	memcpy(&word, bytes + 2 * 96 + 72, 8);
	EXPECT_EQ(word, conf_koid(vmo));
	memcpy(&word, bytes + 2 * 96 + 80, 8);
	EXPECT_EQ(word, 2 * PAGE);
	memcpy(&word, bytes + 2 * 96 + 88, 8);
	EXPECT_EQ(word, 2);
	drop(&s);
	zx_handle_close(vmo);
}

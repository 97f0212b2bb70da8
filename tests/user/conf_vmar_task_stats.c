/* ZX_INFO_TASK_STATS: spec/vmar.md 13.4 and 17, tasks.md 3.4, spec/README 8. */
#include "conf_util.h"

#define TASK_STATS 12u

JX_TEST(vmar_13_4_r2_task_stats)
{
	uint8_t record[32];
	zx_handle_t bare;
	struct conf_subject s;
	size_t actual = 9, avail = 0;

	ASSERT_TRUE(conf_subject_make(&s));
	ASSERT_STATUS(zx_object_get_info(s.process, TASK_STATS, record, sizeof(record), &actual,
					 &avail), ZX_OK);
	EXPECT_TRUE(actual == 1 && avail == 1);
	/* What is there, of three pages that are mapped (spec/README 8). */
	EXPECT_EQ(conf_word(record, 0), 2 * PAGE);
	EXPECT_EQ(conf_word(record, 8), 2 * PAGE);
	EXPECT_EQ(conf_word(record, 16), 0);
	EXPECT_EQ(conf_word(record, 24), 0);
	EXPECT_STATUS(zx_object_get_info(s.process, TASK_STATS, record, 31, &actual, &avail),
		      ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_TRUE(actual == 0 && avail == 1);
	EXPECT_STATUS(zx_object_get_info(s.vmar, TASK_STATS, record, 32, NULL, NULL),
		      ZX_ERR_WRONG_TYPE);
	bare = vm_dup(s.process, ZX_RIGHT_READ);
	EXPECT_STATUS(zx_object_get_info(bare, TASK_STATS, record, 32, NULL, NULL),
		      ZX_ERR_ACCESS_DENIED);
	zx_handle_close(bare);
	conf_subject_drop(&s);
}

JX_TEST(vmar_13_4_r2_task_stats_of_the_dead)
{
	struct vm_child child;
	uint8_t record[32];
	zx_handle_t process;

	ASSERT_TRUE(vm_child_make(&child));
	process = vm_dup(child.process, ZX_RIGHT_SAME_RIGHTS);
	ASSERT_TRUE(vm_child_start(&child, vm_child_read, child.stack_top - 8));
	EXPECT_EQ(vm_child_finish(&child), 1);
	EXPECT_STATUS(zx_object_get_info(process, TASK_STATS, record, sizeof(record), NULL, NULL),
		      ZX_ERR_BAD_STATE);
	zx_handle_close(process);
}

/* A mapping of one space, then one of another: private, then shared. */
JX_TEST(vmar_17_r3_task_statistics)
{
	uint8_t before[32], after[32];
	zx_handle_t process, root;
	zx_vaddr_t first;
	zx_handle_t vmo = vm_vmo_make(4, 0);

	ASSERT_STATUS(zx_process_create(zx_job_default(), "stats", 5, 0, &process, &root), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(root, VM_R, 0, vmo, 0, 4 * PAGE, &first), ZX_OK);
	ASSERT_STATUS(zx_object_get_info(process, TASK_STATS, before, sizeof(before), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(conf_word(before, 0), 4 * PAGE);
	EXPECT_EQ(conf_word(before, 8), 4 * PAGE);
	EXPECT_EQ(conf_word(before, 16), 0);
	first = vm_map(vmo, VM_R, 4);
	ASSERT_STATUS(zx_object_get_info(process, TASK_STATS, after, sizeof(after), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(conf_word(after, 0), 4 * PAGE);
	EXPECT_EQ(conf_word(after, 8), 0);
	EXPECT_EQ(conf_word(after, 16), 4 * PAGE);
	EXPECT_EQ(conf_word(after, 24), 2 * PAGE);
	vm_unmap(first, 4);
	zx_handle_close(root);
	zx_handle_close(process);
	zx_handle_close(vmo);
}

/* README 8: a page that two mappings show counts once; here page 1 thrice. */
JX_TEST(vmar_17_r3_a_page_counts_once)
{
	zx_handle_t process, root, vmo = vm_vmo_make(4, 0);
	uint8_t record[32];

	ASSERT_STATUS(zx_process_create(zx_job_default(), "once", 4, 0, &process, &root), ZX_OK);
	ASSERT_STATUS(conf_map_at(root, VM_R, 10, vmo, 1, 2), ZX_OK);
	ASSERT_STATUS(conf_map_at(root, VM_R, 20, vmo, 0, 2), ZX_OK);
	ASSERT_STATUS(conf_map_at(root, VM_R, 30, vmo, 0, 4), ZX_OK);
	/* Two in one go. */
	ASSERT_STATUS(conf_map_at(root, VM_R, 5, vmo, 0, 1), ZX_OK);
	ASSERT_STATUS(conf_map_at(root, VM_R, 6, vmo, 1, 1), ZX_OK);
	ASSERT_STATUS(zx_object_get_info(process, TASK_STATS, record, sizeof(record), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(conf_word(record, 0), 4 * PAGE);
	EXPECT_EQ(conf_word(record, 8), 4 * PAGE);
	zx_handle_close(root);
	zx_handle_close(process);
	zx_handle_close(vmo);
}

/* A slice shows its VMO's pages; three spaces share them. */
JX_TEST(vmar_17_r3_thirds)
{
	zx_handle_t process[3], root[3], slice, vmo = vm_vmo_make(2, 0);
	zx_info_task_stats_v2_t stats;

	ASSERT_STATUS(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, PAGE, PAGE, &slice), ZX_OK);
	for (int i = 0; i < 3; i++) {
		ASSERT_STATUS(zx_process_create(zx_job_default(), "third", 5, 0, &process[i],
						&root[i]), ZX_OK);
		ASSERT_STATUS(conf_map_at(root[i], VM_R, 1, i ? vmo : slice, 0, 1), ZX_OK);
	}
	ASSERT_STATUS(zx_object_get_info(process[0], ZX_INFO_TASK_STATS_V2, &stats, sizeof(stats),
					 NULL, NULL), ZX_OK);
	EXPECT_EQ(stats.mem_mapped_bytes, PAGE);
	EXPECT_EQ(stats.mem_private_bytes, 0);
	EXPECT_EQ(stats.mem_shared_bytes, PAGE);
	EXPECT_EQ(stats.mem_scaled_shared_bytes, PAGE / 3);
	EXPECT_EQ(stats.mem_fractional_scaled_shared_bytes, (1ul << 63) / 3);
	for (int i = 0; i < 3; i++) {
		zx_handle_close(root[i]);
		zx_handle_close(process[i]);
	}
	zx_handle_close(slice);
	zx_handle_close(vmo);
}

/* tasks.md 3.4: what holds for any program that runs, here this one. */
JX_TEST(vmar_17_r3_of_this_program)
{
	zx_info_task_stats_t stats;

	ASSERT_STATUS(zx_object_get_info(zx_process_self(), ZX_INFO_TASK_STATS, &stats,
					 sizeof(stats), NULL, NULL), ZX_OK);
	EXPECT_TRUE(stats.mem_private_bytes > 0);
	EXPECT_TRUE(stats.mem_mapped_bytes >= stats.mem_private_bytes + stats.mem_shared_bytes);
	EXPECT_TRUE(stats.mem_scaled_shared_bytes <= stats.mem_shared_bytes);
}

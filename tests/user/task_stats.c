/* THREAD_STATS and CPU_STATS: what they tell (tasks.md 3.3, 3.5). */
#include <string.h>

#include <jx/ktap.h>
#include <jx/runtime.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls/resource.h>

#include "task_util.h"

static zx_status_t thread_stats(zx_handle_t thread, zx_info_thread_stats_t *stats)
{
	memset(stats, 0xee, sizeof(*stats));
	return zx_object_get_info(thread, ZX_INFO_THREAD_STATS, stats, sizeof(*stats), NULL, NULL);
}

JX_TEST(thread_stats_of_the_living)
{
	zx_info_thread_stats_t before, after;

	ASSERT_STATUS(thread_stats(zx_thread_self(), &before), ZX_OK);
	do {
		ASSERT_STATUS(thread_stats(zx_thread_self(), &after), ZX_OK);
	} while (after.total_runtime == before.total_runtime);
	EXPECT_TRUE(after.total_runtime > before.total_runtime);
	EXPECT_TRUE(after.last_scheduled_cpu < zx_system_get_num_cpus());
}

static int leave(void *unused)
{
	(void)unused;
	return 0;
}

JX_TEST(thread_stats_before_and_after_life)
{
	zx_info_thread_stats_t stats;
	struct jx_thread thread;
	zx_handle_t unborn, copy;

	ASSERT_STATUS(zx_thread_create(zx_process_self(), "unborn", 6, 0, &unborn), ZX_OK);
	ASSERT_STATUS(thread_stats(unborn, &stats), ZX_OK);
	EXPECT_EQ(stats.total_runtime, 0);
	EXPECT_EQ(stats.last_scheduled_cpu, ZX_INFO_INVALID_CPU);
	zx_handle_close(unborn);
	ASSERT_STATUS(jx_thread_create(&thread, "brief", leave, NULL), ZX_OK);
	ASSERT_STATUS(zx_handle_duplicate(thread.handle, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK);
	ASSERT_TRUE(task_join(&thread, NULL));
	EXPECT_TRUE(task_await_signal(copy, ZX_THREAD_TERMINATED));
	EXPECT_STATUS(thread_stats(copy, &stats), ZX_ERR_BAD_STATE);
	zx_handle_close(copy);
}

JX_TEST(cpu_stats_of_each_cpu)
{
	zx_handle_t root = jx_startup_handle(PA_RESOURCE);
	zx_info_cpu_stats_t stats[64];
	size_t actual = 0, avail = 0;
	uint64_t syscalls = 0;

	ASSERT_STATUS(zx_object_get_info(root, ZX_INFO_CPU_STATS, stats, sizeof(stats), &actual,
					 &avail), ZX_OK);
	EXPECT_EQ(actual, zx_system_get_num_cpus());
	EXPECT_EQ(avail, actual);
	for (size_t i = 0; i < actual; i++) {
		EXPECT_EQ(stats[i].cpu_number, i);
		EXPECT_EQ(stats[i].flags, ZX_INFO_CPU_STATS_FLAG_ONLINE);
		EXPECT_TRUE(stats[i].idle_time >= 0);
		syscalls += stats[i].syscalls;
	}
	EXPECT_TRUE(syscalls > 0);
	/* An array: as many as fit. */
	EXPECT_STATUS(zx_object_get_info(root, ZX_INFO_CPU_STATS, stats, sizeof(stats[0]) + 1,
					 &actual, &avail), ZX_OK);
	EXPECT_EQ(actual, 1);
	EXPECT_STATUS(zx_object_get_info(root, ZX_INFO_CPU_STATS, NULL, 0, &actual, &avail), ZX_OK);
	EXPECT_EQ(actual, 0);
	EXPECT_EQ(avail, zx_system_get_num_cpus());
	EXPECT_STATUS(zx_object_get_info(root, ZX_INFO_CPU_STATS, (void *)8, sizeof(stats[0]),
					 NULL, NULL), ZX_ERR_INVALID_ARGS);
}

JX_TEST(cpu_stats_want_the_root_resource)
{
	zx_handle_t root = jx_startup_handle(PA_RESOURCE), vmex = 0, bare = 0;

	EXPECT_STATUS(zx_object_get_info(0, ZX_INFO_CPU_STATS, NULL, 0, NULL, NULL),
		      ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_object_get_info(zx_process_self(), ZX_INFO_CPU_STATS, NULL, 0, NULL, NULL),
		      ZX_ERR_WRONG_TYPE);
	ASSERT_STATUS(zx_resource_create(root, ZX_RSRC_KIND_VMEX, 0, 0, "x", 1, &vmex), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(vmex, ZX_INFO_CPU_STATS, NULL, 0, NULL, NULL),
		      ZX_ERR_WRONG_TYPE);
	ASSERT_STATUS(zx_handle_duplicate(root, ZX_RIGHT_NONE, &bare), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(bare, ZX_INFO_CPU_STATS, NULL, 0, NULL, NULL), ZX_OK);
	zx_handle_close(bare);
	zx_handle_close(vmex);
}

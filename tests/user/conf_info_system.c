/*
 * Topics about handles of a process, memory of the machine, and CPU time (tasks.md
 * 3.3, 3.5).
 */
#include <string.h>

#include <jx/ktap.h>
#include <jx/runtime.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/resource.h>

#include "task_util.h"

#define HANDLE_TABLE_RIGHTS (ZX_RIGHT_INSPECT | ZX_RIGHT_MANAGE_PROCESS | ZX_RIGHT_MANAGE_THREAD)
#define TABLE_MAX 512

static zx_handle_t with_rights(zx_handle_t handle, zx_rights_t rights)
{
	zx_handle_t copy = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_handle_duplicate(handle, rights, &copy), ZX_OK);
	return copy;
}

static uint32_t handles_of_type(zx_handle_t process, zx_obj_type_t type)
{
	zx_info_process_handle_stats_t r;

	EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_PROCESS_HANDLE_STATS, &r, sizeof(r),
					 NULL, NULL), ZX_OK);
	return r.handle_count[type];
}

JX_TEST(tasks_3_3_r9_handle_stats_count_by_type)
{
	zx_handle_t event[3], process = zx_process_self();
	uint32_t before = handles_of_type(process, ZX_OBJ_TYPE_EVENT);

	for (int i = 0; i < 3; i++)
		EXPECT_STATUS(zx_event_create(0, &event[i]), ZX_OK);
	EXPECT_EQ(handles_of_type(process, ZX_OBJ_TYPE_EVENT), before + 3);
	EXPECT_EQ(handles_of_type(process, ZX_OBJ_TYPE_NONE), 0);
	zx_handle_close_many(event, 3);
	EXPECT_EQ(handles_of_type(process, ZX_OBJ_TYPE_EVENT), before);
}

JX_TEST(tasks_3_3_r9_handle_stats_of_one_that_has_not_run_or_has_died)
{
	zx_info_process_handle_stats_t r;
	zx_handle_t process, vmar;

	ASSERT_STATUS(zx_process_create(zx_job_default(), "x", 1, 0, &process, &vmar), ZX_OK);
	memset(&r, 1, sizeof(r));
	EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_PROCESS_HANDLE_STATS, &r, sizeof(r),
					 NULL, NULL), ZX_OK);
	for (uint32_t i = 0; i < ZX_OBJ_TYPE_UPPER_BOUND; i++)
		EXPECT_EQ(r.handle_count[i], 0);
	EXPECT_STATUS(zx_task_kill(process), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_PROCESS_HANDLE_STATS, &r, sizeof(r),
					 NULL, NULL), ZX_OK);
	EXPECT_EQ(r.handle_count[ZX_OBJ_TYPE_EVENT], 0);
	zx_handle_close(process);
	zx_handle_close(vmar);
}

static zx_info_handle_extended_t table[TABLE_MAX];

static const zx_info_handle_extended_t *find_value(size_t count, zx_handle_t value)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].handle_value == value)
			return &table[i];
	}
	return NULL;
}

JX_TEST(tasks_3_3_r10_handle_table_tells_each_handle)
{
	const zx_info_handle_extended_t *r;
	zx_handle_t process = zx_process_self(), event, channel[2];
	zx_info_handle_basic_t basic;
	size_t actual = 0, avail = 0;

	EXPECT_STATUS(zx_event_create(0, &event), ZX_OK);
	EXPECT_STATUS(zx_channel_create(0, &channel[0], &channel[1]), ZX_OK);
	ASSERT_STATUS(zx_object_get_info(process, ZX_INFO_HANDLE_TABLE, table, sizeof(table),
					 &actual, &avail), ZX_OK);
	EXPECT_EQ(actual, avail);
	r = find_value(actual, event);
	ASSERT_TRUE(r != NULL);
	EXPECT_STATUS(zx_object_get_info(event, ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic),
					 NULL, NULL), ZX_OK);
	EXPECT_EQ(r->koid, basic.koid);
	EXPECT_EQ(r->rights, basic.rights);
	EXPECT_EQ(r->type, ZX_OBJ_TYPE_EVENT);
	EXPECT_EQ(r->related_koid, 0);
	EXPECT_EQ(r->peer_owner_koid, 0);
	r = find_value(actual, channel[0]);
	ASSERT_TRUE(r != NULL);
	EXPECT_EQ(r->related_koid, task_koid(channel[1]));
	zx_handle_close(event);
	zx_handle_close_many(channel, 2);
	EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_HANDLE_TABLE, table, sizeof(table),
					 &actual, &avail), ZX_OK);
	EXPECT_TRUE(find_value(actual, event) == NULL);
}

JX_TEST(tasks_3_3_r11_handle_table_by_count)
{
	zx_handle_t process = zx_process_self();
	size_t actual = 0, avail = 0, count = 0;

	EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_HANDLE_TABLE, NULL, 0, &count, NULL),
		      ZX_OK);
	EXPECT_TRUE(count > 3);
	EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_HANDLE_TABLE, NULL, 0, &actual, &avail),
		      ZX_OK);
	EXPECT_EQ(actual, 0);
	EXPECT_EQ(avail, count);
	EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_HANDLE_TABLE, table,
					 2 * sizeof(table[0]) + 5, &actual, &avail), ZX_OK);
	EXPECT_EQ(actual, 2);
	EXPECT_EQ(avail, count);
	EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_HANDLE_TABLE, (void *)8,
					 sizeof(table[0]), NULL, NULL), ZX_ERR_INVALID_ARGS);
}

JX_TEST(tasks_3_3_c1_handle_table_rights)
{
	zx_handle_t process = zx_process_self(), copy;
	static const zx_rights_t needed[] = { ZX_RIGHT_INSPECT, ZX_RIGHT_MANAGE_PROCESS,
					      ZX_RIGHT_MANAGE_THREAD };

	for (int i = 0; i < 3; i++) {
		copy = with_rights(process, HANDLE_TABLE_RIGHTS & ~needed[i]);
		EXPECT_STATUS(zx_object_get_info(copy, ZX_INFO_HANDLE_TABLE, table, sizeof(table),
						 NULL, NULL), ZX_ERR_ACCESS_DENIED);
		zx_handle_close(copy);
	}
	EXPECT_STATUS(zx_object_get_info(zx_thread_self(), ZX_INFO_HANDLE_TABLE, table,
					 sizeof(table), NULL, NULL), ZX_ERR_WRONG_TYPE);
	copy = with_rights(process, HANDLE_TABLE_RIGHTS);
	EXPECT_STATUS(zx_object_get_info(copy, ZX_INFO_HANDLE_TABLE, table, sizeof(table), NULL,
					 NULL), ZX_OK);
	zx_handle_close(copy);
}

static zx_handle_t root_resource(void)
{
	return jx_startup_handle(PA_RESOURCE);
}

JX_TEST(tasks_3_5_r1_kmem_stats)
{
	zx_info_kmem_stats_t r, after;
	zx_handle_t vmo;

	ASSERT_STATUS(zx_object_get_info(root_resource(), ZX_INFO_KMEM_STATS, &r, sizeof(r), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(r.total_bytes, zx_system_get_physmem());
	EXPECT_TRUE(r.free_bytes > 0 && r.wired_bytes > 0 && r.vmo_bytes > 0 &&
		    r.mmu_overhead_bytes > 0 && r.total_heap_bytes > r.free_heap_bytes);
	EXPECT_TRUE(r.free_bytes + r.wired_bytes + r.total_heap_bytes + r.vmo_bytes +
		    r.mmu_overhead_bytes + r.ipc_bytes + r.other_bytes <= r.total_bytes);
	EXPECT_EQ((r.free_bytes | r.wired_bytes | r.total_heap_bytes | r.vmo_bytes |
		   r.mmu_overhead_bytes | r.ipc_bytes | r.other_bytes) % ZX_PAGE_SIZE, 0);
	ASSERT_STATUS(zx_vmo_create(256 * ZX_PAGE_SIZE, 0, &vmo), ZX_OK);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, 256 * ZX_PAGE_SIZE, NULL, 0),
		      ZX_OK);
	EXPECT_STATUS(zx_object_get_info(root_resource(), ZX_INFO_KMEM_STATS, &after,
					 sizeof(after), NULL, NULL), ZX_OK);
	EXPECT_TRUE(after.vmo_bytes >= r.vmo_bytes + 200 * ZX_PAGE_SIZE);
	zx_handle_close(vmo);
}

JX_TEST(tasks_3_5_r2_kmem_stats_extended)
{
	zx_info_kmem_stats_extended_t r;

	ASSERT_STATUS(zx_object_get_info(root_resource(), ZX_INFO_KMEM_STATS_EXTENDED, &r,
					 sizeof(r), NULL, NULL), ZX_OK);
	EXPECT_EQ(r.total_bytes, zx_system_get_physmem());
	EXPECT_TRUE(r.vmo_pager_newest_bytes + r.vmo_pager_oldest_bytes <=
		    r.vmo_pager_total_bytes);
	EXPECT_TRUE(r.vmo_pager_total_bytes <= r.vmo_bytes);
}

JX_TEST(tasks_3_5_c1_kmem_stats_want_the_root_resource)
{
	static const uint32_t topics[] = { ZX_INFO_KMEM_STATS, ZX_INFO_KMEM_STATS_EXTENDED };
	zx_info_kmem_stats_extended_t r;
	zx_handle_t vmex;

	ASSERT_STATUS(zx_resource_create(root_resource(), ZX_RSRC_KIND_VMEX, 0, 0, "x", 1, &vmex),
		      ZX_OK);
	for (int i = 0; i < 2; i++) {
		EXPECT_STATUS(zx_object_get_info(0, topics[i], &r, sizeof(r), NULL, NULL),
			      ZX_ERR_BAD_HANDLE);
		EXPECT_STATUS(zx_object_get_info(zx_process_self(), topics[i], &r, sizeof(r),
						 NULL, NULL), ZX_ERR_WRONG_TYPE);
		EXPECT_STATUS(zx_object_get_info(vmex, topics[i], &r, sizeof(r), NULL, NULL),
			      ZX_ERR_WRONG_TYPE);
	}
	zx_handle_close(vmex);
}

static zx_duration_t cpu_time(zx_handle_t task)
{
	zx_info_task_runtime_t r = { 0 };

	EXPECT_STATUS(zx_object_get_info(task, ZX_INFO_TASK_RUNTIME, &r, sizeof(r), NULL, NULL),
		      ZX_OK);
	return r.cpu_time;
}

/* A child that uses CPU time, and ends. */
static void burn(uintptr_t unused, uintptr_t turns)
{
	(void)unused;
	for (uintptr_t i = 0; i < turns; i++)
		__asm__ volatile("" : : "r"(i));
	zx_process_exit(0);
}

JX_TEST(tasks_3_3_r8_task_runtime_counts_the_dead)
{
	zx_handle_t image = task_image(), job = zx_job_default();
	zx_duration_t job_before = cpu_time(job), process, thread;
	struct task_child c;
	int64_t code;

	ASSERT_TRUE(task_child_create(&c, image));
	EXPECT_EQ(cpu_time(c.process), 0);
	EXPECT_EQ(cpu_time(c.thread), 0);
	EXPECT_TRUE(task_child_start(&c, burn, 1000000));
	EXPECT_TRUE(task_child_await(&c, &code));
	process = cpu_time(c.process);
	thread = cpu_time(c.thread);
	/* The thread ran on a little, to bury its process. */
	EXPECT_TRUE(process > 0 && thread >= process);
	task_child_drop(&c);
	EXPECT_TRUE(cpu_time(job) >= job_before + process);
	zx_handle_close(image);
}

JX_TEST(tasks_3_3_r8_task_runtime_of_one_that_runs_grows)
{
	zx_duration_t before = cpu_time(zx_thread_self()), now = before;

	for (int i = 0; i < 1000000 && now == before; i++)
		now = cpu_time(zx_thread_self());
	EXPECT_TRUE(now > before);
	EXPECT_TRUE(cpu_time(zx_process_self()) >= now);
	EXPECT_STATUS(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_TASK_RUNTIME, NULL, 0, NULL,
					 NULL), ZX_ERR_WRONG_TYPE);
}

/* zx_object_get_info: the order of its checks for each topic (tasks.md 3.1). */
#include <string.h>

#include <jx/ktap.h>
#include <zircon/process.h>

#include "task_util.h"

struct topic {
	uint32_t topic;
	uint32_t record_bytes;
	zx_rights_t right;	/* 0: none is needed */
	bool is_array;
	enum { ANY, PROCESS, THREAD, JOB, VMAR, VMO } type;
};

static const struct topic topics[] = {
	{ ZX_INFO_HANDLE_BASIC, sizeof(zx_info_handle_basic_t), 0, false, ANY },
	{ ZX_INFO_HANDLE_COUNT, sizeof(zx_info_handle_count_t), ZX_RIGHT_INSPECT, false, ANY },
	{ ZX_INFO_PROCESS, sizeof(zx_info_process_t), ZX_RIGHT_INSPECT, false, PROCESS },
	{ ZX_INFO_THREAD, sizeof(zx_info_thread_t), ZX_RIGHT_INSPECT, false, THREAD },
	{ ZX_INFO_THREAD_STATS, sizeof(zx_info_thread_stats_t), ZX_RIGHT_INSPECT, false, THREAD },
	{ ZX_INFO_TASK_STATS, sizeof(zx_info_task_stats_t), ZX_RIGHT_INSPECT, false, PROCESS },
	{ ZX_INFO_VMAR, sizeof(zx_info_vmar_t), ZX_RIGHT_INSPECT, false, VMAR },
	{ ZX_INFO_VMO, sizeof(zx_info_vmo_t), 0, false, VMO },
	{ ZX_INFO_PROCESS_MAPS, sizeof(zx_info_maps_t), ZX_RIGHT_INSPECT, true, PROCESS },
	{ ZX_INFO_PROCESS_THREADS, sizeof(zx_koid_t), ZX_RIGHT_ENUMERATE, true, PROCESS },
	{ ZX_INFO_JOB_PROCESSES, sizeof(zx_koid_t), ZX_RIGHT_ENUMERATE, true, JOB },
	{ ZX_INFO_JOB_CHILDREN, sizeof(zx_koid_t), ZX_RIGHT_ENUMERATE, true, JOB },
};
#define TOPIC_COUNT (sizeof(topics) / sizeof(topics[0]))

static uint8_t records[4096];

/* A handle of this topic's type with these rights; the caller closes it. */
static zx_handle_t handle_for(const struct topic *t, zx_handle_t vmo, zx_rights_t rights)
{
	const zx_handle_t handles[] = { vmo, zx_process_self(), zx_thread_self(), zx_job_default(),
					zx_vmar_root_self(), vmo };
	zx_handle_t out = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_handle_duplicate(handles[t->type], rights, &out), ZX_OK);
	return out;
}

JX_TEST(object_info_unknown_topics)
{
	static const uint32_t unknown[] = { 0, 5, 6, 1000, 0x10000002, UINT32_MAX };
	zx_status_t *const bad = (zx_status_t *)8;

	/* Before all else, whatever the other arguments are. */
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		EXPECT_STATUS(zx_object_get_info(0, unknown[i], bad, 100, (size_t *)bad,
						 (size_t *)bad), ZX_ERR_NOT_SUPPORTED);
}

JX_TEST(object_info_handles)
{
	zx_handle_t vmo = 0, event = 0;

	ASSERT_STATUS(zx_vmo_create(4096, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	for (size_t i = 0; i < TOPIC_COUNT; i++) {
		const struct topic *t = &topics[i];
		zx_handle_t bare = handle_for(t, vmo, ZX_RIGHT_NONE);

		EXPECT_STATUS(zx_object_get_info(0, t->topic, NULL, 0, NULL, NULL),
			      ZX_ERR_BAD_HANDLE);
		if (t->type != ANY)
			EXPECT_STATUS(zx_object_get_info(event, t->topic, NULL, 0, NULL, NULL),
				      ZX_ERR_WRONG_TYPE);
		EXPECT_STATUS(zx_object_get_info(bare, t->topic, records, sizeof(records), NULL,
						 NULL), t->right ? ZX_ERR_ACCESS_DENIED : ZX_OK);
		zx_handle_close(bare);
	}
	EXPECT_STATUS(zx_object_get_info(event, ZX_INFO_HANDLE_VALID, NULL, 9, NULL, NULL), ZX_OK);
	zx_handle_close(event);
	zx_handle_close(vmo);
	EXPECT_STATUS(zx_object_get_info(vmo, ZX_INFO_HANDLE_VALID, NULL, 9, NULL, NULL),
		      ZX_ERR_BAD_HANDLE);
}

static void check_record_topic(const struct topic *t, zx_handle_t handle)
{
	size_t actual = 77, avail = 77;

	EXPECT_STATUS(zx_object_get_info(handle, t->topic, records, t->record_bytes - 1, &actual,
					 &avail), ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_EQ(actual, 0);
	EXPECT_EQ(avail, 1);
	EXPECT_STATUS(zx_object_get_info(handle, t->topic, NULL, 0, NULL, NULL),
		      ZX_ERR_BUFFER_TOO_SMALL);
	/* The counts are told before that, so theirs is the first error. */
	EXPECT_STATUS(zx_object_get_info(handle, t->topic, NULL, 0, (size_t *)8, NULL),
		      ZX_ERR_INVALID_ARGS);
	memset(records, 0xee, sizeof(records));
	EXPECT_STATUS(zx_object_get_info(handle, t->topic, records, sizeof(records), &actual,
					 &avail), ZX_OK);
	EXPECT_EQ(actual, 1);
	EXPECT_EQ(avail, 1);
	/* One record, and no byte behind it. */
	EXPECT_EQ(records[t->record_bytes], 0xee);
}

static void check_array_topic(const struct topic *t, zx_handle_t handle)
{
	size_t actual = 77, avail = 77, all;

	EXPECT_STATUS(zx_object_get_info(handle, t->topic, NULL, 0, &actual, &avail), ZX_OK);
	EXPECT_EQ(actual, 0);
	all = avail;
	EXPECT_STATUS(zx_object_get_info(handle, t->topic, records, t->record_bytes - 1, &actual,
					 &avail), ZX_OK);
	EXPECT_EQ(actual, 0);
	EXPECT_EQ(avail, all);
	if (all == 0)
		return;
	memset(records, 0xee, sizeof(records));
	EXPECT_STATUS(zx_object_get_info(handle, t->topic, records, 2 * t->record_bytes - 1,
					 &actual, &avail), ZX_OK);
	EXPECT_EQ(actual, 1);
	EXPECT_EQ(avail, all);
	EXPECT_EQ(records[t->record_bytes], 0xee);
	EXPECT_STATUS(zx_object_get_info(handle, t->topic, (void *)8, t->record_bytes, NULL, NULL),
		      ZX_ERR_INVALID_ARGS);
}

JX_TEST(object_info_buffers)
{
	zx_handle_t vmo = 0;

	ASSERT_STATUS(zx_vmo_create(4096, 0, &vmo), ZX_OK);
	for (size_t i = 0; i < TOPIC_COUNT; i++) {
		zx_handle_t handle = handle_for(&topics[i], vmo, ZX_RIGHT_SAME_RIGHTS);

		if (topics[i].is_array)
			check_array_topic(&topics[i], handle);
		else
			check_record_topic(&topics[i], handle);
		EXPECT_STATUS(zx_object_get_info(handle, topics[i].topic, (void *)8,
						 sizeof(records), NULL, NULL),
			      topics[i].topic == ZX_INFO_JOB_CHILDREN ? ZX_OK :
			      ZX_ERR_INVALID_ARGS);
		zx_handle_close(handle);
	}
	zx_handle_close(vmo);
}

/* 3.3: what a dead process and its threads still tell. */
JX_TEST(object_info_of_the_dead)
{
	zx_handle_t image = task_image();
	struct task_child child;
	size_t actual = 7, avail = 7;
	zx_info_vmar_t before, after;
	int64_t code;

	ASSERT_TRUE(task_child_create(&child, image));
	EXPECT_STATUS(zx_object_get_info(child.vmar, ZX_INFO_VMAR, &before, sizeof(before), NULL,
					 NULL), ZX_OK);
	/* It starts and faults: nothing is mapped at 0. */
	ASSERT_TRUE(task_child_start(&child, (task_entry)0, 0));
	EXPECT_TRUE(task_child_await(&child, &code));
	EXPECT_EQ(code, ZX_TASK_RETCODE_EXCEPTION_KILL);
	EXPECT_TRUE(task_process_info(child.process).started);
	EXPECT_STATUS(zx_object_get_info(child.process, ZX_INFO_PROCESS_THREADS, NULL, 0, &actual,
					 &avail), ZX_OK);
	EXPECT_EQ(avail, 0);
	EXPECT_STATUS(zx_object_get_info(child.process, ZX_INFO_PROCESS_MAPS, NULL, 0, &actual,
					 &avail), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_object_get_info(child.vmar, ZX_INFO_VMAR, &after, sizeof(after), NULL,
					 NULL), ZX_OK);
	EXPECT_TRUE(memcmp(&before, &after, sizeof(before)) == 0);
	task_child_drop(&child);
	zx_handle_close(image);
}

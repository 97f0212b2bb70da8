/* Console, log, clocks, features, counters (tasks.md 15-17). */
#include <string.h>

#include <jx/ktap.h>
#include <jx/runtime.h>
#include <zircon/features.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/log.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/system.h>

#define BAD_POINTER ((void *)8)

/* The newest records of the log, until one has these bytes. */
static bool find_record(zx_handle_t log, const char *text, zx_log_record_t *head)
{
	union {
		zx_log_record_t head;
		char bytes[ZX_LOG_RECORD_MAX];
	} record;
	zx_status_t status;
	bool found = false;

	while ((status = zx_debuglog_read(log, 0, &record, sizeof(record))) > 0) {
		EXPECT_EQ(status, 32 + record.head.datalen);
		if (record.head.datalen == strlen(text) &&
		    memcmp(record.head.data, text, strlen(text)) == 0) {
			found = true;
			*head = record.head;
		}
	}
	EXPECT_STATUS(status, ZX_ERR_SHOULD_WAIT);
	return found;
}

JX_TEST(debuglog_write_then_read)
{
	zx_info_handle_basic_t self;
	zx_log_record_t head = { 0 };
	zx_handle_t reader = 0, writer = 0;
	zx_time_t before = zx_clock_get_monotonic();

	ASSERT_STATUS(zx_debuglog_create(jx_startup_handle(PA_RESOURCE), ZX_LOG_FLAG_READABLE,
					   &reader), ZX_OK);
	ASSERT_STATUS(zx_debuglog_create(jx_startup_handle(PA_RESOURCE), 0, &writer), ZX_OK);
	EXPECT_STATUS(zx_object_wait_one(reader, ZX_LOG_READABLE, 0, NULL), ZX_OK);
	EXPECT_STATUS(zx_debuglog_write(writer, 0, "a test was here", 15), ZX_OK);
	EXPECT_TRUE(find_record(reader, "a test was here", &head));
	ASSERT_STATUS(zx_object_get_info(zx_process_self(), ZX_INFO_HANDLE_BASIC, &self,
					 sizeof(self), NULL, NULL), ZX_OK);
	EXPECT_EQ(head.pid, self.koid);
	EXPECT_TRUE(head.timestamp >= before && head.timestamp <= zx_clock_get_monotonic());
	EXPECT_STATUS(zx_debuglog_write(writer, 0, "one more", 8), ZX_OK);
	EXPECT_STATUS(zx_object_wait_one(reader, ZX_LOG_READABLE, ZX_TIME_INFINITE, NULL), ZX_OK);
	EXPECT_TRUE(find_record(reader, "one more", &head));
	zx_handle_close(reader);
	zx_handle_close(writer);
}

JX_TEST(debuglog_errors_in_order)
{
	zx_handle_t root = jx_startup_handle(PA_RESOURCE);
	zx_handle_t log = 0;
	char text[300];

	memset(text, '.', sizeof(text));
	EXPECT_STATUS(zx_debuglog_create(3, 1, &log), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_debuglog_create(zx_process_self(), 1, &log), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_debuglog_create(root, 1, &log), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_debuglog_create(root, 0, NULL), ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_debuglog_create(root, 0, &log), ZX_OK);
	EXPECT_STATUS(zx_debuglog_write(0, 1, text, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_debuglog_write(0, 0, text, 1), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_debuglog_write(log, 0, BAD_POINTER, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_debuglog_read(log, 1, text, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_debuglog_read(log, 0, text, 1), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(log);
}

JX_TEST(debug_calls)
{
	EXPECT_STATUS(zx_debug_write(NULL, 0), ZX_OK);
	EXPECT_STATUS(zx_debug_write(BAD_POINTER, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_debug_read(0, NULL, 0, NULL), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_debug_read(zx_job_default(), NULL, 0, NULL), ZX_ERR_WRONG_TYPE);
}

JX_TEST(clock_get_ids)
{
	zx_time_t now = 0, thread = 0;

	EXPECT_STATUS(zx_clock_get(ZX_CLOCK_MONOTONIC, &now), ZX_OK);
	EXPECT_TRUE(now > 0 && now <= zx_clock_get_monotonic());
	EXPECT_STATUS(zx_clock_get(ZX_CLOCK_THREAD, &thread),
		      jx_era() == JX_ERA_2020 ? ZX_OK : ZX_ERR_INVALID_ARGS);
	if (jx_era() == JX_ERA_2020)
		EXPECT_TRUE(thread > 0 && thread <= zx_clock_get_monotonic());
	EXPECT_STATUS(zx_clock_get(9, &now), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_clock_get(ZX_CLOCK_MONOTONIC, NULL), ZX_ERR_INVALID_ARGS);
}

JX_TEST(system_features_and_power)
{
	uint32_t features = 0;

	EXPECT_STATUS(zx_system_get_features(ZX_FEATURE_KIND_CPU, &features), ZX_OK);
	EXPECT_TRUE((features & ZX_HAS_CPU_FEATURES) != 0);
	EXPECT_STATUS(zx_system_get_features(ZX_FEATURE_KIND_HW_BREAKPOINT_COUNT, &features),
		      ZX_OK);
	EXPECT_STATUS(zx_system_get_features(99, &features), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_system_get_features(ZX_FEATURE_KIND_CPU, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_system_powerctl(0, ZX_SYSTEM_POWERCTL_SHUTDOWN, NULL), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_system_powerctl(zx_job_default(), ZX_SYSTEM_POWERCTL_SHUTDOWN, NULL),
		      ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_system_powerctl(jx_startup_handle(PA_RESOURCE), 77, NULL),
		      ZX_ERR_INVALID_ARGS);
}

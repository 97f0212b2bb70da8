/* Log, console, entropy, features: spec/tasks.md 15 and 16. */
#include <string.h>

#include <jx/runtime.h>
#include <zircon/features.h>
#include <zircon/jx.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls/log.h>

#include "pair_util.h"

static zx_handle_t root(void)
{
	return jx_startup_handle(PA_RESOURCE);
}

static zx_handle_t make_log(uint32_t options)
{
	zx_handle_t log = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_debuglog_create(root(), options, &log), ZX_OK);
	return log;
}

/* Reads all that there is; true if the last record is this text of ours. */
static bool newest_is(zx_handle_t log, const char *text, size_t bytes, zx_log_record_t *head)
{
	union {
		zx_log_record_t head;
		char bytes[ZX_LOG_RECORD_MAX];
	} r;
	bool found = false;

	while (zx_debuglog_read(log, 0, &r, sizeof(r)) > 0) {
		if (r.head.datalen != bytes || memcmp(r.head.data, text, bytes) != 0)
			continue;
		*head = r.head;
		found = true;
	}
	return found;
}

JX_TEST_OF_2020(tasks_15_c1_no_resource_is_fine)
{
	zx_handle_t log = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_debuglog_create(ZX_HANDLE_INVALID, 0, &log), ZX_OK);
	EXPECT_EQ(conf_rights(log), ZX_DEFAULT_LOG_RIGHTS);
	zx_handle_close(log);
}

JX_TEST_OF_LATEST(tasks_15_c1_a_resource_is_wanted)
{
	zx_handle_t log = 7;

	EXPECT_STATUS(zx_debuglog_create(ZX_HANDLE_INVALID, 1, &log), ZX_ERR_BAD_HANDLE);
	EXPECT_EQ(log, 7);
}

JX_TEST(tasks_15_c2_write)
{
	zx_handle_t log = make_log(0), bare = vm_dup(log, ZX_RIGHT_WAIT);
	zx_handle_t event = pair_make_event();

	EXPECT_STATUS(zx_debuglog_write(0, 1, PAIR_BAD_POINTER, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_debuglog_write(0, 0, PAIR_BAD_POINTER, 1), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_debuglog_write(event, 0, PAIR_BAD_POINTER, 1), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_debuglog_write(bare, 0, PAIR_BAD_POINTER, 1), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_debuglog_write(log, 0, PAIR_BAD_POINTER, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_debuglog_write(log, ZX_LOG_LOCAL, "checks of the log", 17), ZX_OK);
	zx_handle_close(event);
	zx_handle_close(bare);
	zx_handle_close(log);
}

JX_TEST(tasks_15_c3_read)
{
	zx_handle_t log = make_log(ZX_LOG_FLAG_READABLE), writer = make_log(0);
	zx_handle_t event = pair_make_event();
	char buffer[ZX_LOG_RECORD_MAX];

	EXPECT_STATUS(zx_debuglog_write(writer, 0, "one", 3), ZX_OK);
	EXPECT_STATUS(zx_debuglog_read(0, 1, PAIR_BAD_POINTER, 256), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_debuglog_read(0, 0, PAIR_BAD_POINTER, 256), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_debuglog_read(event, 0, PAIR_BAD_POINTER, 256), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_debuglog_read(writer, 0, PAIR_BAD_POINTER, 256), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_debuglog_read(log, 0, PAIR_BAD_POINTER, 256), ZX_ERR_INVALID_ARGS);
	while (zx_debuglog_read(log, 0, buffer, sizeof(buffer)) > 0)
		;
	EXPECT_STATUS(zx_debuglog_read(log, 0, PAIR_BAD_POINTER, 256), ZX_ERR_SHOULD_WAIT);
	zx_handle_close(event);
	zx_handle_close(writer);
	zx_handle_close(log);
}

JX_TEST(tasks_15_c6_commands)
{
	const zx_handle_t all = root();
	char text[257] = { 0 };

	EXPECT_STATUS(zx_debug_send_command(0, NULL, 257), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_debug_send_command(zx_job_default(), NULL, 257), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_debug_send_command(all, text, 257), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_debug_send_command(all, PAIR_BAD_POINTER, 8), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_debug_send_command(all, text, 256), ZX_ERR_NOT_SUPPORTED);
}

/* A record that was written before the reader was made is there. */
JX_TEST(tasks_15_r1_readable_begins_with_the_oldest)
{
	zx_handle_t writer = make_log(0), reader;
	zx_log_record_t head;

	EXPECT_EQ(conf_rights(writer), ZX_DEFAULT_LOG_RIGHTS);
	EXPECT_STATUS(zx_debuglog_write(writer, 0, "before the reader", 17), ZX_OK);
	reader = make_log(ZX_LOG_FLAG_READABLE);
	EXPECT_EQ(conf_rights(reader), ZX_DEFAULT_LOG_RIGHTS | ZX_RIGHT_READ);
	EXPECT_TRUE(newest_is(reader, "before the reader", 17, &head));
	zx_handle_close(reader);
	zx_handle_close(writer);
}

JX_TEST(tasks_15_r2_records_are_cut_and_stamped)
{
	zx_handle_t log = make_log(ZX_LOG_FLAG_READABLE);
	zx_time_t before = zx_clock_get_monotonic();
	zx_log_record_t head;
	char text[300];

	memset(text, 'x', sizeof(text));
	EXPECT_STATUS(zx_debuglog_write(log, 0, text, sizeof(text)), ZX_OK);
	ASSERT_TRUE(newest_is(log, text, 224, &head));
	EXPECT_TRUE(head.timestamp >= before && head.timestamp <= zx_clock_get_monotonic());
	EXPECT_EQ(head.pid, task_koid(zx_process_self()));
	EXPECT_EQ(head.tid, task_koid(zx_thread_self()));
	zx_handle_close(log);
}

JX_TEST(tasks_15_r3_reads_count_and_the_signal_follows)
{
	zx_handle_t log = make_log(ZX_LOG_FLAG_READABLE);
	char buffer[ZX_LOG_RECORD_MAX];
	zx_log_record_t head;

	EXPECT_STATUS(zx_debuglog_write(log, 0, "a", 1), ZX_OK);
	EXPECT_STATUS(zx_object_wait_one(log, ZX_LOG_READABLE, ZX_TIME_INFINITE, NULL), ZX_OK);
	EXPECT_EQ(zx_debuglog_read(log, 0, buffer, 8), 8);
	EXPECT_STATUS(zx_debuglog_write(log, 0, "abcde", 5), ZX_OK);
	EXPECT_TRUE(newest_is(log, "abcde", 5, &head));
	/* Other programs may write at any time: what is read empty turns unreadable
	 * unless there is more to read. */
	while (pair_signals(log) & ZX_LOG_READABLE)
		EXPECT_TRUE(zx_debuglog_read(log, 0, buffer, sizeof(buffer)) > 0);
	zx_handle_close(log);
}

JX_TEST(tasks_16_c1_entropy)
{
	char bytes[257] = { 1 };

	EXPECT_STATUS(zx_cprng_add_entropy(bytes, 257), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_cprng_add_entropy(PAIR_BAD_POINTER, 256), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_cprng_add_entropy(NULL, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_cprng_add_entropy(bytes, 256), ZX_OK);
	EXPECT_STATUS(zx_cprng_add_entropy(bytes, 0), ZX_OK);
}

static void draw_to_nowhere(uintptr_t none, uintptr_t at)
{
	(void)none;
	zx_cprng_draw((void *)at, 16);
	zx_process_exit(0);
}

JX_TEST(tasks_16_r5_bad_draws)
{
	zx_handle_t image = task_image();
	struct task_child child;
	char bytes[257];
	int64_t code;

	EXPECT_STATUS(jx_cprng_draw_once(bytes, 257), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(jx_cprng_draw_once(PAIR_BAD_POINTER, 1), ZX_ERR_INVALID_ARGS);
	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(task_child_start(&child, draw_to_nowhere, 8));
	EXPECT_TRUE(task_child_await(&child, &code));
	EXPECT_EQ(code, ZX_TASK_RETCODE_EXCEPTION_KILL);
	task_child_drop(&child);
	zx_handle_close(image);
}

/* Each field's bits of ID_AA64ISAR0_EL1 and ID_AA64PFR0_EL1 are not for programs to
 * read; but what a program runs on must have them. */
JX_TEST(tasks_16_r7_features)
{
	uint32_t isa = 0, count = 0;

	ASSERT_STATUS(zx_system_get_features(ZX_FEATURE_KIND_CPU, &isa), ZX_OK);
	EXPECT_TRUE(isa & ZX_HAS_CPU_FEATURES);
	EXPECT_TRUE(isa & ZX_ARM64_FEATURE_ISA_FP);
	EXPECT_TRUE(isa & ZX_ARM64_FEATURE_ISA_ASIMD);
	EXPECT_EQ(isa >> 18, 0);
	/* Armv8 has at least two of each, and at most 16. */
	ASSERT_STATUS(zx_system_get_features(ZX_FEATURE_KIND_HW_BREAKPOINT_COUNT, &count), ZX_OK);
	EXPECT_TRUE(count >= 2 && count <= 16);
	ASSERT_STATUS(zx_system_get_features(ZX_FEATURE_KIND_HW_WATCHPOINT_COUNT, &count), ZX_OK);
	EXPECT_TRUE(count >= 2 && count <= 16);
	EXPECT_STATUS(zx_system_get_features(3, NULL), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_system_get_features(ZX_FEATURE_KIND_CPU, NULL), ZX_ERR_INVALID_ARGS);
}

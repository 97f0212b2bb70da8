/* The debug log as a ring: slow readers lose records, writers never wait (tasks.md 15). */
#include <stdio.h>
#include <string.h>

#include <jx/ktap.h>
#include <jx/runtime.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/log.h>

union record {
	zx_log_record_t head;
	char bytes[ZX_LOG_RECORD_MAX];
};

/* The number in a record that a test wrote, or -1. */
static int number_in(const union record *r)
{
	static const char prefix[] = "ring test ";
	int number = 0;

	if (r->head.datalen <= strlen(prefix) ||
	    memcmp(r->head.data, prefix, strlen(prefix)) != 0)
		return -1;
	for (size_t i = strlen(prefix); i < r->head.datalen; i++)
		number = number * 10 + (r->head.data[i] - '0');
	return number;
}

JX_TEST(debuglog_slow_reader_loses_the_oldest)
{
	zx_handle_t root = jx_startup_handle(PA_RESOURCE);
	enum { COUNT = 600 };
	zx_handle_t slow = 0, writer = 0;
	zx_log_record_t *head;
	int last = -1, seen = 0;
	union record r;

	ASSERT_STATUS(zx_debuglog_create(root, ZX_LOG_FLAG_READABLE, &slow), ZX_OK);
	ASSERT_STATUS(zx_debuglog_create(root, 0, &writer), ZX_OK);
	head = &r.head;
	for (int i = 0; i < COUNT; i++) {
		char text[32];
		int bytes = snprintf(text, sizeof(text), "ring test %d", i);

		ASSERT_STATUS(zx_debuglog_write(writer, 0, text, (size_t)bytes), ZX_OK);
	}
	while (zx_debuglog_read(slow, 0, head, sizeof(r)) > 0) {
		int number = number_in(&r);

		if (number < 0)
			continue;
		/* The newest are there, in order, and in one piece. */
		EXPECT_TRUE(number > last);
		seen++;
		last = number;
	}
	EXPECT_EQ(last, COUNT - 1);
	EXPECT_TRUE(seen > 0 && seen <= COUNT);
	zx_handle_close(slow);
	zx_handle_close(writer);
}

/* Longer data is cut, a smaller buffer gets less of the record. */
JX_TEST(debuglog_sizes_are_cut)
{
	zx_handle_t root = jx_startup_handle(PA_RESOURCE);
	zx_handle_t log = 0;
	char text[300];
	union record r;
	zx_status_t got;

	memset(text, 'x', sizeof(text));
	ASSERT_STATUS(zx_debuglog_create(root, ZX_LOG_FLAG_READABLE, &log), ZX_OK);
	while (zx_debuglog_read(log, 0, &r, sizeof(r)) > 0)
		;
	EXPECT_STATUS(zx_debuglog_write(log, 0, text, sizeof(text)), ZX_OK);
	do
		got = zx_debuglog_read(log, 0, &r, sizeof(r));
	while (got > 0 && r.head.data[0] != 'x');
	EXPECT_EQ(got, ZX_LOG_RECORD_MAX);
	EXPECT_EQ(r.head.datalen, ZX_LOG_RECORD_DATA_MAX);
	EXPECT_STATUS(zx_debuglog_write(log, 0, text, 5), ZX_OK);
	EXPECT_EQ(zx_debuglog_read(log, 0, &r, 34), 34);
	zx_handle_close(log);
}

/* Messages that are gathered from many buffers: spec/tasks.md 12.3, 12.4, 12.6. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "pair_util.h"

#define MOST ZX_CHANNEL_MAX_MSG_IOVECS
#define BYTES ZX_CHANNEL_MAX_MSG_BYTES

static uint8_t source[BYTES + 1], back[BYTES];
static zx_channel_iovec_t vectors[MOST + 1];

static void fill_source(void)
{
	for (size_t i = 0; i < sizeof(source); i++)
		source[i] = (uint8_t)(i * 7 + i / 256);
}

static zx_status_t gather(zx_handle_t channel, const zx_channel_iovec_t *v, uint32_t count)
{
	return zx_channel_write(channel, ZX_CHANNEL_WRITE_USE_IOVEC, v, count, NULL, 0);
}

/* The next message has this many bytes; they are in `back`. */
static bool received(zx_handle_t channel, uint32_t wanted)
{
	uint32_t bytes = 0;

	memset(back, 0xee, sizeof(back));
	return EXPECT_STATUS(zx_channel_read(channel, 0, back, NULL, sizeof(back), 0, &bytes, NULL),
			     ZX_OK) && EXPECT_EQ(bytes, wanted);
}

/* `count` vectors over the source, of `each` bytes. */
static void cut_source(uint32_t count, uint32_t each)
{
	for (uint32_t i = 0; i < count; i++)
		vectors[i] = (zx_channel_iovec_t){ source + (size_t)i * each, each, 0 };
}

JX_TEST_OF_2020(tasks_12_3_c8_no_vectors)
{
	struct pair p = pair_channel();
	const zx_channel_iovec_t v = { source, 4, 0 };
	zx_handle_t h = pair_make_event();

	EXPECT_STATUS(zx_channel_write(p.a, ZX_CHANNEL_WRITE_USE_IOVEC, &v, 1, &h, 1),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(pair_valid(h), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_channel_write_etc(p.a, ZX_CHANNEL_WRITE_USE_IOVEC, &v, 1, NULL, 0),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE);
	pair_close(p);
}

JX_TEST_OF_LATEST(tasks_12_3_c9_options)
{
	static const uint32_t bad[] = { 1, 3, 4, 6, 0x80000002u };
	struct pair p = pair_channel();
	const zx_channel_iovec_t v = { source, 4, 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		zx_handle_t h = pair_make_event();

		EXPECT_STATUS(zx_channel_write(0, bad[i], &v, 1, &h, 1), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(pair_valid(h), ZX_ERR_BAD_HANDLE);
	}
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE);
	pair_close(p);
}

/* The handle's checks come first, the counts before the array is read. */
JX_TEST_OF_LATEST(tasks_12_3_c10_counts)
{
	struct pair p = pair_channel();

	memset(vectors, 0, sizeof(vectors));
	EXPECT_STATUS(gather(0, PAIR_BAD_POINTER, MOST + 1), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(gather(p.a, PAIR_BAD_POINTER, MOST + 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(gather(p.a, vectors, UINT32_MAX), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_channel_write(p.a, ZX_CHANNEL_WRITE_USE_IOVEC, PAIR_BAD_POINTER, 1, NULL,
				       65), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE);
	EXPECT_STATUS(gather(p.a, vectors, MOST), ZX_OK);
	EXPECT_TRUE(received(p.b, 0));
	pair_close(p);
}

JX_TEST_OF_LATEST(tasks_12_3_c10_bytes_in_all)
{
	struct pair p = pair_channel();

	fill_source();
	cut_source(1, BYTES + 1);
	EXPECT_STATUS(gather(p.a, vectors, 1), ZX_ERR_OUT_OF_RANGE);
	cut_source(MOST, BYTES / MOST);
	vectors[MOST - 1].capacity++;
	EXPECT_STATUS(gather(p.a, vectors, MOST), ZX_ERR_OUT_OF_RANGE);
	/* A sum that wraps is no small one. */
	cut_source(2, 0);
	vectors[0].capacity = 0x80000000u;
	vectors[1].capacity = 0x80000000u;
	EXPECT_STATUS(gather(p.a, vectors, 2), ZX_ERR_OUT_OF_RANGE);
	vectors[0].capacity = 16;
	vectors[1].capacity = UINT32_MAX;
	EXPECT_STATUS(gather(p.a, vectors, 2), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE);
	pair_close(p);
}

/* Which of two faults decides: elements in order, buffers behind all of them. */
JX_TEST_OF_LATEST(tasks_12_3_c11_bad_elements)
{
	struct pair p = pair_channel();

	EXPECT_STATUS(gather(p.a, NULL, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(gather(p.a, PAIR_BAD_POINTER, MOST), ZX_ERR_INVALID_ARGS);
	for (uint32_t bad = 0; bad < 40; bad += 13) {
		cut_source(40, 4);
		vectors[bad].reserved = 1;
		EXPECT_STATUS(gather(p.a, vectors, 40), ZX_ERR_INVALID_ARGS);
		cut_source(40, 4);
		vectors[bad].buffer = bad % 2 ? NULL : PAIR_BAD_POINTER;
		EXPECT_STATUS(gather(p.a, vectors, 40), ZX_ERR_INVALID_ARGS);
		vectors[39].capacity = BYTES;
		EXPECT_STATUS(gather(p.a, vectors, 40), ZX_ERR_OUT_OF_RANGE);
	}
	cut_source(2, 4);
	vectors[0].reserved = 0x80000000u;
	vectors[1].capacity = BYTES;
	EXPECT_STATUS(gather(p.a, vectors, 2), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE);
	pair_close(p);
}

/* An array, and a buffer, of which the end is not mapped. */
JX_TEST_OF_LATEST(tasks_12_3_c11_ends_that_are_not_mapped)
{
	struct pair p = pair_channel();
	struct vm_area area;
	zx_channel_iovec_t *v;

	ASSERT_TRUE(vm_area_make(&area, 2));
	ASSERT_STATUS(vm_area_map(&area, VM_RW, 0, 0, 1), ZX_OK);
	cut_source(1, 4);
	v = (zx_channel_iovec_t *)(vm_at(&area, 1) - 20 * sizeof(*v));
	for (int i = 0; i < 20; i++)
		v[i] = vectors[0];
	EXPECT_STATUS(gather(p.a, v, 21), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(gather(p.a, v, 20), ZX_OK);
	EXPECT_TRUE(received(p.b, 80));
	vectors[0].buffer = (void *)(vm_at(&area, 1) - 3);
	EXPECT_STATUS(gather(p.a, vectors, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE);
	vm_area_drop(&area);
	pair_close(p);
}

JX_TEST_OF_LATEST(tasks_12_3_r6_whole_messages)
{
	static const struct { uint32_t count, each; } cuts[] = {
		{ 1, BYTES }, { 2, BYTES / 2 }, { MOST, BYTES / MOST }, { 16, 5 }, { 17, 301 },
		{ 1000, 1 },
	};
	struct pair p = pair_channel();

	fill_source();
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		uint32_t bytes = cuts[i].count * cuts[i].each;

		cut_source(cuts[i].count, cuts[i].each);
		EXPECT_STATUS(gather(p.a, vectors, cuts[i].count), ZX_OK);
		EXPECT_TRUE(received(p.b, bytes));
		EXPECT_EQ(memcmp(back, source, bytes), 0);
	}
	pair_close(p);
}

JX_TEST_OF_LATEST(tasks_12_3_r6_empty_buffers)
{
	struct pair p = pair_channel();
	const zx_channel_iovec_t v[] = {
		{ NULL, 0, 0 }, { "ab", 2, 0 }, { PAIR_BAD_POINTER, 0, 0 }, { "c", 1, 0 },
		{ (void *)~0ul, 0, 0 },
	};

	EXPECT_STATUS(gather(p.a, v, 5), ZX_OK);
	EXPECT_TRUE(received(p.b, 3));
	EXPECT_EQ(memcmp(back, "abc", 3), 0);
	EXPECT_STATUS(gather(p.a, v, 1), ZX_OK);
	EXPECT_TRUE(received(p.b, 0));
	EXPECT_STATUS(gather(p.a, NULL, 0), ZX_OK);
	EXPECT_TRUE(received(p.b, 0));
	pair_close(p);
}

#define WRITE(channel, v, count) \
	zx_channel_write(channel, ZX_CHANNEL_WRITE_USE_IOVEC, v, count, &h, 1)

JX_TEST_OF_LATEST(tasks_12_3_r7_handles_are_consumed)
{
	struct pair p = pair_channel();
	zx_handle_t h, got = 0;

	cut_source(2, 4);
	PAIR_EXPECT_CONSUMES(h, WRITE(0, vectors, 2), ZX_ERR_BAD_HANDLE);
	PAIR_EXPECT_CONSUMES(h, WRITE(p.a, vectors, MOST + 1), ZX_ERR_OUT_OF_RANGE);
	PAIR_EXPECT_CONSUMES(h, WRITE(p.a, PAIR_BAD_POINTER, 2), ZX_ERR_INVALID_ARGS);
	vectors[1].capacity = BYTES;
	PAIR_EXPECT_CONSUMES(h, WRITE(p.a, vectors, 2), ZX_ERR_OUT_OF_RANGE);
	vectors[1].reserved = 1;
	PAIR_EXPECT_CONSUMES(h, WRITE(p.a, vectors, 2), ZX_ERR_INVALID_ARGS);
	vectors[1] = (zx_channel_iovec_t){ PAIR_BAD_POINTER, 1, 0 };
	PAIR_EXPECT_CONSUMES(h, WRITE(p.a, vectors, 2), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE);
	PAIR_EXPECT_CONSUMES(h, WRITE(p.a, vectors, 1), ZX_OK);
	EXPECT_STATUS(zx_channel_read(p.b, 0, back, &got, sizeof(back), 1, NULL, NULL), ZX_OK);
	EXPECT_STATUS(zx_handle_close(got), ZX_OK);
	zx_handle_close(p.b);
	PAIR_EXPECT_CONSUMES(h, WRITE(p.a, vectors, 1), ZX_ERR_PEER_CLOSED);
	zx_handle_close(p.a);
}

JX_TEST_OF_LATEST(tasks_12_3_r7_write_etc)
{
	struct pair p = pair_channel();
	const zx_channel_iovec_t v[2] = { { "key", 3, 0 }, { "word", 5, 0 } };
	const zx_channel_iovec_t bad = { "key", 3, 1 };
	zx_handle_disposition_t d = { ZX_HANDLE_OP_MOVE, pair_make_event(), ZX_OBJ_TYPE_NONE,
				      ZX_RIGHT_SAME_RIGHTS, ZX_OK };
	zx_handle_t got = 0;

	EXPECT_STATUS(zx_channel_write_etc(p.a, ZX_CHANNEL_WRITE_USE_IOVEC, &bad, 1, &d, 1),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(pair_valid(d.handle), ZX_ERR_BAD_HANDLE);
	d.handle = pair_make_event();
	EXPECT_STATUS(zx_channel_write_etc(p.a, ZX_CHANNEL_WRITE_USE_IOVEC, v, 2, &d, 1), ZX_OK);
	EXPECT_STATUS(zx_channel_read(p.b, 0, back, &got, sizeof(back), 1, NULL, NULL), ZX_OK);
	EXPECT_EQ(memcmp(back, "keyword", 8), 0);
	EXPECT_STATUS(zx_handle_close(got), ZX_OK);
	pair_close(p);
}

/* Lengths that change all the time, from 0 to 64 KiB in all. */
#define CHANGED 64

static int change_vectors(void *arg)
{
	atomic_bool *stop = arg;

	for (uint32_t turn = 0; !atomic_load(stop); turn++)
		for (int i = 0; i < CHANGED; i++)
			*(volatile uint32_t *)&vectors[i].capacity = (turn + i) % 1025;
	return 0;
}

JX_TEST_OF_LATEST(tasks_12_3_r8_an_array_that_changes)
{
	struct pair p = pair_channel();
	struct jx_thread thread;
	atomic_bool stop = false;
	uint32_t bytes;

	memset(source, 0x5a, sizeof(source));
	cut_source(CHANGED, 0);
	ASSERT_STATUS(jx_thread_create(&thread, "changer", change_vectors, &stop), ZX_OK);
	for (int turn = 0; turn < 300; turn++) {
		zx_status_t status = gather(p.a, vectors, CHANGED);

		ASSERT_STATUS(status, ZX_OK);
		ASSERT_STATUS(zx_channel_read(p.b, 0, back, NULL, BYTES, 0, &bytes, NULL), ZX_OK);
		ASSERT_EQ(memcmp(back, source, bytes), 0);
	}
	atomic_store(&stop, true);
	EXPECT_STATUS(jx_thread_join(&thread, NULL), ZX_OK);
	pair_close(p);
}

/* --- Calls ------------------------------------------------------------------ */

static zx_status_t call(zx_handle_t channel, const zx_channel_iovec_t *v, uint32_t count,
			zx_handle_t *handle)
{
	uint32_t reply[2] = { 0, 0 }, bytes, handles;
	const zx_channel_call_args_t args = {
		.wr_bytes = v,
		.wr_num_bytes = count,
		.wr_handles = handle,
		.wr_num_handles = handle ? 1 : 0,
		.rd_bytes = reply,
		.rd_num_bytes = sizeof(reply),
	};
	zx_status_t status = zx_channel_call(channel, ZX_CHANNEL_WRITE_USE_IOVEC, ZX_TIME_INFINITE,
					     &args, &bytes, &handles);

	if (status == ZX_OK)
		EXPECT_EQ(reply[1], 77);
	return status;
}

/* Answers one message of an id and "question" with its id and 77. */
static int serve(void *arg)
{
	zx_handle_t end = *(zx_handle_t *)arg;
	uint32_t message[3] = { 0 }, bytes = 0;

	EXPECT_STATUS(zx_object_wait_one(end, ZX_CHANNEL_READABLE, ZX_TIME_INFINITE, NULL), ZX_OK);
	EXPECT_STATUS(zx_channel_read(end, 0, message, NULL, sizeof(message), 0, &bytes, NULL),
		      ZX_OK);
	EXPECT_EQ(bytes, 12);
	EXPECT_EQ(memcmp(&message[1], "question", 8), 0);
	message[1] = 77;
	return zx_channel_write(end, 0, message, 8, NULL, 0);
}

JX_TEST_OF_LATEST(tasks_12_6_c11_gathered_call)
{
	struct pair p = pair_channel();
	/* The id lies in two buffers, and stays as it is. */
	const uint8_t id[4] = { 1, 2, 3, 4 };
	const zx_channel_iovec_t v[4] = { { id, 1, 0 }, { id + 1, 3, 0 }, { "ques", 4, 0 },
					  { "tion", 4, 0 } };
	struct jx_thread thread;

	ASSERT_STATUS(jx_thread_create(&thread, "server", serve, &p.b), ZX_OK);
	EXPECT_STATUS(call(p.a, v, 4, NULL), ZX_OK);
	EXPECT_STATUS(jx_thread_join(&thread, NULL), ZX_OK);
	EXPECT_EQ(memcmp(id, "\1\2\3\4", 4), 0);
	pair_close(p);
}

JX_TEST_OF_LATEST(tasks_12_6_c11_too_short_in_all)
{
	struct pair p = pair_channel();
	zx_channel_iovec_t v[4] = { { "abc", 3, 0 }, { NULL, 0, 0 }, { NULL, 0, 0 },
				    { NULL, 0, 0 } };
	zx_handle_t h;

	PAIR_EXPECT_CONSUMES(h, call(p.a, NULL, 0, &h), ZX_ERR_INVALID_ARGS);
	PAIR_EXPECT_CONSUMES(h, call(p.a, v, 4, &h), ZX_ERR_INVALID_ARGS);
	v[3].capacity = BYTES;
	PAIR_EXPECT_CONSUMES(h, call(p.a, v, 4, &h), ZX_ERR_OUT_OF_RANGE);
	PAIR_EXPECT_CONSUMES(h, call(p.a, v, MOST + 1, &h), ZX_ERR_OUT_OF_RANGE);
	PAIR_EXPECT_CONSUMES(h, call(0, v, 4, &h), ZX_ERR_BAD_HANDLE);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE);
	pair_close(p);
}

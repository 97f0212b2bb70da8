/* Channels: making, writing, write_etc (spec/tasks.md 12.1 to 12.4). */
#include <stdlib.h>
#include <string.h>

#include "pair_util.h"

JX_TEST(tasks_12_2_c1_options)
{
	zx_handle_t out[2] = { 7, 8 };

	EXPECT_STATUS(zx_channel_create(1, &out[0], &out[1]), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(out[0], 7);
	EXPECT_EQ(out[1], 8);
}

JX_TEST(tasks_12_2_c3_outs_that_cannot_be_written)
{
	zx_handle_t out;

	EXPECT_STATUS(zx_channel_create(0, NULL, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_channel_create(0, &out, PAIR_BAD_POINTER), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(pair_valid(out), ZX_ERR_BAD_HANDLE);
}

JX_TEST(tasks_12_1_r1_signals)
{
	struct pair p = pair_channel();

	EXPECT_EQ(pair_signals(p.a), ZX_CHANNEL_WRITABLE);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE);
	EXPECT_STATUS(pair_send(p.a, 1, 0), ZX_OK);
	EXPECT_STATUS(pair_send(p.a, 2, 0), ZX_OK);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE | ZX_CHANNEL_READABLE);
	EXPECT_EQ(pair_signals(p.a), ZX_CHANNEL_WRITABLE);
	pair_expect(p.b, 1);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE | ZX_CHANNEL_READABLE);
	zx_handle_close(p.a);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_PEER_CLOSED | ZX_CHANNEL_READABLE);
	pair_expect(p.b, 2);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_PEER_CLOSED);
	EXPECT_STATUS(zx_object_signal(p.b, ZX_CHANNEL_PEER_CLOSED, 0), ZX_ERR_INVALID_ARGS);
	zx_handle_close(p.b);
}

JX_TEST(tasks_12_3_r1_handles_are_consumed_by_any_result)
{
	struct pair p = pair_channel();
	zx_handle_t bare = vm_dup(zx_job_default(), ZX_RIGHT_NONE), h;

	PAIR_EXPECT_CONSUMES(h, zx_channel_write(p.a, 1, NULL, 0, &h, 1), ZX_ERR_INVALID_ARGS);
	PAIR_EXPECT_CONSUMES(h, zx_channel_write(0, 0, NULL, 0, &h, 1), ZX_ERR_BAD_HANDLE);
	PAIR_EXPECT_CONSUMES(h, zx_channel_write(bare, 0, NULL, 0, &h, 1), ZX_ERR_WRONG_TYPE);
	PAIR_EXPECT_CONSUMES(h, zx_channel_write(p.a, 0, NULL, ZX_CHANNEL_MAX_MSG_BYTES + 1, &h, 1),
			     ZX_ERR_OUT_OF_RANGE);
	PAIR_EXPECT_CONSUMES(h, zx_channel_write(p.a, 0, PAIR_BAD_POINTER, 4, &h, 1),
			     ZX_ERR_INVALID_ARGS);
	zx_handle_close(p.b);
	PAIR_EXPECT_CONSUMES(h, zx_channel_write(p.a, 0, NULL, 0, &h, 1), ZX_ERR_PEER_CLOSED);
	zx_handle_close(p.a);
	zx_handle_close(bare);
}

JX_TEST(tasks_12_3_c2_lookup)
{
	struct pair p = pair_channel();
	zx_handle_t reader;

	EXPECT_STATUS(zx_channel_write(0, 0, NULL, ZX_CHANNEL_MAX_MSG_BYTES + 1, NULL, 0),
		      ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_channel_write(zx_process_self(), 0, NULL, 0, NULL, 0), ZX_ERR_WRONG_TYPE);
	ASSERT_STATUS(zx_handle_replace(p.a, ZX_RIGHT_READ, &reader), ZX_OK);
	EXPECT_STATUS(zx_channel_write(reader, 0, NULL, 0, NULL, 0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(reader);
	zx_handle_close(p.b);
}

JX_TEST(tasks_12_3_c3_limits)
{
	static uint8_t bytes[ZX_CHANNEL_MAX_MSG_BYTES + 1], back[ZX_CHANNEL_MAX_MSG_BYTES];
	zx_handle_t handles[ZX_CHANNEL_MAX_MSG_HANDLES + 1], got[ZX_CHANNEL_MAX_MSG_HANDLES];
	struct pair p = pair_channel();
	uint32_t n_bytes = 0, n_handles = 0;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	for (int i = 0; i <= 64; i++)
		handles[i] = pair_make_event();
	EXPECT_STATUS(zx_channel_write(p.a, 0, bytes, sizeof(bytes), NULL, 0),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_channel_write(p.a, 0, bytes, 4, handles, 65), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(pair_valid(handles[64]), ZX_ERR_BAD_HANDLE);
	for (int i = 0; i < 64; i++)
		handles[i] = pair_make_event();
	EXPECT_STATUS(zx_channel_write(p.a, 0, bytes, sizeof(back), handles, 64), ZX_OK);
	EXPECT_STATUS(zx_channel_read(p.b, 0, back, got, sizeof(back), 64, &n_bytes, &n_handles),
		      ZX_OK);
	EXPECT_EQ(n_bytes, sizeof(back));
	EXPECT_EQ(n_handles, 64);
	EXPECT_EQ(memcmp(bytes, back, sizeof(back)), 0);
	for (int i = 0; i < 64; i++)
		EXPECT_STATUS(zx_handle_close(got[i]), ZX_OK);
	pair_close(p);
}

JX_TEST(tasks_12_3_c4_bad_bytes)
{
	struct pair p = pair_channel();
	uint32_t word = 1;

	EXPECT_STATUS(zx_channel_write(p.a, 0, NULL, 1, NULL, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_channel_write(p.a, 0, &word, 4, NULL, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_channel_write(p.a, 0, &word, 4, PAIR_BAD_POINTER, 64),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE);
	pair_close(p);
}

JX_TEST(tasks_12_3_c5_unreadable_handles)
{
	struct pair p = pair_channel();
	uint32_t word = 1;

	EXPECT_STATUS(zx_channel_write(p.a, 0, &word, 4, PAIR_BAD_POINTER, 2),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE);
	pair_close(p);
}

JX_TEST(tasks_12_3_c6_elements)
{
	struct pair p = pair_channel();
	zx_handle_t two[2], three[3];

	two[0] = pair_make_event();
	two[1] = two[0];
	EXPECT_STATUS(zx_channel_write(p.a, 0, NULL, 0, two, 2), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(pair_valid(two[0]), ZX_ERR_BAD_HANDLE);
	/* The first failure decides; what follows goes too. */
	three[0] = vm_dup(zx_job_default(), ZX_RIGHT_DUPLICATE);
	three[1] = 0;
	three[2] = pair_make_event();
	EXPECT_STATUS(zx_channel_write(p.a, 0, NULL, 0, three, 3), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(pair_valid(three[0]), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(pair_valid(three[2]), ZX_ERR_BAD_HANDLE);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE);
	pair_close(p);
}

JX_TEST(tasks_12_3_c6_the_end_itself)
{
	struct pair p = pair_channel();

	EXPECT_STATUS(zx_channel_write(p.a, 0, NULL, 0, &p.a, 1), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(pair_valid(p.a), ZX_ERR_BAD_HANDLE);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_PEER_CLOSED);
	zx_handle_close(p.b);
}

JX_TEST(tasks_12_3_c7_peer_closed)
{
	struct pair p = pair_channel();
	zx_handle_t bad = 0;

	zx_handle_close(p.b);
	EXPECT_STATUS(zx_channel_write(p.a, 0, NULL, 0, &bad, 1), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(pair_send(p.a, 1, 0), ZX_ERR_PEER_CLOSED);
	zx_handle_close(p.a);
}

JX_TEST(tasks_12_3_r2_empty_messages)
{
	struct pair p = pair_channel();
	uint32_t bytes = 9, handles = 9;

	EXPECT_STATUS(zx_channel_write(p.a, 0, NULL, 0, NULL, 0), ZX_OK);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE | ZX_CHANNEL_READABLE);
	EXPECT_STATUS(zx_channel_read(p.b, 0, NULL, NULL, 0, 0, &bytes, &handles), ZX_OK);
	EXPECT_EQ(bytes, 0);
	EXPECT_EQ(handles, 0);
	pair_close(p);
}

JX_TEST(tasks_12_3_r3_the_peer_may_be_sent)
{
	struct pair p = pair_channel();
	zx_handle_t got;
	uint32_t word;

	/* Through itself, and out again on the way through another channel. */
	struct pair q = pair_channel();

	EXPECT_STATUS(pair_send(q.a, 5, p.b), ZX_OK);
	EXPECT_STATUS(pair_send(p.a, 6, 0), ZX_OK);
	EXPECT_STATUS(pair_receive(q.b, &word, &got), ZX_OK);
	EXPECT_EQ(conf_rights(got), ZX_DEFAULT_CHANNEL_RIGHTS);
	pair_expect(got, 6);
	zx_handle_close(got);
	zx_handle_close(p.a);
	pair_close(q);
}

/* Writes until it is stopped; runs in a child without data. */
static void flood(zx_handle_t channel, uintptr_t unused)
{
	(void)unused;
	for (;;)
		zx_channel_write(channel, 0, NULL, 0, NULL, 0);
}

JX_TEST(tasks_12_3_r4_a_writer_is_stopped)
{
	struct pair p = pair_channel();
	uint32_t count = 0;
	struct vm_child c;
	zx_handle_t theirs;

	ASSERT_TRUE(vm_child_make(&c));
	ASSERT_STATUS(zx_handle_replace(p.a, ZX_RIGHT_SAME_RIGHTS, &theirs), ZX_OK);
	ASSERT_STATUS(zx_process_start(c.process, c.thread, (zx_vaddr_t)flood, c.stack_top, theirs,
				       0), ZX_OK);
	EXPECT_EQ(vm_child_finish(&c), ZX_TASK_RETCODE_EXCEPTION_KILL);
	while (zx_channel_read(p.b, 0, NULL, NULL, 0, 0, NULL, NULL) == ZX_OK)
		count++;
	EXPECT_EQ(count, 3500);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_PEER_CLOSED);
	zx_handle_close(p.b);
}

JX_TEST(tasks_12_3_r5_unread_bytes_are_bounded)
{
	enum { PAIRS = 64 };
	static struct pair p[PAIRS];
	uint8_t *bytes = calloc(1, ZX_CHANNEL_MAX_MSG_BYTES);
	zx_status_t status = ZX_OK;
	uint64_t count = 0;

	for (int i = 0; i < PAIRS; i++)
		p[i] = pair_channel();
	/* 64 channels of 3,000 messages would be 12 GiB. */
	for (int i = 0; i < PAIRS && status == ZX_OK; i++)
		for (int k = 0; k < 3000 && status == ZX_OK; k++, count++)
			status = zx_channel_write(p[i].a, 0, bytes, ZX_CHANNEL_MAX_MSG_BYTES, NULL,
						  0);
	EXPECT_STATUS(status, ZX_ERR_NO_MEMORY);
	EXPECT_TRUE(count * ZX_CHANNEL_MAX_MSG_BYTES <= zx_system_get_physmem() / 8 +
			    ZX_CHANNEL_MAX_MSG_BYTES);
	zx_handle_close(p[0].b);
	/* What is gone may be written again. */
	EXPECT_STATUS(zx_channel_write(p[1].a, 0, bytes, ZX_CHANNEL_MAX_MSG_BYTES, NULL, 0), ZX_OK);
	zx_handle_close(p[0].a);
	for (int i = 1; i < PAIRS; i++)
		pair_close(p[i]);
	free(bytes);
}

/* --- write_etc -------------------------------------------------------------- */

static zx_handle_disposition_t move(zx_handle_t handle)
{
	return (zx_handle_disposition_t){ ZX_HANDLE_OP_MOVE, handle, ZX_OBJ_TYPE_NONE,
					  ZX_RIGHT_SAME_RIGHTS, ZX_OK };
}

static zx_status_t write_one(zx_handle_t channel, zx_handle_disposition_t *d)
{
	return zx_channel_write_etc(channel, 0, NULL, 0, d, 1);
}

/* The element fails with this status, says so, and is gone unless it is a copy. */
static void refused(zx_handle_t channel, zx_handle_disposition_t d, zx_status_t wanted)
{
	zx_status_t kept = d.operation == ZX_HANDLE_OP_DUPLICATE ? pair_valid(d.handle)
								 : ZX_ERR_BAD_HANDLE;

	EXPECT_STATUS(write_one(channel, &d), wanted);
	EXPECT_STATUS(d.result, wanted);
	EXPECT_STATUS(pair_valid(d.handle), kept);
}

JX_TEST(tasks_12_4_c1_operation)
{
	struct pair p = pair_channel();
	zx_handle_disposition_t d = move(pair_make_event());

	d.operation = 2;
	d.type = ZX_OBJ_TYPE_VMO;
	refused(p.a, d, ZX_ERR_INVALID_ARGS);
	d.handle = 0;
	refused(p.a, d, ZX_ERR_INVALID_ARGS);
	pair_close(p);
}

JX_TEST(tasks_12_4_c2_dead_handle)
{
	struct pair p = pair_channel();
	zx_handle_disposition_t d = move(0);

	d.type = ZX_OBJ_TYPE_VMO;
	refused(p.a, d, ZX_ERR_BAD_HANDLE);
	d.operation = ZX_HANDLE_OP_DUPLICATE;
	refused(p.a, d, ZX_ERR_BAD_HANDLE);
	pair_close(p);
}

JX_TEST(tasks_12_4_c3_the_end_itself)
{
	struct pair p = pair_channel();
	zx_handle_disposition_t d = move(p.a);

	d.type = ZX_OBJ_TYPE_VMO;
	d.operation = ZX_HANDLE_OP_DUPLICATE;
	refused(p.a, d, ZX_ERR_NOT_SUPPORTED);
	d.operation = ZX_HANDLE_OP_MOVE;
	refused(p.a, d, ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(p.b);
}

JX_TEST(tasks_12_4_c4_type)
{
	struct pair p = pair_channel();
	zx_handle_disposition_t d = move(vm_dup(zx_job_default(), ZX_RIGHT_NONE));

	d.type = ZX_OBJ_TYPE_EVENT;
	refused(p.a, d, ZX_ERR_WRONG_TYPE);
	pair_close(p);
}

JX_TEST(tasks_12_4_c5_transfer)
{
	struct pair p = pair_channel();
	zx_handle_disposition_t d = move(vm_dup(zx_job_default(), ZX_RIGHT_DUPLICATE));

	d.rights = ZX_RIGHT_WAIT;
	d.operation = ZX_HANDLE_OP_DUPLICATE;
	refused(p.a, d, ZX_ERR_ACCESS_DENIED);
	d.operation = ZX_HANDLE_OP_MOVE;
	refused(p.a, d, ZX_ERR_ACCESS_DENIED);
	pair_close(p);
}

JX_TEST(tasks_12_4_c6_rights)
{
	struct pair p = pair_channel();
	zx_handle_disposition_t d = move(vm_dup(zx_job_default(), ZX_RIGHT_TRANSFER));

	d.rights = ZX_RIGHT_TRANSFER | ZX_RIGHT_WAIT;
	d.operation = ZX_HANDLE_OP_DUPLICATE;
	refused(p.a, d, ZX_ERR_INVALID_ARGS);
	d.operation = ZX_HANDLE_OP_MOVE;
	refused(p.a, d, ZX_ERR_INVALID_ARGS);
	pair_close(p);
}

JX_TEST(tasks_12_4_c7_duplicate)
{
	struct pair p = pair_channel();
	zx_handle_disposition_t d = move(vm_dup(zx_job_default(), ZX_RIGHT_TRANSFER));

	d.operation = ZX_HANDLE_OP_DUPLICATE;
	refused(p.a, d, ZX_ERR_ACCESS_DENIED);
	zx_handle_close(d.handle);
	pair_close(p);
}

JX_TEST(tasks_12_4_r1_all_elements_are_processed)
{
	struct pair p = pair_channel();
	zx_handle_disposition_t d[4] = { move(pair_make_event()), move(0),
					 move(pair_make_event()), move(pair_make_event()) };

	d[0].result = 77;
	d[2].type = ZX_OBJ_TYPE_VMO;
	d[3].operation = ZX_HANDLE_OP_DUPLICATE;
	EXPECT_STATUS(zx_channel_write_etc(p.a, 0, NULL, 0, d, 4), ZX_ERR_BAD_HANDLE);
	EXPECT_EQ(d[0].result, 77);
	EXPECT_STATUS(d[1].result, ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(d[2].result, ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(d[3].result, ZX_OK);
	EXPECT_STATUS(pair_valid(d[0].handle), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(pair_valid(d[2].handle), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_handle_close(d[3].handle), ZX_OK);
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_WRITABLE);
	pair_close(p);
}

JX_TEST(tasks_12_4_r2_moves_are_consumed_duplicates_never)
{
	struct pair p = pair_channel();
	zx_handle_disposition_t d[2] = { move(pair_make_event()), move(pair_make_event()) };

	d[1].operation = ZX_HANDLE_OP_DUPLICATE;
	EXPECT_STATUS(zx_channel_write_etc(0, 0, NULL, 0, d, 2), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(pair_valid(d[0].handle), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(pair_valid(d[1].handle), ZX_OK);
	zx_handle_close(d[1].handle);
	pair_close(p);
}

JX_TEST(tasks_12_4_r3_reduced_rights_arrive)
{
	struct pair p = pair_channel();
	zx_handle_disposition_t d[2] = { move(pair_make_event()), move(pair_make_event()) };
	zx_handle_info_t got[2];

	d[0].rights = ZX_RIGHT_WAIT;
	d[1].operation = ZX_HANDLE_OP_DUPLICATE;
	d[1].type = ZX_OBJ_TYPE_EVENT;
	EXPECT_STATUS(zx_channel_write_etc(p.a, 0, NULL, 0, d, 2), ZX_OK);
	EXPECT_STATUS(pair_valid(d[0].handle), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_channel_read_etc(p.b, 0, NULL, got, 0, 2, NULL, NULL), ZX_OK);
	EXPECT_EQ(got[0].rights, ZX_RIGHT_WAIT);
	EXPECT_EQ(conf_rights(got[0].handle), ZX_RIGHT_WAIT);
	EXPECT_EQ(got[0].type, ZX_OBJ_TYPE_EVENT);
	EXPECT_EQ(got[0].unused, 0);
	EXPECT_EQ(got[1].rights, ZX_DEFAULT_EVENT_RIGHTS);
	EXPECT_EQ(conf_koid(got[1].handle), conf_koid(d[1].handle));
	for (int i = 0; i < 2; i++)
		zx_handle_close(got[i].handle);
	zx_handle_close(d[1].handle);
	pair_close(p);
}

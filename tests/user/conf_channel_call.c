/* Channel calls: spec/tasks.md 12.6. */
#include <string.h>

#include "pair_util.h"

#define PAST 0

/* One call of one word, as its arguments and what became of it. */
struct caller {
	zx_handle_t channel;
	uint32_t word;		/* follows the transaction id */
	zx_time_t deadline;
	zx_handle_t handle;	/* sent along, or 0 */
	zx_status_t status;
	uint32_t reply[4];
	uint32_t bytes;
	uint32_t handles;
	struct jx_thread thread;
};

static int run_caller(void *arg)
{
	struct caller *c = arg;
	uint32_t message[2] = { 5, c->word };
	zx_handle_t got;
	const zx_channel_call_args_t args = {
		.wr_bytes = message,
		.wr_num_bytes = sizeof(message),
		.wr_handles = &c->handle,
		.wr_num_handles = c->handle ? 1 : 0,
		.rd_bytes = c->reply,
		.rd_num_bytes = sizeof(c->reply),
		.rd_handles = &got,
		.rd_num_handles = 1,
	};

	c->status = zx_channel_call(c->channel, 0, c->deadline, &args, &c->bytes, &c->handles);
	/* The caller's own buffer keeps its id. */
	EXPECT_EQ(message[0], 5);
	if (c->status == ZX_OK && c->handles)
		zx_handle_close(got);
	return 0;
}

static bool start_caller(struct caller *c, zx_handle_t channel, uint32_t word)
{
	memset(c, 0, sizeof(*c));
	c->channel = channel;
	c->word = word;
	c->deadline = ZX_TIME_INFINITE;
	return EXPECT_STATUS(jx_thread_create(&c->thread, "caller", run_caller, c), ZX_OK) &&
	       task_await_state(c->thread.handle, ZX_THREAD_STATE_BLOCKED_CHANNEL);
}

/* Takes the next call's message: its id, and its word. */
static uint32_t take_call(zx_handle_t server, uint32_t *word)
{
	uint32_t message[2] = { 0, 0 };
	zx_handle_t got;
	uint32_t handles = 0;

	EXPECT_STATUS(zx_channel_read(server, 0, message, &got, sizeof(message), 1, NULL,
				      &handles), ZX_OK);
	if (handles)
		zx_handle_close(got);
	EXPECT_TRUE((message[0] & 0x80000000u) != 0);
	*word = message[1];
	return message[0];
}

static zx_status_t answer(zx_handle_t server, uint32_t txid, uint32_t word)
{
	const uint32_t message[2] = { txid, word };

	return zx_channel_write(server, 0, message, sizeof(message), NULL, 0);
}

static zx_channel_call_args_t simple_args(void *word)
{
	return (zx_channel_call_args_t){ .wr_bytes = word, .wr_num_bytes = 4, .rd_bytes = word,
					 .rd_num_bytes = 4 };
}

JX_TEST(tasks_12_6_c1_args)
{
	struct pair p = pair_channel();
	uint32_t n;

	EXPECT_STATUS(zx_channel_call(0, 1, PAST, NULL, &n, &n), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_channel_call(p.a, 0, PAST, PAIR_BAD_POINTER, &n, &n),
		      ZX_ERR_INVALID_ARGS);
	pair_close(p);
}

JX_TEST(tasks_12_6_c2_options)
{
	zx_handle_t event = pair_make_event();
	uint32_t word = 1, n;
	zx_channel_call_args_t args = simple_args(&word);

	args.wr_handles = &event;
	args.wr_num_handles = 1;
	EXPECT_STATUS(zx_channel_call(0, 1, PAST, &args, &n, &n), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(pair_valid(event), ZX_ERR_BAD_HANDLE);
}

JX_TEST(tasks_12_6_c3_lookup)
{
	struct pair p = pair_channel();
	uint32_t word = 1, n;
	zx_channel_call_args_t args = simple_args(&word);
	zx_handle_t half;

	args.wr_num_bytes = 3;
	EXPECT_STATUS(zx_channel_call(0, 0, PAST, &args, &n, &n), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_channel_call(zx_process_self(), 0, PAST, &args, &n, &n),
		      ZX_ERR_WRONG_TYPE);
	ASSERT_STATUS(zx_handle_replace(p.a, ZX_RIGHT_WRITE, &half), ZX_OK);
	EXPECT_STATUS(zx_channel_call(half, 0, PAST, &args, &n, &n), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(half);
	ASSERT_STATUS(zx_handle_replace(p.b, ZX_RIGHT_READ, &half), ZX_OK);
	EXPECT_STATUS(zx_channel_call(half, 0, PAST, &args, &n, &n), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(half);
}

JX_TEST(tasks_12_6_c4_no_room_for_an_id)
{
	struct pair p = pair_channel();
	zx_handle_t event = pair_make_event();
	uint32_t word = 1, n;
	zx_channel_call_args_t args = simple_args(&word);

	args.wr_num_bytes = 3;
	args.wr_handles = &event;
	args.wr_num_handles = 1;
	EXPECT_STATUS(zx_channel_call(p.a, 0, PAST, &args, &n, &n), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(pair_valid(event), ZX_ERR_BAD_HANDLE);
	pair_close(p);
}

JX_TEST(tasks_12_6_c5_write_side)
{
	struct pair p = pair_channel();
	uint32_t word = 1, n;
	zx_channel_call_args_t args = simple_args(&word);

	args.wr_num_bytes = ZX_CHANNEL_MAX_MSG_BYTES + 1;
	EXPECT_STATUS(zx_channel_call(p.a, 0, PAST, &args, &n, &n), ZX_ERR_OUT_OF_RANGE);
	args = simple_args(PAIR_BAD_POINTER);
	EXPECT_STATUS(zx_channel_call(p.a, 0, PAST, &args, &n, &n), ZX_ERR_INVALID_ARGS);
	args = simple_args(&word);
	zx_handle_close(p.b);
	EXPECT_STATUS(zx_channel_call(p.a, 0, PAST, &args, &n, &n), ZX_ERR_PEER_CLOSED);
	zx_handle_close(p.a);
}

JX_TEST(tasks_12_6_c6_handle_closed_or_moved)
{
	for (int way = 0; way < 3; way++) {
		struct pair p = pair_channel(), q = pair_channel();
		struct caller c;

		if (!start_caller(&c, p.a, 1))
			return;
		if (way == 0)
			zx_handle_close(p.a);
		else if (way == 1)
			EXPECT_STATUS(zx_handle_replace(p.a, ZX_RIGHT_SAME_RIGHTS, &p.a), ZX_OK);
		else
			EXPECT_STATUS(pair_send(q.a, 0, p.a), ZX_OK);
		task_join(&c.thread, NULL);
		EXPECT_STATUS(c.status, ZX_ERR_CANCELED);
		if (way == 1)
			zx_handle_close(p.a);
		zx_handle_close(p.b);
		pair_close(q);
	}
}

JX_TEST(tasks_12_6_c7_peer_closes)
{
	struct pair p = pair_channel();
	struct caller c;

	if (!start_caller(&c, p.a, 1))
		return;
	zx_handle_close(p.b);
	task_join(&c.thread, NULL);
	EXPECT_STATUS(c.status, ZX_ERR_PEER_CLOSED);
	zx_handle_close(p.a);
}

JX_TEST(tasks_12_6_c8_deadline)
{
	struct pair p = pair_channel();
	uint32_t word = 77, n = 9, message, got[2];
	zx_channel_call_args_t args = simple_args(&word);
	zx_handle_t none;

	/* Sent although the time is over; a late reply is a message like others. */
	for (int i = 0; i < 2; i++) {
		zx_time_t deadline = i ? zx_deadline_after(ZX_USEC(100)) : PAST;

		EXPECT_STATUS(zx_channel_call(p.a, 0, deadline, &args, &n, &n),
			      ZX_ERR_TIMED_OUT);
		EXPECT_STATUS(pair_receive(p.b, &message, &none), ZX_OK);
		EXPECT_TRUE((message & 0x80000000u) != 0);
		EXPECT_STATUS(answer(p.b, message, 8), ZX_OK);
		EXPECT_STATUS(zx_channel_read(p.a, 0, got, NULL, 8, 0, &n, NULL), ZX_OK);
		EXPECT_EQ(got[0], message);
		EXPECT_EQ(got[1], 8);
	}
	EXPECT_EQ(word, 77);
	pair_close(p);
}

JX_TEST(tasks_12_6_c9_reply_too_large)
{
	struct pair p = pair_channel(), e = pair_event();
	uint32_t message[8] = { 0 }, word;
	struct caller c;

	if (!start_caller(&c, p.a, 1))
		return;
	message[0] = take_call(p.b, &word);
	EXPECT_STATUS(zx_channel_write(p.b, 0, message, sizeof(message), &e.a, 1), ZX_OK);
	task_join(&c.thread, NULL);
	EXPECT_STATUS(c.status, ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_EQ(c.bytes, sizeof(message));
	EXPECT_EQ(c.handles, 1);
	EXPECT_EQ(pair_signals(e.b), ZX_EVENTPAIR_PEER_CLOSED);
	zx_handle_close(e.b);
	pair_close(p);
}

/* Answers one call with its own word plus one. */
static int serve_one(void *arg)
{
	zx_handle_t *server = arg;
	uint32_t txid, word;

	zx_object_wait_one(*server, ZX_CHANNEL_READABLE, ZX_TIME_INFINITE, NULL);
	txid = take_call(*server, &word);
	EXPECT_STATUS(answer(*server, txid, word + 1), ZX_OK);
	return 0;
}

JX_TEST(tasks_12_6_c10_bad_outputs)
{
	struct pair p = pair_channel();
	uint32_t message[2] = { 1, 2 }, back[2], n;
	zx_channel_call_args_t args = simple_args(message);

	args.wr_num_bytes = 8;
	args.rd_num_bytes = 8;
	for (int i = 0; i < 4; i++) {
		struct jx_thread server;

		args.rd_bytes = i == 3 ? PAIR_BAD_POINTER : (void *)back;
		ASSERT_STATUS(jx_thread_create(&server, "server", serve_one, &p.b), ZX_OK);
		EXPECT_STATUS(zx_channel_call(p.a, 0, ZX_TIME_INFINITE, &args,
					      i == 0 ? NULL : &n,
					      i == 1 ? NULL : i == 2 ? PAIR_BAD_POINTER : &n),
			      ZX_ERR_INVALID_ARGS);
		task_join(&server, NULL);
	}
	pair_close(p);
}

JX_TEST(tasks_12_6_r1_round_trip)
{
	struct pair p = pair_channel();
	uint32_t word, txid;
	struct caller c;

	if (!start_caller(&c, p.a, 41))
		return;
	/* What matches no call is queued, and wakes nobody. */
	EXPECT_STATUS(answer(p.b, 5, 1), ZX_OK);
	EXPECT_STATUS(zx_channel_write(p.b, 0, &word, 3, NULL, 0), ZX_OK);
	txid = take_call(p.b, &word);
	EXPECT_EQ(word, 41);
	EXPECT_STATUS(answer(p.b, txid, 42), ZX_OK);
	task_join(&c.thread, NULL);
	EXPECT_STATUS(c.status, ZX_OK);
	EXPECT_EQ(c.bytes, 8);
	EXPECT_EQ(c.reply[0], txid);
	EXPECT_EQ(c.reply[1], 42);
	/* The second reply finds no call. */
	EXPECT_STATUS(answer(p.b, txid, 43), ZX_OK);
	EXPECT_EQ(pair_signals(p.a), ZX_CHANNEL_READABLE | ZX_CHANNEL_WRITABLE);
	pair_close(p);
}

JX_TEST(tasks_12_6_r2_many_calls_in_any_order)
{
	enum { CALLS = 8 };
	struct pair p = pair_channel();
	uint32_t txid[CALLS], word[CALLS];
	struct caller c[CALLS];

	for (uint32_t i = 0; i < CALLS; i++)
		if (!start_caller(&c[i], p.a, 100 + i))
			return;
	for (int i = 0; i < CALLS; i++)
		txid[i] = take_call(p.b, &word[i]);
	for (int i = CALLS - 1; i >= 0; i--)
		EXPECT_STATUS(answer(p.b, txid[i], word[i] * 2), ZX_OK);
	for (uint32_t i = 0; i < CALLS; i++) {
		task_join(&c[i].thread, NULL);
		EXPECT_STATUS(c[i].status, ZX_OK);
		EXPECT_EQ(c[i].reply[1], (100 + i) * 2);
	}
	pair_close(p);
}

static void call_for_ever(zx_handle_t channel, uintptr_t unused)
{
	uint32_t word = 1, n;
	zx_channel_call_args_t args = { .wr_bytes = &word, .wr_num_bytes = 4 };

	(void)unused;
	zx_channel_call(channel, 0, ZX_TIME_INFINITE, &args, &n, &n);
}

JX_TEST(tasks_12_6_r3_killed_in_a_call)
{
	struct pair p = pair_channel();
	struct vm_child c;

	ASSERT_TRUE(vm_child_make(&c));
	ASSERT_STATUS(zx_process_start(c.process, c.thread, (zx_vaddr_t)call_for_ever,
				       c.stack_top, p.a, 0), ZX_OK);
	task_await_state(c.thread, ZX_THREAD_STATE_BLOCKED_CHANNEL);
	EXPECT_EQ(vm_child_kill(&c), ZX_TASK_RETCODE_SYSCALL_KILL);
	/* Its message is there still. */
	EXPECT_EQ(pair_signals(p.b), ZX_CHANNEL_PEER_CLOSED | ZX_CHANNEL_READABLE);
	zx_handle_close(p.b);
}

JX_TEST(tasks_12_6_r4_call_etc)
{
	struct pair p = pair_channel();
	zx_handle_disposition_t d = { ZX_HANDLE_OP_MOVE, 0, 0, ZX_RIGHT_SAME_RIGHTS, 0 };
	uint32_t message[2] = { 1, 6 }, n = 0, handles = 9;
	zx_channel_call_etc_args_t args = {
		.wr_bytes = message,
		.wr_num_bytes = 8,
		.wr_handles = &d,
		.wr_num_handles = 1,
		.rd_bytes = message,
		.rd_num_bytes = 8,
	};
	struct jx_thread server;

	EXPECT_STATUS(zx_channel_call_etc(p.a, 0, PAST, &args, &n, &n), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(d.result, ZX_ERR_BAD_HANDLE);
	d.handle = pair_make_event();
	d.rights = ZX_RIGHT_WAIT;
	ASSERT_STATUS(jx_thread_create(&server, "server", serve_one, &p.b), ZX_OK);
	EXPECT_STATUS(zx_channel_call_etc(p.a, 0, ZX_TIME_INFINITE, &args, &n, &handles), ZX_OK);
	task_join(&server, NULL);
	EXPECT_EQ(n, 8);
	EXPECT_EQ(handles, 0);
	EXPECT_EQ(message[1], 7);
	EXPECT_STATUS(pair_valid(d.handle), ZX_ERR_BAD_HANDLE);
	pair_close(p);
}

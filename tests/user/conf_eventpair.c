/* Eventpairs: spec/tasks.md 13, 4.4; spec/pager-port.md 12.4 and 12.7. */
#include "pair_util.h"

JX_TEST(tasks_13_c2_options)
{
	zx_handle_t out[2] = { 7, 8 };

	EXPECT_STATUS(zx_eventpair_create(1, &out[0], &out[1]), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_eventpair_create(1, NULL, NULL), ZX_ERR_NOT_SUPPORTED);
	EXPECT_EQ(out[0], 7);
	EXPECT_EQ(out[1], 8);
}

JX_TEST(tasks_13_c3_outs_that_cannot_be_written)
{
	zx_handle_t out;

	EXPECT_STATUS(zx_eventpair_create(0, NULL, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_eventpair_create(0, &out, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_eventpair_create(0, &out, PAIR_BAD_POINTER), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(pair_valid(out), ZX_ERR_BAD_HANDLE);
}

JX_TEST(tasks_13_c1_event_options)
{
	zx_handle_t out = 7;

	EXPECT_STATUS(zx_event_create(1, &out), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(out, 7);
	EXPECT_STATUS(zx_event_create(0, NULL), ZX_ERR_INVALID_ARGS);
}

JX_TEST(tasks_13_r1_no_signals_at_first)
{
	struct pair p = pair_event();
	zx_handle_t event = pair_make_event();

	EXPECT_EQ(pair_signals(p.a), 0);
	EXPECT_EQ(pair_signals(p.b), 0);
	EXPECT_EQ(pair_signals(event), 0);
	EXPECT_EQ(conf_rights(p.a), ZX_DEFAULT_EVENTPAIR_RIGHTS);
	EXPECT_EQ(conf_rights(p.b), ZX_DEFAULT_EVENTPAIR_RIGHTS);
	zx_handle_close(event);
	pair_close(p);
}

JX_TEST(tasks_13_r2_events_latch)
{
	zx_handle_t event = pair_make_event();

	EXPECT_STATUS(zx_object_signal(event, 0, ZX_EVENT_SIGNALED), ZX_OK);
	EXPECT_STATUS(zx_object_wait_one(event, ZX_EVENT_SIGNALED, 0, NULL), ZX_OK);
	EXPECT_STATUS(zx_object_wait_one(event, ZX_EVENT_SIGNALED, 0, NULL), ZX_OK);
	EXPECT_STATUS(zx_object_signal(event, ZX_EVENT_SIGNALED, 0), ZX_OK);
	EXPECT_EQ(pair_signals(event), 0);
	zx_handle_close(event);
}

JX_TEST(tasks_13_r3_own_end_and_other_end)
{
	struct pair p = pair_event();

	EXPECT_STATUS(zx_object_signal(p.a, 0, ZX_EVENTPAIR_SIGNALED), ZX_OK);
	EXPECT_STATUS(zx_object_signal_peer(p.a, 0, ZX_USER_SIGNAL_3), ZX_OK);
	EXPECT_EQ(pair_signals(p.a), ZX_EVENTPAIR_SIGNALED);
	EXPECT_EQ(pair_signals(p.b), ZX_USER_SIGNAL_3);
	/* Cleared first, then set. */
	EXPECT_STATUS(zx_object_signal_peer(p.a, ZX_USER_SIGNAL_ALL,
					    ZX_USER_SIGNAL_3 | ZX_EVENTPAIR_SIGNALED), ZX_OK);
	EXPECT_EQ(pair_signals(p.b), ZX_USER_SIGNAL_3 | ZX_EVENTPAIR_SIGNALED);
	pair_close(p);
}

JX_TEST(tasks_13_r4_close_leaves_the_other_its_bits)
{
	struct pair p = pair_event();
	zx_handle_t copy = vm_dup(p.a, ZX_RIGHT_NONE);

	EXPECT_STATUS(zx_object_signal_peer(p.a, 0, ZX_USER_SIGNAL_1), ZX_OK);
	EXPECT_STATUS(zx_handle_close(p.a), ZX_OK);
	/* One handle of that end is left. */
	EXPECT_EQ(pair_signals(p.b), ZX_USER_SIGNAL_1);
	EXPECT_STATUS(zx_handle_close(copy), ZX_OK);
	EXPECT_EQ(pair_signals(p.b), ZX_USER_SIGNAL_1 | ZX_EVENTPAIR_PEER_CLOSED);
	EXPECT_STATUS(zx_object_signal_peer(p.b, 0, ZX_USER_SIGNAL_2), ZX_ERR_PEER_CLOSED);
	EXPECT_STATUS(zx_object_signal(p.b, ZX_USER_SIGNAL_1, ZX_USER_SIGNAL_2), ZX_OK);
	EXPECT_EQ(pair_signals(p.b), ZX_USER_SIGNAL_2 | ZX_EVENTPAIR_PEER_CLOSED);
	EXPECT_STATUS(zx_object_signal(p.b, ZX_EVENTPAIR_PEER_CLOSED, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_handle_close(p.b), ZX_OK);
}

static int await_peer_closed(void *arg)
{
	zx_handle_t *end = arg;

	return zx_object_wait_one(*end, ZX_EVENTPAIR_PEER_CLOSED, ZX_TIME_INFINITE, NULL);
}

JX_TEST(tasks_13_r4_close_wakes_a_waiter)
{
	struct pair p = pair_event();
	struct jx_thread thread;
	int result = 1;

	ASSERT_STATUS(jx_thread_create(&thread, "waiter", await_peer_closed, &p.b), ZX_OK);
	task_await_state(thread.handle, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
	EXPECT_STATUS(zx_handle_close(p.a), ZX_OK);
	task_join(&thread, &result);
	EXPECT_STATUS(result, ZX_OK);
	zx_handle_close(p.b);
}

JX_TEST(tasks_13_r5_events_have_no_peer)
{
	zx_handle_t event = pair_make_event();

	EXPECT_STATUS(zx_object_signal_peer(event, 0, ZX_USER_SIGNAL_0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(event);
}

JX_TEST(tasks_13_r6_masks_rights_and_koids)
{
	struct pair p = pair_event();
	zx_handle_t bare = vm_dup(p.a, ZX_RIGHT_SIGNAL);
	zx_info_handle_basic_t a, b;

	EXPECT_STATUS(zx_object_get_info(p.a, ZX_INFO_HANDLE_BASIC, &a, sizeof(a), NULL, NULL),
		      ZX_OK);
	EXPECT_STATUS(zx_object_get_info(p.b, ZX_INFO_HANDLE_BASIC, &b, sizeof(b), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(a.related_koid, b.koid);
	EXPECT_EQ(b.related_koid, a.koid);
	EXPECT_TRUE(a.koid != b.koid);
	EXPECT_EQ(a.type, ZX_OBJ_TYPE_EVENTPAIR);
	EXPECT_STATUS(zx_object_signal_peer(bare, 0, 0), ZX_ERR_ACCESS_DENIED);
	/* The masks come before the peer's end. */
	zx_handle_close(p.b);
	EXPECT_STATUS(zx_object_signal_peer(p.a, 0, ZX_EVENTPAIR_PEER_CLOSED),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_signal_peer(p.a, 1, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_signal_peer(p.a, 0, 0), ZX_ERR_PEER_CLOSED);
	zx_handle_close(bare);
	zx_handle_close(p.a);
}

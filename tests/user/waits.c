/* Waiting for one and for many objects, sleeping (pager-port.md 12, tasks.md 16). */
#include <jx/ktap.h>
#include <jx/thread.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define PAST 0
#define BAD_POINTER ((void *)8)

static zx_handle_t make_event(void)
{
	zx_handle_t event = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_event_create(0, &event), ZX_OK);
	return event;
}

/* Waits until a thread is shown in this state. */
static void await_state(zx_handle_t thread, uint32_t state)
{
	zx_info_thread_t info = { 0 };

	do {
		zx_nanosleep(zx_deadline_after(ZX_USEC(100)));
		if (!EXPECT_STATUS(zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info),
						      NULL, NULL), ZX_OK))
			return;
	} while (info.state != state && info.state != ZX_THREAD_STATE_DEAD);
	EXPECT_EQ(info.state, state);
}

JX_TEST(wait_one_errors_in_order)
{
	zx_handle_t event = make_event(), port = 0, bare = 0;
	zx_signals_t seen = 77;

	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	ASSERT_STATUS(zx_handle_duplicate(event, ZX_RIGHT_SIGNAL, &bare), ZX_OK);
	EXPECT_STATUS(zx_object_wait_one(0, 1, PAST, &seen), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_object_wait_one(bare, 1, PAST, &seen), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_wait_one(port, 1, PAST, &seen), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_wait_one(zx_vmar_root_self(), 1, PAST, &seen),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(seen, 77);
	EXPECT_STATUS(zx_object_wait_one(event, ZX_EVENT_SIGNALED, PAST, &seen), ZX_ERR_TIMED_OUT);
	EXPECT_EQ(seen, 0);
	EXPECT_STATUS(zx_object_wait_one(event, ZX_EVENT_SIGNALED, INT64_MIN, NULL),
		      ZX_ERR_TIMED_OUT);
	EXPECT_STATUS(zx_object_wait_one(event, 1, PAST, BAD_POINTER), ZX_ERR_INVALID_ARGS);
	zx_object_signal(event, 0, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_0);
	EXPECT_STATUS(zx_object_wait_one(event, ZX_EVENT_SIGNALED, PAST, &seen), ZX_OK);
	EXPECT_EQ(seen, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_0);
	/* No signal is waited for: the deadline decides. */
	EXPECT_STATUS(zx_object_wait_one(event, 0, zx_deadline_after(ZX_USEC(50)), &seen),
		      ZX_ERR_TIMED_OUT);
	EXPECT_EQ(seen, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_0);
	zx_handle_close(event);
	zx_handle_close(bare);
	zx_handle_close(port);
}

struct waiting {
	zx_handle_t event;
	zx_signals_t seen;
	zx_status_t status;
};

static int wait_for_user_0(void *arg)
{
	struct waiting *w = arg;

	w->status = zx_object_wait_one(w->event, ZX_USER_SIGNAL_0, ZX_TIME_INFINITE, &w->seen);
	return 0;
}

static bool start_waiting(struct waiting *w, struct jx_thread *thread, zx_handle_t event)
{
	w->event = event;
	w->seen = 0;
	w->status = 1;
	if (!EXPECT_STATUS(jx_thread_create(thread, "waiter", wait_for_user_0, w), ZX_OK))
		return false;
	await_state(thread->handle, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
	return true;
}

JX_TEST(wait_one_ends_by_signal_and_by_close)
{
	for (int way = 0; way < 4; way++) {
		zx_handle_t event = make_event(), copy = 0;
		struct jx_thread thread;
		struct waiting w;

		ASSERT_STATUS(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK);
		if (!start_waiting(&w, &thread, event))
			return;
		/* Through the other handle nothing but signals reaches it. */
		if (way == 0)
			zx_object_signal(copy, 0, ZX_USER_SIGNAL_0);
		if (way == 1)
			zx_handle_close(event);
		if (way == 2)
			zx_handle_replace(event, ZX_RIGHT_SAME_RIGHTS, &event);
		if (way == 3) {
			zx_handle_close(copy);
			zx_object_signal(event, 0, ZX_USER_SIGNAL_5);
			zx_object_signal(event, ZX_USER_SIGNAL_5, 0);
			zx_object_signal(event, 0, ZX_USER_SIGNAL_0);
		}
		ASSERT_STATUS(jx_thread_join(&thread, NULL), ZX_OK);
		EXPECT_STATUS(w.status, way == 1 || way == 2 ? ZX_ERR_CANCELED : ZX_OK);
		if (way == 0)
			EXPECT_EQ(w.seen, ZX_USER_SIGNAL_0);
		if (way == 1 || way == 2)
			EXPECT_EQ(w.seen, ZX_SIGNAL_HANDLE_CLOSED);
		if (way == 3)
			EXPECT_EQ(w.seen, ZX_USER_SIGNAL_5 | ZX_USER_SIGNAL_0);
		if (way != 1)
			zx_handle_close(event);
		if (way != 3)
			zx_handle_close(copy);
	}
}

JX_TEST(wait_many_rules)
{
	zx_wait_item_t items[ZX_WAIT_MANY_MAX_ITEMS + 1] = { 0 };
	zx_handle_t event = make_event(), other = make_event(), port = 0;

	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	EXPECT_STATUS(zx_object_wait_many(items, ZX_WAIT_MANY_MAX_ITEMS + 1, PAST),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_object_wait_many(NULL, 0, zx_deadline_after(ZX_USEC(10))),
		      ZX_ERR_TIMED_OUT);
	EXPECT_STATUS(zx_object_wait_many(NULL, 1, PAST), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_wait_many(items, 1, PAST), ZX_ERR_BAD_HANDLE);
	for (size_t i = 0; i < ZX_WAIT_MANY_MAX_ITEMS; i++) {
		items[i].handle = i % 2 ? event : other;
		items[i].waitfor = ZX_USER_SIGNAL_0;
		items[i].pending = 99;
	}
	items[63].handle = port;
	EXPECT_STATUS(zx_object_wait_many(items, 64, PAST), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(items[0].pending, 99);
	items[63].handle = event;
	EXPECT_STATUS(zx_object_wait_many(items, 64, PAST), ZX_ERR_TIMED_OUT);
	EXPECT_EQ(items[63].pending, 0);
	zx_object_signal(event, 0, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_1);
	EXPECT_STATUS(zx_object_wait_many(items, 64, ZX_TIME_INFINITE), ZX_OK);
	EXPECT_EQ(items[0].pending, 0);
	EXPECT_EQ(items[1].pending, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_1);
	EXPECT_EQ(items[63].pending, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_1);
	zx_handle_close(event);
	zx_handle_close(other);
	zx_handle_close(port);
}

static int wait_for_two(void *arg)
{
	zx_wait_item_t *items = arg;

	return zx_object_wait_many(items, 2, ZX_TIME_INFINITE);
}

JX_TEST(wait_many_is_cancelled_by_close)
{
	zx_handle_t event = make_event(), other = make_event();
	zx_wait_item_t items[2] = { { event, ZX_USER_SIGNAL_0, 0 }, { other, 0, 0 } };
	struct jx_thread thread;
	int result = 0;

	ASSERT_STATUS(jx_thread_create(&thread, "many", wait_for_two, items), ZX_OK);
	await_state(thread.handle, ZX_THREAD_STATE_BLOCKED_WAIT_MANY);
	zx_handle_close(other);
	ASSERT_STATUS(jx_thread_join(&thread, &result), ZX_OK);
	EXPECT_STATUS(result, ZX_ERR_CANCELED);
	EXPECT_EQ(items[0].pending, 0);
	EXPECT_EQ(items[1].pending, ZX_SIGNAL_HANDLE_CLOSED);
	zx_handle_close(event);
}

JX_TEST(sleep_is_never_short)
{
	EXPECT_STATUS(zx_nanosleep(0), ZX_OK);
	EXPECT_STATUS(zx_nanosleep(INT64_MIN), ZX_OK);
	for (int i = 0; i < 10; i++) {
		zx_time_t deadline = zx_deadline_after(ZX_USEC(100));

		EXPECT_STATUS(zx_nanosleep(deadline), ZX_OK);
		EXPECT_TRUE(zx_clock_get_monotonic() >= deadline);
	}
}

static int sleep_for_ever(void *arg)
{
	(void)arg;
	zx_nanosleep(ZX_TIME_INFINITE);
	return 0;
}

JX_TEST(kill_ends_a_sleep)
{
	struct jx_thread thread;
	int result = 0;

	ASSERT_STATUS(jx_thread_create(&thread, "sleeper", sleep_for_ever, NULL), ZX_OK);
	await_state(thread.handle, ZX_THREAD_STATE_BLOCKED_SLEEPING);
	EXPECT_STATUS(zx_task_kill(thread.handle), ZX_OK);
	ASSERT_STATUS(jx_thread_join(&thread, &result), ZX_OK);
	EXPECT_EQ(result, -1);
}

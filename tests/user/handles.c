/* Handles: close, duplicate, replace, values (tasks.md 1.1, 2; abi.md 4). */
#include <string.h>

#include <jx/ktap.h>
#include <jx/runtime.h>
#include <jx/thread.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define BAD_POINTER ((zx_handle_t *)8)

static zx_handle_t make_event(void)
{
	zx_handle_t event = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_event_create(0, &event), ZX_OK);
	return event;
}

static zx_info_handle_basic_t basic(zx_handle_t handle)
{
	zx_info_handle_basic_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					 NULL), ZX_OK);
	return info;
}

static zx_status_t valid(zx_handle_t handle)
{
	return zx_object_get_info(handle, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL);
}

JX_TEST_OF_2020(handle_info_tells_what_can_be_waited_for)
{
	zx_handle_t event = make_event();

	EXPECT_EQ(basic(event).props, ZX_OBJ_PROP_WAITABLE);
	EXPECT_EQ(basic(zx_vmar_root_self()).props, ZX_OBJ_PROP_NONE);
	zx_handle_close(event);
}

JX_TEST_OF_LATEST(handle_info_reserves_the_word_of_properties)
{
	zx_handle_t event = make_event();

	EXPECT_EQ(basic(event).reserved, 0);
	zx_handle_close(event);
}

JX_TEST(handle_close_rules)
{
	zx_handle_t event = make_event();

	EXPECT_STATUS(zx_handle_close(ZX_HANDLE_INVALID), ZX_OK);
	EXPECT_STATUS(zx_handle_close(0xffffffffu), ZX_ERR_BAD_HANDLE);
	for (uint32_t bits = 0; bits < 3; bits++)
		EXPECT_STATUS(zx_handle_close((event & ~3u) | bits), ZX_ERR_BAD_HANDLE);
	EXPECT_EQ(event & ZX_HANDLE_FIXED_BITS_MASK, ZX_HANDLE_FIXED_BITS_MASK);
	EXPECT_STATUS(zx_handle_close(event), ZX_OK);
	EXPECT_STATUS(zx_handle_close(event), ZX_ERR_BAD_HANDLE);
}

JX_TEST(handle_values_small_are_none)
{
	for (zx_handle_t value = 1; value < 4096; value++)
		EXPECT_STATUS(valid(value), ZX_ERR_BAD_HANDLE);
}

JX_TEST(handle_close_many_closes_the_rest)
{
	zx_handle_t handles[5] = { make_event(), 0, make_event(), 0x1003, make_event() };

	handles[1] = handles[0];
	EXPECT_STATUS(zx_handle_close_many(handles, 5), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(valid(handles[2]), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(valid(handles[4]), ZX_ERR_BAD_HANDLE);
	memset(handles, 0, sizeof(handles));
	EXPECT_STATUS(zx_handle_close_many(handles, 5), ZX_OK);
	EXPECT_STATUS(zx_handle_close_many(BAD_POINTER, 0), ZX_OK);
	EXPECT_STATUS(zx_handle_close_many(BAD_POINTER, 1), ZX_ERR_INVALID_ARGS);
}

JX_TEST(handle_duplicate_errors_in_order)
{
	zx_handle_t event = make_event(), copy = 0, bare = 0;

	EXPECT_STATUS(zx_handle_duplicate(0, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_handle_duplicate(event, ZX_RIGHT_READ, &copy), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS | ZX_RIGHT_WAIT, &copy),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, NULL),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, BAD_POINTER),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_handle_duplicate(event, ZX_RIGHT_NONE, &bare), ZX_OK);
	EXPECT_STATUS(zx_handle_duplicate(bare, 0xfffffffeu, &copy), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(basic(bare).rights, ZX_RIGHT_NONE);
	EXPECT_STATUS(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK);
	EXPECT_EQ(basic(copy).rights, ZX_DEFAULT_EVENT_RIGHTS);
	EXPECT_EQ(basic(copy).koid, basic(event).koid);
	EXPECT_TRUE(copy != event && bare != event);
	zx_handle_close(event);
	EXPECT_STATUS(valid(copy), ZX_OK);
	zx_handle_close(copy);
	zx_handle_close(bare);
}

JX_TEST(handle_replace_takes_the_source)
{
	zx_handle_t event = make_event(), other = 0;

	EXPECT_STATUS(zx_handle_replace(0, 0, &other), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_handle_replace(event, ZX_RIGHT_WAIT, &other), ZX_OK);
	EXPECT_STATUS(valid(event), ZX_ERR_BAD_HANDLE);
	EXPECT_EQ(basic(other).rights, ZX_RIGHT_WAIT);
	/* It needs no right, and a failure closes the source. */
	EXPECT_STATUS(zx_handle_replace(other, ZX_RIGHT_SIGNAL, &event), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(valid(other), ZX_ERR_BAD_HANDLE);
	event = make_event();
	EXPECT_STATUS(zx_handle_replace(event, ZX_RIGHT_SAME_RIGHTS, BAD_POINTER),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(valid(event), ZX_ERR_BAD_HANDLE);
}

JX_TEST(handle_type_is_judged_before_rights)
{
	zx_port_packet_t *packet = NULL;
	zx_handle_t event = make_event(), bare = 0;

	ASSERT_STATUS(zx_handle_replace(event, ZX_RIGHT_NONE, &bare), ZX_OK);
	EXPECT_STATUS(zx_port_wait(bare, 0, packet), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_object_signal(bare, 0, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_signal_peer(bare, 0, 0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(bare);
}

JX_TEST(handle_stale_values_stay_dead)
{
	zx_handle_t first = make_event();

	zx_handle_close(first);
	for (int i = 0; i < 5000; i++) {
		zx_handle_t next = make_event();

		EXPECT_TRUE(next != first);
		EXPECT_STATUS(zx_handle_close(next), ZX_OK);
		EXPECT_STATUS(valid(first), ZX_ERR_BAD_HANDLE);
	}
}

JX_TEST(handle_ten_thousand)
{
	enum { COUNT = 10000 };
	static zx_handle_t handles[COUNT];
	zx_info_handle_count_t count;
	zx_handle_t event = make_event();

	for (int i = 0; i < COUNT; i++)
		ASSERT_STATUS(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &handles[i]), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(event, ZX_INFO_HANDLE_COUNT, &count, sizeof(count), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(count.handle_count, COUNT + 1);
	EXPECT_STATUS(zx_handle_close_many(handles, COUNT), ZX_OK);
	zx_handle_close(event);
}

JX_TEST(handle_info_basic_and_frame)
{
	zx_info_handle_basic_t info;
	size_t actual = 7, avail = 7;
	zx_handle_t event = make_event();

	EXPECT_STATUS(zx_object_get_info(event, ZX_INFO_HANDLE_BASIC, &info, sizeof(info) - 1,
					 &actual, &avail), ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_EQ(actual, 0);
	EXPECT_EQ(avail, 1);
	EXPECT_STATUS(zx_object_get_info(event, ZX_INFO_HANDLE_BASIC, &info, sizeof(info) + 100,
					 &actual, &avail), ZX_OK);
	EXPECT_EQ(actual, 1);
	EXPECT_EQ(info.type, ZX_OBJ_TYPE_EVENT);
	EXPECT_EQ(info.related_koid, 0);
	EXPECT_TRUE(info.koid >= ZX_KOID_FIRST);
	EXPECT_STATUS(zx_object_get_info(event, ZX_INFO_HANDLE_BASIC, BAD_POINTER, sizeof(info),
					 &actual, &avail), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_get_info(event, ZX_INFO_HANDLE_BASIC, &info, sizeof(info),
					 (size_t *)8, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_get_info(0, 0x7777, NULL, 0, NULL, NULL), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_object_get_info(event, ZX_INFO_NONE, NULL, 0, NULL, NULL),
		      ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_object_get_info(event, ZX_INFO_VMO, NULL, 0, NULL, NULL),
		      ZX_ERR_WRONG_TYPE);
	EXPECT_EQ(basic(zx_thread_self()).related_koid, basic(zx_process_self()).koid);
	EXPECT_EQ(basic(zx_process_self()).related_koid, basic(zx_job_default()).koid);
	zx_handle_close(event);
}

/* Closes and makes while others look up: a value is good or refused, no more. */
struct race {
	_Atomic(zx_handle_t) value;
};

static int look_up(void *arg)
{
	struct race *race = arg;
	zx_handle_t value;
	int wrong = 0;

	while ((value = race->value) != 0) {
		zx_status_t status = zx_object_signal(value, 0, ZX_USER_SIGNAL_0);

		wrong += status != ZX_OK && status != ZX_ERR_BAD_HANDLE;
	}
	return wrong;
}

JX_TEST(handle_close_races_with_use)
{
	struct jx_thread threads[2];
	struct race race;

	race.value = 3;
	for (int i = 0; i < 2; i++)
		ASSERT_STATUS(jx_thread_create(&threads[i], "use", look_up, &race), ZX_OK);
	for (int i = 0; i < 3000; i++) {
		zx_handle_t event = make_event();

		race.value = event;
		EXPECT_STATUS(zx_handle_close(event), ZX_OK);
	}
	race.value = 0;
	for (int i = 0; i < 2; i++) {
		int wrong = 1;

		ASSERT_STATUS(jx_thread_join(&threads[i], &wrong), ZX_OK);
		EXPECT_EQ(wrong, 0);
	}
}

/* A refused look-up gives back exactly what it took: the object lives on. */
JX_TEST(handle_refusals_keep_the_object)
{
	zx_futex_t word = 0;
	zx_handle_t event = make_event();

	for (int i = 0; i < 3000; i++) {
		EXPECT_STATUS(zx_port_queue(event, NULL), ZX_ERR_WRONG_TYPE);
		EXPECT_STATUS(zx_futex_wait(&word, 0, event, 0), ZX_ERR_WRONG_TYPE);
		EXPECT_STATUS(zx_object_get_property(event, ZX_PROP_NAME, &word, 4),
			      ZX_ERR_ACCESS_DENIED);
	}
	EXPECT_STATUS(zx_object_signal(event, 0, ZX_USER_SIGNAL_0), ZX_OK);
	zx_handle_close(event);
}

/* Handles, their information, properties: spec/tasks.md 1, 2, 3.2, 4. */
#include <string.h>

#include <zircon/process.h>

#include "pair_util.h"

JX_TEST(tasks_1_4_c1_names_that_cannot_be_read)
{
	zx_handle_t out = 7, vmar = 7;

	for (size_t length = 0; length < 3; length += 2) {
		EXPECT_STATUS(zx_process_create(zx_job_default(), NULL, length, 0, &out, &vmar),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_process_create(0, PAIR_BAD_POINTER, length, 0, &out, &vmar),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_thread_create(zx_process_self(), NULL, length, 0, &out),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_thread_create(0, PAIR_BAD_POINTER, length, 0, &out),
			      ZX_ERR_INVALID_ARGS);
	}
	EXPECT_EQ(out, 7);
	EXPECT_EQ(vmar, 7);
}

JX_TEST(tasks_2_1_r1_close_needs_no_right)
{
	zx_handle_t event = pair_make_event(), bare = vm_dup(event, ZX_RIGHT_NONE);

	EXPECT_EQ(conf_rights(bare), ZX_RIGHT_NONE);
	EXPECT_STATUS(zx_handle_close(bare), ZX_OK);
	EXPECT_STATUS(pair_valid(bare), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(pair_valid(event), ZX_OK);
	EXPECT_STATUS(zx_handle_close(event), ZX_OK);
}

static zx_koid_t related(zx_handle_t handle)
{
	zx_info_handle_basic_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					 NULL), ZX_OK);
	return info.related_koid;
}

JX_TEST(tasks_3_2_r2_related_koids)
{
	struct pair channel = pair_channel(), events = pair_event();
	zx_handle_t event = pair_make_event(), fifo[2] = { 0 };
	zx_koid_t far = conf_koid(channel.b);

	ASSERT_STATUS(zx_fifo_create(4, 4, 0, &fifo[0], &fifo[1]), ZX_OK);
	EXPECT_EQ(related(channel.a), far);
	EXPECT_EQ(related(channel.b), conf_koid(channel.a));
	EXPECT_EQ(related(events.a), conf_koid(events.b));
	EXPECT_EQ(related(fifo[1]), conf_koid(fifo[0]));
	EXPECT_EQ(related(zx_process_self()), conf_koid(zx_job_default()));
	EXPECT_EQ(related(zx_thread_self()), conf_koid(zx_process_self()));
	EXPECT_EQ(related(event), 0);
	EXPECT_EQ(related(zx_vmar_root_self()), 0);
	/* It is still told after the other end has gone. */
	EXPECT_STATUS(zx_handle_close(channel.b), ZX_OK);
	EXPECT_EQ(related(channel.a), far);
	EXPECT_STATUS(zx_handle_close(channel.a), ZX_OK);
	pair_close(events);
	zx_handle_close(fifo[0]);
	zx_handle_close(fifo[1]);
	zx_handle_close(event);
}

static uint32_t count_of(zx_handle_t handle)
{
	zx_info_handle_count_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(handle, ZX_INFO_HANDLE_COUNT, &info, sizeof(info), NULL,
					 NULL), ZX_OK);
	return info.handle_count;
}

JX_TEST(tasks_3_2_r3_handle_count)
{
	struct pair p = pair_channel();
	zx_handle_t event = pair_make_event(), copy = vm_dup(event, ZX_RIGHT_SAME_RIGHTS);
	uint32_t word;

	EXPECT_EQ(count_of(event), 2);
	/* In flight it is a handle still, and nobody's. */
	EXPECT_STATUS(pair_send(p.a, 1, copy), ZX_OK);
	EXPECT_EQ(count_of(event), 2);
	EXPECT_STATUS(pair_receive(p.b, &word, &copy), ZX_OK);
	EXPECT_EQ(count_of(event), 2);
	EXPECT_STATUS(zx_handle_close(copy), ZX_OK);
	EXPECT_EQ(count_of(event), 1);
	EXPECT_EQ(count_of(p.a), 1);
	pair_close(p);
	zx_handle_close(event);
}

JX_TEST(tasks_4_1_r1_no_name_reads_as_zeros)
{
	char name[ZX_MAX_NAME_LEN], zeros[ZX_MAX_NAME_LEN] = { 0 };
	zx_handle_t pager = ZX_HANDLE_INVALID;

	ASSERT_STATUS(zx_pager_create(0, &pager), ZX_OK);
	memset(name, 'x', sizeof(name));
	EXPECT_STATUS(zx_object_get_property(pager, ZX_PROP_NAME, name, sizeof(name) - 1),
		      ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(zx_object_get_property(pager, ZX_PROP_NAME, name, sizeof(name)), ZX_OK);
	EXPECT_TRUE(memcmp(name, zeros, sizeof(name)) == 0);
	EXPECT_STATUS(zx_object_set_property(pager, ZX_PROP_NAME, "n", 1), ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(pager);
}

static bool is_named(zx_handle_t handle, const char *wanted)
{
	char name[ZX_MAX_NAME_LEN];

	return EXPECT_STATUS(zx_object_get_property(handle, ZX_PROP_NAME, name, sizeof(name)),
			     ZX_OK) &&
	       EXPECT_TRUE(strcmp(name, wanted) == 0);
}

JX_TEST(tasks_4_2_r1_names)
{
	static const char longest[] = "0123456789abcdefghijklmnopqrstu";
	zx_handle_t vmo = vm_vmo_make(1, 0);

	EXPECT_TRUE(is_named(vmo, ""));
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, longest, 100), ZX_OK);
	EXPECT_TRUE(is_named(vmo, longest));
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, "ab\0cd", 5), ZX_OK);
	EXPECT_TRUE(is_named(vmo, "ab"));
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, PAIR_BAD_POINTER, 3),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, NULL, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(is_named(vmo, "ab"));
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, PAIR_BAD_POINTER, 0), ZX_OK);
	EXPECT_TRUE(is_named(vmo, ""));
	zx_handle_close(vmo);
}

static zx_status_t get_word(zx_handle_t handle, uint32_t property, uint64_t *word)
{
	return zx_object_get_property(handle, property, word, sizeof(*word));
}

static zx_status_t set_word(zx_handle_t handle, uint32_t property, uint64_t word)
{
	return zx_object_set_property(handle, property, &word, sizeof(word));
}

/* Size first, type second, for both directions. */
static void expect_frame(zx_handle_t process, uint32_t property)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);
	uint64_t word = 9;

	EXPECT_STATUS(zx_object_get_property(vmo, property, &word, 7), ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(get_word(vmo, property, &word), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_object_get_property(process, property, PAIR_BAD_POINTER, 8),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_object_set_property(vmo, property, &word, 7), ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(set_word(vmo, property, 1), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_object_set_property(process, property, PAIR_BAD_POINTER, 8),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(word, 9);
	zx_handle_close(vmo);
}

JX_TEST(tasks_4_2_r2_debug_address)
{
	struct conf_subject s;
	uint64_t word = 9;

	ASSERT_TRUE(conf_subject_make(&s));
	expect_frame(s.process, ZX_PROP_PROCESS_DEBUG_ADDR);
	EXPECT_STATUS(get_word(s.process, ZX_PROP_PROCESS_DEBUG_ADDR, &word), ZX_OK);
	EXPECT_EQ(word, 0);
	EXPECT_STATUS(set_word(s.process, ZX_PROP_PROCESS_DEBUG_ADDR, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(set_word(s.process, ZX_PROP_PROCESS_DEBUG_ADDR,
			       ZX_PROCESS_DEBUG_ADDR_BREAK_ON_SET), ZX_OK);
	EXPECT_STATUS(set_word(s.process, ZX_PROP_PROCESS_DEBUG_ADDR, 0x12345678), ZX_OK);
	EXPECT_STATUS(set_word(s.process, ZX_PROP_PROCESS_DEBUG_ADDR, 0x777), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(get_word(s.process, ZX_PROP_PROCESS_DEBUG_ADDR, &word), ZX_OK);
	EXPECT_EQ(word, 0x12345678);
	/* Of traces there are none here. */
	EXPECT_STATUS(get_word(s.process, ZX_PROP_PROCESS_HW_TRACE_CONTEXT_ID, &word),
		      ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(set_word(s.process, ZX_PROP_PROCESS_HW_TRACE_CONTEXT_ID, 1),
		      ZX_ERR_INVALID_ARGS);
	conf_subject_drop(&s);
}

JX_TEST(tasks_4_2_r3_break_on_load)
{
	struct conf_subject s;
	uint64_t word = 9;

	ASSERT_TRUE(conf_subject_make(&s));
	expect_frame(s.process, ZX_PROP_PROCESS_BREAK_ON_LOAD);
	EXPECT_STATUS(get_word(s.process, ZX_PROP_PROCESS_BREAK_ON_LOAD, &word), ZX_OK);
	EXPECT_EQ(word, 0);
	for (uint64_t value = 2; value < 3; value--) {
		EXPECT_STATUS(set_word(s.process, ZX_PROP_PROCESS_BREAK_ON_LOAD, value), ZX_OK);
		EXPECT_STATUS(get_word(s.process, ZX_PROP_PROCESS_BREAK_ON_LOAD, &word), ZX_OK);
		EXPECT_EQ(word, value);
	}
	conf_subject_drop(&s);
}

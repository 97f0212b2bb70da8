/* The bootstrap message and what a program finds of it: spec/tasks.md 18.2 to 18.4, abi.md 18. */
#include <stddef.h>
#include <string.h>

#include <jx/ktap.h>
#include <jx/procargs.h>
#include <jx/runtime.h>
#include <jx/vdso.h>
#include <zircon/process.h>

#include "start_util.h"
#include "task_util.h"

extern char **environ;

static zx_handle_t make_event(void)
{
	zx_handle_t event = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_event_create(0, &event), ZX_OK);
	return event;
}

/* Message bytes with a head that says what it should for a number of handles. */
struct raw {
	zx_proc_args_t head;
	uint32_t words[4];
	char strings[16];
};

static struct raw good_message(void)
{
	return (struct raw){
		.head = {
			.protocol = ZX_PROCARGS_PROTOCOL,
			.version = ZX_PROCARGS_VERSION,
			.handle_info_off = offsetof(struct raw, words),
			.args_off = offsetof(struct raw, strings),
			.args_num = 2,
		},
		.strings = "probe\0second\0",
	};
}

/* The probe ends with this code on the message, which nothing else was wrong with. */
static void expect_refused(const struct raw *message, uint32_t size, int64_t code)
{
	EXPECT_EQ(start_with_message(message, size, NULL, 0), code);
}

JX_TEST(tasks_18_3_c1_without_a_message_it_ends)
{
	EXPECT_EQ(start_with_message(NULL, 0, NULL, 0), ZX_ERR_INVALID_ARGS);
}

JX_TEST(tasks_18_3_c2_head_and_handle_table_are_checked)
{
	struct raw m = good_message();

	expect_refused(&m, sizeof(m.head) - 1, ZX_ERR_INVALID_ARGS);
	m.head.protocol++;
	expect_refused(&m, sizeof(m), ZX_ERR_INVALID_ARGS);
	m = good_message();
	m.head.version++;
	expect_refused(&m, sizeof(m), ZX_ERR_INVALID_ARGS);
	m = good_message();
	m.head.handle_info_off++;
	expect_refused(&m, sizeof(m), ZX_ERR_INVALID_ARGS);
	m.head.handle_info_off = 0xfffffffc;
	expect_refused(&m, sizeof(m), ZX_ERR_INVALID_ARGS);
}

/* More handles than words: nothing behind the message is read for them. */
JX_TEST(tasks_18_3_c2_handles_need_words)
{
	struct raw m = good_message();
	zx_handle_t handles[8];

	for (int i = 0; i < 8; i++)
		handles[i] = make_event();
	m.head.handle_info_off = sizeof(m) - 4;
	EXPECT_EQ(start_with_message(&m, sizeof(m), handles, 8), ZX_ERR_INVALID_ARGS);
}

JX_TEST(tasks_18_3_c3_strings_must_end_in_the_message)
{
	struct raw m = good_message();

	m.head.args_num = 100;
	expect_refused(&m, sizeof(m), ZX_ERR_INVALID_ARGS);
	m.head.args_num = 0xffffffff;
	expect_refused(&m, sizeof(m), ZX_ERR_INVALID_ARGS);
	m = good_message();
	m.head.args_off = sizeof(m) + 1;
	expect_refused(&m, sizeof(m), ZX_ERR_INVALID_ARGS);
	m = good_message();
	memset(m.strings, 'x', sizeof(m.strings));
	expect_refused(&m, sizeof(m), ZX_ERR_INVALID_ARGS);
	m = good_message();
	m.head.environ_num = 1;
	m.head.environ_off = 0x80000000;
	expect_refused(&m, sizeof(m), ZX_ERR_INVALID_ARGS);
}

/* The message itself is right, but there is no root VMAR to run with. */
JX_TEST(tasks_18_3_c4_a_program_needs_its_root_vmar)
{
	struct raw m = good_message();

	m.head.environ_off = 0xffffffff;
	m.head.names_off = 0xffffffff;
	expect_refused(&m, sizeof(m), ZX_ERR_NOT_FOUND);
}

/* A full message of 64 handles that mean nothing to it is no reason to stumble. */
JX_TEST(tasks_18_3_c4_all_handles_are_walked)
{
	static struct {
		zx_proc_args_t head;
		uint32_t words[64];
	} m;
	zx_handle_t handles[64];

	m.head = good_message().head;
	m.head.args_num = 0;
	for (uint32_t i = 0; i < 64; i++) {
		m.words[i] = PA_HND(PA_USER1, i);
		handles[i] = make_event();
	}
	EXPECT_EQ(start_with_message(&m, sizeof(m), handles, 64), ZX_ERR_NOT_FOUND);
}

JX_TEST(tasks_18_2_r1_arguments_environment_and_names_arrive)
{
	const char *argv[] = { "probe", "", "two words" };
	const char *envp[] = { "HOME=/", "EMPTY=", NULL };
	const char *names[] = { "/boot", "/data" };
	const struct jx_launch program = {
		.argc = 3, .argv = argv, .envp = envp, .names = names, .name_count = 2,
	};
	struct probe p;

	ASSERT_TRUE(probe_start(&p, &program));
	for (uint8_t i = 0; i < 3; i++)
		probe_says(&p, 'a', i, argv[i]);
	probe_says(&p, 'a', 3, NULL);
	for (uint8_t i = 0; i < 2; i++)
		probe_says(&p, 'e', i, envp[i]);
	probe_says(&p, 'e', 2, NULL);
	for (uint8_t i = 0; i < 2; i++)
		probe_says(&p, 'n', i, names[i]);
	probe_says(&p, 'n', 2, NULL);
	probe_end(&p, 7);
}

/* Without words of its own it inherits the starter's environment. */
JX_TEST(tasks_18_2_r1_environment_is_inherited)
{
	const struct jx_launch program = { .argc = 0 };
	struct probe p;

	ASSERT_TRUE(probe_start(&p, &program));
	for (uint8_t i = 0; environ[i]; i++)
		probe_says(&p, 'e', i, environ[i]);
	probe_says(&p, 'a', 0, NULL);
	probe_end(&p, 0);
}

static zx_koid_t related(zx_handle_t handle)
{
	zx_info_handle_basic_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					 NULL), ZX_OK);
	return info.related_koid;
}

/* What a program holds as its own are its own, with the rights of their births. */
JX_TEST(tasks_18_3_r1_its_own_handles)
{
	const struct jx_launch program = { .argc = 0 };
	zx_info_handle_basic_t info = { 0 };
	struct probe_answer own;
	struct probe p;

	ASSERT_TRUE(probe_start(&p, &program));
	ASSERT_TRUE(probe_ask(&p, "s", 1, &own));
	ASSERT_EQ(own.handle_count, 4);
	EXPECT_EQ(task_koid(own.handles[0]), task_koid(p.process));
	EXPECT_EQ(related(own.handles[1]), task_koid(p.process));
	EXPECT_STATUS(zx_object_get_info(own.handles[2], ZX_INFO_HANDLE_BASIC, &info, sizeof(info),
					 NULL, NULL), ZX_OK);
	EXPECT_EQ(info.type, ZX_OBJ_TYPE_VMAR);
	EXPECT_EQ(task_koid(own.handles[3]), task_koid(zx_job_default()));
	zx_handle_close_many(own.handles, 4);
	/* They are the runtime's, not for taking. */
	EXPECT_EQ(probe_take(&p, PA_PROC_SELF), 0);
	EXPECT_EQ(probe_take(&p, PA_THREAD_SELF), 0);
	EXPECT_EQ(probe_take(&p, PA_VMAR_ROOT), 0);
	EXPECT_EQ(probe_take(&p, PA_JOB_DEFAULT), 0);
	probe_end(&p, 0);
}

static void expect_type(zx_handle_t handle, zx_obj_type_t type, const char *name)
{
	zx_info_handle_basic_t info = { 0 };
	char text[ZX_MAX_NAME_LEN] = "";

	EXPECT_STATUS(zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(info.type, type);
	if (name) {
		EXPECT_STATUS(zx_object_get_property(handle, ZX_PROP_NAME, text, sizeof(text)),
			      ZX_OK);
		EXPECT_TRUE(strcmp(text, name) == 0);
	}
	zx_handle_close(handle);
}

JX_TEST(tasks_18_3_r2_the_rest_of_the_usual_handles)
{
	const struct jx_launch program = { .argc = 0 };
	struct probe p;

	ASSERT_TRUE(probe_start(&p, &program));
	expect_type(probe_take(&p, PA_VMO_STACK), ZX_OBJ_TYPE_VMO, "stack");
	expect_type(probe_take(&p, PA_RESOURCE), ZX_OBJ_TYPE_RESOURCE, NULL);
	expect_type(probe_take(&p, PA_VMO_BOOTFS), ZX_OBJ_TYPE_VMO, "initrd");
	expect_type(probe_take(&p, PA_VMO_BOOTDATA), ZX_OBJ_TYPE_VMO, "boot items");
	expect_type(probe_take(&p, PA_HND(PA_VMO_VDSO, 0)), ZX_OBJ_TYPE_VMO, "vdso/stable");
	probe_end(&p, 0);
}

/* Handles of the starter's choice, each handed over once. */
JX_TEST(abi_18_r3_startup_handles_are_taken_once)
{
	struct jx_launch_handle handles[3];
	const struct jx_launch program = { .handles = handles, .handle_count = 3 };
	zx_koid_t koids[3];
	struct probe p;

	for (uint32_t i = 0; i < 3; i++) {
		handles[i].info = PA_HND(PA_USER1, 0xfff0 + i);
		handles[i].handle = make_event();
		koids[i] = task_koid(handles[i].handle);
	}
	ASSERT_TRUE(probe_start(&p, &program));
	for (uint32_t i = 0; i < 3; i++) {
		zx_handle_t event = probe_take(&p, PA_HND(PA_USER1, 0xfff0 + i));

		EXPECT_EQ(task_koid(event), koids[i]);
		zx_handle_close(event);
		EXPECT_EQ(probe_take(&p, PA_HND(PA_USER1, 0xfff0 + i)), 0);
	}
	EXPECT_EQ(probe_take(&p, PA_HND(PA_USER2, 0)), 0);
	probe_end(&p, 0);
}

/* What a starter keeps back is not there. */
JX_TEST(tasks_18_2_r3_a_starter_may_keep_handles_back)
{
	const struct jx_launch program = {
		.flags = JX_LAUNCH_NO_JOB | JX_LAUNCH_NO_RESOURCE | JX_LAUNCH_NO_BOOTFS,
	};
	struct probe p;

	ASSERT_TRUE(probe_start(&p, &program));
	EXPECT_EQ(probe_take(&p, PA_RESOURCE), 0);
	EXPECT_EQ(probe_take(&p, PA_VMO_BOOTFS), 0);
	EXPECT_EQ(probe_take(&p, PA_VMO_BOOTDATA), 0);
	probe_end(&p, 3);
}

/* Too many handles, or strings that no message holds: refused, nothing is left, and
 * the handles are gone as they would be. */
JX_TEST(tasks_18_3_r4_more_than_a_message_holds)
{
	struct jx_launch_handle handles[60];
	struct jx_launch program = {
		.path = "/bin/probe", .handles = handles, .handle_count = 60,
	};
	static char long_string[ZX_CHANNEL_MAX_MSG_BYTES + 1];
	const char *argv[] = { long_string };
	zx_handle_t process = 0;
	const char *why = NULL;

	for (uint32_t i = 0; i < 60; i++)
		handles[i] = (struct jx_launch_handle){ PA_HND(PA_USER1, i), make_event() };
	EXPECT_STATUS(jx_launch(&program, &process, &why), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_object_signal(handles[0].handle, 0, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_TRUE(why != NULL);
	memset(long_string, 'a', sizeof(long_string) - 1);
	program = (struct jx_launch){ .path = "/bin/probe", .argc = 1, .argv = argv };
	EXPECT_STATUS(jx_launch(&program, &process, NULL), ZX_ERR_OUT_OF_RANGE);
}

/* Whatever the order of the words, each handle is found. */
JX_TEST(tasks_18_3_r3_order_is_free)
{
	struct probe_answer own;
	struct probe p;

	ASSERT_TRUE(probe_start_by_hand(&p, jx_vdso_vmo()));
	ASSERT_TRUE(probe_ask(&p, "s", 1, &own));
	EXPECT_EQ(own.handle_count, 4);
	EXPECT_EQ(task_koid(own.handles[0]), task_koid(p.process));
	zx_handle_close_many(own.handles, own.handle_count);
	probe_end(&p, 0);
}

JX_TEST(abi_18_r1_layout_of_the_head)
{
	EXPECT_EQ(sizeof(zx_proc_args_t), 36);
	EXPECT_EQ(offsetof(zx_proc_args_t, handle_info_off), 8);
	EXPECT_EQ(offsetof(zx_proc_args_t, args_off), 12);
	EXPECT_EQ(offsetof(zx_proc_args_t, environ_off), 20);
	EXPECT_EQ(offsetof(zx_proc_args_t, names_num), 32);
	EXPECT_EQ(ZX_PROCARGS_PROTOCOL, 0x4150585d);
	EXPECT_EQ(ZX_PROCARGS_VERSION, 0x1000);
}

JX_TEST(abi_18_r2_handle_words)
{
	EXPECT_EQ(PA_HND(PA_VMO_VDSO, 0), 0x11);
	EXPECT_EQ(PA_HND(0x1ff, 0x12345), 0x234500ff);
	EXPECT_EQ(PA_HND_TYPE(0x234500fe), 0xfe);
	EXPECT_EQ(PA_HND_ARG(0x234500fe), 0x2345);
	EXPECT_EQ(PA_HND_SUBTYPE(0x2345ab00), 0xab);
}

/* The first program's arguments came from the boot line, through init and shell
 * to this one: all of them were started by such messages. */
JX_TEST(tasks_18_4_r1_the_first_program_starts_like_others)
{
	zx_info_handle_basic_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(jx_startup_handle(PA_RESOURCE), ZX_INFO_HANDLE_BASIC,
					 &info, sizeof(info), NULL, NULL), ZX_OK);
	EXPECT_EQ(info.type, ZX_OBJ_TYPE_RESOURCE);
	EXPECT_EQ(info.rights, ZX_DEFAULT_RESOURCE_RIGHTS);
}

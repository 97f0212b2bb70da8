/*
 * Processes that have a stub library, a stack, a thread and a channel, and nothing
 * else: spec/tasks.md 19, abi.md 22.
 */
#include <string.h>

#include <jx/elf.h>
#include <jx/ktap.h>
#include <jx/vdso.h>
#include <zircon/process.h>

#include "start_util.h"
#include "task_util.h"

#define PAGE ZX_PAGE_SIZE
#define RWX (TASK_RW | ZX_VM_PERM_EXECUTE)
#define STACK_BYTES (4 * PAGE)

typedef zx_status_t (*read_fn)(zx_handle_t, uint32_t, void *, zx_handle_t *, uint32_t, uint32_t,
			       uint32_t *, uint32_t *);
typedef zx_status_t (*write_fn)(zx_handle_t, uint32_t, const void *, uint32_t, const zx_handle_t *,
				uint32_t);
typedef zx_status_t (*wait_fn)(zx_handle_t, zx_signals_t, zx_time_t, zx_signals_t *);
typedef zx_status_t (*event_fn)(uint32_t, zx_handle_t *);
typedef zx_time_t (*clock_fn)(void);
typedef void (*exit_fn)(int64_t);

/* The first message: where the other functions are, as the child sees them. */
struct calls {
	write_fn write;
	wait_fn wait;
	event_fn event_create;
	clock_fn clock;
	exit_fn exit;
};

/* What it is told from then on. */
struct command {
	uint64_t what;	/* 0: make an event, 1: tell the time, else: exit */
	int64_t value;
};

/*
 * Runs in the child, from a copy: refers to nothing but its arguments and stack.
 * x0 is the channel, x1 where zx_channel_read is.
 */
static __NO_INLINE void mini(uintptr_t channel, uintptr_t read_at)
{
	const read_fn read = (read_fn)read_at;
	struct command command;
	struct calls calls;
	uint32_t bytes, handles;
	zx_handle_t event;
	zx_time_t now;

	read((zx_handle_t)channel, 0, &calls, NULL, sizeof(calls), 0, &bytes, &handles);
	for (;;) {
		calls.wait((zx_handle_t)channel, ZX_CHANNEL_READABLE, ZX_TIME_INFINITE, NULL);
		read((zx_handle_t)channel, 0, &command, NULL, sizeof(command), 0, &bytes, &handles);
		if (command.what == 0) {
			calls.event_create(0, &event);
			calls.write((zx_handle_t)channel, 0, NULL, 0, &event, 1);
		} else if (command.what == 1) {
			now = calls.clock();
			calls.write((zx_handle_t)channel, 0, &now, sizeof(now), NULL, 0);
		} else {
			calls.exit(command.value);
		}
	}
}

struct mini_process {
	struct task_child child;
	zx_handle_t channel;
	zx_vaddr_t vdso;
	zx_vaddr_t stack_top;
};

/* Where the child has a function of the vDSO. */
static uintptr_t there(const struct mini_process *m, const char *name)
{
	const char *here = jx_vdso_find(jx_vdso_base(), name);

	EXPECT_TRUE(here != NULL);
	return m->vdso + (uintptr_t)(here - (const char *)jx_vdso_base());
}

/* A page that can be read, written and run, with the function's copy. */
static bool map_code(struct mini_process *m, zx_vaddr_t *at)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;
	bool good = EXPECT_STATUS(zx_vmo_create(PAGE, 0, &vmo), ZX_OK) &&
		    EXPECT_STATUS(zx_vmo_write(vmo, (const void *)mini, 0, 512), ZX_OK) &&
		    EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, 0, &vmo), ZX_OK) &&
		    EXPECT_STATUS(zx_vmar_map(m->child.vmar, RWX, 0, vmo, 0, PAGE, at), ZX_OK);

	zx_handle_close(vmo);
	return good;
}

static bool map_stack(struct mini_process *m)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;
	zx_vaddr_t base = 0;
	bool good = EXPECT_STATUS(zx_vmo_create(STACK_BYTES, 0, &vmo), ZX_OK) &&
		    task_child_map(&m->child, vmo, STACK_BYTES, &base);

	zx_handle_close(vmo);
	m->stack_top = base + STACK_BYTES;
	return good;
}

/* The stub library is mapped by hand, as helpers of other programs do. */
static bool make_mini(struct mini_process *m)
{
	struct task_child *c = &m->child;

	memset(m, 0, sizeof(*m));
	return EXPECT_STATUS(zx_process_create(zx_job_default(), "mini", 4, 0, &c->process,
					       &c->vmar), ZX_OK) &&
	       EXPECT_STATUS(jx_vdso_map(jx_vdso_vmo(), c->vmar, &m->vdso), ZX_OK) &&
	       map_stack(m) &&
	       EXPECT_STATUS(zx_thread_create(c->process, "mini", 4, 0, &c->thread), ZX_OK);
}

static bool start_mini(struct mini_process *m)
{
	zx_handle_t theirs = ZX_HANDLE_INVALID;
	zx_vaddr_t entry = 0;
	struct calls calls;

	if (!make_mini(m) || !map_code(m, &entry) ||
	    !EXPECT_STATUS(zx_channel_create(0, &m->channel, &theirs), ZX_OK))
		return false;
	calls = (struct calls){
		(write_fn)there(m, "zx_channel_write"), (wait_fn)there(m, "_zx_object_wait_one"),
		(event_fn)there(m, "zx_event_create"), (clock_fn)there(m, "zx_clock_get_monotonic"),
		(exit_fn)there(m, "_zx_process_exit"),
	};
	return EXPECT_STATUS(zx_channel_write(m->channel, 0, &calls, sizeof(calls), NULL, 0),
			     ZX_OK) &&
	       EXPECT_STATUS(zx_process_start(m->child.process, m->child.thread, entry,
					      m->stack_top, theirs, there(m, "zx_channel_read")),
			     ZX_OK);
}

static void tell(struct mini_process *m, uint64_t what, int64_t value)
{
	const struct command command = { what, value };

	EXPECT_STATUS(zx_channel_write(m->channel, 0, &command, sizeof(command), NULL, 0), ZX_OK);
}

JX_TEST(tasks_19_r1_a_process_with_nothing_but_the_stub_library)
{
	zx_time_t before = zx_clock_get_monotonic(), now = 0;
	uint32_t bytes = 0, handles = 0;
	zx_handle_t event = 0;
	struct mini_process m;
	int64_t code = 0;

	ASSERT_TRUE(start_mini(&m));
	tell(&m, 0, 0);
	ASSERT_TRUE(task_await_signal(m.channel, ZX_CHANNEL_READABLE));
	EXPECT_STATUS(zx_channel_read(m.channel, 0, NULL, &event, 0, 1, &bytes, &handles), ZX_OK);
	EXPECT_EQ(handles, 1);
	EXPECT_STATUS(zx_object_signal(event, 0, ZX_EVENT_SIGNALED), ZX_OK);
	tell(&m, 1, 0);
	ASSERT_TRUE(task_await_signal(m.channel, ZX_CHANNEL_READABLE));
	EXPECT_STATUS(zx_channel_read(m.channel, 0, &now, NULL, sizeof(now), 0, &bytes, &handles),
		      ZX_OK);
	EXPECT_TRUE(before <= now && now <= zx_clock_get_monotonic());
	tell(&m, 2, 0x123456789a);
	EXPECT_TRUE(task_child_await(&m.child, &code));
	EXPECT_EQ(code, 0x123456789a);
	zx_handle_close(event);
	zx_handle_close(m.channel);
	task_child_drop(&m.child);
}

/* A jump to base + e_entry ends a process at once, with what x0 holds. */
JX_TEST(tasks_19_r2_the_entry_of_the_image_is_an_exit)
{
	const Elf64_Ehdr *head = jx_vdso_base();
	struct mini_process m;
	int64_t code = 5;

	EXPECT_EQ((uintptr_t)head + head->e_entry,
		  jx_vdso_find(jx_vdso_base(), "zx_process_exit"));
	ASSERT_TRUE(make_mini(&m));
	ASSERT_STATUS(zx_process_start(m.child.process, m.child.thread, m.vdso + head->e_entry,
				       m.stack_top, ZX_HANDLE_INVALID, 0), ZX_OK);
	EXPECT_TRUE(task_child_await(&m.child, &code));
	EXPECT_EQ(code, 0);
	task_child_drop(&m.child);
}

/* The VMO is the whole file: what is mapped is what it holds, page by page. */
JX_TEST(tasks_19_r2_the_vmo_is_an_elf_image)
{
	const Elf64_Ehdr *head = jx_vdso_base();
	const Elf64_Phdr *segment = (const Elf64_Phdr *)((const char *)head + head->e_phoff);
	char page[256], name[ZX_MAX_NAME_LEN] = "";
	uint32_t loads = 0;

	EXPECT_TRUE(memcmp(head->e_ident, ELFMAG, SELFMAG) == 0);
	EXPECT_EQ(head->e_type, ET_DYN);
	for (int i = 0; i < head->e_phnum; i++) {
		if (segment[i].p_type != PT_LOAD)
			continue;
		loads++;
		EXPECT_EQ(segment[i].p_offset, segment[i].p_vaddr);
		EXPECT_EQ(segment[i].p_offset % PAGE, 0);
		EXPECT_TRUE(!(segment[i].p_flags & PF_W));
		EXPECT_EQ(segment[i].p_filesz, segment[i].p_memsz);
		EXPECT_STATUS(zx_vmo_read(jx_vdso_vmo(), page, segment[i].p_offset, sizeof(page)),
			      ZX_OK);
		EXPECT_TRUE(memcmp(page, (const char *)head + segment[i].p_vaddr,
				   sizeof(page)) == 0);
	}
	EXPECT_EQ(loads, 2);
	EXPECT_STATUS(zx_object_get_property(jx_vdso_vmo(), ZX_PROP_NAME, name, sizeof(name)),
		      ZX_OK);
	EXPECT_TRUE(strcmp(name, "vdso/stable") == 0);
}

/* Nobody writes to it, resizes it, or names it. */
JX_TEST(abi_22_r4_the_image_is_read_only)
{
	zx_info_handle_basic_t info = { 0 };
	zx_handle_t child = 0;
	char byte = 0;

	EXPECT_STATUS(zx_object_get_info(jx_vdso_vmo(), ZX_INFO_HANDLE_BASIC, &info, sizeof(info),
					 NULL, NULL), ZX_OK);
	EXPECT_EQ(info.rights, ZX_RIGHTS_BASIC | ZX_RIGHT_READ | ZX_RIGHT_EXECUTE | ZX_RIGHT_MAP |
			       ZX_RIGHT_GET_PROPERTY);
	EXPECT_STATUS(zx_vmo_write(jx_vdso_vmo(), &byte, 0, 1), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_set_size(jx_vdso_vmo(), PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_set_property(jx_vdso_vmo(), ZX_PROP_NAME, "x", 1),
		      ZX_ERR_ACCESS_DENIED);
	/* A slice shows the same pages, and no more may be done with it. */
	if (zx_vmo_create_child(jx_vdso_vmo(), ZX_VMO_CHILD_SLICE, 0, PAGE, &child) == ZX_OK)
		EXPECT_STATUS(zx_vmo_write(child, &byte, 0, 1), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(child);
}

/* Both names of every function, at one place. */
JX_TEST(abi_22_r1_two_names_each)
{
	static const char *const names[] = {
		"_zx_handle_close", "_zx_channel_read", "_zx_vmar_map", "_zx_clock_get_monotonic",
		"_zx_ticks_get", "_zx_cache_flush", "_zx_process_exit", "_zx_futex_wait",
		"_zx_system_get_version_string", "_zx_vmar_unmap_handle_close_thread_exit",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const void *at = jx_vdso_find(jx_vdso_base(), names[i]);

		EXPECT_TRUE(at != NULL);
		EXPECT_EQ(at, jx_vdso_find(jx_vdso_base(), names[i] + 1));
	}
	EXPECT_EQ(jx_vdso_find(jx_vdso_base(), "zx_nothing"), NULL);
	EXPECT_EQ(jx_vdso_find(jx_vdso_base(), ""), NULL);
}

/* A copy of the image without one name; 0 and a failure if it cannot be. */
static zx_handle_t image_without(const char *name)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;
	uint64_t size = 0;
	static char bytes[16 * PAGE];
	size_t length = strlen(name) + 1;

	if (!EXPECT_STATUS(zx_vmo_get_size(jx_vdso_vmo(), &size), ZX_OK) ||
	    !EXPECT_TRUE(size <= sizeof(bytes)) ||
	    !EXPECT_STATUS(zx_vmo_read(jx_vdso_vmo(), bytes, 0, size), ZX_OK))
		return ZX_HANDLE_INVALID;
	for (uint64_t at = 0; at + length <= size; at++) {
		if (memcmp(bytes + at, name, length) == 0)
			bytes[at + length / 2] ^= 1;
	}
	EXPECT_STATUS(zx_vmo_create(size, 0, &vmo), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(vmo, bytes, 0, size), ZX_OK);
	EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &vmo), ZX_OK);
	return vmo;
}

/* A program runs on a kernel that lacks a call: that call says so, no other does. */
JX_TEST(tasks_18_2_r4_a_missing_call_is_a_bad_call)
{
	zx_handle_t vmo = image_without("_zx_event_create");
	struct probe_answer answer;
	zx_status_t status = ZX_OK;
	struct probe p;

	ASSERT_TRUE(probe_start_by_hand(&p, vmo));
	if (probe_ask(&p, "c", 1, &answer))
		memcpy(&status, answer.text, sizeof(status));
	EXPECT_STATUS(status, ZX_ERR_BAD_SYSCALL);
	probe_end(&p, 4);
	zx_handle_close(vmo);
	/* With the real one it is there. */
	ASSERT_TRUE(probe_start_by_hand(&p, jx_vdso_vmo()));
	if (probe_ask(&p, "c", 1, &answer))
		memcpy(&status, answer.text, sizeof(status));
	EXPECT_STATUS(status, ZX_OK);
	probe_end(&p, 4);
}

/* What a program holds of the numbers can be read, not written. */
JX_TEST(tasks_18_2_r5_the_table_of_calls_is_sealed)
{
	extern char __zx_bind_start[];
	size_t actual = 0;
	uint64_t first = 0;

	EXPECT_STATUS(zx_process_read_memory(zx_process_self(), (zx_vaddr_t)__zx_bind_start,
					     &first, sizeof(first), &actual), ZX_OK);
	EXPECT_TRUE(first != 0);
	/* A copy into it fails as a store of the program's own would. */
	EXPECT_STATUS(zx_vmo_read(jx_vdso_vmo(), __zx_bind_start, 0, 8), ZX_ERR_ACCESS_DENIED);
}

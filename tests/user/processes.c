/* Processes and threads: creation, start, end, memory (tasks.md 5-9, vmar.md 16). */
#include <string.h>

#include <jx/ktap.h>
#include <jx/spawn.h>
#include <jx/thread.h>
#include <zircon/jx.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define BAD_POINTER ((void *)8)
#define CODE_AT 0x20000000ul
#define RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

/* A process that is not started, with its first thread. */
struct child {
	zx_handle_t process;
	zx_handle_t vmar;
	zx_handle_t thread;
};

static zx_info_process_t info_of(zx_handle_t process)
{
	zx_info_process_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	return info;
}

static bool make_child(struct child *c)
{
	memset(c, 0, sizeof(*c));
	return EXPECT_STATUS(zx_process_create(zx_job_default(), "child", 5, 0, &c->process,
					       &c->vmar), ZX_OK) &&
	       EXPECT_STATUS(zx_thread_create(c->process, "first", 5, 0, &c->thread), ZX_OK);
}

static void drop_child(struct child *c)
{
	zx_handle_close(c->thread);
	zx_handle_close(c->vmar);
	zx_handle_close(c->process);
}

/* Where user space begins depends on the era (spec/README.md 5). */
static zx_vaddr_t user_base(void)
{
	zx_info_vmar_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &info, sizeof(info),
					 NULL, NULL), ZX_OK);
	return info.base;
}

/* Puts these instructions at CODE_AT of the child. */
static bool load(struct child *c, const uint32_t *code, size_t bytes)
{
	zx_handle_t vmo, executable;
	zx_vaddr_t at;

	return EXPECT_STATUS(zx_vmo_create(4096, 0, &vmo), ZX_OK) &&
	       EXPECT_STATUS(zx_vmo_write(vmo, code, 0, bytes), ZX_OK) &&
	       EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &executable),
			     ZX_OK) &&
	       EXPECT_STATUS(zx_vmar_map(c->vmar, ZX_VM_SPECIFIC | ZX_VM_PERM_READ |
					 ZX_VM_PERM_EXECUTE, CODE_AT - user_base(), executable, 0,
					 4096, &at), ZX_OK) &&
	       EXPECT_STATUS(zx_handle_close(executable), ZX_OK);
}

static int64_t wait_for(zx_handle_t process)
{
	EXPECT_STATUS(zx_object_wait_one(process, ZX_PROCESS_TERMINATED,
					 zx_deadline_after(ZX_SEC(10)), NULL), ZX_OK);
	return info_of(process).return_code;
}

JX_TEST(process_create_errors_in_order)
{
	zx_handle_t process = 0, vmar = 0, event = 0;

	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	EXPECT_STATUS(zx_process_create(0, NULL, 0, 1, &process, &vmar), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_process_create(0, NULL, 0, 0, &process, &vmar), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_process_create(0, "a", 1, 0, &process, &vmar), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_process_create(event, "a", 1, 0, &process, &vmar), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_process_create(zx_job_default(), "a", 1, 0, NULL, &vmar),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_process_create(zx_job_default(), "a", 1, 0, &process, BAD_POINTER),
		      ZX_ERR_INVALID_ARGS);
	zx_handle_close(event);
}

JX_TEST(process_name_and_rights)
{
	char name[ZX_MAX_NAME_LEN];
	zx_info_handle_basic_t info;
	zx_handle_t process = 0, vmar = 0;

	ASSERT_STATUS(zx_process_create(zx_job_default(), "0123456789012345678901234567890123456",
					37, 0, &process, &vmar), ZX_OK);
	EXPECT_STATUS(zx_object_get_property(process, ZX_PROP_NAME, name, sizeof(name)), ZX_OK);
	EXPECT_EQ(strnlen(name, 32), 31);
	EXPECT_STATUS(zx_object_get_info(vmar, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(info.rights, 0x801f | (jx_era() == JX_ERA_LATEST ? ZX_RIGHT_OP_CHILDREN : 0));
	EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(info.rights, ZX_DEFAULT_PROCESS_RIGHTS);
	zx_handle_close(process);
	zx_handle_close(vmar);
}

JX_TEST(process_unstarted_dies_with_its_handles)
{
	zx_handle_t process, vmar, child, vmo;
	zx_info_vmo_t info;
	zx_vaddr_t at;

	ASSERT_STATUS(zx_process_create(zx_job_default(), "", 0, 0, &process, &vmar), ZX_OK);
	ASSERT_STATUS(zx_vmo_create(4096, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(vmar, RW, 0, vmo, 0, 4096, &at), ZX_OK);
	EXPECT_TRUE(!info_of(process).started && !info_of(process).exited);
	zx_handle_close(process);
	EXPECT_STATUS(zx_vmar_map(vmar, RW, 0, vmo, 0, 4096, &at), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_allocate(vmar, ZX_VM_CAN_MAP_READ, 0, 4096, &child, &at),
		      ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL), ZX_OK);
	EXPECT_EQ(info.num_mappings, 0);
	zx_handle_close(vmar);
	zx_handle_close(vmo);
}

JX_TEST(process_kill_unstarted)
{
	zx_info_process_t info;
	zx_handle_t process, vmar, thread, weak;

	ASSERT_STATUS(zx_process_create(zx_job_default(), "", 0, 0, &process, &vmar), ZX_OK);
	ASSERT_STATUS(zx_handle_duplicate(process, ZX_RIGHT_INSPECT, &weak), ZX_OK);
	EXPECT_STATUS(zx_task_kill(0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_task_kill(weak), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_task_kill(vmar), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_task_kill(process), ZX_OK);
	info = info_of(process);
	EXPECT_TRUE(info.exited && !info.started);
	EXPECT_EQ(info.return_code, ZX_TASK_RETCODE_SYSCALL_KILL);
	EXPECT_STATUS(zx_task_kill(process), ZX_OK);
	EXPECT_STATUS(zx_thread_create(process, "", 0, 0, &thread), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_PROCESS_MAPS, NULL, 0, NULL, NULL),
		      ZX_ERR_BAD_STATE);
	zx_handle_close(process);
	zx_handle_close(vmar);
	zx_handle_close(weak);
}

/* Programs of one instruction. */
static const uint32_t spin_code[] = { 0x14000000 /* b . */ };
static const uint32_t brk_code[] = { 0xd4200000 /* brk #0 */ };

JX_TEST(process_start_errors_in_order)
{
	struct child a, b;
	zx_handle_t event, arg;

	if (!make_child(&a) || !make_child(&b))
		return;
	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	EXPECT_STATUS(zx_process_start(0, a.thread, 0, 0, 0, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_process_start(event, a.thread, 0, 0, 0, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_process_start(a.process, event, 0, 0, 0, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_process_start(a.process, b.thread, 0, 0, 0, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_process_start(a.process, a.thread, 1ul << 60, 0, 0, 0),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_thread_start(a.thread, CODE_AT, 0, 0, 0), ZX_ERR_BAD_STATE);
	/* arg1 is gone in every failing case. */
	for (int way = 0; way < 4; way++) {
		ASSERT_STATUS(zx_handle_duplicate(event, way == 2 ? ZX_RIGHT_WAIT :
						  ZX_RIGHT_SAME_RIGHTS, &arg), ZX_OK);
		EXPECT_STATUS(zx_process_start(way == 0 ? 0 : a.process,
					       way == 1 ? b.thread : a.thread,
					       1ul << 60, 0, arg, 0),
			      way == 0 ? ZX_ERR_BAD_HANDLE : way == 3 ? ZX_ERR_INVALID_ARGS :
			      ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(zx_handle_close(arg), ZX_ERR_BAD_HANDLE);
	}
	EXPECT_TRUE(!info_of(a.process).started);
	drop_child(&a);
	drop_child(&b);
	zx_handle_close(event);
}

JX_TEST(process_runs_and_is_killed)
{
	zx_info_process_t info;
	zx_koid_t koids[4];
	size_t actual, avail;
	struct child c;

	if (!make_child(&c) || !load(&c, spin_code, sizeof(spin_code)))
		return;
	EXPECT_STATUS(zx_object_get_info(c.process, ZX_INFO_PROCESS_THREADS, koids, sizeof(koids),
					 &actual, &avail), ZX_OK);
	EXPECT_EQ(avail, 0);
	ASSERT_STATUS(zx_process_start(c.process, c.thread, CODE_AT, 0, 0x1003, 0), ZX_OK);
	EXPECT_STATUS(zx_process_start(c.process, c.thread, CODE_AT, 0, 0, 0), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_thread_start(c.thread, CODE_AT, 0, 0, 0), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_object_get_info(c.process, ZX_INFO_PROCESS_THREADS, koids, 0, &actual,
					 &avail), ZX_OK);
	EXPECT_EQ(actual, 0);
	EXPECT_EQ(avail, 1);
	EXPECT_STATUS(zx_object_wait_one(c.thread, ZX_THREAD_RUNNING, 0, NULL), ZX_OK);
	EXPECT_STATUS(zx_task_kill(c.process), ZX_OK);
	EXPECT_EQ(wait_for(c.process), ZX_TASK_RETCODE_SYSCALL_KILL);
	EXPECT_STATUS(zx_object_wait_one(c.thread, ZX_THREAD_TERMINATED, 0, NULL), ZX_OK);
	info = info_of(c.process);
	EXPECT_TRUE(info.started && info.exited);
	drop_child(&c);
}

JX_TEST(process_killed_thread_is_the_last)
{
	struct child c;

	if (!make_child(&c) || !load(&c, spin_code, sizeof(spin_code)))
		return;
	EXPECT_STATUS(zx_task_kill(c.thread), ZX_OK);
	ASSERT_STATUS(zx_process_start(c.process, c.thread, CODE_AT, 0, 0, 0), ZX_OK);
	EXPECT_STATUS(zx_task_kill(c.thread), ZX_OK);
	EXPECT_EQ(wait_for(c.process), 0);
	drop_child(&c);
}

JX_TEST(process_faults_end_it_alone)
{
	for (int way = 0; way < 3; way++) {
		struct child c;

		if (!make_child(&c) || !load(&c, brk_code, sizeof(brk_code)))
			return;
		ASSERT_STATUS(zx_process_start(c.process, c.thread, way == 0 ? CODE_AT :
					       way == 1 ? 0 : CODE_AT + 4096, 0, 0, 0), ZX_OK);
		EXPECT_EQ(wait_for(c.process), ZX_TASK_RETCODE_EXCEPTION_KILL);
		drop_child(&c);
	}
}

JX_TEST(process_exit_code_reaches_the_parent)
{
	const char *argv[] = { "shell", "-c", "exit 7", NULL };
	const char *why = "";
	zx_handle_t process;
	int64_t code = -1;

	if (!EXPECT_STATUS(jx_spawn("/bin/shell", 3, argv, &process, &why), ZX_OK))
		return;
	EXPECT_STATUS(jx_process_wait(process, &code), ZX_OK);
	EXPECT_EQ(code, 7);
	zx_handle_close(process);
}

JX_TEST(process_memory_read_and_write)
{
	char buffer[32] = "0123456789abcdef";
	struct child c;
	zx_vaddr_t at;
	zx_handle_t vmo, weak;
	size_t actual = 99;

	if (!make_child(&c))
		return;
	ASSERT_STATUS(zx_vmo_create(2 * 4096, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(c.vmar, ZX_VM_PERM_READ, 0, vmo, 0, 8192, &at), ZX_OK);
	ASSERT_STATUS(zx_handle_duplicate(c.process, ZX_RIGHT_WRITE, &weak), ZX_OK);
	EXPECT_STATUS(zx_process_read_memory(0, at, NULL, 1, &actual), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_process_read_memory(0, at, buffer, 0, &actual), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_process_read_memory(0, at, buffer, (64ul << 20) + 1, &actual),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_process_read_memory(0, at, buffer, 1, &actual), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_process_read_memory(vmo, at, buffer, 1, &actual), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_process_read_memory(weak, at, buffer, 1, &actual), ZX_ERR_ACCESS_DENIED);
	/* D12: nothing is mapped there. */
	EXPECT_STATUS(zx_process_read_memory(c.process, at + 8192, buffer, 1, &actual),
		      user_base() == 0x1000000 ? ZX_ERR_NO_MEMORY : ZX_ERR_NOT_FOUND);
	EXPECT_EQ(actual, 99);
	/* A read-only mapping can be written; what goes past it is cut off. */
	EXPECT_STATUS(zx_process_write_memory(weak, at + 8190, buffer, 16, &actual), ZX_OK);
	EXPECT_EQ(actual, 2);
	memset(buffer, 0, sizeof(buffer));
	EXPECT_STATUS(zx_process_read_memory(c.process, at + 8188, buffer, 32, &actual), ZX_OK);
	EXPECT_EQ(actual, 4);
	EXPECT_TRUE(memcmp(buffer, "\0\00001", 4) == 0);
	EXPECT_STATUS(zx_process_read_memory(c.process, at, BAD_POINTER, 1, &actual),
		      ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_process_read_memory(c.process, at, buffer, 1, NULL), ZX_ERR_INVALID_ARGS);
	zx_task_kill(c.process);
	EXPECT_STATUS(zx_process_read_memory(c.process, at, buffer, 1, &actual), ZX_ERR_BAD_STATE);
	zx_handle_close(vmo);
	zx_handle_close(weak);
	drop_child(&c);
}

JX_TEST(process_maps_cursor)
{
	enum { COUNT = 100 };
	static zx_info_maps_t maps[COUNT + 10];
	size_t actual = 0, avail = 0;
	struct child c;
	zx_handle_t vmo;
	zx_vaddr_t at;

	if (!make_child(&c))
		return;
	ASSERT_STATUS(zx_vmo_create(4096, 0, &vmo), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(c.process, ZX_INFO_PROCESS_MAPS, NULL, 0, &actual,
					 &avail), ZX_OK);
	EXPECT_EQ(actual, 0);
	EXPECT_EQ(avail, 2);
	for (int i = 0; i < COUNT; i++)
		ASSERT_STATUS(zx_vmar_map(c.vmar, ZX_VM_SPECIFIC | RW, 0x10000000ul + 8192ul * i,
					  vmo, 0, 4096, &at), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(c.process, ZX_INFO_PROCESS_MAPS, maps, sizeof(maps),
					 &actual, &avail), ZX_OK);
	EXPECT_EQ(actual, COUNT + 2);
	EXPECT_EQ(avail, COUNT + 2);
	EXPECT_EQ(maps[0].type, ZX_INFO_MAPS_TYPE_ASPACE);
	EXPECT_EQ(maps[1].depth, 1);
	for (int i = 0; i < COUNT; i++) {
		EXPECT_EQ(maps[i + 2].type, ZX_INFO_MAPS_TYPE_MAPPING);
		EXPECT_EQ(maps[i + 2].base, maps[0].base + 0x10000000ul + 8192ul * i);
		EXPECT_EQ(maps[i + 2].depth, 2);
		EXPECT_EQ(maps[i + 2].u.mapping.mmu_flags, RW);
	}
	EXPECT_STATUS(zx_object_get_info(c.process, ZX_INFO_PROCESS_MAPS, maps,
					 50 * sizeof(maps[0]) + 7, &actual, &avail), ZX_OK);
	EXPECT_EQ(actual, 50);
	EXPECT_EQ(avail, COUNT + 2);
	EXPECT_STATUS(zx_object_get_info(c.process, ZX_INFO_PROCESS_MAPS, BAD_POINTER,
					 sizeof(maps), &actual, &avail), ZX_ERR_INVALID_ARGS);
	zx_handle_close(vmo);
	drop_child(&c);
}

JX_TEST(job_lists_processes)
{
	static zx_koid_t koids[200];
	size_t actual = 0, avail = 0;
	zx_handle_t process[70], vmar;

	for (int i = 0; i < 70; i++) {
		ASSERT_STATUS(zx_process_create(zx_job_default(), "", 0, 0, &process[i], &vmar),
			      ZX_OK);
		zx_handle_close(vmar);
	}
	EXPECT_STATUS(zx_object_get_info(zx_job_default(), ZX_INFO_JOB_PROCESSES, koids,
					 sizeof(koids), &actual, &avail), ZX_OK);
	EXPECT_TRUE(actual == avail && actual > 70);
	for (size_t i = 1; i < actual; i++)
		EXPECT_TRUE(koids[i] > koids[i - 1]);
	EXPECT_STATUS(zx_object_get_info(zx_job_default(), ZX_INFO_JOB_CHILDREN, koids,
					 sizeof(koids), &actual, &avail), ZX_OK);
	EXPECT_EQ(avail, 0);
	EXPECT_STATUS(zx_handle_close_many(process, 70), ZX_OK);
}

JX_TEST(thread_create_errors_in_order)
{
	zx_info_thread_t info;
	zx_handle_t thread, weak;

	ASSERT_STATUS(zx_handle_duplicate(zx_process_self(), ZX_RIGHT_WRITE, &weak), ZX_OK);
	EXPECT_STATUS(zx_thread_create(0, NULL, 0, 1, &thread), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_thread_create(0, NULL, 0, 0, &thread), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_thread_create(0, "", 0, 0, &thread), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_thread_create(zx_vmar_root_self(), "", 0, 0, &thread), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_thread_create(weak, "", 0, 0, &thread), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_thread_create(zx_process_self(), "", 0, 0, NULL), ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_thread_create(zx_process_self(), "t", 1, 0, &thread), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(info.state, ZX_THREAD_STATE_NEW);
	EXPECT_EQ(info.wait_exception_channel_type, 0);
	EXPECT_EQ(info.cpu_affinity_mask.mask[0], (1ul << zx_system_get_num_cpus()) - 1);
	EXPECT_STATUS(zx_task_kill(thread), ZX_OK);
	EXPECT_STATUS(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, 0, NULL), ZX_ERR_TIMED_OUT);
	EXPECT_STATUS(zx_thread_start(thread, 1ul << 55, 0, 0, 0), ZX_ERR_INVALID_ARGS);
	zx_handle_close(thread);
	zx_handle_close(weak);
}

/* Drops processes, none started, that hold each other in a chain of messages,
 * deeper than any kernel stack could recurse. */
JX_TEST(process_chain_of_handles_unwinds)
{
	enum { COUNT = 100 };
	zx_handle_t last = 0, next, vmar, ends[2];

	for (int i = 0; i < COUNT; i++) {
		ASSERT_STATUS(zx_process_create(zx_job_default(), "link", 4, 0, &next, &vmar),
			      ZX_OK);
		zx_handle_close(vmar);
		ASSERT_STATUS(zx_channel_create(0, &ends[0], &ends[1]), ZX_OK);
		EXPECT_STATUS(zx_channel_write(ends[0], 0, NULL, 0,
					       (zx_handle_t[]){ next, last }, last ? 2 : 1),
			      ZX_OK);
		zx_handle_close(ends[0]);
		last = ends[1];
	}
	EXPECT_STATUS(zx_handle_close(last), ZX_OK);
}

/*
 * Processes without threads: births, deaths, and chains of deaths.
 */
#include <kernel/epoch.h>
#include <kernel/ktest.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <mm/pmm.h>

static struct process *make_process(void)
{
	char name[ZX_MAX_NAME_LEN] = "ktest";
	struct process *p;

	ASSERT(process_create(root_job, name, &p) == ZX_OK);
	return p;
}

static zx_handle_t put(struct handle_table *table, struct object *o)
{
	struct handle_slot slot;

	ASSERT(handle_reserve(table, &slot) == ZX_OK);
	handle_publish(&slot, o, 0);
	return slot.value;
}

/* The last handle of an INITIAL process ends it; the object stays while it is
 * referenced, dead. */
KTEST(process_initial_dies_with_handles)
{
	u64 live = object_count(ZX_OBJ_TYPE_PROCESS);
	struct process *p = make_process();
	struct handle_table *table;
	zx_info_process_t info;
	zx_handle_t a, b;

	ASSERT(handle_table_create(&table) == ZX_OK);
	a = put(table, &p->object);
	b = put(table, &p->object);
	KEXPECT_EQ(t, handle_close(table, a), ZX_OK);
	KEXPECT_EQ(t, process_check_initial(p), ZX_OK);
	KEXPECT_EQ(t, handle_close(table, b), ZX_OK);
	process_get_info(p, &info);
	KEXPECT_TRUE(t, info.exited && !info.started);
	KEXPECT_EQ(t, object_read_signals(&p->object), ZX_PROCESS_TERMINATED);
	KEXPECT_TRUE(t, !job_find(root_job, JOB_CHILD_PROCESS, p->object.koid));
	object_unref(&p->object);
	KEXPECT_EQ(t, object_count(ZX_OBJ_TYPE_PROCESS), live);
	handle_table_destroy(table);
}

/* The code is set once. */
KTEST(process_kill_sets_code_once)
{
	struct process *p = make_process();
	zx_info_process_t info;

	process_kill(p, -5);
	process_kill(p, -6);
	process_get_info(p, &info);
	KEXPECT_EQ(t, info.return_code, -5);
	KEXPECT_TRUE(t, info.exited);
	object_unref(&p->object);
}

/* A thousand processes, each holding the next one's last handle: closing the
 * first ends all, on one kernel stack. */
KTEST(process_deep_chain)
{
	u64 live = object_count(ZX_OBJ_TYPE_PROCESS);
	struct process *next = make_process();

	for (u32 i = 0; i < 1000; i++) {
		struct process *p = make_process();

		put(p->handles, &next->object);
		object_unref(&next->object);
		next = p;
	}
	KEXPECT_EQ(t, object_count(ZX_OBJ_TYPE_PROCESS), live + 1001);
	process_kill(next, 0);
	object_unref(&next->object);
	KEXPECT_EQ(t, object_count(ZX_OBJ_TYPE_PROCESS), live);
}

static zx_status_t make_one(void)
{
	char name[ZX_MAX_NAME_LEN] = "ktest";
	struct process *p;
	struct thread *thread;
	zx_status_t status = process_create(root_job, name, &p);

	if (status != ZX_OK)
		return status;
	status = process_create_thread(p, name, &thread);
	if (status == ZX_OK)
		object_unref(&thread->object);
	process_kill(p, 0);
	object_unref(&p->object);
	return status;
}

/* Whichever allocation fails, nothing is left behind and NO_MEMORY is said.
 * What earlier tests left to the reaper may still be going: counts may fall. */
KTEST(process_create_unwinds)
{
	u64 processes = object_count(ZX_OBJ_TYPE_PROCESS);
	u64 threads = object_count(ZX_OBJ_TYPE_THREAD);
	u64 vmars = object_count(ZX_OBJ_TYPE_VMAR);
	u32 failed_count = 0;

	for (u64 n = 1; n <= 40; n++) {
		zx_status_t status;

		pmm_fail_after(n);
		status = make_one();
		pmm_fail_after(0);
		KEXPECT_TRUE(t, status == ZX_OK || status == ZX_ERR_NO_MEMORY);
		failed_count += status != ZX_OK;
	}
	KEXPECT_TRUE(t, failed_count > 4);
	epoch_drain();
	KEXPECT_TRUE(t, object_count(ZX_OBJ_TYPE_PROCESS) <= processes);
	KEXPECT_TRUE(t, object_count(ZX_OBJ_TYPE_VMAR) <= vmars);
	KEXPECT_TRUE(t, object_count(ZX_OBJ_TYPE_THREAD) <= threads);
}

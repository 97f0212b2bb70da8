/*
 * Trees of jobs, large and while they change: spec/tasks.md 5.3, 5.4, 9, 10. No tree
 * is walked by recursion, none loses or keeps an object.
 */
#include <stdatomic.h>
#include <string.h>

#include <jx/runtime.h>
#include <zircon/jx.h>

#include "job_util.h"

#define BREADTH 3000u
#define DEPTH 30

static void sleep_for_ever(uintptr_t none, uintptr_t nothing)
{
	(void)none;
	(void)nothing;
	zx_nanosleep(ZX_TIME_INFINITE);
}

static uint64_t count_of(uint32_t type)
{
	uint64_t counts[64] = { 0 };
	size_t actual = 0;

	EXPECT_STATUS(jx_stat(JX_STAT_OBJECTS, counts, sizeof(counts), &actual), ZX_OK);
	return type < actual ? counts[type] : 0;
}

static size_t listed(zx_handle_t job, uint32_t topic, zx_koid_t *koids, size_t most)
{
	size_t actual = 0, avail = 0;

	EXPECT_STATUS(zx_object_get_info(job, topic, koids, most * sizeof(*koids), &actual,
					 &avail), ZX_OK);
	EXPECT_TRUE(actual <= avail);
	return actual;
}

/* Thousands of children: each listed once in order, killed by one call. */
JX_TEST(tasks_9_r8_thousands_of_children)
{
	static zx_handle_t jobs[BREADTH];
	static zx_koid_t koids[BREADTH + 1];
	uint64_t before = count_of(ZX_OBJ_TYPE_JOB);
	zx_handle_t top = job_make(zx_job_default()), found = 0;

	for (uint32_t i = 0; i < BREADTH; i++)
		ASSERT_STATUS(zx_job_create(top, 0, &jobs[i]), ZX_OK);
	ASSERT_TRUE(listed(top, ZX_INFO_JOB_CHILDREN, koids, BREADTH + 1) == BREADTH);
	for (uint32_t i = 0; i < BREADTH; i++)
		EXPECT_EQ(koids[i], conf_koid(jobs[i]));
	ASSERT_STATUS(zx_object_get_child(top, koids[BREADTH - 1], ZX_RIGHT_SAME_RIGHTS, &found),
		      ZX_OK);
	EXPECT_STATUS(zx_task_kill(top), ZX_OK);
	EXPECT_EQ(job_signals(top), JOB_IDLE | ZX_JOB_TERMINATED);
	for (uint32_t i = 0; i < BREADTH; i++)
		EXPECT_TRUE(job_signals(jobs[i]) & ZX_JOB_TERMINATED);
	EXPECT_TRUE(listed(top, ZX_INFO_JOB_CHILDREN, koids, BREADTH) == 0);
	EXPECT_STATUS(zx_handle_close_many(jobs, BREADTH), ZX_OK);
	zx_handle_close(found);
	zx_handle_close(top);
	EXPECT_EQ(count_of(ZX_OBJ_TYPE_JOB), before);
}

/* A chain to the lowest level with one process at its end, which alone keeps it:
 * all end by one kill at the top, or by the process's end. */
static void chain(zx_handle_t image, bool from_the_top)
{
	zx_handle_t top = job_make(zx_job_default()), job = vm_dup(top, ZX_RIGHT_SAME_RIGHTS), next;
	struct task_child c;

	for (int i = 0; i < DEPTH; i++) {
		next = job_make(job);
		zx_handle_close(job);
		job = next;
	}
	ASSERT_TRUE(task_child_create_in(&c, job, image));
	ASSERT_TRUE(task_child_start(&c, sleep_for_ever, 0));
	zx_handle_close(job);
	EXPECT_TRUE(!(job_signals(top) & ZX_JOB_NO_JOBS));
	EXPECT_STATUS(zx_task_kill(from_the_top ? top : c.process), ZX_OK);
	EXPECT_TRUE(task_await_signal(c.process, ZX_PROCESS_TERMINATED));
	EXPECT_TRUE(task_await_signal(top, JOB_NO_CHILDREN));
	if (from_the_top)
		EXPECT_TRUE(task_await_signal(top, ZX_JOB_TERMINATED));
	task_child_drop(&c);
	zx_handle_close(top);
}

JX_TEST(tasks_5_3_r1_a_process_keeps_its_chain_of_jobs)
{
	uint64_t before = count_of(ZX_OBJ_TYPE_JOB);
	zx_handle_t image = task_image();

	for (int i = 0; i < 10; i++)
		chain(image, i % 2);
	zx_handle_close(image);
	EXPECT_EQ(count_of(ZX_OBJ_TYPE_JOB), before);
}

/* The place that a kill races for, and the jobs and processes made meanwhile. */
struct race {
	zx_handle_t top;
	zx_handle_t image;
	_Atomic int started;
};

#define RUNNING 8

/* A page whose code runs for ever. */
static zx_handle_t spinning_image(void)
{
	const uint32_t branch_to_itself = 0x14000000;
	zx_handle_t vmo = 0, image = 0;

	EXPECT_STATUS(zx_vmo_create(PAGE, 0, &vmo), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(vmo, &branch_to_itself, 0, sizeof(branch_to_itself)), ZX_OK);
	EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &image), ZX_OK);
	return image;
}

/* Makes jobs with processes until it may not any more; the first few run. */
static int start_processes(void *arg)
{
	struct race *r = arg;

	for (int i = 0;; i++) {
		zx_vaddr_t entry = 0;
		zx_handle_t job = 0, process = 0, vmar = 0, thread = 0;
		zx_status_t status = zx_job_create(r->top, 0, &job);

		if (status == ZX_OK)
			status = zx_process_create(job, "r", 1, 0, &process, &vmar);
		if (status == ZX_OK && i < RUNNING) {
			status = zx_vmar_map(vmar, ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE, 0,
					     r->image, 0, PAGE, &entry);
			if (status == ZX_OK)
				status = zx_thread_create(process, "r", 1, 0, &thread);
			if (status == ZX_OK)
				status = zx_process_start(process, thread, entry, 0, 0, 0);
			r->started += status == ZX_OK;
		}
		const zx_handle_t all[] = { job, process, vmar, thread };

		zx_handle_close_many(all, 4);
		if (status != ZX_OK)
			return EXPECT_STATUS(status, ZX_ERR_BAD_STATE) ? 0 : 1;
	}
}

/* Whatever is made while the tree is killed is killed too, or refused. */
JX_TEST(tasks_9_r9_processes_start_while_their_tree_is_killed)
{
	uint64_t jobs = count_of(ZX_OBJ_TYPE_JOB);
	zx_handle_t image = spinning_image();

	for (int round = 0; round < 8; round++) {
		struct race r = { .top = job_make(zx_job_default()), .image = image };
		struct jx_thread threads[3];

		for (int i = 0; i < 3; i++)
			ASSERT_STATUS(jx_thread_create(&threads[i], "starts", start_processes, &r),
				      ZX_OK);
		while (r.started < round)
			zx_nanosleep(0);
		EXPECT_STATUS(zx_task_kill(r.top), ZX_OK);
		for (int i = 0; i < 3; i++)
			EXPECT_TRUE(task_join(&threads[i], NULL));
		EXPECT_TRUE(task_await_signal(r.top, ZX_JOB_TERMINATED));
		EXPECT_EQ(job_signals(r.top), JOB_IDLE | ZX_JOB_TERMINATED);
		zx_handle_close(r.top);
	}
	zx_handle_close(image);
	EXPECT_EQ(count_of(ZX_OBJ_TYPE_JOB), jobs);
}

/* Looks for the last child of a job all the time, by its koid. */
struct search {
	zx_handle_t top;
	_Atomic bool done;
};

static int search(void *arg)
{
	struct search *s = arg;
	zx_koid_t koids[4];

	while (!s->done) {
		size_t n = listed(s->top, ZX_INFO_JOB_CHILDREN, koids, 4);
		zx_handle_t child = 0;
		zx_status_t status;

		if (!n)
			continue;
		status = zx_object_get_child(s->top, koids[n - 1], ZX_RIGHT_SAME_RIGHTS, &child);
		EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_NOT_FOUND);
		if (status != ZX_OK)
			continue;
		EXPECT_EQ(conf_koid(child), koids[n - 1]);
		EXPECT_STATUS(zx_handle_close(child), ZX_OK);
	}
	return 0;
}

/* The last handle of a job goes while others find it: it is there or it is not. */
JX_TEST(tasks_5_4_r2_last_handles_race_with_searches)
{
	uint64_t before = count_of(ZX_OBJ_TYPE_JOB);
	struct search s = { .top = job_make(zx_job_default()) };
	struct jx_thread threads[2];

	for (int i = 0; i < 2; i++)
		ASSERT_STATUS(jx_thread_create(&threads[i], "search", search, &s), ZX_OK);
	for (int i = 0; i < 2000; i++) {
		zx_handle_t job = job_make(s.top);

		EXPECT_STATUS(zx_handle_close(job), ZX_OK);
	}
	s.done = true;
	for (int i = 0; i < 2; i++)
		EXPECT_TRUE(task_join(&threads[i], NULL));
	EXPECT_EQ(job_signals(s.top), JOB_IDLE);
	zx_handle_close(s.top);
	EXPECT_EQ(count_of(ZX_OBJ_TYPE_JOB), before);
}

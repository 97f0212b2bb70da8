/*
 * zx_system_get_event, levels of memory pressure, jobs that end when memory is out:
 * spec/pager-port.md 9.3, spec/tasks.md 16.
 */
#include <string.h>

#include <zircon/syscalls/port.h>

#include "job_util.h"
#include "memory_util.h"

#define OUT ZX_SYSTEM_EVENT_OUT_OF_MEMORY
#define NORMAL ZX_SYSTEM_EVENT_MEMORY_PRESSURE_NORMAL
#define IMMINENT ZX_SYSTEM_EVENT_IMMINENT_OUT_OF_MEMORY
#define KINDS 6u
#define MOST_STEPS 512u
/* What a step may change is known by then; else the next one shows. */
#define STEP_TIME ZX_MSEC(2)

static zx_handle_t event_of(uint32_t kind)
{
	zx_handle_t event = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_system_get_event(zx_job_default(), kind, &event), ZX_OK);
	return event;
}

/* Before the kind is looked at. */
JX_TEST(pager_9_3_c1_handle)
{
	zx_handle_t bare = vm_dup(zx_job_default(),
				  ZX_DEFAULT_JOB_RIGHTS & ~ZX_RIGHT_MANAGE_PROCESS), event = 7;

	EXPECT_STATUS(zx_system_get_event(0, 99, &event), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_system_get_event(zx_process_self(), 99, &event), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_system_get_event(bare, 99, &event), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(event, 7);
	zx_handle_close(bare);
}

JX_TEST(pager_9_3_c2_another_job)
{
	zx_handle_t job = job_make(zx_job_default()), event = 7;

	EXPECT_STATUS(zx_system_get_event(job, 99, &event), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_system_get_event(job, NORMAL, &event), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(event, 7);
	zx_handle_close(job);
}

/* Before the output. */
JX_TEST(pager_9_3_c3_kind)
{
	const uint32_t unknown[] = { 0, conf_era(IMMINENT, KINDS), KINDS, UINT32_MAX };

	for (int i = 0; i < 4; i++)
		EXPECT_STATUS(zx_system_get_event(zx_job_default(), unknown[i], NULL),
			      ZX_ERR_INVALID_ARGS);
}

JX_TEST(pager_9_3_c4_out)
{
	zx_handle_t event = event_of(NORMAL);
	zx_info_handle_count_t count;

	EXPECT_STATUS(zx_object_wait_one(event, ZX_EVENT_SIGNALED, 0, NULL), ZX_OK);
	/* It may wait and be passed on, not be inspected. */
	EXPECT_STATUS(zx_object_get_info(event, ZX_INFO_HANDLE_COUNT, &count, sizeof(count), NULL,
					 NULL), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_system_get_event(zx_job_default(), NORMAL, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_system_get_event(zx_job_default(), NORMAL, (zx_handle_t *)8),
		      ZX_ERR_INVALID_ARGS);
	zx_handle_close(event);
}

JX_TEST(pager_9_3_r2_rights)
{
	for (uint32_t kind = OUT; kind <= NORMAL; kind++) {
		zx_handle_t a = event_of(kind), b = event_of(kind);

		EXPECT_EQ(conf_rights(a), 0x4003);
		EXPECT_EQ(conf_koid(a), conf_koid(b));
		EXPECT_STATUS(zx_object_signal(a, 0, ZX_EVENT_SIGNALED), ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(zx_object_signal(a, 0, ZX_USER_SIGNAL_0), ZX_ERR_ACCESS_DENIED);
		zx_handle_close(a);
		zx_handle_close(b);
	}
}

/* All events, and memory that is taken in steps. */
struct levels {
	zx_handle_t events[KINDS];
	zx_handle_t taken[MOST_STEPS];
	uint32_t taken_count;
	uint64_t step;
};

static uint32_t last_kind(void)
{
	return jx_era() == JX_ERA_2020 ? NORMAL : IMMINENT;
}

static void levels_make(struct levels *l)
{
	uint64_t total = memory_total_pages();

	memset(l, 0, sizeof(*l));
	for (uint32_t kind = OUT; kind <= last_kind(); kind++)
		l->events[kind] = event_of(kind);
	l->step = total / 2048;
	l->taken[l->taken_count++] = memory_ballast(total / 16 + 32 * l->step);
}

static void levels_give_one(struct levels *l)
{
	zx_handle_close(l->taken[--l->taken_count]);
}

static void levels_drop(struct levels *l)
{
	while (l->taken_count)
		levels_give_one(l);
	EXPECT_TRUE(task_await_signal(l->events[NORMAL], ZX_EVENT_SIGNALED));
	zx_handle_close_many(l->events, KINDS);
}

static bool is_up(const struct levels *l, uint32_t kind, zx_time_t patience)
{
	return zx_object_wait_one(l->events[kind], ZX_EVENT_SIGNALED, zx_deadline_after(patience),
				  NULL) == ZX_OK;
}

/* No other event is up while this one is. */
static void expect_alone(const struct levels *l, uint32_t kind)
{
	for (uint32_t k = OUT; k <= last_kind(); k++)
		if (k != kind)
			EXPECT_TRUE(!is_up(l, k, 0));
	EXPECT_TRUE(is_up(l, kind, 0));
}

/* Takes one step; false: there was no memory for it. */
static bool levels_take_one(struct levels *l)
{
	zx_handle_t vmo;

	if (l->taken_count == MOST_STEPS || zx_vmo_create(l->step * PAGE, 0, &vmo) != ZX_OK)
		return false;
	l->taken[l->taken_count++] = vmo;
	return zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, l->step * PAGE, NULL, 0) == ZX_OK;
}

static bool sink_to(struct levels *l, uint32_t kind)
{
	while (!is_up(l, kind, STEP_TIME))
		if (!EXPECT_TRUE(levels_take_one(l)))
			return false;
	expect_alone(l, kind);
	return true;
}

static bool rise_to(struct levels *l, uint32_t kind)
{
	while (!is_up(l, kind, STEP_TIME)) {
		if (!EXPECT_TRUE(l->taken_count != 0))
			return false;
		levels_give_one(l);
	}
	expect_alone(l, kind);
	return true;
}

/* Down through all levels and up again: one event at a time, in order. */
JX_TEST(pager_9_3_r3_one_level_at_a_time)
{
	const uint32_t order[] = { 4, 3, 2, 5, 1 };
	struct levels l;

	levels_make(&l);
	for (int i = 0; i < 5; i++)
		if (order[i] <= last_kind() && !sink_to(&l, order[i]))
			break;
	for (int i = 5; i-- > 0;)
		if (order[i] <= last_kind() && !rise_to(&l, order[i]))
			break;
	levels_drop(&l);
}

/* One step back and forth at the edge of a level changes nothing. */
JX_TEST(pager_9_3_r4_levels_do_not_flap)
{
	struct levels l;

	levels_make(&l);
	if (sink_to(&l, ZX_SYSTEM_EVENT_MEMORY_PRESSURE_WARNING))
		for (int i = 0; i < 5; i++) {
			levels_give_one(&l);
			EXPECT_TRUE(!is_up(&l, NORMAL, ZX_MSEC(10)));
			EXPECT_TRUE(levels_take_one(&l));
			EXPECT_TRUE(!is_up(&l, NORMAL, ZX_MSEC(10)));
		}
	expect_alone(&l, ZX_SYSTEM_EVENT_MEMORY_PRESSURE_WARNING);
	levels_drop(&l);
}

/* A packet tells of a level as of any other signal. */
JX_TEST(pager_9_3_r5_wait_async)
{
	zx_port_packet_t packet;
	zx_handle_t port = 0;
	struct levels l;

	levels_make(&l);
	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	EXPECT_STATUS(zx_object_wait_async(l.events[ZX_SYSTEM_EVENT_MEMORY_PRESSURE_WARNING], port,
					   5, ZX_EVENT_SIGNALED, 0), ZX_OK);
	EXPECT_STATUS(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
	sink_to(&l, ZX_SYSTEM_EVENT_MEMORY_PRESSURE_WARNING);
	if (EXPECT_STATUS(zx_port_wait(port, zx_deadline_after(TASK_PATIENCE), &packet), ZX_OK))
		EXPECT_EQ(packet.key, 5);
	zx_handle_close(port);
	levels_drop(&l);
}

static void sleep_for_ever(uintptr_t none, uintptr_t nothing)
{
	(void)none;
	(void)nothing;
	zx_nanosleep(ZX_TIME_INFINITE);
}

/* A job with a process that sleeps; marked for the case that memory is out. */
static zx_handle_t sleeping_job(struct task_child *c, zx_handle_t image, size_t marked)
{
	zx_handle_t job = job_make(zx_job_default());

	EXPECT_STATUS(zx_object_set_property(job, ZX_PROP_JOB_KILL_ON_OOM, &marked, sizeof(marked)),
		      ZX_OK);
	EXPECT_TRUE(task_child_create_in(c, job, image) &&
		    task_child_start(c, sleep_for_ever, 0));
	return job;
}

/* All that is there, again and again, until the job is dead. */
static void starve(struct levels *l, zx_handle_t job)
{
	zx_time_t end = zx_deadline_after(TASK_PATIENCE);

	sink_to(l, OUT);
	while (zx_object_wait_one(job, ZX_JOB_TERMINATED, zx_deadline_after(STEP_TIME), NULL) !=
	       ZX_OK) {
		if (!EXPECT_TRUE(zx_clock_get_monotonic() < end))
			return;
		while (levels_take_one(l))
			;
		l->step = l->step > 1 ? l->step / 2 : 1;
	}
}

/* The youngest of those that are marked goes first, others never. */
JX_TEST(pager_9_3_r6_jobs_that_end_when_memory_is_out)
{
	zx_handle_t image = task_image(), marked[2], other;
	struct task_child in_marked[2], in_other;
	struct levels l;
	int64_t code;

	marked[0] = sleeping_job(&in_marked[0], image, 1);
	marked[1] = sleeping_job(&in_marked[1], image, 1);
	other = sleeping_job(&in_other, image, 0);
	levels_make(&l);
	starve(&l, marked[0]);
	/* The elder's end began after that of the younger was complete. */
	EXPECT_EQ(job_info(marked[1]).return_code, ZX_TASK_RETCODE_OOM_KILL);
	EXPECT_TRUE(job_info(marked[1]).exited);
	levels_drop(&l);
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(job_info(marked[i]).return_code, ZX_TASK_RETCODE_OOM_KILL);
		EXPECT_TRUE(job_info(marked[i]).exited);
		EXPECT_TRUE(task_child_await(&in_marked[i], &code));
		EXPECT_EQ(code, ZX_TASK_RETCODE_OOM_KILL);
		task_child_drop(&in_marked[i]);
		zx_handle_close(marked[i]);
	}
	EXPECT_TRUE(!job_info(other).exited);
	EXPECT_TRUE(!task_process_info(in_other.process).exited);
	task_child_drop(&in_other);
	job_drop(other);
	zx_handle_close(image);
}

/* Whoever asks for too much, while others have enough, ends nobody. */
JX_TEST(pager_9_3_r7_one_wish_too_large_ends_nobody)
{
	zx_handle_t image = task_image(), vmo = 0, job;
	uint64_t bytes = (memory_free_pages() + 1) * PAGE;
	struct task_child child;

	job = sleeping_job(&child, image, 1);
	ASSERT_STATUS(zx_vmo_create(2 * bytes, 0, &vmo), ZX_OK);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, 2 * bytes, NULL, 0),
		      ZX_ERR_NO_MEMORY);
	EXPECT_STATUS(zx_object_wait_one(job, ZX_JOB_TERMINATED, zx_deadline_after(ZX_MSEC(20)),
					 NULL), ZX_ERR_TIMED_OUT);
	zx_handle_close(vmo);
	task_child_drop(&child);
	job_drop(job);
	zx_handle_close(image);
}

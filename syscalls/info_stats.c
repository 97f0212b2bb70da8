/*
 * Topics that count time and events: THREAD_STATS, CPU_STATS and TASK_RUNTIME
 * (tasks.md 3.3, 3.5). What this kernel does not count is 0.
 */
#include <arch/cpu.h>
#include <kernel/process.h>
#include <kernel/resource.h>
#include <kernel/stats.h>
#include <kernel/wait.h>

#include "info.h"

bool info_stats_needs(u32 topic, u32 *type, zx_rights_t *rights)
{
	switch (topic) {
	case ZX_INFO_THREAD_STATS:
		*type = ZX_OBJ_TYPE_THREAD;
		*rights = ZX_RIGHT_INSPECT;
		return true;
	case ZX_INFO_CPU_STATS:
		*type = ZX_OBJ_TYPE_RESOURCE;
		*rights = 0;
		return true;
	case ZX_INFO_TASK_RUNTIME:
		*type = ZX_OBJ_TYPE_NONE;
		*rights = ZX_RIGHT_INSPECT;
		return true;
	}
	return false;
}

/* The CPU where t runs or ran last. Relaxed: it may move at any time. */
static u32 last_cpu(struct thread *t, u32 state)
{
	const struct percpu *cpu = __atomic_load_n(&t->sched_cpu,
						   __ATOMIC_RELAXED);

	return state == ZX_THREAD_STATE_NEW || !cpu ? ZX_INFO_INVALID_CPU
						    : cpu->id;
}

static zx_status_t info_thread_stats(struct thread *t,
				     const struct info_out *out)
{
	u32 state = thread_shown_state(t);
	zx_info_thread_stats_t r = {
		.total_runtime = (zx_duration_t)thread_runtime_ns(t),
		.last_scheduled_cpu = last_cpu(t, state),
	};

	if (state == ZX_THREAD_STATE_DEAD)
		return ZX_ERR_BAD_STATE;
	return info_put_record(out, &r, sizeof(r));
}

static void tell_cpu(u32 cpu, zx_info_cpu_stats_t *r)
{
	struct thread *idle = percpu_areas[cpu].idle;

	*r = (zx_info_cpu_stats_t){
		.cpu_number = cpu,
		.flags = ZX_INFO_CPU_STATS_FLAG_ONLINE,
		.idle_time = (zx_duration_t)thread_runtime_ns(idle),
		.context_switches = stats_read(cpu, STAT_SWITCHES),
		.preempts = stats_read(cpu, STAT_PREEMPTS),
		.ints = stats_read(cpu, STAT_IRQS),
		.timer_ints = stats_read(cpu, STAT_TIMER_IRQS),
		.page_faults = stats_read(cpu, STAT_FAULTS),
		.syscalls = stats_read(cpu, STAT_SYSCALLS),
		.generic_ipis = stats_read(cpu, STAT_IPIS),
	};
}

static zx_status_t info_cpu_stats(const struct resource *from,
				  const struct info_out *out)
{
	u64 room = out->buffer_size / sizeof(zx_info_cpu_stats_t);
	u32 count = cpu_count();
	u32 told = room < count ? (u32)room : count;

	if (from->kind != ZX_RSRC_KIND_ROOT)
		return ZX_ERR_WRONG_TYPE;
	for (u32 i = 0; i < told; i++) {
		zx_info_cpu_stats_t r;

		tell_cpu(i, &r);
		if (user_write(out->buffer + i * sizeof(r), &r, sizeof(r)) !=
		    ZX_OK)
			return ZX_ERR_INVALID_ARGS;
	}
	return info_put_counts(out, told, count);
}

/* Time in a run queue is not counted. */
static zx_status_t info_task_runtime(struct object *o,
				     const struct info_out *out)
{
	zx_info_task_runtime_t r = { 0 };

	switch (o->type) {
	case ZX_OBJ_TYPE_THREAD:
		r.cpu_time = (zx_duration_t)
			thread_runtime_ns(thread_from_object(o));
		break;
	case ZX_OBJ_TYPE_PROCESS:
		r.cpu_time = (zx_duration_t)
			process_runtime_ns(process_from_object(o));
		break;
	case ZX_OBJ_TYPE_JOB:
		r.cpu_time = (zx_duration_t)
			job_runtime_ns(job_from_object(o));
		break;
	default:
		return ZX_ERR_WRONG_TYPE;
	}
	return info_put_record(out, &r, sizeof(r));
}

zx_status_t info_stats_answer(u32 topic, const struct handle_ref *ref,
			      const struct info_out *out)
{
	if (topic == ZX_INFO_THREAD_STATS)
		return info_thread_stats(thread_from_object(ref->object), out);
	if (topic == ZX_INFO_TASK_RUNTIME)
		return info_task_runtime(ref->object, out);
	return info_cpu_stats(resource_from_object(ref->object), out);
}

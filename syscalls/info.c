/*
 * zx_object_get_info (tasks.md 3, spec/vmar.md 13).
 *
 * The frame is the same for all topics: topic, handle, state, records, counts.
 * Records are copied with no lock held and without a bound on how long a copy
 * may sleep; lists are therefore read in chunks. Topics about VMOs: info_vmo.c;
 * about address spaces: info_maps.c.
 */
#include <arch/cpu.h>
#include <kernel/bti.h>
#include <kernel/process.h>
#include <kernel/resource.h>
#include <kernel/timer_object.h>
#include <kernel/wait.h>
#include <mm/vmar.h>
#include <syscall_protos.h>

#include "era.h"
#include "exception.h"
#include "info.h"

#define KOID_CHUNK 32u

/* Steps 4 to 6 of the frame for a topic with one record. */
zx_status_t info_put_record(const struct info_out *out, const void *record,
			    size_t bytes)
{
	bool fits = out->buffer_size >= bytes;
	zx_status_t status = ZX_OK;

	if (fits)
		status = user_write(out->buffer, record, bytes);
	if (status == ZX_OK)
		status = info_put_counts(out, fits, 1);
	if (status == ZX_OK && !fits)
		status = ZX_ERR_BUFFER_TOO_SMALL;
	return status;
}

static zx_status_t info_handle_valid(zx_handle_t handle)
{
	struct object *o;
	zx_status_t status = handle_get_quiet(handle, ZX_OBJ_TYPE_NONE, 0, &o);

	if (status == ZX_OK)
		object_unref(o);
	return status;
}

static zx_status_t info_handle_basic(const struct handle_ref *ref,
				     const struct info_out *out)
{
	zx_info_handle_basic_t r = {
		.koid = ref->object->koid,
		.rights = ref->rights,
		.type = ref->object->type,
		.related_koid = object_related_koid(ref->object),
		.props = ERA_BASIC_HAS_PROPS && object_is_waitable(ref->object)
				 ? ZX_OBJ_PROP_WAITABLE
				 : ZX_OBJ_PROP_NONE,
	};

	return info_put_record(out, &r, sizeof(r));
}

static zx_status_t info_handle_count(const struct handle_ref *ref,
				     const struct info_out *out)
{
	zx_info_handle_count_t r = {
		.handle_count = __atomic_load_n(&ref->object->handle_count,
						__ATOMIC_RELAXED),
	};

	return info_put_record(out, &r, sizeof(r));
}

static zx_status_t info_process(const struct handle_ref *ref,
				const struct info_out *out)
{
	zx_info_process_t r;

	process_get_info(process_from_object(ref->object), &r);
	return info_put_record(out, &r, sizeof(r));
}

static zx_status_t info_job(const struct handle_ref *ref,
			    const struct info_out *out)
{
	zx_info_job_t r;

	job_get_info(job_from_object(ref->object), &r);
	return info_put_record(out, &r, sizeof(r));
}

static zx_status_t info_thread(const struct handle_ref *ref,
			       const struct info_out *out)
{
	struct thread *t = thread_from_object(ref->object);
	/* Relaxed, as the state: written by the thread around a hold. */
	zx_info_thread_t r = {
		.state = thread_shown_state(t),
		.wait_exception_channel_type =
			__atomic_load_n(&t->exception_channel_type,
					__ATOMIC_RELAXED),
	};

	/* Every thread may run on every CPU. */
	r.cpu_affinity_mask.mask[0] = (1ul << cpu_count()) - 1;
	return info_put_record(out, &r, sizeof(r));
}

static zx_status_t info_timer(const struct handle_ref *ref,
			      const struct info_out *out)
{
	zx_info_timer_t r;

	timer_object_get_info(ref->object, &r);
	return info_put_record(out, &r, sizeof(r));
}

static zx_status_t info_vmar(const struct handle_ref *ref,
			     const struct info_out *out)
{
	struct vmar *v = vmar_from_object(ref->object);
	zx_info_vmar_t r = { .base = v->base, .len = v->size };

	return info_put_record(out, &r, sizeof(r));
}

static zx_status_t info_resource(const struct handle_ref *ref,
				 const struct info_out *out)
{
	const struct resource *from = resource_from_object(ref->object);
	zx_info_resource_t r = {
		.kind = from->kind,
		.flags = from->flags,
		.base = from->base,
		.size = from->size,
	};

	object_get_name(ref->object, r.name);
	return info_put_record(out, &r, sizeof(r));
}

/* The record grew after 2020; each buffer gets the one that it has room for. */
static zx_status_t info_bti(const struct handle_ref *ref,
			    const struct info_out *out)
{
	zx_info_bti_v2_t r;

	bti_get_info(bti_from_object(ref->object), &r);
	return info_put_record(out, &r, out->buffer_size < sizeof(r)
				     ? sizeof(zx_info_bti_v1_t) : sizeof(r));
}

/* koids of what a task holds, chunk by chunk. A list that changes meanwhile
 * may be seen half old, half new. */
static zx_status_t info_koids(u32 topic, const struct handle_ref *ref,
			      const struct info_out *out)
{
	u32 kind = topic == ZX_INFO_JOB_CHILDREN ? JOB_CHILD_JOB
						 : JOB_CHILD_PROCESS;
	struct object *o = ref->object;
	size_t capacity = out->buffer_size / sizeof(zx_koid_t);
	zx_koid_t koids[KOID_CHUNK];
	size_t done = 0, total, n;

	do {
		n = capacity - done < KOID_CHUNK ? capacity - done : KOID_CHUNK;
		if (o->type == ZX_OBJ_TYPE_JOB)
			n = job_list(job_from_object(o), kind, koids, done, n,
				     &total);
		else
			n = process_list_threads(process_from_object(o), koids,
						 done, n, &total);
		if (user_write(out->buffer + done * sizeof(zx_koid_t), koids,
			       n * sizeof(zx_koid_t)) != ZX_OK)
			return ZX_ERR_INVALID_ARGS;
		done += n;
	} while (n && !thread_is_killed());
	return info_put_counts(out, done, total < done ? done : total);
}

/* Type and right that a topic wants (abi.md 11); false: no such topic. */
static bool topic_needs(u32 topic, u32 *type, zx_rights_t *rights)
{
	*type = ZX_OBJ_TYPE_NONE;
	*rights = ZX_RIGHT_INSPECT;
	switch (topic) {
	case ZX_INFO_HANDLE_BASIC:
		*rights = 0;
		return true;
	case ZX_INFO_HANDLE_COUNT:
		return true;
	case ZX_INFO_PROCESS:
	case ZX_INFO_TASK_STATS_V1:
	case ZX_INFO_TASK_STATS_V2:
	case ZX_INFO_PROCESS_MAPS_V1:
	case ZX_INFO_PROCESS_MAPS_V2:
	case ZX_INFO_PROCESS_MAPS_V3:
		*type = ZX_OBJ_TYPE_PROCESS;
		return true;
	case ZX_INFO_PROCESS_THREADS:
		*type = ZX_OBJ_TYPE_PROCESS;
		*rights = ZX_RIGHT_ENUMERATE;
		return true;
	case ZX_INFO_JOB_CHILDREN:
	case ZX_INFO_JOB_PROCESSES:
		*type = ZX_OBJ_TYPE_JOB;
		*rights = ZX_RIGHT_ENUMERATE;
		return true;
	case ZX_INFO_JOB:
		*type = ZX_OBJ_TYPE_JOB;
		return true;
	case ZX_INFO_THREAD:
	case ZX_INFO_THREAD_EXCEPTION_REPORT_V1:
	case ZX_INFO_THREAD_EXCEPTION_REPORT_V2:
		*type = ZX_OBJ_TYPE_THREAD;
		return true;
	case ZX_INFO_VMAR:
	case ZX_INFO_VMAR_MAPS:
		*type = ZX_OBJ_TYPE_VMAR;
		return true;
	case ZX_INFO_TIMER:
		*type = ZX_OBJ_TYPE_TIMER;
		return true;
	case ZX_INFO_RESOURCE:
		*type = ZX_OBJ_TYPE_RESOURCE;
		return true;
	case ZX_INFO_BTI:
		*type = ZX_OBJ_TYPE_BTI;
		return true;
	}
	return info_stats_needs(topic, type, rights) ||
	       info_handles_needs(topic, type, rights) ||
	       info_memory_needs(topic, type, rights) ||
	       info_vmo_needs(topic, type, rights);
}

static zx_status_t answer(u32 topic, const struct handle_ref *ref,
			  const struct info_out *out)
{
	switch (topic) {
	case ZX_INFO_HANDLE_BASIC:
		return info_handle_basic(ref, out);
	case ZX_INFO_HANDLE_COUNT:
		return info_handle_count(ref, out);
	case ZX_INFO_PROCESS:
		return info_process(ref, out);
	case ZX_INFO_PROCESS_MAPS_V1:
	case ZX_INFO_PROCESS_MAPS_V2:
	case ZX_INFO_PROCESS_MAPS_V3:
		return info_process_maps(ref->object, topic, out);
	case ZX_INFO_VMAR_MAPS:
		return info_vmar_maps(ref->object, out);
	case ZX_INFO_TASK_STATS_V1:
	case ZX_INFO_TASK_STATS_V2:
		return info_task_stats(ref->object, topic, out);
	case ZX_INFO_PROCESS_THREADS:
	case ZX_INFO_JOB_CHILDREN:
	case ZX_INFO_JOB_PROCESSES:
		return info_koids(topic, ref, out);
	case ZX_INFO_JOB:
		return info_job(ref, out);
	case ZX_INFO_THREAD:
		return info_thread(ref, out);
	case ZX_INFO_THREAD_EXCEPTION_REPORT_V1:
	case ZX_INFO_THREAD_EXCEPTION_REPORT_V2:
		return info_exception_report(ref->object, topic, out);
	case ZX_INFO_VMAR:
		return info_vmar(ref, out);
	case ZX_INFO_TIMER:
		return info_timer(ref, out);
	case ZX_INFO_RESOURCE:
		return info_resource(ref, out);
	case ZX_INFO_BTI:
		return info_bti(ref, out);
	case ZX_INFO_THREAD_STATS:
	case ZX_INFO_CPU_STATS:
	case ZX_INFO_TASK_RUNTIME:
		return info_stats_answer(topic, ref, out);
	case ZX_INFO_PROCESS_HANDLE_STATS:
	case ZX_INFO_HANDLE_TABLE:
		return info_handles_answer(topic, ref, out);
	case ZX_INFO_KMEM_STATS:
	case ZX_INFO_KMEM_STATS_EXTENDED:
		return info_memory_answer(topic, ref, out);
	}
	return info_vmo_answer(topic, ref, out);
}

zx_status_t sys_object_get_info(zx_handle_t handle, uint32_t topic,
				uaddr_t buffer, size_t buffer_size,
				uaddr_t actual, uaddr_t avail)
{
	struct info_out out = { buffer, buffer_size, actual, avail };
	struct handle_ref ref;
	zx_rights_t rights;
	zx_status_t status;
	u32 type;

	if (topic == ZX_INFO_HANDLE_VALID)
		return info_handle_valid(handle);
	if (!topic_needs(topic, &type, &rights))
		return ZX_ERR_NOT_SUPPORTED;
	status = handle_get_ref(handle, type, rights, &ref);
	if (status != ZX_OK)
		return status;
	status = answer(topic, &ref, &out);
	object_unref(ref.object);
	return status;
}

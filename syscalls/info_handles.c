/*
 * Topics about a process's handles: PROCESS_HANDLE_STATS and HANDLE_TABLE
 * (tasks.md 3.3).
 */
#include <kernel/process.h>
#include <kernel/wait.h>

#include "info.h"

bool info_handles_needs(u32 topic, u32 *type, zx_rights_t *rights)
{
	*type = ZX_OBJ_TYPE_PROCESS;
	switch (topic) {
	case ZX_INFO_PROCESS_HANDLE_STATS:
		*rights = ZX_RIGHT_INSPECT;
		return true;
	case ZX_INFO_HANDLE_TABLE:
		*rights = ZX_RIGHT_INSPECT | ZX_RIGHT_MANAGE_PROCESS |
			  ZX_RIGHT_MANAGE_THREAD;
		return true;
	}
	return false;
}

/* Nobody is told of the table of a process that has died: it is empty. */
static zx_status_t handle_stats(struct process *p, const struct info_out *out)
{
	zx_info_process_handle_stats_t r = { 0 };

	handle_table_count_types(p->handles, r.handle_count);
	return info_put_record(out, &r, sizeof(r));
}

static void tell_handle(struct process *p, const struct handle_ref *ref,
			zx_info_handle_extended_t *r)
{
	*r = (zx_info_handle_extended_t){
		.type = ref->object->type,
		.handle_value = handle_table_value(p->handles, ref),
		.rights = ref->rights,
		.koid = ref->object->koid,
		.related_koid = object_related_koid(ref->object),
	};
}

/* Whether a record is asked for, or the number of them alone. */
static bool wants_count(const struct info_out *out)
{
	return !out->buffer && !out->avail && out->actual;
}

static zx_status_t list_handles(struct process *p, const struct info_out *out)
{
	size_t room = out->buffer_size / sizeof(zx_info_handle_extended_t);
	zx_info_handle_extended_t r;
	struct handle_ref ref;
	size_t told = 0, there = 0;
	u32 index = 0;

	while (!thread_is_killed() &&
	       handle_table_next(p->handles, &index, ZX_OBJ_TYPE_NONE, &ref)) {
		tell_handle(p, &ref, &r);
		object_unref(ref.object);
		if (there++ >= room)
			continue;
		if (user_write(out->buffer + told * sizeof(r), &r, sizeof(r)) !=
		    ZX_OK)
			return ZX_ERR_INVALID_ARGS;
		told++;
	}
	return info_put_counts(out, wants_count(out) ? there : told, there);
}

zx_status_t info_handles_answer(u32 topic, const struct handle_ref *ref,
				const struct info_out *out)
{
	struct process *p = process_from_object(ref->object);

	if (topic == ZX_INFO_PROCESS_HANDLE_STATS)
		return handle_stats(p, out);
	return list_handles(p, out);
}

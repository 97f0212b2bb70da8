/*
 * What the files of zx_object_get_info share.
 */
#ifndef SYSCALLS_INFO_H
#define SYSCALLS_INFO_H

#include <kernel/handle.h>
#include <syscalls/user.h>

/* The arguments of the call behind topic and handle. */
struct info_out {
	uaddr_t buffer;
	size_t buffer_size;
	uaddr_t actual;
	uaddr_t avail;
};

/* Step 5 of the frame (tasks.md 3.1). INVALID_ARGS. */
static inline MUST_CHECK zx_status_t info_put_counts(const struct info_out *out,
						     u64 actual, u64 avail)
{
	zx_status_t status = user_put_optional(out->actual, actual);

	return status == ZX_OK ? user_put_optional(out->avail, avail) : status;
}

/* Steps 4 to 6 for one record. INVALID_ARGS, BUFFER_TOO_SMALL. */
MUST_CHECK zx_status_t info_put_record(const struct info_out *out,
				       const void *record, size_t bytes);

/* Topics about VMOs (vmo.md 10): type and rights of the handle, false if it is
 * none of them; and the answer. */
bool info_vmo_needs(u32 topic, u32 *type, zx_rights_t *rights);
MUST_CHECK zx_status_t info_vmo_answer(u32 topic, const struct handle_ref *ref,
				       const struct info_out *out);

/* The same for topics that count time and events; info_stats.c. */
bool info_stats_needs(u32 topic, u32 *type, zx_rights_t *rights);
MUST_CHECK zx_status_t info_stats_answer(u32 topic,
					 const struct handle_ref *ref,
					 const struct info_out *out);

/* The same for topics about handles, info_handles.c, and about memory,
 * info_memory.c. */
bool info_handles_needs(u32 topic, u32 *type, zx_rights_t *rights);
MUST_CHECK zx_status_t info_handles_answer(u32 topic,
					   const struct handle_ref *ref,
					   const struct info_out *out);
bool info_memory_needs(u32 topic, u32 *type, zx_rights_t *rights);
MUST_CHECK zx_status_t info_memory_answer(u32 topic,
					  const struct handle_ref *ref,
					  const struct info_out *out);

/* info_maps.c. topic: ZX_INFO_PROCESS_MAPS_V1, _V2 or _V3. */
MUST_CHECK zx_status_t info_process_maps(struct object *process, u32 topic,
					 const struct info_out *out);
MUST_CHECK zx_status_t info_vmar_maps(struct object *vmar,
				      const struct info_out *out);
/* topic: ZX_INFO_TASK_STATS_V1 or _V2. BAD_STATE for the dead. */
MUST_CHECK zx_status_t info_task_stats(struct object *process, u32 topic,
				       const struct info_out *out);

#endif

/*
 * ZX_INFO_VMO and ZX_INFO_PROCESS_VMOS (vmo.md 10).
 *
 * The longest record is made and cut to the version that was asked for: each
 * is the beginning of the next.
 */
#include <kernel/process.h>
#include <kernel/wait.h>
#include <mm/discardable.h>
#include <mm/map_vmos.h>
#include <mm/vmo_info.h>

#include "era.h"
#include "info.h"

#define MAPPED_CHUNK 16u

static size_t record_bytes(u32 topic)
{
	switch (topic >> 28) {
	case 0:
		return sizeof(zx_info_vmo_v1_t);
	case 1:
		return sizeof(zx_info_vmo_v2_t);
	case 2:
		return sizeof(zx_info_vmo_v3_t);
	}
	return sizeof(zx_info_vmo_v4_t);
}

static bool is_process_topic(u32 topic)
{
	return (topic & 0xffff) == (ZX_INFO_PROCESS_VMOS_V1 & 0xffff);
}

bool info_vmo_needs(u32 topic, u32 *type, zx_rights_t *rights)
{
	switch (topic) {
	case ZX_INFO_VMO_V1:
	case ZX_INFO_VMO_V2:
	case ZX_INFO_VMO_V3:
	case ZX_INFO_VMO_V4:
		*type = ZX_OBJ_TYPE_VMO;
		*rights = 0;
		return true;
	case ZX_INFO_PROCESS_VMOS_V1:
	case ZX_INFO_PROCESS_VMOS_V2:
	case ZX_INFO_PROCESS_VMOS_V3:
	case ZX_INFO_PROCESS_VMOS_V4:
		*type = ZX_OBJ_TYPE_PROCESS;
		*rights = ZX_RIGHT_INSPECT;
		return true;
	}
	return false;
}

/* Nothing is ever compressed: what is populated is committed. */
static void tell(struct vmo *v, u32 via, zx_rights_t rights,
		 zx_info_vmo_v4_t *r)
{
	struct vmo_charge charge;
	zx_info_vmo_v1_t first;

	__builtin_memset(r, 0, sizeof(*r));
	vmo_get_info(v, &first);
	vmo_get_charge(v, &charge);
	first.flags |= via;
	first.handle_rights = rights;
	if (!ERA_VMO_TELLS_IMMUTABLE)
		first.flags &= ~ZX_INFO_VMO_IMMUTABLE;
	first.committed_bytes = ERA_VMO_CHARGE_IS_SPLIT ? charge.scaled
							: charge.whole;
	if (ERA_VMO_PARENT_KOID_MOVES)
		first.parent_koid = vmo_parent_koid(v);
	__builtin_memcpy(r, &first, sizeof(first));
	r->metadata_bytes = vmo_metadata_bytes(v);
	r->committed_change_events = vmo_change_events(v);
	r->populated_bytes = first.committed_bytes;
	r->committed_private_bytes = charge.own;
	r->populated_private_bytes = charge.own;
	r->committed_scaled_bytes = charge.scaled;
	r->populated_scaled_bytes = charge.scaled;
	r->committed_fractional_scaled_bytes = charge.fraction;
	r->populated_fractional_scaled_bytes = charge.fraction;
}

static zx_status_t info_vmo(u32 topic, const struct handle_ref *ref,
			    const struct info_out *out)
{
	zx_info_vmo_v4_t r;

	tell(vmo_from_object(ref->object), ZX_INFO_VMO_VIA_HANDLE, ref->rights,
	     &r);
	return info_put_record(out, &r, record_bytes(topic));
}

/* --- All VMOs of a process ------------------------------------------------- */

/* A list that is being copied out, record by record. */
struct vmo_list {
	const struct info_out *out;
	size_t bytes;			/* of a record */
	u64 written;
	u64 total;
};

static zx_status_t append(struct vmo_list *l, struct vmo *v, u32 via,
			  zx_rights_t rights)
{
	u64 room = l->out->buffer_size / l->bytes;
	zx_info_vmo_v4_t r;

	l->total++;
	if (l->written == room)
		return ZX_OK;
	tell(v, via, rights, &r);
	return user_write(l->out->buffer + l->written++ * l->bytes, &r,
			  l->bytes);
}

static zx_status_t list_handles(struct process *p, struct vmo_list *l)
{
	struct handle_ref ref;
	zx_status_t status = ZX_OK;
	u32 index = 0;

	while (status == ZX_OK && !thread_is_killed() &&
	       handle_table_next(p->handles, &index, ZX_OBJ_TYPE_VMO, &ref)) {
		status = append(l, vmo_from_object(ref.object),
				ZX_INFO_VMO_VIA_HANDLE, ref.rights);
		object_unref(ref.object);
	}
	return status;
}

static zx_status_t list_mappings(struct process *p, struct vmo_list *l)
{
	struct vmo *chunk[MAPPED_CHUNK];
	zx_status_t status = ZX_OK;
	u64 page = 0;
	size_t count;

	do {
		count = aspace_list_vmos(p->aspace, &page, chunk,
					 MAPPED_CHUNK);
		for (size_t i = 0; i < count; i++) {
			if (status == ZX_OK)
				status = append(l, chunk[i],
						ZX_INFO_VMO_VIA_MAPPING, 0);
			object_unref(&chunk[i]->object);
		}
	} while (status == ZX_OK && count == MAPPED_CHUNK &&
		 !thread_is_killed());
	return status;
}

static zx_status_t info_process_vmos(u32 topic, const struct handle_ref *ref,
				     const struct info_out *out)
{
	struct process *p = process_from_object(ref->object);
	struct vmo_list l = { .out = out, .bytes = record_bytes(topic) };
	zx_status_t status = process_check_alive(p);

	if (status == ZX_OK && process_check_initial(p) == ZX_OK)
		status = ZX_ERR_BAD_STATE;
	if (status == ZX_OK)
		status = list_handles(p, &l);
	if (status == ZX_OK)
		status = list_mappings(p, &l);
	if (status != ZX_OK)
		return status;
	return info_put_counts(out, l.written, l.total);
}

zx_status_t info_vmo_answer(u32 topic, const struct handle_ref *ref,
			    const struct info_out *out)
{
	return is_process_topic(topic) ? info_process_vmos(topic, ref, out)
				       : info_vmo(topic, ref, out);
}

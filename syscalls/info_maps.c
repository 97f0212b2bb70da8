/*
 * ZX_INFO_PROCESS_MAPS in its three lengths, ZX_INFO_VMAR_MAPS (spec/vmar.md
 * 13.2-13.4) and ZX_INFO_TASK_STATS (tasks.md 3.4). mm lists in chunks, each
 * under the aspace's lock; records are formed and copied with no lock held,
 * since the buffer may lie in the address space that is being told of.
 */
#include <kernel/process.h>
#include <kernel/string.h>
#include <kernel/wait.h>
#include <mm/map_vmos.h>
#include <mm/maps.h>
#include <mm/slab.h>

#include "era.h"
#include "info.h"

#define CHUNK 16u

/* One listing. */
struct listing {
	const struct info_out *out;
	u32 version;		/* 1 to 3 */
	u64 depth;		/* of the VMAR that the listing is of */
	u64 written;
	u64 total;
	struct maps_cursor cursor;
	struct maps_entry entries[CHUNK];
	union {
		zx_info_maps_v1_t v1;
		zx_info_maps_v2_t v2;
		zx_info_maps_v3_t v3;
		u8 bytes[CHUNK * sizeof(zx_info_maps_v3_t)];
	} records;
};

static size_t record_bytes(u32 version)
{
	static const size_t bytes[] = { 0, sizeof(zx_info_maps_v1_t),
					sizeof(zx_info_maps_v2_t),
					sizeof(zx_info_maps_v3_t) };

	return bytes[version];
}

/* The part that all versions begin with. */
static void form_head(zx_info_maps_v1_t *r, const struct maps_entry *e, u64 depth)
{
	memcpy(r->name, e->name, sizeof(r->name));
	r->base = e->base;
	r->size = e->size;
	r->depth = e->depth + depth;
	r->type = e->type;
	r->u.mapping.mmu_flags = e->prot;
	r->u.mapping.vmo_koid = e->vmo_koid;
	r->u.mapping.vmo_offset = e->vmo_offset;
}

/* Nothing is ever compressed here: populated is committed. */
static void form_v3(zx_info_maps_v3_t *r, const struct vmo_charge *c, u64 bytes)
{
	r->u.mapping.committed_bytes = bytes;
	r->u.mapping.populated_bytes = bytes;
	r->u.mapping.committed_private_bytes = c->own;
	r->u.mapping.populated_private_bytes = c->own;
	r->u.mapping.committed_scaled_bytes = c->scaled;
	r->u.mapping.populated_scaled_bytes = c->scaled;
	r->u.mapping.committed_fractional_scaled_bytes = c->fraction;
	r->u.mapping.populated_fractional_scaled_bytes = c->fraction;
}

/* A record of the version at `to`, which is aligned to 8 bytes. */
static void form(u32 version, const struct maps_entry *e, u64 depth, void *to)
{
	u64 bytes = ERA_VMO_CHARGE_IS_SPLIT ? e->charge.scaled : e->charge.whole;
	zx_info_maps_v2_t *v2 = to;

	memset(to, 0, record_bytes(version));
	form_head(to, e, depth);
	if (version == 3) {
		form_v3(to, &e->charge, bytes);
		return;
	}
	v2->u.mapping.committed_pages = bytes >> PAGE_SHIFT;
	if (version == 2)
		v2->u.mapping.populated_pages = bytes >> PAGE_SHIFT;
}

/* Copies as many entries as the buffer has room for. */
static zx_status_t put_entries(struct listing *l, size_t count)
{
	size_t bytes = record_bytes(l->version);
	u64 room = l->out->buffer_size / bytes - l->written;
	u64 n = min_u64(room, count);
	uaddr_t to = l->out->buffer + l->written * bytes;

	l->total += count;
	l->written += n;
	for (u64 i = 0; i < n; i++)
		form(l->version, &l->entries[i], l->depth,
		     &l->records.bytes[i * bytes]);
	return n ? user_write(to, l->records.bytes, n * bytes) : ZX_OK;
}

static zx_status_t list(struct listing *l, struct vmar *top)
{
	do {
		size_t filled;
		zx_status_t status = vmar_list_maps(top, &l->cursor,
						    l->entries, CHUNK,
						    &filled);

		if (status == ZX_OK)
			status = put_entries(l, filled);
		if (status != ZX_OK)
			return status;
	} while (!l->cursor.done && !thread_is_killed());
	return info_put_counts(l->out, l->written, l->total);
}

static struct listing *listing_make(u32 version, const struct info_out *out)
{
	struct listing *l = kzalloc(sizeof(*l));

	if (l) {
		l->version = version;
		l->out = out;
	}
	return l;
}

/* Entry 0 is the address space itself. */
static zx_status_t put_aspace(struct listing *l, const struct aspace *as)
{
	struct maps_entry *e = &l->entries[0];

	memcpy(e->name, as->name, sizeof(e->name));
	e->base = as->base;
	e->size = as->size;
	e->type = ZX_INFO_MAPS_TYPE_ASPACE;
	return put_entries(l, 1);
}

zx_status_t info_process_maps(struct object *process, u32 topic,
			      const struct info_out *out)
{
	struct process *p = process_from_object(process);
	struct listing *l;
	zx_status_t status = process_check_alive(p);

	if (status != ZX_OK)
		return status;
	l = listing_make((topic >> 28) + 1, out);
	if (!l)
		return ZX_ERR_NO_MEMORY;
	status = put_aspace(l, p->aspace);
	l->depth = 1;
	if (status == ZX_OK)
		status = list(l, process_root_vmar(p));
	kfree(l, sizeof(*l));
	return status;
}

zx_status_t info_vmar_maps(struct object *vmar, const struct info_out *out)
{
	struct listing *l = listing_make(3, out);
	zx_status_t status;

	if (!l)
		return ZX_ERR_NO_MEMORY;
	status = list(l, vmar_from_object(vmar));
	kfree(l, sizeof(*l));
	return status;
}

/* The longest record, cut to the version that was asked for. */
zx_status_t info_task_stats(struct object *process, u32 topic,
			    const struct info_out *out)
{
	struct process *p = process_from_object(process);
	zx_status_t status = process_check_alive(p);
	zx_info_task_stats_v2_t r;
	struct mapped_stats s;

	if (status != ZX_OK)
		return status;
	aspace_get_stats(p->aspace, ERA_VMO_CHARGE_IS_SPLIT, &s);
	r.mem_mapped_bytes = s.mapped;
	r.mem_private_bytes = s.own;
	r.mem_shared_bytes = s.shared;
	r.mem_scaled_shared_bytes = s.scaled;
	r.mem_fractional_scaled_shared_bytes = s.fraction;
	return info_put_record(out, &r, topic == ZX_INFO_TASK_STATS_V1
				     ? sizeof(zx_info_task_stats_v1_t)
				     : sizeof(r));
}

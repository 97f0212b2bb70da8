/*
 * zx_vmar_op_range (spec/vmar.md 9): operations on the VMOs behind a range.
 *
 * The whole range is checked before the first piece is touched. What may wait
 * for a pager, or takes long, is done with no lock held: a reference keeps the
 * mapping and its VMO, and the next piece is looked for anew.
 */
#include <mm/fault.h>
#include <mm/reclaim.h>
#include <mm/vdso.h>
#include <mm/vmo_hint.h>
#include <mm/vmo_stream.h>

#include "vmar_internal.h"

/* The part of a mapping that a call is about. */
struct piece {
	struct mapping *m;
	u64 start, end;		/* pages of address space */
	u64 offset;		/* in the VMO, bytes */
	u64 bytes;
};

struct op {
	u32 number;		/* ZX_VMAR_OP_* */
	bool descend;
	u64 end;		/* page */
	struct vmar_walk walk;
};

/* What the mapping's maximum protection must have (S-O8). */
static u32 needed_prot(u32 op)
{
	switch (op) {
	case ZX_VMAR_OP_COMMIT:
	case ZX_VMAR_OP_DECOMMIT:
	case ZX_VMAR_OP_ZERO:
		return ZX_VM_PERM_WRITE;
	case ZX_VMAR_OP_PREFETCH:
		return ZX_VM_PERM_READ;
	}
	return 0;
}

static bool is_hint(u32 op)
{
	return op == ZX_VMAR_OP_DONT_NEED || op == ZX_VMAR_OP_ALWAYS_NEED;
}

/* Hints mean nothing to a VMO whose pages are nobody else's to bring. */
static bool is_void(u32 op, const struct vmo *v)
{
	return is_hint(op) && !vmo_has_pager(v);
}

/* The piece at the walk's place. BAD_STATE for a gap, INVALID_ARGS for a
 * sub-VMAR that may not be entered. */
static zx_status_t find_piece(struct op *o, struct piece *p)
{
	struct rt_slot s = vmar_walk_slot(&o->walk);

	if (!o->descend && vmar_walk_is_below(&o->walk))
		return ZX_ERR_INVALID_ARGS;
	if (rt_slot_type(s) == RT_EMPTY)
		return ZX_ERR_BAD_STATE;
	p->m = mapping_from_slot(s);
	p->start = o->walk.page;
	p->end = min_u64(o->end, p->m->region.end);
	p->offset = mapping_offset_of(p->m, p->start);
	p->bytes = (p->end - p->start) << PAGE_SHIFT;
	return ZX_OK;
}

/* Where the bytes end that the mapping gives access to. The page that holds the
 * end of a stream is whole. */
static u64 get_limit(const struct mapping *m)
{
	struct vmo *v = m->named;
	u64 end;

	mutex_lock(v->lock);
	end = m->fault_beyond_stream ? vmo_stream_end_locked(v)
				     : vmo_end_locked(v);
	mutex_unlock(v->lock);
	return (end - v->shift) << PAGE_SHIFT;
}

/* Check 9 for one piece. If it is the only one, what the VMO's own operation
 * refuses before it changes anything is left to that. */
static zx_status_t check_piece(u32 op, const struct piece *p, bool only)
{
	struct vmo *v = p->m->named;
	u64 limit;

	if (needed_prot(op) & ~p->m->max_prot)
		return ZX_ERR_ACCESS_DENIED;
	if (only && needed_prot(op) == ZX_VM_PERM_WRITE &&
	    !p->m->fault_beyond_stream)
		return ZX_OK;
	if (op == ZX_VMAR_OP_DECOMMIT && vmo_can_decommit(v) != ZX_OK)
		return ZX_ERR_NOT_SUPPORTED;
	if (!p->m->fault_beyond_stream &&
	    (op == ZX_VMAR_OP_MAP_RANGE || is_void(op, v)))
		return ZX_OK;
	limit = get_limit(p->m);
	if (p->offset > limit || p->bytes > limit - p->offset)
		return ZX_ERR_OUT_OF_RANGE;
	return ZX_OK;
}

/* All pieces; *p is the last one. */
static zx_status_t check_pieces(struct op *o, u64 start, struct piece *p)
{
	zx_status_t status = ZX_OK;

	vmar_walk_begin(&o->walk, o->walk.top, start);
	while (status == ZX_OK && o->walk.page < o->end) {
		status = find_piece(o, p);
		if (status == ZX_OK)
			status = check_piece(o->number, p,
					     p->start == start &&
						     p->end == o->end);
		if (status == ZX_OK)
			o->walk.page = p->end;
	}
	return status;
}

/* With no lock held: a piece that has gone meanwhile has nothing to show. */
static zx_status_t populate(const struct piece *p)
{
	zx_status_t status;

	do {
		status = mapping_populate(p->m, p->start, p->end);
	} while (mm_try_again(status, 1));
	return status;
}

static zx_status_t run(u32 op, const struct piece *p)
{
	struct vmo *v = p->m->named;

	switch (op) {
	case ZX_VMAR_OP_COMMIT:
		return vmo_commit_range(v, p->offset, p->bytes, false);
	case ZX_VMAR_OP_DECOMMIT:
		return vmo_decommit_range(v, p->offset, p->bytes, false);
	case ZX_VMAR_OP_ZERO:
		return vmo_zero_range(v, p->offset, p->bytes, false);
	case ZX_VMAR_OP_MAP_RANGE:
		return populate(p);
	case ZX_VMAR_OP_ALWAYS_NEED:
		return vmo_always_need(v, p->offset, p->bytes, true);
	case ZX_VMAR_OP_DONT_NEED:
		return vmo_dont_need(v, p->offset, p->bytes);
	case ZX_VMAR_OP_PREFETCH:
		return vmo_prefetch(v, p->offset, p->bytes);
	}
	return ZX_OK;
}

/* Releases the aspace's lock meanwhile. */
static zx_status_t run_unlocked(struct op *o, const struct piece *p)
{
	struct aspace *as = o->walk.top->aspace;
	zx_status_t status;

	/* Cannot fail: the tree's references are there. */
	if (!mapping_ref(p->m))
		return ZX_ERR_BAD_STATE;
	mutex_unlock(&as->lock);
	status = run(o->number, p);
	mapping_unref(p->m);
	mutex_lock(&as->lock);
	vmar_walk_begin(&o->walk, o->walk.top, p->end);
	if (status == ZX_OK && p->end < o->end && !o->walk.top->alive)
		status = ZX_ERR_BAD_STATE;
	return status;
}

static zx_status_t run_piece(struct op *o, const struct piece *p)
{
	switch (o->number) {
	case ZX_VMAR_OP_DECOMMIT:
	case ZX_VMAR_OP_DONT_NEED:
		return run(o->number, p);
	}
	return run_unlocked(o, p);
}

static zx_status_t run_pieces(struct op *o, u64 start)
{
	zx_status_t status = ZX_OK;
	struct piece p;

	vmar_walk_begin(&o->walk, o->walk.top, start);
	while (status == ZX_OK && o->walk.page < o->end) {
		status = find_piece(o, &p);
		if (status == ZX_OK)
			status = run_piece(o, &p);
		o->walk.page = p.end;
	}
	return status;
}

static zx_status_t op_range_locked(struct op *o, u64 start)
{
	struct piece p;
	zx_status_t status = check_pieces(o, start, &p);

	if (status != ZX_OK)
		return status;
	return p.start == start ? run_piece(o, &p) : run_pieces(o, start);
}

zx_status_t vmar_op_range(struct vmar *v, u32 op, uaddr_t addr, u64 size,
			  bool descend)
{
	u64 start = addr >> PAGE_SHIFT;
	struct op o;
	zx_status_t status;

	o.number = op;
	o.descend = descend;
	o.end = start + (size >> PAGE_SHIFT);
	o.walk.top = v;
	mutex_lock(&v->aspace->lock);
	if (!v->alive)
		status = ZX_ERR_BAD_STATE;
	else if (!vmar_contains(v, addr, size))
		status = ZX_ERR_OUT_OF_RANGE;
	else if (aspace_touches_code(v->aspace, start, o.end))
		status = ZX_ERR_ACCESS_DENIED;
	else
		status = op_range_locked(&o, start);
	mutex_unlock(&v->aspace->lock);
	return status;
}

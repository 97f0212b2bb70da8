/*
 * Children of VMOs (vmo.md 5; design 5.2, 9).
 *
 * A snapshot names its parent's page tree: both have all content then, and
 * whoever writes first copies what it changes. There is no hidden parent and no
 * chain: a look-up in a child of any depth looks at one tree. A child of a
 * pager's VMO is an overlay: its own tree first, what is absent there comes
 * from the pager's VMO; a snapshot of an overlay shares the overlay's tree and
 * has the same source, so two looks are the most. Slices and references have no
 * tree: they show their base's.
 */
#include <mm/pager.h>
#include <mm/reclaim.h>
#include <mm/vmar.h>

#include "vmo_internal.h"

/* What create_child has in hand, under the family's and the parent's lock. */
struct birth {
	struct vmo *parent;
	struct vmo *child;
	const struct vmo_child *want;
	u64 start, end;		/* the child's indices */
};

static bool has_pager(const struct vmo *base)
{
	return base->source || base->source_vmo;
}

/* --- Copy-on-write kinds -------------------------------------------------- */

/* Will the child be an overlay on the pager's VMO itself? */
static bool is_first_overlay(const struct vmo *parent)
{
	return parent->base->source != NULL;
}

/* vmo.md 5.4 check 8, first half: what the parent is. */
static bool cannot_be_cloned(const struct birth *b)
{
	const struct vmo *base = b->parent->base;

	return base->kind == VMO_PHYSICAL || base->discardable ||
	       (has_pager(base) && b->want->kind == VMO_CHILD_SNAPSHOT);
}

static bool is_slice_of_anonymous(const struct birth *b)
{
	return b->parent->kind == VMO_SLICE && !is_first_overlay(b->parent);
}

/* What is pinned may be written by a device at any moment. */
static bool is_pinned_locked(const struct birth *b)
{
	return b->parent->base->pin_count != 0;
}

static bool has_no_indices(const struct birth *b)
{
	return b->start >= PT_INDEX_LIMIT || b->end >= PT_INDEX_LIMIT;
}

/* vmo.md 5.4 checks 8 to 11. */
static zx_status_t check_clone_locked(const struct birth *b)
{
	if (cannot_be_cloned(b) || is_slice_of_anonymous(b))
		return ZX_ERR_NOT_SUPPORTED;
	if (is_pinned_locked(b))
		return ZX_ERR_BAD_STATE;
	if (b->parent->base->cache_policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	return has_no_indices(b) ? ZX_ERR_INVALID_ARGS : ZX_OK;
}

/* The same in the order of later eras. A physical VMO is none that has pages,
 * so nothing outranks that. */
static zx_status_t check_clone_later_locked(const struct birth *b)
{
	const struct vmo *base = b->parent->base;

	if (base->kind != VMO_PHYSICAL &&
	    base->cache_policy != ZX_CACHE_POLICY_CACHED)
		return ZX_ERR_BAD_STATE;
	if (cannot_be_cloned(b))
		return ZX_ERR_NOT_SUPPORTED;
	if (has_no_indices(b))
		return ZX_ERR_INVALID_ARGS;
	if (is_slice_of_anonymous(b))
		return ZX_ERR_NOT_SUPPORTED;
	return is_pinned_locked(b) ? ZX_ERR_BAD_STATE : ZX_OK;
}

/* The child's part of what the parent sees; later growth of the parent is not
 * the child's. */
static void make_overlay_locked(struct birth *b)
{
	struct vmo *base = b->parent->base, *child = b->child;
	struct vmo *source = base->source ? base : base->source_vmo;
	u64 seen = min_u64(vmo_end_locked(b->parent), vmo_end_locked(base));

	if (base->source_vmo)
		seen = min_u64(seen, base->window_end);
	object_ref(&source->object);
	child->lock = source->lock;
	child->source_vmo = source;
	child->lookup |= VMO_IS_OVERLAY;
	child->window_end = min_u64(seen, b->end);
	list_add_tail(&source->overlays, &child->overlay_node);
}

/* Shares the tree, then takes write permission from the parent's entries: what
 * a program still stores meanwhile belongs to the time before the snapshot. */
static zx_status_t share_tree_locked(struct birth *b)
{
	struct vmo *base = b->parent->base;
	u64 base_end = vmo_end_locked(base);
	u64 stop = min_u64(b->end, base_end);
	zx_status_t status;

	if (b->start >= stop)
		return ZX_OK;
	/* Nothing stands beside the base: no edge there. */
	status = ptree_share(&b->child->pages, &base->pages,
			     b->start > base->shift ? b->start : 0,
			     stop < base_end ? stop : PT_INDEX_LIMIT);
	if (status != ZX_OK)
		return status;
	base->lookup |= VMO_HAS_KIN;
	b->child->lookup |= VMO_HAS_KIN;
	if (base->write_mapped)
		vmo_write_protect_locked(base, b->start, stop);
	if (b->start <= base->shift && stop >= base_end)
		base->write_mapped = false;
	return ZX_OK;
}

static zx_status_t clone_locked(struct birth *b)
{
	zx_status_t status = b->want->later_order ? check_clone_later_locked(b)
						  : check_clone_locked(b);

	if (status == ZX_OK && !is_first_overlay(b->parent))
		status = share_tree_locked(b);
	if (status != ZX_OK)
		return status;
	b->child->shift = b->start;
	b->child->is_clone = true;
	b->child->is_immutable = b->want->no_write && !b->want->resizable &&
				 !has_pager(b->parent->base);
	if (has_pager(b->parent->base))
		make_overlay_locked(b);
	return ZX_OK;
}

/* --- Slices and references ------------------------------------------------ */

/* vmo.md 5.8 checks 3 to 5. */
static zx_status_t check_slice_locked(const struct birth *b)
{
	const struct vmo *base = b->parent->base;
	u64 size = vmo_size_locked(b->parent);

	if (b->want->offset > size || b->want->size > size - b->want->offset)
		return ZX_ERR_INVALID_ARGS;
	if ((base->options & ZX_VMO_RESIZABLE) || base->discardable)
		return ZX_ERR_NOT_SUPPORTED;
	if (base->cache_policy != ZX_CACHE_POLICY_CACHED &&
	    base->kind == VMO_PAGED)
		return ZX_ERR_BAD_STATE;
	return ZX_OK;
}

static zx_status_t slice_locked(struct birth *b)
{
	zx_status_t status = check_slice_locked(b);

	if (status == ZX_OK)
		vmo_attach_base(b->child, b->parent->base, b->start);
	return status;
}

static zx_status_t reference_locked(struct birth *b)
{
	struct vmo *base = b->parent->base;

	if (b->parent->kind == VMO_SLICE || base->kind != VMO_PAGED ||
	    base->discardable)
		return ZX_ERR_NOT_SUPPORTED;
	b->child->options = base->options;
	vmo_attach_base(b->child, base, b->parent->shift);
	return ZX_OK;
}

/* --- All ------------------------------------------------------------------ */

static zx_status_t be_born_locked(struct birth *b)
{
	switch (b->want->kind) {
	case VMO_CHILD_SLICE:
		return slice_locked(b);
	case VMO_CHILD_REFERENCE:
		return reference_locked(b);
	default:
		return clone_locked(b);
	}
}

static enum vmo_kind kind_of_child(const struct vmo_child *want)
{
	if (want->kind == VMO_CHILD_SLICE)
		return VMO_SLICE;
	if (want->kind == VMO_CHILD_REFERENCE)
		return VMO_REFERENCE;
	return VMO_PAGED;
}

static bool has_own_tree(const struct vmo *v)
{
	return v->base == v;
}

static zx_status_t add_child(struct birth *b)
{
	struct vmo_family *family;
	zx_status_t status = vmo_kin_prepare(b->parent, &family);

	if (status != ZX_OK)
		return status;
	vmo_kin_lock(b->parent, family);
	mutex_lock(b->parent->lock);
	status = be_born_locked(b);
	if (status == ZX_OK)
		vmo_kin_join(b->parent, b->child, has_own_tree(b->child));
	mutex_unlock(b->parent->lock);
	vmo_kin_unlock(b->parent);
	return status;
}

zx_status_t vmo_try_create_child(struct vmo *parent,
				 const struct vmo_child *want,
				 struct vmo **out)
{
	struct birth b = { .parent = parent, .want = want };
	zx_status_t status;

	if (parent->base->kind == VMO_CONTIGUOUS &&
	    want->kind < VMO_CHILD_SLICE)
		return ZX_ERR_INVALID_ARGS;
	b.child = vmo_alloc(kind_of_child(want), want->size,
			    want->resizable ? ZX_VMO_RESIZABLE : 0);
	if (!b.child)
		return ZX_ERR_NO_MEMORY;
	b.start = vmo_index(parent, want->offset);
	b.end = b.start + (want->size >> PAGE_SHIFT);
	status = add_child(&b);
	if (status != ZX_OK) {
		object_unref(&b.child->object);
		return status;
	}
	*out = b.child;
	return ZX_OK;
}

zx_status_t vmo_create_child(struct vmo *parent, const struct vmo_child *want,
			     struct vmo **out)
{
	zx_status_t status;

	do {
		status = vmo_try_create_child(parent, want, out);
	} while (mm_try_again(status, 1));
	return status;
}

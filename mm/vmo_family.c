/*
 * Families of VMOs: who is whose child, and who is charged for a page that
 * several see.
 *
 * A VMO joins a family with its first child, or by being born as one. The
 * family's lock covers the links, and holds off births and deaths during the
 * walks that count charges; reading and writing pages never takes it. When a
 * VMO with children dies they become its parent's (vmo.md 5.11).
 */
#include <kernel/list.h>
#include <kernel/lock.h>
#include <kernel/string.h>
#include <mm/ptree_view.h>
#include <mm/slab.h>
#include <mm/vmo_info.h>

#include "vmo_internal.h"

struct vmo_family {
	struct mutex lock;		/* LOCK_FAMILY */
	/* Under lock. */
	struct list_node members;	/* struct vmo_kin by member, oldest first */
	/* Written under lock. Atomic: read by DECOMMIT without. Members with a
	 * tree of their own. */
	u64 owner_count;
};

static struct slab_cache family_cache;

void vmo_family_init_module(void)
{
	slab_cache_init(&family_cache, "vmo_family", sizeof(struct vmo_family));
}

static struct vmo *kin_vmo(struct vmo_kin *k)
{
	return container_of(k, struct vmo, kin);
}

/* --- Joining and leaving -------------------------------------------------- */

zx_status_t vmo_kin_prepare(struct vmo *parent, struct vmo_family **family)
{
	*family = NULL;
	if (vmo_family_of(parent))
		return ZX_OK;
	*family = slab_alloc(&family_cache);
	return *family ? ZX_OK : ZX_ERR_NO_MEMORY;
}

/* A family of v alone. */
static void family_init(struct vmo_family *f, struct vmo *v)
{
	struct vmo_kin *k = &v->kin;

	mutex_init(&f->lock, LOCK_FAMILY);
	list_init(&f->members);
	list_add_tail(&f->members, &k->member);
	list_init(&k->children);
	list_init(&k->sibling);
	/* Slices and references are born into a family. */
	k->owner = v->kind != VMO_PHYSICAL;
	f->owner_count = k->owner;
}

/* Only the first of two who come at once founds the family. */
static __attribute__((noinline)) void found_family(struct vmo *v,
						   struct vmo_family *f)
{
	mutex_lock(v->lock);
	if (!v->kin.family) {
		family_init(f, v);
		__atomic_store_n(&v->kin.family, f, __ATOMIC_RELEASE);
		f = NULL;
	}
	mutex_unlock(v->lock);
	if (f)
		slab_free(&family_cache, f);
}

void vmo_kin_lock(struct vmo *parent, struct vmo_family *family)
{
	if (family)
		found_family(parent, family);
	mutex_lock(&parent->kin.family->lock);
}

void vmo_kin_unlock(struct vmo *parent)
{
	mutex_unlock(&parent->kin.family->lock);
}

static void count_owner(struct vmo_family *f, u64 change)
{
	/* Relaxed: whoever asks holds the lock of a VMO whose own births are
	 * made under that lock; the others decide nothing for it. */
	__atomic_store_n(&f->owner_count, f->owner_count + change,
			 __ATOMIC_RELAXED);
}

void vmo_kin_join(struct vmo *parent, struct vmo *child, bool owner)
{
	struct vmo_kin *p = &parent->kin, *k = &child->kin;

	k->family = p->family;
	k->birth_parent = parent->object.koid;
	k->owner = owner;
	k->parent = p;
	list_add_tail(&p->family->members, &k->member);
	list_init(&k->children);
	list_add_tail(&p->children, &k->sibling);
	count_owner(p->family, owner);
	if (p->child_count++ == 0)
		object_update_signals(&parent->object, ZX_VMO_ZERO_CHILDREN, 0);
}

/* The children of k become its parent's; roots if it has none. */
static void bequeath(struct vmo_kin *k)
{
	struct vmo_kin *p = k->parent, *child;

	list_for_each(child, &k->children, sibling)
		child->parent = p;
	if (!p) {
		while (list_pop_head(&k->children))
			continue;
		return;
	}
	list_splice_tail(&p->children, &k->children);
	list_del(&k->sibling);
	p->child_count += k->child_count - 1;
	if (p->child_count == 0)
		object_update_signals(&kin_vmo(p)->object, 0, ZX_VMO_ZERO_CHILDREN);
}

void vmo_kin_leave(struct vmo *v)
{
	struct vmo_kin *k = &v->kin;
	struct vmo_family *f = k->family;
	bool last;

	mutex_lock(&f->lock);
	bequeath(k);
	list_del(&k->member);
	count_owner(f, -(u64)k->owner);
	last = list_is_empty(&f->members);
	mutex_unlock(&f->lock);
	if (!last)
		return;
	/* Nobody is left who could reach it. */
	mutex_destroy(&f->lock);
	slab_free(&family_cache, f);
}

/* --- Questions ------------------------------------------------------------ */

bool vmo_family_shares(const struct vmo_family *f)
{
	return __atomic_load_n(&f->owner_count, __ATOMIC_RELAXED) > 1;
}

u64 vmo_child_count(struct vmo *v)
{
	return __atomic_load_n(&v->kin.child_count, __ATOMIC_RELAXED);
}

zx_koid_t vmo_birth_parent_koid(struct vmo *v)
{
	return v->kin.birth_parent;
}

zx_koid_t vmo_parent_koid(struct vmo *v)
{
	struct vmo_family *f = vmo_family_of(v);
	struct vmo_kin *p;
	zx_koid_t koid;

	if (!f)
		return ZX_KOID_INVALID;
	mutex_lock(&f->lock);
	p = v->kin.parent;
	koid = p ? kin_vmo(p)->object.koid : ZX_KOID_INVALID;
	mutex_unlock(&f->lock);
	return koid;
}

/* --- Charge --------------------------------------------------------------- */

/* What a step of the walk adds up; shares in units of 2^-63 byte would not fit
 * in a word, so whole bytes and the rest apart. */
static void add_share(struct vmo_charge *c, u64 page_count, u64 viewers)
{
	u64 bytes = page_count << PAGE_SHIFT;
	u64 rest = bytes % viewers;
	u64 part = (1ul << 63) / viewers;

	c->scaled += bytes / viewers;
	/* rest < viewers, so the sum is below one byte. */
	c->fraction += part * rest;
	c->scaled += c->fraction >> 63;
	c->fraction &= (1ul << 63) - 1;
}

/* How many others see each page of a view. */
struct viewers {
	u64 older;		/* pages that an older member sees */
	u64 any;		/* pages that any other sees */
	/* Others, by page of the leaf, as far as this counts: it stands on the
	 * stack beside a view. */
	u16 count[PT_FANOUT];
};

static void count_viewer(u16 *count)
{
	*count += *count != UINT16_MAX;
}

static void ask_members(struct vmo_kin *k, const struct ptree_view *view,
			u32 *level, struct viewers *seen)
{
	struct vmo_kin *other;
	bool older = true;

	memset(seen, 0, sizeof(*seen));
	list_for_each(other, &k->family->members, member) {
		struct vmo *v;
		u64 mask;

		if (other == k)
			older = false;
		if (other == k || !other->owner)
			continue;
		v = kin_vmo(other);
		mutex_lock(v->lock);
		mask = ptree_view_match(&v->pages, view, level);
		mutex_unlock(v->lock);
		if (older)
			seen->older |= mask;
		seen->any |= mask;
		for (; mask; mask &= mask - 1)
			count_viewer(&seen->count[bit_lowest64(mask)]);
	}
}

/* A level above 1 stands for all pages below it, which are alike. */
static void add_view(struct vmo_charge *c, const struct ptree_view *view,
		     u32 level, const struct viewers *seen)
{
	u64 left = view->pages;

	c->whole += ptree_view_count(view, level, left & ~seen->older)
		    << PAGE_SHIFT;
	c->own += ptree_view_count(view, level, left & ~seen->any)
		  << PAGE_SHIFT;
	while (left) {
		u32 count = seen->count[bit_lowest64(left)];
		u64 alike = 0;

		for (u64 bits = left; bits; bits &= bits - 1)
			if (seen->count[bit_lowest64(bits)] == count)
				alike |= bits & -bits;
		add_share(c, ptree_view_count(view, level, alike), count + 1);
		left &= ~alike;
	}
}

/* Indices [start, end) of an owner of a tree. */
static void charge_range(struct vmo *v, u64 start, u64 end,
			 struct vmo_charge *c)
{
	struct vmo_kin *k = &v->kin;
	struct ptree_view view;
	struct viewers seen;
	bool more = true;

	mutex_lock(&k->family->lock);
	while (start < end) {
		u32 level;

		mutex_lock(v->lock);
		more = ptree_view(&v->pages, start, end, &view);
		mutex_unlock(v->lock);
		if (!more)
			break;
		level = view.level;
		if (view.shared)
			ask_members(k, &view, &level, &seen);
		else
			memset(&seen, 0, sizeof(seen));
		add_view(c, &view, level, &seen);
		start = ptree_view_end(&view, level);
	}
	mutex_unlock(&k->family->lock);
}

static void charge_alone(struct vmo *v, u64 start, u64 end,
			 struct vmo_charge *c)
{
	mutex_lock(v->lock);
	c->whole = ptree_count(&v->pages, start, end) << PAGE_SHIFT;
	mutex_unlock(v->lock);
	c->own = c->scaled = c->whole;
}

static void charge(struct vmo *v, u64 start, u64 end, struct vmo_charge *c)
{
	memset(c, 0, sizeof(*c));
	if (v->base != v)
		return;
	if (vmo_has_co_owners(v))
		charge_range(v, start, end, c);
	else
		charge_alone(v, start, end, c);
}

void vmo_get_charge(struct vmo *v, struct vmo_charge *out)
{
	charge(v, 0, PT_INDEX_LIMIT, out);
}

void vmo_get_range_charge(struct vmo *v, u64 offset, u64 bytes,
			  struct vmo_charge *out)
{
	u64 start = min_u64(vmo_index(v, offset), PT_INDEX_LIMIT);
	u64 end = min_u64(start + (bytes >> PAGE_SHIFT), PT_INDEX_LIMIT);

	charge(v, start, end, out);
}

u64 vmo_committed_pages(struct vmo *v, u64 offset, u64 bytes)
{
	struct vmo_charge c;

	vmo_get_range_charge(v, offset, bytes, &c);
	return c.whole >> PAGE_SHIFT;
}

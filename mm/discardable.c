/*
 * Discardable VMOs: lock counts, and taking back what is unlocked.
 *
 * Those that may be taken back stand on one list, the one unlocked longest ago
 * first. A VMO goes on it and off it under its own lock and the list's, so
 * whoever holds the VMO's lock decides whether it is there. The reclaimer comes
 * from the list: it takes a reference under the list's lock, drops that lock,
 * and looks again under the VMO's. So locking, resizing and discarding exclude
 * each other; a VMO whose last reference is gone is passed over and takes itself
 * off.
 */
#include <kernel/epoch.h>
#include <mm/discardable.h>
#include <mm/reclaim.h>
#include <mm/slab.h>

#include "vmo_internal.h"

struct discardable {
	/* Fixed after creation. */
	struct vmo *vmo;
	/* Under vmo->lock. */
	u64 lock_count;
	u64 change_events;
	u32 state;		/* enum discardable_state */
	bool loss_untold;	/* content was lost, no LOCK has said so yet */
	/* Written under vmo->lock and list_lock, read under either: of the last
	 * unlock, in its order. */
	u64 age;
	/* Under list_lock; linked while UNLOCKED. */
	struct list_node node;
};

static struct slab_cache discardable_cache;
static struct spinlock list_lock = SPINLOCK_INIT(LOCK_DISCARD);
/* Under list_lock: by age; and the next age. */
static struct list_node unlocked = LIST_INIT(unlocked);
static u64 next_age;

void discardable_init_module(void)
{
	slab_cache_init(&discardable_cache, "discardable",
			sizeof(struct discardable));
}

zx_status_t discardable_attach(struct vmo *v)
{
	struct discardable *d = slab_alloc(&discardable_cache);

	if (!d)
		return ZX_ERR_NO_MEMORY;
	d->vmo = v;
	d->lock_count = 0;
	d->change_events = 0;
	d->state = DISCARDABLE_UNSET;
	d->loss_untold = false;
	d->age = 0;
	list_init(&d->node);
	v->discardable = d;
	return ZX_OK;
}

/* --- The list; v->lock is held, except where a VMO dies -------------------- */

static void list_join(struct discardable *d)
{
	spin_lock(&list_lock);
	d->age = next_age++;
	list_add_tail(&unlocked, &d->node);
	spin_unlock(&list_lock);
}

static void list_leave(struct discardable *d)
{
	spin_lock(&list_lock);
	list_del(&d->node);
	spin_unlock(&list_lock);
}

void discardable_detach(struct vmo *v)
{
	list_leave(v->discardable);
	slab_free(&discardable_cache, v->discardable);
	v->discardable = NULL;
}

/* --- LOCK, TRY_LOCK, UNLOCK ------------------------------------------------ */

/* Takes v->lock if all is well: vmo.md 12, the checks that all three share. */
static zx_status_t begin(struct vmo *v, u64 offset, u64 bytes)
{
	if (!v->discardable)
		return ZX_ERR_NOT_SUPPORTED;
	mutex_lock(v->lock);
	if (offset == 0 && bytes == v->size)
		return ZX_OK;
	mutex_unlock(v->lock);
	return ZX_ERR_OUT_OF_RANGE;
}

static void add_lock_locked(struct vmo *v)
{
	struct discardable *d = v->discardable;

	if (d->state == DISCARDABLE_UNLOCKED)
		list_leave(d);
	/* Nothing is there: it reads zero from here on. */
	v->lookup &= ~(u32)VMO_IS_DISCARDED;
	d->state = DISCARDABLE_LOCKED;
	d->lock_count++;
}

zx_status_t vmo_lock(struct vmo *v, u64 offset, u64 bytes,
		     struct vmo_lock_receipt *receipt)
{
	zx_status_t status = begin(v, offset, bytes);
	struct discardable *d = v->discardable;

	if (status != ZX_OK)
		return status;
	receipt->before = d->state;
	receipt->state = (zx_vmo_lock_state_t){
		.size = v->size,
		.discarded_size = d->loss_untold ? v->size : 0,
	};
	d->loss_untold = false;
	add_lock_locked(v);
	mutex_unlock(v->lock);
	return ZX_OK;
}

zx_status_t vmo_try_lock(struct vmo *v, u64 offset, u64 bytes)
{
	zx_status_t status = begin(v, offset, bytes);

	if (status != ZX_OK)
		return status;
	if (v->discardable->state == DISCARDABLE_DISCARDED)
		status = ZX_ERR_UNAVAILABLE;
	else
		add_lock_locked(v);
	mutex_unlock(v->lock);
	return status;
}

static void unlock_last_locked(struct discardable *d)
{
	d->state = DISCARDABLE_UNLOCKED;
	/* What was lost before is no news to those who lock from here on. */
	d->loss_untold = false;
	list_join(d);
}

zx_status_t vmo_unlock(struct vmo *v, u64 offset, u64 bytes)
{
	zx_status_t status = begin(v, offset, bytes);
	struct discardable *d = v->discardable;

	if (status != ZX_OK)
		return status;
	if (d->lock_count == 0)
		status = ZX_ERR_BAD_STATE;
	else if (--d->lock_count == 0)
		unlock_last_locked(d);
	mutex_unlock(v->lock);
	return status;
}

/* --- Discarding ------------------------------------------------------------ */

/* Frees all pages; every translation of them is flushed first. */
static void drop_all_locked(struct vmo *v)
{
	u64 end = vmo_end_locked(v);

	vmo_unmap_pages_locked(v, v->shift, end);
	vmo_free_pages_locked(v, v->shift, end);
	v->zero_mapped = false;
	v->write_mapped = false;
	v->discardable->state = DISCARDABLE_DISCARDED;
	v->discardable->loss_untold = true;
	v->lookup |= VMO_IS_DISCARDED;
}

void vmo_lock_take_back(struct vmo *v, const struct vmo_lock_receipt *receipt)
{
	struct discardable *d = v->discardable;
	bool told = receipt->state.discarded_size != 0 ||
		    receipt->before == DISCARDABLE_DISCARDED;

	mutex_lock(v->lock);
	/* Others may have locked it meanwhile: the next LOCK tells of the loss.
	 * They may also have unlocked more often than they locked. */
	if (d->lock_count == 0 || --d->lock_count != 0) {
		d->loss_untold |= told;
	} else if (receipt->before == DISCARDABLE_DISCARDED && !v->pin_count) {
		drop_all_locked(v);
	} else if (receipt->before == DISCARDABLE_UNSET) {
		d->state = DISCARDABLE_UNSET;
	} else {
		unlock_last_locked(d);
		/* Pinned meanwhile: it cannot be as empty as before. */
		d->loss_untold = receipt->before == DISCARDABLE_DISCARDED;
	}
	mutex_unlock(v->lock);
}

u64 vmo_change_events(struct vmo *v)
{
	u64 count;

	if (!v->discardable)
		return 0;
	mutex_lock(v->lock);
	count = v->discardable->change_events;
	mutex_unlock(v->lock);
	return count;
}

/* One look at the list: who is next, from `age` on. */
struct candidate {
	struct vmo *vmo;	/* counted */
	u64 age;
};

/*
 * The first on the list at or behind `mark`, which moves behind it, counted. The
 * mark stands for a place, so that those which must be passed over are passed
 * over once.
 */
static bool next_candidate(struct discardable *mark, struct candidate *c)
{
	struct list_node *n;
	bool found = false;

	spin_lock(&list_lock);
	while (!found && (n = mark->node.next) != &unlocked) {
		struct discardable *d = list_entry(n, struct discardable, node);

		list_del(&mark->node);
		list_add_head(n, &mark->node);
		c->vmo = d->vmo;
		c->age = d->age;
		found = vmo_try_ref(d->vmo);
	}
	spin_unlock(&list_lock);
	return found;
}

/* Discards it if it is still as old, and nothing keeps it. Returns the frames
 * freed. Nothing is gained by one that is empty. */
static u64 discard(const struct candidate *c)
{
	struct vmo *v = c->vmo;
	struct discardable *d = v->discardable;
	u64 freed = 0;

	mutex_lock(v->lock);
	if (d->state == DISCARDABLE_UNLOCKED && d->age == c->age &&
	    !v->pin_count) {
		freed = ptree_count(&v->pages, 0, PT_INDEX_LIMIT);
		if (freed) {
			list_leave(d);
			drop_all_locked(v);
			d->change_events++;
		}
	}
	mutex_unlock(v->lock);
	return freed;
}

u64 discardable_reclaim(u64 pages)
{
	struct discardable mark = { .vmo = NULL };
	struct candidate c;
	u64 freed = 0;

	spin_lock(&list_lock);
	list_add_head(&unlocked, &mark.node);
	spin_unlock(&list_lock);
	while (freed < pages && next_candidate(&mark, &c)) {
		freed += discard(&c);
		object_unref(&c.vmo->object);
	}
	list_leave(&mark);
	/* Frames of instructions are free an epoch later (I4). */
	if (freed)
		epoch_drain();
	return freed;
}

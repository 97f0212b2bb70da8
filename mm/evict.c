/*
 * Eviction: clean pages of pagers' VMOs are given back under memory pressure.
 *
 * All pagers' VMOs stand on one list. The first is the one that the hand is in;
 * when the hand has passed its last page it goes to the end of the list. Where
 * the hand stands in a VMO is under that VMO's lock, as are the ages of its pages
 * and whatever else decides about them; so a page is looked at, unmapped
 * and taken off the tree in one hold, and a fault, a copy, a supply or a request
 * for it comes before all of that or after it. The VMO comes from the list by a
 * reference that is taken under the list's lock, as in discardable.c; a VMO whose
 * last reference is gone is passed over and takes itself off.
 *
 * One hold of the lock covers the pages of one leaf of the tree.
 */
#include <kernel/bits.h>
#include <kernel/epoch.h>
#include <kernel/percpu.h>
#include <mm/evict.h>

#include "page_source.h"
#include "vmo_internal.h"

/* A page goes when this is its age: three looks ago it was used. */
#define AGE_UNUSED 3u
/* Looks of one call: so few that a page used just before it stays. */
#define LOOKS 2
/* A call that has found anything goes on up to so many, to be worth its way. */
#define LEAST 32ul

static struct spinlock list_lock = SPINLOCK_INIT(LOCK_EVICT);
/* Under list_lock: by evict_node, the hand's first; and how many. */
static struct list_node vmos = LIST_INIT(vmos);
static u64 vmo_count;
/* Atomic: some page may be there that somebody said nobody needs. */
static bool unneeded_due;

void evict_join(struct vmo *v)
{
	spin_lock(&list_lock);
	list_add_tail(&vmos, &v->evict_node);
	vmo_count++;
	spin_unlock(&list_lock);
}

void evict_leave(struct vmo *v)
{
	spin_lock(&list_lock);
	vmo_count -= list_is_linked(&v->evict_node);
	list_del(&v->evict_node);
	spin_unlock(&list_lock);
}

/* One call: what it may take, and how far it is. */
struct hunt {
	u32 age;		/* this old at least; 0: whether used or not */
	bool ages;		/* who was not used looks older from now on */
	bool takes_needed;
	u64 wanted;
	u64 freed;
	u64 seen;		/* pages it could take, now or at a later look */
	bool text;		/* a page taken held instructions */
	struct evict_count *count;	/* nothing is taken: pages by age */
};

static bool is_over(const struct hunt *h)
{
	return h->freed >= h->wanted || thread_is_killed();
}

/* --- The pages of one leaf, under v->lock --------------------------------- */

/* A page whose frame would be free, and which could be had again. */
static bool can_go(const struct page *p, const struct hunt *h)
{
	return vmo_page_is_clean(p) && p->count == 0 && page_is_private(p) &&
	       (h->takes_needed || !(p->age & VMO_AGE_NEEDED));
}

/* Those of indices [base, end) which can go, bit i for base + i. */
static u64 find_pages(struct vmo *v, u64 base, u64 end, const struct hunt *h)
{
	struct ptree_cursor c;
	u64 set = 0, index = base;
	struct pt_slot s;

	ptree_cursor_init(&c, &v->pages);
	while (pt_slot_type(s = ptree_cursor_next(&c, index, end, &index)) !=
	       PT_EMPTY) {
		if (pt_slot_type(s) == PT_PAGE && can_go(pt_page(s), h))
			set |= 1ul << (index - base);
		index++;
	}
	return set;
}

/* One look at a page: is it old enough now? */
static bool look_at_page(struct page *p, bool used, const struct hunt *h)
{
	u32 age = vmo_page_age(p);

	if (h->age == 0)
		return true;
	if (used)
		age = 0;
	if (h->ages && age < VMO_AGE_MAX)
		age++;
	p->age = (p->age & VMO_AGE_NEEDED) | age;
	return age >= h->age;
}

/* Those of a set that are old enough; `used` were, through mappings. */
static u64 find_old(struct vmo *v, u64 base, u64 set, u64 used,
		    struct hunt *h)
{
	struct ptree_cursor c;
	u64 old = 0;

	ptree_cursor_init(&c, &v->pages);
	for (u64 bits = set; bits; bits &= bits - 1) {
		u32 i = bit_lowest64(bits);
		struct page *p = pt_page(ptree_cursor_get(&c, base + i));

		if (!look_at_page(p, used >> i & 1, h))
			continue;
		old |= 1ul << i;
		h->text |= p->state == PAGE_TEXT;
	}
	return old;
}

static void count_leaf(struct vmo *v, u64 index, u64 end,
		       struct evict_count *count)
{
	struct page *page;

	for (; vmo_next_resident_locked(v, &index, end, &page); index++) {
		u32 age = vmo_page_age(page);

		count->total++;
		count->newest += age <= VMO_AGE_SUPPLIED;
		count->oldest += age + 1 >= AGE_UNUSED &&
				 !(page->age & VMO_AGE_NEEDED);
	}
}

static void look_at_leaf(struct vmo *v, u64 base, u64 end, struct hunt *h)
{
	u64 set = find_pages(v, base, end, h), used = 0;

	if (h->count) {
		count_leaf(v, base, end, h->count);
		return;
	}
	if (!set)
		return;
	h->seen += bit_count64(set);
	if (h->age)
		used = vmo_take_age_locked(v, base);
	set = find_old(v, base, set, used, h);
	if (!set)
		return;
	vmo_drop_set_locked(v, base, set);
	h->freed += bit_count64(set);
	stat_add(STAT_PAGES_EVICTED, bit_count64(set));
}

/* --- The hand -------------------------------------------------------------- */

/* One step in a VMO. False: the hand is through with it. */
static bool step_locked(struct vmo *v, struct hunt *h)
{
	u64 end = vmo_end_locked(v), index, base;
	struct pt_slot s = ptree_next(&v->pages, v->evict_next, end, &index);

	if (pt_slot_type(s) == PT_EMPTY ||
	    (!h->count && page_source_is_closed(v->source))) {
		v->evict_next = 0;
		return false;
	}
	base = index & ~(u64)(PT_FANOUT - 1);
	v->evict_next = base + PT_FANOUT;
	look_at_leaf(v, base, min_u64(end, base + PT_FANOUT), h);
	return true;
}

/* The VMO that the hand is in, counted, or NULL. `passed`: the hand has left
 * that one, which goes to the end. */
static struct vmo *next_vmo(struct vmo *passed)
{
	struct vmo *v = NULL;
	struct list_node *n;

	spin_lock(&list_lock);
	if (passed) {
		list_del(&passed->evict_node);
		list_add_tail(&vmos, &passed->evict_node);
	}
	for (n = vmos.next; n != &vmos; n = n->next) {
		v = list_entry(n, struct vmo, evict_node);
		if (vmo_try_ref(v))
			break;
		v = NULL;
	}
	spin_unlock(&list_lock);
	return v;
}

/* Up to index `stop`. True: the hand is through with v. */
static bool hunt_in(struct vmo *v, u64 stop, struct hunt *h)
{
	bool more = true;

	while (more && !is_over(h)) {
		mutex_lock(v->lock);
		if (v->evict_next >= stop) {
			mutex_unlock(v->lock);
			return false;
		}
		more = step_locked(v, h);
		mutex_unlock(v->lock);
	}
	return !more;
}

/* The VMO that the hand is in, from where it stands. *v: counted, from the call
 * before, or NULL; the hand was through with that one if `passed`. */
static bool hunt_next(struct vmo **v, bool passed, u64 stop, struct hunt *h)
{
	struct vmo *next = next_vmo(passed ? *v : NULL);

	if (*v)
		object_unref(&(*v)->object);
	*v = next;
	return next && hunt_in(next, stop, h);
}

/* Where the hand stands in its VMO. */
static u64 hand_index(void)
{
	struct vmo *v = next_vmo(NULL);
	u64 index = 0;

	if (v) {
		mutex_lock(v->lock);
		index = v->evict_next;
		mutex_unlock(v->lock);
		object_unref(&v->object);
	}
	return index;
}

/* One look at every page: round the list, and the part of the first VMO that the
 * hand had behind it. */
static void look_round(struct hunt *h)
{
	u64 left = __atomic_load_n(&vmo_count, __ATOMIC_RELAXED);
	u64 start = hand_index();
	struct vmo *v = NULL;
	bool passed = false;

	while (left-- && !is_over(h))
		passed = hunt_next(&v, passed, ~0ul, h);
	if (!is_over(h) && start)
		passed = hunt_next(&v, passed, start, h);
	if (passed) {
		struct vmo *next = next_vmo(v);

		if (next)
			object_unref(&next->object);
	}
	if (v)
		object_unref(&v->object);
}

static u64 hunt(struct hunt *h, u32 looks)
{
	while (looks-- && !is_over(h)) {
		h->seen = 0;
		look_round(h);
		if (!h->seen)
			break;
	}
	/* Frames of instructions are free an epoch later (I4). */
	if (h->text)
		epoch_drain();
	return h->freed;
}

void evict_hint_given(void)
{
	/* Release: pairs with the exchange below. */
	__atomic_store_n(&unneeded_due, true, __ATOMIC_RELEASE);
}

u64 evict_unneeded(u64 pages)
{
	struct hunt h = { .age = VMO_AGE_MAX, .wanted = max_u64(pages, LEAST) };

	/* Acquire: whoever says so from here on is not forgotten, and the pages
	 * of whoever did before are found. */
	if (!__atomic_exchange_n(&unneeded_due, false, __ATOMIC_ACQUIRE))
		return 0;
	(void)hunt(&h, 1);
	if (is_over(&h))
		evict_hint_given();
	return h.freed;
}

u64 evict_unused(u64 pages)
{
	struct hunt h = { .age = AGE_UNUSED, .ages = true,
			  .wanted = max_u64(pages, LEAST) };

	return hunt(&h, LOOKS);
}

u64 evict_idle(u64 pages, u32 looks)
{
	struct hunt h = { .age = looks, .ages = true, .wanted = pages };

	return hunt(&h, 1);
}

u64 evict_clean(u64 pages)
{
	struct hunt h = { .wanted = pages };

	return hunt(&h, 1);
}

u64 evict_needed(u64 pages)
{
	struct hunt h = { .takes_needed = true, .wanted = pages };

	return hunt(&h, 1);
}

void evict_count(struct evict_count *count)
{
	struct hunt h = { .wanted = ~0ul, .count = count };

	*count = (struct evict_count){ 0 };
	look_round(&h);
}

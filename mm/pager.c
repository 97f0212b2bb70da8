/*
 * Pagers: the object behind the handle, and supply (pager-port.md 1-4).
 */
#include <kernel/string.h>
#include <mm/pmm.h>
#include <mm/reclaim.h>
#include <mm/slab.h>

#include "page_source.h"
#include "vmo_gap.h"

/* Pages that a supply moves between two looks at whether its thread was killed,
 * all or none of them. */
#define SUPPLY_STRETCH 4096ul
/* Slots of a page tree for whose leaves one frame is enough. */
#define SLOTS_A_FRAME (PAGE_SIZE / sizeof(struct pt_node) * PT_FANOUT)

/* More than one path of nodes in each tree takes. */
#define SUPPLY_FRAMES 64

static struct slab_cache pager_cache;

void pager_init_module(void)
{
	slab_cache_init(&pager_cache, "pager", sizeof(struct pager));
	page_source_init_module();
}

static void pager_destroy(struct object *o)
{
	slab_free(&pager_cache, container_of(o, struct pager, object));
}

static struct page_source *pop_source(struct pager *p)
{
	struct list_node *n;

	spin_lock(&p->lock);
	p->closed = true;
	n = list_pop_head(&p->sources);
	spin_unlock(&p->lock);
	return n ? list_entry(n, struct page_source, pager_node) : NULL;
}

/* 3.3: nobody will answer any more. */
static void pager_on_zero_handles(struct object *o)
{
	struct pager *p = container_of(o, struct pager, object);
	struct page_source *s;

	while ((s = pop_source(p)) != NULL) {
		page_source_close(s);
		page_source_unref(s);
	}
}

static const struct object_ops pager_ops = {
	.destroy = pager_destroy,
	.on_zero_handles = pager_on_zero_handles,
};

zx_status_t pager_create(struct pager **out)
{
	struct pager *p = slab_alloc(&pager_cache);

	if (!p)
		return ZX_ERR_NO_MEMORY;
	memset(p, 0, sizeof(*p));
	object_init(&p->object, ZX_OBJ_TYPE_PAGER, &pager_ops, 0);
	spin_init(&p->lock, LOCK_OBJECT);
	list_init(&p->sources);
	*out = p;
	return ZX_OK;
}

void pager_set_rules(struct pager *p, struct pager_rules rules)
{
	p->rules = rules;
}

struct object *pager_object(struct pager *p)
{
	return &p->object;
}

struct pager *pager_from_object(struct object *o)
{
	return container_of(o, struct pager, object);
}

bool pager_owns_vmo(const struct pager *p, const struct vmo *v)
{
	return v->source && v->source->pager == p;
}

/* Puts the source on the pager's list, with a reference; false if closed. */
static bool adopt_source(struct pager *p, struct page_source *s)
{
	bool closed;

	spin_lock(&p->lock);
	closed = p->closed;
	if (!closed) {
		page_source_ref(s);
		list_add_tail(&p->sources, &s->pager_node);
	}
	spin_unlock(&p->lock);
	return !closed;
}

zx_status_t pager_create_vmo(struct pager *p, u32 options, struct port *port,
			     u64 key, u64 size, struct vmo **out)
{
	struct page_source *s = page_source_create(p, port, key);
	struct vmo *v;

	if (!s)
		return ZX_ERR_NO_MEMORY;
	if (vmo_create_with_source(size, options, s, &v) != ZX_OK) {
		page_source_unref(s);
		return ZX_ERR_NO_MEMORY;
	}
	if (!adopt_source(p, s)) {
		page_source_close(s);
		object_unref(&v->object);
		return ZX_ERR_BAD_STATE;
	}
	*out = v;
	return ZX_OK;
}

void page_source_unlist(struct page_source *s)
{
	struct pager *p = s->pager;
	bool listed;

	spin_lock(&p->lock);
	listed = list_is_linked(&s->pager_node);
	list_del(&s->pager_node);
	spin_unlock(&p->lock);
	if (listed)
		page_source_unref(s);
}

/* --- Detach --------------------------------------------------------------- */

/* Drops what the service has a copy of (2.5, spec/README 7). All mappings once,
 * not for each run of clean pages; dirty ones are mapped again by a fault. */
static void drop_clean_locked(struct vmo *v)
{
	u64 end = v->size >> PAGE_SHIFT;
	u64 index = 0;

	vmo_unmap_pages_locked(v, 0, end);
	while (index < end) {
		struct pt_slot s = ptree_next(&v->pages, index, end, &index);
		struct ptree_cursor c;
		u64 run = index;

		if (pt_slot_type(s) == PT_EMPTY)
			return;
		ptree_cursor_init(&c, &v->pages);
		while (run < end && vmo_slot_is_clean(ptree_cursor_get(&c, run)))
			run++;
		vmo_free_pages_locked(v, index, run);
		index = run > index ? run : index + 1;
	}
}

void pager_detach_vmo(struct vmo *v)
{
	mutex_lock(v->lock);
	page_source_detach(v->source, true);
	drop_clean_locked(v);
	mutex_unlock(v->lock);
}

/* The VMO's lock: whoever finds a page absent asks for it under the same hold,
 * so a failure comes before a request or ends it. */
zx_status_t pager_fail_pages(struct vmo *v, u64 offset, u64 bytes,
			     zx_status_t why, bool detached_refused)
{
	zx_status_t status = ZX_OK;
	u64 end;

	mutex_lock(v->lock);
	if (__builtin_add_overflow(offset, bytes, &end) || end > v->size)
		status = ZX_ERR_OUT_OF_RANGE;
	else if (detached_refused && page_source_is_detached(v->source))
		status = ZX_ERR_BAD_STATE;
	else if (bytes)
		page_source_fail(v->source, offset, bytes, why);
	mutex_unlock(v->lock);
	return status;
}

/* --- Supply --------------------------------------------------------------- */

/* 4.2 for the kinds of VMO there are. Both VMOs' locks are held. */
static zx_status_t check_aux_locked(struct vmo *aux, u64 offset,
				    u64 bytes,
				    const struct pager_supply_rules *rules)
{
	u64 end;

	if (rules->related_aux_refused &&
	    (vmo_child_count(aux) || vmo_birth_parent_koid(aux)))
		return ZX_ERR_BAD_STATE;
	if (__builtin_add_overflow(offset, bytes, &end) ||
	    end > vmo_size_locked(aux))
		return ZX_ERR_OUT_OF_RANGE;
	if (aux->base->pin_count &&
	    vmo_has_pins_locked(aux->base, vmo_index(aux, offset),
				vmo_index(aux, end)))
		return ZX_ERR_BAD_STATE;
	return ZX_OK;
}

/* A page comes, with its only name. What was written through the kernel's alias
 * will be read past the cache. */
static void supplied_locked(const struct vmo *v, struct page *p)
{
	DEBUG_ASSERT(page_is_private(p));
	p->private = 0;
	p->age = VMO_AGE_SUPPLIED;
	if (v->lookup & VMO_IS_UNCACHED)
		arch_cache_clean_invalidate(vmo_page_bytes(p), PAGE_SIZE);
}

/* A supply under both locks. */
struct move {
	struct vmo *v;
	struct ptree_cursor to, from;
	u64 taken;		/* pages that aux has no more */
};

/* v's tree has the run of slots that ends in front of index; ends requests for
 * it. */
static void credit_run_locked(const struct move *m, u64 index, u64 run)
{
	if (run)
		page_source_credit(m->v->source, PAGE_REQUEST_READ,
				   (index - run) << PAGE_SHIFT,
				   run << PAGE_SHIFT);
}

/* What aux has at an index, as v shall have it: a page with its name, which none
 * of aux's entries shows any more, or a zero marker. */
static inline struct pt_slot take_slot_locked(struct move *m, u64 index)
{
	struct pt_slot s = ptree_cursor_take(&m->from, index);

	if (pt_slot_type(s) != PT_PAGE)
		return pt_slot_zero();
	m->taken++;
	supplied_locked(m->v, pt_page(s));
	return s;
}

/* Gives absent slots of v what aux holds at the same distance. v's slots are
 * prepared, and aux's pages are its own. Credits requests run by run. */
static void move_slots_locked(struct move *m, u64 first, u64 end,
			      u64 aux_first)
{
	u64 run = 0;		/* absent slots just filled in front of i */

	for (u64 i = first; i < end; i++) {
		if (pt_slot_type(ptree_cursor_get(&m->to, i)) == PT_EMPTY) {
			ptree_cursor_fill(&m->to, i,
					  take_slot_locked(m, aux_first +
							      (i - first)));
			run++;
		} else {
			credit_run_locked(m, i, run);
			run = 0;
		}
	}
	credit_run_locked(m, end, run);
}

/* The same, but for tail gaps, where all is there (4.3). */
static void move_around_gaps_locked(struct move *m, u64 first, u64 end,
				    u64 aux_first)
{
	u64 index = first;

	while (index < end) {
		u64 stop = vmo_find_gap_locked(m->v, index, end);

		move_slots_locked(m, index, stop, aux_first + (index - first));
		index = stop;
		if (stop < end)
			index = vmo_span_locked(m->v, stop, end).end;
	}
	ptree_cursor_end(&m->to);
	ptree_cursor_end(&m->from);
}

/*
 * All of the range, a stretch at a time: its length is the caller's choice, not
 * bounded by what aux holds. *done pages of it are through. NO_MEMORY may come
 * after a prefix (4.4), but at once for a range whose nodes are more than the
 * memory there is.
 */
static zx_status_t move_locked(struct move *m, u64 first, u64 count,
			       u64 aux_first, u64 *done)
{
	if (count > SUPPLY_STRETCH && count / SLOTS_A_FRAME > pmm_free_count())
		return ZX_ERR_NO_MEMORY;
	while (*done < count) {
		u64 start = first + *done;
		u64 n = min_u64(count - *done, SUPPLY_STRETCH);
		zx_status_t status = ptree_cursor_prepare_all(&m->to, start,
							      start + n);

		if (status != ZX_OK)
			return status;
		move_around_gaps_locked(m, start, start + n, aux_first + *done);
		*done += n;
		if (thread_is_killed())
			return ZX_ERR_INTERNAL_INTR_KILLED;
	}
	return ZX_OK;
}

/* What the supply left of [index, end) in aux goes, and nodes that it emptied.
 * No entry shows any of it. */
static void drop_rest_locked(const struct move *m, struct vmo *aux, u64 index,
			     u64 end)
{
	bool leaf_in_use = m->from.path[0] && m->from.path[0]->present;

	if (end - index == m->taken && leaf_in_use &&
	    ptree_cursor_on(&m->from, index))
		return;
	vmo_free_pages_locked(aux, index, end);
}

/* A call, as far as it is. */
struct supply {
	struct vmo *v;
	struct vmo *aux;
	u64 offset, bytes, aux_offset;
	bool gives_up;		/* no memory can be had for what is left */
};

/* One page, as most requests want, between places that both trees have; no cursor
 * is needed. False: nothing was done. */
static inline bool move_one_locked(struct vmo *v, u64 index, struct vmo *aux,
				   u64 aux_index)
{
	struct pt_slot *to = ptree_find_own(&v->pages, index);
	struct page *p;

	if (!to || pt_slot_type(*to) != PT_EMPTY ||
	    vmo_in_gap_locked(v, index))
		return false;
	p = ptree_take(&aux->pages, aux_index);
	if (!p)
		return false;
	supplied_locked(v, p);
	ptree_fill(&v->pages, index, p);
	page_source_credit(v->source, PAGE_REQUEST_READ, index << PAGE_SHIFT,
			   PAGE_SIZE);
	return true;
}

/* All of the range, and what is left of it in aux goes; see move_locked(). */
static __attribute__((noinline)) zx_status_t
move_and_drop_locked(struct supply *s, zx_status_t status, u64 first,
		     u64 count, u64 aux_first, u64 *done)
{
	struct vmo *b = s->aux->base;
	struct move m;

	m.v = s->v;
	m.taken = 0;
	ptree_cursor_init(&m.to, &s->v->pages);
	ptree_cursor_init(&m.from, &b->pages);
	if (status == ZX_OK)
		status = move_locked(&m, first, count, aux_first, done);
	if (status != ZX_ERR_NO_MEMORY || s->gives_up)
		*done = count;
	drop_rest_locked(&m, b, aux_first, aux_first + *done);
	return status;
}

/* Pages that aux shares with relatives are copied before they move. */
static zx_status_t own_pages_locked(struct vmo *aux, u64 index, u64 end)
{
	zx_status_t status = ZX_OK;
	struct page *page;
	bool writable;

	if (!(aux->lookup & VMO_HAS_KIN))
		return ZX_OK;
	while (status == ZX_OK &&
	       vmo_next_resident_locked(aux, &index, end, &page))
		status = vmo_get_page_locked(aux, index++, true, NULL, &page,
					     &writable);
	return status;
}

/* For nodes that are missing, and some copies of what aux shares. */
static u64 frames_for(u64 pages)
{
	return SUPPLY_FRAMES + pages / SLOTS_A_FRAME;
}

/* 4.1 check 7 and 4.3. What is in aux goes in any case, but for what is left when
 * memory is out and it has not given up. */
static zx_status_t supply_locked(struct supply *s)
{
	u64 first = s->offset >> PAGE_SHIFT, count = s->bytes >> PAGE_SHIFT;
	u64 aux_first = vmo_index(s->aux, s->aux_offset), end, done = 0;
	struct vmo *b = s->aux->base;
	zx_status_t status = ZX_OK;

	if (__builtin_add_overflow(s->offset, s->bytes, &end) ||
	    end > s->v->size)
		status = ZX_ERR_OUT_OF_RANGE;
	else
		status = own_pages_locked(b, aux_first, aux_first + count);
	/* aux's mappings lose the pages before anybody else gets them. */
	vmo_unmap_pages_locked(b, aux_first, aux_first + count);
	if (status == ZX_OK && s->gives_up)
		status = ZX_ERR_NO_MEMORY;
	if (status == ZX_OK && count == 1 &&
	    move_one_locked(s->v, first, b, aux_first))
		done = 1;
	else
		status = move_and_drop_locked(s, status, first, count,
					      aux_first, &done);
	s->offset += done << PAGE_SHIFT;
	s->aux_offset += done << PAGE_SHIFT;
	s->bytes -= done << PAGE_SHIFT;
	return status;
}

/* One hold of the locks. Detach takes the VMO's: it comes before this, or after
 * it. */
static zx_status_t try_supply(struct supply *s,
			      const struct pager_supply_rules *rules)
{
	u64 aux_first = vmo_index(s->aux, s->aux_offset);
	zx_status_t status;

	mutex_lock_pair(s->v->lock, s->aux->lock);
	if (rules->detached_refused && page_source_is_detached(s->v->source))
		status = ZX_ERR_BAD_STATE;
	else
		status = check_aux_locked(s->aux, s->aux_offset, s->bytes,
					  rules);
	if (status == ZX_OK)
		status = vmo_drop_prepare_locked(s->aux->base, aux_first,
						 aux_first +
						 (s->bytes >> PAGE_SHIFT));
	/* An empty range is judged as well (4.1 check 7). */
	if (status == ZX_OK && (s->bytes || s->offset > s->v->size))
		status = supply_locked(s);
	mutex_unlock_pair(s->v->lock, s->aux->lock);
	return status;
}

/* Memory was out. Other pages of the pager's, perhaps of this very VMO, give way:
 * a service whose pages are all the memory there is goes on. False: this was the
 * last attempt. */
static __attribute__((noinline)) bool make_room(struct supply *s)
{
	if (s->gives_up)
		return false;
	s->gives_up = !mm_reclaim(frames_for(s->bytes >> PAGE_SHIFT));
	return true;
}

zx_status_t pager_supply_pages(struct vmo *v, u64 offset, u64 bytes,
			       struct vmo *aux, u64 aux_offset,
			       const struct pager_supply_rules *rules)
{
	struct supply s = { v, aux, offset, bytes, aux_offset, false };
	const struct vmo *b = aux->base;
	zx_status_t status;

	if (b->kind == VMO_PHYSICAL)
		return ZX_ERR_NOT_SUPPORTED;
	if (b->kind == VMO_CONTIGUOUS || b->source || b->source_vmo)
		return rules->odd_aux;
	do {
		status = try_supply(&s, rules);
	} while (__builtin_expect(status == ZX_ERR_NO_MEMORY, 0) &&
		 make_room(&s));
	return status;
}

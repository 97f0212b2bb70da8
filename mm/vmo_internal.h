/*
 * What the files of the VMO module share.
 */
#ifndef MM_VMO_INTERNAL_H
#define MM_VMO_INTERNAL_H

#include <arch/mmu.h>
#include <mm/vmo.h>

/*
 * Low bits of struct page's private word for a page of a pager's VMO: is it as
 * the service's copy, newer, or newer and being written back? (pager-port.md
 * 7.1.) Under v->lock; without meaning for anonymous VMOs, whose pages may have
 * any.
 */
enum vmo_page_state {
	VMO_PAGE_CLEAN = 0,
	VMO_PAGE_DIRTY = 1,
	VMO_PAGE_AWAITING = 2,
};
#define VMO_PAGE_STATE_MASK 3ul

static inline enum vmo_page_state vmo_page_state(const struct page *p)
{
	return (enum vmo_page_state)(p->private & VMO_PAGE_STATE_MASK);
}

static inline void vmo_set_page_state(struct page *p, enum vmo_page_state state)
{
	p->private = (p->private & ~VMO_PAGE_STATE_MASK) | state;
}

/* Is what the page holds what its pager has? Of a page in the tree of a pager's
 * VMO; under v->lock. */
static inline bool vmo_page_is_clean(const struct page *p)
{
	return vmo_page_state(p) == VMO_PAGE_CLEAN;
}

/* May what stands there in a pager's VMO be dropped: has the service a copy, and
 * is it not pinned? Under v->lock. */
static inline bool vmo_slot_is_clean(struct pt_slot s)
{
	if (pt_slot_type(s) == PT_ZERO)
		return pt_slot_flags(s) == 0;
	return pt_slot_type(s) == PT_PAGE &&
	       vmo_page_is_clean(pt_page(s)) && pt_page(s)->count == 0;
}

/*
 * struct page's age, for pages in the tree of a pager's VMO; under v->lock: 0 if
 * it was used since eviction looked last, else how many looks ago, capped. Use
 * through entries is learnt from their access flags. A page that somebody always
 * needs says so in the top bit.
 */
#define VMO_AGE_SUPPLIED 1u		/* nobody has used it yet */
#define VMO_AGE_MAX 0xffffu
#define VMO_AGE_NEEDED (1u << 31)

static inline u32 vmo_page_age(const struct page *p)
{
	return p->age & VMO_AGE_MAX;
}

static inline void vmo_page_used(struct page *p)
{
	p->age &= VMO_AGE_NEEDED;
}

/* Pages that one batch clears or drops: bounds the time with preemption off. */
#define VMO_STRETCH 1024ul
/* Slots of a page tree for whose leaves one frame is enough. */
#define VMO_SLOTS_A_FRAME (PAGE_SIZE / sizeof(struct pt_node) * PT_FANOUT)

/* The bytes of a page, through the direct map. */
static inline u8 *vmo_page_bytes(const struct page *p)
{
	return phys_to_virt(page_to_paddr(p));
}

/* A VMO of a kind with size and options, all else as for a new anonymous one;
 * NULL if memory is out. */
struct vmo *vmo_alloc(enum vmo_kind kind, u64 size, u32 options);
/* Adds a reference unless the last one is gone. The caller knows that the
 * memory stays: inside an epoch, or by a lock that a dying VMO takes. */
MUST_CHECK bool vmo_try_ref(struct vmo *v);

/* Gives a VMO that has no tree of its own its place: shows base's pages from
 * `shift` on, under its lock. Adds a reference to base. */
void vmo_attach_base(struct vmo *v, struct vmo *base, u64 shift);

/* vmo_create_child() for callers who hold locks: one attempt, which asks nobody
 * for memory. vmo_child.c. */
MUST_CHECK zx_status_t vmo_try_create_child(struct vmo *parent,
					    const struct vmo_child *want,
					    struct vmo **out);

/* Boot: the caches. */
void vmo_family_init_module(void);

/* vmo.md 4.1, "trim": cuts *bytes to the VMO's end, or refuses what reaches
 * past it. OUT_OF_RANGE also for a start past the end and for wrapping. Under
 * v->lock. */
MUST_CHECK zx_status_t vmo_trim_locked(const struct vmo *v, u64 offset,
				       u64 *bytes, bool trims);

/* Checks of zx_vmo_set_size (vmo.md 3.4): NOT_SUPPORTED, UNAVAILABLE,
 * OUT_OF_RANGE; then INVALID_ARGS, BAD_STATE and NO_MEMORY, under v->lock,
 * where content stays as it is; then the change, which fails for want of memory
 * only, and only if the prepared tree was shared meanwhile or a page is to be
 * cut. v is no reference. */
MUST_CHECK zx_status_t vmo_check_set_size(const struct vmo *v, u64 size,
					  u64 *rounded);
MUST_CHECK zx_status_t vmo_prepare_resize_locked(struct vmo *v, u64 rounded);
MUST_CHECK zx_status_t vmo_resize_locked(struct vmo *v, u64 size, u64 rounded);

/* --- vmo_map.c: all under v->lock, v being a base -------------------------- */

/*
 * Clears the entries of indices [start, end) in all mappings, those of overlays
 * too, whatever is there, and flushes. In batches of bounded length.
 */
void vmo_unmap_pages_locked(struct vmo *v, u64 start, u64 end);
/*
 * Frees all pages and markers of indices [start, end), after their entries are
 * cleared in all mappings and flushed. In batches of bounded length. The edges
 * were prepared by vmo_drop_prepare_locked().
 */
void vmo_drop_pages_locked(struct vmo *v, u64 start, u64 end);
/* Prepares that. A tree that shares nothing needs nothing. */
static inline MUST_CHECK zx_status_t
vmo_drop_prepare_locked(struct vmo *v, u64 start, u64 end)
{
	if (!(v->lookup & VMO_HAS_KIN))
		return ZX_OK;
	return ptree_remove_prepare(&v->pages, start, end);
}
/* The same for the pages of `set`, bit i for index base + i, which nobody else
 * names, of a tree that shares nothing; in one batch if that is short. */
void vmo_drop_set_locked(struct vmo *v, u64 base, u64 set);
/* Which of the indices [base, base + 64), bit i for base + i, were used through
 * mappings since the last call; they look unused from here on. */
u64 vmo_take_age_locked(struct vmo *v, u64 base);
/* Takes write permission from all entries of indices [start, end). */
void vmo_write_protect_locked(struct vmo *v, u64 start, u64 end);
/* Clears entries of indices [start, end) if some may show the zero page, before
 * pages appear there. Outside a batch. */
void vmo_forget_zero_page_locked(struct vmo *v, u64 start, u64 end);

/* --- vmo_page.c: under v->lock, v being a base ----------------------------- */

/* Asks the pager behind v for the absent pages from index on, which is absent,
 * up to the next that is not, or end. As page_source_request(). */
MUST_CHECK zx_status_t vmo_request_run_locked(struct vmo *v, u64 index,
					      u64 end,
					      struct page_request *request);
/* The same of whatever keeps an access to [index, end) from its first page: a
 * run of absent pages, or, for a write, of pages that want to be marked first
 * (pager-port.md 5.3, 7.4). vmo_paged.c. */
MUST_CHECK zx_status_t vmo_request_access_locked(struct vmo *v, u64 index,
						 u64 end, bool write,
						 struct page_request *request);

/* A fresh page at index, where no page is, zeroed or as `from`; it is dirty.
 * NO_MEMORY. */
MUST_CHECK zx_status_t vmo_commit_page_locked(struct vmo *v, u64 index,
					      const struct page *from,
					      struct page **out);

/* --- vmo_paged.c: under v->lock, v having a source -------------------------- */

/* vmo_get_page_locked() for it, index being inside. */
MUST_CHECK zx_status_t vmo_get_paged_locked(struct vmo *v, u64 index,
					    bool write,
					    struct page_request *request,
					    struct page **out, bool *writable);
/* A zero page, dirty, where a marker or a gap is. NO_MEMORY. */
MUST_CHECK zx_status_t vmo_fill_zero_locked(struct vmo *v, u64 index,
					    struct page **out);
/* Asks for the marking of pages [start, end), OK: nobody wants to be asked. Else
 * as page_source_request(). */
MUST_CHECK zx_status_t vmo_request_dirty_locked(struct vmo *v, u64 start,
						u64 end,
						struct page_request *request);
/* Does reading index of a VMO of any kind show zeroes that are nobody's page:
 * of the source s, where its tree says nothing? */
bool vmo_is_absent_locked(const struct vmo *s, u64 index);

/* Frees what vmo_drop_pages_locked() does, after vmo_unmap_pages_locked() under
 * the same hold of v->lock. */
void vmo_free_pages_locked(struct vmo *v, u64 start, u64 end);

/* Is a page of indices [start, end) pinned? */
bool vmo_has_pins_locked(struct vmo *v, u64 start, u64 end);

/* Markers for indices [start, end), in place of what v, an overlay, has there.
 * Pinned pages are cleared in place. NO_MEMORY: nothing changed. vmo_zero.c. */
MUST_CHECK zx_status_t vmo_mark_zero_locked(struct vmo *v, u64 start, u64 end);

/* --- vmo_family.c ---------------------------------------------------------- */

struct vmo_family;
/* Memory for the parent's first child: *family is to be handed on, NULL if it has
 * relatives already. NO_MEMORY. */
MUST_CHECK zx_status_t vmo_kin_prepare(struct vmo *parent,
				       struct vmo_family **family);
/* Holds off all other changes of the parent's family until vmo_kin_unlock();
 * founds it first, by *family, which is used up or freed. LOCK_FAMILY. */
void vmo_kin_lock(struct vmo *parent, struct vmo_family *family);
void vmo_kin_unlock(struct vmo *parent);
/* Between the two: the child is the parent's now, and counted. `owner`: it has
 * a tree of its own. */
void vmo_kin_join(struct vmo *parent, struct vmo *child, bool owner);
/* A VMO with a family dies, its tree is gone: its children become its parent's. */
void vmo_kin_leave(struct vmo *v);
/* Acquire: pairs with the release in found_family(). */
static inline struct vmo_family *vmo_family_of(const struct vmo *v)
{
	return __atomic_load_n(&v->kin.family, __ATOMIC_ACQUIRE);
}
/* Under v->lock: do others own trees that may share pages with v's? */
bool vmo_family_shares(const struct vmo_family *f);
static inline bool vmo_has_co_owners(const struct vmo *v)
{
	struct vmo_family *f = vmo_family_of(v);

	return f && vmo_family_shares(f);
}
u64 vmo_child_count(struct vmo *v);
/* The parent's koid as it was at birth, or 0. */
zx_koid_t vmo_birth_parent_koid(struct vmo *v);

#endif

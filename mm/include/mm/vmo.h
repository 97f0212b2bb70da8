/*
 * VMOs: pages by index, in a persistent page tree.
 *
 * A VMO shows the pages of its base: its own, or, for slices and references,
 * those of the VMO that they were cut from (resolved at creation, so any depth
 * is one hop). Its page 0 stands at index `shift` of the tree: all VMOs of a
 * family, parents, children and their slices, count in the same indices, so
 * that trees share nodes and one index means one place to all of them. Byte
 * offsets are what callers name; inside it is indices.
 *
 * Lock: v->lock (LOCK_VMO, sleeping) covers tree, size, mapping list and the
 * entries installed for them. Slices and references use the lock of their base,
 * on-write children that of the pager's VMO that shines through; snapshots
 * share no lock. User memory is never faulted in under it.
 */
#ifndef MM_VMO_H
#define MM_VMO_H

#include <kernel/epoch.h>
#include <kernel/object.h>
#include <mm/ptree.h>
#include <mm/vmo_kin.h>
#include <zircon/syscalls/object.h>

struct discardable;
struct mapping;
struct page_source;
struct tlb_batch;

#define VMO_MAX_SIZE 0xfffffffffffe0000ul	/* vmo.md 2.3 */

enum vmo_kind {
	VMO_PAGED,		/* anonymous, or supplied by a pager */
	VMO_CONTIGUOUS,		/* one run of frames, all there from birth */
	VMO_PHYSICAL,		/* a window on physical addresses, no tree */
	VMO_SLICE,		/* shows a part of base */
	VMO_REFERENCE,		/* shows all of base, whatever its size */
};

/* Why a look at a page is more than a look at the tree (under lock). */
enum vmo_lookup {
	VMO_HAS_KIN = 1,	/* tree or pages may be shared: mind counts */
	VMO_HAS_SOURCE = 2,	/* what is absent comes from a pager */
	VMO_IS_OVERLAY = 4,	/* what is absent is looked up in source_vmo */
	VMO_IS_DISCARDED = 8,	/* its content was reclaimed */
	VMO_IS_UNCACHED = 16,	/* new pages must leave the kernel's caches */
};

struct vmo {
	struct object object;
	/* Fixed after creation. */
	struct mutex *lock;
	struct vmo *base;		/* itself, or counted */
	u64 shift;
	u32 options;			/* ZX_VMO_RESIZABLE, ... */
	u32 kind;			/* enum vmo_kind */
	bool is_clone;			/* born as a copy-on-write child */
	bool is_immutable;		/* a snapshot nobody was to write to */
	struct page_source *source;	/* pager-backed: counted; else NULL */
	struct vmo *source_vmo;		/* overlay: counted; else NULL */
	paddr_t paddr;			/* physical: of page 0 */
	struct discardable *discardable; /* else NULL; discardable.c */
	/* Under lock. */
	u64 size;			/* bytes, page multiple; see vmo_size_locked() */
	struct ptree pages;
	struct list_node mappings;	/* of base's: struct mapping, by vmo_node */
	u64 mapping_count;		/* mappings that name this VMO */
	u64 content_size;		/* vmo.md 8 */
	u64 pin_count;			/* pins of base's pages, by page */
	union {
		u64 window_end;		/* overlay: the source ends here (index) */
		u64 evict_next;		/* pager's: eviction looks on here */
	};
	struct list_node overlays;	/* pager's VMO: its overlays */
	union {
		struct list_node overlay_node;
		/* Pager's VMO: under the list's lock (evict.c). */
		struct list_node evict_node;
	};
	u32 cache_policy;		/* ZX_CACHE_POLICY_* */
	u32 lookup;			/* enum vmo_lookup */
	/* Some mapping may show the zero page, so a page that appears must be
	 * looked for in all of them. */
	bool zero_mapped;
	/* Some mapping may have a writable entry. */
	bool write_mapped;
	/* Pager's VMO: written since the service last reset it (pager-port.md
	 * 7.8). No entry is writable while it is not set. */
	bool modified;
	/* Pager's VMO: a tail gap may stand in its tree; never reset. */
	bool has_gaps;
	struct mutex own_lock;		/* LOCK_VMO: what lock points at, or not */
	struct vmo_kin kin;		/* relatives */
	/* Under object.lock. */
	char name[ZX_MAX_NAME_LEN];
	/* The struct outlives its object by an epoch: see fault.c. */
	struct epoch_head epoch;
};

static inline struct vmo *vmo_from_object(struct object *o)
{
	return container_of(o, struct vmo, object);
}

/* Where a byte offset stands in the page tree. */
static inline u64 vmo_index(const struct vmo *v, u64 offset)
{
	return v->shift + (offset >> PAGE_SHIFT);
}

/* Under v->lock. A reference is as long as what it refers to. */
static inline u64 vmo_size_locked(const struct vmo *v)
{
	return v->kind == VMO_REFERENCE ? v->base->size : v->size;
}

/* The index behind the last page. Under v->lock. */
static inline u64 vmo_end_locked(const struct vmo *v)
{
	return vmo_index(v, vmo_size_locked(v));
}

/* Boot: the caches. */
void vmo_init_module(void);

/* size is rounded already and at most VMO_MAX_SIZE. NO_MEMORY. */
MUST_CHECK zx_status_t vmo_create(u64 size, u32 options, struct vmo **out);
MUST_CHECK zx_status_t vmo_create_with_source(u64 size, u32 options,
					      struct page_source *source,
					      struct vmo **out);

/*
 * Children (vmo.md 5), after the checks of handle and options. offset and size
 * are page-aligned. Errors in the order of 5.4 (from check 4) and 5.8 (from 3):
 * INVALID_ARGS (contiguous; window), NOT_SUPPORTED, BAD_STATE (pinned, not
 * cached), NO_MEMORY.
 */
enum vmo_child_kind {
	VMO_CHILD_SNAPSHOT,
	VMO_CHILD_AT_LEAST_ON_WRITE,
	VMO_CHILD_MODIFIED,
	VMO_CHILD_SLICE,
	VMO_CHILD_REFERENCE,
};
struct vmo_child {
	enum vmo_child_kind kind;
	bool resizable;
	bool no_write;
	bool later_order;	/* of the checks, vmo.md 5.4 at its end */
	u64 offset;
	u64 size;
};
MUST_CHECK zx_status_t vmo_create_child(struct vmo *parent,
					const struct vmo_child *want,
					struct vmo **out);

/*
 * User copies (vmo.md 3.2, checks 3-6). Statuses of a bad buffer are those of
 * the failed resolution. May sleep on pagers, this VMO's or the buffer's.
 */
MUST_CHECK zx_status_t vmo_read_user(struct vmo *v, uaddr_t buffer, u64 offset,
				     u64 bytes);
MUST_CHECK zx_status_t vmo_write_user(struct vmo *v, uaddr_t buffer, u64 offset,
				      u64 bytes);
/* The same with kernel memory (loaders, tests). */
MUST_CHECK zx_status_t vmo_read_kernel(struct vmo *v, void *buf, u64 offset,
				       u64 bytes);
MUST_CHECK zx_status_t vmo_write_kernel(struct vmo *v, const void *buf,
					u64 offset, u64 bytes);

u64 vmo_get_size(struct vmo *v);
/* vmo.md 3.4 after the handle checks. NOT_SUPPORTED, UNAVAILABLE,
 * OUT_OF_RANGE, BAD_STATE (pinned), INVALID_ARGS (5.5), NO_MEMORY. */
MUST_CHECK zx_status_t vmo_set_size(struct vmo *v, u64 size);

/* vmo.md 4.2-4.4. `trims`: a length past the end is trimmed, else refused. */
MUST_CHECK zx_status_t vmo_commit_range(struct vmo *v, u64 offset, u64 bytes,
					bool trims);
MUST_CHECK zx_status_t vmo_decommit_range(struct vmo *v, u64 offset, u64 bytes,
					  bool trims);
MUST_CHECK zx_status_t vmo_zero_range(struct vmo *v, u64 offset, u64 bytes,
				      bool trims);
/* Could DECOMMIT work on this VMO at all: OK or NOT_SUPPORTED (vmar 9.9). */
MUST_CHECK zx_status_t vmo_can_decommit(struct vmo *v);

/*
 * vmo.md 7 after the handle checks; all page-aligned. NOT_SUPPORTED,
 * OUT_OF_RANGE, BAD_STATE (pinned, not cached), first for src, then for dst;
 * NO_MEMORY: what was moved stays moved, a stretch of src may be lost. May wait
 * for src's pager.
 */
MUST_CHECK zx_status_t vmo_transfer_data(struct vmo *dst, u64 dst_offset,
					 u64 bytes, struct vmo *src,
					 u64 src_offset);

/* --- For mappings and faults, under v->lock, v being a base ---------------- */

/*
 * The page at an index of the tree for one access. OK: *out holds the page;
 * read of an absent anonymous page gives the shared zero page. *writable: an
 * entry for it may permit writes. write: commits or unshares. SHOULD_WAIT: the
 * pager must be asked: *request was prepared on the caller's stack and linked;
 * drop the lock, call page_request_wait(), start over; without a request
 * nobody is asked. OUT_OF_RANGE, NO_MEMORY, BAD_STATE (detached), NOT_FOUND
 * (discarded). Not for physical VMOs.
 */
struct page_request;
MUST_CHECK zx_status_t vmo_get_page_locked(struct vmo *v, u64 index,
					   bool write,
					   struct page_request *request,
					   struct page **out, bool *writable);

/* Pages [index, index + count) that this VMO holds, as far as one node of the
 * tree tells: frames[i] or NULL, up to the last one held. Returns how many
 * entries of frames were written. count is not 0. */
u64 vmo_get_resident_locked(struct vmo *v, u64 index, u64 count,
			    struct page **frames);
/* The first page at or after *index and below end that this VMO holds. */
bool vmo_next_resident_locked(struct vmo *v, u64 *index, u64 end,
			      struct page **out);

/* A mapping appears or goes; m->vmo->lock is held. */
void vmo_link_mapping_locked(struct mapping *m);
void vmo_unlink_mapping_locked(struct mapping *m);

/* --- Names; information is in <mm/vmo_info.h> ------------------------------- */

void vmo_set_name(struct vmo *v, const char *name, size_t length);
/* Copies all ZX_MAX_NAME_LEN bytes, zero-filled behind the name. */
void vmo_get_name(struct vmo *v, char *name);

extern struct page *zero_page;		/* fixed after mm_init() */
/* pmm, slab, zero page, kernel stacks, caches of mm, in order. */
void mm_init(void);

#endif

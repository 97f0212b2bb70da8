/*
 * VMOs: pages by offset, in a persistent page tree.
 *
 * One sleeping lock per VMO (LOCK_VMO) covers its tree, size, mapping list and
 * the entries installed for it. User memory is never faulted in under it.
 */
#ifndef MM_VMO_H
#define MM_VMO_H

#include <kernel/epoch.h>
#include <kernel/object.h>
#include <mm/ptree.h>
#include <zircon/syscalls/object.h>

struct page_source;
struct mapping;
struct tlb_batch;

#define VMO_MAX_SIZE 0xfffffffffffe0000ul	/* vmo.md 2.3 */

struct vmo {
	struct object object;
	struct mutex lock;		/* LOCK_VMO */
	/* Under lock. */
	u64 size;			/* bytes, page multiple */
	struct ptree pages;
	struct list_node mappings;	/* struct mapping, by vmo_node */
	u64 mapping_count;
	u64 content_size;		/* vmo.md 8.1 */
	/* Under lock: some mapping may show the zero page, so a page that
	 * appears must be looked for in all of them. */
	bool zero_mapped;
	/* Fixed after creation. */
	u32 options;			/* ZX_VMO_RESIZABLE */
	u32 cache_policy;		/* ZX_CACHE_POLICY_* */
	struct page_source *source;	/* pager-backed: counted; else NULL */
	/* Under object.lock. */
	char name[ZX_MAX_NAME_LEN];
	/* The struct outlives its object by an epoch: see fault.c. */
	struct epoch_head epoch;
};

static inline struct vmo *vmo_from_object(struct object *o)
{
	return container_of(o, struct vmo, object);
}

/* Boot: the cache. */
void vmo_init_module(void);

/* size is rounded already and at most VMO_MAX_SIZE. NO_MEMORY. */
MUST_CHECK zx_status_t vmo_create(u64 size, u32 options, struct vmo **out);
MUST_CHECK zx_status_t vmo_create_with_source(u64 size, u32 options,
					      struct page_source *source,
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
/* vmo.md 3.4 after the handle checks. UNAVAILABLE, OUT_OF_RANGE, NO_MEMORY. */
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
 * The page at offset for one access, under v->lock.
 * OK: *out holds the page; read of an absent anonymous page gives the shared
 * zero page (*writable false). write: commits or unshares. SHOULD_WAIT: the
 * pager must be asked: *request was prepared on the caller's stack and linked;
 * drop the lock, call page_request_wait(), start over. OUT_OF_RANGE,
 * NO_MEMORY, BAD_STATE (detached).
 */
struct page_request;
MUST_CHECK zx_status_t vmo_get_page_locked(struct vmo *v, u64 offset,
					   bool write,
					   struct page_request *request,
					   struct page **out, bool *writable);

/* Pages [index, index + count) that this VMO holds, as far as one node of the
 * tree tells: frames[i] or NULL, up to the last one held. Returns how many
 * entries of frames were written. Under v->lock; count is not 0. */
u64 vmo_get_resident_locked(struct vmo *v, u64 index, u64 count,
			    struct page **frames);
/* The first page at or after *index and below end that this VMO holds. */
bool vmo_next_resident_locked(struct vmo *v, u64 *index, u64 end,
			      struct page **out);

/* Clears all entries for [offset, offset + bytes) in every mapping; under
 * v->lock, inside a batch that holds nothing yet: if the mappings are many it
 * is ended and begun anew. */
void vmo_unmap_range_locked(struct vmo *v, u64 offset, u64 bytes,
			    struct tlb_batch *batch);

/* A mapping appears or goes; under v->lock. */
void vmo_link_mapping_locked(struct vmo *v, struct mapping *m);
void vmo_unlink_mapping_locked(struct vmo *v, struct mapping *m);

void vmo_set_name(struct vmo *v, const char *name, size_t length);
/* Copies all ZX_MAX_NAME_LEN bytes, zero-filled behind the name. */
void vmo_get_name(struct vmo *v, char *name);
/* The record of vmo.md 10.2, all but handle_rights and VIA_* flags. */
void vmo_get_info(struct vmo *v, zx_info_vmo_t *out);
/* Bookkeeping memory, estimated from height and pages; 0 for a VMO that holds
 * neither page nor marker. */
u64 vmo_metadata_bytes(struct vmo *v);
/* Pages that the VMO itself holds in the range (maps, stats). */
u64 vmo_committed_pages(struct vmo *v, u64 offset, u64 bytes);

extern struct page *zero_page;		/* fixed after mm_init() */
/* pmm, slab, zero page, kernel stacks, caches of mm, in order. */
void mm_init(void);

#endif

/*
 * Pagers and page sources (pager-port.md 1-5).
 *
 * struct pager is the object behind the handle; struct page_source is the
 * provider of one VMO: its port, key, one packet slot, its requests. Requests
 * live on the stacks of waiting threads, ordered by offset; those of one kind
 * never overlap.
 * The source's mutex (LOCK_SOURCE) is taken inside the VMO's lock. The source
 * outlives VMO and pager while its packet is in a port.
 *
 * Life of a request (docs/pager.md): LINKED when prepared (sent, or in the
 * FIFO behind the slot) -> DONE with a status when supplied, failed, detached,
 * closed or shrunk away; a waiter that leaves early hands it to the oldest
 * overlapping waiter or withdraws it.
 */
#ifndef MM_PAGER_H
#define MM_PAGER_H

#include <kernel/port.h>
#include <kernel/wait.h>
#include <mm/vmo.h>
#include <zircon/syscalls/pager.h>

struct pager;
struct page_source;

/* What is asked of the service: each kind has requests of its own. */
enum page_request_kind {
	PAGE_REQUEST_READ,	/* to supply absent pages */
	PAGE_REQUEST_DIRTY,	/* to let pages be written (7.4) */
	PAGE_REQUEST_KINDS,
};

struct page_request {
	struct waiter waiter;
	/* Under source->lock, but for source, which the waiting thread sets. */
	struct page_source *source;	/* counted while the thread waits */
	enum page_request_kind kind;
	u64 offset;			/* bytes */
	u64 length;
	u64 wanted;			/* the first page that the thread needs */
	u64 missing_bytes;		/* owner: not yet credited */
	u32 state;			/* enum page_request_state */
	struct list_node source_node;	/* requests by offset, or overlaps */
	struct list_node fifo_node;	/* owner: behind the packet slot */
	struct list_node overlaps;	/* owner: threads that joined, in order */
};

/* Boot: the caches. */
void pager_init_module(void);

MUST_CHECK zx_status_t pager_create(struct pager **out);
/* How requests are made and ended for its VMOs, by era. */
struct pager_rules {
	/* zx_vmo_read and zx_vmo_write ask for runs, not page by page (5.3). */
	bool copies_ask_for_runs;
	/* A waiter ends with the first page that it needs: it goes on when that
	 * has come, and a failure of other pages lets it look again (5.6). */
	bool first_page_decides;
	/* ZERO to the end of a VMO makes a tail gap there: no page is asked for
	 * (7.6). */
	bool zero_makes_tail;
};
/* Before anybody else knows the pager. Without it all are false. */
void pager_set_rules(struct pager *p, struct pager_rules rules);
struct object *pager_object(struct pager *p);
struct pager *pager_from_object(struct object *o);
/* 1.3, checks 6-7, size rounded. BAD_STATE if the pager is closed. */
MUST_CHECK zx_status_t pager_create_vmo(struct pager *p, u32 options,
					struct port *port, u64 key, u64 size,
					struct vmo **out);
/* 4.1 check 4: the VMO was made from this pager. */
bool pager_owns_vmo(const struct pager *p, const struct vmo *v);
/* 2.3; the VMO is this pager's. Cannot fail, may be repeated. */
void pager_detach_vmo(struct vmo *v);

/* What an era asks of zx_pager_supply_pages beyond the rest. */
struct pager_supply_rules {
	bool related_aux_refused;	/* BAD_STATE: has children, is a child */
	/* Of an aux that is contiguous or has a pager itself. */
	zx_status_t odd_aux;
	bool detached_refused;		/* BAD_STATE */
};
/* 4.1 checks 6-7 and 4.3; the VMO is the caller's pager's. Page-aligned. */
MUST_CHECK zx_status_t pager_supply_pages(struct vmo *v, u64 offset, u64 bytes,
					  struct vmo *aux, u64 aux_offset,
					  const struct pager_supply_rules *r);

/* zx_pager_op_range FAIL (7.7) of a page-aligned range: ends every request that
 * touches it with `why`. OUT_OF_RANGE; BAD_STATE if detached and refused. */
MUST_CHECK zx_status_t pager_fail_pages(struct vmo *v, u64 offset, u64 bytes,
					zx_status_t why,
					bool detached_refused);

/* --- Writeback (pager_dirty.c); the VMO is the caller's pager's ------------- */

struct pager_dirty_rules {
	bool detached_refused;		/* DIRTY: BAD_STATE */
	/* Any tail gap may be written back; else from the first on (7.10). */
	bool gaps_are_independent;
};
/*
 * zx_pager_op_range of a page-aligned range, checks 7 and 8 of 7.7:
 * OUT_OF_RANGE, NO_MEMORY (what is done stays). Do not wait for a pager.
 *
 * DIRTY: NOT_SUPPORTED if writes are not trapped, BAD_STATE if detached and
 * refused, NOT_FOUND if a page is absent: nothing is done then.
 */
MUST_CHECK zx_status_t pager_dirty_pages(struct vmo *v, u64 offset, u64 bytes,
					 const struct pager_dirty_rules *rules);
/* `is_zero`: pages that are there stay dirty. */
MUST_CHECK zx_status_t
pager_begin_writeback(struct vmo *v, u64 offset, u64 bytes, bool is_zero,
		      const struct pager_dirty_rules *rules);
MUST_CHECK zx_status_t
pager_end_writeback(struct vmo *v, u64 offset, u64 bytes,
		    const struct pager_dirty_rules *rules);

/* The dirty ranges of a range, one by one, each true at some moment (7.8). */
struct dirty_query {
	struct vmo *vmo;
	u64 index, end;
	zx_vmo_dirty_range_t open;
};
/* OUT_OF_RANGE. The range is rounded outward. */
MUST_CHECK zx_status_t pager_query_start(struct dirty_query *q, struct vmo *v,
					 u64 offset, u64 bytes);
/* False: there is none any more, or the thread is killed. */
bool pager_query_next(struct dirty_query *q, zx_vmo_dirty_range_t *out);
/* Has it been written, resized or cleared since the last reset? */
bool pager_query_modified(struct vmo *v, bool reset);

/* --- For vmo*.c, under the VMO's lock ------------------------------------- */

/* Makes or joins the request for [offset, offset + bytes), all absent, or none
 * of it absent or dirty: 5.4, 5.5, 7.4. SHOULD_WAIT: go on with
 * page_request_wait() after dropping the lock; BAD_STATE if detached or closed,
 * but OK for DIRTY if closed: nobody keeps books any more (3.3). */
MUST_CHECK zx_status_t page_source_request(struct page_source *s,
					   enum page_request_kind kind,
					   u64 offset, u64 bytes,
					   struct page_request *request);
/* Fixed: see struct pager_rules. */
bool page_source_copies_ask_for_runs(const struct page_source *s);
bool page_source_zero_makes_tail(const struct page_source *s);
/* Pages [offset, offset + bytes) that were absent have come, or were marked as
 * dirty: credits requests and wakes those complete (5.6). */
void page_source_credit(struct page_source *s, enum page_request_kind kind,
			u64 offset, u64 bytes);
/* The VMO is cut at size; its tree still holds what is cut off. Requests end
 * there, and what they still wanted behind it counts as come (6). */
void page_source_shrink(struct page_source *s, const struct ptree *pages,
			u64 size);
/* The VMO dies: COMPLETE unless sent; drops the VMO's reference. No lock. */
void page_source_vmo_destroyed(struct page_source *s);

/* No lock held. Sleeps (BLOCKED_PAGER) until the request ends; the status of
 * its end: OK (look again), BAD_STATE, that of a FAIL, INTERNAL_INTR_KILLED.
 * A suspended thread withdraws the request, stops, and looks again (5.7). */
MUST_CHECK zx_status_t page_request_wait(struct page_request *request);
/* As page_request_wait(), for those who can begin anew from outside: suspended,
 * it returns INTERNAL_INTR_RETRY instead of stopping. */
MUST_CHECK zx_status_t page_request_wait_once(struct page_request *request);

#endif

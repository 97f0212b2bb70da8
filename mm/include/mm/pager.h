/*
 * Pagers and page sources (pager-port.md 1-5).
 *
 * struct pager is the object behind the handle; struct page_source is the
 * provider of one VMO: its port, key, one packet slot, its requests. Requests
 * live on the stacks of waiting threads, ordered by offset, and never overlap.
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

struct pager;
struct page_source;

struct page_request {
	struct waiter waiter;
	/* Under source->lock. */
	struct page_source *source;	/* counted while linked; NULL if not */
	u64 offset;			/* bytes */
	u64 length;
	u64 missing_bytes;		/* not yet credited */
	struct list_node source_node;	/* requests by offset, or overlap list */
	struct list_node fifo_node;	/* waiting for the packet slot */
	struct list_node overlaps;	/* later threads that wait for this one */
	u32 state;
};

MUST_CHECK zx_status_t pager_create(struct pager **out);
struct object *pager_object(struct pager *p);
struct pager *pager_from_object(struct object *o);
/* 1.3 after the handle and size checks. BAD_STATE if the pager is closed. */
MUST_CHECK zx_status_t pager_create_vmo(struct pager *p, u32 options,
					struct port *port, u64 key, u64 size,
					struct vmo **out);
/* 2.2 check 3 and 2.3. INVALID_ARGS. */
MUST_CHECK zx_status_t pager_detach_vmo(struct pager *p, struct vmo *v);
/* 4.1 check 4: the VMO was made from this pager. */
bool pager_owns_vmo(const struct pager *p, const struct vmo *v);
/* 4.1 checks 6-7 and 4.3. */
MUST_CHECK zx_status_t pager_supply_pages(struct pager *p, struct vmo *v,
					  u64 offset, u64 bytes,
					  struct vmo *aux, u64 aux_offset);

/* Used by vmo.c. Under the VMO's lock. */
/* Makes or joins the request for [offset, offset + bytes), see 5.4, 5.5.
 * SHOULD_WAIT, or BAD_STATE if detached or closed. */
MUST_CHECK zx_status_t page_source_request(struct page_source *s, u64 offset,
					   u64 bytes,
					   struct page_request *request);
/* The pages [offset, +bytes) that were absent have come (or were cut off by a
 * shrink): credits requests and wakes those complete. */
void page_source_credit(struct page_source *s, u64 offset, u64 bytes,
			zx_status_t status);
bool page_source_is_detached(const struct page_source *s);
/* The VMO dies: COMPLETE unless sent; drops the VMO's reference. */
void page_source_vmo_destroyed(struct page_source *s);

/* No lock held. Sleeps (BLOCKED_PAGER) until the request ends; status of its
 * end, INTERNAL_INTR_KILLED included. */
MUST_CHECK zx_status_t page_request_wait(struct page_request *request);

#endif

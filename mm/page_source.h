/*
 * struct page_source, shared by page_source.c and pager.c.
 */
#ifndef MM_PAGE_SOURCE_H
#define MM_PAGE_SOURCE_H

#include <mm/pager.h>

struct pager {
	struct object object;
	struct spinlock lock;		/* LOCK_OBJECT */
	/* Under lock. */
	struct list_node sources;	/* counted; by pager_node */
	bool closed;
	struct pager_rules rules;	/* fixed after creation */
};

/*
 * The provider of one VMO. One packet slot: a packet is in the port, in a
 * reader's hand, or nowhere; requests that cannot be sent yet wait in the FIFO,
 * COMPLETE behind all of them.
 */
struct page_source {
	/* Atomic: the VMO, the pager's list, the packet while it is out, each
	 * waiting thread. */
	u32 ref_count;
	/* Fixed after creation. */
	struct pager *pager;		/* counted */
	struct port *port;		/* counted */
	u64 key;
	/* Under pager->lock. */
	struct list_node pager_node;
	struct mutex lock;		/* LOCK_SOURCE */
	/* Under lock. */
	/* Owners of each kind, by offset, disjoint. */
	struct list_node requests[PAGE_REQUEST_KINDS];
	struct list_node fifo;		/* owners not sent yet, oldest first */
	struct page_request *sent;	/* whose packet is in the port */
	struct port_packet packet;
	bool packet_out;		/* in the port or in a reader's hand */
	bool detached;			/* no request any more */
	bool closed;			/* the pager is gone: no packet either */
	bool complete_due;		/* COMPLETE is to be sent, or was */
	bool complete_sent;
	bool vmo_gone;			/* listed for an unread COMPLETE alone */
};

/* Boot: the cache. */
void page_source_init_module(void);

/* One reference for the caller; holds pager and port. NULL: no memory. */
struct page_source *page_source_create(struct pager *p, struct port *port,
				       u64 key);
void page_source_ref(struct page_source *s);
void page_source_unref(struct page_source *s);

/* Takes the source off its pager's list, if it stands there. May be called under
 * s->lock; the caller has a reference of its own. */
void page_source_unlist(struct page_source *s);

/* No request from now on: all waiters wake with BAD_STATE, unread packets are
 * taken back. `last`: COMPLETE follows, once. Takes s->lock. */
void page_source_detach(struct page_source *s, bool last);
/* As detach without COMPLETE; packets of any kind are taken back for good. */
void page_source_close(struct page_source *s);
/* Ends requests of all kinds that touch [offset, offset + bytes); takes
 * s->lock. */
void page_source_fail(struct page_source *s, u64 offset, u64 bytes,
		      zx_status_t why);
/* DIRTY requests that touch it look again: pages there are absent (7.7). */
void page_source_retry_dirty(struct page_source *s, u64 offset, u64 bytes);
bool page_source_is_detached(struct page_source *s);
/* Does nobody supply any more what is absent? Not the same as detached: then the
 * pages go by the pager's own will. */
bool page_source_is_closed(struct page_source *s);

#endif

/*
 * Page sources: requests of waiting threads, and the packets that tell the
 * pager's service of them (pager-port.md 5).
 *
 * A request is an owner, which stands in the list by offset and is spoken for
 * by a packet, or it has joined an owner whose range covers its first page. A
 * page_request lives on its thread's stack: everything that touches it holds
 * s->lock, and the thread takes that lock before it leaves (wait.h).
 *
 * The packet's memory is the source's. While it is out it holds a reference,
 * so VMO, pager and port may go in any order.
 */
#include <kernel/atomic.h>
#include <kernel/epoch.h>
#include <kernel/string.h>
#include <kernel/suspend.h>
#include <mm/slab.h>

#include "page_source.h"
#include "vmo_internal.h"

enum page_request_state {
	REQUEST_DONE,
	REQUEST_OWNER,
	REQUEST_JOINED,
};

static struct slab_cache source_cache;

void page_source_init_module(void)
{
	slab_cache_init(&source_cache, "page_source",
			sizeof(struct page_source));
}

/* --- Packets, under s->lock ----------------------------------------------- */

static void fill_packet(struct page_source *s, u16 command, u64 offset,
			u64 length)
{
	s->packet.body = (zx_port_packet_t){
		.key = s->key,
		.type = ZX_PKT_TYPE_PAGE_REQUEST,
		.page_request = {
			.command = command,
			.offset = offset,
			.length = length,
		},
	};
}

/* Puts the packet into the port. A port without handles swallows it: the
 * request counts as sent (3.5). */
static void put_packet(struct page_source *s, struct page_request *r)
{
	s->packet_out = true;
	s->sent = r;
	page_source_ref(s);
	if (!port_queue_packet(s->port, &s->packet)) {
		s->packet_out = false;
		s->sent = NULL;
		page_source_unref(s);
	}
}

static const u16 commands[PAGE_REQUEST_KINDS] = {
	[PAGE_REQUEST_READ] = ZX_PAGER_VMO_READ,
	[PAGE_REQUEST_DIRTY] = ZX_PAGER_VMO_DIRTY,
};

/* Sends what is next, as long as the slot is free. */
static __attribute__((noinline)) void send_due(struct page_source *s)
{
	while (!s->packet_out && !s->closed) {
		struct list_node *n = list_pop_head(&s->fifo);

		if (n) {
			struct page_request *r =
				list_entry(n, struct page_request, fifo_node);

			fill_packet(s, commands[r->kind], r->offset, r->length);
			put_packet(s, r);
		} else if (s->complete_due && !s->complete_sent) {
			s->complete_sent = true;
			fill_packet(s, ZX_PAGER_VMO_COMPLETE, 0, 0);
			put_packet(s, NULL);
		} else {
			if (s->vmo_gone)
				page_source_unlist(s);
			return;
		}
	}
}

/* The same; in line when nothing is due, as after most changes. */
static inline void send_next(struct page_source *s)
{
	if (!list_is_empty(&s->fifo) || s->complete_due)
		send_due(s);
}

/* Takes the packet out of the port if nobody has it in hand yet. In hand, the
 * slot stays busy until packet_left(). */
static void take_back_packet(struct page_source *s)
{
	s->sent = NULL;
	if (s->packet_out && port_withdraw_packet(s->port, &s->packet)) {
		s->packet_out = false;
		page_source_unref(s);
	}
}

/* Read, or dropped with the port: the slot is free. */
static void packet_left(struct port_packet *pkt, bool dropped)
{
	struct page_source *s = container_of(pkt, struct page_source, packet);

	(void)dropped;
	mutex_lock(&s->lock);
	s->packet_out = false;
	s->sent = NULL;
	send_next(s);
	mutex_unlock(&s->lock);
	page_source_unref(s);
}

static const struct port_packet_ops packet_ops = {
	.left = packet_left,
};

/* --- Requests, under s->lock ---------------------------------------------- */

static u64 request_end(const struct page_request *r)
{
	return r->offset + r->length;
}

/* The first owner of a kind that ends beyond offset, or NULL. */
static struct page_request *first_owner_after(struct page_source *s,
					      enum page_request_kind kind,
					      u64 offset)
{
	struct page_request *r;

	list_for_each(r, &s->requests[kind], source_node) {
		if (request_end(r) > offset)
			return r;
	}
	return NULL;
}

static void add_owner(struct page_source *s, struct page_request *r,
		      struct page_request *next)
{
	struct list_node *before = next ? &next->source_node :
					  &s->requests[r->kind];

	if (next && request_end(r) > next->offset)
		r->length = next->offset - r->offset;
	r->state = REQUEST_OWNER;
	r->missing_bytes = r->length;
	list_add_tail(before, &r->source_node);
	list_add_tail(&s->fifo, &r->fifo_node);
	send_next(s);
}

static void make_or_join(struct page_source *s, struct page_request *r)
{
	struct page_request *next = first_owner_after(s, r->kind, r->offset);

	page_source_ref(s);
	if (next && next->offset <= r->offset) {
		r->state = REQUEST_JOINED;
		list_add_tail(&next->overlaps, &r->source_node);
	} else {
		add_owner(s, r, next);
	}
}

zx_status_t page_source_request(struct page_source *s,
				enum page_request_kind kind, u64 offset,
				u64 bytes, struct page_request *r)
{
	zx_status_t status = ZX_ERR_SHOULD_WAIT;

	waiter_init(&r->waiter);
	list_init(&r->overlaps);
	list_init(&r->fifo_node);
	r->source = s;
	r->kind = kind;
	r->wanted = offset;
	r->offset = offset;
	r->length = bytes;
	mutex_lock(&s->lock);
	if (s->closed && kind == PAGE_REQUEST_DIRTY)
		status = ZX_OK;
	else if (s->detached || s->closed)
		status = ZX_ERR_BAD_STATE;
	else
		make_or_join(s, r);
	mutex_unlock(&s->lock);
	return status;
}

/* Under s->lock, which lets a thread be preempted. From the wake on r is gone, as
 * may be its thread, so there the epoch is held. */
static void finish_one(struct page_request *r, zx_status_t status)
{
	list_del(&r->source_node);
	r->state = REQUEST_DONE;
	epoch_enter();
	(void)waiter_wake(&r->waiter, status);
	epoch_exit();
}

static bool wants_page_in(const struct page_request *r, u64 offset, u64 end)
{
	return r->wanted >= offset && r->wanted < end;
}

/* What the failure of a range is to a thread. Where the first page decides, a
 * thread that needs another one looks again; for DIRTY it always does (7.7). */
static zx_status_t failure_for(const struct page_source *s,
			       const struct page_request *r, u64 offset,
			       u64 end, zx_status_t why)
{
	if (why != ZX_OK && (s->pager->rules.first_page_decides ||
			     r->kind == PAGE_REQUEST_DIRTY))
		return wants_page_in(r, offset, end) ? why : ZX_OK;
	return why;
}

/* Ends an owner and all who joined it, for the sake of a range. */
static void fail_owner(struct page_source *s, struct page_request *r,
		       u64 offset, u64 end, zx_status_t why)
{
	struct page_request *joined, *tmp;

	list_del(&r->fifo_node);
	if (s->sent == r)
		take_back_packet(s);
	list_for_each_safe(joined, tmp, &r->overlaps, source_node)
		finish_one(joined, failure_for(s, joined, offset, end, why));
	finish_one(r, failure_for(s, r, offset, end, why));
}

static void finish_owner(struct page_source *s, struct page_request *r,
			 zx_status_t status)
{
	fail_owner(s, r, 0, UINT64_MAX, status);
}

static void finish_kind(struct page_source *s, enum page_request_kind kind,
			zx_status_t status)
{
	struct page_request *r, *tmp;

	list_for_each_safe(r, tmp, &s->requests[kind], source_node)
		finish_owner(s, r, status);
}

static void finish_all(struct page_source *s, zx_status_t status)
{
	finish_kind(s, PAGE_REQUEST_READ, status);
	finish_kind(s, PAGE_REQUEST_DIRTY, status);
}

/* The oldest who joined takes over range, packet and place in line (5.5). */
static void hand_over(struct page_source *s, struct page_request *old)
{
	struct page_request *heir = list_entry(list_pop_head(&old->overlaps),
					       struct page_request,
					       source_node);

	heir->state = REQUEST_OWNER;
	heir->offset = old->offset;
	heir->length = old->length;
	heir->missing_bytes = old->missing_bytes;
	list_splice_tail(&heir->overlaps, &old->overlaps);
	list_add_tail(&old->source_node, &heir->source_node);
	if (list_is_linked(&old->fifo_node))
		list_add_tail(&old->fifo_node, &heir->fifo_node);
	if (s->sent == old)
		s->sent = heir;
}

/* The thread gives up before its request has ended. */
static void leave(struct page_source *s, struct page_request *r)
{
	if (r->state == REQUEST_OWNER && !list_is_empty(&r->overlaps))
		hand_over(s, r);
	else if (r->state == REQUEST_OWNER && s->sent == r)
		take_back_packet(s);
	list_del(&r->fifo_node);
	list_del(&r->source_node);
	send_next(s);
}

/* Pages [offset, end) have come, or never will: threads that need one of them
 * first look again. */
static void wake_first_pages(struct page_source *s, struct page_request *r,
			     u64 offset, u64 end)
{
	struct page_request *joined, *tmp;

	list_for_each_safe(joined, tmp, &r->overlaps, source_node)
		if (wants_page_in(joined, offset, end))
			finish_one(joined, ZX_OK);
	if (wants_page_in(r, offset, end)) {
		leave(s, r);
		finish_one(r, ZX_OK);
	}
}

/* So many bytes of [offset, end) need not come any more. What is credited twice
 * (it came, was evicted or cleaned, and came again) ends the request early, and
 * its threads ask again. */
static void credit_one(struct page_source *s, struct page_request *r,
		       u64 bytes, u64 offset, u64 end)
{
	r->missing_bytes -= min_u64(bytes, r->missing_bytes);
	if (r->missing_bytes == 0)
		finish_owner(s, r, ZX_OK);
	else if (s->pager->rules.first_page_decides)
		wake_first_pages(s, r, offset, end);
}

void page_source_credit(struct page_source *s, enum page_request_kind kind,
			u64 offset, u64 bytes)
{
	struct page_request *r, *tmp;
	u64 end = offset + bytes;

	mutex_lock(&s->lock);
	list_for_each_safe(r, tmp, &s->requests[kind], source_node) {
		u64 first = max_u64(offset, r->offset);
		u64 last = min_u64(end, request_end(r));

		if (r->offset >= end)
			break;
		if (first < last)
			credit_one(s, r, last - first, first, last);
	}
	send_next(s);
	mutex_unlock(&s->lock);
}

/* Ends the requests of a kind that touch [offset, end). */
static void fail_kind(struct page_source *s, enum page_request_kind kind,
		      u64 offset, u64 end, zx_status_t why)
{
	struct page_request *r, *tmp;

	list_for_each_safe(r, tmp, &s->requests[kind], source_node) {
		if (r->offset >= end)
			break;
		if (request_end(r) > offset)
			fail_owner(s, r, offset, end, why);
	}
}

void page_source_fail(struct page_source *s, u64 offset, u64 bytes,
		      zx_status_t why)
{
	mutex_lock(&s->lock);
	fail_kind(s, PAGE_REQUEST_READ, offset, offset + bytes, why);
	fail_kind(s, PAGE_REQUEST_DIRTY, offset, offset + bytes, why);
	send_next(s);
	mutex_unlock(&s->lock);
}

void page_source_retry_dirty(struct page_source *s, u64 offset, u64 bytes)
{
	mutex_lock(&s->lock);
	fail_kind(s, PAGE_REQUEST_DIRTY, offset, offset + bytes, ZX_OK);
	send_next(s);
	mutex_unlock(&s->lock);
}

/* Does what stands there answer a request of this kind? */
static bool slot_answers(struct pt_slot s, enum page_request_kind kind)
{
	return kind == PAGE_REQUEST_READ ||
	       (pt_slot_type(s) == PT_PAGE &&
		vmo_page_state(pt_page(s)) == VMO_PAGE_DIRTY);
}

/* Bytes of [offset, end) that a request of this kind still wants. */
static u64 wanted_bytes(const struct ptree *pages, enum page_request_kind kind,
			u64 offset, u64 end)
{
	u64 index = offset >> PAGE_SHIFT;
	u64 stop = end >> PAGE_SHIFT;
	u64 wanted = stop - index;

	while (index < stop) {
		struct pt_slot s = ptree_next(pages, index, stop, &index);

		if (pt_slot_type(s) == PT_EMPTY)
			break;
		wanted -= slot_answers(s, kind);
		index++;
	}
	return wanted << PAGE_SHIFT;
}

/* The part behind size is never to come: the request is shorter. What lies
 * behind it as a whole ends. The packet stays as it is if it was sent. */
static void shorten(struct page_source *s, struct page_request *r,
		    const struct ptree *pages, u64 size)
{
	u64 first = max_u64(size, r->offset), end = request_end(r);
	u64 wanted;

	if (first >= end)
		return;
	if (first == r->offset) {
		finish_owner(s, r, ZX_OK);
		return;
	}
	wanted = wanted_bytes(pages, r->kind, first, end);
	r->length = first - r->offset;
	credit_one(s, r, wanted, first, end);
}

void page_source_shrink(struct page_source *s, const struct ptree *pages,
			u64 size)
{
	struct page_request *r, *tmp;

	mutex_lock(&s->lock);
	for (u32 kind = 0; kind < PAGE_REQUEST_KINDS; kind++)
		list_for_each_safe(r, tmp, &s->requests[kind], source_node)
			shorten(s, r, pages, size);
	send_next(s);
	mutex_unlock(&s->lock);
}

/* --- The waiting thread --------------------------------------------------- */

/* The sleep ended by itself; at this moment somebody may be ending it as well. */
static __attribute__((noinline)) void give_up(struct page_source *s,
					      struct page_request *r)
{
	mutex_lock(&s->lock);
	if (r->state != REQUEST_DONE)
		leave(s, r);
	mutex_unlock(&s->lock);
}

/* Who wakes has unlinked r before and does not touch it any more, so only a sleep
 * that ended by itself takes the lock. */
zx_status_t page_request_wait_once(struct page_request *r)
{
	struct page_source *s = r->source;
	zx_status_t status = waiter_sleep(&r->waiter, ZX_TIME_INFINITE,
					  WAIT_BREAKABLE,
					  ZX_THREAD_STATE_BLOCKED_PAGER);

	if (__builtin_expect(status == ZX_ERR_INTERNAL_INTR_RETRY ||
				     status == ZX_ERR_INTERNAL_INTR_KILLED,
			     0))
		give_up(s, r);
	page_source_unref(s);
	return status;
}

zx_status_t page_request_wait(struct page_request *r)
{
	zx_status_t status = page_request_wait_once(r);

	return status == ZX_ERR_INTERNAL_INTR_RETRY ? thread_stop_in_call()
						    : status;
}

/* --- End ------------------------------------------------------------------ */

struct page_source *page_source_create(struct pager *p, struct port *port,
				       u64 key)
{
	struct page_source *s = slab_alloc(&source_cache);

	if (!s)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->ref_count = 1;
	s->pager = p;
	s->port = port;
	s->key = key;
	list_init(&s->pager_node);
	for (u32 kind = 0; kind < PAGE_REQUEST_KINDS; kind++)
		list_init(&s->requests[kind]);
	list_init(&s->fifo);
	mutex_init(&s->lock, LOCK_SOURCE);
	port_packet_init(&s->packet, &packet_ops);
	object_ref(&p->object);
	object_ref(port_object(port));
	return s;
}

/* Relaxed: who adds a reference holds one. */
void page_source_ref(struct page_source *s)
{
	arch_add32(&s->ref_count, 1);
}

/* Release, and acquire for the last: what other holders did comes before the
 * end. */
void page_source_unref(struct page_source *s)
{
	if (arch_sub32_release(&s->ref_count, 1) != 0)
		return;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	object_unref(port_object(s->port));
	object_unref(&s->pager->object);
	slab_free(&source_cache, s);
}

void page_source_detach(struct page_source *s, bool last)
{
	mutex_lock(&s->lock);
	s->detached = true;
	s->complete_due |= last;
	finish_all(s, ZX_ERR_BAD_STATE);
	send_next(s);
	mutex_unlock(&s->lock);
}

/* It stays on the pager's list until COMPLETE was read: the pager's end takes that
 * back (3.3). */
void page_source_vmo_destroyed(struct page_source *s)
{
	mutex_lock(&s->lock);
	s->vmo_gone = true;
	mutex_unlock(&s->lock);
	page_source_detach(s, true);
	page_source_unref(s);
}

void page_source_close(struct page_source *s)
{
	mutex_lock(&s->lock);
	s->closed = true;
	finish_all(s, ZX_ERR_BAD_STATE);
	take_back_packet(s);
	mutex_unlock(&s->lock);
}

bool page_source_copies_ask_for_runs(const struct page_source *s)
{
	return s->pager->rules.copies_ask_for_runs;
}

bool page_source_zero_makes_tail(const struct page_source *s)
{
	return s->pager->rules.zero_makes_tail;
}

bool page_source_is_closed(struct page_source *s)
{
	bool closed;

	mutex_lock(&s->lock);
	closed = s->closed;
	mutex_unlock(&s->lock);
	return closed;
}

bool page_source_is_detached(struct page_source *s)
{
	bool detached;

	mutex_lock(&s->lock);
	detached = s->detached;
	mutex_unlock(&s->lock);
	return detached;
}

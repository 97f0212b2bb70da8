/*
 * zx_port_cancel and zx_port_cancel_key (pager-port.md 10.4).
 *
 * Firing happens under the source's lock: who holds that and the port's sees
 * each wait either armed or in the queue, or knows that a reader has it.
 * zx_port_cancel has its source and takes both locks at once. zx_port_cancel_key
 * comes from the port, whose lock is the inner one: it walks through the port's
 * list with a place of its own in there, so that it can let the lock go, and
 * turns to the source of an armed wait that it finds (walk_on, take_armed).
 */
#include <kernel/panic.h>
#include <kernel/wait.h>

#include "port_internal.h"

/* How far a walk goes under one hold of the port's lock. */
#define PLACES_AT_ONCE 64u

/* Through which handle: any if id is NULL. */
static bool matches(const struct async_wait *a, const struct port *p,
		    const struct handle_identity *id, u64 key)
{
	return a->port == p && a->packet.body.key == key &&
	       (!id || handle_identity_equal(&a->observer.handle, id));
}

static void collect_armed_locked(struct port *p, struct object *o,
				 const struct handle_identity *id, u64 key,
				 struct list_node *found)
{
	struct observer *ob, *next;

	list_for_each_safe(ob, next, &o->observers, node) {
		if (ob->ops != &async_observer_ops ||
		    !matches(async_from_observer(ob), p, id, key))
			continue;
		object_unlink_observer_locked(o, ob);
		list_add_tail(found, &ob->node);
	}
}

static void take_queued_locked(struct async_wait *a, struct list_node *found)
{
	list_del(&a->packet.node);
	a->packet.queued = false;
	list_add_tail(found, &a->observer.node);
}

static void collect_queued_locked(struct port *p,
				  const struct handle_identity *id, u64 key,
				  struct list_node *found)
{
	struct port_packet *pkt, *next;

	list_for_each_safe(pkt, next, &p->packets, node)
		if (pkt->ops == &async_packet_ops &&
		    matches(async_from_packet(pkt), p, id, key))
			take_queued_locked(async_from_packet(pkt), found);
}

/* True if there were any. */
static bool free_found(struct list_node *found)
{
	bool any = !list_is_empty(found);
	struct list_node *n;

	while ((n = list_pop_head(found)) != NULL)
		async_free(async_from_observer(
			list_entry(n, struct observer, node)));
	return any;
}

/* The walks are bounded by OBJECT_MAX_OBSERVERS and by the packets of one port
 * (PORT_MAX_ASYNC, the limit of user packets, one for each pager VMO). */
zx_status_t port_cancel(struct port *p, const struct handle_ref *source,
			u64 key)
{
	struct list_node found = LIST_INIT(found);

	spin_lock(&source->object->lock);
	collect_armed_locked(p, source->object, &source->identity, key, &found);
	spin_lock(&p->lock);
	collect_queued_locked(p, &source->identity, key, &found);
	spin_unlock(&p->lock);
	spin_unlock(&source->object->lock);
	return free_found(&found) ? ZX_OK : ZX_ERR_NOT_FOUND;
}

struct key_walk {
	struct port *port;
	u64 key;
	/* In the port's list: what is before `at` is done, what is behind `end`
	 * was registered after the call began. */
	struct async_place at, end;
	/* Taken and not yet freed, by their observers. */
	struct list_node found;
};

static struct async_place *next_locked(const struct key_walk *w)
{
	return list_entry(w->at.node.next, struct async_place, node);
}

/* The wait of a place, if it has the key. */
static struct async_wait *match_locked(const struct key_walk *w,
				       struct async_place *place)
{
	struct async_wait *a;

	if (!place->is_wait)
		return NULL;
	a = container_of(place, struct async_wait, place);
	return a->packet.body.key == w->key ? a : NULL;
}

/* What has the key and is queued is taken. */
static void pass_locked(struct key_walk *w, struct async_place *place)
{
	struct async_wait *a = match_locked(w, place);

	list_del(&w->at.node);
	list_add_head(&place->node, &w->at.node);
	if (a && a->packet.queued)
		take_queued_locked(a, &w->found);
}

/* Up to a wait that may be armed, which stays the next one; its source, with a
 * reference, is in *source. False at the end of the walk. */
static bool walk_on_locked(struct key_walk *w, struct async_place **armed,
			   struct object **source)
{
	*source = NULL;
	for (u32 i = 0; i < PLACES_AT_ONCE; i++) {
		struct async_place *place = next_locked(w);
		struct async_wait *a;

		if (place == &w->end)
			return false;
		a = match_locked(w, place);
		if (a && !a->packet.sent) {
			*armed = place;
			*source = a->source;
			object_ref(*source);
			return true;
		}
		pass_locked(w, place);
	}
	return true;
}

/*
 * Takes all that are armed at this source. The one that was next may have fired
 * since, or may be gone; a place at its address is still its own, as new ones
 * come behind `end`. If it is neither armed nor sent, its registration comes
 * after this call.
 */
static void take_armed(struct key_walk *w, struct async_place *armed,
		       struct object *source)
{
	spin_lock(&source->lock);
	collect_armed_locked(w->port, source, NULL, w->key, &w->found);
	spin_lock(&w->port->lock);
	if (next_locked(w) == armed)
		pass_locked(w, armed);
	spin_unlock(&w->port->lock);
	spin_unlock(&source->lock);
}

/* One hold of the port's lock, and what came of it. *any: something did. */
static bool walk_turn(struct key_walk *w, bool *any)
{
	struct async_place *armed = NULL;
	struct object *source;
	bool more;

	spin_lock(&w->port->lock);
	more = walk_on_locked(w, &armed, &source);
	spin_unlock(&w->port->lock);
	if (source)
		take_armed(w, armed, source);
	if (free_found(&w->found))
		*any = true;
	/* Only now: what is in the list and not sent has its source. */
	if (source)
		object_unref(source);
	return more;
}

zx_status_t port_cancel_key(struct port *p, u64 key)
{
	struct key_walk w = { .port = p, .key = key };
	bool any = false;

	list_init(&w.found);
	spin_lock(&p->lock);
	list_add_head(&p->asyncs, &w.at.node);
	list_add_tail(&p->asyncs, &w.end.node);
	spin_unlock(&p->lock);

	while (walk_turn(&w, &any) && !thread_is_killed())
		;

	spin_lock(&p->lock);
	list_del(&w.at.node);
	list_del(&w.end.node);
	spin_unlock(&p->lock);
	return any ? ZX_OK : ZX_ERR_NOT_FOUND;
}

/*
 * Ports, async waits and object waits (pager-port.md 10, 12).
 */
#include <kernel/event.h>
#include <kernel/ktest.h>
#include <kernel/panic.h>
#include <kernel/port.h>
#include <kernel/sched.h>
#include <kernel/wait_object.h>

#include "team.h"

static struct port *make_port(void)
{
	struct port *p;

	ASSERT(port_create(0, &p) == ZX_OK);
	return p;
}

/* A port or event with one handle in a table of its own. */
struct held {
	struct handle_table *table;
	zx_handle_t value;
	struct handle_ref ref;
};

static void hold(struct held *h, struct object *o)
{
	struct handle_slot slot;

	ASSERT(handle_table_create(&h->table) == ZX_OK);
	ASSERT(handle_reserve(h->table, &slot) == ZX_OK);
	handle_publish(&slot, o, 0);
	h->value = slot.value;
	ASSERT(handle_table_get_ref(h->table, h->value, 0, 0, &h->ref) ==
	       ZX_OK);
	object_unref(o);
}

static void drop(struct held *h)
{
	object_unref(h->ref.object);
	handle_table_destroy(h->table);
}

static void hold_event(struct held *h)
{
	struct object *o;

	ASSERT(event_create(&o) == ZX_OK);
	hold(h, o);
}

/* First in, first out; the type is forced; the rest arrives as given. */
KTEST(port_user_packets_fifo)
{
	struct port *p = make_port();
	zx_port_packet_t out, in = { .type = 9, .status = -7 };

	for (u64 i = 0; i < 100; i++) {
		in.key = i;
		in.user.u64[3] = ~i;
		KEXPECT_EQ(t, port_queue_user(p, &in, 2049), ZX_OK);
	}
	for (u64 i = 0; i < 100; i++) {
		KEXPECT_EQ(t, port_wait(p, 0, &out), ZX_OK);
		KEXPECT_EQ(t, out.key, i);
		KEXPECT_EQ(t, out.type, ZX_PKT_TYPE_USER);
		KEXPECT_EQ(t, out.status, -7);
		KEXPECT_EQ(t, out.user.u64[3], ~i);
	}
	KEXPECT_EQ(t, port_wait(p, 0, &out), ZX_ERR_TIMED_OUT);
	object_unref(port_object(p));
}

/* 2049 user packets fit, one more does not, reading one makes room. */
KTEST(port_user_packet_limit)
{
	struct port *p = make_port();
	zx_port_packet_t body = { .key = 0 };
	struct held h;

	hold(&h, port_object(p));
	for (u32 i = 0; i < 2049; i++)
		KEXPECT_EQ(t, port_queue_user(p, &body, 2049), ZX_OK);
	KEXPECT_EQ(t, port_queue_user(p, &body, 2049), ZX_ERR_SHOULD_WAIT);
	KEXPECT_EQ(t, port_wait(p, 0, &body), ZX_OK);
	KEXPECT_EQ(t, port_queue_user(p, &body, 2049), ZX_OK);
	KEXPECT_EQ(t, port_queue_user(p, &body, 2049), ZX_ERR_SHOULD_WAIT);
	KEXPECT_EQ(t, handle_close(h.table, h.value), ZX_OK);
	KEXPECT_EQ(t, port_queue_user(p, &body, 2049), ZX_ERR_BAD_HANDLE);
	KEXPECT_EQ(t, port_wait(p, 0, &body), ZX_ERR_TIMED_OUT);
	drop(&h);
}

/* A packet is withdrawn while it is queued, and only then. */
KTEST(port_withdraw)
{
	struct port *p = make_port();
	struct port_packet pkt;
	zx_port_packet_t out;

	port_packet_init(&pkt, NULL);
	KEXPECT_TRUE(t, !port_withdraw_packet(p, &pkt));
	KEXPECT_TRUE(t, port_queue_packet(p, &pkt));
	KEXPECT_TRUE(t, port_withdraw_packet(p, &pkt));
	KEXPECT_TRUE(t, !port_withdraw_packet(p, &pkt));
	KEXPECT_EQ(t, port_wait(p, 0, &out), ZX_ERR_TIMED_OUT);
	object_unref(port_object(p));
}

/* Fires once: at once if a trigger is active, else at the first rise. */
KTEST(port_async_fires_once)
{
	struct port *p = make_port();
	zx_port_packet_t out;
	struct held event, port;

	hold_event(&event);
	hold(&port, port_object(p));
	object_update_signals(event.ref.object, 0, ZX_USER_SIGNAL_1);
	KEXPECT_EQ(t, port_wait_async(p, &event.ref, 7, ZX_USER_SIGNAL_1, 0),
		   ZX_OK);
	KEXPECT_EQ(t, port_wait(p, 0, &out), ZX_OK);
	KEXPECT_EQ(t, out.key, 7);
	KEXPECT_EQ(t, out.type, ZX_PKT_TYPE_SIGNAL_ONE);
	KEXPECT_EQ(t, out.signal.trigger, ZX_USER_SIGNAL_1);
	KEXPECT_EQ(t, out.signal.observed, ZX_USER_SIGNAL_1);
	KEXPECT_EQ(t, out.signal.count, 1);
	KEXPECT_EQ(t, out.signal.timestamp, 0);

	KEXPECT_EQ(t, port_wait_async(p, &event.ref, 8, ZX_USER_SIGNAL_1,
				      ZX_WAIT_ASYNC_EDGE |
					      ZX_WAIT_ASYNC_TIMESTAMP), ZX_OK);
	KEXPECT_EQ(t, port_wait(p, 0, &out), ZX_ERR_TIMED_OUT);
	object_update_signals(event.ref.object, ZX_USER_SIGNAL_1, 0);
	KEXPECT_EQ(t, port_wait(p, 0, &out), ZX_ERR_TIMED_OUT);
	for (u32 i = 0; i < 3; i++) {
		object_update_signals(event.ref.object, 0, ZX_USER_SIGNAL_1);
		object_update_signals(event.ref.object, ZX_USER_SIGNAL_1, 0);
	}
	KEXPECT_EQ(t, port_wait(p, 0, &out), ZX_OK);
	KEXPECT_EQ(t, out.key, 8);
	KEXPECT_TRUE(t, out.signal.timestamp > 0);
	KEXPECT_EQ(t, port_wait(p, 0, &out), ZX_ERR_TIMED_OUT);
	drop(&event);
	drop(&port);
}

/* Cancel finds armed and queued waits of one handle and key, nothing else. */
KTEST(port_cancel_armed_and_queued)
{
	struct port *p = make_port();
	zx_port_packet_t out;
	struct held event, port;

	hold_event(&event);
	hold(&port, port_object(p));
	for (u64 key = 1; key <= 2; key++)
		for (u32 i = 0; i < 2; i++)
			KEXPECT_EQ(t, port_wait_async(p, &event.ref, key,
						      ZX_USER_SIGNAL_0 << i,
						      0), ZX_OK);
	object_update_signals(event.ref.object, 0, ZX_USER_SIGNAL_0);
	KEXPECT_EQ(t, port_cancel(p, &event.ref, 3), ZX_ERR_NOT_FOUND);
	KEXPECT_EQ(t, port_cancel(p, &event.ref, 1), ZX_OK);
	KEXPECT_EQ(t, port_cancel(p, &event.ref, 1), ZX_ERR_NOT_FOUND);
	object_update_signals(event.ref.object, 0, ZX_USER_SIGNAL_1);
	for (u32 i = 0; i < 2; i++) {
		KEXPECT_EQ(t, port_wait(p, 0, &out), ZX_OK);
		KEXPECT_EQ(t, out.key, 2);
	}
	KEXPECT_EQ(t, port_wait(p, 0, &out), ZX_ERR_TIMED_OUT);
	KEXPECT_EQ(t, port_cancel(p, &event.ref, 2), ZX_ERR_NOT_FOUND);
	drop(&event);
	drop(&port);
}

/* Whichever handle is closed first, all is freed and nothing arrives late. */
KTEST(port_async_close_orders)
{
	u64 ports = object_count(ZX_OBJ_TYPE_PORT);
	zx_port_packet_t out;

	for (u32 source_first = 0; source_first < 2; source_first++) {
		struct port *p = make_port();
		struct held event, port;

		hold_event(&event);
		hold(&port, port_object(p));
		KEXPECT_EQ(t, port_wait_async(p, &event.ref, 1,
					      ZX_USER_SIGNAL_0, 0), ZX_OK);
		KEXPECT_EQ(t, handle_close(source_first ? event.table
							: port.table,
					   source_first ? event.value
							: port.value), ZX_OK);
		object_update_signals(event.ref.object, 0, ZX_USER_SIGNAL_0);
		KEXPECT_EQ(t, port_wait(p, 0, &out), ZX_ERR_TIMED_OUT);
		KEXPECT_EQ(t, port_wait_async(p, &event.ref, 1,
					      ZX_USER_SIGNAL_1, 0),
			   source_first ? ZX_ERR_BAD_HANDLE : ZX_OK);
		drop(&event);
		drop(&port);
	}
	KEXPECT_EQ(t, object_count(ZX_OBJ_TYPE_PORT), ports);
}

/* Every packet goes to exactly one of several readers. */
struct reading {
	struct port *port;
	/* Atomic: sum of keys and number of packets read. */
	u64 sum;
	u32 count;
};

static void reading_member(void *arg, u32 index)
{
	struct reading *r = arg;
	zx_port_packet_t out;

	(void)index;
	do {
		ASSERT(port_wait(r->port, ZX_TIME_INFINITE, &out) == ZX_OK);
		__atomic_fetch_add(&r->sum, out.key, __ATOMIC_RELAXED);
		__atomic_fetch_add(&r->count, 1, __ATOMIC_RELAXED);
	} while (out.key);
}

KTEST(port_many_readers)
{
	struct reading r = { .port = make_port() };
	zx_port_packet_t in = { .key = 0 };
	struct team team;

	team_start(&team, 4, THREAD_PRIORITY_DEFAULT, reading_member, &r);
	for (u64 i = 1; i <= 5000; i++) {
		in.key = i;
		while (port_queue_user(r.port, &in, 2049) == ZX_ERR_SHOULD_WAIT)
			sched_yield();
	}
	in.key = 0;
	for (u32 i = 0; i < 4; i++)
		while (port_queue_user(r.port, &in, 2049) == ZX_ERR_SHOULD_WAIT)
			sched_yield();
	team_join(&team);
	KEXPECT_EQ(t, r.count, 5004);
	KEXPECT_EQ(t, r.sum, 5000ul * 5001 / 2);
	object_unref(port_object(r.port));
}

/* The four ends of a wait, with what it has seen. */
KTEST(wait_one_outcomes)
{
	zx_signals_t seen = 0;
	struct held event;

	hold_event(&event);
	object_update_signals(event.ref.object, 0, ZX_USER_SIGNAL_0);
	KEXPECT_EQ(t, object_wait_one(&event.ref, ZX_USER_SIGNAL_0, 0, &seen),
		   ZX_OK);
	KEXPECT_EQ(t, seen, ZX_USER_SIGNAL_0);
	KEXPECT_EQ(t, object_wait_one(&event.ref, ZX_USER_SIGNAL_1, 0, &seen),
		   ZX_ERR_TIMED_OUT);
	KEXPECT_EQ(t, seen, ZX_USER_SIGNAL_0);
	KEXPECT_EQ(t, handle_close(event.table, event.value), ZX_OK);
	KEXPECT_EQ(t, object_wait_one(&event.ref, ZX_USER_SIGNAL_1,
				      ZX_TIME_INFINITE, &seen),
		   ZX_ERR_CANCELED);
	KEXPECT_EQ(t, seen, ZX_USER_SIGNAL_0 | ZX_SIGNAL_HANDLE_CLOSED);
	drop(&event);
}

/* A pulse that is over when the waiter runs has still been seen. */
static void pulse_member(void *arg, u32 index)
{
	struct held *event = arg;

	(void)index;
	while (event->ref.object->observer_count == 0)
		sched_yield();
	object_update_signals(event->ref.object, 0, ZX_USER_SIGNAL_2);
	object_update_signals(event->ref.object, ZX_USER_SIGNAL_2, 0);
}

KTEST(wait_one_sees_pulse)
{
	zx_signals_t seen = 0;
	struct held event;
	struct team team;

	hold_event(&event);
	for (u32 i = 0; i < 50; i++) {
		team_start(&team, 1, THREAD_PRIORITY_DEFAULT, pulse_member,
			   &event);
		KEXPECT_EQ(t, object_wait_one(&event.ref, ZX_USER_SIGNAL_2,
					      ZX_TIME_INFINITE, &seen), ZX_OK);
		KEXPECT_EQ(t, seen, ZX_USER_SIGNAL_2);
		team_join(&team);
	}
	drop(&event);
}

/* One of many wakes; all items tell what they saw; nothing stays linked. */
KTEST(wait_many_items)
{
	struct held events[3];
	struct handle_ref refs[4];
	zx_wait_item_t items[4];

	for (u32 i = 0; i < 3; i++) {
		hold_event(&events[i]);
		refs[i] = events[i].ref;
		items[i].waitfor = ZX_USER_SIGNAL_0;
	}
	refs[3] = refs[0];
	items[3].waitfor = ZX_USER_SIGNAL_1;
	object_update_signals(refs[2].object, 0, ZX_USER_SIGNAL_5);
	KEXPECT_EQ(t, object_wait_many(refs, items, 4, 0), ZX_ERR_TIMED_OUT);
	KEXPECT_EQ(t, items[2].pending, ZX_USER_SIGNAL_5);
	object_update_signals(refs[0].object, 0, ZX_USER_SIGNAL_1);
	KEXPECT_EQ(t, object_wait_many(refs, items, 4, ZX_TIME_INFINITE),
		   ZX_OK);
	KEXPECT_EQ(t, items[0].pending, ZX_USER_SIGNAL_1);
	KEXPECT_EQ(t, items[3].pending, ZX_USER_SIGNAL_1);
	KEXPECT_EQ(t, items[1].pending, 0);
	KEXPECT_EQ(t, handle_close(events[1].table, events[1].value), ZX_OK);
	KEXPECT_EQ(t, object_wait_many(refs, items, 4, ZX_TIME_INFINITE),
		   ZX_ERR_CANCELED);
	KEXPECT_EQ(t, items[1].pending, ZX_SIGNAL_HANDLE_CLOSED);
	for (u32 i = 0; i < 3; i++) {
		KEXPECT_EQ(t, events[i].ref.object->observer_count, 0);
		drop(&events[i]);
	}
}

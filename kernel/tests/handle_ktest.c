/*
 * Handle tables: values, generations, the stock of references, and look-ups
 * that race with closing.
 */
#include <kernel/event.h>
#include <kernel/handle.h>
#include <kernel/ktest.h>
#include <kernel/sched.h>
#include <kernel/panic.h>

#include "team.h"

static struct handle_table *make_table(void)
{
	struct handle_table *table;

	ASSERT(handle_table_create(&table) == ZX_OK);
	return table;
}

static struct object *make_event(void)
{
	struct object *o;

	ASSERT(event_create(&o) == ZX_OK);
	return o;
}

static zx_handle_t put(struct handle_table *table, struct object *o,
		       zx_rights_t rights)
{
	struct handle_slot slot;

	ASSERT(handle_reserve(table, &slot) == ZX_OK);
	handle_publish(&slot, o, rights);
	return slot.value;
}

static zx_status_t look_up(struct handle_table *table, zx_handle_t value,
			   u32 type, zx_rights_t rights)
{
	struct handle_ref ref;
	zx_status_t status = handle_table_get_ref(table, value, type, rights,
						  &ref);

	if (status == ZX_OK)
		object_unref(ref.object);
	return status;
}

/* The order of the checks, and values that cannot be handles. */
KTEST(handle_look_up_checks)
{
	struct handle_table *table = make_table();
	struct object *o = make_event();
	zx_handle_t h = put(table, o, ZX_RIGHT_WAIT);

	KEXPECT_EQ(t, h & ZX_HANDLE_FIXED_BITS_MASK, 3);
	KEXPECT_EQ(t, look_up(table, h, ZX_OBJ_TYPE_EVENT, ZX_RIGHT_WAIT),
		   ZX_OK);
	KEXPECT_EQ(t, look_up(table, h, ZX_OBJ_TYPE_NONE, 0), ZX_OK);
	KEXPECT_EQ(t, look_up(table, h, ZX_OBJ_TYPE_PORT, ZX_RIGHT_READ),
		   ZX_ERR_WRONG_TYPE);
	KEXPECT_EQ(t, look_up(table, h, ZX_OBJ_TYPE_EVENT, ZX_RIGHT_READ),
		   ZX_ERR_ACCESS_DENIED);
	for (u32 bits = 0; bits < 3; bits++)
		KEXPECT_EQ(t, look_up(table, (h & ~3u) | bits, 0, 0),
			   ZX_ERR_BAD_HANDLE);
	KEXPECT_EQ(t, look_up(table, 0, 0, 0), ZX_ERR_BAD_HANDLE);
	KEXPECT_EQ(t, look_up(table, UINT32_MAX, 0, 0), ZX_ERR_BAD_HANDLE);
	for (u32 bit = 2; bit < 32; bit++)
		KEXPECT_EQ(t, look_up(table, h ^ (1u << bit), 0, 0),
			   ZX_ERR_BAD_HANDLE);
	object_unref(o);
	handle_table_destroy(table);
}

/* A closed value stays refused while its slot is used again and again. */
KTEST(handle_stale_refused)
{
	struct handle_table *table = make_table();
	struct object *o = make_event();
	zx_handle_t first = put(table, o, 0);

	KEXPECT_EQ(t, handle_close(table, first), ZX_OK);
	KEXPECT_EQ(t, handle_close(table, first), ZX_ERR_BAD_HANDLE);
	for (u32 i = 0; i < 5000; i++) {
		zx_handle_t h = put(table, o, 0);

		KEXPECT_TRUE(t, h != first && h != UINT32_MAX);
		KEXPECT_EQ(t, look_up(table, first, 0, 0), ZX_ERR_BAD_HANDLE);
		KEXPECT_EQ(t, handle_close(table, h), ZX_OK);
	}
	KEXPECT_EQ(t, handle_table_count(table), 0);
	object_unref(o);
	handle_table_destroy(table);
}

/* More look-ups than a slot's stock has references, and no reference lost. */
KTEST(handle_stock_is_refilled)
{
	struct handle_table *table = make_table();
	struct object *o = make_event();
	zx_handle_t h = put(table, o, 0);
	u64 live = object_count(ZX_OBJ_TYPE_EVENT);

	for (u32 i = 0; i < 5000; i++)
		KEXPECT_EQ(t, look_up(table, h, 0, 0), ZX_OK);
	KEXPECT_EQ(t, handle_close(table, h), ZX_OK);
	KEXPECT_EQ(t, o->ref_count, 1);
	KEXPECT_EQ(t, o->handle_count, 0);
	object_unref(o);
	KEXPECT_EQ(t, object_count(ZX_OBJ_TYPE_EVENT), live - 1);
	handle_table_destroy(table);
}

/* Several chunks: every value leads to its own object. */
KTEST(handle_many)
{
	enum { COUNT = 1000 };
	static zx_handle_t values[COUNT];
	struct handle_table *table = make_table();
	struct object *objects[4];

	for (u32 i = 0; i < 4; i++)
		objects[i] = make_event();
	for (u32 i = 0; i < COUNT; i++)
		values[i] = put(table, objects[i % 4], i);
	KEXPECT_EQ(t, handle_table_count(table), COUNT);
	for (u32 i = 0; i < COUNT; i++) {
		struct handle_ref ref;

		KEXPECT_EQ(t, handle_table_get_ref(table, values[i], 0, 0,
						   &ref), ZX_OK);
		KEXPECT_TRUE(t, ref.object == objects[i % 4]);
		KEXPECT_EQ(t, ref.rights, i);
		object_unref(ref.object);
	}
	handle_table_destroy(table);
	for (u32 i = 0; i < 4; i++) {
		KEXPECT_EQ(t, objects[i]->ref_count, 1);
		object_unref(objects[i]);
	}
}

/* One thread makes and closes, the others look up what it last made. */
struct close_race {
	struct handle_table *table;
	struct object *object;
	/* Atomic: the value to look up; 0 ends the race. */
	u32 value;
	/* Atomic: look-ups that found the object, and those that did not. */
	u32 found_count;
	u32 refused_count;
};

static bool somebody_looked(const struct close_race *r)
{
	return __atomic_load_n(&r->found_count, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&r->refused_count, __ATOMIC_RELAXED);
}

static void close_race_member(void *arg, u32 index)
{
	struct close_race *r = arg;
	struct handle_ref ref;
	zx_handle_t h;

	if (index == 0) {
		/* On one CPU the others look only when it is left to them. */
		for (u32 i = 0; i < 20000 || !somebody_looked(r); i++) {
			h = put(r->table, r->object, 0);
			__atomic_store_n(&r->value, h, __ATOMIC_RELAXED);
			if (i % 256 == 0)
				sched_yield();
			ASSERT(handle_close(r->table, h) == ZX_OK);
		}
		__atomic_store_n(&r->value, 0, __ATOMIC_RELAXED);
		return;
	}
	while ((h = __atomic_load_n(&r->value, __ATOMIC_RELAXED)) != 0) {
		if (handle_table_get_ref(r->table, h, 0, 0, &ref) == ZX_OK) {
			ASSERT(ref.object == r->object);
			object_unref(ref.object);
			__atomic_fetch_add(&r->found_count, 1,
					   __ATOMIC_RELAXED);
		} else {
			__atomic_fetch_add(&r->refused_count, 1,
					   __ATOMIC_RELAXED);
		}
	}
}

KTEST(handle_look_up_races_with_close)
{
	struct close_race r = { .table = make_table(), .object = make_event() };

	r.value = put(r.table, r.object, 0);
	team_run(3, close_race_member, &r);
	KEXPECT_TRUE(t, r.refused_count != 0 || r.found_count != 0);
	handle_table_destroy(r.table);
	KEXPECT_EQ(t, r.object->ref_count, 1);
	KEXPECT_EQ(t, r.object->handle_count, 0);
	object_unref(r.object);
}

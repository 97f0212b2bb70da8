/*
 * Every allocation of the calls on VMO families fails once: the call says
 * NO_MEMORY, all members hold what they held, and nothing is lost.
 */
#include <mm/pager.h>
#include <mm/pmm.h>
#include <mm/slab.h>
#include <mm/stats.h>
#include <mm/vmar.h>

#include "snap_env.h"

#define RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define BASE 0x100000000ul
#define PAGES 200			/* of V, C and O: four leaves */
#define FAIL_LIMIT 2000			/* allocations that a call may make */

/* Made anew for each failure. V is anonymous, every second page is there, C its
 * snapshot, which has written page 7. O lies over the pager's VMO P, which is
 * all there, and has written page 9. */
static struct {
	struct aspace *as;		/* shows C at BASE */
	struct vmo *v, *c, *p, *o, *aux;
	struct pager *pager;
	struct port *port;
	struct vmo *made;		/* by the call under test */
} w;

static int boot(void **state)
{
	(void)state;
	snap_boot(1, 1);
	return 0;
}

static u64 stamp(u64 page)
{
	return 0x57a3000000000000ul + page;
}

static void fill(struct vmo *v, u64 step)
{
	for (u64 i = 0; i < PAGES; i += step)
		snap_put_word(v, i, FIRST_WORD, stamp(i));
}

static void make_pager_family(void)
{
	assert_int_equal(pager_create(&w.pager), ZX_OK);
	assert_int_equal(port_create(0, &w.port), ZX_OK);
	assert_int_equal(pager_create_vmo(w.pager, 0, w.port, 1,
					  PAGES * PAGE_SIZE, &w.p), ZX_OK);
	assert_int_equal(vmo_create(PAGES * PAGE_SIZE, 0, &w.aux), ZX_OK);
	fill(w.aux, 1);
	assert_int_equal(pager_supply_pages(
				 w.p, 0, PAGES * PAGE_SIZE, w.aux, 0,
				 &(struct pager_supply_rules){ 0 }), ZX_OK);
	/* Its last handle goes: so the pages are not what is evicted for want
	 * of memory. */
	pager_object(w.pager)->ops->on_zero_handles(pager_object(w.pager));
	assert_int_equal(snap_try(w.p, VMO_CHILD_AT_LEAST_ON_WRITE, 0, PAGES,
				  true, &w.o), ZX_OK);
	snap_put_word(w.o, 9, FIRST_WORD, 9);
}

static void world_make(void)
{
	struct vmar_placement where = { ZX_VM_SPECIFIC, 0, PAGES * PAGE_SIZE };
	uaddr_t got;

	memset(&w, 0, sizeof(w));
	assert_int_equal(vmo_create(PAGES * PAGE_SIZE, ZX_VMO_RESIZABLE, &w.v),
			 ZX_OK);
	fill(w.v, 2);
	assert_int_equal(snap_try(w.v, VMO_CHILD_SNAPSHOT, 0, PAGES, true,
				  &w.c), ZX_OK);
	snap_put_word(w.c, 7, FIRST_WORD, 7);
	make_pager_family();
	assert_int_equal(aspace_create("fail", &w.as), ZX_OK);
	where.offset = BASE - w.as->root->base;
	assert_int_equal(vmar_map(w.as->root, &where, w.c, 0, RW, RW, true,
				  &got), ZX_OK);
	fake_enter_aspace(w.as);
}

static void world_check(void)
{
	for (u64 i = 0; i < PAGES; i++) {
		u64 in_v = i % 2 ? 0 : stamp(i), value;

		assert_int_equal(snap_get_word(w.v, i, FIRST_WORD), in_v);
		assert_int_equal(snap_get_word(w.c, i, FIRST_WORD),
				 i == 7 ? 7 : in_v);
		assert_int_equal(snap_get_word(w.p, i, FIRST_WORD), stamp(i));
		assert_int_equal(snap_get_word(w.o, i, FIRST_WORD),
				 i == 9 ? 9 : stamp(i));
		assert_int_equal(fake_user_load(BASE + i * PAGE_SIZE, &value),
				 ZX_OK);
		assert_int_equal(value, i == 7 ? 7 : in_v);
	}
	assert_int_equal(vmo_get_size(w.c), PAGES * PAGE_SIZE);
	assert_int_equal(vmo_get_size(w.o), PAGES * PAGE_SIZE);
}

static void world_drop(void)
{
	fake_enter_aspace(NULL);
	aspace_destroy(w.as);
	if (w.made)
		object_unref(&w.made->object);
	object_unref(&w.v->object);
	object_unref(&w.c->object);
	object_unref(&w.o->object);
	object_unref(&w.p->object);
	object_unref(&w.aux->object);
	object_unref(pager_object(w.pager));
	/* As its last handle would: it drops COMPLETE, which holds the source. */
	port_object(w.port)->ops->on_zero_handles(port_object(w.port));
	object_unref(port_object(w.port));
	epoch_drain();
	pt_stock_release();
	assert_int_equal(snap_frames(), 0);
}

/* Frames and objects in use. */
static u64 frames_used(void)
{
	return pmm_total_count() - pmm_free_count() - slab_total_pages();
}

/* Fails allocation 1, 2, ... of the call until none is left to fail. */
static void walk(zx_status_t (*call)(void))
{
	u64 n = 0, failed = 0, frames, objects;
	zx_status_t status;

	world_make();
	world_drop();
	frames = frames_used();
	objects = slab_total_live();
	do {
		world_make();
		pmm_fail_after(++n);
		status = call();
		pmm_fail_after(0);
		if (status != ZX_OK) {
			assert_int_equal(status, ZX_ERR_NO_MEMORY);
			assert_null(w.made);
			failed++;
			world_check();
		}
		world_drop();
		assert_int_equal(slab_total_live(), objects);
		assert_int_equal(frames_used(), frames);
	} while (status != ZX_OK && n < FAIL_LIMIT);
	assert_int_equal(status, ZX_OK);
	assert_true(failed > 0);
	print_message("# %lu allocations\n", (unsigned long)failed);
}

/* --- Births ----------------------------------------------------------------------- */

static zx_status_t call_snapshot(void)
{
	return snap_try(w.v, VMO_CHILD_SNAPSHOT, 0, PAGES, true, &w.made);
}

static zx_status_t call_snapshot_of_window(void)
{
	return snap_try(w.c, VMO_CHILD_SNAPSHOT, 5, 100, false, &w.made);
}

/* The first child of a VMO without relatives. */
static zx_status_t call_first_child(void)
{
	return snap_try(w.aux, VMO_CHILD_SNAPSHOT, 0, 1, false, &w.made);
}

static zx_status_t call_overlay(void)
{
	return snap_try(w.p, VMO_CHILD_AT_LEAST_ON_WRITE, 0, PAGES, true,
			&w.made);
}

static zx_status_t call_snapshot_of_overlay(void)
{
	return snap_try(w.o, VMO_CHILD_MODIFIED, 5, 100, false, &w.made);
}

static zx_status_t call_slice(void)
{
	return snap_try(w.aux, VMO_CHILD_SLICE, 5, 10, false, &w.made);
}

static zx_status_t call_reference(void)
{
	return snap_try(w.aux, VMO_CHILD_REFERENCE, 0, 0, false, &w.made);
}

static void test_births(void **state)
{
	(void)state;
	walk(call_snapshot);
	walk(call_snapshot_of_window);
	walk(call_first_child);
	walk(call_overlay);
	walk(call_snapshot_of_overlay);
	walk(call_slice);
	walk(call_reference);
}

/* --- Writes ----------------------------------------------------------------------- */

static zx_status_t write_one(struct vmo *v, u64 page)
{
	return vmo_write_kernel(v, &(u64){ 1 }, page * PAGE_SIZE, 8);
}

static zx_status_t call_write_shared(void)
{
	return write_one(w.v, 100);
}

static zx_status_t call_write_shared_empty(void)
{
	return write_one(w.c, 101);
}

static zx_status_t call_write_overlay(void)
{
	return write_one(w.o, 100);
}

static zx_status_t call_store_shared(void)
{
	return fake_user_store(BASE + 100 * PAGE_SIZE, 1);
}

static void test_writes(void **state)
{
	(void)state;
	walk(call_write_shared);
	walk(call_write_shared_empty);
	walk(call_write_overlay);
	walk(call_store_shared);
}

/* What was committed before memory ran out stays, and reads the same. */
static zx_status_t call_commit_shared(void)
{
	return vmo_commit_range(w.c, 60 * PAGE_SIZE, 10 * PAGE_SIZE, false);
}

static zx_status_t call_commit_overlay(void)
{
	return vmo_commit_range(w.o, 60 * PAGE_SIZE, 10 * PAGE_SIZE, false);
}

static void test_commit(void **state)
{
	(void)state;
	walk(call_commit_shared);
	walk(call_commit_overlay);
}

/* --- Zeroes and sizes ------------------------------------------------------------- */

static zx_status_t call_zero_shared(void)
{
	return vmo_zero_range(w.v, 10 * PAGE_SIZE, 100 * PAGE_SIZE, false);
}

static zx_status_t call_zero_overlay(void)
{
	return vmo_zero_range(w.o, 5 * PAGE_SIZE, 100 * PAGE_SIZE, false);
}

/* To the end of what shines through. */
static zx_status_t call_zero_overlay_tail(void)
{
	return vmo_zero_range(w.o, 5 * PAGE_SIZE, (PAGES - 5) * PAGE_SIZE,
			      false);
}

static zx_status_t call_zero_part(void)
{
	return vmo_zero_range(w.c, 100 * PAGE_SIZE, 100, false);
}

static zx_status_t call_shrink(void)
{
	return vmo_set_size(w.c, 100 * PAGE_SIZE + 4);
}

static zx_status_t call_shrink_overlay(void)
{
	return vmo_set_size(w.o, 100 * PAGE_SIZE + 4);
}

static void test_zero(void **state)
{
	(void)state;
	walk(call_zero_shared);
	walk(call_zero_overlay);
	walk(call_zero_part);
	world_make();
	assert_int_equal(call_zero_overlay_tail(), ZX_OK);
	assert_int_equal(snap_get_word(w.o, PAGES - 1, FIRST_WORD), 0);
	assert_int_equal(snap_get_word(w.o, 4, FIRST_WORD), stamp(4));
	world_drop();
}

static void test_shrink(void **state)
{
	(void)state;
	walk(call_shrink);
	walk(call_shrink_overlay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_births),
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_commit),
		cmocka_unit_test(test_zero),
		cmocka_unit_test(test_shrink),
	};

	return cmocka_run_group_tests(tests, boot, NULL);
}

/*
 * Every allocation of every call fails once: the call says NO_MEMORY, nothing
 * has changed for the program, and nothing is lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <arch/mmu.h>
#include <kernel/epoch.h>
#include <kernel/port.h>
#include <mm/fault.h>
#include <mm/pager.h>
#include <mm/pmm.h>
#include <mm/slab.h>
#include <mm/vmo_info.h>

#include "fake.h"

#define RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define BASE 0x100000000ul
#define PAGES 200			/* of the world's VMO, three leaves */
#define HOLE 100			/* this page of the aspace is not mapped */
#define FAIL_LIMIT 2000			/* allocations that a call may make */

/* What calls work on; made anew for each failure. */
static struct {
	struct aspace *as;
	struct vmo *vmo;		/* mapped at BASE; each second page there */
	struct vmo *aux;		/* 64 pages, all there */
	struct vmo *paged;		/* 4 pages of the pager */
	struct pager *pager;
	struct port *port;
	struct vmar *made_vmar;		/* what the call under test made */
	struct vmo *made_vmo;
	struct pager *made_pager;
} w;

static int boot(void **state)
{
	(void)state;
	fake_boot(&(struct fake_options){ .cpu_count = 1, .seed = 1 });
	mm_init();
	port_init();
	return 0;
}

static u64 stamp(u64 page)
{
	return 0x57a3000000000000ul + page;
}

static zx_status_t map_at(u64 page, u64 pages, struct vmo *v, u64 first,
			  u32 options, bool populate)
{
	struct vmar_placement where = {
		options, BASE - w.as->base + page * PAGE_SIZE,
		pages * PAGE_SIZE };
	uaddr_t got;

	return vmar_map(w.as->root, &where, v, first * PAGE_SIZE, RW, RW,
			populate, &got);
}

static struct vmo *new_vmo(u64 pages, u64 step)
{
	struct vmo *v;

	assert_int_equal(vmo_create(pages * PAGE_SIZE, ZX_VMO_RESIZABLE, &v),
			 ZX_OK);
	for (u64 i = 0; i < pages; i += step)
		assert_int_equal(vmo_write_kernel(v, &(u64){ stamp(i) },
						  i * PAGE_SIZE, 8), ZX_OK);
	return v;
}

static void world_make(void)
{
	memset(&w, 0, sizeof(w));
	assert_int_equal(aspace_create("fail", &w.as), ZX_OK);
	w.vmo = new_vmo(PAGES, 2);
	w.aux = new_vmo(64, 1);
	assert_int_equal(pager_create(&w.pager), ZX_OK);
	assert_int_equal(port_create(0, &w.port), ZX_OK);
	assert_int_equal(pager_create_vmo(w.pager, 0, w.port, 1,
					  1000 * PAGE_SIZE, &w.paged), ZX_OK);
	/* In pieces that do not join, so that the tree has something to do. */
	for (u64 i = 0; i < PAGES; i += 10)
		if (i != HOLE)
			assert_int_equal(map_at(i, 10, w.vmo, i, ZX_VM_SPECIFIC,
						false), ZX_OK);
	fake_enter_aspace(w.as);
}

/* The program sees its pages where they were, and the hole. */
static void world_check(void)
{
	u64 value;

	for (u64 i = 0; i < PAGES; i++) {
		uaddr_t va = BASE + i * PAGE_SIZE;

		if (i / 10 * 10 == HOLE) {
			assert_int_equal(fake_user_load(va, &value),
					 ZX_ERR_NOT_FOUND);
			continue;
		}
		assert_int_equal(fake_user_load(va, &value), ZX_OK);
		assert_int_equal(value, i % 2 ? 0 : stamp(i));
		if (i % 2 == 0)
			assert_int_equal(fake_user_store(va, value), ZX_OK);
	}
	assert_int_equal(vmo_get_size(w.vmo), PAGES * PAGE_SIZE);
	assert_int_equal(vmo_committed_pages(w.vmo, 0, PAGES * PAGE_SIZE),
			 PAGES / 2);
	assert_int_equal(w.vmo->mapping_count, PAGES / 10 - 1);
	rtree_check(&w.as->root->children, NULL);
	ptree_check(&w.vmo->pages, NULL);
}

static void world_drop(void)
{
	fake_enter_aspace(NULL);
	aspace_destroy(w.as);
	if (w.made_vmar)
		object_unref(&w.made_vmar->object);
	if (w.made_vmo)
		object_unref(&w.made_vmo->object);
	if (w.made_pager)
		object_unref(pager_object(w.made_pager));
	object_unref(&w.vmo->object);
	object_unref(&w.aux->object);
	object_unref(&w.paged->object);
	object_unref(pager_object(w.pager));
	/* As its last handle would: it drops COMPLETE, which holds the source. */
	port_object(w.port)->ops->on_zero_handles(port_object(w.port));
	object_unref(port_object(w.port));
	epoch_drain();
	pt_stock_release();
}

/* Frames and objects in use. */
struct use {
	u64 frames;
	u64 objects;
};

static struct use use_now(void)
{
	return (struct use){ pmm_total_count() - pmm_free_count() -
				     slab_total_pages(), slab_total_live() };
}

/*
 * Fails allocation 1, 2, ... of the call until none is left to fail. `checked`:
 * a failed call leaves the world as world_check() wants it.
 */
static void walk(zx_status_t (*call)(void), bool checked)
{
	struct use before;
	u64 n = 0, failed = 0;
	zx_status_t status;

	world_make();
	world_drop();
	before = use_now();
	do {
		world_make();
		pmm_fail_after(++n);
		status = call();
		pmm_fail_after(0);
		if (status != ZX_OK) {
			assert_int_equal(status, ZX_ERR_NO_MEMORY);
			failed++;
			if (checked)
				world_check();
		}
		world_drop();
		assert_int_equal(use_now().objects, before.objects);
		assert_int_equal(use_now().frames, before.frames);
	} while (status != ZX_OK && n < FAIL_LIMIT);
	assert_int_equal(status, ZX_OK);
	assert_true(failed > 0);
	print_message("# %lu allocations\n", (unsigned long)failed);
}

/* --- VMARs ----------------------------------------------------------------- */

static zx_status_t call_map(void)
{
	return map_at(HOLE, 10, w.vmo, 0, ZX_VM_SPECIFIC, false);
}

static zx_status_t call_map_populated(void)
{
	return map_at(HOLE, 10, w.vmo, 0, ZX_VM_SPECIFIC, true);
}

/* Far away: tables, and nodes of the tree, are needed. */
static zx_status_t call_map_far(void)
{
	return map_at(1ul << 30, 10, w.aux, 0, ZX_VM_SPECIFIC, true);
}

static zx_status_t call_overwrite(void)
{
	return map_at(15, 150, w.aux, 0, ZX_VM_SPECIFIC_OVERWRITE, false);
}

static zx_status_t call_overwrite_inside(void)
{
	return map_at(12, 3, w.aux, 0, ZX_VM_SPECIFIC_OVERWRITE, false);
}

static zx_status_t call_unmap_inside(void)
{
	return vmar_unmap(w.as->root, BASE + 3 * PAGE_SIZE, 2 * PAGE_SIZE,
			  true);
}

static zx_status_t call_unmap_across(void)
{
	return vmar_unmap(w.as->root, BASE + 3 * PAGE_SIZE, 190 * PAGE_SIZE,
			  true);
}

static zx_status_t call_protect_inside(void)
{
	return vmar_protect(w.as->root, BASE + 3 * PAGE_SIZE, 2 * PAGE_SIZE,
			    ZX_VM_PERM_READ, false);
}

static zx_status_t call_protect_across(void)
{
	return vmar_protect(w.as->root, BASE + 3 * PAGE_SIZE, 92 * PAGE_SIZE,
			    ZX_VM_PERM_READ, false);
}

static zx_status_t call_allocate(void)
{
	struct vmar_placement where = { 0, 0, 16 * PAGE_SIZE };

	return vmar_allocate(w.as->root, &where, ZX_VM_CAN_MAP_READ,
			     &w.made_vmar);
}

static void test_map(void **state)
{
	(void)state;
	walk(call_map, true);
	walk(call_map_populated, true);
	walk(call_map_far, true);
}

static void test_overwrite(void **state)
{
	(void)state;
	walk(call_overwrite, true);
	walk(call_overwrite_inside, true);
}

static void test_unmap(void **state)
{
	(void)state;
	walk(call_unmap_inside, true);
	walk(call_unmap_across, true);
}

static void test_protect(void **state)
{
	(void)state;
	walk(call_protect_inside, true);
	walk(call_protect_across, true);
}

static void test_allocate(void **state)
{
	(void)state;
	walk(call_allocate, true);
}

/* --- VMOs ------------------------------------------------------------------ */

static zx_status_t call_create(void)
{
	return vmo_create(PAGE_SIZE, 0, &w.made_vmo);
}

/* Into a leaf that must be made, below nodes that must be made. */
static zx_status_t call_write_absent(void)
{
	u64 bytes[2] = { 1, 2 };
	zx_status_t status = vmo_set_size(w.aux, 1ul << 40);

	return status == ZX_OK ? vmo_write_kernel(w.aux, bytes,
						  (1ul << 40) - 16, 16)
			       : status;
}

static zx_status_t call_commit(void)
{
	return vmo_commit_range(w.vmo, 0, PAGES * PAGE_SIZE, false);
}

static zx_status_t call_commit_far(void)
{
	zx_status_t status = vmo_set_size(w.aux, 1ul << 40);

	return status == ZX_OK ? vmo_commit_range(w.aux, 1ul << 39,
						  200 * PAGE_SIZE, false)
			       : status;
}

static zx_status_t call_fault(void)
{
	return fake_user_store(BASE + PAGE_SIZE, 0);
}

static zx_status_t call_fault_far(void)
{
	if (map_at(1ul << 30, 10, w.aux, 64, ZX_VM_SPECIFIC, false) != ZX_OK)
		return ZX_ERR_NO_MEMORY;
	assert_int_equal(vmo_set_size(w.aux, 100 * PAGE_SIZE), ZX_OK);
	return fake_user_store(BASE + (1ul << 42), 5);
}

static void test_create(void **state)
{
	(void)state;
	walk(call_create, true);
}

static void test_write(void **state)
{
	(void)state;
	walk(call_write_absent, true);
}

static void test_commit(void **state)
{
	(void)state;
	walk(call_commit, true);
	walk(call_commit_far, true);
}

static void test_fault(void **state)
{
	(void)state;
	/* The page may stay when the table for it cannot be had. */
	walk(call_fault, false);
	walk(call_fault_far, false);
}

/* What needs no memory does not ask for any. */
static void test_removal_needs_nothing(void **state)
{
	(void)state;
	world_make();
	pmm_fail_after(1);
	assert_int_equal(vmo_decommit_range(w.vmo, 3 * PAGE_SIZE,
					    7 * PAGE_SIZE, false), ZX_OK);
	assert_int_equal(vmo_zero_range(w.vmo, 100, 7 * PAGE_SIZE, false),
			 ZX_OK);
	assert_int_equal(vmar_op_range(w.as->root, ZX_VMAR_OP_DECOMMIT, BASE,
				       30 * PAGE_SIZE, true), ZX_OK);
	assert_int_equal(vmo_set_size(w.vmo, 77), ZX_OK);
	assert_int_equal(vmo_set_size(w.vmo, PAGES * PAGE_SIZE), ZX_OK);
	assert_int_equal(vmar_protect(w.as->root, BASE, 100 * PAGE_SIZE,
				      ZX_VM_PERM_READ, false), ZX_OK);
	assert_int_equal(vmar_unmap(w.as->root, BASE, 100 * PAGE_SIZE, true),
			 ZX_OK);
	pager_detach_vmo(w.paged);
	assert_int_equal(vmar_destroy(w.as->root), ZX_OK);
	pmm_fail_after(0);
	world_drop();
}

/* --- Pagers ---------------------------------------------------------------- */

static zx_status_t call_pager_create(void)
{
	return pager_create(&w.made_pager);
}

static zx_status_t call_pager_create_vmo(void)
{
	return pager_create_vmo(w.pager, 0, w.port, 2, PAGE_SIZE, &w.made_vmo);
}

static zx_status_t call_supply(void)
{
	return pager_supply_pages(w.paged, 900 * PAGE_SIZE, 64 * PAGE_SIZE,
				  w.aux, 0, &(struct pager_supply_rules){ 0 });
}

static void test_pager(void **state)
{
	(void)state;
	walk(call_pager_create, true);
	walk(call_pager_create_vmo, true);
	walk(call_supply, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_overwrite),
		cmocka_unit_test(test_unmap),
		cmocka_unit_test(test_protect),
		cmocka_unit_test(test_allocate),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_commit),
		cmocka_unit_test(test_fault),
		cmocka_unit_test(test_removal_needs_nothing),
		cmocka_unit_test(test_pager),
	};

	return cmocka_run_group_tests(tests, boot, NULL);
}

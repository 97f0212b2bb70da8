/*
 * Pins, contiguous memory and cache policies on the fake machine: which lines
 * are maintained when, what fails when memory is out, and that nothing of it
 * stays behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <arch/mmu.h>
#include <kernel/epoch.h>
#include <kernel/port.h>
#include <mm/pager.h>
#include <mm/pmm.h>
#include <mm/slab.h>
#include <mm/vmo_cache.h>
#include <mm/vmo_info.h>
#include <mm/vmo_physical.h>
#include <mm/vmo_pin.h>
#include <mm/vmo_stream.h>

#include "fake.h"

#define PAGE_LINES (PAGE_SIZE / FAKE_LINE)
#define FAIL_LIMIT 2000

static int boot(void **state)
{
	(void)state;
	fake_boot(&(struct fake_options){ .cpu_count = 1, .seed = 1 });
	mm_init();
	port_init();
	return 0;
}

static struct vmo *new_vmo(u64 pages, u64 written)
{
	struct vmo *v;

	assert_int_equal(vmo_create(pages * PAGE_SIZE, ZX_VMO_RESIZABLE, &v),
			 ZX_OK);
	for (u64 i = 0; i < written; i++)
		assert_int_equal(vmo_write_kernel(v, &(u64){ i + 1 },
						  i * PAGE_SIZE, 8), ZX_OK);
	return v;
}

static void drop(struct vmo *v)
{
	object_unref(&v->object);
	epoch_drain();
}

static struct vmo *snapshot(struct vmo *v, u64 pages)
{
	struct vmo_child want = { .kind = VMO_CHILD_SNAPSHOT,
				  .size = pages * PAGE_SIZE };
	struct vmo *child;

	assert_int_equal(vmo_create_child(v, &want, &child), ZX_OK);
	return child;
}

/* --- Caches ----------------------------------------------------------------- */

static void count_from_here(void)
{
	fake_cache = (struct fake_cache){ .ctr = FAKE_CTR };
}

static zx_status_t op(struct vmo *v, enum vmo_cache_op which, u64 offset,
		      u64 bytes)
{
	count_from_here();
	return vmo_cache_op(v, which, offset, bytes, true);
}

/* Only pages that are there, and of them only the range. */
static void test_ops_touch_what_is_there(void **state)
{
	struct vmo *v = new_vmo(1ul << 40, 3);

	(void)state;
	assert_int_equal(op(v, VMO_CACHE_CLEAN, 0, PAGE_SIZE << 40), ZX_OK);
	assert_int_equal(fake_cache.clean_count, 3 * PAGE_LINES);
	assert_int_equal(op(v, VMO_CACHE_CLEAN_INVALIDATE, PAGE_SIZE - 1, 2),
			 ZX_OK);
	assert_int_equal(fake_cache.clean_invalidate_count, 2);
	assert_int_equal(vmo_pin(v, PAGE_SIZE, PAGE_SIZE), ZX_OK);
	assert_int_equal(op(v, VMO_CACHE_INVALIDATE, PAGE_SIZE,
			    2 * PAGE_SIZE), ZX_OK);
	/* No device can have written to the other one. */
	assert_int_equal(fake_cache.invalidate_count, PAGE_LINES);
	assert_int_equal(fake_cache.clean_invalidate_count, PAGE_LINES);
	vmo_unpin(v, PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(op(v, VMO_CACHE_SYNC, 2 * PAGE_SIZE, 9 * PAGE_SIZE),
			 ZX_OK);
	assert_int_equal(fake_cache.clean_pou_count, PAGE_LINES);
	assert_int_equal(fake_cache.icache_count +
				 fake_cache.icache_all_count != 0, 1);
	assert_int_equal(op(v, VMO_CACHE_CLEAN, 0, 0), ZX_ERR_INVALID_ARGS);
	assert_int_equal(op(v, VMO_CACHE_CLEAN, PAGE_SIZE << 40, 1),
			 ZX_ERR_OUT_OF_RANGE);
	assert_int_equal(op(v, VMO_CACHE_CLEAN, 1, -1ul), ZX_ERR_OUT_OF_RANGE);
	assert_int_equal(vmo_committed_pages(v, 0, PAGE_SIZE << 40), 3);
	drop(v);
}

/* A snapshot's pages are its parent's until it writes. */
static void test_ops_see_the_parent_s_pages(void **state)
{
	struct vmo *v = new_vmo(4, 4), *child = snapshot(v, 4);

	(void)state;
	assert_int_equal(op(child, VMO_CACHE_CLEAN, 0, 4 * PAGE_SIZE), ZX_OK);
	assert_int_equal(fake_cache.clean_count, 4 * PAGE_LINES);
	/* It does not take from the parent what that has stored. */
	assert_int_equal(op(child, VMO_CACHE_INVALIDATE, 0, 4 * PAGE_SIZE),
			 ZX_OK);
	assert_int_equal(fake_cache.invalidate_count, 0);
	drop(child);
	drop(v);
}

static void test_policy_flushes_pages(void **state)
{
	struct vmo *v = new_vmo(4, 2);

	(void)state;
	count_from_here();
	assert_int_equal(vmo_set_cache_policy(v, ZX_CACHE_POLICY_CACHED,
					      false), ZX_OK);
	assert_int_equal(fake_cache.clean_invalidate_count, 0);
	assert_int_equal(vmo_set_cache_policy(v, ZX_CACHE_POLICY_UNCACHED,
					      false), ZX_OK);
	assert_int_equal(fake_cache.clean_invalidate_count, 2 * PAGE_LINES);
	/* One that comes later is flushed when it comes. */
	count_from_here();
	assert_int_equal(vmo_commit_range(v, 0, 3 * PAGE_SIZE, false), ZX_OK);
	assert_int_equal(fake_cache.clean_invalidate_count, PAGE_LINES);
	assert_int_equal(vmo_pin(v, 3 * PAGE_SIZE, PAGE_SIZE), ZX_OK);
	assert_int_equal(fake_cache.clean_invalidate_count, 2 * PAGE_LINES);
	assert_int_equal(vmo_set_cache_policy(v, ZX_CACHE_POLICY_CACHED, true),
			 ZX_ERR_BAD_STATE);
	vmo_unpin(v, 3 * PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(vmo_set_cache_policy(v, ZX_CACHE_POLICY_CACHED,
					      false), ZX_ERR_BAD_STATE);
	count_from_here();
	assert_int_equal(vmo_set_cache_policy(v, ZX_CACHE_POLICY_CACHED, true),
			 ZX_OK);
	assert_int_equal(fake_cache.clean_invalidate_count, 4 * PAGE_LINES);
	/* And then no more. */
	assert_int_equal(vmo_decommit_range(v, 0, PAGE_SIZE, false), ZX_OK);
	assert_int_equal(vmo_commit_range(v, 0, PAGE_SIZE, false), ZX_OK);
	assert_int_equal(fake_cache.clean_invalidate_count, 4 * PAGE_LINES);
	drop(v);
}

/* What a new size cuts off a page is cleared in memory, not in the cache. */
static void test_cut_page_is_flushed(void **state)
{
	struct vmo *v = new_vmo(3, 3);

	(void)state;
	assert_int_equal(vmo_set_cache_policy(v, ZX_CACHE_POLICY_UNCACHED,
					      false), ZX_OK);
	count_from_here();
	assert_int_equal(vmo_set_size(v, PAGE_SIZE + 1), ZX_OK);
	assert_int_equal(fake_cache.clean_invalidate_count, 2 * PAGE_LINES);
	drop(v);
}

static void test_supplied_pages_are_flushed(void **state)
{
	struct vmo *v, *aux = new_vmo(2, 2);
	struct pager *pager;
	struct port *port;

	(void)state;
	assert_int_equal(pager_create(&pager), ZX_OK);
	assert_int_equal(port_create(0, &port), ZX_OK);
	assert_int_equal(pager_create_vmo(pager, 0, port, 1, 2 * PAGE_SIZE,
					  &v), ZX_OK);
	assert_int_equal(vmo_set_cache_policy(v, ZX_CACHE_POLICY_UNCACHED,
					      false), ZX_OK);
	count_from_here();
	assert_int_equal(pager_supply_pages(v, 0, 2 * PAGE_SIZE, aux, 0,
					    &(struct pager_supply_rules){ 0 }),
			 ZX_OK);
	assert_int_equal(fake_cache.clean_invalidate_count, 2 * PAGE_LINES);
	drop(v);
	drop(aux);
	object_unref(pager_object(pager));
	port_object(port)->ops->on_zero_handles(port_object(port));
	object_unref(port_object(port));
}

/* --- Pins ------------------------------------------------------------------- */

static void test_pins_nest(void **state)
{
	struct vmo *v = new_vmo(3, 1);
	u64 at[3], again[3];

	(void)state;
	assert_int_equal(vmo_pin(v, 0, 3 * PAGE_SIZE), ZX_OK);
	vmo_get_pinned(v, 0, at, 3);
	assert_int_equal(vmo_pin(v, PAGE_SIZE, PAGE_SIZE), ZX_OK);
	assert_int_equal(v->pin_count, 4);
	vmo_unpin(v, 0, 3 * PAGE_SIZE);
	vmo_get_pinned(v, PAGE_SIZE, again, 1);
	assert_int_equal(again[0], at[1]);
	assert_int_equal(vmo_decommit_range(v, 0, 3 * PAGE_SIZE, false),
			 ZX_ERR_BAD_STATE);
	assert_int_equal(vmo_decommit_range(v, 2 * PAGE_SIZE, PAGE_SIZE,
					    false), ZX_OK);
	vmo_unpin(v, PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(v->pin_count, 0);
	assert_int_equal(vmo_decommit_range(v, 0, 3 * PAGE_SIZE, false),
			 ZX_OK);
	drop(v);
}

/* A page has room for 65535: one more is refused, and undone. */
static void test_pins_end_somewhere(void **state)
{
	struct vmo *v = new_vmo(2, 2);

	(void)state;
	for (u32 i = 0; i < UINT16_MAX; i++)
		assert_int_equal(vmo_pin(v, PAGE_SIZE, PAGE_SIZE), ZX_OK);
	assert_int_equal(vmo_pin(v, 0, 2 * PAGE_SIZE), ZX_ERR_UNAVAILABLE);
	assert_int_equal(v->pin_count, UINT16_MAX);
	assert_int_equal(vmo_decommit_range(v, 0, PAGE_SIZE, false), ZX_OK);
	for (u32 i = 0; i < UINT16_MAX; i++)
		vmo_unpin(v, PAGE_SIZE, PAGE_SIZE);
	drop(v);
}

/* --- Every allocation fails once --------------------------------------------- */

static struct vmo *made;

static zx_status_t call_contiguous(void)
{
	return vmo_create_contiguous(200 * PAGE_SIZE, 14, &made);
}

static zx_status_t call_physical(void)
{
	return vmo_create_physical(paddr(0), PAGE_SIZE, &made);
}

static zx_status_t call_pin(void)
{
	zx_status_t status;

	made = new_vmo(300, 0);
	status = vmo_pin(made, 0, 300 * PAGE_SIZE);
	if (status == ZX_OK)
		vmo_unpin(made, 0, 300 * PAGE_SIZE);
	assert_int_equal(made->pin_count, 0);
	return status;
}

static void walk(zx_status_t (*call)(void))
{
	u64 objects = slab_total_live(), n = 0;
	u64 frames = pmm_free_count() + slab_total_pages();
	zx_status_t status;

	do {
		made = NULL;
		/* The VMO that call_pin() makes is not what is to fail. */
		pmm_fail_after(++n + (call == call_pin));
		status = call();
		pmm_fail_after(0);
		if (status != ZX_OK)
			assert_int_equal(status, ZX_ERR_NO_MEMORY);
		if (made)
			drop(made);
		epoch_drain();
		assert_int_equal(slab_total_live(), objects);
		assert_int_equal(pmm_free_count() + slab_total_pages(),
				 frames);
	} while (status != ZX_OK && n < FAIL_LIMIT);
	assert_int_equal(status, ZX_OK);
	assert_true(n > 1);
}

static void test_failures(void **state)
{
	(void)state;
	walk(call_contiguous);
	walk(call_physical);
	walk(call_pin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ops_touch_what_is_there),
		cmocka_unit_test(test_ops_see_the_parent_s_pages),
		cmocka_unit_test(test_policy_flushes_pages),
		cmocka_unit_test(test_cut_page_is_flushed),
		cmocka_unit_test(test_supplied_pages_are_flushed),
		cmocka_unit_test(test_pins_nest),
		cmocka_unit_test(test_pins_end_somewhere),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, boot, NULL);
}

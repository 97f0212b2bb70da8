/*
 * Snapshots on the fake machine: the worked examples of vmo.md 14.8, each with
 * both ways of charging: whole pages to the oldest that sees them, and pages
 * divided by their viewers. The note at the head of 14 says which figures of
 * [2020] become smaller here: those of copies in hidden nodes.
 */
#include <mm/pager.h>
#include <mm/vmar.h>
#include <mm/vmo_pin.h>

#include "snap_env.h"

static int boot(void **state)
{
	(void)state;
	snap_boot(1, 1);
	return 0;
}

/* Every example begins and ends with nothing. */
static int finish(void **state)
{
	(void)state;
	drop_all();
	return 0;
}

/* A VMO of pages that hold 1, 2, ... */
static void make_counted(char name, u64 pages)
{
	make(name, pages);
	for (u64 i = 0; i < pages; i++)
		put(name, i, i + 1);
}

static void test_basic(void **state)
{
	(void)state;
	make_counted('V', 2);
	snap('C', 'V', 0, 2);
	charges("V2 C0");
	shares("V1 C1");
	put('V', 0, 10);
	charges("V2 C1");
	shares("V3/2 C3/2");
	put('C', 1, 20);
	charges("V2 C2");
	shares("V2 C2");
	for (u64 i = 0; i < 2; i++) {
		put('V', i, 30 + i);
		put('C', i, 40 + i);
	}
	charges("V2 C2");
	is('V', 1, 31);
	is('C', 0, 40);
}

static void test_zero_page_writes(void **state)
{
	(void)state;
	make('V', 4);
	snap('C', 'V', 0, 4);
	charges("V0 C0");
	put('V', 0, 1);
	charges("V1 C0");
	is('C', 0, 0);
	put('C', 0, 2);
	charges("V1 C1");
	put('C', 3, 3);
	put('V', 2, 4);
	charges("V2 C2");
	shares("V2 C2");
	is('V', 3, 0);
}

static void test_three_generations(void **state)
{
	(void)state;
	make_counted('V', 1);
	snap('C', 'V', 0, 1);
	snap('D', 'C', 0, 1);
	charges("V1 C0 D0");
	shares("V1/3 C1/3 D1/3");
	put('V', 0, 10);
	charges("V1 C1 D0");
	put('C', 0, 20);
	charges("V1 C1 D1");
	assert_int_equal(snap_frames(), 3);
	put('D', 0, 30);
	assert_int_equal(snap_frames(), 3);
	charges("V1 C1 D1");
	drop('V');
	charges("C1 D1");
	drop('C');
	charges("D1");
	is('D', 0, 30);
}

static void test_three_generations_unwritten(void **state)
{
	(void)state;
	make_counted('V', 1);
	snap('C', 'V', 0, 1);
	snap('D', 'C', 0, 1);
	drop('V');
	charges("C1 D0");
	drop('C');
	charges("D1");
	is('D', 0, 1);
}

static void test_offset_window_past_the_end(void **state)
{
	(void)state;
	make_counted('V', 3);
	snap('C', 'V', 1, 3);
	is('C', 0, 2);
	is('C', 1, 3);
	is('C', 2, 0);
	charges("V3 C0");
	shares("V2 C1");
	put('C', 1, 20);
	charges("V3 C1");
	shares("V5/2 C3/2");
	drop('V');
	charges("C2");
	is('C', 0, 2);
	is('C', 1, 20);
	is('C', 2, 0);
}

static void test_nested_windows(void **state)
{
	(void)state;
	make_counted('V', 4);
	snap('O', 'V', 1, 3);
	snap('C', 'O', 0, 2);
	snap('D', 'O', 2, 1);
	put('O', 1, 20);
	charges("V4 O1 C0 D0");
	shares("V13/6 O5/3 C5/6 D1/3");
	drop('O');
	charges("V4 C0 D0");
	shares("V5/2 C1 D1/2");
	is('C', 0, 2);
	is('C', 1, 3);
	is('D', 0, 4);
	drop('C');
	charges("V4 D0");
	shares("V7/2 D1/2");
}

static void test_repeat_writes(void **state)
{
	(void)state;
	make_counted('V', 2);
	snap('C', 'V', 1, 2);
	put('C', 0, 10);
	snap('D', 'C', 1, 1);
	charges("V2 C1 D0");
	put('C', 0, 11);
	charges("V2 C1 D0");
	drop('V');
	drop('D');
	charges("C1");
	is('C', 0, 11);
}

static void test_growing_chain(void **state)
{
	(void)state;
	make_counted('V', 1);
	snap('C', 'V', 0, 2);
	put('C', 1, 20);
	snap('D', 'C', 0, 3);
	put('D', 2, 30);
	charges("V1 C1 D1");
	shares("V1/3 C5/6 D11/6");
	put('D', 0, 40);
	charges("V1 C1 D2");
	shares("V1/2 C1 D5/2");
	put('D', 1, 50);
	charges("V1 C1 D3");
	shares("V1/2 C3/2 D3");
	drop('C');
	charges("V1 D3");
	shares("V1 D3");
}

static void test_window_wholly_outside(void **state)
{
	(void)state;
	for (u64 i = 0; i < 2; i++) {
		make_counted('V', 1);
		snap('C', 'V', 2, 2);
		is('C', 0, 0);
		is('C', 1, 0);
		put('C', i, 10);
		snap('D', 'C', 0, 3);
		put('D', 2, 20);
		charges("V1 C1 D1");
		is('D', i, 10);
		is('D', !i, 0);
		drop_all();
	}
}

static void test_small_window(void **state)
{
	(void)state;
	make_counted('V', 3);
	snap('C', 'V', 1, 1);
	charges("V3 C0");
	shares("V5/2 C1/2");
	put('V', 0, 10);
	put('V', 2, 30);
	charges("V3 C0");
	snap('D', 'C', 0, 3);
	is('D', 0, 2);
	is('D', 1, 0);
	is('D', 2, 0);
	drop('D');
	drop('V');
	charges("C1");
	is('C', 0, 2);
}

static void test_two_small_windows(void **state)
{
	(void)state;
	make_counted('V', 3);
	snap('C', 'V', 0, 2);
	put('C', 1, 20);
	snap('D', 'C', 0, 1);
	charges("V3 C1 D0");
	drop('V');
	charges("C2 D0");
	is('D', 0, 1);
}

static void make_shrinking(void)
{
	make_counted('V', 4);
	snap('C', 'V', 0, 4);
	put('V', 1, 20);
	put('C', 2, 30);
	charges("V4 C2");
	shares("V3 C3");
}

static void test_shrink_child(void **state)
{
	(void)state;
	make_shrinking();
	resize('C', 1);
	charges("V4 C0");
	shares("V7/2 C1/2");
	resize('C', 4);
	is('C', 0, 1);
	for (u64 i = 1; i < 4; i++)
		is('C', i, 0);
	charges("V4 C0");
	put('V', 3, 40);
	charges("V4 C0");
	drop('V');
	charges("C1");
}

static void test_shrink_parent(void **state)
{
	(void)state;
	make_shrinking();
	resize('V', 1);
	charges("V1 C3");
	shares("V1/2 C7/2");
	resize('V', 4);
	for (u64 i = 1; i < 4; i++)
		is('V', i, 0);
	is('C', 1, 2);
	is('C', 3, 4);
	drop('C');
	charges("V1");
}

static void test_shrink_to_nothing(void **state)
{
	(void)state;
	make_counted('V', 3);
	snap('C', 'V', 1, 1);
	charges("V3 C0");
	resize('V', 0);
	charges("V0 C1");
	resize('V', 3);
	for (u64 i = 0; i < 3; i++)
		is('V', i, 0);
	is('C', 0, 2);
	charges("V0 C1");
}

static void test_two_clones(void **state)
{
	(void)state;
	make_counted('V', 3);
	snap('C', 'V', 0, 3);
	snap('D', 'V', 0, 3);
	charges("V3 C0 D0");
	resize('C', 1);
	resize('D', 1);
	charges("V3 C0 D0");
	resize('V', 1);
	charges("V1 C0 D0");
	resize('V', 0);
	/* The spec leaves open which of the two; here the older. */
	charges("V0 C1 D0");
}

static void make_progressive(void)
{
	make_counted('V', 6);
	for (u64 i = 0; i < 5; i++) {
		snap((char)('A' + i), 'V', 0, 6);
		put((char)('A' + i), i, 100 + i);
	}
}

/* The least number of frames for these contents, at every step. */
static void test_progressive(void **state)
{
	(void)state;
	make_progressive();
	charges("V6 A1 B1 C1 D1 E1");
	shares("V7/6 A59/30 B59/30 C59/30 D59/30 E59/30");
	drop('V');
	charges("A6 B2 C1 D1 E1");
	shares("A11/5 B11/5 C11/5 D11/5 E11/5");
	drop('A');
	charges("B6 C2 D1 E1");
	shares("B5/2 C5/2 D5/2 E5/2");
	drop('B');
	charges("C6 D2 E1");
	shares("C3 D3 E3");
	drop('C');
	charges("D6 E2");
	shares("D4 E4");
	for (u64 i = 0; i < 6; i++)
		is('E', i, i == 4 ? 104 : i + 1);
}

static void test_progressive_shrunk(void **state)
{
	(void)state;
	make_progressive();
	resize('V', 0);
	charges("V0 A6 B2 C1 D1 E1");
}

static void test_zeroing(void **state)
{
	(void)state;
	make('V', 2);
	put('V', 0, 1);
	snap('C', 'V', 0, 2);
	charges("V1 C0");
	shares("V1/2 C1/2");
	zero('C', 0, 1);
	charges("V1 C0");
	shares("V1 C0");
	is('C', 0, 0);
	is('V', 0, 1);
	zero('V', 0, 1);
	charges("V0 C0");
	is('V', 0, 0);
}

static void test_zero_the_original(void **state)
{
	(void)state;
	make_counted('V', 1);
	snap('C', 'V', 0, 1);
	zero('V', 0, 1);
	charges("V0 C1");
	is('C', 0, 1);
	drop('C');
	charges("V0");
	is('V', 0, 0);
}

static void test_write_below_then_zero(void **state)
{
	(void)state;
	make_counted('V', 1);
	snap('C', 'V', 0, 1);
	put('V', 0, 10);
	charges("V1 C1");
	zero('C', 0, 1);
	charges("V1 C0");
	drop('V');
	charges("C0");
	is('C', 0, 0);
}

static void test_zero_then_write_a_byte(void **state)
{
	(void)state;
	make_counted('V', 2);
	snap('C', 'V', 0, 2);
	zero('C', 0, 1);
	charges("V2 C0");
	put('V', 0, 10);
	charges("V2 C0");
	assert_int_equal(snap_frames(), 2);
	drop('V');
	charges("C1");
	is('C', 0, 0);
	is('C', 1, 2);
	snap_put_word(named('C'), 0, LAST_WORD, 7);
	charges("C2");
	assert_int_equal(snap_get_word(named('C'), 0, FIRST_WORD), 0);
}

static void test_zero_in_a_nest(void **state)
{
	(void)state;
	make_counted('V', 1);
	snap('C', 'V', 0, 1);
	snap('D', 'V', 0, 1);
	charges("V1 C0 D0");
	zero('V', 0, 1);
	charges("V0 C1 D0");
	shares("V0 C1/2 D1/2");
	drop_all();
	make_counted('V', 1);
	snap('C', 'V', 0, 1);
	snap('D', 'C', 0, 1);
	zero('V', 0, 1);
	charges("V0 C1 D0");
	is('D', 0, 1);
}

static void test_zero_then_snapshot_then_merge(void **state)
{
	(void)state;
	make_counted('V', 2);
	snap('C', 'V', 0, 2);
	zero('V', 0, 1);
	charges("V1 C1");
	snap('D', 'V', 0, 2);
	charges("V1 C1 D0");
	is('D', 0, 0);
	is('D', 1, 2);
	drop('C');
	charges("V1 D0");
	snap_put_word(named('V'), 0, LAST_WORD, 7);
	charges("V2 D0");
	assert_int_equal(snap_get_word(named('V'), 0, FIRST_WORD), 0);
	put('D', 1, 20);
	charges("V2 D1");
	is('V', 1, 2);
}

static u64 pinned_address(char name, u64 page)
{
	u64 address;

	vmo_get_pinned(named(name), page * PAGE_SIZE, &address, 1);
	return address;
}

static void test_pins(void **state)
{
	struct vmo *none = NULL;

	(void)state;
	make_counted('V', 200);
	assert_int_equal(vmo_pin(named('V'), 0, PAGE_SIZE), ZX_OK);
	assert_int_equal(snap_try(named('V'), VMO_CHILD_SNAPSHOT, 0, 200, true,
				  &none), ZX_ERR_BAD_STATE);
	vmo_unpin(named('V'), 0, PAGE_SIZE);
	snap('C', 'V', 0, 200);
	assert_int_equal(vmo_pin(named('V'), 0, PAGE_SIZE), ZX_OK);
	assert_int_equal(vmo_pin(named('C'), 0, PAGE_SIZE), ZX_OK);
	assert_int_not_equal(pinned_address('V', 0), pinned_address('C', 0));
	is('V', 0, 1);
	is('C', 0, 1);
	charges("V200 C1");
	/* ZERO clears the pinned page in place and drops the others, shared or
	 * not, here and not there. */
	zero('V', 0, 150);
	charges("V51 C150");
	is('V', 0, 0);
	is('V', 100, 0);
	is('V', 150, 151);
	is('C', 0, 1);
	is('C', 100, 101);
	vmo_unpin(named('V'), 0, PAGE_SIZE);
	vmo_unpin(named('C'), 0, PAGE_SIZE);
}

/* --- Beyond 14.8 ---------------------------------------------------------------- */

/* Frames, and what the family's bookkeeping takes, do not grow with depth. */
static void test_deep_chain(void **state)
{
	struct vmo *v, *child;

	(void)state;
	assert_int_equal(vmo_create(8 * PAGE_SIZE, 0, &v), ZX_OK);
	for (u64 i = 0; i < 8; i++)
		snap_put_word(v, i, FIRST_WORD, i + 1);
	for (u64 depth = 0; depth < 1000; depth++) {
		assert_int_equal(snap_try(v, VMO_CHILD_SNAPSHOT, 0, 8, false,
					  &child), ZX_OK);
		object_unref(&v->object);
		v = child;
		snap_put_word(v, depth % 8, LAST_WORD, depth);
		assert_int_equal(snap_frames(), 8);
	}
	for (u64 i = 0; i < 8; i++) {
		assert_int_equal(snap_get_word(v, i, FIRST_WORD), i + 1);
		assert_int_equal(snap_get_word(v, i, LAST_WORD), 992 + i);
	}
	object_unref(&v->object);
}

static u64 children(char name)
{
	zx_info_vmo_t info;

	vmo_get_info(named(name), &info);
	return info.num_children;
}

/* The same, all alive: each looks at its own tree only, and they may go in any
 * order. */
static void test_deep_family(void **state)
{
	enum { DEPTH = 1000 };
	static struct vmo *chain[DEPTH];
	struct vmo_charge c;

	(void)state;
	assert_int_equal(vmo_create(8 * PAGE_SIZE, 0, &chain[0]), ZX_OK);
	for (u64 i = 0; i < 8; i++)
		snap_put_word(chain[0], i, FIRST_WORD, i + 1);
	for (u64 i = 1; i < DEPTH; i++) {
		assert_int_equal(snap_try(chain[i - 1], VMO_CHILD_SNAPSHOT, 0,
					  8, false, &chain[i]), ZX_OK);
		snap_put_word(chain[i], i % 8, LAST_WORD, i);
	}
	assert_int_equal(snap_frames(), 8 + DEPTH - 1);
	vmo_get_charge(chain[0], &c);
	assert_int_equal(c.whole, 8 * PAGE_SIZE);
	for (u64 i = 0; i < DEPTH; i++) {
		/* 7 and 1,000 have no common divisor. */
		u64 n = i * 7 % DEPTH;

		for (u64 k = 0; k < 8; k++)
			assert_int_equal(snap_get_word(chain[n], k, FIRST_WORD),
					 k + 1);
		assert_int_equal(snap_get_word(chain[n], n % 8, LAST_WORD), n);
		vmo_get_charge(chain[n], &c);
		assert_true(c.whole >= c.own && c.own <= 8 * PAGE_SIZE);
		object_unref(&chain[n]->object);
	}
	assert_int_equal(snap_frames(), 0);
}

/* Children count for their grandparent when their parent goes (5.11). */
static void test_children_are_inherited(void **state)
{
	(void)state;
	make_counted('V', 1);
	snap('A', 'V', 0, 1);
	snap('B', 'A', 0, 1);
	assert_int_equal(children('V'), 1);
	assert_int_equal(children('A'), 1);
	drop('A');
	assert_int_equal(children('V'), 1);
	assert_int_equal(vmo_parent_koid(named('B')),
			 named('V')->object.koid);
	drop('B');
	assert_int_equal(children('V'), 0);
}

/* DECOMMIT works again when the family is gone. */
static void test_decommit_when_alone(void **state)
{
	(void)state;
	make_counted('V', 2);
	snap('C', 'V', 0, 2);
	assert_int_equal(vmo_decommit_range(named('V'), 0, PAGE_SIZE, false),
			 ZX_ERR_NOT_SUPPORTED);
	drop('V');
	assert_int_equal(vmo_decommit_range(named('C'), 0, PAGE_SIZE, false),
			 ZX_OK);
	is('C', 0, 0);
	is('C', 1, 2);
	charges("C1");
}

/* A page that appears in the pager's VMO where an overlay's mapping shows the
 * zero page is seen there at once. */
static void test_page_appears_below_an_overlay(void **state)
{
	struct vmar_placement where = { ZX_VM_SPECIFIC, 0, PAGE_SIZE };
	struct vmo *source, *overlay, *aux;
	struct pager *pager;
	struct aspace *as;
	struct port *port;
	u64 value = 1;
	uaddr_t va;

	(void)state;
	assert_int_equal(pager_create(&pager), ZX_OK);
	assert_int_equal(port_create(0, &port), ZX_OK);
	assert_int_equal(pager_create_vmo(pager, 0, port, 1, PAGE_SIZE,
					  &source), ZX_OK);
	assert_int_equal(vmo_create(PAGE_SIZE, 0, &aux), ZX_OK);
	/* Nothing in aux: a marker. */
	assert_int_equal(pager_supply_pages(source, 0, PAGE_SIZE, aux, 0,
					    &(struct pager_supply_rules){ 0 }),
			 ZX_OK);
	assert_int_equal(snap_try(source, VMO_CHILD_AT_LEAST_ON_WRITE, 0, 1,
				  false, &overlay), ZX_OK);
	assert_int_equal(aspace_create("overlay", &as), ZX_OK);
	assert_int_equal(vmar_map(as->root, &where, overlay, 0,
				  ZX_VM_PERM_READ, ZX_VM_PERM_READ, false,
				  &va), ZX_OK);
	fake_enter_aspace(as);
	assert_int_equal(fake_user_load(va, &value), ZX_OK);
	assert_int_equal(value, 0);
	snap_put_word(source, 0, FIRST_WORD, 7);
	assert_int_equal(fake_user_load(va, &value), ZX_OK);
	assert_int_equal(value, 7);
	fake_enter_aspace(NULL);
	aspace_destroy(as);
	object_unref(&overlay->object);
	object_unref(&source->object);
	object_unref(&aux->object);
	object_unref(pager_object(pager));
	object_unref(port_object(port));
}

#define EXAMPLE(name) cmocka_unit_test_teardown(test_##name, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EXAMPLE(basic),
		EXAMPLE(zero_page_writes),
		EXAMPLE(three_generations),
		EXAMPLE(three_generations_unwritten),
		EXAMPLE(offset_window_past_the_end),
		EXAMPLE(nested_windows),
		EXAMPLE(repeat_writes),
		EXAMPLE(growing_chain),
		EXAMPLE(window_wholly_outside),
		EXAMPLE(small_window),
		EXAMPLE(two_small_windows),
		EXAMPLE(shrink_child),
		EXAMPLE(shrink_parent),
		EXAMPLE(shrink_to_nothing),
		EXAMPLE(two_clones),
		EXAMPLE(progressive),
		EXAMPLE(progressive_shrunk),
		EXAMPLE(zeroing),
		EXAMPLE(zero_the_original),
		EXAMPLE(write_below_then_zero),
		EXAMPLE(zero_then_write_a_byte),
		EXAMPLE(zero_in_a_nest),
		EXAMPLE(zero_then_snapshot_then_merge),
		EXAMPLE(pins),
		EXAMPLE(deep_chain),
		EXAMPLE(deep_family),
		EXAMPLE(children_are_inherited),
		EXAMPLE(decommit_when_alone),
		EXAMPLE(page_appears_below_an_overlay),
	};

	return cmocka_run_group_tests(tests, boot, NULL);
}

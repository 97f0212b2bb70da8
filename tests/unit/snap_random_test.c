/*
 * Random changes to families of VMOs against flat arrays, on the fake machine:
 * snapshots of windows, overlays on a pager's VMO, writes, zeroes, sizes,
 * closing, and loads and stores through mappings on several CPUs, whose TLBs
 * keep all that they may. Memory runs out now and then.
 * Environment: SEED, STEPS.
 */
#include <mm/evict.h>
#include <mm/pager.h>
#include <mm/pmm.h>
#include <mm/vmar.h>
#include <mm/vmo_pin.h>

#include "snap_model.h"

#define CPUS 4
#define SPACES 2
#define WINDOWS 5			/* each space: places for a run of pages */
#define BASE 0x100000000ul
#define RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define RX (ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE)

/* The same source is built with sanitizers and, for the long run, without. */
#ifdef __SANITIZE_ADDRESS__
#define RANDOM_STEPS 300000
#else
#define RANDOM_STEPS 4000000
#endif

static struct window {
	struct leaf *leaf;		/* NULL: nothing is mapped */
	u64 run;			/* first slot that it shows */
	u32 prot;
} windows[SPACES][WINDOWS];

static struct aspace *spaces[SPACES];
static struct pager *pager;
static struct port *port;
static struct vmo *aux;			/* a page to be supplied */
static u64 births, values;
/* What was done, for the last line. */
static u64 snapshot_count, access_count, failure_count;

static u64 from_environment(const char *name, u64 fallback)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : fallback;
}

static int boot(void **state)
{
	u64 seed = from_environment("SEED", 1);

	(void)state;
	print_message("# SEED=%lu\n", (unsigned long)seed);
	snap_boot(CPUS, seed);
	return 0;
}

/* --- Lives ------------------------------------------------------------------------ */

static struct leaf *free_leaf(void)
{
	for (u32 i = 0; i < LEAVES; i++)
		if (!leaves[i].vmo)
			return &leaves[i];
	return NULL;
}

/* A leaf that has a handle, or NULL. */
static struct leaf *open_leaf(void)
{
	struct leaf *l = &leaves[fake_below(LEAVES)];

	return l->vmo && l->open ? l : NULL;
}

/* Overlays keep their source alive, slices and references their base. */
static bool is_needed(const struct leaf *l)
{
	for (u32 i = 0; i < LEAVES; i++)
		if (leaves[i].vmo &&
		    (leaves[i].source == l || leaves[i].shows == l))
			return true;
	return false;
}

/* Forgets a leaf that nothing keeps, and then what it kept. */
static void maybe_die(struct leaf *l)
{
	while (l && !l->open && !l->map_count && !is_needed(l)) {
		struct leaf *kept = l->shows ? l->shows : l->source;

		model_forget(l);
		l = kept;
	}
}

static void be_born(struct leaf *l, u64 base, u64 end)
{
	l->open = true;
	l->birth = ++births;
	l->base = base;
	l->end = end;
}

/* Some index: near those in use, mostly. */
static u64 any_index(void)
{
	return model_index(fake_below(SLOTS)) + fake_below(2);
}

static void do_root(void)
{
	struct leaf *l = free_leaf();
	u64 end = any_index();
	u32 options = fake_below(2) ? ZX_VMO_RESIZABLE : 0;

	if (!l)
		return;
	if (fake_below(3) == 0) {
		assert_int_equal(pager_create_vmo(pager, options, port, 1,
						  end * PAGE_SIZE, &l->vmo),
				 ZX_OK);
		/* The model keeps what was supplied. */
		evict_leave(l->vmo);
		l->paged = true;
	} else {
		assert_int_equal(vmo_create(end * PAGE_SIZE, options, &l->vmo),
				 ZX_OK);
	}
	l->resizable = options != 0;
	be_born(l, 0, end);
	l->family = l->birth;
}

/* One allocation fails now and then. */
static void maybe_fail(void)
{
	if (fake_below(8) == 0)
		pmm_fail_after(1 + fake_below(8));
}

/* True if the call may not have done what it was asked for. */
static bool failed(zx_status_t status)
{
	pmm_fail_after(0);
	if (status == ZX_ERR_NO_MEMORY) {
		failure_count++;
		return true;
	}
	assert_int_equal(status, ZX_OK);
	return false;
}

/* The call must fail; it may have run out of memory before it saw why. */
static void refused(zx_status_t status, zx_status_t why)
{
	pmm_fail_after(0);
	assert_true(status == why || status == ZX_ERR_NO_MEMORY);
}

/* Why a copy-on-write child of that kind cannot be; ZX_OK if it can. */
static zx_status_t why_no_clone(struct leaf *of, enum vmo_child_kind kind)
{
	const struct leaf *b = model_store(of);

	if ((b->paged || b->source) && kind == VMO_CHILD_SNAPSHOT)
		return ZX_ERR_NOT_SUPPORTED;
	if (of->shows && !of->is_reference && !b->paged)
		return ZX_ERR_NOT_SUPPORTED;
	return b->pinned ? ZX_ERR_BAD_STATE : ZX_OK;
}

static void do_clone(struct leaf *of)
{
	static const enum vmo_child_kind kinds[] = {
		VMO_CHILD_SNAPSHOT, VMO_CHILD_AT_LEAST_ON_WRITE,
		VMO_CHILD_MODIFIED };
	enum vmo_child_kind kind = kinds[fake_below(3)];
	zx_status_t why = why_no_clone(of, kind), status;
	struct leaf *l = free_leaf();
	u64 base = of->base, end = model_end(of);
	bool resizable = fake_below(2);

	if (!l)
		return;
	if (fake_below(3) == 0)
		base = max_u64(base, any_index());
	if (fake_below(2) || end < base)
		end = min_u64(base + fake_below(any_index() + 1), INDEX_MAX);
	maybe_fail();
	status = snap_try(of->vmo, kind, base - of->base, end - base, resizable,
			  &l->vmo);
	if (why != ZX_OK) {
		refused(status, why);
		return;
	}
	if (failed(status))
		return;
	be_born(l, base, end);
	l->resizable = resizable;
	model_snapshot(l, of);
	snapshot_count++;
}

/* A slice or a reference. */
static void do_window(struct leaf *of)
{
	bool reference = fake_below(2), is_slice = of->shows && !of->is_reference;
	struct leaf *l = free_leaf(), *b = model_store(of);
	u64 base = of->base, end = model_end(of);
	zx_status_t status;

	if (!l)
		return;
	if (!reference && fake_below(2)) {
		base = min_u64(max_u64(base, any_index()), end);
		end = base + fake_below(end - base + 1);
	}
	maybe_fail();
	status = snap_try(of->vmo, reference ? VMO_CHILD_REFERENCE :
			  VMO_CHILD_SLICE, base - of->base,
			  reference ? 0 : end - base, false, &l->vmo);
	if (reference ? is_slice : b->resizable) {
		refused(status, ZX_ERR_NOT_SUPPORTED);
		return;
	}
	if (failed(status))
		return;
	be_born(l, base, end);
	l->shows = b;
	l->is_reference = reference;
	l->resizable = reference && b->resizable;
	l->family = b->family;
}

/* Clones in a row as well: nothing was written since the first. */
static void do_child(struct leaf *of)
{
	if (fake_below(3) == 0) {
		do_window(of);
		return;
	}
	do {
		do_clone(of);
	} while (fake_below(3) == 0);
}

static void unpin(struct leaf *l)
{
	if (l->pinned)
		vmo_unpin(l->vmo, (model_index(l->pinned_slot) - l->base) *
					  PAGE_SIZE, PAGE_SIZE);
	l->pinned = false;
}

static void do_close(struct leaf *l)
{
	unpin(l);
	object_unref(&l->vmo->object);
	l->open = false;
	maybe_die(l);
}

/* --- Pages ------------------------------------------------------------------------ */

static u64 page_of(const struct leaf *l, u64 slot)
{
	return model_index(slot) - l->base;
}

/* The pager supplies what an access of a slot would wait for. */
static void supply(struct leaf *l, u64 slot)
{
	struct leaf *p = model_store(l);
	struct cell *c;

	if (!model_is_absent(l, slot))
		return;
	if (!p->paged)
		p = p->source;
	c = &p->cells[slot];
	if (fake_below(4)) {
		model_own(p, slot);
		for (u32 i = 0; i < 2; i++) {
			c->word[i] = ++values;
			snap_put_word(aux, 0, i ? LAST_WORD : FIRST_WORD,
				      c->word[i]);
		}
	}
	c->own = true;
	assert_int_equal(pager_supply_pages(
				 p->vmo, page_of(p, slot) * PAGE_SIZE,
				 PAGE_SIZE, aux, 0,
				 &(struct pager_supply_rules){ 0 }), ZX_OK);
}

/* Part of a run that the leaf has, [*first, *last); false if it has none. Often
 * with a pinned page. */
static bool pick_in_run(struct leaf *l, u64 *first, u64 *last)
{
	const struct leaf *b = model_store(l);

	*first = fake_below(SLOTS);
	if (b->pinned && fake_below(2))
		*first = b->pinned_slot - fake_below(b->pinned_slot % RUN + 1);
	*last = *first + 1 + fake_below(RUN - *first % RUN);
	while (*last > *first && !model_has(l, *last - 1))
		--*last;
	while (*first < *last && !model_has(l, *first))
		++*first;
	for (u64 s = *first; s < *last; s++)
		supply(l, s);
	return *first < *last;
}

static void check_slot(struct leaf *l, u64 slot)
{
	u64 page = page_of(l, slot);

	if (!model_has(l, slot) || model_is_absent(l, slot))
		return;
	assert_int_equal(snap_get_word(l->vmo, page, FIRST_WORD),
			 model_look(l, slot)->word[0]);
	assert_int_equal(snap_get_word(l->vmo, page, LAST_WORD),
			 model_look(l, slot)->word[1]);
}

static void do_write(struct leaf *l)
{
	u64 first, last;

	if (!pick_in_run(l, &first, &last))
		return;
	for (; first < last; first++) {
		u32 word = (u32)fake_below(2);
		u64 offset = page_of(l, first) * PAGE_SIZE +
			     (word ? LAST_WORD : FIRST_WORD);

		values++;
		maybe_fail();
		if (!failed(vmo_write_kernel(l->vmo, &values, offset, 8)))
			model_write(l, first, word, values);
		check_slot(l, first);
	}
}

static void do_commit(struct leaf *l)
{
	u64 first, last;

	if (!pick_in_run(l, &first, &last))
		return;
	assert_int_equal(vmo_commit_range(l->vmo, page_of(l, first) * PAGE_SIZE,
					  (last - first) * PAGE_SIZE, false),
			 ZX_OK);
	for (; first < last; first++)
		model_commit(l, first);
}

/* Does the slot show what its source has there, now or later? */
static bool shines_through(struct leaf *l, u64 slot)
{
	struct leaf *b = model_store(l);

	return b->source && !b->cells[slot].own;
}

/* Half a page, so one word of it; what holds no frame stays so, but where its
 * zeroes are those of a source and may change. */
static void do_zero_part(struct leaf *l)
{
	u32 word = (u32)fake_below(2);
	u64 first, last;

	if (!pick_in_run(l, &first, &last))
		return;
	assert_int_equal(vmo_zero_range(l->vmo,
					page_of(l, first) * PAGE_SIZE +
					word * PAGE_SIZE / 2,
					PAGE_SIZE / 2, false), ZX_OK);
	if (shines_through(l, first) || model_look(l, first)->frame)
		model_write(l, first, word, 0);
	check_slot(l, first);
}

/* One pin at a time. */
static void do_pin(struct leaf *l)
{
	u64 first, last;

	if (l->pinned) {
		unpin(l);
		return;
	}
	/* Its own pages only: the model counts pins there. */
	if (l->shows || !pick_in_run(l, &first, &last))
		return;
	maybe_fail();
	if (failed(vmo_pin(l->vmo, page_of(l, first) * PAGE_SIZE, PAGE_SIZE)))
		return;
	model_own(l, first);
	l->pinned = true;
	l->pinned_slot = first;
}

/* Perhaps far on; in an overlay, where markers are set page by page, only to the
 * end, where nothing shines through any more. */
static u64 zero_end(struct leaf *l, u64 end)
{
	const struct leaf *b = model_store(l);

	if (b->paged || fake_below(2))
		return end;
	if (!b->source)
		return max_u64(end, min_u64(model_end(l), any_index()));
	return l->shows ? end : l->end;
}

static void do_zero(struct leaf *l)
{
	const struct leaf *b = model_store(l);
	u64 first, last, start, end;

	if (!pick_in_run(l, &first, &last))
		return;
	start = model_index(first);
	end = model_index(last - 1) + 1;
	end = zero_end(l, end);
	last = model_slot(end);
	if (!b->paged)
		maybe_fail();
	if (failed(vmo_zero_range(l->vmo, (start - l->base) * PAGE_SIZE,
				  (end - start) * PAGE_SIZE, false)))
		return;
	if (!b->paged)
		model_zero(l, first, last);
	for (; first < last && b->paged; first++) {
		if (b->cells[first].frame == 0)
			continue;
		model_write(l, first, 0, 0);
		model_write(l, first, 1, 0);
	}
}

/* What transfer_data takes off a slot: the frame if nobody else holds it, else
 * one with a copy. An overlay's range is committed first. */
static struct cell take_cell(struct leaf *l, u64 slot)
{
	if (model_store(l)->source || model_look(l, slot)->frame)
		model_own(l, slot);
	return *model_look(l, slot);
}

/* Pages move to another VMO, or within one. */
static void do_transfer(struct leaf *to, struct leaf *from)
{
	struct leaf *a = model_store(to);
	struct cell taken[RUN];
	u64 first, last, into, count;
	zx_status_t want = ZX_OK;

	if (a->paged || model_store(from)->paged ||
	    !pick_in_run(from, &first, &last))
		return;
	count = last - first;
	into = fake_below(RUNS) * RUN + fake_below(RUN - count + 1);
	if (!model_has(to, into) || !model_has(to, into + count - 1))
		return;
	if (to == from && into == first)
		return;
	if (model_has_pin(from, first, last) ||
	    model_has_pin(to, into, into + count))
		want = ZX_ERR_BAD_STATE;
	assert_int_equal(vmo_transfer_data(to->vmo, page_of(to, into) * PAGE_SIZE,
					   count * PAGE_SIZE, from->vmo,
					   page_of(from, first) * PAGE_SIZE),
			 want);
	if (want != ZX_OK)
		return;
	for (u64 i = 0; i < count; i++)
		taken[i] = take_cell(from, first + i);
	model_zero(from, first, last);
	for (u64 i = 0; i < count; i++) {
		a->cells[into + i] = taken[i];
		a->cells[into + i].own = true;
	}
	for (u64 i = 0; i < count; i++)
		check_slot(to, into + i);
}

static void do_decommit(struct leaf *l)
{
	const struct leaf *b = model_store(l);
	zx_status_t want = b->paged || b->source || model_relatives(l) ?
			   ZX_ERR_NOT_SUPPORTED : ZX_OK;
	u64 first, last;

	if (!pick_in_run(l, &first, &last))
		return;
	if (want == ZX_OK && model_has_pin(l, first, last))
		want = ZX_ERR_BAD_STATE;
	assert_int_equal(vmo_decommit_range(l->vmo,
					    page_of(l, first) * PAGE_SIZE,
					    (last - first) * PAGE_SIZE, false),
			 want);
	if (want == ZX_OK)
		model_zero(l, first, last);
}

static void do_resize(struct leaf *l)
{
	u64 end = max_u64(l->base, any_index());
	struct leaf *b = model_store(l);
	zx_status_t status;

	maybe_fail();
	status = vmo_set_size(l->vmo, (end - l->base) * PAGE_SIZE);
	if (!l->resizable) {
		refused(status, ZX_ERR_UNAVAILABLE);
		return;
	}
	if (model_has_pin(b, model_slot(end), SLOTS)) {
		refused(status, ZX_ERR_BAD_STATE);
		return;
	}
	if (failed(status))
		return;
	model_resize(b, end);
}

/* --- Mappings --------------------------------------------------------------------- */

/* Across the end of a table. */
static uaddr_t window_va(u64 window)
{
	return BASE + (512 * window + 512 - RUN / 2) * PAGE_SIZE;
}

static void do_unmap(u32 space, u32 window)
{
	struct window *w = &windows[space][window];

	if (!w->leaf)
		return;
	assert_int_equal(vmar_unmap(spaces[space]->root, window_va(window),
				    RUN * PAGE_SIZE, true), ZX_OK);
	w->leaf->map_count--;
	maybe_die(w->leaf);
	w->leaf = NULL;
}

static void do_map(struct leaf *l)
{
	u32 space = (u32)fake_below(SPACES), window = (u32)fake_below(WINDOWS);
	u64 run = fake_below(RUNS) * RUN;
	static const u32 prots[] = { RW, RW, RX, ZX_VM_PERM_READ };
	u32 prot = prots[fake_below(4)];
	struct vmar_placement where = {
		ZX_VM_SPECIFIC,
		window_va(window) - spaces[space]->root->base,
		RUN * PAGE_SIZE };
	uaddr_t got;

	if (model_index(run) < l->base)
		return;
	l->map_count++;			/* it may be the one that goes */
	do_unmap(space, window);
	assert_int_equal(vmar_map(spaces[space]->root, &where, l->vmo,
				  page_of(l, run) * PAGE_SIZE, prot, RW | RX,
				  fake_below(2), &got), ZX_OK);
	windows[space][window] = (struct window){ l, run, prot };
}

static void do_access(void)
{
	u32 space = (u32)fake_below(SPACES), window = (u32)fake_below(WINDOWS);
	const struct window *w = &windows[space][window];
	u64 slot = w->run + fake_below(RUN), value;
	u32 word = (u32)fake_below(2);
	uaddr_t va = window_va(window) + (slot - w->run) * PAGE_SIZE +
		     (word ? LAST_WORD : FIRST_WORD);

	if (!w->leaf)
		return;
	fake_become((u32)fake_below(CPUS));
	fake_enter_aspace(spaces[space]);
	if (!model_has(w->leaf, slot)) {
		assert_int_equal(fake_user_load(va, &value),
				 ZX_ERR_OUT_OF_RANGE);
		return;
	}
	supply(w->leaf, slot);
	access_count++;
	if (fake_below(2)) {
		assert_int_equal(w->prot == RX && fake_below(2) ?
				 fake_user_fetch(va, &value) :
				 fake_user_load(va, &value), ZX_OK);
		assert_int_equal(value, model_look(w->leaf, slot)->word[word]);
	} else if (w->prot == RW) {
		assert_int_equal(fake_user_store(va, ++values), ZX_OK);
		model_write(w->leaf, slot, word, values);
	} else {
		assert_int_equal(fake_user_store(va, 0), ZX_ERR_ACCESS_DENIED);
	}
}

/* No CPU has a way to write what others see as well (vmo.md 14.9, 4). */
static void check_translations(void)
{
	u32 space = (u32)fake_below(SPACES);

	fake_become((u32)fake_below(CPUS));
	fake_enter_aspace(spaces[space]);
	for (u32 i = 0; i < WINDOWS; i++) {
		const struct window *w = &windows[space][i];

		for (u64 k = 0; k < RUN; k++) {
			paddr_t pa;

			if (!fake_mmu_translate(window_va(i) + k * PAGE_SIZE,
						PT_WRITE, &pa))
				continue;
			assert_true(w->leaf && w->prot == RW &&
				    model_has(w->leaf, w->run + k) &&
				    model_is_own(w->leaf, w->run + k));
		}
	}
}

/* --- All -------------------------------------------------------------------------- */

static void check_all(void)
{
	for (u32 i = 0; i < LEAVES; i++) {
		struct leaf *l = &leaves[i];

		if (!l->vmo)
			continue;
		assert_int_equal(vmo_get_size(l->vmo),
				 (model_end(l) - l->base) * PAGE_SIZE);
		for (u64 s = 0; s < SLOTS; s++)
			check_slot(l, s);
		ptree_check(&l->vmo->pages, NULL);
	}
	model_check_charges();
}

static void change(struct leaf *l)
{
	struct leaf *other;

	switch (fake_below(16)) {
	case 0:
		do_child(l);
		break;
	case 1:
		do_close(l);
		break;
	case 2:
		do_resize(l);
		break;
	case 3:
		do_zero(l);
		break;
	case 4:
		do_zero_part(l);
		break;
	case 5:
		do_decommit(l);
		break;
	case 6:
		do_commit(l);
		break;
	case 7: case 8:
		do_map(l);
		break;
	case 9:
		do_child(l);
		break;
	case 10:
		do_pin(l);
		break;
	case 11:
		other = open_leaf();
		if (other)
			do_transfer(l, other);
		break;
	default:
		do_write(l);
	}
}

static void random_step(void)
{
	u64 what = fake_below(64);
	struct leaf *l = open_leaf();

	if (what < 36) {
		do_access();
		return;
	}
	fake_become((u32)fake_below(CPUS));
	if (what < 38)
		do_unmap((u32)fake_below(SPACES), (u32)fake_below(WINDOWS));
	else if (l)
		change(l);
	else if (what < 40)
		do_root();
}

static void leave_all(void)
{
	for (u32 cpu = 0; cpu < CPUS; cpu++) {
		fake_become(cpu);
		fake_enter_aspace(NULL);
	}
	fake_become(0);
}

static void end_all(void)
{
	leave_all();
	for (u32 s = 0; s < SPACES; s++)
		for (u32 w = 0; w < WINDOWS; w++)
			do_unmap(s, w);
	for (u32 i = 0; i < LEAVES; i++)
		if (leaves[i].vmo && leaves[i].open)
			do_close(&leaves[i]);
	for (u32 i = 0; i < LEAVES; i++)
		assert_null(leaves[i].vmo);
	assert_int_equal(snap_frames(), 0);
}

/* All see what they should at every step, are charged what the model says, and
 * at the end nothing is left. */
static void test_random(void **state)
{
	u64 steps = from_environment("STEPS", RANDOM_STEPS);

	(void)state;
	for (u32 i = 0; i < SPACES; i++)
		assert_int_equal(aspace_create("snap", &spaces[i]), ZX_OK);
	assert_int_equal(pager_create(&pager), ZX_OK);
	assert_int_equal(port_create(0, &port), ZX_OK);
	assert_int_equal(vmo_create(PAGE_SIZE, 0, &aux), ZX_OK);
	for (u64 i = 0; i < steps; i++) {
		random_step();
		if (i % 16 == 0)
			check_translations();
		if (i % 128 == 0)
			check_all();
		if (i % 20000 == 0)
			end_all();
	}
	check_all();
	end_all();
	print_message("# %lu snapshots, %lu accesses, %lu times no memory\n",
		      (unsigned long)snapshot_count,
		      (unsigned long)access_count,
		      (unsigned long)failure_count);
	for (u32 i = 0; i < SPACES; i++)
		aspace_destroy(spaces[i]);
	assert_int_equal(fake_bad_walks, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, boot, NULL);
}

/*
 * Random calls on families of VMOs against flat arrays: writes by call and
 * through mappings, snapshots with windows, slices, children of a pager's VMO,
 * ZERO, sizes, COMMIT, DECOMMIT, protect, unmap, close, supply. After each step two
 * threads, on other CPUs if there are any, look at what everything shows.
 *
 * The seed is printed; JX_SEED in the environment chooses it, JX_STEPS how long.
 * The pages that are written are a fixed set on both sides of every border of
 * the page tree's nodes, counted in the root VMO's pages. Of each page two words
 * are looked at, the first and the last; all other memory stays zero.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <jx/thread.h>

#include "vm_util.h"

#define LEAVES 8u
#define STEPS 12000u
#define THREADS 2u

/* Borders of leaves and of inner nodes, 64 children each. */
static const uint64_t places[] = {
	0, 1, 2, 3, 62, 63, 64, 65, 127, 128, 129, 4032, 4094, 4095, 4096, 4097, 4098, 8191, 8192,
	8193, 20000, 262142, 262143, 262144, 262145, 266240, 16777214, 16777215, 16777216, 16777217,
};
#define PLACES (sizeof(places) / sizeof(places[0]))
#define LAST_PAGE 16777217ul

/* Where a page's two words come from. */
enum cell_state {
	CELL_OWN,	/* from the array; zero to begin with */
	CELL_THROUGH,	/* a pager's child: from the pager's VMO */
	CELL_ABSENT,	/* a pager's VMO: the pager must be asked */
};

/* The content of a VMO with pages of its own, as long as anyone shows it. */
struct store {
	uint32_t users;			/* leaves; 0: free */
	bool resizable;
	bool of_pager;
	bool is_child;			/* of a pager's VMO */
	uint64_t first;			/* the root's page that is its page 0 */
	uint64_t pages;
	uint64_t stream;		/* latest era: the last size that was set */
	uint8_t state[PLACES];
	uint64_t word[PLACES][2];
};

/* What a handle or a mapping shows. */
struct leaf {
	bool used;
	bool is_slice;
	struct store *store;
	zx_handle_t vmo;		/* 0: closed */
	uint64_t first;
	uint64_t pages;			/* of a slice */
	zx_vaddr_t base;		/* 0: not mapped */
	zx_vm_option_t perm;
};

static struct {
	struct leaf leaf[LEAVES];
	struct store store[LEAVES];
	zx_handle_t pager;
	zx_handle_t port;
	struct store *source;		/* the pager's VMO; it outlives its children here */
	uint64_t state;
	uint64_t seed;
	uint32_t step;
	const char *what;		/* the last call, and whose */
	const struct leaf *acting;
	uint32_t call_count;
	uint32_t ok_count;
	uint32_t store_count;
	/* The checkers: work is numbered, each tells what it has done. */
	zx_futex_t turn;
	zx_futex_t done[THREADS];
	atomic_bool stop;
	atomic_uint failures;
	struct jx_thread thread[THREADS];
} t;

static uint64_t next_random(void)
{
	t.state ^= t.state << 13;
	t.state ^= t.state >> 7;
	t.state ^= t.state << 17;
	return t.state >> 11;
}

static uint32_t below(uint64_t limit)
{
	return (uint32_t)(next_random() % limit);
}

static bool same(zx_status_t got, zx_status_t wanted)
{
	if (got != wanted)
		jx_fail("JX_SEED=%" PRIu64 ", step %u: %s gave %d, expected %d", t.seed, t.step,
			t.what, got, wanted);
	t.call_count++;
	t.ok_count += got == ZX_OK;
	return got == wanted;
}

/* --- The model -------------------------------------------------------------- */

static uint64_t pages_of(const struct leaf *l)
{
	return l->is_slice ? l->pages : l->store->pages;
}

static bool shows(const struct leaf *l, uint32_t i)
{
	return places[i] >= l->first && places[i] - l->first < pages_of(l);
}

/* The store whose words these are, or NULL if only the pager knows. */
static const struct store *owner_of(const struct store *s, uint32_t i)
{
	if (s->state[i] == CELL_THROUGH)
		s = t.source;
	return s->state[i] == CELL_ABSENT ? NULL : s;
}

static void set_cell(struct store *s, uint32_t i, uint8_t state)
{
	s->state[i] = state;
	s->word[i][0] = s->word[i][1] = 0;
}

/* The pager gives a page with new words. */
static bool supply(uint32_t i)
{
	struct leaf *l = NULL;
	zx_handle_t aux;
	bool good;

	for (uint32_t n = 0; n < LEAVES; n++) {
		if (t.leaf[n].used && t.leaf[n].store == t.source && !t.leaf[n].is_slice)
			l = &t.leaf[n];
	}
	t.source->state[i] = CELL_OWN;
	t.source->word[i][0] = next_random();
	t.source->word[i][1] = next_random();
	if (zx_vmo_create(PAGE, 0, &aux) != ZX_OK)
		return same(ZX_ERR_NO_MEMORY, ZX_OK);
	t.what = "supply";
	good = same(zx_vmo_write(aux, &t.source->word[i][0], 0, 8), ZX_OK) &&
	       same(zx_vmo_write(aux, &t.source->word[i][1], PAGE - 8, 8), ZX_OK) &&
	       same(zx_pager_supply_pages(t.pager, l->vmo, places[i] * PAGE, PAGE, aux, 0), ZX_OK);
	zx_handle_close(aux);
	return good;
}

/* Whoever touches a page that only the pager has would wait for this very
 * thread. */
static bool need(const struct store *s, uint32_t i)
{
	return owner_of(s, i) || supply(i);
}

/* A write of part of a page: what shone through is the store's own now. */
static void own(struct store *s, uint32_t i)
{
	if (s->state[i] != CELL_THROUGH)
		return;
	memcpy(s->word[i], t.source->word[i], sizeof(s->word[i]));
	s->state[i] = CELL_OWN;
}

/* --- Leaves ----------------------------------------------------------------- */

static struct leaf *pick_leaf(void)
{
	struct leaf *l;

	do {
		l = &t.leaf[below(LEAVES)];
	} while (!l->used);
	return l;
}

static struct leaf *free_leaf(void)
{
	for (uint32_t i = 0; i < LEAVES; i++) {
		if (!t.leaf[i].used)
			return &t.leaf[i];
	}
	return NULL;
}

static struct store *free_store(void)
{
	struct store *s = t.store;	/* one for each leaf is enough */

	while (s->users)
		s++;
	memset(s, 0, sizeof(*s));
	return s;
}

static void show(struct leaf *l, struct store *s, zx_handle_t vmo, uint64_t first)
{
	*l = (struct leaf){ .used = true, .store = s, .vmo = vmo, .first = first };
	s->users++;
}

/* A place that the leaf shows; PLACES if there is none. */
static uint32_t pick_place(const struct leaf *l)
{
	uint32_t start = below(PLACES);

	for (uint32_t n = 0; n < PLACES; n++) {
		if (shows(l, (start + n) % PLACES))
			return (uint32_t)((start + n) % PLACES);
	}
	return PLACES;
}

static uint64_t offset_of(const struct leaf *l, uint32_t i, uint32_t which)
{
	return (places[i] - l->first) * PAGE + (which ? PAGE - 8 : 0);
}

/* Mappings reach to the last place, past the end of most VMOs. */
static uint64_t mapped_bytes(const struct leaf *l)
{
	return (l->first > LAST_PAGE ? 1 : LAST_PAGE + 1 - l->first) * PAGE;
}

static void unmap(struct leaf *l)
{
	if (!l->base)
		return;
	t.what = "unmap";
	same(zx_vmar_unmap(zx_vmar_root_self(), l->base, mapped_bytes(l)), ZX_OK);
	l->base = 0;
}

static void forget_if_gone(struct leaf *l)
{
	if (l->vmo || l->base)
		return;
	l->store->users--;
	l->used = false;
}

/* --- Steps ------------------------------------------------------------------ */

/* By call or by a store, one word. */
static bool step_write(struct leaf *l, bool by_store)
{
	uint32_t i = pick_place(l), which = below(2);
	uint64_t value = next_random();

	if (i == PLACES || !need(l->store, i))
		return i == PLACES;
	t.what = by_store ? "store" : "write";
	if (by_store ? !(l->base && l->perm == VM_RW) : !l->vmo)
		return true;
	t.store_count += by_store;
	if (by_store)
		vm_store(l->base + offset_of(l, i, which), value);
	else if (!same(zx_vmo_write(l->vmo, &value, offset_of(l, i, which), 8), ZX_OK))
		return false;
	own(l->store, i);
	l->store->word[i][which] = value;
	return true;
}

/* The last word of one page and the first of the next. */
static bool step_write_across(struct leaf *l)
{
	uint64_t values[2] = { next_random(), next_random() };
	uint32_t i = pick_place(l);

	if (i + 1 >= PLACES || places[i + 1] != places[i] + 1 || !shows(l, i + 1) || !l->vmo)
		return true;
	if (!need(l->store, i) || !need(l->store, i + 1))
		return false;
	t.what = "write across";
	if (!same(zx_vmo_write(l->vmo, values, offset_of(l, i, 1), 16), ZX_OK))
		return false;
	own(l->store, i);
	own(l->store, i + 1);
	l->store->word[i][1] = values[0];
	l->store->word[i + 1][0] = values[1];
	return true;
}

/* From a place to a later one, whole pages or without the outermost words. */
static bool step_zero(struct leaf *l)
{
	uint32_t i = pick_place(l), j = i, keep_first = below(2), keep_last = below(2);
	uint64_t start, end;

	if (i == PLACES || !l->vmo)
		return true;
	while (j + 1 < PLACES && shows(l, j + 1) && below(6) &&
	       (!t.source || !(l->store->of_pager || l->store->is_child) ||
		places[j + 1] - places[i] < 200))
		j++;
	/* Page by page of a pager's VMO: the pages between would be asked for. */
	if (l->store->of_pager)
		j = i;
	if ((keep_first || l->store->of_pager) && !need(l->store, i))
		return false;
	if ((keep_last || l->store->of_pager) && !need(l->store, j))
		return false;
	start = offset_of(l, i, 0) + (keep_first ? 8 : 0);
	end = offset_of(l, j, 1) + (keep_last ? 0 : 8);
	t.what = "zero";
	if (!same(zx_vmo_op_range(l->vmo, ZX_VMO_OP_ZERO, start, end - start, NULL, 0), ZX_OK))
		return false;
	for (uint32_t n = i; n <= j; n++) {
		uint64_t first, last;

		if ((n == i && keep_first) || (n == j && keep_last))
			own(l->store, n);
		first = n == i && keep_first ? l->store->word[n][0] : 0;
		last = n == j && keep_last ? l->store->word[n][1] : 0;
		set_cell(l->store, n, CELL_OWN);
		l->store->word[n][0] = first;
		l->store->word[n][1] = last;
	}
	return true;
}

/* What a shrink of the pager's VMO takes from its children. */
static void clip_children(uint64_t pages)
{
	for (uint32_t n = 0; n < LEAVES; n++) {
		struct store *s = &t.store[n];

		for (uint32_t i = 0; s->users && s->is_child && i < PLACES; i++) {
			if (s->state[i] == CELL_THROUGH && places[i] >= pages)
				set_cell(s, i, CELL_OWN);
		}
	}
}

/* vmo.md 8: what was written behind the stream's end is cleared when that moves;
 * here only up to where the VMO was and is. */
static void move_stream(struct store *s, uint64_t size, uint64_t pages)
{
	uint64_t from = s->stream < size ? s->stream : size;
	uint64_t end = (s->pages < pages ? s->pages : pages) * PAGE;

	s->stream = size;
	for (uint32_t i = 0; jx_era() == JX_ERA_LATEST && i < PLACES; i++) {
		for (uint32_t which = 0; which < 2 && places[i] >= s->first; which++) {
			uint64_t at = (places[i] - s->first) * PAGE + (which ? PAGE - 8 : 0);

			if (at >= from && at < end && s->state[i] == CELL_OWN)
				s->word[i][which] = 0;
		}
	}
}

/* To just before or behind a place; sometimes that page is cut in half. */
static bool step_resize(struct leaf *l)
{
	struct store *s = l->store;
	/* Rather large than small: else little is left to look at. */
	uint32_t i = below(PLACES), other = below(PLACES);
	uint64_t pages = places[i > other ? i : other] + below(2), size;
	bool half = below(4) == 0;

	if (!l->vmo || pages < s->first)
		return true;
	pages -= s->first;
	half &= pages > 0 && pages < s->pages;
	/* A stream of a pager's VMO that ends in a page asks for it later. */
	half &= jx_era() == JX_ERA_2020 || !(s->of_pager || s->is_child);
	size = pages * PAGE - (half ? PAGE - 8 : 0);
	t.what = "resize";
	if (!s->resizable)
		return same(zx_vmo_set_size(l->vmo, size), ZX_ERR_UNAVAILABLE);
	/* Else what the pager gives later is cut off nowhere. */
	for (uint32_t n = 0; half && n < PLACES; n++) {
		if (places[n] - s->first == pages - 1 && !need(s, n))
			return false;
	}
	if (!same(zx_vmo_set_size(l->vmo, size), ZX_OK))
		return false;
	move_stream(s, size, pages);
	for (uint32_t n = 0; n < PLACES; n++) {
		if (places[n] < s->first)
			continue;
		if (half && places[n] - s->first == pages - 1) {
			own(s, n);
			s->word[n][1] = 0;
		}
		if (places[n] - s->first >= pages)
			set_cell(s, n, CELL_OWN);
	}
	s->pages = pages;
	if (s->of_pager)
		clip_children(pages);
	return true;
}

/* The child's content is the parent's where both are; zero elsewhere. */
static void inherit(struct store *s, const struct leaf *parent)
{
	for (uint32_t i = 0; i < PLACES; i++) {
		if (!shows(parent, i) || places[i] < s->first ||
		    places[i] - s->first >= s->pages)
			continue;
		s->state[i] = parent->store->of_pager ? CELL_THROUGH : parent->store->state[i];
		if (s->state[i] == CELL_OWN)
			memcpy(s->word[i], parent->store->word[i], sizeof(s->word[i]));
	}
}

/* A window that begins and ends near places, perhaps past the parent's end. */
static bool step_snapshot(struct leaf *l)
{
	struct leaf *child = free_leaf();
	uint32_t resizable = below(2) ? ZX_VMO_CHILD_RESIZABLE : 0;
	uint64_t start = places[below(PLACES)], count;
	bool paged = l->store->of_pager || l->store->is_child;
	struct store *s;
	zx_handle_t vmo;

	if (!child || !l->vmo)
		return true;
	start = below(3) == 0 || start < l->first ? l->first : start;
	count = below(3) == 0 ? LAST_PAGE + 1 - start : places[below(PLACES)] + 1;
	t.what = "snapshot";
	if (l->is_slice)
		return same(zx_vmo_create_child(l->vmo, ZX_VMO_CHILD_SNAPSHOT, 0, PAGE, &vmo),
			    ZX_ERR_NOT_SUPPORTED);
	if (!same(zx_vmo_create_child(l->vmo, resizable | (paged || below(2)
					? ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE
					: ZX_VMO_CHILD_SNAPSHOT),
				      (start - l->first) * PAGE, count * PAGE, &vmo), ZX_OK))
		return false;
	s = free_store();
	s->resizable = resizable;
	s->is_child = paged;
	s->first = start;
	s->pages = count;
	s->stream = count * PAGE;
	inherit(s, l);
	show(child, s, vmo, start);
	return true;
}

static bool step_slice(struct leaf *l)
{
	struct leaf *slice = free_leaf();
	uint64_t size = pages_of(l), start, count;
	zx_handle_t vmo;

	if (!slice || !l->vmo)
		return true;
	start = size ? next_random() % size : 0;
	if (below(2))
		start = 0;
	count = size - start;
	t.what = "slice";
	if (l->store->resizable)
		return same(zx_vmo_create_child(l->vmo, ZX_VMO_CHILD_SLICE, start * PAGE,
						count * PAGE, &vmo), ZX_ERR_NOT_SUPPORTED);
	if (!same(zx_vmo_create_child(l->vmo, ZX_VMO_CHILD_SLICE, start * PAGE, count * PAGE,
				      &vmo), ZX_OK))
		return false;
	show(slice, l->store, vmo, l->first + start);
	slice->is_slice = true;
	slice->pages = count;
	return true;
}

/* Anonymous stores are one family here. */
static zx_status_t expect_decommit(const struct leaf *l)
{
	uint32_t relatives = 0;

	for (uint32_t i = 0; i < LEAVES; i++)
		relatives += t.store[i].users && !t.store[i].of_pager && !t.store[i].is_child;
	return l->store->of_pager || l->store->is_child || relatives > 1 ? ZX_ERR_NOT_SUPPORTED
									  : ZX_OK;
}

static bool step_decommit(struct leaf *l)
{
	uint32_t i = pick_place(l), j = i;
	zx_status_t wanted = expect_decommit(l);

	if (i == PLACES || !l->vmo)
		return true;
	while (j + 1 < PLACES && shows(l, j + 1) && below(6))
		j++;
	t.what = "decommit";
	if (!same(zx_vmo_op_range(l->vmo, ZX_VMO_OP_DECOMMIT, offset_of(l, i, 0),
				  (places[j] + 1 - places[i]) * PAGE, NULL, 0), wanted))
		return false;
	for (uint32_t n = i; wanted == ZX_OK && n <= j; n++)
		set_cell(l->store, n, CELL_OWN);
	return true;
}

static bool step_commit(struct leaf *l)
{
	uint32_t i = pick_place(l);

	if (i == PLACES || !l->vmo)
		return true;
	if (!need(l->store, i))
		return false;
	t.what = "commit";
	own(l->store, i);
	return same(zx_vmo_op_range(l->vmo, ZX_VMO_OP_COMMIT, offset_of(l, i, 0), PAGE, NULL, 0),
		    ZX_OK);
}

/* All that it may ever show, or nothing. */
static bool step_map(struct leaf *l)
{
	if (l->base || !l->vmo) {
		if (l->base && below(3) == 0)
			unmap(l);
		forget_if_gone(l);
		return true;
	}
	t.what = "map";
	l->perm = below(3) ? VM_RW : VM_R;
	return same(zx_vmar_map(zx_vmar_root_self(), l->perm, 0, l->vmo, 0, mapped_bytes(l),
				&l->base), ZX_OK);
}

static bool step_protect(struct leaf *l)
{
	if (!l->base)
		return true;
	l->perm = below(2) ? VM_RW : VM_R;
	t.what = "protect";
	return same(zx_vmar_protect(zx_vmar_root_self(), l->perm, l->base, mapped_bytes(l)),
		    ZX_OK);
}

static bool make_root(bool of_pager)
{
	struct leaf *l = free_leaf();
	struct store *s;
	zx_handle_t vmo;
	bool good;

	if (!l)
		return true;
	s = free_store();
	s->resizable = below(2);
	s->pages = below(2) ? LAST_PAGE + 1 : places[below(PLACES)] + 1;
	s->stream = s->pages * PAGE;
	s->of_pager = of_pager;
	t.what = of_pager ? "pager_create_vmo" : "create";
	good = same(of_pager ? zx_pager_create_vmo(t.pager, s->resizable ? ZX_VMO_RESIZABLE : 0,
						   t.port, 0, s->pages * PAGE, &vmo)
			     : zx_vmo_create(s->pages * PAGE, s->resizable ? ZX_VMO_RESIZABLE : 0,
					     &vmo), ZX_OK);
	if (!good)
		return false;
	for (uint32_t i = 0; i < PLACES; i++)
		s->state[i] = of_pager && places[i] < s->pages ? CELL_ABSENT : CELL_OWN;
	show(l, s, vmo, 0);
	if (of_pager)
		t.source = s;
	return true;
}

/* The pager's own handle stays: it is needed to supply. */
static bool step_close(struct leaf *l)
{
	if (!l->vmo || (l->store->of_pager && !l->is_slice))
		return true;
	t.what = "close";
	if (!same(zx_handle_close(l->vmo), ZX_OK))
		return false;
	l->vmo = ZX_HANDLE_INVALID;
	forget_if_gone(l);
	return true;
}

static bool step_supply(void)
{
	uint32_t i = below(PLACES);

	return t.source->state[i] != CELL_ABSENT || places[i] >= t.source->pages || supply(i);
}

/* An anonymous one is always there. */
static bool renew(void)
{
	for (uint32_t i = 0; i < LEAVES; i++) {
		const struct store *s = &t.store[i];

		if (s->users && !s->of_pager && !s->is_child)
			return true;
	}
	return make_root(false);
}

static bool step(void)
{
	struct leaf *l = pick_leaf();

	t.acting = l;
	switch (below(32)) {
	case 0 ... 4:
		return step_write(l, false);
	case 5 ... 10:
		for (int i = 0; i < 4 && !l->base; i++)
			l = pick_leaf();
		return step_write(l, true);
	case 11 ... 12:
		return step_write_across(l);
	case 13 ... 15:
		return step_zero(l);
	case 16 ... 17:
		return step_resize(l);
	case 18 ... 20:
		return step_snapshot(l);
	case 21:
		return step_slice(l);
	case 22:
		return step_decommit(l);
	case 23:
		return step_commit(l);
	case 24 ... 26:
		return step_map(l);
	case 27:
		return step_protect(l);
	case 28 ... 29:
		return step_close(l);
	default:
		return step_supply();
	}
}

/* --- Looking ---------------------------------------------------------------- */

/* By a load if it is mapped and `by_load`, else by a call. */
static bool look_at(const struct leaf *l, uint32_t i, uint32_t which, bool by_load)
{
	uint64_t offset = offset_of(l, i, which), got = 0;
	const struct store *s = owner_of(l->store, i);

	if (!s)
		return true;
	if (l->base && (by_load || !l->vmo))
		got = vm_load(l->base + offset);
	else if (!l->vmo || zx_vmo_read(l->vmo, &got, offset, 8) != ZX_OK)
		return !l->vmo;
	if (got == s->word[i][which])
		return true;
	jx_fail("JX_SEED=%" PRIu64 ", step %u, after %s of leaf %u: word %u of page %" PRIu64
		" of leaf %u (store %u) is %#" PRIx64 ", expected %#" PRIx64 " (by %s)", t.seed,
		t.step, t.what, (uint32_t)(t.acting - t.leaf), which, places[i],
		(uint32_t)(l - t.leaf), (uint32_t)(l->store - t.store), got, s->word[i][which],
		by_load ? "load" : "call");
	return false;
}

static bool look_at_leaf(const struct leaf *l, bool by_load)
{
	bool good = true;

	for (uint32_t i = 0; good && l->used && i < PLACES; i++) {
		if (shows(l, i))
			good = look_at(l, i, 0, by_load) && look_at(l, i, 1, by_load);
	}
	return good;
}

/* The first thread loads from all that is mapped, the second asks one VMO. */
static bool look(uint32_t thread)
{
	bool good = true;

	if (thread == 1)
		return look_at_leaf(&t.leaf[t.step % LEAVES], false);
	for (uint32_t n = 0; good && n < LEAVES; n++) {
		if (t.leaf[n].base)
			good = look_at_leaf(&t.leaf[n], true);
	}
	return good;
}

static int check_on(void *arg)
{
	uint32_t me = (uint32_t)(uintptr_t)arg;
	zx_futex_t turn = 0;

	for (;;) {
		while (atomic_load(&t.turn) == turn)
			zx_futex_wait(&t.turn, turn, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
		turn = atomic_load(&t.turn);
		if (atomic_load(&t.stop))
			return 0;
		if (!look(me))
			atomic_fetch_add(&t.failures, 1);
		atomic_store(&t.done[me], turn);
		zx_futex_wake(&t.done[me], 1);
	}
}

/* Everybody looks; what a step changed is seen by those who see the new turn. */
static bool all_look(void)
{
	zx_futex_t turn = atomic_fetch_add(&t.turn, 1) + 1;

	zx_futex_wake(&t.turn, THREADS);
	for (uint32_t i = 0; i < THREADS; i++) {
		for (;;) {
			zx_futex_t done = atomic_load(&t.done[i]);

			if (done == turn)
				break;
			zx_futex_wait(&t.done[i], done, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
		}
	}
	return atomic_load(&t.failures) == 0;
}

/* --- The test --------------------------------------------------------------- */

/* One seed for all runs of this process, as in random_vmar.c. */
static void choose_seed(void)
{
	static uint64_t seed;
	const char *chosen = getenv("JX_SEED");

	if (chosen)
		seed = strtoull(chosen, NULL, 0);
	while (seed == 0)
		zx_cprng_draw(&seed, sizeof(seed));
	t.seed = t.state = seed;
	jx_note("JX_SEED=%" PRIu64, seed);
}

static bool set_up(void)
{
	bool good = true;

	memset(&t, 0, sizeof(t));
	choose_seed();
	t.what = "set up";
	if (!same(zx_pager_create(0, &t.pager), ZX_OK) ||
	    !same(zx_port_create(0, &t.port), ZX_OK) || !make_root(true) || !make_root(false))
		return false;
	for (uintptr_t i = 0; good && i < THREADS; i++)
		good = same(jx_thread_create(&t.thread[i], "check", check_on, (void *)i), ZX_OK);
	return good;
}

static void take_down(void)
{
	atomic_store(&t.stop, true);
	atomic_fetch_add(&t.turn, 1);
	zx_futex_wake(&t.turn, THREADS);
	for (uint32_t i = 0; i < THREADS; i++)
		EXPECT_STATUS(jx_thread_join(&t.thread[i], NULL), ZX_OK);
	for (uint32_t i = 0; i < LEAVES; i++) {
		if (!t.leaf[i].used)
			continue;
		unmap(&t.leaf[i]);
		if (t.leaf[i].vmo)
			zx_handle_close(t.leaf[i].vmo);
	}
	zx_handle_close(t.pager);
	zx_handle_close(t.port);
}

JX_TEST(random_snapshot_against_flat_arrays)
{
	const char *chosen = getenv("JX_STEPS");
	uint32_t steps = chosen ? (uint32_t)strtoul(chosen, NULL, 0) : STEPS;
	bool good = true;

	ASSERT_TRUE(set_up());
	for (t.step = 0; good && t.step < steps; t.step++) {
		uint32_t before = t.call_count + t.store_count;

		good = step() && renew();
		if (good && t.call_count + t.store_count != before)
			good = all_look();
	}
	jx_note("%u stores, %u calls, %u of them succeeded", t.store_count, t.call_count,
		t.ok_count);
	/* Else the dice fell so that little was tested. */
	EXPECT_TRUE(t.ok_count > t.call_count / 2);
	EXPECT_TRUE(good);
	take_down();
}

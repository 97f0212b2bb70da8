/*
 * Random moves of pages between VMOs of every kind of the latest era, against
 * flat arrays: roots, snapshots, children of a pager's VMO, slices, references,
 * with pins that forbid some of it. After each step what was touched is looked
 * at by call and through a mapping, and from time to time everything.
 *
 * The seed is printed; JX_SEED in the environment chooses it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf_vmo_util.h"
#include "dev_util.h"

#define LEAVES 8u
#define PINS 3u
/* Over the border of a node, and so are windows that begin anywhere. */
#define PAGES 70u
#define STEPS 6000u

/* Content that one or more leaves show. */
struct store {
	uint32_t users;
	bool is_child;			/* of the pager's VMO */
	uint64_t word[PAGES];
	bool through[PAGES];		/* the pager's VMO shows */
	uint32_t pins[PAGES];
};

struct leaf {
	bool used;
	bool is_slice;
	struct store *store;
	zx_handle_t vmo;
	uint32_t first;
	uint32_t count;
	zx_vaddr_t base;
};

struct pin {
	zx_handle_t pmt;
	struct store *store;
	uint32_t page;
};

static struct {
	struct leaf leaf[LEAVES];
	struct store store[LEAVES + PINS];
	struct pin pin[PINS];
	struct conf_pager pager;
	uint64_t source[PAGES];		/* the pager's VMO */
	zx_handle_t bti;
	uint64_t state;
	uint64_t seed;
	uint32_t step;
	uint32_t moved_count;
} t;

static uint64_t next_random(void)
{
	t.state ^= t.state << 13;
	t.state ^= t.state >> 7;
	t.state ^= t.state << 17;
	return t.state >> 11;
}

static uint32_t below(uint32_t limit)
{
	return (uint32_t)(next_random() % limit);
}

static bool same(const char *what, zx_status_t got, zx_status_t wanted)
{
	if (got != wanted)
		jx_fail("JX_SEED=%" PRIu64 ", step %u: %s gave %d, expected %d", t.seed, t.step,
			what, got, wanted);
	return got == wanted;
}

/* --- The model --------------------------------------------------------------- */

static uint64_t content(const struct store *s, uint32_t page)
{
	return s->through[page] ? t.source[page] : s->word[page];
}

static void set(struct store *s, uint32_t page, uint64_t word)
{
	s->through[page] = false;
	s->word[page] = word;
}

static bool is_pinned(const struct store *s, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++) {
		if (s->pins[i])
			return true;
	}
	return false;
}

static struct leaf *pick(void)
{
	struct leaf *l;

	do {
		l = &t.leaf[below(LEAVES)];
	} while (!l->used);
	return l;
}

static struct leaf *unused(void)
{
	for (uint32_t i = 0; i < LEAVES; i++) {
		if (!t.leaf[i].used)
			return &t.leaf[i];
	}
	return NULL;
}

static struct store *new_store(void)
{
	struct store *s = t.store;

	while (s->users)
		s++;
	memset(s, 0, sizeof(*s));
	return s;
}

static bool add(struct store *s, zx_handle_t vmo, uint32_t first, uint32_t count, bool is_slice)
{
	struct leaf *l = unused();

	*l = (struct leaf){ .used = true, .is_slice = is_slice, .store = s, .vmo = vmo,
			    .first = first, .count = count };
	s->users++;
	return count == 0 ||
	       same("map", zx_vmar_map(zx_vmar_root_self(), VM_RW, 0, vmo, 0, count * PAGE,
				       &l->base), ZX_OK);
}

/* --- Looking ----------------------------------------------------------------- */

static bool look(const struct leaf *l)
{
	for (uint32_t i = 0; i < l->count; i++) {
		uint64_t wanted = content(l->store, l->first + i), got = 0;
		zx_status_t status = zx_vmo_read(l->vmo, &got, i * PAGE, 8);
		uint64_t seen = vm_load(l->base + i * PAGE);

		if (status == ZX_OK && got == wanted && seen == wanted)
			continue;
		jx_fail("JX_SEED=%" PRIu64 ", step %u: page %u of leaf %u is %#" PRIx64
			" by load, %#" PRIx64 " by call (%d), expected %#" PRIx64, t.seed, t.step,
			i, (uint32_t)(l - t.leaf), seen, got, status, wanted);
		return false;
	}
	return true;
}

static bool look_at_all(void)
{
	bool good = true;

	for (uint32_t i = 0; good && i < LEAVES; i++)
		good = !t.leaf[i].used || look(&t.leaf[i]);
	for (uint32_t i = 0; good && i < PAGES; i++)
		good = same("the pager's content",
			    vm_vmo_get(t.pager.vmo, i) == t.source[i] ? ZX_OK : ZX_ERR_BAD_STATE,
			    ZX_OK);
	return good;
}

/* --- Steps ------------------------------------------------------------------- */

static bool step_write(struct leaf *l)
{
	uint64_t word = next_random();
	uint32_t i;

	if (!l->count)
		return true;
	i = below(l->count);
	set(l->store, l->first + i, word);
	if (word % 2)
		vm_store(l->base + i * PAGE, word);
	else
		return same("write", zx_vmo_write(l->vmo, &word, i * PAGE, 8), ZX_OK);
	return true;
}

static bool step_source(void)
{
	uint32_t i = below(PAGES);

	t.source[i] = next_random();
	return same("write to the pager's VMO",
		    zx_vmo_write(t.pager.vmo, &t.source[i], i * PAGE, 8), ZX_OK);
}

static bool step_zero(struct leaf *l)
{
	uint32_t i, count;

	if (!l->count)
		return true;
	i = below(l->count);
	count = below(l->count - i) + 1;
	for (uint32_t n = i; n < i + count; n++)
		set(l->store, l->first + n, 0);
	return same("zero", conf_op(l->vmo, ZX_VMO_OP_ZERO, i * PAGE, count * PAGE), ZX_OK);
}

/* What stood in the source's range is the destination's, and zero there; where
 * both are the same pages the destination wins. */
static bool step_transfer(struct leaf *to, struct leaf *from)
{
	uint64_t words[PAGES];
	uint32_t count, i, j;
	bool pinned, same_place;
	zx_status_t status;

	if (!to->count || !from->count)
		return true;
	i = below(to->count);
	j = below(from->count);
	count = to->count - i < from->count - j ? to->count - i : from->count - j;
	count = below(3) ? below(count) + 1 : count;
	same_place = to == from && i == j;
	pinned = is_pinned(to->store, to->first + i, count) ||
		 is_pinned(from->store, from->first + j, count);
	status = zx_vmo_transfer_data(to->vmo, 0, i * PAGE, count * PAGE, from->vmo, j * PAGE);
	if (!same("transfer", status, pinned && !same_place ? ZX_ERR_BAD_STATE : ZX_OK))
		return false;
	if (pinned || same_place)
		return look(to) && look(from);
	t.moved_count += count;
	for (uint32_t n = 0; n < count; n++)
		words[n] = content(from->store, from->first + j + n);
	for (uint32_t n = 0; n < count; n++)
		set(from->store, from->first + j + n, 0);
	for (uint32_t n = 0; n < count; n++)
		set(to->store, to->first + i + n, words[n]);
	return look(to) && look(from);
}

static bool step_clone(const struct leaf *l)
{
	const uint32_t kinds[] = { CONF_SNAPSHOT, CONF_ON_WRITE, ZX_VMO_CHILD_SNAPSHOT_MODIFIED };
	uint32_t first = below(PAGES), kind = kinds[below(3)];
	zx_handle_t vmo = ZX_HANDLE_INVALID;
	struct store *s;

	/* Stores begin at page 0: the rest of a window is past the parent's end. */
	if (!unused() || l->is_slice)
		return true;
	if (l->store->is_child && kind == CONF_SNAPSHOT)
		kind = CONF_ON_WRITE;
	if (is_pinned(l->store, 0, PAGES))
		return same("clone", conf_try_child(l->vmo, kind, 0, PAGES * PAGE),
			    ZX_ERR_BAD_STATE);
	if (l->store->is_child)
		first = 0;
	if (!same("clone", zx_vmo_create_child(l->vmo, kind, first * PAGE, PAGES * PAGE, &vmo),
		  ZX_OK))
		return false;
	s = new_store();
	s->is_child = l->store->is_child;
	for (uint32_t i = 0; i + first < PAGES; i++) {
		s->word[i] = l->store->word[i + first];
		s->through[i] = l->store->through[i + first];
	}
	return add(s, vmo, 0, PAGES, false);
}

static bool step_overlay(void)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;
	struct store *s;

	if (!unused())
		return true;
	if (!same("overlay", zx_vmo_create_child(t.pager.vmo, CONF_ON_WRITE, 0, PAGES * PAGE,
						 &vmo), ZX_OK))
		return false;
	s = new_store();
	s->is_child = true;
	memset(s->through, true, sizeof(s->through));
	return add(s, vmo, 0, PAGES, false);
}

static bool step_alias(const struct leaf *l)
{
	bool slice = l->is_slice || below(2);
	uint32_t first = slice && l->count ? below(l->count) : 0;
	uint32_t count = slice ? l->count - first : 0;
	zx_handle_t vmo = ZX_HANDLE_INVALID;

	if (!unused())
		return true;
	if (!same(slice ? "slice" : "reference",
		  zx_vmo_create_child(l->vmo, slice ? CONF_SLICE : ZX_VMO_CHILD_REFERENCE,
				      first * PAGE, count * PAGE, &vmo), ZX_OK))
		return false;
	return add(l->store, vmo, l->first + first, slice ? count : l->count, slice);
}

/* A pin more, or one less. */
static bool step_pin(const struct leaf *l)
{
	struct pin *p = &t.pin[below(PINS)];
	uint32_t i;

	if (p->pmt) {
		p->store->pins[p->page]--;
		if (--p->store->users == 0)
			memset(p->store, 0, sizeof(*p->store));
		if (!same("unpin", zx_pmt_unpin(p->pmt), ZX_OK))
			return false;
		p->pmt = ZX_HANDLE_INVALID;
		return true;
	}
	if (!l->count)
		return true;
	i = below(l->count);
	*p = (struct pin){ dev_pin(t.bti, l->vmo, i, 1), l->store, l->first + i };
	set(l->store, l->first + i, content(l->store, l->first + i));
	l->store->pins[p->page]++;
	/* The pages live as long as the token. */
	l->store->users++;
	return p->pmt != ZX_HANDLE_INVALID;
}

static bool step_close(struct leaf *l)
{
	if (l == &t.leaf[0])
		return true;
	if (l->base && !same("unmap", zx_vmar_unmap(zx_vmar_root_self(), l->base,
						    l->count * PAGE), ZX_OK))
		return false;
	l->used = false;
	l->store->users--;
	return same("close", zx_handle_close(l->vmo), ZX_OK);
}

static bool step(void)
{
	struct leaf *l = pick();

	switch (below(24)) {
	case 0 ... 4:
		return step_write(l);
	case 5:
		return step_source();
	case 6:
		return step_zero(l);
	case 7 ... 14:
		return step_transfer(l, pick());
	case 15 ... 16:
		return step_clone(l);
	case 17:
		return step_overlay();
	case 18 ... 19:
		return step_alias(l);
	case 20:
		return step_pin(l);
	default:
		return step_close(l);
	}
}

/* --- The test ----------------------------------------------------------------- */

static bool set_up(void)
{
	static uint64_t seed;
	const char *chosen = getenv("JX_SEED");

	memset(&t, 0, sizeof(t));
	if (chosen)
		seed = strtoull(chosen, NULL, 0);
	while (seed == 0)
		zx_cprng_draw(&seed, sizeof(seed));
	t.seed = t.state = seed;
	jx_note("JX_SEED=%" PRIu64, seed);
	t.bti = dev_bti();
	for (uint32_t i = 0; i < PAGES; i++)
		t.source[i] = VM_STAMP(i);
	return conf_pager_full(&t.pager, PAGES, 0) &&
	       add(new_store(), conf_vmo(PAGES, 0), 0, PAGES, false);
}

JX_TEST_OF_LATEST(random_transfer_against_flat_arrays)
{
	bool good = set_up();

	for (t.step = 0; good && t.step < STEPS; t.step++)
		good = step() && (t.step % 16 || look_at_all());
	jx_note("%u pages moved", t.moved_count);
	EXPECT_TRUE(good && look_at_all());
	EXPECT_TRUE(t.moved_count > STEPS);
	for (uint32_t i = 0; i < PINS; i++) {
		if (t.pin[i].pmt)
			EXPECT_STATUS(zx_pmt_unpin(t.pin[i].pmt), ZX_OK);
	}
	for (uint32_t i = 0; i < LEAVES; i++) {
		if (!t.leaf[i].used)
			continue;
		if (t.leaf[i].base)
			vm_unmap(t.leaf[i].base, t.leaf[i].count);
		zx_handle_close(t.leaf[i].vmo);
	}
	conf_pager_drop(&t.pager);
	dev_bti_drop(t.bti);
}

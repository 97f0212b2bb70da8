/*
 * Random calls on a small tree of VMARs against a flat model of its pages:
 * every status, every byte of address space, every page's content. The seed
 * is printed; JX_SEED in the environment chooses it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vm_util.h"

#define PAGES 64u
#define STEPS 100000u
#define VMARS 12u
#define VMOS 3u
/* Steps between two looks at everything. */
#define AUDIT_STEPS 2000u

/* What the model knows of one page of address space. */
struct cell {
	uint8_t owner;		/* innermost VMAR */
	uint8_t mapped;		/* 1 + index of the VMO, 0: a gap */
	uint8_t vmo_page;
	uint8_t perm;
	uint8_t max;
};

struct node {
	zx_handle_t handle;
	bool used;
	bool alive;
	uint8_t parent;
	uint8_t start;
	uint8_t count;
};

static struct {
	struct vm_area area;
	struct cell cell[PAGES];
	struct node node[VMARS];	/* [0]: the area */
	/* VMO 2 is VMO 1 through a handle that cannot write. */
	zx_handle_t vmo[VMOS];
	uint64_t content[2][PAGES];
	uint64_t state;
	uint64_t seed;
	uint32_t step;
	/* Calls, and those of them that succeeded. */
	uint32_t call_count;
	uint32_t ok_count;
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
		jx_fail("seed %" PRIu64 ", step %u: %s gave %d, expected %d", t.seed, t.step, what,
			got, wanted);
	t.call_count++;
	t.ok_count += got == ZX_OK;
	return got == wanted;
}

static uint64_t *content_of(const struct cell *c)
{
	return &t.content[c->mapped == 1 ? 0 : 1][c->vmo_page];
}

/* --- The model's opinion ---------------------------------------------------- */

/* The pages that a call is about; mostly inside the VMAR. */
struct span {
	struct node *node;
	uint8_t index;
	uint32_t start;
	uint32_t count;
};

static struct span pick_span(void)
{
	struct span s;

	s.index = below(3) ? (uint8_t)below(VMARS) : 0;
	/* Seldom one that is dead. */
	while (!t.node[s.index].used || (!t.node[s.index].alive && below(16)))
		s.index = (uint8_t)below(VMARS);
	s.node = &t.node[s.index];
	s.start = s.node->start + below(s.node->count);
	s.count = below(32) == 0 ? below(PAGES) : below(8) + 1;
	/* Seldom one that reaches over the end. */
	if (s.start + s.count > (uint32_t)s.node->start + s.node->count && below(16))
		s.count = (uint32_t)s.node->start + s.node->count - s.start;
	return s;
}

static bool inside(const struct span *s)
{
	return s->start >= s->node->start &&
	       s->start + s->count <= (uint32_t)s->node->start + s->node->count;
}

/* The page belongs to a sub-VMAR of the node, not to itself. */
static bool is_sub(const struct span *s, uint32_t page)
{
	return t.cell[page].owner != s->index;
}

static bool is_free(const struct span *s, uint32_t page)
{
	return !is_sub(s, page) && !t.cell[page].mapped;
}

static bool all_free(const struct span *s, uint32_t start, uint32_t count)
{
	for (uint32_t i = start; i < start + count; i++) {
		if (!is_free(s, i))
			return false;
	}
	return true;
}

static bool has_room(const struct span *s)
{
	for (uint32_t i = s->node->start; i + s->count <= (uint32_t)s->node->start +
							   s->node->count; i++) {
		if (all_free(s, i, s->count))
			return true;
	}
	return false;
}

/* Checks that map and allocate share, up to the bounds. */
static zx_status_t expect_bounds(const struct span *s)
{
	if (!s->node->alive)
		return ZX_ERR_BAD_STATE;
	return s->count == 0 || !inside(s) ? ZX_ERR_INVALID_ARGS : ZX_OK;
}

/* The child of the node that contains the page of a sub-VMAR. */
static const struct node *child_at(const struct span *s, uint32_t page)
{
	const struct node *n = &t.node[t.cell[page].owner];

	while (n->parent != s->index)
		n = &t.node[n->parent];
	return n;
}

static zx_status_t expect_unmap(const struct span *s)
{
	bool found = false;

	if (s->count == 0)
		return ZX_ERR_INVALID_ARGS;
	if (!s->node->alive)
		return ZX_ERR_BAD_STATE;
	if (!inside(s))
		return ZX_ERR_INVALID_ARGS;
	for (uint32_t i = s->start; i < s->start + s->count; i++) {
		found |= !is_free(s, i);
		if (is_sub(s, i)) {
			const struct node *n = child_at(s, i);

			if (n->start < s->start || n->start + n->count > s->start + s->count)
				return ZX_ERR_INVALID_ARGS;
		}
	}
	return found ? ZX_OK : ZX_ERR_NOT_FOUND;
}

static zx_status_t expect_protect(const struct span *s, uint32_t perm)
{
	if (s->count == 0)
		return ZX_ERR_INVALID_ARGS;
	if (!s->node->alive)
		return ZX_ERR_BAD_STATE;
	if (!inside(s))
		return ZX_ERR_INVALID_ARGS;
	for (uint32_t i = s->start; i < s->start + s->count; i++) {
		if (is_sub(s, i))
			return ZX_ERR_INVALID_ARGS;
		if (!t.cell[i].mapped)
			return ZX_ERR_NOT_FOUND;
		if (perm & ~t.cell[i].max)
			return ZX_ERR_ACCESS_DENIED;
	}
	return ZX_OK;
}

static zx_status_t expect_decommit(const struct span *s)
{
	if (s->count == 0)
		return ZX_ERR_INVALID_ARGS;
	if (!s->node->alive)
		return ZX_ERR_BAD_STATE;
	if (!inside(s))
		return ZX_ERR_OUT_OF_RANGE;
	for (uint32_t i = s->start; i < s->start + s->count; i++) {
		if (!t.cell[i].mapped)
			return ZX_ERR_BAD_STATE;
		if (!(t.cell[i].max & VM_W))
			return ZX_ERR_ACCESS_DENIED;
	}
	return ZX_OK;
}

/* --- What calls do to the model --------------------------------------------- */

static void kill_nodes(uint32_t start, uint32_t count, uint8_t below_index)
{
	for (uint8_t i = 1; i < VMARS; i++) {
		struct node *n = &t.node[i];
		uint8_t up = i;

		if (!n->used || !n->alive || n->start < start || n->start >= start + count)
			continue;
		while (up != below_index && up != 0)
			up = t.node[up].parent;
		/* Ancestors of the range are not below the VMAR. */
		if (up == below_index && i != below_index)
			n->alive = false;
	}
}

static void clear_cells(const struct span *s)
{
	kill_nodes(s->start, s->count, s->index);
	for (uint32_t i = s->start; i < s->start + s->count; i++)
		t.cell[i] = (struct cell){ .owner = s->index };
}

static void set_cells(const struct span *s, uint32_t vmo, uint32_t vmo_page, uint32_t perm)
{
	for (uint32_t i = 0; i < s->count; i++)
		t.cell[s->start + i] = (struct cell){
			.owner = s->index,
			.mapped = (uint8_t)(vmo + 1),
			.vmo_page = (uint8_t)(vmo_page + i),
			.perm = (uint8_t)perm,
			.max = vmo == 2 ? VM_R : VM_RW,
		};
}

/* --- Steps ------------------------------------------------------------------ */

static uint32_t random_perm(void)
{
	static const uint8_t perms[] = { 0, VM_R, VM_RW, VM_RW };

	return perms[below(4)];
}

static uint64_t offset_of(const struct span *s)
{
	return (uint64_t)(s->start - s->node->start) * PAGE;
}

static bool step_map(bool overwrite)
{
	zx_vm_option_t how = overwrite ? ZX_VM_SPECIFIC_OVERWRITE : ZX_VM_SPECIFIC;
	uint32_t vmo = below(VMOS), perm = random_perm();
	struct span s = pick_span();
	uint32_t vmo_page = below(PAGES - (s.count < PAGES ? s.count : PAGES - 1));
	zx_status_t wanted = expect_bounds(&s);
	zx_vaddr_t address = 0;

	if (vmo == 2)
		perm &= VM_R;
	for (uint32_t i = s.start; wanted == ZX_OK && i < s.start + s.count; i++) {
		if (overwrite && is_sub(&s, i))
			wanted = ZX_ERR_INVALID_ARGS;
		if (!overwrite && !is_free(&s, i))
			wanted = ZX_ERR_NO_MEMORY;
	}
	if (!same("map", zx_vmar_map(s.node->handle, perm | how, offset_of(&s), t.vmo[vmo],
				     vmo_page * PAGE, s.count * PAGE, &address), wanted))
		return false;
	if (wanted == ZX_OK)
		set_cells(&s, vmo, vmo_page, perm);
	return wanted != ZX_OK || address == vm_at(&t.area, s.start);
}

static bool step_map_anywhere(void)
{
	uint32_t vmo = below(2), perm = random_perm();
	struct span s = pick_span();
	zx_status_t wanted, got;
	zx_vaddr_t address = 0;

	s.start = s.node->start;
	wanted = expect_bounds(&s);
	if (wanted == ZX_OK && !has_room(&s))
		wanted = ZX_ERR_NO_MEMORY;
	got = zx_vmar_map(s.node->handle, perm, 0, t.vmo[vmo], 0, s.count * PAGE, &address);
	if (!same("map anywhere", got, wanted))
		return false;
	if (wanted != ZX_OK)
		return true;
	s.start = (uint32_t)((address - t.area.base) / PAGE);
	if (!inside(&s) || !all_free(&s, s.start, s.count))
		return same("place", ZX_ERR_INTERNAL, ZX_OK);
	set_cells(&s, vmo, 0, perm);
	return true;
}

static bool step_unmap(void)
{
	struct span s = pick_span();
	zx_status_t wanted = expect_unmap(&s);

	if (!same("unmap", zx_vmar_unmap(s.node->handle, vm_at(&t.area, s.start), s.count * PAGE),
		  wanted))
		return false;
	if (wanted == ZX_OK)
		clear_cells(&s);
	return true;
}

static bool step_protect(void)
{
	uint32_t perm = random_perm();
	struct span s = pick_span();
	zx_status_t wanted = expect_protect(&s, perm);

	if (!same("protect", zx_vmar_protect(s.node->handle, perm, vm_at(&t.area, s.start),
					     s.count * PAGE), wanted))
		return false;
	for (uint32_t i = s.start; wanted == ZX_OK && i < s.start + s.count; i++)
		t.cell[i].perm = (uint8_t)perm;
	return true;
}

static bool step_decommit(void)
{
	struct span s = pick_span();
	zx_status_t wanted = expect_decommit(&s);

	if (!same("decommit", zx_vmar_op_range(s.node->handle, ZX_VMO_OP_DECOMMIT,
					       vm_at(&t.area, s.start), s.count * PAGE, NULL, 0),
		  wanted))
		return false;
	for (uint32_t i = s.start; wanted == ZX_OK && i < s.start + s.count; i++)
		*content_of(&t.cell[i]) = 0;
	return true;
}

/* A place for a new node: one never used, or one whose VMAR is dead. */
static uint8_t free_node(void)
{
	for (uint8_t i = 1; i < VMARS; i++) {
		if (!t.node[i].used)
			return i;
	}
	for (uint8_t i = 1; i < VMARS; i++) {
		if (!t.node[i].alive) {
			zx_handle_close(t.node[i].handle);
			t.node[i].used = false;
			return i;
		}
	}
	return 0;
}

static bool step_allocate(void)
{
	uint8_t index = free_node();
	struct node *n = &t.node[index];
	struct span s = pick_span();
	zx_status_t wanted = expect_bounds(&s);
	zx_vaddr_t address = 0;
	zx_handle_t handle;

	if (index == 0)
		return true;
	if (wanted == ZX_OK && !all_free(&s, s.start, s.count))
		wanted = ZX_ERR_NO_MEMORY;
	if (!same("allocate", zx_vmar_allocate(s.node->handle, VM_CAN_RW | ZX_VM_CAN_MAP_SPECIFIC |
							       ZX_VM_SPECIFIC,
					       offset_of(&s), s.count * PAGE, &handle, &address),
		  wanted))
		return false;
	if (wanted != ZX_OK)
		return true;
	*n = (struct node){ handle, true, true, s.index, (uint8_t)s.start, (uint8_t)s.count };
	for (uint32_t i = s.start; i < s.start + s.count; i++)
		t.cell[i].owner = index;
	return address == vm_at(&t.area, s.start);
}

static bool step_destroy(void)
{
	struct span s = pick_span(), all;
	zx_status_t wanted = s.node->alive ? ZX_OK : ZX_ERR_BAD_STATE;

	if (s.index == 0)
		return true;
	if (!same("destroy", zx_vmar_destroy(s.node->handle), wanted))
		return false;
	if (wanted != ZX_OK)
		return true;
	all = (struct span){ &t.node[s.node->parent], s.node->parent, s.node->start,
			     s.node->count };
	clear_cells(&all);
	return true;
}

/* Some accesses of the program's own, as the protection allows. */
static bool step_access(void)
{
	bool good = true;

	for (int i = 0; good && i < 4; i++) {
		uint32_t page = below(PAGES);
		struct cell *c = &t.cell[page];

		if (c->perm & VM_W) {
			*content_of(c) = next_random();
			vm_store(vm_at(&t.area, page), *content_of(c));
		} else if (c->perm & VM_R) {
			good = vm_load(vm_at(&t.area, page)) == *content_of(c);
		}
	}
	return good || same("content", ZX_ERR_INTERNAL, ZX_OK);
}

/* --- Looking at everything -------------------------------------------------- */

/* Pages from `page` on that a listing tells as one entry. */
static uint32_t run_length(uint32_t page)
{
	const struct cell *c = &t.cell[page];
	uint32_t n = 1;

	while (page + n < PAGES) {
		const struct cell *d = c + n;

		if (d->owner != c->owner || d->vmo_page != c->vmo_page + n ||
		    d->perm != c->perm || d->max != c->max || !d->mapped ||
		    (d->mapped == 1) != (c->mapped == 1))
			break;
		n++;
	}
	return n;
}

static bool audit_listing(void)
{
	struct vm_piece pieces[PAGES];
	size_t count = 0;

	for (uint32_t page = 0; page < PAGES;) {
		const struct cell *c = &t.cell[page];
		uint32_t n = c->mapped ? run_length(page) : 1;

		if (c->mapped)
			pieces[count++] = (struct vm_piece){ page, n, c->perm, c->vmo_page };
		page += n;
	}
	return vm_area_is(&t.area, pieces, count);
}

static bool audit_page(uint32_t page)
{
	const struct cell *c = &t.cell[page];
	zx_vaddr_t address = vm_at(&t.area, page);
	uint64_t value = 0;
	size_t actual = 0;
	zx_status_t denied = c->mapped ? ZX_ERR_ACCESS_DENIED : ZX_ERR_NOT_FOUND;

	if (!same("read_memory", zx_process_read_memory(zx_process_self(), address, &value, 8,
							&actual),
		  c->mapped ? ZX_OK : ZX_ERR_NO_MEMORY))
		return false;
	if (c->mapped && value != *content_of(c))
		return same("content by read_memory", ZX_ERR_INTERNAL, ZX_OK);
	return same("probe read", vm_probe_read(address), c->perm & VM_R ? ZX_OK : denied) &&
	       same("probe write", vm_probe_write(address), c->perm & VM_W ? ZX_OK : denied);
}

static bool audit(void)
{
	bool good = audit_listing();

	for (uint32_t i = 0; good && i < PAGES; i++)
		good = audit_page(i);
	for (uint32_t i = 0; good && i < PAGES; i++)
		good = vm_vmo_get(t.vmo[0], i) == t.content[0][i] &&
		       vm_vmo_get(t.vmo[1], i) == t.content[1][i];
	return good || same("audit", ZX_ERR_INTERNAL, ZX_OK);
}

/* --- The test --------------------------------------------------------------- */

static bool step(void)
{
	switch (below(20)) {
	case 0 ... 3:
		return step_map(false);
	case 4 ... 5:
		return step_map(true);
	case 6 ... 7:
		return step_map_anywhere();
	case 8 ... 9:
		return step_unmap();
	case 10 ... 12:
		return step_protect();
	case 13 ... 14:
		return step_decommit();
	case 15:
		return step_allocate();
	case 16:
		return below(2) ? step_access() : step_destroy();
	default:
		return step_access();
	}
}

/* One seed for all runs of this process: what the kernel's caches hold after
 * equal runs is about equal, so that a leak can be told from it. */
static void choose_seed(void)
{
	static uint64_t seed;
	const char *chosen = getenv("JX_SEED");

	if (chosen)
		seed = strtoull(chosen, NULL, 0);
	/* The generator stands still at 0. */
	while (seed == 0)
		zx_cprng_draw(&seed, sizeof(seed));
	t.seed = t.state = seed;
	jx_note("JX_SEED=%" PRIu64, seed);
}

static bool set_up(void)
{
	memset(&t, 0, sizeof(t));
	choose_seed();
	if (!vm_area_make(&t.area, PAGES))
		return false;
	t.node[0] = (struct node){ t.area.vmar, true, true, 0, 0, PAGES };
	t.vmo[0] = t.area.vmo;
	t.vmo[1] = vm_vmo_make(PAGES, 0);
	t.vmo[2] = vm_dup(t.vmo[1], ZX_RIGHT_READ | ZX_RIGHT_MAP);
	for (uint64_t i = 0; i < PAGES; i++)
		t.content[0][i] = t.content[1][i] = VM_STAMP(i);
	return true;
}

JX_TEST_OF_2020(random_vmar_against_a_flat_model)
{
	bool good = true;

	ASSERT_TRUE(set_up());
	for (t.step = 0; good && t.step < STEPS; t.step++) {
		good = step();
		if (good && t.step % AUDIT_STEPS == 0)
			good = audit();
	}
	jx_note("%u calls, %u of them succeeded", t.call_count, t.ok_count);
	/* Else the dice fell so that little was tested. */
	EXPECT_TRUE(t.ok_count > t.call_count / 4);
	EXPECT_TRUE(good && audit());
	for (uint32_t i = 1; i < VMARS; i++)
		zx_handle_close(t.node[i].handle);
	zx_handle_close(t.vmo[1]);
	zx_handle_close(t.vmo[2]);
	vm_area_drop(&t.area);
}

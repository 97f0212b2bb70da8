/*
 * What an address space shows of memory (tasks.md 3.4, TASK_STATS).
 *
 * Mappings are taken one run of neighbours at a time, with no lock held in
 * between. A page that two mappings of the space show is counted for the one
 * at the lower address: the VMO's list of mappings tells which those are.
 */
#include <kernel/string.h>
#include <kernel/wait.h>
#include <mm/map_vmos.h>
#include <mm/vmo_info.h>

#include "vmar_internal.h"

/* Address spaces that are told apart among those that map a VMO. */
#define SPACES_EXACT 64

/* A part of which pages below `at` are done. */
struct count {
	struct aspace *as;
	struct mapped_part part;
	u64 at;
	struct mapped_stats *out;
	bool split;
};

static bool is_lower(const struct count *c, const struct mapping *m)
{
	return m->vmar->aspace == c->as && m->state == MAPPING_ALIVE &&
	       m->region.start < c->part.page;
}

/* Where the piece that begins at c->at ends. True: a lower mapping shows it. */
static bool find_piece_locked(const struct count *c, u64 *end)
{
	u64 covered = c->at, next = c->part.index + c->part.count;
	u64 stop = next;
	struct mapping *m;

	list_for_each(m, &c->part.vmo->mappings, vmo_node) {
		u64 last = m->index + (m->region.end - m->region.start);

		if (last <= c->at || !is_lower(c, m))
			continue;
		if (m->index <= c->at)
			covered = max_u64(covered, last);
		else
			next = min_u64(next, m->index);
	}
	*end = covered > c->at ? min_u64(covered, stop) : next;
	return covered > c->at;
}

static u64 count_spaces_locked(const struct vmo *v)
{
	const struct aspace *seen[SPACES_EXACT];
	struct mapping *m;
	u64 count = 0;

	list_for_each(m, &v->mappings, vmo_node) {
		u64 i = 0;

		while (i < count && seen[i] != m->vmar->aspace)
			i++;
		if (i == count && count < SPACES_EXACT)
			seen[count++] = m->vmar->aspace;
	}
	return count < 1 ? 1 : count;
}

static void add_scaled(struct mapped_stats *s, u64 bytes, u64 fraction,
		       u64 spaces)
{
	/* Below one byte each, so that the sum stays in a word: at most
	 * (spaces - 1) and one spaces-th of it, and what is there. */
	u64 part = (1ul << 63) / spaces * (bytes % spaces) + fraction / spaces;

	s->scaled += bytes / spaces + (part >> 63);
	s->fraction += part & ((1ul << 63) - 1);
	s->scaled += s->fraction >> 63;
	s->fraction &= (1ul << 63) - 1;
}

static void add_piece(const struct count *c, u64 end, u64 spaces)
{
	struct vmo *v = c->part.vmo;
	struct mapped_stats *s = c->out;
	struct vmo_charge charge;
	u64 bytes;

	vmo_get_range_charge(v, (c->at - v->shift) << PAGE_SHIFT,
			     (end - c->at) << PAGE_SHIFT, &charge);
	bytes = c->split ? charge.scaled : charge.whole;
	s->mapped += bytes;
	if (spaces == 1) {
		s->own += bytes;
	} else {
		s->shared += bytes;
		add_scaled(s, bytes, c->split ? charge.fraction : 0, spaces);
	}
}

static void add_part(struct count *c)
{
	struct vmo *v = c->part.vmo;
	u64 stop = c->part.index + c->part.count;

	c->at = c->part.index;
	while (c->at < stop && !thread_is_killed()) {
		u64 end, spaces;
		bool shown;

		mutex_lock(v->lock);
		shown = find_piece_locked(c, &end);
		spaces = count_spaces_locked(v);
		mutex_unlock(v->lock);
		if (!shown)
			add_piece(c, end, spaces);
		c->at = end;
	}
}

void aspace_get_stats(struct aspace *as, bool split, struct mapped_stats *out)
{
	struct count c = { .as = as, .out = out, .split = split };
	u64 page = 0;

	memset(out, 0, sizeof(*out));
	while (!thread_is_killed() && aspace_next_part(as, page, &c.part)) {
		page = c.part.page + c.part.count;
		add_part(&c);
		object_unref(&c.part.vmo->object);
	}
}

#include "rtree_model.h"

#include "tree_env.h"

static struct rt_region *removed[8 * MODEL_MAX];
static u32 removed_count;

struct rt_slot model_new(u64 start, u64 end)
{
	struct rt_region *r = malloc(sizeof(*r));

	r->start = start;
	r->end = end;
	return rt_slot_make(r, env_below(2) ? RT_MAPPING : RT_VMAR);
}

u32 model_index(const struct model *m, u64 page)
{
	u32 lo = 0, hi = m->count;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (rt_slot_region(m->slots[mid])->end > page)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

struct rt_slot model_next(const struct model *m, u64 page)
{
	u32 i = model_index(m, page);

	return i < m->count ? m->slots[i] : (struct rt_slot){ 0 };
}

struct rt_slot model_lookup(const struct model *m, u64 page)
{
	struct rt_slot s = model_next(m, page);

	if (s.word && rt_slot_region(s)->start > page)
		s.word = 0;
	return s;
}

bool model_is_free(const struct model *m, u64 start, u64 end)
{
	struct rt_slot s = model_next(m, start);

	return s.word == 0 || rt_slot_region(s)->start >= end;
}

void model_widen(const struct model *m, u64 *start, u64 *end)
{
	struct rt_slot a = model_lookup(m, *start);
	struct rt_slot z = model_lookup(m, *end - 1);

	if (a.word)
		*start = rt_slot_region(a)->start;
	if (z.word)
		*end = rt_slot_region(z)->end;
}

void model_replace(struct model *m, u64 start, u64 end,
		   const struct rt_slot *slots, u32 count)
{
	u32 i = model_index(m, start), z = i;

	while (z < m->count && rt_slot_region(m->slots[z])->start < end) {
		assert_true(removed_count < ARRAY_SIZE(removed));
		removed[removed_count++] = rt_slot_region(m->slots[z++]);
	}
	assert_true(m->count - (z - i) + count <= MODEL_MAX);
	memmove(m->slots + i + count, m->slots + z,
		(m->count - z) * sizeof(m->slots[0]));
	if (count)
		memcpy(m->slots + i, slots, count * sizeof(m->slots[0]));
	m->count = m->count - (z - i) + count;
}

void model_free_removed(void)
{
	while (removed_count)
		free(removed[--removed_count]);
}

void model_clear(struct model *m)
{
	model_replace(m, 0, RT_PAGE_LIMIT, NULL, 0);
	model_free_removed();
}

/* Candidates in [lo, hi), which is free; the first of them in *first. */
static u64 gap_candidates(const struct rt_want *w, u64 lo, u64 hi, u64 *first)
{
	u64 unit = 1ul << w->align_log2;

	lo = max_u64(lo, w->lo);
	hi = min_u64(hi, w->hi);
	*first = (lo + unit - 1) / unit * unit;
	if (*first + w->size_pages > hi)
		return 0;
	return (hi - w->size_pages - *first) / unit + 1;
}

bool model_find(const struct model *m, const struct rt_want *w, u64 index,
		u64 *page)
{
	u64 open = 0, first, n;

	for (u32 i = 0; i <= m->count; i++) {
		const struct rt_region *r = i == m->count ? NULL :
			rt_slot_region(m->slots[i]);

		n = gap_candidates(w, open, r ? r->start : RT_PAGE_LIMIT,
				   &first);
		if (index < n) {
			*page = first + (index << w->align_log2);
			return true;
		}
		index -= n;
		open = r ? r->end : 0;
	}
	return false;
}

u64 model_count(const struct model *m, const struct rt_want *w)
{
	u64 open = 0, first, sum = 0;

	for (u32 i = 0; i < m->count; i++) {
		const struct rt_region *r = rt_slot_region(m->slots[i]);

		sum += gap_candidates(w, open, r->start, &first);
		open = r->end;
	}
	return sum + gap_candidates(w, open, RT_PAGE_LIMIT, &first);
}

void model_compare(const struct model *m, const struct rtree *t)
{
	struct rtree_walk w;
	u64 page = 0;

	assert_int_equal(rtree_check(t, NULL), m->count);
	rtree_walk_begin(&w, t, 0);
	for (u32 i = 0; i < m->count; i++) {
		struct rt_slot s = rtree_next(t, page);

		assert_int_equal(s.word, m->slots[i].word);
		assert_int_equal(rtree_walk_next(&w).word, s.word);
		page = rt_slot_region(s)->end;
	}
	assert_int_equal(rtree_next(t, page).word, 0);
	assert_int_equal(rtree_walk_next(&w).word, 0);
	assert_int_equal(rtree_walk_next(&w).word, 0);
}

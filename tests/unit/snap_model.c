#include "snap_model.h"

struct leaf leaves[LEAVES];

static u64 last_frame;

u64 model_index(u64 slot)
{
	static const u64 borders[RUNS] = {
		RUN / 2, 64, 4096, 1ul << 18, (1ul << 18) + 4096, 1ul << 24,
		1ul << 30, INDEX_MAX - RUN };

	return borders[slot / RUN] + slot % RUN - RUN / 2;
}

u64 model_slot(u64 index)
{
	u64 slot = 0;

	while (slot < SLOTS && model_index(slot) < index)
		slot++;
	return slot;
}

static const struct cell nothing;

const struct cell *model_look(struct leaf *l, u64 slot)
{
	const struct cell *c;

	l = model_store(l);
	c = &l->cells[slot];
	if (c->own || !l->source)
		return c;
	return &l->source->cells[slot];
}

bool model_is_absent(struct leaf *l, u64 slot)
{
	l = model_store(l);
	if (l->paged)
		return !l->cells[slot].own;
	return !l->cells[slot].own && l->source &&
	       !l->source->cells[slot].own;
}

/* Does another living member hold the same frame? */
static bool is_shared(const struct leaf *l, u64 slot)
{
	for (u32 i = 0; i < LEAVES; i++)
		if (&leaves[i] != l && leaves[i].vmo &&
		    leaves[i].cells[slot].frame == l->cells[slot].frame)
			return true;
	return false;
}

bool model_is_own(struct leaf *l, u64 slot)
{
	const struct cell *c;

	l = model_store(l);
	c = &l->cells[slot];
	return c->frame && !is_shared(l, slot);
}

void model_own(struct leaf *l, u64 slot)
{
	struct cell seen = *model_look(l, slot), *c;

	if (model_is_own(l, slot))
		return;
	c = &model_store(l)->cells[slot];
	*c = seen;
	c->frame = ++last_frame;
	c->own = true;
	c->gap = false;
}

void model_commit(struct leaf *l, u64 slot)
{
	if (!model_store(l)->paged || model_look(l, slot)->gap)
		model_own(l, slot);
}

void model_write(struct leaf *l, u64 slot, u32 word, u64 value)
{
	model_own(l, slot);
	model_store(l)->cells[slot].word[word] = value;
}

bool model_has_pin(struct leaf *l, u64 first, u64 last)
{
	l = model_store(l);
	return l->pinned && l->pinned_slot >= first && l->pinned_slot < last;
}

void model_zero(struct leaf *l, u64 first, u64 last)
{
	l = model_store(l);
	for (; first < last; first++) {
		u64 frame = l->cells[first].frame;

		l->cells[first] = nothing;
		if (model_has_pin(l, first, first + 1))
			l->cells[first].frame = frame;
		l->cells[first].own = true;
	}
}

/* A pager's VMO reads zero where it grew, and there it asks nobody. */
static void grow_paged(struct leaf *l, u64 end)
{
	for (u64 s = model_slot(l->end); s < model_slot(end); s++)
		l->cells[s] = (struct cell){ .own = true, .gap = true };
}

static void shrink_paged(struct leaf *l, u64 end)
{
	u64 first = model_slot(end);

	memset(&l->cells[first], 0, (SLOTS - first) * sizeof(struct cell));
	/* What it had never shines through again. */
	for (u32 i = 0; i < LEAVES; i++)
		if (leaves[i].vmo && leaves[i].source == l)
			for (u64 s = first; s < SLOTS; s++)
				if (!leaves[i].cells[s].own)
					model_zero(&leaves[i], s, s + 1);
}

void model_resize(struct leaf *l, u64 end)
{
	l = model_store(l);
	if (l->paged && end >= l->end)
		grow_paged(l, end);
	else if (l->paged)
		shrink_paged(l, end);
	else if (end < l->end)
		model_zero(l, model_slot(end), SLOTS);
	l->end = end;
}

void model_snapshot(struct leaf *child, struct leaf *of)
{
	struct leaf *from = model_store(of);

	child->family = from->family;
	child->source = from->paged ? from : from->source;
	for (u64 s = 0; s < SLOTS; s++) {
		if (!model_has(child, s) || !model_has(of, s))
			model_zero(child, s, s + 1);
		else if (from->paged)
			child->cells[s] = nothing;
		else
			child->cells[s] = from->cells[s];
	}
}

void model_forget(struct leaf *l)
{
	memset(l, 0, sizeof(*l));
}

/* --- Charges -------------------------------------------------------------------- */

static void count_page(const struct leaf *l, u64 slot, u64 *whole, u64 *own,
		       double *scaled)
{
	u64 viewers = 1;
	bool older = false;

	if (!l->cells[slot].frame)
		return;
	for (u32 i = 0; i < LEAVES; i++) {
		const struct leaf *k = &leaves[i];

		if (k == l || !k->vmo ||
		    k->cells[slot].frame != l->cells[slot].frame)
			continue;
		viewers++;
		older |= k->birth < l->birth;
	}
	*whole += !older;
	*own += viewers == 1;
	*scaled += 1.0 / (double)viewers;
}

void model_check_charges(void)
{
	u64 held = 0;

	for (u32 i = 0; i < LEAVES; i++) {
		const struct leaf *l = &leaves[i];
		u64 whole = 0, own = 0;
		double scaled = 0, is;
		struct vmo_charge c;

		if (!l->vmo)
			continue;
		for (u64 s = 0; s < SLOTS; s++)
			count_page(l, s, &whole, &own, &scaled);
		vmo_get_charge(l->vmo, &c);
		is = ((double)c.scaled + (double)c.fraction * 0x1p-63) /
		     PAGE_SIZE;
		assert_int_equal(c.whole, whole * PAGE_SIZE);
		assert_int_equal(c.own, own * PAGE_SIZE);
		assert_true(is > scaled - 1e-6 && is < scaled + 1e-6);
		held += whole;
	}
	assert_int_equal(held, snap_frames());
}

u32 model_relatives(struct leaf *l)
{
	u32 count = 0;

	l = model_store(l);
	for (u32 i = 0; i < LEAVES; i++)
		count += leaves[i].vmo && !leaves[i].shows && &leaves[i] != l &&
			 leaves[i].family == l->family;
	return count;
}

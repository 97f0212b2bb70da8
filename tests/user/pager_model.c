/* The model of a pager's VMO, its clones and slices. */
#include <string.h>

#include <zircon/syscalls/port.h>

#include "pager_model.h"

/* --- Pages -------------------------------------------------------------------- */

uint64_t model_pages_of(const struct model *m, uint32_t view)
{
	return view == 0 ? m->pages : m->view[view].pages;
}

uint64_t model_find(const struct model *m, uint32_t view, uint64_t page, uint64_t *word)
{
	while (view != 0) {
		const struct model_view *v = &m->view[view];

		if (!v->slice && (v->own[page] || v->cut[page])) {
			*word = v->own[page] ? v->word[page] : 0;
			return UINT64_MAX;
		}
		page += v->first;
		view = v->base;
	}
	*word = m->word[page];
	return page;
}

bool model_shows(const struct model *m, uint32_t view, uint64_t page, uint64_t *word)
{
	uint64_t found = model_find(m, view, page, word);

	return found == UINT64_MAX || m->state[found] != MODEL_ABSENT;
}

bool model_is_of_vmo(const struct model *m, uint32_t view)
{
	while (m->view[view].slice)
		view = m->view[view].base;
	return view == 0;
}

bool model_is_gap(const struct model *m, uint64_t page)
{
	return m->state[page] == MODEL_GAP || m->state[page] == MODEL_GAP_AWAITING;
}

bool model_is_committed(const struct model *m, uint64_t page)
{
	return m->state[page] == MODEL_CLEAN || m->state[page] == MODEL_DIRTY ||
	       m->state[page] == MODEL_AWAITING;
}

uint8_t model_dirtiness(const struct model *m, uint64_t page)
{
	if (model_is_gap(m, page))
		return 2;
	return m->state[page] == MODEL_DIRTY || m->state[page] == MODEL_AWAITING;
}

static void set(struct model *m, uint64_t page, enum model_state state, uint64_t word)
{
	m->state[page] = state;
	m->word[page] = word;
}

/* --- Accesses ------------------------------------------------------------------ */

static bool is_of_one_page(enum model_op op)
{
	return op == MODEL_LOAD || op == MODEL_STORE;
}

/* The page would be part of a DIRTY request of this access. */
static bool is_marked_first(const struct model *m, enum model_op op, uint64_t page)
{
	if (op == MODEL_READ || op == MODEL_LOAD)
		return false;
	if (op == MODEL_COMMIT)
		return model_is_gap(m, page);
	return m->state[page] != MODEL_DIRTY && m->state[page] != MODEL_ABSENT;
}

/* The page is reason enough for one: zeroes need not be zeroed. */
static bool wants_mark(const struct model *m, enum model_op op, uint64_t page)
{
	bool is_zero = model_is_gap(m, page) || m->state[page] == MODEL_MARKER;

	return m->traps && is_marked_first(m, op, page) && !(op == MODEL_ZERO && is_zero);
}

static bool goes_on(const struct model *m, enum model_op op, uint16_t command, uint64_t page)
{
	if (is_of_one_page(op))
		return false;
	if (command == ZX_PAGER_VMO_DIRTY)
		return is_marked_first(m, op, page);
	return m->state[page] == MODEL_ABSENT && (op == MODEL_COMMIT || m->latest);
}

/* A request from the VMO's page `page` on, to `end` at most. */
static void ask(const struct model *m, struct model_need *n, enum model_op op, uint16_t command,
		uint64_t page, uint64_t end)
{
	memset(n, 0, sizeof(*n));
	n->command = command;
	n->first = page;
	do {
		n->missing[page++] = true;
		n->count++;
	} while (page < end && goes_on(m, op, command, page));
}

/* How far the VMO shines through a view, from its page `at`, the VMO's `page`, on;
 * in the VMO's pages. */
static uint64_t end_of_run(const struct model *m, const struct model_access *a, uint64_t page)
{
	uint64_t word, end = a->first + a->count, at = a->at;

	while (at < end && model_find(m, a->view, at, &word) != UINT64_MAX)
		at++;
	return page + (at - a->at);
}

static void use_page(struct model *m, struct model_access *a, uint64_t page)
{
	switch (a->op) {
	case MODEL_READ:
	case MODEL_LOAD:
		a->sum = model_sum(a->sum, m->word[page]);
		break;
	case MODEL_COMMIT:
		if (model_is_gap(m, page))
			set(m, page, MODEL_DIRTY, 0);
		break;
	case MODEL_ZERO:
		if (model_is_gap(m, page) || m->state[page] == MODEL_MARKER)
			break;
		set(m, page, MODEL_DIRTY, 0);
		m->modified = true;
		break;
	default:
		set(m, page, MODEL_DIRTY, a->word);
		m->modified = true;
	}
}

/* The same of a clone's page, which shows a word. */
static void use_clone(struct model *m, struct model_access *a, uint64_t word)
{
	struct model_view *v = &m->view[a->view];
	uint64_t at = a->at;

	if (a->op == MODEL_READ || a->op == MODEL_LOAD) {
		a->sum = model_sum(a->sum, word);
		return;
	}
	for (; v->slice; v = &m->view[v->base])
		at += v->first;
	v->own[at] = true;
	v->word[at] = a->op == MODEL_COMMIT ? word : a->op == MODEL_ZERO ? 0 : a->word;
}

/* One page; false if it is waited for. */
static bool step(struct model *m, struct model_access *a, struct model_need *n)
{
	bool of_vmo = model_is_of_vmo(m, a->view);
	uint64_t word, page = model_find(m, a->view, a->at, &word);
	bool hides = !of_vmo && a->op == MODEL_ZERO;

	if (!hides && page != UINT64_MAX && m->state[page] == MODEL_ABSENT) {
		ask(m, n, a->op, ZX_PAGER_VMO_READ, page, end_of_run(m, a, page));
		return false;
	}
	if (of_vmo && wants_mark(m, a->op, page)) {
		ask(m, n, a->op, ZX_PAGER_VMO_DIRTY, page, end_of_run(m, a, page));
		return false;
	}
	if (of_vmo)
		use_page(m, a, page);
	else
		use_clone(m, a, word);
	a->at++;
	return true;
}

bool model_advance(struct model *m, struct model_access *a, struct model_need *n,
		   zx_status_t *status)
{
	*status = ZX_OK;
	while (a->at < a->first + a->count) {
		if (!step(m, a, n)) {
			*status = ZX_ERR_BAD_STATE;
			return m->detached;
		}
	}
	if (a->op == MODEL_ZERO && model_is_of_vmo(m, a->view))
		m->modified = true;
	return true;
}

bool model_waits(const struct model *m, const struct model_need *n)
{
	for (uint64_t i = 0; i < MODEL_PAGES; i++)
		if (n->missing[i] && (!m->latest || i == n->first))
			return true;
	return false;
}

/* --- Calls ---------------------------------------------------------------------- */

void model_supply(struct model *m, uint64_t first, uint64_t count, const uint64_t *words,
		  struct model_need *n)
{
	for (uint64_t i = first; i < first + count; i++) {
		uint64_t word = words[i - first];

		if (m->state[i] != MODEL_ABSENT)
			continue;
		set(m, i, word ? MODEL_CLEAN : MODEL_MARKER, word);
		if (n && n->command == ZX_PAGER_VMO_READ)
			n->missing[i] = false;
	}
}

zx_status_t model_op_dirty(struct model *m, uint64_t first, uint64_t count,
			   struct model_need *n)
{
	if (!m->traps)
		return ZX_ERR_NOT_SUPPORTED;
	if (m->detached && m->latest)
		return ZX_ERR_BAD_STATE;
	for (uint64_t i = first; i < first + count; i++)
		if (m->state[i] == MODEL_ABSENT)
			return ZX_ERR_NOT_FOUND;
	for (uint64_t i = first; i < first + count; i++) {
		m->state[i] = MODEL_DIRTY;
		if (n && n->command == ZX_PAGER_VMO_DIRTY)
			n->missing[i] = false;
	}
	return ZX_OK;
}

/* Era 2020 cleans gaps from the first one on (7.10). */
void model_begin(struct model *m, uint64_t first, uint64_t count, bool zero)
{
	bool is_first = true;

	for (uint64_t i = 0; i < m->pages; i++) {
		bool in = i >= first && i < first + count;

		if (in && m->state[i] == MODEL_DIRTY && !zero)
			m->state[i] = MODEL_AWAITING;
		if (m->state[i] != MODEL_GAP)
			continue;
		if (in && (is_first || m->latest))
			m->state[i] = MODEL_GAP_AWAITING;
		else
			is_first = false;
	}
}

void model_finish(struct model *m, uint64_t first, uint64_t count)
{
	bool is_first = true;

	for (uint64_t i = 0; i < m->pages; i++) {
		bool in = i >= first && i < first + count;

		if (in && m->state[i] == MODEL_AWAITING)
			m->state[i] = MODEL_CLEAN;
		if (!model_is_gap(m, i))
			continue;
		if (in && m->state[i] == MODEL_GAP_AWAITING && (is_first || m->latest))
			set(m, i, MODEL_ABSENT, 0);
		else
			is_first = false;
	}
}

void model_resize(struct model *m, uint64_t pages, struct model_need *n)
{
	for (uint64_t i = pages; i < MODEL_PAGES; i++) {
		set(m, i, MODEL_ABSENT, 0);
		if (n)
			n->missing[i] = false;
	}
	for (uint64_t i = m->pages; i < pages; i++)
		set(m, i, MODEL_GAP, 0);
	for (uint32_t v = 1; v < MODEL_VIEWS; v++)
		for (uint64_t i = 0; i < m->view[v].pages && !m->view[v].slice; i++)
			m->view[v].cut[i] |= m->view[v].first + i >= pages;
	if (n && n->first < pages && n->first + n->count > pages)
		n->count = pages - n->first;
	m->pages = pages;
	m->modified = true;
}

void model_detach(struct model *m)
{
	m->detached = true;
	for (uint64_t i = 0; i < m->pages; i++)
		if (m->state[i] == MODEL_CLEAN || m->state[i] == MODEL_MARKER)
			set(m, i, MODEL_ABSENT, 0);
}

void model_slice(struct model *m, uint32_t view, uint32_t of, uint64_t first, uint64_t pages)
{
	m->view[view] = (struct model_view){ .used = true, .slice = true, .base = of,
					     .first = first, .pages = pages };
}

/* A clone of a clone has what that has, and else what the VMO shows: never a chain
 * (docs/snapshots.md). */
void model_clone(struct model *m, uint32_t view, uint32_t of, uint64_t first, uint64_t pages)
{
	struct model_view *v = &m->view[view];
	const struct model_view *o = &m->view[of];
	bool of_clone = of != 0 && !o->slice;
	uint64_t end = model_pages_of(m, of);

	*v = (struct model_view){ .used = true, .first = first, .pages = pages };
	for (uint64_t i = 0; i < pages; i++) {
		uint64_t at = first + i;

		v->own[i] = of_clone && at < end && o->own[at];
		v->word[i] = v->own[i] ? o->word[at] : 0;
		v->cut[i] = at >= end || (of_clone && o->cut[at]);
	}
	for (; of != 0; of = m->view[of].base)
		v->first += m->view[of].first;
}

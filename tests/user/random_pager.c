/*
 * Random calls on a pager's VMO, its clones and slices beside a model of them. One
 * thread accesses, this one is the service: it knows from the model which packet
 * comes next, or that none does, and answers in part, beside it, with a failure, a
 * suspension, another size or detach. After each step all that can be seen is what
 * the model says: content, what is dirty, the stats, what is committed.
 *
 * The seed is printed; JX_SEED in the environment chooses it, JX_STEPS how long.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls/pager.h>

#include "dirty_util.h"
#include "pager_model.h"
#include "suspend_util.h"
#include "vm_util.h"

#define RUNS 12u
#define STEPS 25u
#define PATIENCE ZX_SEC(20)

static struct {
	struct paging p;
	struct model m;
	bool resizable;
	zx_handle_t vmo[MODEL_VIEWS];	/* 0: closed */
	zx_vaddr_t base[MODEL_VIEWS];	/* 0: not mapped */
	uint64_t mapped[MODEL_VIEWS];	/* pages */
	uint64_t seed, state, stamp;
	uint32_t run, step;
	uint32_t request_count, fail_count, stop_count;
	/* What the step did so far. */
	char what[400];
} t;

/* An access in its thread. */
static struct {
	struct model_access a;
	struct jx_thread thread;
	uint64_t sum;
	/* Its COMMIT was cut short. */
	bool trimmed;
} now;

static uint64_t below(uint64_t limit)
{
	t.state ^= t.state << 13;
	t.state ^= t.state >> 7;
	t.state ^= t.state << 17;
	return (t.state >> 11) % limit;
}

static void __PRINTFLIKE(1, 2) tell(const char *format, ...)
{
	size_t length = strlen(t.what);
	va_list args;

	va_start(args, format);
	vsnprintf(t.what + length, sizeof(t.what) - length, format, args);
	va_end(args);
}

static bool same(const char *what, uint64_t got, uint64_t wanted)
{
	if (got == wanted)
		return true;
	jx_fail("JX_SEED=%" PRIu64 ", run %u, step %u%s%s:%s: %s is %" PRId64 ", expected %" PRId64,
		t.seed, t.run, t.step, t.m.traps ? ", traps" : "",
		t.resizable ? ", resizable" : "", t.what, what, got, wanted);
	for (uint64_t i = 0; i < t.m.pages; i++)
		jx_note("page %" PRIu64 ": state %u, word %" PRId64, i, t.m.state[i],
			t.m.word[i]);
	return false;
}

static bool gives(const char *what, zx_status_t got, zx_status_t wanted)
{
	return same(what, (uint64_t)(int64_t)got, (uint64_t)(int64_t)wanted);
}

/* --- What the service does ------------------------------------------------------ */

static bool supply(uint64_t first, uint64_t count, struct model_need *n)
{
	uint64_t words[MODEL_PAGES];
	zx_handle_t aux = ZX_HANDLE_INVALID;
	zx_status_t status;

	tell(" supply [%" PRIu64 ", %" PRIu64 ")", first, first + count);
	if (!gives("zx_vmo_create", zx_vmo_create(count * PAGE, 0, &aux), ZX_OK))
		return false;
	for (uint64_t i = 0; i < count; i++) {
		words[i] = below(4) ? ++t.stamp : 0;
		if (words[i])
			zx_vmo_write(aux, &words[i], i * PAGE, sizeof(words[i]));
	}
	status = zx_pager_supply_pages(t.p.pager, t.p.vmo, first * PAGE, count * PAGE, aux, 0);
	zx_handle_close(aux);
	model_supply(&t.m, first, count, words, n);
	return gives("supply", status, ZX_OK);
}

static bool op_dirty(uint64_t first, uint64_t count, struct model_need *n)
{
	zx_status_t wanted = model_op_dirty(&t.m, first, count, n);

	tell(" DIRTY [%" PRIu64 ", %" PRIu64 ")", first, first + count);
	return gives("op DIRTY", dirty_op(&t.p, ZX_PAGER_OP_DIRTY, first, count, 0), wanted);
}

static bool begin(uint64_t first, uint64_t count, bool zero)
{
	tell(" BEGIN [%" PRIu64 ", %" PRIu64 ")", first, first + count);
	model_begin(&t.m, first, count, zero);
	return gives("BEGIN", dirty_op(&t.p, ZX_PAGER_OP_WRITEBACK_BEGIN, first, count,
				       zero ? ZX_VMO_DIRTY_RANGE_IS_ZERO : 0), ZX_OK);
}

static bool finish(uint64_t first, uint64_t count)
{
	tell(" END [%" PRIu64 ", %" PRIu64 ")", first, first + count);
	model_finish(&t.m, first, count);
	return gives("END", dirty_op(&t.p, ZX_PAGER_OP_WRITEBACK_END, first, count, 0), ZX_OK);
}

static bool resize(uint64_t pages, struct model_need *n)
{
	tell(" size %" PRIu64, pages);
	model_resize(&t.m, pages, n);
	return gives("zx_vmo_set_size", zx_vmo_set_size(t.p.vmo, pages * PAGE), ZX_OK);
}

static bool detach(void)
{
	tell(" detach");
	model_detach(&t.m);
	return gives("detach", zx_pager_detach_vmo(t.p.pager, t.p.vmo), ZX_OK) &&
	       paging_expect_complete(&t.p);
}

static bool no_packet(void)
{
	zx_port_packet_t packet;

	return gives("zx_port_wait for nothing", zx_port_wait(t.p.port, 0, &packet),
		     ZX_ERR_TIMED_OUT);
}

static bool expect_packet(const struct model_need *n)
{
	zx_port_packet_t got = { 0 };

	t.request_count++;
	return gives("zx_port_wait", zx_port_wait(t.p.port, zx_deadline_after(PATIENCE), &got),
		     ZX_OK) &&
	       same("command", got.page_request.command, n->command) &&
	       same("offset", got.page_request.offset, n->first * PAGE) &&
	       same("length", got.page_request.length, n->count * PAGE) &&
	       same("key", got.key, PAGING_KEY);
}

/* --- Answers ------------------------------------------------------------------------ */

/* What an access then ends with; OK: the wait is over, or goes on. */
typedef bool (*answer_fn)(struct model_need *n, zx_status_t *end);

static bool may_fail(void)
{
	return now.a.op != MODEL_LOAD && now.a.op != MODEL_STORE;
}

static bool answer_fail(struct model_need *n, zx_status_t *end)
{
	static const zx_status_t codes[] = { ZX_ERR_IO, ZX_ERR_IO_DATA_INTEGRITY,
		ZX_ERR_BAD_STATE, ZX_ERR_NO_SPACE, ZX_ERR_BUFFER_TOO_SMALL };
	uint64_t first = below(n->first + 1);
	uint64_t stop = n->first + 1 + below(t.m.pages - n->first);

	if (!may_fail())
		return true;
	tell(" FAIL [%" PRIu64 ", %" PRIu64 ")", first, stop);
	t.fail_count++;
	*end = codes[below(5)];
	return gives("FAIL", dirty_op(&t.p, ZX_PAGER_OP_FAIL, first, stop - first,
				      (uint64_t)(int64_t)*end), ZX_OK);
}

static bool answer_beside(struct model_need *n, zx_status_t *end)
{
	uint64_t first = n->first + n->count;

	(void)end;
	return gives("FAIL beside it", dirty_op(&t.p, ZX_PAGER_OP_FAIL, first, t.m.pages - first,
						(uint64_t)(int64_t)ZX_ERR_IO), ZX_OK);
}

/* It asks anew, for what is still missing. */
static bool answer_stop(struct model_need *n, zx_status_t *end)
{
	zx_handle_t token;

	(void)end;
	if (now.a.at != now.a.first)
		return true;
	tell(" suspend");
	t.stop_count++;
	token = suspend_now(now.thread.handle);
	memset(n->missing, 0, sizeof(n->missing));
	return no_packet() && gives("zx_handle_close", zx_handle_close(token), ZX_OK);
}

static bool answer_detach(struct model_need *n, zx_status_t *end)
{
	(void)n;
	if (!may_fail() || below(3))
		return true;
	*end = ZX_ERR_BAD_STATE;
	return detach();
}

static bool answer_begin(struct model_need *n, zx_status_t *end)
{
	uint64_t first = below(t.m.pages);

	(void)n;
	(void)end;
	return begin(first, 1 + below(t.m.pages - first), below(2));
}

static bool answer_finish(struct model_need *n, zx_status_t *end)
{
	uint64_t first = below(t.m.pages);

	(void)end;
	/* Else what waits for DIRTY may become absent. */
	return n->command != ZX_PAGER_VMO_READ || finish(first, 1 + below(t.m.pages - first));
}

/* Through what a read wants, or behind the page that COMMIT has come to. */
static bool answer_resize(struct model_need *n, zx_status_t *end)
{
	bool commits = now.a.op == MODEL_COMMIT;
	uint64_t pages = commits ? now.a.at + 1 + below(MODEL_PAGES - now.a.at) : now.a.first;

	if (!t.resizable || now.a.view != 0 || now.trimmed ||
	    (!commits && (now.a.op != MODEL_READ || now.a.at != now.a.first)))
		return true;
	if (!commits)
		*end = ZX_ERR_OUT_OF_RANGE;
	now.trimmed = pages < now.a.first + now.a.count;
	if (now.trimmed && commits)
		now.a.count = pages - now.a.first;
	return resize(pages, n);
}

/* All of it and more, or, in era 2020, a part: later the first page ends the wait. */
static bool answer_pages(struct model_need *n, zx_status_t *end)
{
	uint64_t first = n->first, count = n->count;

	(void)end;
	if (!t.m.latest && below(2)) {
		first += below(count);
		count = 1 + below(n->first + n->count - first);
	}
	if (n->command == ZX_PAGER_VMO_READ && below(2))
		count += below(t.m.pages - first - count + 1);
	return n->command == ZX_PAGER_VMO_READ ? supply(first, count, n) :
						 op_dirty(first, count, n);
}

static bool answer(struct model_need *n, zx_status_t *end)
{
	static const answer_fn other[] = { answer_fail, answer_beside, answer_stop, answer_detach,
					   answer_begin, answer_finish, answer_resize };
	bool good = true;

	while (good && *end == ZX_OK && model_waits(&t.m, n)) {
		uint64_t which = below(14);

		good = which < sizeof(other) / sizeof(other[0]) ? other[which](n, end) :
								  answer_pages(n, end);
	}
	return good;
}

/* --- Accesses ------------------------------------------------------------------------ */

static int run_copy(uint32_t view, uint64_t offset, bool write)
{
	static uint64_t words[MODEL_PAGES][PAGE / sizeof(uint64_t)];
	uint64_t count = now.a.count, bytes = (count - 1) * PAGE + sizeof(uint64_t);
	zx_status_t status;

	for (uint64_t i = 0; i < count && write; i++)
		words[i][0] = now.a.word;
	if (write)
		return zx_vmo_write(t.vmo[view], words, offset, bytes);
	status = zx_vmo_read(t.vmo[view], words, offset, bytes);
	for (uint64_t i = 0; i < count; i++)
		now.sum = model_sum(now.sum, words[i][0]);
	return status;
}

static int run_access(void *arg)
{
	uint32_t view = now.a.view;
	uint64_t offset = now.a.first * PAGE;

	(void)arg;
	switch (now.a.op) {
	case MODEL_READ:
	case MODEL_WRITE:
		return run_copy(view, offset, now.a.op == MODEL_WRITE);
	case MODEL_LOAD:
		now.sum = model_sum(0, vm_load(t.base[view] + offset));
		return ZX_OK;
	case MODEL_STORE:
		vm_store(t.base[view] + offset, now.a.word);
		return ZX_OK;
	default:
		return zx_vmo_op_range(t.vmo[view], now.a.op == MODEL_COMMIT ? ZX_VMO_OP_COMMIT :
								       ZX_VMO_OP_ZERO,
				       offset, now.a.count * PAGE, NULL, 0);
	}
}

static bool access_it(void)
{
	static const char *const names[] = { "read", "write", "load", "store", "COMMIT", "ZERO" };
	zx_status_t wanted, end = ZX_OK;
	struct model_need n;
	int got = 1;

	tell(" %s %u [%" PRIu64 ", %" PRIu64 ")", names[now.a.op], now.a.view, now.a.first,
	     now.a.first + now.a.count);
	if (!gives("jx_thread_create", jx_thread_create(&now.thread, "access", run_access, NULL),
		   ZX_OK))
		return false;
	while (end == ZX_OK && !model_advance(&t.m, &now.a, &n, &wanted))
		if (!expect_packet(&n) || !answer(&n, &end))
			return false;
	return gives("the thread's end",
		     jx_thread_join_until(&now.thread, &got, zx_deadline_after(PATIENCE)), ZX_OK) &&
	       gives("the access", got, end == ZX_OK ? wanted : end) && no_packet() &&
	       (got != ZX_OK || same("what was read", now.sum, now.a.sum));
}

/* ZERO of gaps, and to the VMO's end in the latest era, is not the model's. */
static bool is_not_modelled(void)
{
	bool writes = now.a.op == MODEL_WRITE || now.a.op == MODEL_STORE || now.a.op == MODEL_ZERO;
	uint64_t word;

	if (!model_is_of_vmo(&t.m, now.a.view))
		return t.m.detached && now.a.op == MODEL_COMMIT;
	if (t.m.detached)
		return writes || now.a.op == MODEL_COMMIT;
	for (uint64_t i = 0; i < now.a.count && now.a.op == MODEL_ZERO; i++) {
		uint64_t page = model_find(&t.m, now.a.view, now.a.first + i, &word);

		if (model_is_gap(&t.m, page) || (t.m.latest && page + 1 == t.m.pages))
			return true;
	}
	return false;
}

static bool random_access(void)
{
	uint32_t view = below(3) ? (uint32_t)below(MODEL_VIEWS) : 0;
	uint64_t pages = model_pages_of(&t.m, view);
	bool maps;

	memset(&now, 0, sizeof(now));
	now.a.op = (enum model_op)below(MODEL_OPS);
	maps = now.a.op == MODEL_LOAD || now.a.op == MODEL_STORE;
	if (!t.m.view[view].used || pages == 0 || (maps && (!t.base[view] || t.m.detached)) ||
	    (!maps && !t.vmo[view]))
		return true;
	now.a.view = view;
	now.a.first = now.a.at = below(pages);
	now.a.count = maps ? 1 : 1 + below(pages - now.a.first);
	now.a.word = ++t.stamp;
	return is_not_modelled() || access_it();
}

/* --- Views ------------------------------------------------------------------------------ */

static bool map_view(uint32_t view, uint64_t pages)
{
	t.mapped[view] = pages;
	return gives("zx_vmar_map", zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, t.vmo[view], 0,
						pages * PAGE, &t.base[view]), ZX_OK);
}

static bool make_view(void)
{
	uint32_t view = 1 + (uint32_t)below(MODEL_VIEWS - 1), of = (uint32_t)below(MODEL_VIEWS);
	uint64_t pages = model_pages_of(&t.m, of), first, count;
	bool slice = below(3) == 0, of_slice = t.m.view[of].slice;

	if (t.m.view[view].used || !t.vmo[of] || pages == 0 || (slice && of == 0 && t.resizable) ||
	    (!slice && of_slice && !model_is_of_vmo(&t.m, of)))
		return true;
	first = below(pages);
	count = 1 + below(pages - first + (slice || first == 0 ? 0 : 1));
	tell(" %s %u of %u", slice ? "slice" : "clone", view, of);
	if (!gives("zx_vmo_create_child",
		   zx_vmo_create_child(t.vmo[of], slice ? ZX_VMO_CHILD_SLICE :
						  ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE,
				       first * PAGE, count * PAGE, &t.vmo[view]), ZX_OK))
		return false;
	(slice ? model_slice : model_clone)(&t.m, view, of, first, count);
	return map_view(view, count);
}

static void unmap_view(uint32_t view)
{
	if (t.base[view])
		vm_unmap(t.base[view], t.mapped[view]);
	t.base[view] = 0;
}

static void close_view(uint32_t view)
{
	if (t.vmo[view])
		zx_handle_close(t.vmo[view]);
	t.vmo[view] = ZX_HANDLE_INVALID;
}

/* The handle, later the mapping; slices may show what is left of it. */
static void drop_view(uint32_t view)
{
	if (view == 0)
		return;
	if (t.vmo[view]) {
		close_view(view);
		return;
	}
	unmap_view(view);
	for (uint32_t i = 1; i < MODEL_VIEWS; i++)
		if (t.m.view[i].used && t.m.view[i].slice && t.m.view[i].base == view)
			return;
	t.m.view[view].used = false;
}

static bool random_call(void)
{
	uint64_t first = t.m.pages ? below(t.m.pages) : 0;
	uint64_t count = t.m.pages ? 1 + below(t.m.pages - first) : 0;
	bool gone = (t.m.detached && t.m.latest) || count == 0;

	switch (below(8)) {
	case 0:
	case 1:
		return gone || supply(first, count, NULL);
	case 2:
		return gone || op_dirty(first, count, NULL);
	case 3:
		return begin(first, count, below(2));
	case 4:
		/* What is cleaned after detach may go. */
		return t.m.detached || finish(first, count);
	case 5:
		return !t.resizable || resize(below(MODEL_PAGES + 1), NULL);
	case 6:
		return make_view();
	default:
		drop_view((uint32_t)below(MODEL_VIEWS));
		return true;
	}
}

/* --- What can be seen ------------------------------------------------------------------- */

static bool check_dirty(void)
{
	zx_vmo_dirty_range_t ranges[MODEL_PAGES];
	uint8_t got[MODEL_PAGES] = { 0 };
	uint64_t count = 0, at = 0;

	if (!gives("query", zx_pager_query_dirty_ranges(t.p.pager, t.p.vmo, 0, t.m.pages * PAGE,
							ranges, sizeof(ranges), &count, NULL),
		   ZX_OK))
		return false;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t first = ranges[i].offset / PAGE, end = first + ranges[i].length / PAGE;

		if (!same("the order of ranges", first >= at && first < end && end <= t.m.pages,
			  true))
			return false;
		memset(got + first, ranges[i].options ? 2 : 1, end - first);
		at = end;
	}
	for (uint64_t i = 0; i < t.m.pages; i++)
		if (!same("what is dirty", i << 8 | got[i], i << 8 | model_dirtiness(&t.m, i)))
			return false;
	return true;
}

static bool check_stats(void)
{
	uint32_t options = below(3) ? 0 : ZX_PAGER_RESET_VMO_STATS;
	zx_pager_vmo_stats_t stats = { 9 };
	bool modified = t.m.modified;

	if (options)
		t.m.modified = false;
	return gives("stats", zx_pager_query_vmo_stats(t.p.pager, t.p.vmo, options, &stats,
						       sizeof(stats)), ZX_OK) &&
	       same("modified", stats.modified, modified);
}

/* Markers may have pages. */
static bool check_committed(void)
{
	uint64_t low = 0, markers = 0, got = paging_committed(&t.p) / PAGE;

	for (uint64_t i = 0; i < t.m.pages; i++) {
		low += model_is_committed(&t.m, i);
		markers += t.m.state[i] == MODEL_MARKER;
	}
	return same("committed", got >= low && got <= low + markers ? low : got, low);
}

static bool check_word(uint32_t view, uint64_t page)
{
	uint64_t word, got = 0, name = (uint64_t)view << 56 | page << 48;

	if (!model_shows(&t.m, view, page, &word))
		return true;
	if (t.vmo[view] &&
	    (!gives("zx_vmo_read of what is there",
		    zx_vmo_read(t.vmo[view], &got, page * PAGE, sizeof(got)), ZX_OK) ||
	     !same("view, page, word", name | got, name | word)))
		return false;
	return !t.base[view] || page >= t.mapped[view] ||
	       same("mapped view, page, word", name | vm_load(t.base[view] + page * PAGE),
		    name | word);
}

static bool check(void)
{
	bool good = check_dirty() && check_stats() && check_committed();

	for (uint32_t v = 0; v < MODEL_VIEWS; v++)
		for (uint64_t i = 0; good && t.m.view[v].used && i < model_pages_of(&t.m, v); i++)
			good = check_word(v, i);
	return good;
}

/* --- Runs --------------------------------------------------------------------------------- */

static bool start(void)
{
	uint32_t options = (below(2) ? ZX_VMO_TRAP_DIRTY : 0) | (below(2) ? ZX_VMO_RESIZABLE : 0);

	memset(&t.m, 0, sizeof(t.m));
	t.m.latest = jx_era() == JX_ERA_LATEST;
	t.m.traps = options & ZX_VMO_TRAP_DIRTY;
	t.m.pages = 1 + below(MODEL_PAGES);
	t.m.view[0].used = true;
	t.resizable = options & ZX_VMO_RESIZABLE;
	if (!paging_create(&t.p, t.m.pages, options))
		return false;
	t.vmo[0] = t.p.vmo;
	return t.resizable || map_view(0, t.m.pages);
}

static void end(void)
{
	for (uint32_t v = 1; v < MODEL_VIEWS; v++) {
		unmap_view(v);
		close_view(v);
	}
	unmap_view(0);
	t.vmo[0] = ZX_HANDLE_INVALID;
	paging_close(&t.p.vmo);
	if (!t.m.detached)
		paging_expect_complete(&t.p);
	paging_expect_none(&t.p);
	paging_close(&t.p.pager);
	paging_close(&t.p.port);
}

static uint64_t chosen(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

JX_TEST(pager_14_6_r1_random_calls_beside_a_model)
{
	uint64_t steps = chosen("JX_STEPS", STEPS);

	memset(&t, 0, sizeof(t));
	t.seed = chosen("JX_SEED", (uint64_t)zx_ticks_get());
	t.state = t.seed * 0x9e3779b97f4a7c15ul + 1;
	for (t.run = 0; t.run < RUNS; t.run++) {
		bool good = start();

		for (t.step = 0; good && t.step < steps; t.step++) {
			t.what[0] = '\0';
			good = (below(2) ? random_access() : random_call()) && check();
		}
		if (!good)
			return;
		end();
	}
	jx_note("JX_SEED=%" PRIu64 ": %u requests, %u failed, %u suspended", t.seed,
		t.request_count, t.fail_count, t.stop_count);
}

/*
 * A working set twice as large as the memory there is, which is written to: pages
 * are written back, go, and come again as they were written, every byte of them
 * (pager-port.md 7, 9, issue 4).
 *
 * Each writer owns some pages. All words of a page tell its version; it is looked
 * at as a whole and then perhaps written to the next one, word by word. What is
 * in memory is all there is of the content: the service keeps of a page which
 * version it had and how far the next one had come, as it may go in the middle of
 * a write.
 */
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "dirty_util.h"
#include "evict_util.h"

/* Pages that are left to the test on a machine that has more. */
#define LEFT_PAGES 4096u
#define WRITERS 3u
#define ROUNDS 2u
/* Pages that a writer touches before it writes back what is dirty. */
#define TURN 64u
#define WORDS (PAGE / sizeof(uint64_t))
/* Changed while it was copied: it is dirty again, and nobody may ask for it. */
#define TORN UINT32_MAX

struct copy {
	uint32_t version;
	uint32_t count;		/* words from the first on that have it; one less behind */
};

struct writing_set {
	struct service s;	/* first: make_page() */
	zx_vaddr_t at;
	uint32_t *versions;	/* each written by its page's owner */
	struct copy *copies;	/* under writeback_lock, or where a page is absent */
	mtx_t writeback_lock;
	/* Atomic: counters. */
	uint64_t wrong_count;
	uint64_t written_back_count;
};

struct writer {
	struct writing_set *w;
	struct jx_thread thread;
	uint64_t number;
};

static void add(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static uint64_t word_of(uint64_t page, uint32_t version)
{
	return paging_word(page) + version;
}

static void make_page(struct service *s, uint64_t page, uint64_t *words)
{
	struct writing_set *w = (struct writing_set *)s;
	struct copy c = w->copies[page];

	if (c.version == TORN)
		add(&w->wrong_count, 1);
	for (uint32_t i = 0; i < WORDS; i++)
		words[i] = word_of(page, i < c.count ? c.version : c.version - 1);
}

/* --- Writeback, under writeback_lock --------------------------------------- */

static struct copy copy_of(uint64_t page, const uint64_t *words)
{
	struct copy c = { .version = (uint32_t)(words[0] - paging_word(page)) };

	while (c.count < WORDS && words[c.count] == word_of(page, c.version))
		c.count++;
	for (uint32_t i = c.count; i < WORDS; i++)
		if (words[i] != word_of(page, c.version - 1))
			c.version = TORN;
	return c.count ? c : (struct copy){ .version = TORN };
}

static void write_back_page(struct writing_set *w, uint64_t page)
{
	uint64_t words[WORDS];

	if (zx_vmo_read(w->s.p.vmo, words, page * PAGE, PAGE) != ZX_OK)
		add(&w->wrong_count, 1);
	w->copies[page] = copy_of(page, words);
	add(&w->written_back_count, 1);
}

static void write_back_range(struct writing_set *w, const zx_vmo_dirty_range_t *r)
{
	uint64_t first = r->offset / PAGE, count = r->length / PAGE;

	EXPECT_EQ(r->options, 0);
	EXPECT_STATUS(dirty_op(&w->s.p, ZX_PAGER_OP_WRITEBACK_BEGIN, first, count, 0), ZX_OK);
	for (uint64_t i = 0; i < count; i++)
		write_back_page(w, first + i);
	EXPECT_STATUS(dirty_op(&w->s.p, ZX_PAGER_OP_WRITEBACK_END, first, count, 0), ZX_OK);
}

/* Some of what is dirty, for a writer more than it has made so. */
static void write_back(struct writing_set *w)
{
	zx_vmo_dirty_range_t ranges[TURN * WRITERS];
	size_t count = 0;

	mtx_lock(&w->writeback_lock);
	EXPECT_STATUS(zx_pager_query_dirty_ranges(w->s.p.pager, w->s.p.vmo, 0, w->s.pages * PAGE,
						  ranges, sizeof(ranges), &count, NULL), ZX_OK);
	for (size_t i = 0; i < count; i++)
		write_back_range(w, &ranges[i]);
	mtx_unlock(&w->writeback_lock);
}

/* --- Writers ---------------------------------------------------------------- */

static bool is_version(const volatile uint64_t *words, uint64_t page, uint32_t version)
{
	uint64_t wrong = 0;

	for (uint32_t i = 0; i < WORDS; i++)
		wrong |= words[i] ^ word_of(page, version);
	return wrong == 0;
}

static void write_page(struct writing_set *w, uint64_t page, bool by_store)
{
	volatile uint64_t *at = (volatile uint64_t *)(w->at + page * PAGE);
	uint32_t version = ++w->versions[page];
	uint64_t words[WORDS];

	for (uint32_t i = 0; i < WORDS; i++) {
		words[i] = word_of(page, version);
		if (by_store)
			at[i] = words[i];
	}
	if (!by_store && zx_vmo_write(w->s.p.vmo, words, page * PAGE, PAGE) != ZX_OK)
		add(&w->wrong_count, 1);
}

static void look_at_page(struct writing_set *w, uint64_t page)
{
	if (!is_version((uint64_t *)(w->at + page * PAGE), page, w->versions[page]))
		add(&w->wrong_count, 1);
}

/* Two thirds of the pages are written, by turns in one of two ways. */
static int write_on(void *arg)
{
	struct writer *me = arg;
	struct writing_set *w = me->w;
	uint64_t steps = ROUNDS * w->s.pages / WRITERS;

	for (uint64_t i = 0; i < steps; i++) {
		/* A stride that is prime to the number of an owner's pages. */
		uint64_t page = i * 4099 % (w->s.pages / WRITERS) * WRITERS + me->number;

		look_at_page(w, page);
		if (i % 3)
			write_page(w, page, i % 3 == 1);
		if (i % TURN == 0)
			write_back(w);
	}
	return 0;
}

static void run_writers(struct writing_set *w)
{
	struct writer writers[WRITERS];
	uint32_t count = 0;

	for (; count < WRITERS; count++) {
		writers[count] = (struct writer){ .w = w, .number = count };
		if (!EXPECT_STATUS(jx_thread_create(&writers[count].thread, "writer", write_on,
						    &writers[count]), ZX_OK))
			break;
	}
	while (count--)
		EXPECT_STATUS(jx_thread_join(&writers[count].thread, NULL), ZX_OK);
}

/* All is written back, and what is kept of it is what was written last. */
static void expect_all_kept(struct writing_set *w)
{
	zx_vmo_dirty_range_t range;
	size_t count = 1;

	while (count) {
		write_back(w);
		EXPECT_STATUS(zx_pager_query_dirty_ranges(w->s.p.pager, w->s.p.vmo, 0,
							  w->s.pages * PAGE, &range, sizeof(range),
							  &count, NULL), ZX_OK);
	}
	for (uint64_t page = 0; page < w->s.pages; page++) {
		look_at_page(w, page);
		if (w->copies[page].version != w->versions[page] ||
		    w->copies[page].count != WORDS)
			add(&w->wrong_count, 1);
	}
}

JX_TEST(pager_9_1_r8_a_working_set_that_is_written)
{
	uint64_t there = memory_free_pages();
	uint64_t left = there < 4 * LEFT_PAGES ? there : LEFT_PAGES;
	uint64_t pages = (2 * left / WRITERS + 1) * WRITERS;
	static struct writing_set w;
	zx_handle_t ballast = 0;

	w = (struct writing_set){ .versions = calloc(pages, sizeof(*w.versions)),
				  .copies = calloc(pages, sizeof(*w.copies)) };
	ASSERT_TRUE(w.versions && w.copies);
	for (uint64_t page = 0; page < pages; page++)
		w.copies[page].count = WORDS;
	ASSERT_EQ(mtx_init(&w.writeback_lock, mtx_plain), thrd_success);
	if (left < there)
		ballast = memory_ballast(left);
	ASSERT_TRUE(service_start(&w.s, pages, 2));
	w.s.make_page = make_page;
	w.at = vm_map(w.s.p.vmo, VM_RW, pages);
	run_writers(&w);
	expect_all_kept(&w);
	jx_note("%lu pages of memory, %lu in the set: %lu asked for, %lu written back",
		(unsigned long)left, (unsigned long)pages, (unsigned long)service_asked(&w.s),
		(unsigned long)w.written_back_count);
	EXPECT_EQ(w.wrong_count, 0);
	EXPECT_TRUE(service_asked(&w.s) > 2 * pages);
	EXPECT_TRUE(w.written_back_count > pages);
	vm_unmap(w.at, pages);
	service_drop(&w.s);
	mtx_destroy(&w.writeback_lock);
	free(w.copies);
	free(w.versions);
	if (ballast)
		zx_handle_close(ballast);
}

/*
 * A working set twice as large as the memory there is, through a user pager: every
 * byte of every page is right each time, and pages in constant use stay
 * (pager-port.md 9, issue 4).
 *
 * Readers go over all pages again and again, by mapping and by zx_vmo_read; between
 * two of those they read one of a few hot pages. The service's own pages for
 * its answers, and the nodes of the page tree, must be had from what is evicted.
 */
#include <stdlib.h>
#include <string.h>

#include "evict_util.h"

/* Pages that are left to the test on a machine that has more. */
#define LEFT_PAGES 4096u
/* Hot pages are one in so many of those left; accesses to them one in so many. */
#define HOT_PART 16u
#define HOT_IN 2u
#define READERS 3u
#define ROUNDS 2u

struct working_set {
	struct service s;
	zx_vaddr_t at;
	uint64_t hot_pages;
	/* Atomic: counters. */
	uint64_t next;		/* page of the walk over all of them */
	uint64_t wrong_count;
	uint64_t hot_count;
};

struct reader {
	struct working_set *w;
	struct jx_thread thread;
	uint64_t random;
};

/* xorshift64*: any seed but 0. */
static uint64_t draw(struct reader *r, uint64_t bound)
{
	r->random ^= r->random >> 12;
	r->random ^= r->random << 25;
	r->random ^= r->random >> 27;
	return ((r->random * 0x2545f4914f6cdd1dul) >> 33) % bound;
}

static void add(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

/* All bytes of a page, in one of two ways. */
static void read_page(struct reader *r, uint64_t page)
{
	uint64_t words[PAGE / sizeof(uint64_t)];
	const uint64_t *at = (const uint64_t *)(r->w->at + page * PAGE);

	if (draw(r, 4) == 0) {
		at = words;
		if (zx_vmo_read(r->w->s.p.vmo, words, page * PAGE, PAGE) != ZX_OK)
			add(&r->w->wrong_count, 1);
	}
	if (!evict_page_is_right(at, page))
		add(&r->w->wrong_count, 1);
}

/* Hot pages lie among the others, each HOT_PART * 2 pages. */
static void read_hot_page(struct reader *r)
{
	read_page(r, draw(r, r->w->hot_pages) * HOT_PART * 2);
	add(&r->w->hot_count, 1);
}

static int read_on(void *arg)
{
	struct reader *r = arg;
	struct working_set *w = r->w;
	uint64_t page;

	while ((page = __atomic_fetch_add(&w->next, 1, __ATOMIC_RELAXED)) < ROUNDS * w->s.pages) {
		/* A stride that is prime to the number of pages: no two neighbours. */
		read_page(r, page * 4099 % w->s.pages);
		if (draw(r, HOT_IN) == 0)
			read_hot_page(r);
	}
	return 0;
}

static void run_readers(struct working_set *w)
{
	struct reader readers[READERS];
	uint32_t count = 0;

	for (; count < READERS; count++) {
		readers[count] = (struct reader){ .w = w, .random = count + 1 };
		if (!EXPECT_STATUS(jx_thread_create(&readers[count].thread, "reader", read_on,
						    &readers[count]), ZX_OK))
			break;
	}
	while (count--)
		EXPECT_STATUS(jx_thread_join(&readers[count].thread, NULL), ZX_OK);
}

/* All memory is in clean pages: objects of the kernel can be made nevertheless. (No
 * more than 200: the next piece of a handle table is several frames in a row.) */
static void make_objects(void)
{
	zx_handle_t vmos[160];
	uint32_t count = 0;

	while (count < 160 && EXPECT_STATUS(zx_vmo_create(PAGE, 0, &vmos[count]), ZX_OK))
		count++;
	while (count)
		zx_handle_close(vmos[--count]);
}

JX_TEST(pager_9_1_r7_a_working_set_twice_the_memory)
{
	uint64_t free = memory_free_pages(), left = free < 4 * LEFT_PAGES ? free : LEFT_PAGES;
	struct working_set w = { 0 };
	zx_handle_t ballast = 0;

	if (left < free)
		ballast = memory_ballast(left);
	ASSERT_TRUE(service_start(&w.s, 2 * left | 1, 2));
	w.hot_pages = w.s.pages / (HOT_PART * 2);
	w.s.marked_each = HOT_PART * 2;
	w.at = vm_map(w.s.p.vmo, VM_R, w.s.pages);
	run_readers(&w);
	jx_note("%lu pages of memory, %lu in the set: each read %u times, %lu asked for",
		(unsigned long)left, (unsigned long)w.s.pages, ROUNDS,
		(unsigned long)service_asked(&w.s));
	jx_note("%lu hot pages: %lu accesses, %lu asked for", (unsigned long)w.hot_pages,
		(unsigned long)w.hot_count, (unsigned long)w.s.asked_marked_count);
	EXPECT_EQ(w.wrong_count, 0);
	/* Each must come once; then most accesses find them there. */
	EXPECT_TRUE((w.s.asked_marked_count - w.hot_pages) * 5 < w.hot_count);
	EXPECT_TRUE(service_asked(&w.s) > w.s.pages);
	make_objects();
	vm_unmap(w.at, w.s.pages);
	service_drop(&w.s);
	if (ballast)
		zx_handle_close(ballast);
}

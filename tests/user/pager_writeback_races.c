/*
 * A service that writes back while others write: no store is lost, whatever the
 * order. Each writer owns some words of every page and counts in them; the
 * service supplies from an image and writes what is dirty back to it; pages go
 * as soon as they are clean. In the end the image holds the last counts.
 */
#include <stdatomic.h>

#include <jx/ktap.h>
#include <zircon/process.h>

#include "dirty_util.h"

#define PAGES 16ul
#define WRITERS 3
#define STEPS 400
#define WORDS (PAGE / sizeof(uint64_t))

struct race {
	struct paging p;
	zx_handle_t image;
	zx_vaddr_t base;
	atomic_bool over;
	uint64_t counts[WRITERS][PAGES];
};

struct writer {
	struct race *r;
	uint32_t number;
	uint64_t state;
};

static uint64_t draw(struct writer *w)
{
	w->state = w->state * 6364136223846793005ul + 1442695040888963407ul;
	return w->state >> 33;
}

/* Where a writer's word of a page stands. */
static uint64_t place(uint32_t number, uint64_t page)
{
	return page * PAGE + (number * 100 + 5) * sizeof(uint64_t);
}

static int run_writer(void *arg)
{
	struct writer *w = arg;
	struct race *r = w->r;

	for (int i = 0; i < STEPS; i++) {
		uint64_t page = draw(w) % PAGES, at = place(w->number, page), seen = 0;
		uint64_t next = r->counts[w->number][page] + 1;

		if (zx_vmo_read(r->p.vmo, &seen, at, sizeof(seen)) != ZX_OK || seen != next - 1)
			return 1;
		if (draw(w) % 2)
			*(volatile uint64_t *)(r->base + at) = next;
		else if (zx_vmo_write(r->p.vmo, &next, at, sizeof(next)) != ZX_OK)
			return 2;
		r->counts[w->number][page] = next;
	}
	return 0;
}

static zx_status_t supply_from_image(struct race *r, uint64_t offset, uint64_t length)
{
	uint8_t bytes[ZX_PAGE_SIZE];
	zx_handle_t aux = ZX_HANDLE_INVALID;
	zx_status_t status = zx_vmo_create(length, 0, &aux);

	for (uint64_t at = 0; status == ZX_OK && at < length; at += PAGE) {
		status = zx_vmo_read(r->image, bytes, offset + at, PAGE);
		if (status == ZX_OK)
			status = zx_vmo_write(aux, bytes, at, PAGE);
	}
	if (status == ZX_OK)
		status = zx_pager_supply_pages(r->p.pager, r->p.vmo, offset, length, aux, 0);
	zx_handle_close(aux);
	return status;
}

/* DIRTY of a page that eviction took is no failure: the writer asks anew. */
static int run_service(void *arg)
{
	struct race *r = arg;
	zx_port_packet_t packet;

	while (zx_port_wait(r->p.port, ZX_TIME_INFINITE, &packet) == ZX_OK) {
		uint64_t offset = packet.page_request.offset;
		uint64_t length = packet.page_request.length;
		zx_status_t status = ZX_OK;

		if (packet.page_request.command == ZX_PAGER_VMO_COMPLETE)
			return 0;
		if (packet.page_request.command == ZX_PAGER_VMO_READ)
			status = supply_from_image(r, offset, length);
		else
			status = zx_pager_op_range(r->p.pager, ZX_PAGER_OP_DIRTY, r->p.vmo, offset,
						   length, 0);
		if (status != ZX_OK && status != ZX_ERR_NOT_FOUND)
			return 1;
	}
	return 2;
}

static zx_status_t write_back(struct race *r, const zx_vmo_dirty_range_t *range)
{
	uint8_t bytes[ZX_PAGE_SIZE];
	zx_status_t status = zx_pager_op_range(r->p.pager, ZX_PAGER_OP_WRITEBACK_BEGIN, r->p.vmo,
					       range->offset, range->length, range->options);

	for (uint64_t at = 0; status == ZX_OK && at < range->length; at += PAGE) {
		status = zx_vmo_read(r->p.vmo, bytes, range->offset + at, PAGE);
		if (status == ZX_OK)
			status = zx_vmo_write(r->image, bytes, range->offset + at, PAGE);
	}
	if (status == ZX_OK)
		status = zx_pager_op_range(r->p.pager, ZX_PAGER_OP_WRITEBACK_END, r->p.vmo,
					   range->offset, range->length, 0);
	return status;
}

static zx_status_t write_back_all(struct race *r, size_t *ranges)
{
	zx_vmo_dirty_range_t range[PAGES];
	zx_status_t status = zx_pager_query_dirty_ranges(r->p.pager, r->p.vmo, 0, PAGES * PAGE,
							 range, sizeof(range), ranges, NULL);

	for (size_t i = 0; status == ZX_OK && i < *ranges; i++)
		status = write_back(r, &range[i]);
	return status;
}

static int run_writeback(void *arg)
{
	struct race *r = arg;
	size_t ranges;

	while (!atomic_load(&r->over)) {
		if (write_back_all(r, &ranges) != ZX_OK)
			return 1;
		if (zx_vmo_op_range(r->p.vmo, ZX_VMO_OP_DONT_NEED, 0, PAGES * PAGE, NULL, 0) !=
		    ZX_OK)
			return 2;
	}
	return 0;
}

static void check_image(struct race *r)
{
	for (uint32_t w = 0; w < WRITERS; w++) {
		for (uint64_t page = 0; page < PAGES; page++) {
			uint64_t word = 0;

			EXPECT_STATUS(zx_vmo_read(r->image, &word, place(w, page), sizeof(word)),
				      ZX_OK);
			EXPECT_EQ(word, r->counts[w][page]);
		}
	}
}

static bool join_all(struct jx_thread *threads, size_t count)
{
	bool good = true;

	for (size_t i = 0; i < count; i++) {
		int result = 1;

		good = task_join(&threads[i], &result) && EXPECT_EQ(result, 0) && good;
	}
	return good;
}

/* Half of the VMO is supplied, half is a tail that grew. */
static void race(uint32_t options)
{
	static struct race r;
	struct jx_thread writers[WRITERS], service, writeback;
	struct writer w[WRITERS];
	size_t ranges = 99;

	r = (struct race){ .over = false };
	ASSERT_TRUE(paging_create(&r.p, PAGES / 2, options | ZX_VMO_RESIZABLE));
	ASSERT_STATUS(zx_vmo_create(PAGES * PAGE, 0, &r.image), ZX_OK);
	ASSERT_STATUS(zx_vmo_set_size(r.p.vmo, PAGES * PAGE), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, r.p.vmo, 0, PAGES * PAGE,
				  &r.base), ZX_OK);
	ASSERT_STATUS(jx_thread_create(&service, "service", run_service, &r), ZX_OK);
	ASSERT_STATUS(jx_thread_create(&writeback, "writeback", run_writeback, &r), ZX_OK);
	for (uint32_t i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){ &r, i, i * 77 + 1 };
		ASSERT_STATUS(jx_thread_create(&writers[i], "writer", run_writer, &w[i]), ZX_OK);
	}
	EXPECT_TRUE(join_all(writers, WRITERS));
	atomic_store(&r.over, true);
	EXPECT_TRUE(join_all(&writeback, 1));
	EXPECT_STATUS(write_back_all(&r, &ranges), ZX_OK);
	check_image(&r);
	EXPECT_STATUS(write_back_all(&r, &ranges), ZX_OK);
	EXPECT_EQ(ranges, 0);
	EXPECT_STATUS(zx_pager_detach_vmo(r.p.pager, r.p.vmo), ZX_OK);
	EXPECT_TRUE(join_all(&service, 1));
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), r.base, PAGES * PAGE), ZX_OK);
	zx_handle_close(r.image);
	paging_drop(&r.p);
}

JX_TEST(pager_7_7_r17_writeback_races_stores)
{
	race(0);
}

JX_TEST(pager_7_7_r17_writeback_races_trapped_stores)
{
	race(ZX_VMO_TRAP_DIRTY);
}

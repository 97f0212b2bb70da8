/* For tests of eviction. */
#include <string.h>

#include "evict_util.h"

#define WORDS (PAGE / sizeof(uint64_t))

bool evict_page_is_right(const volatile uint64_t *words, uint64_t index)
{
	uint64_t wanted = paging_word(index), wrong = 0;

	for (size_t i = 0; i < WORDS; i++)
		wrong |= words[i] ^ wanted;
	return wrong == 0;
}

static void make_page(struct service *s, uint64_t index, uint64_t *words)
{
	(void)s;
	for (size_t w = 0; w < WORDS; w++)
		words[w] = paging_word(index);
}

static bool answer(struct service *s, zx_handle_t aux, uint64_t first, uint64_t count)
{
	uint64_t words[WORDS];

	for (uint64_t i = 0; i < count; i++) {
		s->make_page(s, first + i, words);
		if (zx_vmo_write(aux, words, i * PAGE, PAGE) != ZX_OK)
			return false;
	}
	return zx_pager_supply_pages(s->p.pager, s->p.vmo, first * PAGE, count * PAGE, aux, 0) ==
	       ZX_OK;
}

/* One request, run by run. */
static void answer_all(struct service *s, zx_handle_t aux, uint64_t first, uint64_t count)
{
	__atomic_fetch_add(&s->asked_count, count, __ATOMIC_RELAXED);
	if (s->marked_each && first % s->marked_each == 0)
		__atomic_fetch_add(&s->asked_marked_count, 1, __ATOMIC_RELAXED);
	for (uint64_t done = 0; done < count; done += SERVICE_RUN) {
		uint64_t left = count - done, n = left < SERVICE_RUN ? left : SERVICE_RUN;

		if (!answer(s, aux, first + done, n))
			__atomic_fetch_add(&s->refused_count, 1, __ATOMIC_RELAXED);
	}
}

static int serve(void *arg)
{
	struct service *s = arg;
	zx_port_packet_t packet, end = { .type = ZX_PKT_TYPE_USER };
	zx_handle_t aux;

	if (zx_vmo_create(SERVICE_RUN * PAGE, 0, &aux) != ZX_OK)
		return 1;
	while (zx_port_wait(s->p.port, ZX_TIME_INFINITE, &packet) == ZX_OK &&
	       packet.type == ZX_PKT_TYPE_PAGE_REQUEST &&
	       packet.page_request.command == ZX_PAGER_VMO_READ)
		answer_all(s, aux, packet.page_request.offset / PAGE,
			   packet.page_request.length / PAGE);
	zx_handle_close(aux);
	/* The next one. */
	return zx_port_queue(s->p.port, &end) == ZX_OK ? 0 : 1;
}

bool service_start(struct service *s, uint64_t pages, uint32_t threads)
{
	memset(s, 0, sizeof(*s));
	s->pages = pages;
	s->make_page = make_page;
	if (!paging_create(&s->p, pages, 0))
		return false;
	while (s->thread_count < threads) {
		if (!EXPECT_STATUS(jx_thread_create(&s->threads[s->thread_count], "service",
						    serve, s), ZX_OK))
			return false;
		s->thread_count++;
	}
	return true;
}

void service_stop(struct service *s)
{
	int result = 1;

	EXPECT_STATUS(zx_pager_detach_vmo(s->p.pager, s->p.vmo), ZX_OK);
	while (s->thread_count)
		EXPECT_TRUE(task_join(&s->threads[--s->thread_count], &result) && result == 0);
	EXPECT_EQ(s->refused_count, 0);
}

void service_drop(struct service *s)
{
	if (s->thread_count)
		service_stop(s);
	paging_drop(&s->p);
}

uint64_t service_asked(const struct service *s)
{
	return __atomic_load_n(&s->asked_count, __ATOMIC_RELAXED);
}

void service_fill(struct service *s)
{
	EXPECT_STATUS(zx_vmo_op_range(s->p.vmo, ZX_VMO_OP_COMMIT, 0, s->pages * PAGE, NULL, 0),
		      ZX_OK);
}

uint64_t service_resident(const struct service *s)
{
	return vm_vmo_info(s->p.vmo).committed_bytes / PAGE;
}

void evict_everything(void)
{
	/* The memory map alone is more than what is left out. */
	memory_take(memory_total_pages() / 1000 * 995, ZX_ERR_NO_MEMORY);
}

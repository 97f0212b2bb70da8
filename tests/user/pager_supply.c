/* zx_pager_supply_pages (pager-port.md 4). */
#include <string.h>

#include <jx/ktap.h>
#include <zircon/process.h>

#include "pager_util.h"

#define HUGE (UINT64_MAX - PAGE + 1)

static zx_handle_t make_vmo(uint64_t pages)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_vmo_create(pages * PAGE, 0, &vmo), ZX_OK);
	return vmo;
}

static uint64_t committed(zx_handle_t vmo)
{
	zx_info_vmo_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL), ZX_OK);
	return info.committed_bytes;
}

static zx_status_t supply(struct paging *p, uint64_t offset, uint64_t length, zx_handle_t aux,
			  uint64_t aux_offset)
{
	return zx_pager_supply_pages(p->pager, p->vmo, offset, length, aux, aux_offset);
}

JX_TEST(pager_supply_errors_in_order)
{
	/* pager-port.md 13: aux that has a pager itself. */
	const zx_status_t odd = jx_era() == JX_ERA_LATEST ? ZX_ERR_NOT_SUPPORTED :
							    ZX_ERR_BAD_STATE;
	zx_handle_t plain = make_vmo(1), aux = make_vmo(4), read_only = 0, write_only = 0;
	struct paging p, other;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	ASSERT_TRUE(paging_create(&other, 4, 0));
	ASSERT_STATUS(zx_handle_duplicate(aux, ZX_RIGHT_READ, &read_only), ZX_OK);
	ASSERT_STATUS(zx_handle_duplicate(aux, ZX_RIGHT_WRITE, &write_only), ZX_OK);
	EXPECT_STATUS(zx_pager_supply_pages(0, 0, 1, PAGE, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_pager_supply_pages(0, 0, 0, PAGE - 1, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_pager_supply_pages(0, 0, 0, PAGE, 0, 8), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_pager_supply_pages(0, 0, 0, PAGE, 0, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_pager_supply_pages(aux, 0, 0, PAGE, 0, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_pager_supply_pages(p.pager, 0, 0, PAGE, 0, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_pager_supply_pages(p.pager, p.port, 0, PAGE, 0, 0), ZX_ERR_WRONG_TYPE);
	/* Ownership comes before any look at aux. */
	EXPECT_STATUS(zx_pager_supply_pages(p.pager, plain, 0, PAGE, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_pager_supply_pages(p.pager, other.vmo, 0, PAGE, 0, 0),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(supply(&p, 0, PAGE, 0, 0), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(supply(&p, 0, PAGE, p.port, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(supply(&p, 0, PAGE, read_only, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(supply(&p, 0, PAGE, write_only, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(supply(&p, 0, PAGE, other.vmo, 0), odd);
	EXPECT_STATUS(supply(&p, 0, PAGE, p.vmo, 0), odd);
	EXPECT_STATUS(supply(&p, 0, 5 * PAGE, aux, 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(supply(&p, 0, 2 * PAGE, aux, 3 * PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(supply(&p, 0, PAGE, aux, HUGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(supply(&p, HUGE, PAGE, aux, 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(supply(&p, 5 * PAGE, 0, aux, 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(supply(&p, 4 * PAGE, 0, aux, 4 * PAGE), ZX_OK);
	EXPECT_STATUS(supply(&p, 0, 0, aux, 0), ZX_OK);
	EXPECT_EQ(paging_committed(&p), 0);
	const zx_handle_t all[] = { plain, aux, read_only, write_only };

	EXPECT_STATUS(zx_handle_close_many(all, 4), ZX_OK);
	paging_drop(&p);
	paging_drop(&other);
}

/* Section 13: in era 2020 too. What is stored there later is aux's alone. */
JX_TEST(pager_supply_takes_a_mapped_aux)
{
	zx_handle_t aux = make_vmo(2);
	zx_vaddr_t at = 0;
	uint64_t word = 0;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, aux, 0, PAGE, &at), ZX_OK);
	*(volatile uint64_t *)at = 5;
	EXPECT_STATUS(supply(&p, 0, PAGE, aux, 2 * PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(committed(aux), PAGE);
	EXPECT_STATUS(supply(&p, 0, PAGE, aux, 0), ZX_OK);
	EXPECT_EQ(committed(aux), 0);
	EXPECT_EQ(paging_committed(&p), PAGE);
	EXPECT_EQ(*(volatile uint64_t *)at, 0);
	*(volatile uint64_t *)at = 6;
	EXPECT_EQ(committed(aux), PAGE);
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), at, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, 0, 8), ZX_OK);
	EXPECT_EQ(word, 5);
	zx_handle_close(aux);
	paging_drop(&p);
}

JX_TEST(pager_supply_moves_pages_out_of_aux)
{
	zx_handle_t aux = make_vmo(4);
	uint64_t word = 0x1234;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_STATUS(zx_vmo_write(aux, &word, i * PAGE + 8, 8), ZX_OK);
	EXPECT_STATUS(supply(&p, 2 * PAGE, 2 * PAGE, aux, PAGE), ZX_OK);
	EXPECT_EQ(committed(aux), 2 * PAGE);
	EXPECT_EQ(paging_committed(&p), 2 * PAGE);
	for (uint64_t i = 0; i < 4; i++) {
		EXPECT_STATUS(zx_vmo_read(aux, &word, i * PAGE + 8, 8), ZX_OK);
		EXPECT_EQ(word, i == 1 || i == 2 ? 0 : 0x1234);
		if (i < 2)
			continue;
		EXPECT_STATUS(zx_vmo_read(p.vmo, &word, i * PAGE + 8, 8), ZX_OK);
		EXPECT_EQ(word, 0x1234);
	}
	EXPECT_TRUE(paging_expect_none(&p));
	zx_handle_close(aux);
	paging_drop(&p);
}

JX_TEST(pager_supply_of_nothing_makes_a_zero_marker)
{
	zx_handle_t aux = make_vmo(2);
	struct page_access a;
	uint64_t word = 1;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, 0));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_COMMIT, 0, 2));
	EXPECT_STATUS(supply(&p, 0, 2 * PAGE, aux, 0), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_EQ(paging_committed(&p), 0);
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, PAGE, 8), ZX_OK);
	EXPECT_EQ(word, 0);
	/* A marker is there, and what is there wins. */
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, 0, 8), ZX_OK);
	EXPECT_EQ(word, 0);
	EXPECT_EQ(paging_committed(&p), 0);
	/* Written, it becomes a page. */
	word = 9;
	EXPECT_STATUS(zx_vmo_write(p.vmo, &word, 16, 8), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, 0, 8), ZX_OK);
	EXPECT_EQ(word, 0);
	EXPECT_EQ(paging_committed(&p), PAGE);
	EXPECT_TRUE(paging_expect_none(&p));
	zx_handle_close(aux);
	paging_drop(&p);
}

JX_TEST(pager_supply_never_replaces)
{
	uint64_t word = 42;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(p.vmo, &word, PAGE, 8), ZX_OK);
	EXPECT_STATUS(paging_supply(&p, 0, 4), ZX_OK);
	EXPECT_EQ(paging_committed(&p), 4 * PAGE);
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, PAGE, 8), ZX_OK);
	EXPECT_EQ(word, 42);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 2, 2), ZX_OK);
	paging_drop(&p);
}

/* Beyond the end: what was taken from aux is lost (4.1 step 7). */
JX_TEST(pager_supply_beyond_the_end_consumes_aux)
{
	zx_handle_t aux = make_vmo(4);
	uint64_t word = 7;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, ZX_VMO_RESIZABLE));
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_STATUS(zx_vmo_write(aux, &word, i * PAGE, 8), ZX_OK);
	EXPECT_STATUS(supply(&p, PAGE, 2 * PAGE, aux, 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(committed(aux), 2 * PAGE);
	EXPECT_EQ(paging_committed(&p), 0);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, PAGE), ZX_OK);
	EXPECT_STATUS(supply(&p, PAGE, PAGE, aux, 2 * PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(committed(aux), PAGE);
	zx_handle_close(aux);
	paging_drop(&p);
}

/* What a mapping shows: absent, then supplied, with no unmap in between. */
JX_TEST(pager_supply_is_seen_through_mappings)
{
	struct page_access load, store;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	ASSERT_TRUE(access_start_blocked(&load, &p, ACCESS_LOAD, 0, 4));
	ASSERT_TRUE(access_start_blocked(&store, &p, ACCESS_STORE, 4, 4));
	EXPECT_STATUS(paging_supply(&p, 0, 8), ZX_OK);
	EXPECT_TRUE(access_expect(&load, ZX_OK));
	EXPECT_TRUE(access_expect(&store, ZX_OK));
	EXPECT_STATUS(access_now(&p, ACCESS_LOAD, 0, 8), ZX_OK);
	EXPECT_EQ(paging_committed(&p), 8 * PAGE);
	paging_drop(&p);
}

struct supplying {
	struct paging *p;
	_Atomic int start;
};

static int supply_pages_one_by_one(void *arg)
{
	struct supplying *s = arg;

	while (!s->start)
		zx_nanosleep(0);
	for (uint64_t i = 0; i < 16; i++) {
		zx_status_t status = paging_supply(s->p, i, 1);

		if (status != ZX_OK)
			return status;
	}
	return ZX_OK;
}

JX_TEST(pager_supply_from_several_threads)
{
	struct jx_thread threads[3];
	struct page_access a;
	struct paging p;
	struct supplying s = { .p = &p };

	ASSERT_TRUE(paging_create(&p, 16, 0));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_COMMIT, 0, 16));
	for (int i = 0; i < 3; i++)
		ASSERT_STATUS(jx_thread_create(&threads[i], "supply", supply_pages_one_by_one, &s),
			      ZX_OK);
	s.start = 1;
	for (int i = 0; i < 3; i++) {
		int result = 1;

		ASSERT_TRUE(task_join(&threads[i], &result));
		EXPECT_STATUS(result, ZX_OK);
	}
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 0, 16), ZX_OK);
	EXPECT_EQ(paging_committed(&p), 16 * PAGE);
	paging_drop(&p);
}

/* Pagers' VMOs, and how they and their pagers end: spec/pager-port.md 1 to 3. */
#include <zircon/process.h>
#include <zircon/syscalls/object.h>

#include "conf_util.h"
#include "pager_util.h"
#include "suspend_util.h"

#define PAGES 4u
#define OVERLAY ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE

static zx_handle_t child_of(zx_handle_t vmo, uint32_t kind)
{
	zx_handle_t child = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_vmo_create_child(vmo, kind, 0, PAGES * PAGE, &child), ZX_OK);
	return child;
}

/* Each call that names a VMO of the pager's. */
static void expect_all(zx_handle_t pager, zx_handle_t vmo, zx_status_t wanted)
{
	zx_handle_t aux = vm_vmo_make(1, 0);
	zx_pager_vmo_stats_t stats;

	EXPECT_STATUS(zx_pager_supply_pages(pager, vmo, 0, PAGE, aux, 0), wanted);
	EXPECT_STATUS(zx_pager_op_range(pager, ZX_PAGER_OP_FAIL, vmo, 0, PAGE,
					(uint64_t)(int64_t)ZX_ERR_IO), wanted);
	EXPECT_STATUS(zx_pager_query_dirty_ranges(pager, vmo, 0, PAGE, NULL, 0, NULL, NULL),
		      wanted);
	EXPECT_STATUS(zx_pager_query_vmo_stats(pager, vmo, 0, &stats, sizeof(stats)), wanted);
	EXPECT_STATUS(zx_pager_detach_vmo(pager, vmo), wanted);
	zx_handle_close(aux);
}

JX_TEST(pager_1_2_r1_only_its_own_vmos)
{
	struct paging p, other;
	zx_handle_t copy;

	ASSERT_TRUE(paging_create(&p, PAGES, 0));
	ASSERT_TRUE(paging_create(&other, PAGES, 0));
	const zx_handle_t strange[] = { vm_vmo_make(1, 0), child_of(p.vmo, OVERLAY),
					child_of(p.vmo, ZX_VMO_CHILD_SLICE) };

	for (size_t i = 0; i < 3; i++)
		expect_all(p.pager, strange[i], ZX_ERR_INVALID_ARGS);
	expect_all(p.pager, other.vmo, ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_TRUE(paging_expect_none(&other));
	/* Another handle of the VMO is as good, whatever the pager's rights. */
	copy = vm_dup(p.vmo, ZX_RIGHT_WRITE);
	expect_all(p.pager, copy, ZX_OK);
	EXPECT_TRUE(paging_expect_complete(&p));
	zx_handle_close(copy);
	zx_handle_close_many(strange, 3);
	paging_drop(&other);
	paging_drop(&p);
}

/* What zx_vmo_create takes, and nothing more. */
JX_TEST(pager_1_3_r2_sizes)
{
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 0, 0));
	for (int shift = 0; shift < 64; shift++) {
		for (int less = 0; less < 2; less++) {
			uint64_t size = (1ul << shift) - less, got[2] = { 0, 0 };
			zx_handle_t plain = 0, paged = 0;
			zx_status_t status = zx_vmo_create(size, 0, &plain);

			EXPECT_STATUS(zx_pager_create_vmo(p.pager, 0, p.port, 0, size, &paged),
				      status);
			if (status != ZX_OK)
				continue;
			EXPECT_STATUS(zx_vmo_get_size(plain, &got[0]), ZX_OK);
			EXPECT_STATUS(zx_vmo_get_size(paged, &got[1]), ZX_OK);
			EXPECT_EQ(got[0], got[1]);
			zx_handle_close(plain);
			zx_handle_close(paged);
		}
	}
	paging_drop(&p);
}

JX_TEST(pager_1_3_r3_trapping_is_for_pagers)
{
	zx_handle_t vmo = 0;

	EXPECT_STATUS(zx_vmo_create(PAGE, ZX_VMO_TRAP_DIRTY, &vmo), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(vmo, 0);
}

static zx_status_t try_child(zx_handle_t vmo, uint32_t kind)
{
	zx_handle_t child = 0;
	zx_status_t status = zx_vmo_create_child(vmo, kind, 0, PAGE, &child);

	zx_handle_close(child);
	return status;
}

/* The table of 1.4, for the root and for a clone of it. */
JX_TEST(pager_1_4_r2_what_is_supported)
{
	static const uint32_t locks[] = { ZX_VMO_OP_LOCK, ZX_VMO_OP_UNLOCK };

	for (int resizable = 0; resizable < 2; resizable++) {
		zx_status_t resize = resizable ? ZX_OK : ZX_ERR_UNAVAILABLE;
		struct paging p;
		zx_handle_t clone;

		ASSERT_TRUE(paging_create(&p, PAGES, resizable ? ZX_VMO_RESIZABLE : 0));
		clone = child_of(p.vmo, OVERLAY | (resizable ? ZX_VMO_CHILD_RESIZABLE : 0));
		for (int i = 0; i < 2; i++) {
			zx_handle_t vmo = i ? clone : p.vmo;

			EXPECT_STATUS(try_child(vmo, ZX_VMO_CHILD_SNAPSHOT), ZX_ERR_NOT_SUPPORTED);
			EXPECT_STATUS(try_child(vmo, OVERLAY), ZX_OK);
			EXPECT_STATUS(try_child(vmo, ZX_VMO_CHILD_SLICE),
				      resizable ? ZX_ERR_NOT_SUPPORTED : ZX_OK);
			EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0),
				      ZX_ERR_NOT_SUPPORTED);
			for (int k = 0; k < 2; k++)
				EXPECT_STATUS(zx_vmo_op_range(vmo, locks[k], 0, PAGE, NULL, 0),
					      ZX_ERR_NOT_SUPPORTED);
			EXPECT_STATUS(zx_vmo_set_size(vmo, (PAGES - 1) * PAGE), resize);
		}
		EXPECT_TRUE(paging_expect_none(&p));
		zx_handle_close(clone);
		paging_drop(&p);
	}
}

/* --- After detach ------------------------------------------------------------ */

/* Of four pages, page 1 alone was written, and stays. */
static bool detached(struct paging *p, uint32_t options)
{
	return paging_create(p, PAGES, options) && EXPECT_STATUS(paging_supply(p, 0, 2), ZX_OK) &&
	       EXPECT_STATUS(access_now(p, ACCESS_VMO_WRITE, 1, 1), ZX_OK) &&
	       EXPECT_STATUS(zx_pager_detach_vmo(p->pager, p->vmo), ZX_OK) &&
	       paging_expect_complete(p);
}

JX_TEST(pager_2_6_r1_a_child_made_after_it)
{
	struct paging p, via;

	ASSERT_TRUE(detached(&p, 0));
	via = p;
	via.vmo = child_of(p.vmo, OVERLAY);
	EXPECT_STATUS(access_now(&via, ACCESS_VMO_READ, 1, 1), ZX_OK);
	EXPECT_STATUS(access_now(&via, ACCESS_VMO_READ, 0, 1), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(access_now(&via, ACCESS_COMMIT, 2, 1), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(access_now(&via, ACCESS_VMO_WRITE, 1, 1), ZX_OK);
	zx_handle_close(via.vmo);
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

JX_TEST(pager_2_6_r2_resized_after_it)
{
	uint64_t word = 1;
	struct paging p;

	ASSERT_TRUE(detached(&p, ZX_VMO_RESIZABLE));
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 2 * PAGES * PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, PAGES * PAGE, sizeof(word)), ZX_OK);
	EXPECT_EQ(word, 0);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, PAGES - 1, 1), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, PAGE), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 1, 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

JX_TEST(pager_2_6_r3_mappings_stay)
{
	struct paging p;
	zx_vaddr_t at;

	ASSERT_TRUE(paging_create(&p, PAGES, 0));
	at = vm_map(p.vmo, VM_RW, PAGES);
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	vm_store(at + PAGE, 7);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_EQ(vm_load(at + PAGE), 7);
	EXPECT_STATUS(vm_probe_read(at), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmar_protect(zx_vmar_root_self(), VM_R, at, PAGES * PAGE), ZX_OK);
	EXPECT_EQ(vm_load(at + PAGE), 7);
	vm_unmap(at, PAGES);
	paging_drop(&p);
}

/* 2020: det_05 has it that such an answer makes the page readable. */
JX_TEST_OF_LATEST(pager_2_6_r4_supply_after_it)
{
	struct paging p;

	ASSERT_TRUE(detached(&p, 0));
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 2, 1), ZX_ERR_BAD_STATE);
	paging_drop(&p);
}

static int detach(void *arg)
{
	struct paging *p = arg;

	return zx_pager_detach_vmo(p->pager, p->vmo);
}

JX_TEST(pager_2_7_r1_two_at_once)
{
	for (int i = 0; i < 50; i++) {
		struct jx_thread threads[2];
		struct paging p;
		int status = 1;

		ASSERT_TRUE(paging_create(&p, 1, 0));
		for (int k = 0; k < 2; k++)
			ASSERT_STATUS(jx_thread_create(&threads[k], "detach", detach, &p), ZX_OK);
		for (int k = 0; k < 2; k++) {
			EXPECT_TRUE(task_join(&threads[k], &status));
			EXPECT_STATUS(status, ZX_OK);
		}
		EXPECT_TRUE(paging_expect_complete(&p));
		EXPECT_TRUE(paging_expect_none(&p));
		paging_drop(&p);
	}
}

/* Suspended in its wait; when it goes on nobody is left to ask. */
JX_TEST(pager_2_7_r2_a_suspended_waiter)
{
	struct page_access a;
	zx_handle_t token;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 1, 0));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_READ, 0, 1));
	token = suspend_now(a.thread.handle);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_STATUS(zx_handle_close(token), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_ERR_BAD_STATE));
	EXPECT_TRUE(paging_expect_complete(&p));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

/* --- The end ----------------------------------------------------------------- */

/* Handle, mapping and child, of which each is the last in turn. */
JX_TEST(pager_3_2_r1_whatever_goes_last)
{
	for (int last = 0; last < 3; last++) {
		zx_handle_t child;
		struct paging p;
		zx_vaddr_t at;

		ASSERT_TRUE(paging_create(&p, PAGES, 0));
		at = vm_map(p.vmo, VM_R, PAGES);
		child = child_of(p.vmo, last == 1 ? OVERLAY : ZX_VMO_CHILD_SLICE);
		for (int i = 1; i <= 3; i++) {
			int what = (last + i) % 3;

			EXPECT_TRUE(paging_expect_none(&p));
			if (what == 0)
				paging_close(&p.vmo);
			else if (what == 1)
				vm_unmap(at, PAGES);
			else
				EXPECT_STATUS(zx_handle_close(child), ZX_OK);
		}
		EXPECT_TRUE(paging_expect_complete(&p));
		EXPECT_TRUE(paging_expect_none(&p));
		paging_close(&p.pager);
		paging_close(&p.port);
	}
}

/* What is there stays: readable, writable, and nobody is asked. */
JX_TEST(pager_3_3_r2_resident_pages_stay)
{
	for (int trap = 0; trap < 2; trap++) {
		struct paging p;
		zx_vaddr_t at;

		ASSERT_TRUE(paging_create(&p, PAGES, trap ? ZX_VMO_TRAP_DIRTY : 0));
		EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
		at = vm_map(p.vmo, VM_RW, PAGES);
		paging_close(&p.pager);
		EXPECT_EQ(paging_committed(&p), 2 * PAGE);
		EXPECT_EQ(vm_load(at), paging_word(0));
		vm_store(at, 9);
		EXPECT_EQ(vm_load(at), 9);
		EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 1, 1), ZX_OK);
		EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 2, 1), ZX_ERR_BAD_STATE);
		EXPECT_TRUE(paging_expect_none(&p));
		/* And no COMPLETE, ever. */
		vm_unmap(at, PAGES);
		paging_close(&p.vmo);
		EXPECT_TRUE(paging_expect_none(&p));
		paging_close(&p.port);
	}
}

/* Without the port: supply, detach and the pager's end wake those who wait. */
JX_TEST(pager_3_5_r2_who_waits_without_a_port)
{
	static const zx_status_t wanted[] = { ZX_OK, ZX_ERR_BAD_STATE, ZX_ERR_BAD_STATE };

	for (int way = 0; way < 3; way++) {
		struct page_access a[2];
		struct paging p;

		ASSERT_TRUE(paging_create(&p, PAGES, 0));
		ASSERT_TRUE(access_start_blocked(&a[0], &p, ACCESS_VMO_READ, 0, 1));
		paging_close(&p.port);
		ASSERT_TRUE(access_start_blocked(&a[1], &p, ACCESS_COMMIT, 1, 2));
		if (way == 0)
			EXPECT_STATUS(paging_supply(&p, 0, PAGES), ZX_OK);
		else if (way == 1)
			EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
		else
			paging_close(&p.pager);
		for (int i = 0; i < 2; i++)
			EXPECT_TRUE(access_expect(&a[i], wanted[way]));
		zx_handle_close(p.vmo);
		zx_handle_close(p.pager);
	}
}

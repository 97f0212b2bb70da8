/* Where zx_pager_supply_pages takes pages from: spec/pager-port.md 4.2 to 4.4. */
#include "conf_util.h"
#include "dev_util.h"
#include "pager_util.h"

#include <jx/runtime.h>
#include <zircon/syscalls/resource.h>

#define PAGES 4u

static zx_status_t supply(struct paging *p, zx_handle_t aux)
{
	return zx_pager_supply_pages(p->pager, p->vmo, 0, PAGE, aux, 0);
}

static zx_handle_t physical(void)
{
	zx_handle_t mmio = 0, vmo = 0;

	EXPECT_STATUS(zx_resource_create(jx_startup_handle(PA_RESOURCE), ZX_RSRC_KIND_MMIO,
					 DEV_NO_RAM, PAGE, NULL, 0, &mmio), ZX_OK);
	EXPECT_STATUS(zx_vmo_create_physical(mmio, DEV_NO_RAM, PAGE, &vmo), ZX_OK);
	zx_handle_close(mmio);
	return vmo;
}

/* Memory of devices, and pages that a device knows: nothing moves. */
JX_TEST(pager_4_2_r2_physical_contiguous_pinned)
{
	zx_handle_t bti = dev_bti(), aux = physical(), pmt;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, PAGES, 0));
	EXPECT_STATUS(supply(&p, aux), ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(aux);
	ASSERT_STATUS(zx_vmo_create_contiguous(bti, PAGE, 0, &aux), ZX_OK);
	EXPECT_STATUS(supply(&p, aux), conf_era(ZX_ERR_BAD_STATE, ZX_ERR_NOT_SUPPORTED));
	zx_handle_close(aux);
	aux = vm_vmo_make(1, 0);
	vm_vmo_set(aux, 0, 5);
	pmt = dev_pin(bti, aux, 0, 1);
	EXPECT_STATUS(supply(&p, aux), ZX_ERR_BAD_STATE);
	EXPECT_EQ(paging_committed(&p), 0);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	EXPECT_STATUS(supply(&p, aux), ZX_OK);
	EXPECT_EQ(vm_vmo_get(p.vmo, 0), 5);
	zx_handle_close(aux);
	paging_drop(&p);
	dev_bti_drop(bti);
}

JX_TEST_OF_2020(pager_4_2_r3_relatives_are_refused)
{
	zx_handle_t aux = vm_vmo_make(1, 0), child = 0;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, PAGES, 0));
	vm_vmo_set(aux, 0, 5);
	ASSERT_STATUS(zx_vmo_create_child(aux, ZX_VMO_CHILD_SNAPSHOT, 0, PAGE, &child), ZX_OK);
	EXPECT_STATUS(supply(&p, aux), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(supply(&p, child), ZX_ERR_BAD_STATE);
	zx_handle_close(child);
	EXPECT_STATUS(supply(&p, aux), ZX_OK);
	EXPECT_EQ(vm_vmo_get(p.vmo, 0), 5);
	zx_handle_close(aux);
	paging_drop(&p);
}

/* Mapped, with a child, and that child itself: each keeps what it showed. */
JX_TEST_OF_LATEST(pager_4_2_r4_relatives_keep_their_content)
{
	zx_handle_t aux = vm_vmo_make(1, 0), child = 0;
	struct paging p;
	zx_vaddr_t at;

	ASSERT_TRUE(paging_create(&p, PAGES, 0));
	at = vm_map(aux, VM_RW, 1);
	vm_store(at, 5);
	ASSERT_STATUS(zx_vmo_create_child(aux, ZX_VMO_CHILD_SNAPSHOT, 0, PAGE, &child), ZX_OK);
	EXPECT_STATUS(supply(&p, aux), ZX_OK);
	EXPECT_EQ(vm_load(at), 0);
	EXPECT_EQ(vm_vmo_get(child, 0), 5);
	EXPECT_EQ(vm_vmo_get(p.vmo, 0), 5);
	EXPECT_STATUS(zx_pager_supply_pages(p.pager, p.vmo, PAGE, PAGE, child, 0), ZX_OK);
	EXPECT_EQ(vm_vmo_get(p.vmo, 1), 5);
	EXPECT_EQ(vm_vmo_get(child, 0), 0);
	vm_unmap(at, 1);
	zx_handle_close(child);
	zx_handle_close(aux);
	paging_drop(&p);
}

/* Part of a request is no new packet; the rest ends it. */
JX_TEST(pager_4_3_r6_a_part_and_more)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2 * PAGES, 0));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_COMMIT, 1, PAGES));
	EXPECT_TRUE(paging_expect_read(&p, 1, PAGES));
	EXPECT_STATUS(paging_supply(&p, 3, 1), ZX_OK);
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_TRUE(task_await_state(a.thread.handle, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_STATUS(paging_supply(&p, 0, 2 * PAGES), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

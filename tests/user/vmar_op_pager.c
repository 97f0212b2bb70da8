/* zx_vmar_op_range over memory that a pager supplies: it waits with no lock
 * held, so that pager and address space go on working. spec/vmar.md 9, 18.5. */
#include <jx/ktap.h>
#include <zircon/process.h>

#include "pager_util.h"

struct op_call {
	struct jx_thread thread;
	uint32_t op;
	zx_vaddr_t address;
	uint64_t pages;
	zx_status_t status;
};

static int call(void *arg)
{
	struct op_call *c = arg;

	c->status = zx_vmar_op_range(zx_vmar_root_self(), c->op, c->address, c->pages * PAGE, NULL,
				     0);
	return 0;
}

static zx_vaddr_t map_pages(zx_handle_t vmo, uint64_t pages)
{
	zx_vaddr_t address = 0;

	EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo,
				  0, pages * PAGE, &address), ZX_OK);
	return address;
}

static void unmap_pages(zx_vaddr_t address, uint64_t pages)
{
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), address, pages * PAGE), ZX_OK);
}

/* While the call waits others map and unmap; then it ends well. */
static void wait_with_no_lock(uint32_t op)
{
	struct paging p;
	struct op_call c = { .op = op, .pages = 4 };
	zx_vaddr_t other;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	c.address = map_pages(p.vmo, 8);
	ASSERT_STATUS(jx_thread_create(&c.thread, "op", call, &c), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 0, 4));
	other = map_pages(p.vmo, 1);
	unmap_pages(other, 1);
	EXPECT_STATUS(paging_supply(&p, 0, 4), ZX_OK);
	EXPECT_STATUS(jx_thread_join(&c.thread, NULL), ZX_OK);
	EXPECT_STATUS(c.status, ZX_OK);
	EXPECT_EQ(paging_committed(&p), 4 * PAGE);
	EXPECT_EQ(*(volatile uint64_t *)(c.address + 3 * PAGE), paging_word(3));
	EXPECT_TRUE(paging_expect_none(&p));
	unmap_pages(c.address, 8);
	paging_drop(&p);
}

JX_TEST_OF_LATEST(vmar_op_pager_commit_waits_with_no_lock)
{
	wait_with_no_lock(ZX_VMAR_OP_COMMIT);
}

JX_TEST_OF_LATEST(vmar_op_pager_prefetch_waits_with_no_lock)
{
	wait_with_no_lock(ZX_VMAR_OP_PREFETCH);
}

JX_TEST_OF_LATEST(vmar_op_pager_always_need_waits_with_no_lock)
{
	wait_with_no_lock(ZX_VMAR_OP_ALWAYS_NEED);
}

/* What goes from the range meanwhile is missed when it is its turn. */
JX_TEST_OF_LATEST(vmar_op_pager_range_changes_meanwhile)
{
	struct paging p;
	struct op_call c = { .op = ZX_VMAR_OP_COMMIT, .pages = 4 };
	const zx_vm_option_t options = ZX_VM_PERM_READ | ZX_VM_SPECIFIC_OVERWRITE;
	zx_vaddr_t address;
	zx_info_vmar_t root;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	ASSERT_STATUS(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &root, sizeof(root),
					 NULL, NULL), ZX_OK);
	c.address = map_pages(p.vmo, 4);
	/* Two pieces: pages 0-1 and 2-3. */
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), options,
				  c.address + 2 * PAGE - root.base, p.vmo, 2 * PAGE, 2 * PAGE,
				  &address), ZX_OK);
	ASSERT_STATUS(jx_thread_create(&c.thread, "op", call, &c), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 0, 2));
	unmap_pages(c.address, 4);
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	EXPECT_STATUS(jx_thread_join(&c.thread, NULL), ZX_OK);
	EXPECT_STATUS(c.status, ZX_ERR_BAD_STATE);
	EXPECT_EQ(paging_committed(&p), 2 * PAGE);
	paging_drop(&p);
}

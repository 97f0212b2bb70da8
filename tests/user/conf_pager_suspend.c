/* Conformance: suspension of threads that wait for pages (pager-port.md 5.5, 5.7). */
#include <jx/ktap.h>
#include <zircon/process.h>

#include "conf_util.h"
#include "pager_util.h"
#include "suspend_util.h"

/* The service may have read the request or not: either way it is withdrawn, and
 * resumed the thread asks anew. */
JX_TEST(pager_5_7_r3_resumed_it_asks_anew)
{
	for (int kind = 0; kind < ACCESS_KIND_COUNT; kind++) {
		for (int was_read = 0; was_read < 2; was_read++) {
			struct page_access a;
			zx_handle_t token;
			struct paging p;

			ASSERT_TRUE(paging_create(&p, 3, 0));
			ASSERT_TRUE(access_start(&a, &p, (enum access_kind)kind, 1, 1));
			EXPECT_TRUE(task_await_state(a.thread.handle,
						     ZX_THREAD_STATE_BLOCKED_PAGER));
			if (was_read)
				EXPECT_TRUE(paging_expect_read(&p, 1, 1));
			token = suspend_now(a.thread.handle);
			EXPECT_EQ(task_thread_info(a.thread.handle).state,
				  ZX_THREAD_STATE_SUSPENDED);
			EXPECT_TRUE(paging_expect_none(&p));
			EXPECT_TRUE(suspend_end(&token, a.thread.handle));
			EXPECT_TRUE(paging_expect_read(&p, 1, 1));
			EXPECT_TRUE(task_await_state(a.thread.handle,
						     ZX_THREAD_STATE_BLOCKED_PAGER));
			EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
			EXPECT_TRUE(access_expect(&a, ZX_OK));
			EXPECT_TRUE(paging_expect_none(&p));
			paging_drop(&p);
		}
	}
}

/* A page that came meanwhile is not asked for again. */
JX_TEST(pager_5_7_r3_supplied_meanwhile)
{
	for (int kind = 0; kind < ACCESS_KIND_COUNT; kind++) {
		struct page_access a;
		zx_handle_t token;
		struct paging p;

		ASSERT_TRUE(paging_create(&p, 3, 0));
		ASSERT_TRUE(access_start_blocked(&a, &p, (enum access_kind)kind, 1, 1));
		token = suspend_now(a.thread.handle);
		EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
		EXPECT_TRUE(suspend_end(&token, a.thread.handle));
		EXPECT_TRUE(access_expect(&a, ZX_OK));
		EXPECT_TRUE(paging_expect_none(&p));
		paging_drop(&p);
	}
}

/* A failure that comes meanwhile meets no request: the thread asks again. */
JX_TEST(pager_5_7_r3_failed_meanwhile)
{
	struct page_access a;
	zx_handle_t token;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 3, 0));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_READ, 1, 1));
	EXPECT_TRUE(paging_expect_read(&p, 1, 1));
	token = suspend_now(a.thread.handle);
	EXPECT_STATUS(zx_pager_op_range(p.pager, ZX_PAGER_OP_FAIL, p.vmo, PAGE, PAGE,
					(uint64_t)(int64_t)ZX_ERR_IO), ZX_OK);
	EXPECT_TRUE(suspend_end(&token, a.thread.handle));
	EXPECT_TRUE(paging_expect_read(&p, 1, 1));
	EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	paging_drop(&p);
}

/* Others wait for the same page: the oldest of them inherits the request, with
 * the packet that is out. */
JX_TEST(pager_5_7_r3_inherited)
{
	struct page_access a, b;
	zx_handle_t token;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 3, 0));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_LOAD, 1, 1));
	ASSERT_TRUE(access_start_blocked(&b, &p, ACCESS_VMO_READ, 1, 1));
	EXPECT_TRUE(paging_expect_read(&p, 1, 1));
	token = suspend_now(a.thread.handle);
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_EQ(task_thread_info(b.thread.handle).state, ZX_THREAD_STATE_BLOCKED_PAGER);
	/* Resumed, it joins the heir. */
	EXPECT_TRUE(suspend_end(&token, a.thread.handle));
	EXPECT_TRUE(task_await_state(a.thread.handle, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_TRUE(access_expect(&b, ZX_OK));
	paging_drop(&p);
}

/* A load from x0, then the end. */
__asm__(".pushsection .text\n"
	".balign 4\n"
	"load_code:\n"
	"\tldr x0, [x0]\n"
	"\tldr x1, [x19]\n"
	"\tb zx_thread_exit\n"
	".popsection\n");
/* Hidden: by way of a GOT the linker loses how far behind .text it is. */
extern const char load_code[] __attribute__((visibility("hidden")));

/* A fault whose address register is written while it stands still: the
 * instruction is tried again with the new address, and the old one is not asked
 * for. */
JX_TEST(pager_5_7_r3_fault_with_new_registers)
{
	zx_thread_state_general_regs_t regs;
	struct counting c;
	zx_handle_t token;
	zx_vaddr_t at = 0;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 3, 0));
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, p.vmo, 0, 2 * PAGE, &at),
		      ZX_OK);
	ASSERT_TRUE(counting_start(&c));
	token = suspend_now(c.thread.handle);
	ASSERT_STATUS(suspend_read_general(c.thread.handle, &regs), ZX_OK);
	regs.pc = (uint64_t)(uintptr_t)load_code;
	regs.r[0] = at;
	regs.r[19] = regs.sp;
	EXPECT_STATUS(suspend_write_general(c.thread.handle, &regs), ZX_OK);
	EXPECT_TRUE(suspend_end(&token, c.thread.handle));
	EXPECT_TRUE(paging_expect_read(&p, 0, 1));
	token = suspend_now(c.thread.handle);
	ASSERT_STATUS(suspend_read_general(c.thread.handle, &regs), ZX_OK);
	EXPECT_EQ(regs.pc, (uint64_t)(uintptr_t)load_code);
	EXPECT_EQ(regs.r[0], at);
	regs.r[0] = at + PAGE;
	EXPECT_STATUS(suspend_write_general(c.thread.handle, &regs), ZX_OK);
	EXPECT_TRUE(suspend_end(&token, c.thread.handle));
	EXPECT_TRUE(paging_expect_read(&p, 1, 1));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
	EXPECT_TRUE(task_await_signal(c.thread.handle, ZX_THREAD_TERMINATED));
	EXPECT_TRUE(task_join(&c.thread, NULL));
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), at, 2 * PAGE), ZX_OK);
	paging_drop(&p);
}

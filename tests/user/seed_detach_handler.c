/*
 * zx_pager_detach_vmo as an exception handler sees it: the thread whose access fails
 * can be led on (docs/seeds.md; DET-3, DET-6).
 */
#include <zircon/syscalls/port.h>

#include "exc_util.h"
#include "suspend_util.h"

struct paged_child {
	struct exc_child c;
	zx_handle_t pager, port, vmo, channel;
};

/* A child with a pager's VMO of two pages in its hole. */
static bool paged_child_make(struct paged_child *p)
{
	zx_vaddr_t at;

	if (!exc_child_make(&p->c) ||
	    !EXPECT_STATUS(zx_pager_create(0, &p->pager), ZX_OK) ||
	    !EXPECT_STATUS(zx_port_create(0, &p->port), ZX_OK) ||
	    !EXPECT_STATUS(zx_pager_create_vmo(p->pager, 0, p->port, 1, 2 * PAGE, &p->vmo), ZX_OK))
		return false;
	p->channel = exc_bind(p->c.task.process, 0);
	return EXPECT_STATUS(zx_vmar_map(p->c.hole_vmar, VM_RW | ZX_VM_SPECIFIC, 0, p->vmo, 0,
					 2 * PAGE, &at), ZX_OK);
}

static void paged_child_drop(struct paged_child *p)
{
	zx_handle_close(p->channel);
	zx_handle_close(p->vmo);
	zx_handle_close(p->pager);
	zx_handle_close(p->port);
	exc_child_drop(&p->c);
}

/* Held for an access at this address that the detach has refused; a handler moves
 * its pc on, over one instruction, with this value in x9. */
static void lead_on(struct paged_child *p, zx_vaddr_t at, uint64_t value)
{
	zx_thread_state_general_regs_t regs;
	zx_exception_report_v2_t report;
	struct exc_caught e;

	ASSERT_TRUE(exc_catch_type(p->channel, ZX_EXCP_FATAL_PAGE_FAULT, &e));
	report = exc_report(p->c.task.thread);
	EXPECT_EQ(report.context.arch.u.arm_64.far, at);
	EXPECT_EQ((zx_status_t)report.context.synth_code, ZX_ERR_BAD_STATE);
	EXPECT_STATUS(suspend_read_general(p->c.task.thread, &regs), ZX_OK);
	regs.pc += 4;
	regs.r[9] = value;
	EXPECT_STATUS(suspend_write_general(p->c.task.thread, &regs), ZX_OK);
	exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
}

/* Ends with the sum of what it finds in both pages, and in the first again. */
static void sum_up(uintptr_t unused, uintptr_t at)
{
	int64_t sum;

	(void)unused;
	__asm__ volatile("mov x10, xzr\n\t"
			 "ldr x9, [%1]\n\t"
			 "add x10, x10, x9\n\t"
			 "ldr x9, [%1, #4096]\n\t"
			 "add x10, x10, x9\n\t"
			 "ldr x9, [%1]\n\t"
			 "add %0, x10, x9\n\t"
			 : "=&r"(sum) : "r"(at) : "x9", "x10");
	zx_process_exit(sum);
}

/* "Threads are made to fault", and that again and again. */
JX_TEST(det_03_a_thread_that_fails_can_be_led_on)
{
	struct paged_child p;

	ASSERT_TRUE(paged_child_make(&p));
	ASSERT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	ASSERT_TRUE(task_child_start(&p.c.task, sum_up, p.c.hole));
	lead_on(&p, p.c.hole, 0x100);
	lead_on(&p, p.c.hole + PAGE, 0x20);
	lead_on(&p, p.c.hole, 0x3);
	exc_expect_end(&p.c, 0x123);
	paged_child_drop(&p);
}

/* One that waits for its page meanwhile; the handler gives it another VMO then. */
JX_TEST(det_06_a_waiter_that_fails_can_be_led_on)
{
	zx_port_packet_t packet;
	struct exc_caught e;
	struct paged_child p;
	zx_handle_t other;
	zx_vaddr_t at;

	ASSERT_TRUE(paged_child_make(&p));
	ASSERT_TRUE(task_child_start(&p.c.task, sum_up, p.c.hole));
	ASSERT_STATUS(zx_port_wait(p.port, zx_deadline_after(TASK_PATIENCE), &packet), ZX_OK);
	EXPECT_EQ(packet.page_request.command, ZX_PAGER_VMO_READ);
	ASSERT_TRUE(task_await_state(p.c.task.thread, ZX_THREAD_STATE_BLOCKED_PAGER));
	ASSERT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	lead_on(&p, p.c.hole, 0x100);
	ASSERT_TRUE(exc_catch_type(p.channel, ZX_EXCP_FATAL_PAGE_FAULT, &e));
	other = vm_vmo_make(2, 0);
	vm_vmo_set(other, 0, 0x3);
	vm_vmo_set(other, 1, 0x20);
	ASSERT_STATUS(zx_vmar_map(p.c.hole_vmar, VM_RW | ZX_VM_SPECIFIC_OVERWRITE, 0, other, 0,
				  2 * PAGE, &at), ZX_OK);
	exc_answer(&e, ZX_EXCEPTION_STATE_HANDLED);
	exc_expect_end(&p.c, 0x123);
	zx_handle_close(other);
	paged_child_drop(&p);
}

/* zx_pager_detach_vmo as mappings see it: S-P1 to S-P4 of spec/vmar.md 14.6
 * (docs/seeds.md). The call itself is tested with the pager. */
#include <stdatomic.h>

#include <jx/thread.h>
#include <zircon/syscalls/port.h>

#include "vm_util.h"

#define KEY 7
#define WAITERS 3

/* A pager's VMO of four pages, mapped. */
struct paged {
	zx_handle_t pager;
	zx_handle_t port;
	zx_handle_t vmo;
	zx_vaddr_t base;
};

static bool paged_make(struct paged *p)
{
	if (!EXPECT_STATUS(zx_pager_create(0, &p->pager), ZX_OK) ||
	    !EXPECT_STATUS(zx_port_create(0, &p->port), ZX_OK) ||
	    !EXPECT_STATUS(zx_pager_create_vmo(p->pager, 0, p->port, KEY, 4 * PAGE, &p->vmo),
			   ZX_OK))
		return false;
	p->base = vm_map(p->vmo, VM_RW, 4);
	return p->base != 0;
}

static void paged_drop(struct paged *p)
{
	vm_unmap(p->base, 4);
	zx_handle_close(p->vmo);
	zx_handle_close(p->port);
	zx_handle_close(p->pager);
}

/* Gives the VMO its page with the stamp. */
static void supply(const struct paged *p, uint64_t page)
{
	zx_handle_t aux = vm_vmo_make(1, 0);

	vm_vmo_set(aux, 0, VM_STAMP(page));
	EXPECT_STATUS(zx_pager_supply_pages(p->pager, p->vmo, page * PAGE, PAGE, aux, 0), ZX_OK);
	zx_handle_close(aux);
}

/* The command of the next packet; 0xffff if there is none. */
static uint16_t next_command(const struct paged *p)
{
	zx_port_packet_t packet;

	if (zx_port_wait(p->port, 0, &packet) != ZX_OK)
		return UINT16_MAX;
	EXPECT_EQ(packet.key, KEY);
	EXPECT_EQ(packet.type, ZX_PKT_TYPE_PAGE_REQUEST);
	return packet.page_request.command;
}

/* S-P1: after the detach no access asks for a page: COMPLETE is the only
 * packet, and each access comes back at once. */
JX_TEST(seed_p1_no_request_after_detach)
{
	struct paged p;

	ASSERT_TRUE(paged_make(&p));
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_EQ(next_command(&p), ZX_PAGER_VMO_COMPLETE);
	for (uint64_t i = 0; i < 4; i++) {
		EXPECT_STATUS(vm_probe_read(p.base + i * PAGE), ZX_ERR_BAD_STATE);
		EXPECT_STATUS(vm_probe_write(p.base + i * PAGE), ZX_ERR_BAD_STATE);
	}
	EXPECT_EQ(next_command(&p), UINT16_MAX);
	paged_drop(&p);
}

/* S-P2: an access that would have asked fails: a program is ended by the
 * fault, a system call gets an error. */
JX_TEST(seed_p2_access_that_would_ask_fails)
{
	struct vm_child child;
	struct paged p;
	uint64_t value;
	size_t actual;
	zx_vaddr_t there;

	ASSERT_TRUE(paged_make(&p));
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_STATUS(zx_vmo_read(p.vmo, &value, 0, 8), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_write(p.vmo, &value, 0, 8), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_process_read_memory(zx_process_self(), p.base, &value, 8, &actual),
		      ZX_ERR_BAD_STATE);
	ASSERT_TRUE(vm_child_make(&child));
	there = vm_child_map(&child, p.vmo, VM_RW, 4);
	ASSERT_TRUE(vm_child_start(&child, vm_child_read, there));
	EXPECT_EQ(vm_child_finish(&child), ZX_TASK_RETCODE_EXCEPTION_KILL);
	paged_drop(&p);
}

/* Reads a page through the mapping, as a system call and so without dying. */
struct waiter {
	struct jx_thread thread;
	zx_vaddr_t address;
	zx_status_t status;
};

static int wait_for_page(void *arg)
{
	struct waiter *w = arg;

	w->status = vm_probe_read(w->address);
	return 0;
}

/* S-P3: those who wait for a page when the VMO is detached are resumed and
 * fail: threads in system calls, and a process in a fault of its own. */
JX_TEST(seed_p3_waiting_threads_are_resumed_and_fail)
{
	struct waiter w[WAITERS];
	struct vm_child child;
	zx_port_packet_t packet;
	struct paged p;

	ASSERT_TRUE(paged_make(&p));
	ASSERT_TRUE(vm_child_make(&child));
	for (uint64_t i = 0; i < WAITERS; i++) {
		w[i] = (struct waiter){ .address = p.base + i * PAGE, .status = ZX_OK };
		ASSERT_STATUS(jx_thread_create(&w[i].thread, "waiter", wait_for_page, &w[i]),
			      ZX_OK);
	}
	ASSERT_TRUE(vm_child_start(&child, vm_child_read,
				   vm_child_map(&child, p.vmo, VM_R, 4) + 3 * PAGE));
	/* Each asks for a page of its own: then all of them wait. */
	for (int i = 0; i < WAITERS + 1; i++) {
		ASSERT_STATUS(zx_port_wait(p.port, ZX_TIME_INFINITE, &packet), ZX_OK);
		EXPECT_EQ(packet.page_request.command, ZX_PAGER_VMO_READ);
	}
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	for (int i = 0; i < WAITERS; i++) {
		EXPECT_STATUS(jx_thread_join(&w[i].thread, NULL), ZX_OK);
		EXPECT_STATUS(w[i].status, ZX_ERR_BAD_STATE);
	}
	EXPECT_EQ(vm_child_finish(&child), ZX_TASK_RETCODE_EXCEPTION_KILL);
	EXPECT_EQ(next_command(&p), ZX_PAGER_VMO_COMPLETE);
	EXPECT_EQ(next_command(&p), UINT16_MAX);
	paged_drop(&p);
}

/* S-P4: clean pages may be dropped after the detach, and are (README 7): a
 * page that was read through the mapping fails from then on; one that was
 * written is resident still and goes on working. */
JX_TEST(seed_p4_dropped_pages_fail_and_resident_ones_work)
{
	struct paged p;

	ASSERT_TRUE(paged_make(&p));
	supply(&p, 0);
	supply(&p, 1);
	EXPECT_EQ(vm_load(p.base), VM_STAMP(0));
	EXPECT_EQ(vm_load(p.base + PAGE), VM_STAMP(1));
	vm_store(p.base + PAGE, 1234);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_STATUS(vm_probe_read(p.base), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(vm_probe_read(p.base + PAGE), ZX_OK);
	EXPECT_EQ(vm_load(p.base + PAGE), 1234);
	EXPECT_EQ(vm_vmo_get(p.vmo, 1), 1234);
	vm_store(p.base + PAGE, 5678);
	EXPECT_EQ(vm_load(p.base + PAGE), 5678);
	EXPECT_EQ(next_command(&p), ZX_PAGER_VMO_COMPLETE);
	EXPECT_EQ(next_command(&p), UINT16_MAX);
	paged_drop(&p);
}

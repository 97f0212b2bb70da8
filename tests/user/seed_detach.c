/*
 * zx_pager_detach_vmo, obligation by obligation (docs/seeds.md; DET-1 to DET-14
 * of pager-port.md 2.1).
 */
#include <string.h>

#include <jx/ktap.h>
#include <zircon/process.h>

#include "pager_util.h"

#define EXCEPTION ZX_TASK_RETCODE_EXCEPTION_KILL

/* Two handles in, a status out: the compiler checks the first half. */
JX_TEST(det_01_prototype)
{
	zx_status_t (*const call)(zx_handle_t pager, zx_handle_t vmo) = zx_pager_detach_vmo;
	struct paging p;

	_Static_assert(__builtin_types_compatible_p(__typeof__(zx_pager_detach_vmo),
						    zx_status_t(zx_handle_t, zx_handle_t)),
		       "prototype");
	ASSERT_TRUE(paging_create(&p, 1, 0));
	/* The order matters: the pager is first. */
	EXPECT_STATUS(call(p.vmo, p.pager), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(call(p.pager, p.vmo), ZX_OK);
	EXPECT_TRUE(paging_expect_complete(&p));
	paging_drop(&p);
}

JX_TEST(det_02_no_request_is_queued)
{
	struct page_access before;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	/* A request that has gone unread is queued no longer. */
	ASSERT_TRUE(access_start_blocked(&before, &p, ACCESS_VMO_READ, 0, 1));
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_TRUE(access_expect(&before, ZX_ERR_BAD_STATE));
	EXPECT_TRUE(paging_expect_complete(&p));
	for (int kind = ACCESS_VMO_READ; kind < ACCESS_LOAD; kind++) {
		EXPECT_STATUS(access_now(&p, kind, 0, 8), ZX_ERR_BAD_STATE);
		EXPECT_TRUE(paging_expect_none(&p));
	}
	paging_drop(&p);
}

/* Loads and stores of a child; copies of the kernel's to and from the page. */
static void expect_mappings_fail(struct paging *p, zx_handle_t image)
{
	struct task_child child;
	zx_vaddr_t at = 0;

	for (int write = 0; write < 2; write++) {
		ASSERT_TRUE(fault_child_start(&child, image, p, 2, 1, write));
		EXPECT_TRUE(fault_child_expect(&child, EXCEPTION));
	}
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, p->vmo, 0, 2 * PAGE, &at),
		      ZX_OK);
	EXPECT_STATUS(zx_object_get_info(p->vmo, ZX_INFO_HANDLE_BASIC, (void *)at,
					 sizeof(zx_info_handle_basic_t), NULL, NULL),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_debug_write((const char *)at, 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), at, 2 * PAGE), ZX_OK);
}

JX_TEST(det_03_access_fails_after_detach)
{
	zx_handle_t image = task_image();
	uint64_t size = 0;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, ZX_VMO_RESIZABLE));
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 0, 1), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 1, 1), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(access_now(&p, ACCESS_COMMIT, 0, 2), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(access_now(&p, ACCESS_ZERO, 0, 2), ZX_ERR_BAD_STATE);
	expect_mappings_fail(&p, image);
	/* What needs no page still works (2.4). */
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_get_size(p.vmo, &size), ZX_OK);
	EXPECT_EQ(size, PAGE);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 1, 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_TRUE(paging_expect_complete(&p));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
	zx_handle_close(image);
}

/* Only this VMO is detached: another one of the pager goes on as before. */
JX_TEST(det_04_no_new_read_for_this_vmo)
{
	struct page_access a;
	struct paging p, other;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	other = p;
	ASSERT_STATUS(zx_pager_create_vmo(p.pager, 0, p.port, PAGING_KEY, 4 * PAGE, &other.vmo),
		      ZX_OK);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_TRUE(paging_expect_complete(&p));
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, i, 1), ZX_ERR_BAD_STATE);
	EXPECT_TRUE(paging_expect_none(&p));
	ASSERT_TRUE(access_start_blocked(&a, &other, ACCESS_VMO_READ, 2, 1));
	EXPECT_TRUE(paging_expect_read(&other, 2, 1));
	EXPECT_STATUS(paging_supply(&other, 2, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	paging_close(&other.vmo);
	EXPECT_TRUE(paging_expect_complete(&other));
	paging_drop(&p);
}

JX_TEST_OF_2020(det_05_requests_in_flight_are_harmless)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_READ, 1, 1));
	/* The service has it in hand. */
	EXPECT_TRUE(paging_expect_read(&p, 1, 1));
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_ERR_BAD_STATE));
	/* It may answer all the same: then the page is there (2.6, era 2020). */
	EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 1, 1), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 2, 1), ZX_ERR_BAD_STATE);
	EXPECT_TRUE(paging_expect_complete(&p));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

#define WAITERS 4

/* Reads, a write, a COMMIT and two faults wait; some packets were read. */
static void detach_with_waiters(zx_handle_t image, int packets_read)
{
	static struct page_access waiters[WAITERS];
	struct task_child load, store;
	zx_port_packet_t packet;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	for (int i = 0; i < WAITERS; i++)
		ASSERT_TRUE(access_start_blocked(&waiters[i], &p, (enum access_kind)i,
						 (uint64_t)i, 1));
	ASSERT_TRUE(fault_child_start(&load, image, &p, 8, 5, false));
	ASSERT_TRUE(fault_child_start(&store, image, &p, 8, 6, true));
	EXPECT_TRUE(task_await_state(load.thread, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_TRUE(task_await_state(store.thread, ZX_THREAD_STATE_BLOCKED_PAGER));
	for (int i = 0; i < packets_read; i++)
		EXPECT_STATUS(zx_port_wait(p.port, 0, &packet), ZX_OK);
	/* The service answers nothing. */
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	for (int i = 0; i < WAITERS; i++)
		EXPECT_TRUE(access_expect(&waiters[i], ZX_ERR_BAD_STATE));
	EXPECT_TRUE(fault_child_expect(&load, EXCEPTION));
	EXPECT_TRUE(fault_child_expect(&store, EXCEPTION));
	EXPECT_TRUE(paging_expect_complete(&p));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

JX_TEST(det_06_waiters_are_resumed_and_fail)
{
	zx_handle_t image = task_image();

	detach_with_waiters(image, 0);
	detach_with_waiters(image, 3);
	detach_with_waiters(image, WAITERS + 2);
	zx_handle_close(image);
}

JX_TEST(det_07_complete_comes_once_and_last)
{
	struct page_access a[3];
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	for (uint64_t i = 0; i < 3; i++)
		ASSERT_TRUE(access_start_blocked(&a[i], &p, ACCESS_VMO_READ, 2 * i, 1));
	EXPECT_TRUE(paging_expect_read(&p, 0, 1));
	/* One packet is in the port, one request waits behind it: both go. */
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	for (int i = 0; i < 3; i++)
		EXPECT_TRUE(access_expect(&a[i], ZX_ERR_BAD_STATE));
	EXPECT_TRUE(paging_expect_complete(&p));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_COMMIT, 0, 8), ZX_ERR_BAD_STATE);
	/* Nor does the VMO's end send another one. */
	paging_close(&p.vmo);
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

/* This kernel evicts at once. Whatever it does, nobody may see wrong content. */
JX_TEST(det_08_clean_pages_are_evicted)
{
	zx_handle_t image = task_image();
	struct task_child child;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	EXPECT_STATUS(paging_supply(&p, 0, 8), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 0, 8), ZX_OK);
	ASSERT_TRUE(fault_child_start(&child, image, &p, 8, 3, false));
	EXPECT_TRUE(fault_child_expect(&child, fault_child_code(3)));
	EXPECT_EQ(paging_committed(&p), 8 * PAGE);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_EQ(paging_committed(&p), 0);
	for (uint64_t i = 0; i < 8; i++)
		EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, i, 1), ZX_ERR_BAD_STATE);
	ASSERT_TRUE(fault_child_start(&child, image, &p, 8, 3, false));
	EXPECT_TRUE(fault_child_expect(&child, EXCEPTION));
	EXPECT_TRUE(paging_expect_complete(&p));
	paging_drop(&p);
	zx_handle_close(image);
}

/* The seed leaves writeback open; what was written is kept and stays usable. */
JX_TEST(det_09_written_pages_stay)
{
	zx_handle_t image = task_image();
	struct task_child child;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	EXPECT_STATUS(paging_supply(&p, 0, 8), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 0, 8), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 2, 1), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_STORE, 5, 1), ZX_OK);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_EQ(paging_committed(&p), 2 * PAGE);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 2, 1), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_LOAD, 5, 1), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_WRITE, 5, 1), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_COMMIT, 2, 1), ZX_OK);
	ASSERT_TRUE(fault_child_start(&child, image, &p, 8, 2, false));
	EXPECT_TRUE(fault_child_expect(&child, fault_child_code(2)));
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 2, 2), ZX_ERR_BAD_STATE);
	EXPECT_TRUE(paging_expect_complete(&p));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
	zx_handle_close(image);
}

JX_TEST(det_10_types_but_no_rights_are_needed)
{
	zx_handle_t bare = 0;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 1, 0));
	ASSERT_STATUS(zx_handle_duplicate(p.vmo, ZX_RIGHT_NONE, &bare), ZX_OK);
	ASSERT_STATUS(zx_handle_replace(p.pager, ZX_RIGHT_NONE, &p.pager), ZX_OK);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, bare), ZX_OK);
	EXPECT_TRUE(paging_expect_complete(&p));
	zx_handle_close(bare);
	paging_drop(&p);
}

JX_TEST(det_11_success_is_ok)
{
	zx_handle_t copy = 0;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 0, 0));
	ASSERT_STATUS(zx_handle_duplicate(p.vmo, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK);
	/* Through any handle, with any content, again and again. */
	EXPECT_EQ(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_EQ(zx_pager_detach_vmo(p.pager, copy), ZX_OK);
	zx_handle_close(copy);
	paging_drop(&p);
	ASSERT_TRUE(paging_create(&p, 4, ZX_VMO_RESIZABLE));
	EXPECT_STATUS(paging_supply(&p, 1, 2), ZX_OK);
	EXPECT_EQ(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	paging_drop(&p);
	/* A port that is gone does not matter. */
	ASSERT_TRUE(paging_create(&p, 4, 0));
	paging_close(&p.port);
	EXPECT_EQ(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	paging_drop(&p);
}

JX_TEST(det_12_bad_handle)
{
	zx_handle_t bad[5] = { ZX_HANDLE_INVALID, UINT32_MAX, 1, 0 };
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, 0));
	ASSERT_STATUS(zx_event_create(0, &bad[3]), ZX_OK);
	zx_handle_close(bad[3]);
	bad[4] = p.vmo & ~ZX_HANDLE_FIXED_BITS_MASK;
	for (int i = 0; i < 5; i++) {
		EXPECT_STATUS(zx_pager_detach_vmo(bad[i], p.vmo), ZX_ERR_BAD_HANDLE);
		EXPECT_STATUS(zx_pager_detach_vmo(p.pager, bad[i]), ZX_ERR_BAD_HANDLE);
		/* The pager is judged first. */
		EXPECT_STATUS(zx_pager_detach_vmo(bad[i], p.port), ZX_ERR_BAD_HANDLE);
		EXPECT_STATUS(zx_pager_detach_vmo(p.port, bad[i]), ZX_ERR_WRONG_TYPE);
	}
	/* None of these has detached anything. */
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_READ, 1, 1));
	EXPECT_TRUE(paging_expect_read(&p, 1, 1));
	EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	paging_drop(&p);
}

JX_TEST(det_13_wrong_type)
{
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, 0));
	const zx_handle_t others[] = { p.port, zx_process_self(), zx_thread_self(),
				       zx_vmar_root_self(), zx_job_default() };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		EXPECT_STATUS(zx_pager_detach_vmo(others[i], p.vmo), ZX_ERR_WRONG_TYPE);
		EXPECT_STATUS(zx_pager_detach_vmo(p.pager, others[i]), ZX_ERR_WRONG_TYPE);
	}
	EXPECT_STATUS(zx_pager_detach_vmo(p.vmo, p.vmo), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.pager), ZX_ERR_WRONG_TYPE);
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

JX_TEST(det_14_vmo_of_another_origin)
{
	struct page_access a;
	struct paging p, other;
	zx_handle_t plain = 0;

	ASSERT_TRUE(paging_create(&p, 2, 0));
	ASSERT_TRUE(paging_create(&other, 2, 0));
	ASSERT_STATUS(zx_vmo_create(PAGE, 0, &plain), ZX_OK);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, plain), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, other.vmo), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_pager_detach_vmo(other.pager, p.vmo), ZX_ERR_INVALID_ARGS);
	/* The other pager's VMO is as attached as before. */
	EXPECT_TRUE(paging_expect_none(&other));
	ASSERT_TRUE(access_start_blocked(&a, &other, ACCESS_VMO_READ, 0, 1));
	EXPECT_TRUE(paging_expect_read(&other, 0, 1));
	EXPECT_STATUS(paging_supply(&other, 0, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	zx_handle_close(plain);
	paging_drop(&p);
	paging_drop(&other);
}

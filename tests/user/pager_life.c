/*
 * Waiters that go away, mappings that change, sizes that change, handles that
 * close (pager-port.md 3, 5.5, 5.7, 5.8, 6).
 */
#include <jx/ktap.h>
#include <zircon/process.h>

#include "pager_util.h"

#define EXCEPTION ZX_TASK_RETCODE_EXCEPTION_KILL

static void kill_access(struct page_access *a)
{
	EXPECT_STATUS(zx_task_kill(a->thread.handle), ZX_OK);
	EXPECT_TRUE(access_expect(a, -1));
}

/* 5.7: the state shows, and lasts, in calls and in faults. */
JX_TEST(pager_waiters_are_shown_as_such)
{
	static struct page_access a[ACCESS_KIND_COUNT];
	struct paging p;

	ASSERT_TRUE(paging_create(&p, ACCESS_KIND_COUNT, 0));
	for (int i = 0; i < ACCESS_KIND_COUNT; i++)
		ASSERT_TRUE(access_start_blocked(&a[i], &p, (enum access_kind)i, (uint64_t)i, 1));
	for (int i = 0; i < ACCESS_KIND_COUNT; i++) {
		EXPECT_TRUE(paging_expect_read(&p, (uint64_t)i, 1));
		EXPECT_EQ(task_thread_info(a[i].thread.handle).state,
			  ZX_THREAD_STATE_BLOCKED_PAGER);
	}
	EXPECT_STATUS(paging_supply(&p, 0, ACCESS_KIND_COUNT), ZX_OK);
	for (int i = 0; i < ACCESS_KIND_COUNT; i++)
		EXPECT_TRUE(access_expect(&a[i], ZX_OK));
	paging_drop(&p);
}

/* Killed alone: the request is withdrawn, whether in the port or behind. */
JX_TEST(pager_kill_withdraws_the_request)
{
	struct page_access a[3];
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	for (uint64_t i = 0; i < 3; i++)
		ASSERT_TRUE(access_start_blocked(&a[i], &p, ACCESS_VMO_READ, i, 1));
	kill_access(&a[1]);
	kill_access(&a[0]);
	EXPECT_TRUE(paging_expect_read(&p, 2, 1));
	EXPECT_TRUE(paging_expect_none(&p));
	/* In hand it is stale: an answer is harmless. */
	kill_access(&a[2]);
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 2, 1), ZX_OK);
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

/* 5.5: with others waiting, the oldest of them inherits range and packet. */
static void kill_owner(bool packet_read)
{
	struct page_access owner, first, second;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	ASSERT_TRUE(access_start_blocked(&owner, &p, ACCESS_COMMIT, 2, 4));
	ASSERT_TRUE(access_start_blocked(&first, &p, ACCESS_VMO_READ, 3, 1));
	ASSERT_TRUE(access_start_blocked(&second, &p, ACCESS_LOAD, 5, 1));
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_OK);
	if (packet_read)
		EXPECT_TRUE(paging_expect_read(&p, 2, 4));
	kill_access(&owner);
	if (!packet_read)
		EXPECT_TRUE(paging_expect_read(&p, 2, 4));
	EXPECT_TRUE(paging_expect_none(&p));
	/* The rest of the same range is what ends it. */
	EXPECT_STATUS(paging_supply(&p, 3, 2), ZX_OK);
	/* Of later eras the first goes on with its page. */
	if (jx_era() == JX_ERA_2020)
		EXPECT_EQ(task_thread_info(first.thread.handle).state,
			  ZX_THREAD_STATE_BLOCKED_PAGER);
	EXPECT_STATUS(paging_supply(&p, 5, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&first, ZX_OK));
	EXPECT_TRUE(access_expect(&second, ZX_OK));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

JX_TEST(pager_kill_of_the_owner_hands_over)
{
	kill_owner(false);
	kill_owner(true);
}

JX_TEST(pager_kill_of_a_joined_thread)
{
	struct page_access owner, joined;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, 0));
	ASSERT_TRUE(access_start_blocked(&owner, &p, ACCESS_VMO_READ, 0, 1));
	ASSERT_TRUE(access_start_blocked(&joined, &p, ACCESS_VMO_READ, 0, 1));
	kill_access(&joined);
	EXPECT_TRUE(paging_expect_read(&p, 0, 1));
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&owner, ZX_OK));
	paging_drop(&p);
}

/* The owner waits in the FIFO; the heir stands in its place in line. */
JX_TEST(pager_heir_keeps_the_place_in_line)
{
	struct page_access first, owner, heir, last;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	ASSERT_TRUE(access_start_blocked(&first, &p, ACCESS_VMO_READ, 0, 1));
	ASSERT_TRUE(access_start_blocked(&owner, &p, ACCESS_VMO_READ, 3, 1));
	ASSERT_TRUE(access_start_blocked(&last, &p, ACCESS_VMO_READ, 1, 1));
	ASSERT_TRUE(access_start_blocked(&heir, &p, ACCESS_VMO_READ, 3, 1));
	kill_access(&owner);
	EXPECT_TRUE(paging_expect_read(&p, 0, 1));
	EXPECT_TRUE(paging_expect_read(&p, 3, 1));
	EXPECT_TRUE(paging_expect_read(&p, 1, 1));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(paging_supply(&p, 0, 4), ZX_OK);
	EXPECT_TRUE(access_expect(&first, ZX_OK));
	EXPECT_TRUE(access_expect(&last, ZX_OK));
	EXPECT_TRUE(access_expect(&heir, ZX_OK));
	paging_drop(&p);
}

JX_TEST(pager_kill_of_a_process_in_a_fault)
{
	zx_handle_t image = task_image();
	struct task_child child;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, 0));
	ASSERT_TRUE(fault_child_start(&child, image, &p, 2, 0, true));
	EXPECT_TRUE(task_await_state(child.thread, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
	EXPECT_TRUE(fault_child_expect(&child, ZX_TASK_RETCODE_SYSCALL_KILL));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
	zx_handle_close(image);
}

static void load_once(uintptr_t none, uintptr_t address)
{
	(void)none;
	zx_process_exit(*(volatile uint8_t *)address);
}

/* 5.8: while it waits its mapping goes, or another VMO comes there. */
JX_TEST(pager_mapping_goes_while_a_fault_waits)
{
	zx_handle_t image = task_image();
	struct task_child child;
	zx_vaddr_t at = 0;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, 0));
	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(task_child_map(&child, p.vmo, 2 * PAGE, &at));
	ASSERT_TRUE(task_child_start(&child, load_once, at + PAGE));
	EXPECT_TRUE(task_await_state(child.thread, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_STATUS(zx_vmar_unmap(child.vmar, at, 2 * PAGE), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 1, 1));
	/* It still waits; the answer lets it see what is there now: nothing. */
	EXPECT_EQ(task_thread_info(child.thread).state, ZX_THREAD_STATE_BLOCKED_PAGER);
	EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
	EXPECT_TRUE(fault_child_expect(&child, EXCEPTION));
	paging_drop(&p);
	zx_handle_close(image);
}

JX_TEST(pager_mapping_changes_while_a_fault_waits)
{
	const zx_vm_option_t options = TASK_RW | ZX_VM_SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE;
	struct page_access a;
	struct paging p, other;
	zx_info_vmar_t root;
	zx_vaddr_t at = 0;

	ASSERT_TRUE(paging_create(&p, 1, 0));
	ASSERT_TRUE(paging_create(&other, 1, 0));
	ASSERT_STATUS(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &root, sizeof(root),
					 NULL, NULL), ZX_OK);
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_LOAD, 0, 1));
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), options, a.base - root.base, other.vmo, 0,
				  PAGE, &at), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 0, 1));
	EXPECT_TRUE(paging_expect_none(&other));
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	/* The rules of the other VMO apply. */
	EXPECT_TRUE(paging_expect_read(&other, 0, 1));
	EXPECT_STATUS(paging_supply(&other, 0, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	paging_drop(&p);
	paging_drop(&other);
}

/* 8.7: a store that the mapping forbids asks nobody. */
JX_TEST(pager_forbidden_access_makes_no_request)
{
	zx_handle_t image = task_image();
	struct task_child child;
	zx_vaddr_t at = 0;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 1, 0));
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, p.vmo, 0, PAGE, &at),
		      ZX_OK);
	EXPECT_STATUS(zx_object_get_info(p.vmo, ZX_INFO_HANDLE_BASIC, (void *)at,
					 sizeof(zx_info_handle_basic_t), NULL, NULL),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), at, PAGE), ZX_OK);
	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_STATUS(zx_vmar_map(child.vmar, ZX_VM_PERM_READ, 0, p.vmo, 0, PAGE, &at), ZX_OK);
	/* The data of a page of the pager's is no code: execution is refused. */
	ASSERT_STATUS(zx_process_start(child.process, child.thread, at, 0, 0, 0), ZX_OK);
	EXPECT_TRUE(fault_child_expect(&child, EXCEPTION));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
	zx_handle_close(image);
}

/* 6: what a shrink cuts off counts as come, and the waiter sees the new end. */
JX_TEST(pager_shrink_under_waiters)
{
	zx_handle_t image = task_image();
	struct page_access read, commit;
	struct task_child child;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 16, ZX_VMO_RESIZABLE));
	ASSERT_TRUE(access_start_blocked(&read, &p, ACCESS_VMO_READ, 14, 1));
	ASSERT_TRUE(access_start_blocked(&commit, &p, ACCESS_COMMIT, 4, 8));
	ASSERT_TRUE(fault_child_start(&child, image, &p, 16, 15, false));
	EXPECT_TRUE(task_await_state(child.thread, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_TRUE(paging_expect_read(&p, 14, 1));
	EXPECT_TRUE(paging_expect_read(&p, 4, 8));
	EXPECT_STATUS(paging_supply(&p, 7, 2), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 6 * PAGE), ZX_OK);
	EXPECT_TRUE(access_expect(&read, ZX_ERR_OUT_OF_RANGE));
	EXPECT_TRUE(fault_child_expect(&child, EXCEPTION));
	/* The request of the child was unread, and went. COMMIT wants two more. */
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_EQ(task_thread_info(commit.thread.handle).state, ZX_THREAD_STATE_BLOCKED_PAGER);
	EXPECT_STATUS(paging_supply(&p, 4, 8), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(paging_supply(&p, 4, 2), ZX_OK);
	EXPECT_TRUE(access_expect(&commit, ZX_OK));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
	zx_handle_close(image);
}

/* A request cut by a shrink must not count pages that come after regrowth. */
JX_TEST(pager_shrink_and_grow_under_a_waiter)
{
	struct page_access a;
	uint64_t word;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, ZX_VMO_RESIZABLE));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_COMMIT, 0, 4));
	EXPECT_TRUE(paging_expect_read(&p, 0, 4));
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 4 * PAGE), ZX_OK);
	EXPECT_STATUS(paging_supply(&p, 0, 4), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	EXPECT_TRUE(paging_expect_none(&p));
	/* What grew back reads zero and takes no supply (7.5). */
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, 0, sizeof(word)), ZX_OK);
	EXPECT_EQ(word, paging_word(0));
	EXPECT_STATUS(zx_vmo_read(p.vmo, &word, 2 * PAGE, sizeof(word)), ZX_OK);
	EXPECT_EQ(word, 0);
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

/* 3.2: COMPLETE when the last of handles and mappings goes, once. */
JX_TEST(pager_complete_at_the_end_of_the_vmo)
{
	struct paging p;
	zx_vaddr_t at = 0;

	ASSERT_TRUE(paging_create(&p, 1, 0));
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, p.vmo, 0, PAGE, &at), ZX_OK);
	paging_close(&p.vmo);
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), at, PAGE), ZX_OK);
	EXPECT_TRUE(paging_expect_complete(&p));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

/* 5.8, last rule, and 3.2: the mapping keeps asking without any handle. */
JX_TEST(pager_mapping_alone_goes_on_asking)
{
	zx_handle_t image = task_image();
	struct task_child child;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, 0));
	ASSERT_TRUE(fault_child_start(&child, image, &p, 2, 1, false));
	paging_close(&p.vmo);
	EXPECT_TRUE(paging_expect_read(&p, 1, 1));
	EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
	EXPECT_TRUE(fault_child_expect(&child, ZX_TASK_RETCODE_SYSCALL_KILL));
	EXPECT_TRUE(paging_expect_complete(&p));
	paging_drop(&p);
	zx_handle_close(image);
}

/* 3.3: all waiters fail, what is there stays, and no packet ever comes. */
JX_TEST(pager_closing_the_pager)
{
	zx_handle_t image = task_image();
	struct page_access a, b;
	struct task_child child;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_READ, 4, 1));
	ASSERT_TRUE(access_start_blocked(&b, &p, ACCESS_COMMIT, 5, 1));
	ASSERT_TRUE(fault_child_start(&child, image, &p, 8, 6, false));
	EXPECT_TRUE(task_await_state(child.thread, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_TRUE(paging_expect_read(&p, 4, 1));
	paging_close(&p.pager);
	EXPECT_TRUE(access_expect(&a, ZX_ERR_BAD_STATE));
	EXPECT_TRUE(access_expect(&b, ZX_ERR_BAD_STATE));
	EXPECT_TRUE(fault_child_expect(&child, EXCEPTION));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 0, 2), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_STORE, 0, 2), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 2, 1), ZX_ERR_BAD_STATE);
	paging_close(&p.vmo);
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
	zx_handle_close(image);
}

/* 3.3: a COMPLETE that nobody has read goes as well, also that of a VMO which is
 * no more (14.4). One that was read, and one whose port is gone, is nobody's. */
JX_TEST(pager_closing_the_pager_takes_complete_back)
{
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 1, 0));
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	paging_close(&p.pager);
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);

	ASSERT_TRUE(paging_create(&p, 1, 0));
	paging_close(&p.vmo);
	paging_close(&p.pager);
	EXPECT_TRUE(paging_expect_none(&p));
	paging_close(&p.port);

	for (int with_port = 0; with_port < 2; with_port++) {
		ASSERT_TRUE(paging_create(&p, 1, 0));
		paging_close(&p.vmo);
		if (with_port)
			EXPECT_TRUE(paging_expect_complete(&p));
		paging_close(&p.port);
		paging_close(&p.pager);
	}
}

/* 3.5: requests count as sent; answers and detach still reach the threads. */
JX_TEST(pager_closing_the_port)
{
	struct page_access a[4];
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	ASSERT_TRUE(access_start_blocked(&a[0], &p, ACCESS_VMO_READ, 0, 1));
	ASSERT_TRUE(access_start_blocked(&a[1], &p, ACCESS_VMO_READ, 1, 1));
	paging_close(&p.port);
	ASSERT_TRUE(access_start_blocked(&a[2], &p, ACCESS_VMO_READ, 2, 1));
	ASSERT_TRUE(access_start_blocked(&a[3], &p, ACCESS_VMO_READ, 3, 1));
	EXPECT_STATUS(paging_supply(&p, 1, 2), ZX_OK);
	EXPECT_TRUE(access_expect(&a[1], ZX_OK));
	EXPECT_TRUE(access_expect(&a[2], ZX_OK));
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_TRUE(access_expect(&a[0], ZX_ERR_BAD_STATE));
	EXPECT_TRUE(access_expect(&a[3], ZX_ERR_BAD_STATE));
	paging_drop(&p);
}

/* Loads a word of its own pager's VMO, which nobody will ever supply. */
static void wait_for_own_pager(uintptr_t pager, uintptr_t address)
{
	(void)pager;
	zx_process_exit((int64_t)*(volatile uint64_t *)address);
}

/* 3.4: a service that waits for itself can be killed, and its end frees its
 * clients elsewhere. */
JX_TEST(pager_service_dies_with_clients_blocked)
{
	zx_handle_t image = task_image();
	struct page_access client;
	struct task_child child;
	zx_vaddr_t at = 0;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 2, 0));
	ASSERT_TRUE(access_start_blocked(&client, &p, ACCESS_VMO_READ, 0, 1));
	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(task_child_map(&child, p.vmo, 2 * PAGE, &at));
	/* A pager cannot be duplicated: the start moves the only handle. */
	ASSERT_STATUS(zx_process_start(child.process, child.thread,
				       (zx_vaddr_t)wait_for_own_pager, child.stacks + PAGE,
				       p.pager, at + PAGE), ZX_OK);
	p.pager = ZX_HANDLE_INVALID;
	EXPECT_TRUE(task_await_state(child.thread, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
	EXPECT_TRUE(fault_child_expect(&child, ZX_TASK_RETCODE_SYSCALL_KILL));
	EXPECT_TRUE(access_expect(&client, ZX_ERR_BAD_STATE));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
	zx_handle_close(image);
}

/*
 * Hostile programs: channels and ports filled to their limits, tables of handles
 * too, by children that are killed in the middle of it. All that they had comes
 * back (the runner counts objects and frames after each test), and others go on.
 */
#include <zircon/process.h>
#include <zircon/syscalls/port.h>

#include "pair_util.h"

/* What a child does until it is killed. It has no variables of the program: only
 * its stack and system calls. */
static void fill_channels(uintptr_t none, uintptr_t at)
{
	zx_handle_t ends[2];

	(void)none;
	for (;;) {
		if (zx_channel_create(0, &ends[0], &ends[1]) != ZX_OK)
			zx_nanosleep(0);
		/* Until no more are taken, or one more than the queue's limit would
		 * kill (tasks.md 12.3). */
		for (int i = 0; i < 3000; i++)
			if (zx_channel_write(ends[0], 0, (const void *)at, 16384, NULL, 0) != ZX_OK)
				break;
		*(volatile uint64_t *)at += 1;
	}
}

static void fill_ports(uintptr_t none, uintptr_t at)
{
	zx_handle_t port, event;

	(void)none;
	for (;;) {
		if (zx_port_create(0, &port) != ZX_OK || zx_event_create(0, &event) != ZX_OK)
			zx_nanosleep(0);
		/* Below the limit of each port in each era. */
		for (int i = 0; i < 2000; i++) {
			zx_port_packet_t packet;

			zx_port_queue(port, &packet);
			zx_object_wait_async(event, port, 1, ZX_USER_SIGNAL_0, 0);
		}
		zx_object_signal(event, 0, ZX_USER_SIGNAL_0);
		*(volatile uint64_t *)at += 1;
	}
}

/* Waits until the word that a child shares with us has come so far. */
static bool await_count(const struct task_child *c, zx_vaddr_t word, uint64_t count)
{
	while (*(volatile uint64_t *)word < count) {
		if (!EXPECT_TRUE(!task_process_info(c->process).exited))
			return false;
		zx_nanosleep(0);
	}
	return true;
}

/* Starts a child that runs fn, shares a page of counters with it, waits until the
 * first of them is not 0, and kills it. */
static void run_storm(task_entry fn, uint64_t turns)
{
	zx_handle_t image = task_image(), vmo = vm_vmo_make(4, 0);
	zx_vaddr_t here = 0, there = 0;
	struct task_child child;

	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, vmo, 0, 4 * PAGE, &here), ZX_OK);
	*(volatile uint64_t *)here = 0;
	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(task_child_map(&child, vmo, 4 * PAGE, &there));
	ASSERT_TRUE(task_child_start(&child, fn, there));
	ASSERT_TRUE(await_count(&child, here, turns));
	/* We are no worse off: what a program does in passing still works. */
	{
		struct pair p = pair_channel();

		EXPECT_STATUS(pair_send(p.a, 5, ZX_HANDLE_INVALID), ZX_OK);
		EXPECT_TRUE(pair_expect(p.b, 5));
		pair_close(p);
	}
	EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
	EXPECT_TRUE(task_await_signal(child.process, ZX_PROCESS_TERMINATED));
	task_child_drop(&child);
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), here, 4 * PAGE), ZX_OK);
	zx_handle_close(vmo);
	zx_handle_close(image);
}

JX_TEST(storm_of_large_messages)
{
	for (int i = 0; i < 3; i++)
		run_storm(fill_channels, 4);
}

JX_TEST(storm_of_packets)
{
	for (int i = 0; i < 3; i++)
		run_storm(fill_ports, 4);
}

/* The limit is one of all tables together: while the child sits on it, making a
 * handle fails with NO_MEMORY and leaves nothing; afterwards all is as before. */
static void sit_on_the_limit(uintptr_t none, uintptr_t at)
{
	zx_handle_t event, copy;

	(void)none;
	zx_event_create(0, &event);
	while (zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &copy) == ZX_OK)
		;
	/* Once more, so that what others gave back meanwhile is taken too. */
	*(volatile uint64_t *)at = (uint64_t)(uint32_t)-zx_handle_duplicate(event,
							ZX_RIGHT_SAME_RIGHTS, &copy);
	zx_nanosleep(ZX_TIME_INFINITE);
}

JX_TEST(storm_of_handles_to_the_limit)
{
	zx_handle_t image = task_image(), vmo = vm_vmo_make(1, 0), event = 7;
	zx_vaddr_t here = 0, there = 0;
	struct task_child child;

	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, vmo, 0, PAGE, &here), ZX_OK);
	*(volatile uint64_t *)here = 0;
	ASSERT_TRUE(task_child_create(&child, image));
	ASSERT_TRUE(task_child_map(&child, vmo, PAGE, &there));
	ASSERT_TRUE(task_child_start(&child, sit_on_the_limit, there));
	ASSERT_TRUE(await_count(&child, here, 1));
	EXPECT_EQ(*(volatile uint64_t *)here, -ZX_ERR_NO_MEMORY);
	EXPECT_STATUS(zx_event_create(0, &event), ZX_ERR_NO_MEMORY);
	EXPECT_EQ(event, 7);
	EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
	EXPECT_TRUE(task_await_signal(child.process, ZX_PROCESS_TERMINATED));
	EXPECT_STATUS(zx_event_create(0, &event), ZX_OK);
	zx_handle_close(event);
	task_child_drop(&child);
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), here, PAGE), ZX_OK);
	zx_handle_close(vmo);
	zx_handle_close(image);
}

/* Threads that end without touching their stack, and handles given to a
 * process before it starts. */
#include <stdlib.h>
#include <string.h>

#include <jx/ktap.h>
#include <zircon/jx.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#define STACK_BYTES 16384

struct exit_case {
	zx_handle_t thread;
	zx_handle_t close;	/* closed by the thread's last act */
	zx_vaddr_t stack;
	zx_futex_t word;
	zx_status_t returned;
};

static void unmap_and_exit(uintptr_t arg1, uintptr_t arg2)
{
	struct exit_case *c = (struct exit_case *)arg1;

	(void)arg2;
	c->returned = zx_vmar_unmap_handle_close_thread_exit(zx_vmar_root_self(), c->stack,
							     STACK_BYTES, c->close);
	zx_thread_exit();
}

static void wake_and_exit(uintptr_t arg1, uintptr_t arg2)
{
	struct exit_case *c = (struct exit_case *)arg1;

	(void)arg2;
	zx_futex_wake_handle_close_thread_exit(&c->word, 1, 99, c->close);
}

/* Starts a bare thread on a stack of its own, with an event to close. */
static bool start(struct exit_case *c, void (*fn)(uintptr_t, uintptr_t))
{
	const zx_vm_option_t options = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE;
	zx_handle_t vmo;

	memset(c, 0, sizeof(*c));
	c->returned = 1;
	if (!EXPECT_STATUS(zx_vmo_create(STACK_BYTES, 0, &vmo), ZX_OK) ||
	    !EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), options, 0, vmo, 0, STACK_BYTES,
				       &c->stack), ZX_OK))
		return false;
	zx_handle_close(vmo);
	return EXPECT_STATUS(zx_event_create(0, &c->close), ZX_OK) &&
	       EXPECT_STATUS(zx_thread_create(zx_process_self(), "bare", 4, 0, &c->thread),
			     ZX_OK) &&
	       EXPECT_STATUS(zx_thread_start(c->thread, (zx_vaddr_t)fn, c->stack + STACK_BYTES,
					     (uintptr_t)c, 0), ZX_OK);
}

static void finish(struct exit_case *c)
{
	EXPECT_STATUS(zx_object_wait_one(c->thread, ZX_THREAD_TERMINATED, ZX_TIME_INFINITE, NULL),
		      ZX_OK);
	zx_handle_close(c->thread);
	EXPECT_STATUS(zx_object_get_info(c->close, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL),
		      ZX_ERR_BAD_HANDLE);
}

JX_TEST(runtime_thread_unmaps_its_own_stack)
{
	struct exit_case c;
	zx_vaddr_t again = 0;
	zx_handle_t vmo;
	zx_info_vmar_t root;
	const zx_vm_option_t options = ZX_VM_PERM_READ | ZX_VM_SPECIFIC;

	ASSERT_TRUE(start(&c, unmap_and_exit));
	finish(&c);
	EXPECT_EQ(c.returned, 1);
	/* The place is free: a mapping fits there. */
	ASSERT_STATUS(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &root, sizeof(root),
					 NULL, NULL), ZX_OK);
	ASSERT_STATUS(zx_vmo_create(STACK_BYTES, 0, &vmo), ZX_OK);
	EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), options, c.stack - root.base, vmo, 0,
				  STACK_BYTES, &again), ZX_OK);
	EXPECT_EQ(again, c.stack);
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), again, STACK_BYTES), ZX_OK);
	zx_handle_close(vmo);
}

JX_TEST(runtime_failed_unmap_returns_and_closes_nothing)
{
	zx_handle_t event;

	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	EXPECT_STATUS(zx_vmar_unmap_handle_close_thread_exit(zx_vmar_root_self(), 1, 4096, event),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_handle_close(event), ZX_OK);
}

JX_TEST(runtime_thread_wakes_with_its_last_store)
{
	struct exit_case c;

	ASSERT_TRUE(start(&c, wake_and_exit));
	while (c.word == 0)
		zx_futex_wait(&c.word, 0, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
	EXPECT_EQ(c.word, 99);
	finish(&c);
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), c.stack, STACK_BYTES), ZX_OK);
}

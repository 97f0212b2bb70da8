/*
 * Kill of a thread in every call that blocks: it ends at once, and nothing of
 * its wait is left behind (tasks.md 9, 19; pager-port.md 5.7, 10.3, 12).
 */
#include <string.h>

#include <jx/console.h>
#include <jx/ktap.h>
#include <jx/runtime.h>
#include <zircon/process.h>

#include "pager_util.h"
#include "vm_util.h"

/* What the blocked threads wait for. */
struct blocked {
	zx_handle_t event;
	zx_handle_t port;
	zx_futex_t word;
	struct jx_thread thread;
	_Atomic bool returned;
};

static int in_futex(void *arg)
{
	struct blocked *b = arg;

	zx_futex_wait(&b->word, 0, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
	b->returned = true;
	return 0;
}

static int in_port(void *arg)
{
	struct blocked *b = arg;
	zx_port_packet_t packet;

	zx_port_wait(b->port, ZX_TIME_INFINITE, &packet);
	b->returned = true;
	return 0;
}

static int in_wait_one(void *arg)
{
	struct blocked *b = arg;

	zx_object_wait_one(b->event, ZX_EVENT_SIGNALED, ZX_TIME_INFINITE, NULL);
	b->returned = true;
	return 0;
}

static int in_wait_many(void *arg)
{
	struct blocked *b = arg;
	zx_wait_item_t items[3] = { { b->event, 0, 0 }, { b->event, ZX_EVENT_SIGNALED, 0 },
				    { zx_thread_self(), ZX_THREAD_TERMINATED, 0 } };

	zx_object_wait_many(items, 3, ZX_TIME_INFINITE);
	b->returned = true;
	return 0;
}

static int in_wait_many_of_none(void *arg)
{
	struct blocked *b = arg;

	zx_object_wait_many(NULL, 0, ZX_TIME_INFINITE);
	b->returned = true;
	return 0;
}

static int in_nanosleep(void *arg)
{
	struct blocked *b = arg;

	zx_nanosleep(ZX_TIME_INFINITE);
	b->returned = true;
	return 0;
}

static const struct {
	int (*fn)(void *);
	uint32_t state;
} calls[] = {
	{ in_futex, ZX_THREAD_STATE_BLOCKED_FUTEX },
	{ in_port, ZX_THREAD_STATE_BLOCKED_PORT },
	{ in_wait_one, ZX_THREAD_STATE_BLOCKED_WAIT_ONE },
	{ in_wait_many, ZX_THREAD_STATE_BLOCKED_WAIT_MANY },
	{ in_wait_many_of_none, ZX_THREAD_STATE_BLOCKED_WAIT_MANY },
	{ in_nanosleep, ZX_THREAD_STATE_BLOCKED_SLEEPING },
};
#define CALL_COUNT (sizeof(calls) / sizeof(calls[0]))

static bool make_blocked(struct blocked *b)
{
	memset(b, 0, sizeof(*b));
	return EXPECT_STATUS(zx_event_create(0, &b->event), ZX_OK) &&
	       EXPECT_STATUS(zx_port_create(0, &b->port), ZX_OK);
}

static bool block(struct blocked *b, size_t call)
{
	return EXPECT_STATUS(jx_thread_create(&b->thread, "blocked", calls[call].fn, b), ZX_OK) &&
	       task_await_state(b->thread.handle, calls[call].state);
}

JX_TEST(thread_kill_in_each_blocking_call)
{
	for (size_t i = 0; i < CALL_COUNT; i++) {
		struct blocked b;
		int result = 0;

		ASSERT_TRUE(make_blocked(&b));
		ASSERT_TRUE(block(&b, i));
		EXPECT_STATUS(zx_task_kill(b.thread.handle), ZX_OK);
		ASSERT_TRUE(task_join(&b.thread, &result));
		EXPECT_EQ(result, -1);
		EXPECT_TRUE(!b.returned);
		zx_handle_close(b.event);
		zx_handle_close(b.port);
	}
}

/* What the dead waited for is as if they had never waited. */
JX_TEST(thread_kill_leaves_no_waiter_behind)
{
	zx_port_packet_t packet = { .key = 5 }, got;
	struct blocked b;

	ASSERT_TRUE(make_blocked(&b));
	for (size_t i = 0; i < 4; i++) {
		ASSERT_TRUE(block(&b, i));
		EXPECT_STATUS(zx_task_kill(b.thread.handle), ZX_OK);
		ASSERT_TRUE(task_join(&b.thread, NULL));
	}
	EXPECT_STATUS(zx_futex_wake(&b.word, UINT32_MAX), ZX_OK);
	EXPECT_STATUS(zx_object_signal(b.event, 0, ZX_EVENT_SIGNALED), ZX_OK);
	/* The packet is for those who live. */
	EXPECT_STATUS(zx_port_queue(b.port, &packet), ZX_OK);
	EXPECT_STATUS(zx_port_wait(b.port, 0, &got), ZX_OK);
	EXPECT_EQ(got.key, 5);
	EXPECT_TRUE(!b.returned);
	zx_handle_close(b.event);
	zx_handle_close(b.port);
}

/* Kill and wake at once: the thread takes the packet, or it stays for others. */
JX_TEST(thread_kill_races_with_a_packet)
{
	for (int i = 0; i < 40; i++) {
		zx_port_packet_t packet = { .key = 5 }, got;
		zx_status_t status;
		struct blocked b;

		ASSERT_TRUE(make_blocked(&b));
		ASSERT_TRUE(block(&b, 1));
		EXPECT_STATUS(i % 2 ? zx_task_kill(b.thread.handle) :
				      zx_port_queue(b.port, &packet), ZX_OK);
		EXPECT_STATUS(i % 2 ? zx_port_queue(b.port, &packet) :
				      zx_task_kill(b.thread.handle), ZX_OK);
		ASSERT_TRUE(task_join(&b.thread, NULL));
		status = zx_port_wait(b.port, 0, &got);
		EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_TIMED_OUT);
		/* Killed first, it cannot have taken it. */
		if (i % 2)
			EXPECT_STATUS(status, ZX_OK);
		zx_handle_close(b.event);
		zx_handle_close(b.port);
	}
}

/* The pager's waits: each kind of access, in this process. */
JX_TEST(thread_kill_in_each_pager_wait)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 3, 0));
	for (int kind = 0; kind < ACCESS_KIND_COUNT; kind++) {
		ASSERT_TRUE(access_start_blocked(&a, &p, (enum access_kind)kind, 1, 1));
		EXPECT_STATUS(zx_task_kill(a.thread.handle), ZX_OK);
		EXPECT_TRUE(access_expect(&a, -1));
		EXPECT_TRUE(paging_expect_none(&p));
	}
	paging_drop(&p);
}

/* Reading and writing the memory of a process may wait for a pager as well. */
struct remote {
	zx_handle_t process;
	zx_vaddr_t at;
	bool write;
};

static int use_remote(void *arg)
{
	struct remote *r = arg;
	uint64_t word = 0;
	size_t actual;

	return r->write ? zx_process_write_memory(r->process, r->at, &word, 8, &actual) :
			  zx_process_read_memory(r->process, r->at, &word, 8, &actual);
}

JX_TEST(thread_kill_in_process_memory)
{
	struct jx_thread thread;
	struct remote r = { 0 };
	zx_handle_t vmar = 0;
	struct paging p;
	int result = 0;

	ASSERT_TRUE(paging_create(&p, 2, 0));
	ASSERT_STATUS(zx_process_create(zx_job_default(), "r", 1, 0, &r.process, &vmar), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(vmar, TASK_RW, 0, p.vmo, 0, 2 * PAGE, &r.at), ZX_OK);
	for (int write = 0; write < 2; write++) {
		r.write = write;
		ASSERT_STATUS(jx_thread_create(&thread, "remote", use_remote, &r), ZX_OK);
		EXPECT_TRUE(task_await_state(thread.handle, ZX_THREAD_STATE_BLOCKED_PAGER));
		EXPECT_STATUS(zx_task_kill(thread.handle), ZX_OK);
		ASSERT_TRUE(task_join(&thread, &result));
		EXPECT_EQ(result, -1);
		EXPECT_TRUE(paging_expect_none(&p));
	}
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_STATUS(use_remote(&r), ZX_ERR_BAD_STATE);
	zx_handle_close(vmar);
	zx_handle_close(r.process);
	paging_drop(&p);
}

/* A process killed with a thread in each of these. */
static void child_waits(uintptr_t kind, uintptr_t stack)
{
	const zx_futex_t *word = (const zx_futex_t *)stack;

	if (kind == 0)
		zx_futex_wait(word, 0, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
	if (kind == 1)
		zx_nanosleep(ZX_TIME_INFINITE);
	for (;;)
		__asm__ volatile("" : : : "memory");
}

JX_TEST(thread_kill_of_a_whole_process)
{
	zx_handle_t image = task_image(), others[3];
	struct task_child child;
	int64_t code = 0;

	ASSERT_TRUE(task_child_create(&child, image));
	/* The first one gets 0 for a handle, and so waits on a futex. */
	ASSERT_TRUE(task_child_start(&child, child_waits, child.stacks));
	for (uint32_t i = 0; i < 3; i++)
		ASSERT_TRUE(task_child_add_thread(&child, i + 1, child_waits, i, child.stacks,
						  &others[i]));
	EXPECT_TRUE(task_await_state(child.thread, ZX_THREAD_STATE_BLOCKED_FUTEX));
	EXPECT_TRUE(task_await_state(others[0], ZX_THREAD_STATE_BLOCKED_FUTEX));
	EXPECT_TRUE(task_await_state(others[1], ZX_THREAD_STATE_BLOCKED_SLEEPING));
	EXPECT_TRUE(task_await_state(others[2], ZX_THREAD_STATE_RUNNING));
	EXPECT_STATUS(zx_task_kill(child.process), ZX_OK);
	ASSERT_TRUE(task_child_await(&child, &code));
	EXPECT_EQ(code, ZX_TASK_RETCODE_SYSCALL_KILL);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(task_thread_info(others[i]).state, ZX_THREAD_STATE_DEAD);
		EXPECT_TRUE(task_await_signal(others[i], ZX_THREAD_TERMINATED));
		zx_handle_close(others[i]);
	}
	task_child_drop(&child);
	zx_handle_close(image);
}

/* NEW threads stay what they are; the dead may be killed again (tasks.md 9). */
JX_TEST(thread_kill_new_and_dead)
{
	zx_handle_t thread = 0, bare = 0, event = 0;
	struct blocked b;

	ASSERT_STATUS(zx_thread_create(zx_process_self(), "n", 1, 0, &thread), ZX_OK);
	EXPECT_STATUS(zx_task_kill(thread), ZX_OK);
	EXPECT_EQ(task_thread_info(thread).state, ZX_THREAD_STATE_NEW);
	EXPECT_STATUS(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, 0, NULL), ZX_ERR_TIMED_OUT);
	ASSERT_STATUS(zx_handle_replace(thread, ZX_RIGHT_WAIT, &bare), ZX_OK);
	EXPECT_STATUS(zx_task_kill(bare), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(bare);
	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	EXPECT_STATUS(zx_task_kill(event), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_task_kill(0), ZX_ERR_BAD_HANDLE);
	zx_handle_close(event);
	ASSERT_TRUE(make_blocked(&b));
	ASSERT_TRUE(block(&b, 5));
	EXPECT_STATUS(zx_task_kill(b.thread.handle), ZX_OK);
	EXPECT_TRUE(task_await_signal(b.thread.handle, ZX_THREAD_TERMINATED));
	EXPECT_STATUS(zx_task_kill(b.thread.handle), ZX_OK);
	EXPECT_EQ(task_thread_info(b.thread.handle).state, ZX_THREAD_STATE_DEAD);
	ASSERT_TRUE(task_join(&b.thread, NULL));
	zx_handle_close(b.event);
	zx_handle_close(b.port);
}

/* --- What a thread leaves when it is killed as it ends ------------------------ */

static const char said[] = "# a thread printed this while another one ended\n";

static int print_a_page(void *arg)
{
	jx_console_write(arg, sizeof(said) - 1);
	return 0;
}

static int do_nothing(void *arg)
{
	(void)arg;
	return 0;
}

static zx_status_t supply_text(struct paging *p)
{
	zx_handle_t aux = ZX_HANDLE_INVALID;
	zx_status_t status;

	EXPECT_STATUS(zx_vmo_create(PAGE, 0, &aux), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(aux, said, 0, sizeof(said)), ZX_OK);
	status = zx_pager_supply_pages(p->pager, p->vmo, 0, PAGE, aux, 0);
	zx_handle_close(aux);
	return status;
}

/*
 * The console's lock is no business of a thread that has printed nothing: killed
 * with it, the thread would silence all others. Here its holder waits for a page,
 * and until that is there this thread must not print either.
 */
JX_TEST(thread_without_output_ends_without_the_console)
{
	struct jx_thread holder, other;
	zx_status_t ended;
	struct paging p;
	zx_vaddr_t text;
	int result = 1;

	ASSERT_TRUE(paging_create(&p, 1, 0));
	text = vm_map(p.vmo, VM_R, 1);
	ASSERT_STATUS(jx_thread_create(&holder, "holder", print_a_page, (void *)text), ZX_OK);
	EXPECT_TRUE(task_await_state(holder.handle, ZX_THREAD_STATE_BLOCKED_PAGER));
	ASSERT_STATUS(jx_thread_create(&other, "other", do_nothing, NULL), ZX_OK);
	ended = zx_object_wait_one(other.handle, ZX_THREAD_TERMINATED,
				   zx_deadline_after(TASK_PATIENCE), NULL);
	EXPECT_STATUS(supply_text(&p), ZX_OK);
	EXPECT_STATUS(ended, ZX_OK);
	EXPECT_TRUE(task_join(&other, &result));
	EXPECT_TRUE(task_join(&holder, &result));
	vm_unmap(text, 1);
	paging_drop(&p);
}

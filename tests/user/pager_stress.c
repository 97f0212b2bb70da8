/*
 * Detach, close and kill against waiting threads, in thousands of random
 * schedules (issue 2, section 5; pager-port.md 2.7, 3, 14.6).
 *
 * A round makes a pager VMO, some threads that read, write or commit, and
 * sometimes a child that faults; then it does a random number of random things
 * to them, ends the VMO's service in a random way, and joins everybody. Then:
 * nobody may be stuck (joining has a deadline), everybody got either the right
 * content or a failure, and COMPLETE came exactly once, as the last packet.
 */
#include <stdlib.h>
#include <string.h>

#include <jx/ktap.h>
#include <zircon/process.h>

#include "pager_util.h"

#define ROUNDS 2000
#define PAGES 8
#define WAITERS_MAX 4
#define EVENTS_MAX 8
/* One round in so many has a child: a process costs more than a thread. */
#define CHILD_IN 16
#define STOP_KEY 1

struct round {
	uint64_t random;
	struct paging p;
	struct page_access waiters[WAITERS_MAX];
	bool killed[WAITERS_MAX];
	int waiter_count;
	struct task_child child;
	bool has_child;
	bool child_killed;
	bool detached;
	/* What the port has given so far. */
	int complete_count;
	int strange_count;
	bool wrong;
	/* The service thread of some rounds. */
	struct jx_thread service;
	bool has_service;
};

/* xorshift64*: any seed but 0. */
static uint64_t draw(struct round *r, uint64_t bound)
{
	r->random ^= r->random >> 12;
	r->random ^= r->random << 25;
	r->random ^= r->random >> 27;
	return ((r->random * 0x2545f4914f6cdd1dul) >> 33) % bound;
}

static void must(struct round *r, bool good)
{
	r->wrong |= !good;
}

static void note_packet(struct round *r, const zx_port_packet_t *packet)
{
	r->strange_count += packet->key != PAGING_KEY || packet->type != ZX_PKT_TYPE_PAGE_REQUEST;
	/* Nothing may follow COMPLETE. */
	r->strange_count += r->complete_count != 0;
	r->complete_count += packet->page_request.command == ZX_PAGER_VMO_COMPLETE;
}

/* A service that reads and never answers, until it is told to stop. */
static int serve(void *arg)
{
	struct round *r = arg;
	zx_port_packet_t packet;

	for (;;) {
		if (zx_port_wait(r->p.port, ZX_TIME_INFINITE, &packet) != ZX_OK)
			return 1;
		if (packet.type == ZX_PKT_TYPE_USER)
			return 0;
		note_packet(r, &packet);
	}
}

static bool start_round(struct round *r, zx_handle_t image)
{
	if (!paging_create(&r->p, PAGES, 0))
		return false;
	r->waiter_count = (int)draw(r, WAITERS_MAX + 1);
	for (int i = 0; i < r->waiter_count; i++) {
		uint64_t first = draw(r, PAGES);

		/* LOAD and STORE would end this process: they are the child's. */
		if (!access_start(&r->waiters[i], &r->p, (enum access_kind)draw(r, ACCESS_ZERO),
				  first, 1 + draw(r, PAGES - first)))
			return false;
	}
	r->has_child = draw(r, CHILD_IN) == 0;
	if (r->has_child && !fault_child_start(&r->child, image, &r->p, PAGES, draw(r, PAGES),
					       draw(r, 2)))
		return false;
	r->has_service = draw(r, 2);
	return !r->has_service ||
	       EXPECT_STATUS(jx_thread_create(&r->service, "service", serve, r), ZX_OK);
}

/* What the service of a round without a thread for it does. */
static void read_a_packet(struct round *r)
{
	zx_port_packet_t packet;

	if (r->has_service || zx_port_wait(r->p.port, 0, &packet) != ZX_OK)
		return;
	note_packet(r, &packet);
}

static void kill_one(struct round *r)
{
	int i = (int)draw(r, WAITERS_MAX);

	if (i >= r->waiter_count || r->killed[i])
		return;
	EXPECT_STATUS(zx_task_kill(r->waiters[i].thread.handle), ZX_OK);
	r->killed[i] = true;
}

static void do_something(struct round *r)
{
	uint64_t first = draw(r, PAGES);

	switch (draw(r, 6)) {
	case 0:
		EXPECT_STATUS(paging_supply(&r->p, first, 1 + draw(r, PAGES - first)), ZX_OK);
		break;
	case 1:
		kill_one(r);
		break;
	case 2:
		if (r->has_child && draw(r, 4) == 0) {
			EXPECT_STATUS(zx_task_kill(r->child.process), ZX_OK);
			r->child_killed = true;
		}
		break;
	case 3:
		zx_nanosleep(0);
		break;
	default:
		read_a_packet(r);
	}
}

static bool is_on_its_way(zx_handle_t thread)
{
	uint32_t state = task_thread_info(thread).state;

	return state != ZX_THREAD_STATE_BLOCKED_PAGER && state != ZX_THREAD_STATE_DEAD;
}

/* Half of the rounds let everybody fall asleep first: then they are waiting. */
static void let_waiters_block(struct round *r)
{
	zx_time_t end = zx_deadline_after(TASK_PATIENCE);

	for (int i = 0; i < r->waiter_count; i++) {
		while (!r->killed[i] && is_on_its_way(r->waiters[i].thread.handle)) {
			if (zx_clock_get_monotonic() > end) {
				jx_fail("a waiter neither waits nor ends");
				r->wrong = true;
				return;
			}
			zx_nanosleep(0);
		}
	}
}

/* The end of service, one way or another; the rest closes in random order. */
static void end_service(struct round *r)
{
	zx_handle_t *handles[3] = { &r->p.pager, &r->p.vmo, &r->p.port };
	bool keep_port = draw(r, 4) != 0 || r->has_service;
	uint64_t order = draw(r, 6);

	if (draw(r, 4) != 0) {
		EXPECT_STATUS(zx_pager_detach_vmo(r->p.pager, r->p.vmo), ZX_OK);
		r->detached = true;
		if (draw(r, 2))
			return;
	}
	for (uint64_t i = 0; i < 3; i++) {
		zx_handle_t *handle = handles[(order / 2 + (order % 2 ? 3 - i : i)) % 3];

		if (handle == &r->p.port && keep_port)
			continue;
		/* The VMO alone would leave its threads waiting for an answer. */
		if (handle == &r->p.vmo && !r->detached)
			continue;
		if (handle == &r->p.pager || draw(r, 2))
			paging_close(handle);
	}
}

static void join_waiters(struct round *r)
{
	for (int i = 0; i < r->waiter_count; i++) {
		struct page_access *a = &r->waiters[i];
		int result = 1;

		if (!task_join(&a->thread, &result)) {
			must(r, false);
			return;
		}
		/* A handle that is closed before the call began is none. */
		must(r, EXPECT_TRUE(result == ZX_OK || result == ZX_ERR_BAD_STATE ||
				    (result == -1 && r->killed[i]) ||
				    (result == ZX_ERR_BAD_HANDLE && !r->p.vmo)));
		if (result == ZX_OK && a->kind == ACCESS_VMO_READ)
			must(r, EXPECT_TRUE(a->right));
	}
}

static void join_child(struct round *r)
{
	int64_t code = 0;

	if (!r->has_child)
		return;
	must(r, task_child_await(&r->child, &code));
	must(r, EXPECT_TRUE(code == ZX_TASK_RETCODE_EXCEPTION_KILL ||
			    (code >= 0 && code <= 0xffff) ||
			    (code == ZX_TASK_RETCODE_SYSCALL_KILL && r->child_killed)));
	task_child_drop(&r->child);
}

static void stop_service(struct round *r)
{
	zx_port_packet_t stop = { .key = STOP_KEY };
	int result = 1;

	if (!r->has_service)
		return;
	EXPECT_STATUS(zx_port_queue(r->p.port, &stop), ZX_OK);
	task_join(&r->service, &result);
	EXPECT_EQ(result, 0);
}

/* The port's last word. */
static void check_packets(struct round *r)
{
	bool pager_open = r->p.pager != ZX_HANDLE_INVALID;
	zx_port_packet_t packet;

	zx_handle_close(r->p.vmo);
	stop_service(r);
	if (r->p.port) {
		while (zx_port_wait(r->p.port, 0, &packet) == ZX_OK)
			note_packet(r, &packet);
		/* Closing the pager takes back a COMPLETE that was not read. */
		must(r, EXPECT_TRUE(r->complete_count == 1 ||
				    (r->complete_count == 0 && !pager_open)));
	}
	must(r, EXPECT_EQ(r->strange_count, 0));
	zx_handle_close(r->p.pager);
	zx_handle_close(r->p.port);
}

static bool run_round(struct round *r, zx_handle_t image)
{
	if (!start_round(r, image))
		return false;
	for (uint64_t i = draw(r, EVENTS_MAX); i > 0; i--)
		do_something(r);
	if (draw(r, 2))
		let_waiters_block(r);
	end_service(r);
	join_waiters(r);
	join_child(r);
	check_packets(r);
	return true;
}

JX_TEST(detach_stress)
{
	static struct round r;
	zx_handle_t image = task_image();
	const char *wanted = getenv("JX_SEED");
	uint64_t seed = 0, detached = 0, complete = 0;

	zx_cprng_draw(&seed, sizeof(seed));
	if (wanted)
		seed = strtoull(wanted, NULL, 0);
	jx_note("seed 0x%llx (JX_SEED sets it)", (unsigned long long)seed);
	for (uint64_t i = 0; i < ROUNDS; i++) {
		memset(&r, 0, sizeof(r));
		r.random = (seed + i) | 1ul << 63;
		ASSERT_TRUE(run_round(&r, image));
		detached += r.detached;
		complete += (uint64_t)r.complete_count;
		if (r.wrong) {
			jx_note("that was round %llu", (unsigned long long)i);
			break;
		}
	}
	jx_note("%llu rounds with a detach, %llu COMPLETE", (unsigned long long)detached,
		(unsigned long long)complete);
	EXPECT_TRUE(detached > ROUNDS / 2);
	zx_handle_close(image);
}

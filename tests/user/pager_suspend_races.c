/*
 * Suspension and kill of threads that want pages, against the service that brings
 * them, over random schedules (pager-port.md 5.5, 5.7): every access ends, with
 * the right bytes, and no request is left.
 */
#include <stdatomic.h>
#include <string.h>

#include <jx/ktap.h>
#include <zircon/process.h>

#include "pager_util.h"
#include "stress_util.h"
#include "suspend_util.h"

#define PAGES 24
#define ACCESSES 4
#define LAST_KEY 99

struct fight {
	struct paging p;
	struct page_access accesses[ACCESSES];
	zx_handle_t threads[ACCESSES + 1];	/* of the service, too */
	struct jx_thread service;
	struct jx_thread racers[2];
	struct stress_random random[3];
	_Atomic zx_handle_t tokens[6];
	atomic_uint racer_number;
	atomic_bool over;
	atomic_ulong wrong;
	bool detach;
	bool kill;
};

/* Brings what is asked for, in pieces of random size. */
static void answer(struct fight *f, const zx_packet_page_request_t *r)
{
	uint64_t first = r->offset / PAGE, left = r->length / PAGE;

	while (left) {
		uint64_t n = 1 + stress_below(&f->random[2], left);
		zx_status_t status = paging_supply(&f->p, first, n);

		/* Detached, in the latest era. */
		if (status != ZX_OK && !(f->detach && status == ZX_ERR_BAD_STATE))
			atomic_fetch_add(&f->wrong, 1);
		first += n;
		left -= n;
	}
}

static int serve(void *arg)
{
	struct fight *f = arg;
	zx_port_packet_t packet;

	while (zx_port_wait(f->p.port, ZX_TIME_INFINITE, &packet) == ZX_OK &&
	       packet.key != LAST_KEY) {
		if (packet.type == ZX_PKT_TYPE_PAGE_REQUEST &&
		    packet.page_request.command == ZX_PAGER_VMO_READ)
			answer(f, &packet.page_request);
	}
	return 0;
}

static void put(struct fight *f, uint64_t slot, zx_handle_t token)
{
	zx_handle_t old = atomic_exchange(&f->tokens[slot], token);

	if (old)
		zx_handle_close(old);
}

/* Nobody stops a racer, so whatever token it has in its hand comes back. */
static int race(void *arg)
{
	struct fight *f = arg;
	uint32_t number = atomic_fetch_add(&f->racer_number, 1);
	struct stress_random *r = &f->random[number];

	while (!f->over) {
		uint64_t n = stress_below(r, ACCESSES + 1);
		zx_handle_t token = ZX_HANDLE_INVALID;
		zx_status_t status = zx_task_suspend_token(f->threads[n], &token);

		if (status != ZX_OK && status != ZX_ERR_BAD_STATE)
			atomic_fetch_add(&f->wrong, 1);
		put(f, stress_below(r, 6), token);
		if (stress_below(r, 2))
			put(f, stress_below(r, 6), ZX_HANDLE_INVALID);
		if (f->kill && stress_below(r, 40) == 0)
			zx_task_kill(f->threads[stress_below(r, ACCESSES)]);
		zx_nanosleep(0);
	}
	return 0;
}

static zx_handle_t keep(zx_handle_t handle)
{
	zx_handle_t copy = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_handle_duplicate(handle, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK);
	return copy;
}

static bool fight_begin(struct fight *f, uint64_t seed, bool detach, bool kill)
{
	memset(f, 0, sizeof(*f));
	f->detach = detach;
	f->kill = kill;
	for (uint64_t i = 0; i < 3; i++)
		f->random[i].state = seed * 3 + i + 1;
	if (!paging_create(&f->p, PAGES, 0) ||
	    !EXPECT_STATUS(jx_thread_create(&f->service, "service", serve, f), ZX_OK))
		return false;
	f->threads[ACCESSES] = keep(f->service.handle);
	for (uint64_t i = 0; i < ACCESSES; i++) {
		/* A fault would end this process, should the pager detach. */
		enum access_kind kind = (enum access_kind)(detach ? i % 3 : (i + seed) %
							   ACCESS_KIND_COUNT);

		/* What is zeroed is not what the others expect to read. */
		if (kind == ACCESS_ZERO)
			kind = ACCESS_LOAD;
		if (!access_start(&f->accesses[i], &f->p, kind, 0, PAGES))
			return false;
		f->threads[i] = keep(f->accesses[i].thread.handle);
	}
	for (int i = 0; i < 2; i++)
		if (!EXPECT_STATUS(jx_thread_create(&f->racers[i], "racer", race, f), ZX_OK))
			return false;
	return true;
}

/* Somebody wants pages still. */
static bool anybody_lives(struct fight *f)
{
	for (int i = 0; i < ACCESSES; i++)
		if (zx_object_wait_one(f->threads[i], ZX_THREAD_TERMINATED, 0, NULL) != ZX_OK)
			return true;
	return false;
}

/* The racers end while the accesses are about half way, or all killed; then all
 * tokens go. */
static void fight_out(struct fight *f)
{
	const zx_port_packet_t last = { .key = LAST_KEY };
	zx_time_t end = zx_deadline_after(TASK_PATIENCE);

	while (paging_committed(&f->p) < PAGES / 2 * PAGE && anybody_lives(f) &&
	       EXPECT_TRUE(zx_clock_get_monotonic() < end))
		zx_nanosleep(0);
	if (f->detach)
		EXPECT_STATUS(zx_pager_detach_vmo(f->p.pager, f->p.vmo), ZX_OK);
	f->over = true;
	for (int i = 0; i < 2; i++)
		EXPECT_TRUE(task_join(&f->racers[i], NULL));
	for (uint64_t i = 0; i < 6; i++)
		put(f, i, ZX_HANDLE_INVALID);
	for (int i = 0; i < ACCESSES; i++)
		EXPECT_TRUE(task_await_signal(f->threads[i], ZX_THREAD_TERMINATED));
	EXPECT_STATUS(zx_port_queue(f->p.port, &last), ZX_OK);
	EXPECT_TRUE(task_join(&f->service, NULL));
}

static void fight_end(struct fight *f)
{
	for (int i = 0; i < ACCESSES; i++) {
		struct page_access *a = &f->accesses[i];
		int status = 1;

		EXPECT_TRUE(access_end(a, &status));
		EXPECT_TRUE(status == ZX_OK || (f->kill && status == -1) ||
			    (f->detach && status == ZX_ERR_BAD_STATE));
		if (status == ZX_OK && (a->kind == ACCESS_LOAD || a->kind == ACCESS_VMO_READ))
			EXPECT_TRUE(a->right);
	}
	for (int i = 0; i <= ACCESSES; i++)
		zx_handle_close(f->threads[i]);
	EXPECT_EQ(f->wrong, 0);
	if (!f->detach)
		EXPECT_TRUE(paging_expect_none(&f->p));
	paging_drop(&f->p);
}

static void fights(bool detach, bool kill)
{
	static struct fight f;

	for (uint64_t seed = 0; seed < 12; seed++) {
		if (!fight_begin(&f, seed, detach, kill))
			return;
		fight_out(&f);
		fight_end(&f);
	}
}

JX_TEST(pager_5_7_r4_random_suspensions)
{
	fights(false, false);
}

JX_TEST(pager_5_7_r4_random_kills)
{
	fights(false, true);
}

JX_TEST(pager_5_7_r4_against_detach)
{
	fights(true, false);
}

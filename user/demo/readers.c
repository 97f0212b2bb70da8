/* The threads that read on all other CPUs. */
#include <stdatomic.h>

#include <jx/thread.h>

#include "demo.h"

enum phase {
	PHASE_READ,		/* the page is there */
	PHASE_OLD_FORBIDDEN,	/* ... and must show something new */
	PHASE_STOP,
};

static struct readers job;
static struct jx_thread threads[CPUS_MAX];
static uint32_t thread_count;
static atomic_int phase;
static atomic_ullong reads[CPUS_MAX];
static atomic_ullong stale_count;

/* The phase is read before the page: who then sees the old content has seen it
 * after the call under test had returned. */
static int read_on(void *arg)
{
	atomic_ullong *mine = arg;

	for (;;) {
		int now = atomic_load(&phase);
		uint8_t seen;

		if (now == PHASE_STOP)
			return 0;
		seen = *job.page;
		if (now == PHASE_OLD_FORBIDDEN && seen == job.wanted)
			atomic_fetch_add(&stale_count, 1);
		atomic_fetch_add(mine, 1);
	}
}

uint32_t readers_start(const struct readers *r)
{
	uint32_t cpus = zx_system_get_num_cpus();

	job = *r;
	atomic_store(&phase, PHASE_READ);
	atomic_store(&stale_count, 0);
	thread_count = 0;
	for (uint32_t i = 1; i < cpus && i < CPUS_MAX; i++) {
		struct jx_thread *t = &threads[thread_count];
		zx_status_t status = jx_thread_create(t, "reader", read_on, &reads[thread_count]);

		if (!demo_expect(status, ZX_OK, "starting a reader"))
			break;
		thread_count++;
	}
	readers_let_read();
	return thread_count;
}

void readers_let_read(void)
{
	for (uint32_t i = 0; i < thread_count; i++) {
		unsigned long long before = atomic_load(&reads[i]);

		while (atomic_load(&reads[i]) < before + 2)
			zx_nanosleep(0);
	}
}

void readers_forbid_old(void)
{
	atomic_store(&phase, PHASE_OLD_FORBIDDEN);
	readers_let_read();
}

uint64_t readers_stop(void)
{
	atomic_store(&phase, PHASE_STOP);
	for (uint32_t i = 0; i < thread_count; i++)
		demo_expect(jx_thread_join(&threads[i], NULL), ZX_OK, "joining a reader");
	return atomic_load(&stale_count);
}

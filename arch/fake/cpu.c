/*
 * CPUs of the fake machine: a POSIX thread each, RAM, features, boot.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arch/mmu.h>
#include <arch/tlb_ops.h>
#include <kernel/boot.h>
#include <kernel/epoch.h>
#include <kernel/panic.h>
#include <kernel/random.h>
#include <mm/pmm.h>

#include "fake.h"
#include "fake_thread.h"

#define DEFAULT_RAM_BYTES (32ul << 20)

u8 *fake_ram;
u64 fake_ram_bytes;
struct percpu percpu_areas[CONFIG_MAX_CPUS];
struct boot_info boot_info;
struct fake_thread fake_threads[CONFIG_MAX_CPUS];

_Thread_local struct cpu_thread *fake_current;
_Thread_local bool fake_irqs_masked;

static u32 online_count = 1;
static u32 asid_bits = 16;
static bool has_tlbi_range;

static void init_cpu(u32 i)
{
	struct fake_thread *ft = &fake_threads[i];

	percpu_areas[i].id = i;
	ft->thread.cpu_thread.cpu = &percpu_areas[i];
	ft->thread.sched_state = SCHED_RUNNING;
	pthread_mutex_init(&ft->lock, NULL);
	pthread_cond_init(&ft->wake, NULL);
	pmm_init_cpu(&percpu_areas[i]);
	epoch_init_cpu(&percpu_areas[i]);
}

void fake_boot(const struct fake_options *o)
{
	u32 i;

	fake_ram_bytes = o->ram_bytes ? o->ram_bytes : DEFAULT_RAM_BYTES;
	fake_ram = aligned_alloc(2ul << 20, fake_ram_bytes);
	ASSERT(fake_ram != NULL);
	memset(fake_ram, 0xa5, fake_ram_bytes);
	asid_bits = o->asid_bits ? o->asid_bits : 16;
	fake_set_features(o->cpu_count ? o->cpu_count : 1, o->tlbi_range);
	fake_reset_tlbs(o->seed);
	boot_info.memory[0] =
		(struct boot_range){ FAKE_RAM_BASE, fake_ram_bytes };
	boot_info.memory_count = 1;
	boot_info.cpu_count = online_count;
	fake_current = &fake_threads[0].thread.cpu_thread;
	for (i = 0; i < CONFIG_MAX_CPUS; i++)
		init_cpu(i);
	epoch_idle_exit();
}

void fake_set_features(u32 cpus, bool tlbi_range)
{
	online_count = cpus;
	has_tlbi_range = tlbi_range;
}

bool arch_has_feature(enum arch_feature feature)
{
	return feature == ARCH_FEATURE_TLBI_RANGE && has_tlbi_range;
}

u32 cpu_count(void)
{
	return online_count;
}

u32 hw_asid_bits(void)
{
	return asid_bits;
}

static void *cpu_main(void *arg)
{
	struct fake_thread *ft = arg;

	fake_current = &ft->thread.cpu_thread;
	/* From here on epochs wait for this CPU. */
	epoch_idle_exit();
	ft->fn(ft->arg);
	epoch_idle_enter();
	return NULL;
}

void fake_cpu_start(u32 cpu, void (*fn)(void *), void *arg)
{
	struct fake_thread *ft = &fake_threads[cpu];

	ASSERT(cpu != 0 && cpu < online_count);
	ft->fn = fn;
	ft->arg = arg;
	ASSERT(pthread_create(&ft->host, NULL, cpu_main, ft) == 0);
}

/* The caller sleeps meanwhile, so epochs need not wait for it. */
void fake_cpu_join(u32 cpu)
{
	epoch_idle_enter();
	ASSERT(pthread_join(fake_threads[cpu].host, NULL) == 0);
	epoch_idle_exit();
}

void fake_become(u32 cpu)
{
	epoch_idle_enter();
	fake_current = &fake_threads[cpu].thread.cpu_thread;
	epoch_idle_exit();
}

void fake_quiesce(void)
{
	ASSERT(arch_current()->preempt_count == 0);
	epoch_quiescent();
	if (arch_current()->pending & THREAD_PENDING_EPOCH) {
		__atomic_fetch_and(&arch_current()->pending,
				   ~THREAD_PENDING_EPOCH, __ATOMIC_RELAXED);
		epoch_poll_local();
	}
}

void (*fake_resched_hook)(void);

/* A CPU runs one thread: nothing to switch to, but a test may do something. */
void preempt_resched(void)
{
	if (fake_resched_hook)
		fake_resched_hook();
	else
		arch_current()->resched = 0;
}

void arch_cpu_relax(void)
{
	sched_yield();
}

void arch_cpu_wait(void)
{
	sched_yield();
}

u64 arch_counter(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
}

u64 arch_random(void)
{
	return fake_random();
}

void random_draw(void *buf, size_t bytes)
{
	u8 *out = buf;

	while (bytes-- > 0)
		*out++ = (u8)fake_random();
}

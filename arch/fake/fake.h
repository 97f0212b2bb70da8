/*
 * The fake architecture: a machine inside a Linux process, for unit tests.
 *
 * mm, the page-table code of arch/arm64 and most of kernel run as they are. Each
 * fake CPU is one POSIX thread, which runs one kernel thread and sleeps in
 * waiter_sleep() like any; the calling thread is CPU 0. Each CPU has a TLB that
 * behaves as badly as the architecture allows (tlb.c).
 */
#ifndef ARCH_FAKE_H
#define ARCH_FAKE_H

#include <kernel/percpu.h>
#include <kernel/thread.h>
#include <kernel/types.h>

struct aspace;
struct arch_aspace;

struct fake_options {
	u32 cpu_count;		/* 1 .. CONFIG_MAX_CPUS; 0: 1 */
	u64 ram_bytes;		/* 0: 32 MiB */
	u64 seed;		/* of all that is random in the model */
	u32 asid_bits;		/* 0: 16 */
	bool tlbi_range;	/* ARCH_FEATURE_TLBI_RANGE */
};

/*
 * Makes a machine: RAM and CPUs; then the test calls mm_init(), or pmm_init()
 * and slab_init() if that is all it wants. Once in a process: the modules keep
 * state. fake_reset_tlbs() makes tests independent.
 */
void fake_boot(const struct fake_options *options);
/* Changes what may change later. */
void fake_set_features(u32 cpus, bool tlbi_range);
void fake_reset_tlbs(u64 seed);

/* Runs fn(arg) on CPU number cpu (not 0); join waits for its end. */
void fake_cpu_start(u32 cpu, void (*fn)(void *), void *arg);
void fake_cpu_join(u32 cpu);
/* The calling host thread goes on as another CPU, which must not be running:
 * for tests that play all CPUs in one thread. CPU 0 before the test ends. */
void fake_become(u32 cpu);
/* The running CPU has nothing of anybody's in its hands: passes a quiescent
 * point and frees what is due. User accesses do this by themselves. */
void fake_quiesce(void);

u64 fake_random(void);
static inline u64 fake_below(u64 n)
{
	return fake_random() % n;
}

/*
 * One access of the running CPU through its TLB, 1..8 bytes inside a page:
 * PT_READ, PT_WRITE or PT_EXEC (reads). False: a fault; nothing happened.
 */
bool fake_mmu_access(uaddr_t va, u32 access, void *data, size_t bytes);
/* The same, telling which frame was reached. */
bool fake_mmu_translate(uaddr_t va, u32 access, paddr_t *pa);
/* Every CPU fills its TLB from what it can reach, count times. */
void fake_speculate(u32 count);

/* CPUs set the access flag themselves (FEAT_HAFDBS); else accesses fault. */
extern bool fake_hardware_af;

/* What the model saw that must not be: walks outside RAM. */
extern u64 fake_bad_walks;

/*
 * cache.c: operations of <arch/cache.h> so far, by line; tests compare before and
 * after. Atomic, relaxed, but for the trace, which one CPU at a time may use.
 */
#define FAKE_CTR 0x4c004ul	/* lines of 64 bytes, PIPT, nothing coherent */
#define FAKE_LINE 64
#define FAKE_CACHE_TRACE 256

struct fake_cache {
	u64 clean_count, clean_pou_count, invalidate_count;
	u64 clean_invalidate_count;
	u64 icache_count, icache_all_count;
	u64 dsb_ish_count, dsb_sy_count, isb_count;
	u64 ctr;		/* what CTR_EL0 reads as */
	/* While tracing: 'c' clean, 'u' clean to PoU, 'i' invalidate, 'b' both,
	 * 'x' I-cache line, 'X' all of it, 'd' DSB ISH, 'D' DSB SY, 'I' ISB. */
	bool tracing;
	u32 trace_count;
	struct {
		char what;
		u64 va;
	} trace[FAKE_CACHE_TRACE];
};

extern struct fake_cache fake_cache;

/* user.c: makes the running thread one of a process with this aspace, loaded
 * and counted as the scheduler would; NULL: none. */
void fake_enter_aspace(struct aspace *as);
/* As a user program would: faults go to mm_page_fault(), which may sleep. The
 * status of the fault that could not be resolved. */
MUST_CHECK zx_status_t fake_user_load(uaddr_t va, u64 *value);
MUST_CHECK zx_status_t fake_user_store(uaddr_t va, u64 value);
MUST_CHECK zx_status_t fake_user_fetch(uaddr_t va, u64 *value);

/* Called, if set, each time that preemption comes back on while the running
 * CPU's resched flag stands: where another thread could run in between. */
extern void (*fake_resched_hook)(void);
/* Called once, before the next DSB ISHST: what another CPU may do between the
 * stores to page tables and their flush. */
extern void (*fake_dsb_hook)(void);

/* panic() calls this first if it is set; it may longjmp. */
extern void (*fake_panic_hook)(const char *message);

#endif

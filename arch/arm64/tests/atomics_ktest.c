/*
 * The outline atomics by their names, in whichever form boot has patched in,
 * and against other CPUs.
 */
#include <arch/cpu.h>
#include <kernel/ktest.h>
#include <kernel/sched.h>
#include <kernel/thread.h>

#define CHECK_OPS(type, bytes, order)                                       \
	do {                                                                \
		type v = (type)0x8182838485868788ul, old = v;               \
		KEXPECT_TRUE(t, __aarch64_ldadd##bytes##_##order(5, &v) ==   \
				old && v == (type)(old + 5));               \
		old = v;                                                    \
		KEXPECT_TRUE(t, __aarch64_ldclr##bytes##_##order(0x85, &v) ==\
				old && v == (type)(old & ~(type)0x85));     \
		old = v;                                                    \
		KEXPECT_TRUE(t, __aarch64_ldeor##bytes##_##order(0x55, &v) ==\
				old && v == (type)(old ^ 0x55));            \
		old = v;                                                    \
		KEXPECT_TRUE(t, __aarch64_ldset##bytes##_##order(0x0f, &v) ==\
				old && v == (type)(old | 0x0f));            \
		old = v;                                                    \
		KEXPECT_TRUE(t, __aarch64_swp##bytes##_##order(9, &v) ==     \
				old && v == 9);                             \
		KEXPECT_TRUE(t, __aarch64_cas##bytes##_##order(8, 7, &v) ==  \
				9 && v == 9);                               \
		KEXPECT_TRUE(t, __aarch64_cas##bytes##_##order(9, 7, &v) ==  \
				9 && v == 7);                               \
	} while (0)

#define DECLARE(type, bytes, order)                                         \
	type __aarch64_cas##bytes##_##order(type, type, void *);            \
	type __aarch64_swp##bytes##_##order(type, void *);                  \
	type __aarch64_ldadd##bytes##_##order(type, void *);                \
	type __aarch64_ldclr##bytes##_##order(type, void *);                \
	type __aarch64_ldeor##bytes##_##order(type, void *);                \
	type __aarch64_ldset##bytes##_##order(type, void *);

#define EACH_ORDER(make, type, bytes)                                       \
	make(type, bytes, relax)                                            \
	make(type, bytes, acq)                                              \
	make(type, bytes, rel)                                              \
	make(type, bytes, acq_rel)

EACH_ORDER(DECLARE, u8, 1)
EACH_ORDER(DECLARE, u16, 2)
EACH_ORDER(DECLARE, u32, 4)
EACH_ORDER(DECLARE, u64, 8)

#define CHECK(type, bytes, order) CHECK_OPS(type, bytes, order);

KTEST(atomics_give_old_and_new)
{
	EACH_ORDER(CHECK, u8, 1)
	EACH_ORDER(CHECK, u16, 2)
	EACH_ORDER(CHECK, u32, 4)
	EACH_ORDER(CHECK, u64, 8)
}

#define ADDERS 4
#define ADDS 20000

static u64 sum;
static u32 done_count;

static void add_many(void *arg)
{
	u32 i;

	(void)arg;
	for (i = 0; i < ADDS; i++)
		__atomic_fetch_add(&sum, 3, __ATOMIC_RELAXED);
	/* Release: the sum is complete for whoever counts us. */
	__atomic_fetch_add(&done_count, 1, __ATOMIC_RELEASE);
}

KTEST(atomics_lose_nothing)
{
	u32 i;

	sum = done_count = 0;
	for (i = 0; i < ADDERS; i++)
		KEXPECT_EQ(t, thread_create_kernel("adder", add_many, NULL,
						   THREAD_PRIORITY_DEFAULT),
			   ZX_OK);
	while (__atomic_load_n(&done_count, __ATOMIC_ACQUIRE) < ADDERS)
		sched_yield();
	KEXPECT_EQ(t, sum, 3ul * ADDERS * ADDS);
}

KTEST(cpu_sync_reaches_all)
{
	u32 i;

	for (i = 0; i < 200; i++)
		arch_sync_all_cpus();
	KEXPECT_TRUE(t, !arch_irqs_masked());
}

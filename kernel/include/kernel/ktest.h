/*
 * Tests that run inside the kernel (boot argument `ktest`), printed as KTAP.
 * Each runs in a thread of its own with preemption on and no lock held.
 *
 * A test file stands in kernel/tests/ or beside what it tests, is listed as
 * obj-$(CONFIG_KTEST), and holds functions under KTEST(name).
 */
#ifndef KERNEL_KTEST_H
#define KERNEL_KTEST_H

#include <kernel/types.h>

struct ktest_run {
	/* Atomic: threads of a test may fail it side by side. */
	u32 failure_count;
};

struct ktest {
	const char *name;
	void (*fn)(struct ktest_run *);
};

/* Defines and registers a test: the linker collects section .ktest, which is
 * empty unless CONFIG_KTEST builds the test files. */
#define KTEST(name)                                                         \
	static void ktest_##name(struct ktest_run *t);                      \
	static const struct ktest ktest_entry_##name                        \
		__attribute__((used, section(".ktest"), aligned(8))) = {    \
			#name, ktest_##name };                              \
	static void ktest_##name(struct ktest_run *t)

/* Counts a failure and prints its place. Any context. */
void ktest_fail(struct ktest_run *t, const char *file, int line,
		const char *what, s64 got, s64 want);

#define KEXPECT_EQ(t, got, want)                                            \
	do {                                                                \
		s64 got_ = (s64)(got), want_ = (s64)(want);                 \
		if (got_ != want_)                                          \
			ktest_fail(t, __FILE__, __LINE__, #got, got_, want_); \
	} while (0)
#define KEXPECT_TRUE(t, cond) KEXPECT_EQ(t, !!(cond), 1)

/* Runs all tests whose name holds `filter` (NULL: all); returns failures.
 * Thread context, may sleep. */
u32 ktest_run_all(const char *filter);

/* Does what no kernel survives (boot argument `provoke=`); arch/arm64/tests. */
void arch_provoke(const char *what) NORETURN;

#endif

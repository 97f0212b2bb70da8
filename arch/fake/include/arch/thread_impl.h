/*
 * No registers are saved: each fake CPU runs one thread, on the host's stack.
 */
#ifndef FAKE_ARCH_THREAD_IMPL_H
#define FAKE_ARCH_THREAD_IMPL_H

#include <kernel/types.h>

struct arch_frame {
	u64 pc;
};

struct arch_context {
	u64 unused;
};

struct arch_fpu {
	u64 unused;
};

#endif

/*
 * Assertions and the end of the world.
 */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include <kernel/types.h>

struct arch_frame;

/*
 * Stops all CPUs, prints the reason, registers (of frame, if not NULL), cause
 * in words, symbolised backtrace and the last log records; then ends the
 * machine with failure if the boot arguments ask (panic=exit), else halts.
 */
void panic(const char *fmt, ...) PRINTFLIKE(1, 2) NORETURN;
void panic_with_frame(struct arch_frame *frame, const char *fmt, ...)
	PRINTFLIKE(2, 3) NORETURN;

#define ASSERT(cond)                                                        \
	((void)(__builtin_expect(!(cond), 0) ?                              \
			(panic("%s:%d: assertion failed: %s", __FILE__,     \
			       __LINE__, #cond), 0) : 0))

/* Expensive or redundant checks, debug builds only; never has side effects. */
#define DEBUG_ASSERT(cond)                                                  \
	((void)(IS_ENABLED(CONFIG_DEBUG) && ({ ASSERT(cond); 0; })))

#endif

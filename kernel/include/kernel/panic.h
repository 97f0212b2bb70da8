/*
 * Assertions and the end of the world.
 */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include <kernel/types.h>

struct arch_frame;

/*
 * Stops all CPUs, prints the reason, registers (of frame, if not NULL), CPU,
 * thread and process, symbolised backtrace and the last log records; then ends
 * the machine as the boot argument panic= says: exit (power off with failure),
 * reset, or else it halts. Any context, also inside another panic.
 */
void panic(const char *fmt, ...) PRINTFLIKE(1, 2) NORETURN;
void panic_with_frame(struct arch_frame *frame, const char *fmt, ...)
	PRINTFLIKE(2, 3) NORETURN;

/*
 * For what the user can mend (no initrd, no memory): shows one sentence and
 * ends the machine as a panic does, without the report. Any context.
 */
void panic_stop(const char *fmt, ...) PRINTFLIKE(1, 2) NORETURN;

/* True from the first panic on: locks of the log are not taken any more. */
bool panic_is_active(void);

#define ASSERT(cond)                                                        \
	((void)(__builtin_expect(!(cond), 0) ?                              \
			(panic("%s:%d: assertion failed: %s", __FILE__,     \
			       __LINE__, #cond), 0) : 0))

/* Expensive or redundant checks, debug builds only; never has side effects. */
#define DEBUG_ASSERT(cond)                                                  \
	((void)(IS_ENABLED(CONFIG_DEBUG) && ({ ASSERT(cond); 0; })))

#endif

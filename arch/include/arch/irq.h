/*
 * Interrupt, timer, console and power contract.
 */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#include <kernel/types.h>

struct thread;

/* Programs this CPU's one-shot timer to interrupt at the counter value;
 * UINT64_MAX turns it off. Interrupts off. */
void arch_timer_set(u64 counter_value);
/* Ticks of arch_counter() per second. */
u64 arch_timer_frequency(void);

/* Console transmit. Waits for room in the FIFO; callers serialise. Does nothing
 * where there is no UART. */
void arch_console_put(const char *s, size_t bytes);
/* Starts receive interrupts, which call console_receive(). Thread context,
 * once. */
void arch_console_start_rx(void);

/* Starts CPU number id (index into boot_info.cpu_mpidr); it enters
 * kernel_secondary_main() in idle thread t. NOT_FOUND, INTERNAL. */
MUST_CHECK zx_status_t arch_cpu_start(u32 id, struct thread *idle);

/* PSCI; do not return. status is handed to QEMU when exit=semihosting. */
void arch_power_off(int status) NORETURN;
void arch_reset(void) NORETURN;
/* Stops all other CPUs for a panic: does not wait for those that hang. */
void arch_stop_other_cpus(void);

#endif

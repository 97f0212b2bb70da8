/*
 * The devices of the machine, for the rest of arch/arm64: bring-up, and the
 * way an interrupt takes.
 *
 * Order at boot: dt_read() fills dt_devices; boot CPU, as soon as
 * arch_map_device() works: uart_init(), which starts the console, then
 * irqc_init(). Then each CPU, the boot CPU first, with interrupts masked:
 * irqc_init_cpu() and timer_init_cpu().
 */
#ifndef ARM64_DEV_DEVICES_H
#define ARM64_DEV_DEVICES_H

#include <kernel/types.h>

/* Software-generated interrupts, between CPUs. */
enum sgi {
	SGI_RESCHED,	/* look at cpu_thread.resched */
	SGI_SYNC,	/* smp_handle_sync() */
	SGI_STOP,	/* smp_handle_stop() */
	SGI_COUNT,
};

/* Maps and sets up the UART of the tree and starts the console. Without one
 * the console stays silent. */
void uart_init(void);

/* Maps and sets up the interrupt controller; panic_stop() if the tree has none
 * that we know or lacks a CPU's redistributor. */
void irqc_init(void);
/* This CPU's part of the controller. Interrupts masked. */
void irqc_init_cpu(void);
/* This CPU's timer: off, its interrupt enabled. After irqc_init_cpu(). */
void timer_init_cpu(void);

/*
 * Takes and handles one interrupt: between kernel_irq_enter() and
 * kernel_irq_exit() of the vector. Interrupts masked.
 */
void irqc_handle(void);

/*
 * Raises an SGI on the CPUs whose bits (1 << number) are set; the caller's own
 * is allowed. What was stored before is seen by the handlers. Any context.
 */
void gic_send_sgi(u32 cpu_mask, enum sgi sgi);

/* Called by irqc_handle(); smp.c has them. */
void smp_handle_sync(void);
void smp_handle_stop(void) NORETURN;

#endif

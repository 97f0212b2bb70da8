/*
 * Private to dev/: the interrupt controllers, and what those of Arm share.
 */
#ifndef ARM64_DEV_GIC_H
#define ARM64_DEV_GIC_H

#include <kernel/types.h>

#define GIC_PPI_FIRST 16u
#define GIC_SPI_FIRST 32u
#define GIC_SPECIAL_FIRST 1020u		/* from here: nothing is pending */

/* All interrupts have one priority; the CPU interface lets all pass. */
#define GIC_PRIORITY 0xa0u
#define GIC_PRIORITY_MASK 0xf0u

/* Registers that distributors and redistributor SGI frames share: offsets. */
#define GIC_CTLR 0x000
#define GIC_TYPER 0x004
#define GIC_IGROUPR 0x080
#define GIC_ISENABLER 0x100
#define GIC_ICENABLER 0x180
#define GIC_ICPENDR 0x280
#define GIC_ICACTIVER 0x380
#define GIC_IPRIORITYR 0x400

/* Number of interrupts of a distributor, SGIs and PPIs included. */
u32 gic_line_count(const void *dist);
/* Disables, clears and gives the priority to interrupts [first, end). Both are
 * multiples of 32. */
void gic_reset_lines(void *frame, u32 first, u32 end);
/* Lets one interrupt pass: `frame` is the one that holds its bits. */
void gic_enable_line(void *frame, u32 intid);

/* What an interrupt means; arch/arm64/dev/irqc.c. */
void irqc_dispatch(u32 intid);

/* All but send_sgi with interrupts masked. */
struct irqc_ops {
	void (*init)(void);
	void (*init_cpu)(void);		/* the running one's part */
	void (*enable)(u32 number);	/* one interrupt; a private one here */
	void (*handle)(void);		/* takes one and calls irqc_dispatch() */
	void (*send_sgi)(u32 cpu_mask, u32 sgi);
};
extern const struct irqc_ops gicv2_ops, gicv3_ops, bcm2836_ops;

/* uart.c: received bytes are waiting. */
void uart_interrupt(void);

/* irqc.c: enables an interrupt; a PPI on the running CPU. */
void irqc_enable(u32 intid);

#endif

/*
 * The two interrupt controllers as vgic.c sees them.
 */
#ifndef ARM64_HOST_VGIC_H
#define ARM64_HOST_VGIC_H

#include <kernel/types.h>

/* Private interrupts of EL2 in every machine by Arm's base architecture. */
#define OWN_MAINTENANCE 25u
#define OWN_TIMER 26u

#define LR_PENDING 1u
#define LR_ACTIVE 2u

struct list_register {
	u32 intid;
	u32 source;		/* the sender of an SGI, GICv2 */
	u32 priority;		/* as in the distributor: 8 bits */
	u32 state;		/* LR_* */
	bool is_physical;	/* EL1's end of interrupt deactivates it */
};

/* All act on the running CPU. */
struct gic_ops {
	/* The physical interface: all priorities, EOImode 1; the virtual one
	 * on, as after reset. */
	void (*init_cpu)(void);
	/* OWN_* pass. */
	void (*enable_own)(void);
	/* GICC_IAR or ICC_IAR1: acknowledged, now active. */
	u32 (*acknowledge)(void);
	void (*drop)(u32 iar);
	void (*deactivate)(u32 iar);
	struct list_register (*read_lr)(u32 index);
	void (*write_lr)(u32 index, struct list_register lr);
	/* OWN_MAINTENANCE pends while at most one list register is in use. */
	void (*tell_when_free)(bool wanted);
};
extern const struct gic_ops gicv2_ops, gicv3_ops;

#endif

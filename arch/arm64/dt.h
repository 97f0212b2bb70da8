/*
 * What the device tree says about the machine. Numbers are copied out of the
 * tree once, on the boot CPU; nothing keeps a pointer into it.
 */
#ifndef ARM64_DT_H
#define ARM64_DT_H

#include <kernel/boot.h>

#define DT_MAX_REDIST_RANGES 4

enum psci_conduit {
	PSCI_NONE,
	PSCI_HVC,
	PSCI_SMC,
};

enum dt_irqc {
	IRQC_NONE,
	IRQC_GICV2,
	IRQC_GICV3,
	IRQC_BCM2836,		/* Raspberry Pi 3 */
};

enum dt_uart_kind {
	UART_PL011,
	UART_MINI,		/* of a Raspberry Pi */
};

/* Physical ranges, and interrupts as the controller numbers them (GIC: INTID,
 * SPI n is 32 + n, PPI n is 16 + n; BCM2836: dev/bcm2836.c). A size of 0: the
 * tree has no such device. */
struct dt_devices {
	struct boot_range uart;		/* that of /chosen/stdout-path */
	enum dt_uart_kind uart_kind;
	u32 uart_irq;
	struct boot_range raspi_gpio;
	enum dt_irqc irqc;
	struct boot_range bcm_local, bcm_soc;
	struct boot_range gic_dist;
	struct boot_range gic_cpu;	/* version 2: CPU interface */
	struct boot_range gic_redist[DT_MAX_REDIST_RANGES];	/* version 3 */
	u32 gic_redist_count;
	u32 timer_irq;			/* virtual timer (CNTV) */
	enum psci_conduit psci;
};

/* Fixed once dt_read() is done. */
extern struct dt_devices dt_devices;

/*
 * Fills boot_info and dt_devices from the tree at fdt, out of which it wipes the
 * seeds, since programs get to see it. Runs at boot on the identity map. What is
 * missing or odd ends in early_fail().
 */
void dt_read(void *fdt);

/* The tree's seeds: 0 and empty if it has none. */
struct dt_seeds {
	u64 kaslr;
	u8 rng[64];
	u32 rng_bytes;
};
extern struct dt_seeds dt_seeds;

#endif

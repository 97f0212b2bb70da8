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

/* Physical ranges, and interrupts as the GIC numbers them (INTID: SPI n is
 * 32 + n, PPI n is 16 + n). A size of 0: the tree has no such device. */
struct dt_devices {
	struct boot_range uart;		/* PL011 of /chosen/stdout-path */
	u32 uart_irq;
	u32 gic_version;		/* 2, 3, or 0: none known */
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
 * Fills boot_info and dt_devices from the tree at fdt. Runs at boot on the
 * identity map. What is missing or odd ends in early_fail().
 */
void dt_read(const void *fdt);

/* The tree's seeds: 0 and empty if it has none. */
struct dt_seeds {
	u64 kaslr;
	u8 rng[64];
	u32 rng_bytes;
};
extern struct dt_seeds dt_seeds;

#endif

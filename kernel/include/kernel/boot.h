/*
 * What the device tree and the boot arguments said, read once at boot by
 * arch; fixed afterwards.
 */
#ifndef KERNEL_BOOT_H
#define KERNEL_BOOT_H

#include <kernel/types.h>

#define BOOT_MAX_RANGES 32
#define BOOT_MAX_ARGS 2048

struct boot_range {
	u64 base;
	u64 size;
};

struct boot_info {
	struct boot_range memory[BOOT_MAX_RANGES];	/* usable RAM */
	u32 memory_count;
	struct boot_range reserved[BOOT_MAX_RANGES];	/* never to be used */
	u32 reserved_count;
	struct boot_range initrd;	/* size 0: none */
	struct boot_range device_tree;	/* flattened; seeds wiped out */
	u64 cpu_mpidr[CONFIG_MAX_CPUS];
	u32 cpu_count;			/* to be used: argument `cpus=` */
	u32 cpu_found;			/* there are; the rest stays off */
	u64 random_seed[4];		/* from rng-seed, kaslr-seed, counter */
	char args[BOOT_MAX_ARGS];	/* NUL-terminated boot arguments */
};

extern struct boot_info boot_info;

/* Value of `name=` in the boot arguments before " -- ", copied to buf; false
 * if absent or a bare word; of several the last counts. boot_has_arg() finds a
 * bare word or name=. */
bool boot_get_arg(const char *name, char *buf, size_t size);
bool boot_has_arg(const char *name);
/* All that follows " -- ", or "". */
const char *boot_init_args(void);

/* Kernel entry in C on the boot CPU, MMU on, stack set, boot_info filled. */
void kernel_main(void) NORETURN;
/* The same for each secondary CPU, in its idle thread. */
void kernel_secondary_main(void) NORETURN;

#endif

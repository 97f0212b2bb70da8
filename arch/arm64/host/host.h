/*
 * The EL2 host: what its files share.
 *
 * It is entered once, by the boot CPU at EL2 with the MMU off, and stays. It
 * gives EL1 all of the machine but its own memory: stage 2 is an identity map,
 * devices are EL1's, interrupts pass through. What it adds: PSCI on boards
 * without it, protection of kernel text that the kernel itself cannot take
 * back, and a report when the kernel can no longer make one.
 *
 * Everything it allocates is in its own bss, at boot. Locks: one, `host_lock`,
 * around the states of CPUs and changes of stage 2; the report has none, the
 * first CPU that takes it keeps it.
 */
#ifndef ARM64_HOST_HOST_H
#define ARM64_HOST_HOST_H

#include <kernel/boot.h>

#define HOST_STACK_BYTES 4096
#define HOST_WAITING_MAX 16u
#define HOST_LRS 4		/* list registers that we use */

/* Saved by entry.S on every exit from EL1, in this order. */
struct host_regs {
	u64 x[31];
	u64 pc;			/* ELR_EL2 */
	u64 pstate;		/* SPSR_EL2 */
	u64 pad;
};

enum host_cpu_state {
	CPU_IS_OFF,
	CPU_IS_COMING,		/* asked for, not yet in EL1 */
	CPU_IS_ON,
};

struct host_cpu {
	/* First: entry.S finds its own by it. Fixed after the tree is read. */
	u64 mpidr;
	u64 stack_top;
	/* Of the spin table, 0 once it is used up; or firmware has PSCI. Written
	 * by who has moved the state to COMING. */
	u64 release_addr;
	/* Under host_lock; `state` is also read with acquire by a parked CPU. */
	u32 state;
	u64 entry, context;
	/* This CPU's own. */
	u32 watched;		/* list registers pending since the last tick */
	u32 stuck_ticks;	/* ticks in a row that found one of them so */
	u32 overdue_ticks;	/* ticks in a row that found the promise broken */
	bool takes_probes;	/* it has promised, so its interrupts are set up */
	u64 figures[4];
	u32 waiting_count;	/* interrupts without a list register */
	struct host_waiting {
		u16 intid;
		u16 source;
	} waiting[HOST_WAITING_MAX];
} __attribute__((aligned(256)));

/* The machine as the tree tells it. Fixed once host_main() has left for EL1. */
struct host_machine {
	struct boot_range memory[BOOT_MAX_RANGES];
	u32 memory_count;
	struct boot_range uart;
	bool uart_is_mini;	/* the 16550-like one of the Raspberry Pi */
	struct boot_range power;	/* its power block; size 0: none */
	u32 gic_version;
	struct boot_range gic_dist, gic_cpu, gic_hyp, gic_virtual;
	struct boot_range image;	/* the kernel's, with its bss */
	bool has_psci;		/* of firmware, by SMC */
	bool has_semihosting;	/* boot argument exit=semihosting */
	u32 cpu_count;
};
extern struct host_machine host_machine;
extern struct host_cpu host_cpus[CONFIG_MAX_CPUS];

/* Symbols of host.ld; on the identity map their addresses are physical. */
extern char host_start[], host_end[];

/* A system register by its name or encoding. */
#define READ_REG(name) ({ u64 v_; \
	__asm__ volatile("mrs %0, " name : "=r"(v_)); v_; })

static inline struct host_cpu *host_cpu(void)
{
	u64 v;

	__asm__ volatile("mrs %0, tpidr_el2" : "=r"(v));
	return (struct host_cpu *)v;
}

/* entry.S: where a CPU arrives from the firmware; MMU off. */
void host_secondary_entry(void);
/* entry.S: to EL1 at pc with x0, all else reset. */
void host_enter_guest(u64 pc, u64 x0) NORETURN;
/* entry.S: SMC with four registers in, x0 out. */
s64 host_smc(u64 function, u64 a1, u64 a2, u64 a3);

/* main.c */
u64 host_early_map(u64 fdt);
u64 host_main(void *fdt, u64 image, u64 image_end, void *tree, u64 tree_bytes);
void host_secondary_main(struct host_cpu *cpu) NORETURN;

/* tree.c: fills host_machine and host_cpus; false: the tree is none, or one with
 * which the kernel says that it cannot start. What only the host cannot do with
 * ends in a sentence of its own. */
bool host_tree_read(const void *fdt);
/* Writes the tree for EL1 into `tree`. */
void host_tree_write(void *fdt, void *tree, u32 tree_bytes);

/* map.c: EL2's own identity map. Entries go from invalid to valid only. */
u64 host_map_root(void);
void host_map_add(u64 base, u64 size, bool is_device);

/* stage2.c */
void stage2_build(void);
void stage2_load(void);
/* Takes the right to write from whole pages of the image; false: not all of
 * [base, base + size) is. */
bool stage2_protect(u64 base, u64 size);
/* Whether EL1 can reach all of it as RAM. */
bool stage2_is_ram(u64 base, u64 size);
u32 stage2_table_count(void);

/* psci.c: the calls, by HVC and SMC alike. */
void psci_handle(struct host_regs *regs);
void psci_system_off(void) NORETURN;
/* The running CPU waits for a CPU_ON, then enters EL1. */
void psci_park(struct host_cpu *cpu) NORETURN;

/* vgic.c: physical interrupts to virtual ones. */
void vgic_init(void);
void vgic_init_cpu(void);
void vgic_handle(const struct host_regs *regs);
/* ICC_SGI1R_EL1 of EL1. */
void vgic_send_sgi(u64 value);
/* Bit n: EL1 has not taken the interrupt of list register n. */
u32 vgic_pending_mask(void);
/* HOST_INTID_PROBE pends for EL1. */
void vgic_send_probe(void);
/* The interrupts of the running CPU's list registers, for the report. */
void vgic_print(void);
/* The host's own interrupts, after the kernel has reset the controller. */
void vgic_enable_own(void);

/* watch.c: the timer of EL2. */
/* Boot CPU: the kernel has so long for its own first promise. */
void watch_start(void);
void watch_init_cpu(void);
/* The timer has fired: is EL1 alive? */
void watch_tick(const struct host_regs *regs);
s64 watch_promise(u64 seconds);

/* report.c: says why, tells all that is known, and ends the machine. */
void report_and_end(const struct host_regs *regs, const char *why, u64 value)
	NORETURN;
/* Before there are registers to tell of. */
void host_fail(const char *why, u64 value) NORETURN;
s64 report_set_log(u64 ring);

/* print.c: to the UART, polled; see printk(). At most 300 bytes. */
void host_print(const char *fmt, ...) PRINTFLIKE(1, 2);

/* trap.c; called by entry.S. */
void host_trap(struct host_regs *regs, u64 kind);

extern u32 host_lock;
void host_lock_take(void);
void host_lock_release(void);

#endif

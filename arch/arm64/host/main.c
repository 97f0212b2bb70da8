/*
 * From the first instruction at EL2 to the first at EL1.
 */
#include "host.h"
#include "layout.h"
#include "regs.h"

_Static_assert(offsetof(struct host_cpu, mpidr) == HOST_CPU_MPIDR, "");
_Static_assert(offsetof(struct host_cpu, stack_top) == HOST_CPU_STACK, "");
_Static_assert(sizeof(struct host_cpu) == HOST_CPU_BYTES, "");
_Static_assert(offsetof(struct host_regs, pc) == REGS_PC, "");
_Static_assert(sizeof(struct host_regs) == REGS_SIZE, "");

#define MPIDR_AFFINITY 0xff00fffffful

struct host_machine host_machine;
/* A free place has a number that no CPU has. */
struct host_cpu host_cpus[CONFIG_MAX_CPUS];
static u8 stacks[CONFIG_MAX_CPUS][HOST_STACK_BYTES]
	__attribute__((aligned(16)));

/* With the MMU off, before anything can be said: the map of ourselves and of
 * the tree. */
u64 host_early_map(u64 fdt)
{
	u32 i;

	for (i = 0; i < CONFIG_MAX_CPUS; i++) {
		host_cpus[i].mpidr = ~0ul;
		host_cpus[i].stack_top = (u64)stacks[i] + HOST_STACK_BYTES;
	}
	host_map_add((u64)host_start, (u64)(host_end - host_start), false);
	if (fdt != 0)
		host_map_add(fdt, 2u << 20, false);
	return host_map_root();
}

static void map_device(const struct boot_range *r)
{
	if (r->size != 0)
		host_map_add(r->base, r->size, true);
}

static void map_machine(void)
{
	const struct host_machine *m = &host_machine;
	u32 i;

	for (i = 0; i < m->memory_count; i++)
		host_map_add(m->memory[i].base, m->memory[i].size, false);
	map_device(&m->power);
	map_device(&m->gic_dist);
	map_device(&m->gic_cpu);
	map_device(&m->gic_hyp);
}

/* EL1 has its pointer authentication where the CPU has any (Arm ARM
 * ID_AA64ISAR1_EL1: APA, API, GPA, GPI). */
static u64 pointer_authentication(void)
{
	u64 isar1;

	__asm__("mrs %0, id_aa64isar1_el1" : "=r"(isar1));
	return isar1 & 0xff000ff0 ? HCR_APK | HCR_API : 0;
}

/* What each CPU sets for itself. */
static void enter_virtual(void)
{
	u64 hcr = (u32)HCR_GUEST | pointer_authentication();

	stage2_load();
	/* A Raspberry Pi 3 has no GIC: interrupts are EL1's own there, and there
	 * is no watch, which would need one. */
	if (host_machine.gic_version == 0) {
		hcr &= ~(u64)(HCR_IMO | HCR_FMO);
	} else {
		vgic_init_cpu();
		watch_init_cpu();
	}
	/* The ISB: stage 2 and the routing of interrupts hold for EL1's first
	 * instruction. */
	__asm__ volatile("msr hcr_el2, %0\n\tisb"
			 : : "r"(hcr) : "memory");
}

/* Returns the tree for EL1. */
u64 host_main(void *fdt, u64 image, u64 image_end, void *tree, u64 tree_bytes)
{
	struct host_machine *m = &host_machine;
	u64 mpidr;

	__asm__("mrs %0, mpidr_el1" : "=r"(mpidr));
	host_cpus[0].mpidr = mpidr & MPIDR_AFFINITY;
	host_cpus[0].state = CPU_IS_ON;
	m->cpu_count = 1;
	m->image.base = image;
	m->image.size = image_end - image;
	/* The kernel is left alone with a tree that makes no sense, says so, and
	 * goes no further. */
	if (!host_tree_read(fdt))
		return (u64)fdt;
	map_machine();
	host_tree_write(fdt, tree, (u32)tree_bytes);
	stage2_build();
	vgic_init();
	enter_virtual();
	watch_start();
	return (u64)tree;
}

/* A CPU that another one has asked for. Release: entry and context were read
 * before anybody may store new ones. */
void host_secondary_main(struct host_cpu *cpu)
{
	u64 entry, context;

	host_lock_take();
	entry = cpu->entry;
	context = cpu->context;
	cpu->state = CPU_IS_ON;
	host_lock_release();
	enter_virtual();
	host_enter_guest(entry, context);
}

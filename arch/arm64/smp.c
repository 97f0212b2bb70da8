/*
 * The other CPUs: start, synchronise, stop.
 */
#include <arch/cpu.h>
#include <arch/host.h>
#include <arch/irq.h>
#include <arch/mmu.h>
#include <kernel/boot.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <mm/kstack.h>

#include "boot.h"
#include "cpu.h"
#include "dev/devices.h"
#include "early.h"
#include "kmap.h"
#include "psci.h"

/* A CPU that does not come up in this time is given up. */
#define START_TIMEOUT_SECONDS 1

/* Atomic: CPUs that are up; they come up one after another, in order, each
 * adding itself with release after its set-up. */
static u32 online_count = 1;
/* Atomic: CPUs that have synchronised since they were asked last. */
static u32 synced_mask;
/* Atomic: taken by the thread that asks. */
static u32 sync_busy;

u32 cpu_count(void)
{
	/* Acquire: what a CPU set up before it counted itself is seen. */
	return __atomic_load_n(&online_count, __ATOMIC_ACQUIRE);
}

void boot_main(void)
{
	struct cpu_thread *self = arch_current();

	self->cpu = &percpu_areas[0];
	self->stack_top = (u64)boot_stack + KSTACK_SIZE;
	idle_threads[0].stack = boot_stack;
	kmap_leave_identity();
	cpu_init_registers();
	uart_init();
	irqc_init();
	irqc_init_cpu();
	hostcall_init();
	boot_provoke("boot");
	timer_init_cpu();
	/* Nothing interrupts before the kernel has set a timer. */
	arch_irq_enable();
	kernel_main();
}

void secondary_main(void)
{
	cpu_init_registers();
	irqc_init_cpu();
	timer_init_cpu();
	/* The interrupt controller is set up: the host watches us too. */
	arch_host_alive();
	__atomic_fetch_add(&online_count, 1, __ATOMIC_RELEASE);
	kernel_secondary_main();
}

static u64 image_paddr(const void *p)
{
	return boot_handoff.image_pa + ((u64)p - (u64)image_start);
}

zx_status_t arch_cpu_start(u32 id, struct thread *idle)
{
	u64 deadline = arch_counter() +
		       START_TIMEOUT_SECONDS * arch_timer_frequency();
	s32 result;

	/* Numbers are dense: one that fails to start ends the row. */
	if (id != cpu_count() || id >= boot_info.cpu_count)
		return ZX_ERR_NOT_FOUND;
	/* All that it reads with its MMU off or through the identity map. */
	cpu_clean_to_memory(image_start, image_start + PAGE_SIZE);
	cpu_clean_to_memory(&boot_handoff, &boot_handoff + 1);
	result = psci_cpu_on(boot_info.cpu_mpidr[id],
			     image_paddr((const void *)secondary_entry),
			     (u64)idle);
	if (result != 0)
		return ZX_ERR_INTERNAL;
	while (cpu_count() == id) {
		if (arch_counter() > deadline)
			return ZX_ERR_INTERNAL;
		arch_cpu_relax();
	}
	return ZX_OK;
}

void arch_send_resched(u32 id)
{
	gic_send_sgi(1u << id, SGI_RESCHED);
}

void smp_handle_sync(void)
{
	/* The exception was the context synchronisation event; the bit tells
	 * the asker, who reads it with acquire. */
	__atomic_fetch_or(&synced_mask, 1u << arch_cpu_id(), __ATOMIC_RELEASE);
}

void arch_sync_all_cpus(void)
{
	u32 all = (1u << cpu_count()) - 1;
	u32 mine, others;

	/* One asker at a time; with preemption on, a waiter can be moved. */
	while (__atomic_exchange_n(&sync_busy, 1, __ATOMIC_ACQUIRE) != 0)
		sched_yield();
	preempt_disable();
	mine = 1u << arch_cpu_id();
	others = all & ~mine;
	__atomic_store_n(&synced_mask, 0, __ATOMIC_RELAXED);
	if (others != 0)
		gic_send_sgi(others, SGI_SYNC);
	while ((__atomic_load_n(&synced_mask, __ATOMIC_ACQUIRE) & others) !=
	       others)
		arch_cpu_relax();
	preempt_enable();
	__atomic_store_n(&sync_busy, 0, __ATOMIC_RELEASE);
}

void smp_handle_stop(void)
{
	__asm__ volatile("msr daifset, #0xf" : : : "memory");
	for (;;)
		arch_cpu_wait();
}

void arch_stop_other_cpus(void)
{
	u32 others = ((1u << cpu_count()) - 1) & ~(1u << arch_cpu_id());

	if (others != 0)
		gic_send_sgi(others, SGI_STOP);
}

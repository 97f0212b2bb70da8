/*
 * From the boot CPU's first C code with the MMU on to the first program.
 *
 * Two halves: what must come before threads can run, in the boot thread (which
 * becomes the boot CPU's idle thread), and the rest in a thread of its own,
 * which may sleep.
 */
#include <arch/host.h>
#include <arch/irq.h>
#include <arch/mmu.h>
#include <version.h>
#include <kernel/boot.h>
#include <kernel/epoch.h>
#include <kernel/futex.h>
#include <kernel/ktest.h>
#include <kernel/lock.h>
#include <kernel/memory_event.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/reaper.h>
#include <kernel/sched.h>
#include <kernel/vdso.h>
#include <kernel/watchdog.h>
#include <mm/kstack.h>
#include <mm/pmm.h>
#include <mm/pressure.h>
#include <mm/vmo.h>

/* Counter at kernel_main(). */
static u64 boot_start_ticks;

static void start_other_cpus(void)
{
	for (u32 id = 1; id < boot_info.cpu_count; id++) {
		struct thread *idle = &idle_threads[id];
		zx_status_t status;

		idle->stack = kstack_alloc();
		if (idle->stack == NULL)
			panic_stop("no memory for the stack of CPU %u", id);
		idle->cpu_thread.stack_top =
			(u64)(uintptr_t)idle->stack + KSTACK_SIZE;
		status = arch_cpu_start(id, idle);
		if (status != ZX_OK)
			printk("cpu %u does not start: %d\n", id, status);
	}
}

static void print_banner(void)
{
	printk("Jacinth %s: %u CPU%s, %lu MiB of memory, %lu MiB free\n",
	       JACINTH_VERSION, cpu_count(), cpu_count() == 1 ? "" : "s",
	       pmm_total_count() >> (20 - PAGE_SHIFT),
	       pmm_free_count() >> (20 - PAGE_SHIFT));
	printk("boot took %lu counter ticks of %lu a second\n",
	       arch_counter() - boot_start_ticks, arch_timer_frequency());
}

/* `ktest`, `ktest=filter`, `provoke=what`: the machine ends with it. */
static void run_ktests(void)
{
	char filter[64];
	bool filtered = boot_get_arg("ktest", filter, sizeof(filter));

	if (IS_ENABLED(CONFIG_KTEST) &&
	    boot_get_arg("provoke", filter, sizeof(filter)))
		arch_provoke(filter);
	arch_power_off(ktest_run_all(filtered ? filter : NULL) == 0 ? 0 : 1);
}

static void init_main(void *arg)
{
	(void)arg;
	arch_host_start(printk_ring());
	start_other_cpus();
	job_init();
	vdso_init();
	futex_init();
	print_banner();
	watchdog_start();
	arch_console_start_rx();
	if (boot_has_arg("ktest") || boot_has_arg("provoke"))
		run_ktests();
	userboot_start();
}

void kernel_main(void)
{
	boot_start_ticks = arch_counter();
	for (u32 id = 0; id < CONFIG_MAX_CPUS; id++) {
		percpu_areas[id].id = id;
		sched_init_cpu(&percpu_areas[id], &idle_threads[id]);
		epoch_init_cpu(&percpu_areas[id]);
	}
	ktime_init();
	mm_init();
	for (u32 id = 0; id < CONFIG_MAX_CPUS; id++)
		pmm_init_cpu(&percpu_areas[id]);
	thread_init();
	if (IS_ENABLED(CONFIG_LOCKDEP))
		lockdep_boot_done();
	reaper_start();
	memory_event_init();
	mm_pressure_start();
	if (thread_create_kernel("init", init_main, NULL,
				 THREAD_PRIORITY_DEFAULT) != ZX_OK)
		panic_stop("no memory for the first thread");
	sched_idle_loop();
}

void kernel_secondary_main(void)
{
	sched_idle_loop();
}

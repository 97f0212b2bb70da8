/*
 * The machine as a whole: features, power, random numbers, counters
 * (tasks.md 16, 17; <zircon/jx.h>).
 */
#include <arch/mmu.h>
#include <arch/cpu.h>
#include <arch/irq.h>
#include <kernel/epoch.h>
#include <kernel/handle.h>
#include <kernel/job.h>
#include <kernel/latency.h>
#include <kernel/memory_event.h>
#include <kernel/printk.h>
#include <kernel/random.h>
#include <kernel/resource.h>
#include <kernel/stats.h>
#include <mm/pmm.h>
#include <mm/stats.h>
#include <mm/slab.h>
#include <syscall_protos.h>
#include <syscalls/user.h>
#include <zircon/features.h>
#include <zircon/jx.h>
#include <zircon/syscalls/system.h>

_Static_assert(STAT_COUNT == JX_CPU_STAT_COUNT, "two lists of one thing");
_Static_assert(LATENCY_PLACES == JX_LATENCY_PLACES, "");

zx_status_t sys_system_get_features(uint32_t kind, uaddr_t features)
{
	switch (kind) {
	case ZX_FEATURE_KIND_CPU:
		return user_put_u32(features, arch_isa_features());
	case ZX_FEATURE_KIND_HW_BREAKPOINT_COUNT:
		return user_put_u32(features, arch_breakpoint_count());
	case ZX_FEATURE_KIND_HW_WATCHPOINT_COUNT:
		return user_put_u32(features, arch_watchpoint_count());
	}
	return ZX_ERR_NOT_SUPPORTED;
}

/* The checks of pager-port.md 9.3 in order. */
zx_status_t sys_system_get_event(zx_handle_t root_job_handle, uint32_t kind,
				 uaddr_t event)
{
	struct object *job, *o;
	zx_status_t status = handle_get(root_job_handle, ZX_OBJ_TYPE_JOB,
					ZX_RIGHT_MANAGE_PROCESS, &job);

	if (status != ZX_OK)
		return status;
	status = job == &root_job->object ? ZX_OK : ZX_ERR_ACCESS_DENIED;
	object_unref(job);
	if (status != ZX_OK)
		return status;
	o = memory_event_object(kind);
	return o ? handle_make(o, ZX_DEFAULT_SYSTEM_EVENT_LOW_MEMORY_RIGHTS,
			       event)
		 : ZX_ERR_INVALID_ARGS;
}

static zx_status_t shut_down(uaddr_t arg)
{
	zx_system_powerctl_arg_t a = { .exit_status = 0 };

	if (arg && user_read(&a, arg, sizeof(a)) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	printk("power off, status %d", a.exit_status);
	arch_power_off(a.exit_status);
}

zx_status_t sys_system_powerctl(zx_handle_t resource, uint32_t cmd,
				uaddr_t arg)
{
	zx_status_t status = resource_check_root(resource);

	if (status != ZX_OK)
		return status;
	switch (cmd) {
	case ZX_SYSTEM_POWERCTL_SHUTDOWN:
		return shut_down(arg);
	case ZX_SYSTEM_POWERCTL_REBOOT:
		printk("reset");
		arch_reset();
	case ZX_SYSTEM_POWERCTL_ENABLE_ALL_CPUS:
	case ZX_SYSTEM_POWERCTL_DISABLE_ALL_CPUS_BUT_PRIMARY:
	case ZX_SYSTEM_POWERCTL_ACPI_TRANSITION_S_STATE:
	case ZX_SYSTEM_POWERCTL_REBOOT_BOOTLOADER:
	case ZX_SYSTEM_POWERCTL_REBOOT_RECOVERY:
		return ZX_ERR_NOT_SUPPORTED;
	}
	return ZX_ERR_INVALID_ARGS;
}

zx_status_t sys_jx_cprng_draw_once(uaddr_t buffer, size_t buffer_size)
{
	u8 bytes[ZX_CPRNG_DRAW_MAX_LEN];

	if (buffer_size > sizeof(bytes))
		return ZX_ERR_INVALID_ARGS;
	random_draw(bytes, buffer_size);
	return user_write(buffer, bytes, buffer_size);
}

zx_status_t sys_cprng_add_entropy(uaddr_t buffer, size_t buffer_size)
{
	u8 bytes[ZX_CPRNG_ADD_ENTROPY_MAX_LEN];

	if (buffer_size > sizeof(bytes) ||
	    user_read(bytes, buffer, buffer_size) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	random_add_entropy(bytes, buffer_size);
	return ZX_OK;
}

static zx_status_t put_latency(u32 cpu, bool reset, uaddr_t to)
{
	jx_latency_t record = { .cpu = cpu };
	struct latency_stretch stretch;

	latency_get(cpu, &stretch);
	if (reset)
		latency_reset(cpu);
	record.ticks = stretch.ticks;
	record.ticks_per_second = arch_timer_frequency();
	for (u32 i = 0; i < LATENCY_PLACES && stretch.places[i]; i++)
		ksnprintf(record.places[i], JX_LATENCY_PLACE_BYTES, "%pS",
			  (void *)(uintptr_t)stretch.places[i]);
	return user_write(to, &record, sizeof(record));
}

/* One record of a kind; `index` is below what count_records() says. */
static zx_status_t put_record(u32 kind, u32 index, uaddr_t to)
{
	jx_cpu_stats_t cpu = { .cpu = index };
	jx_memory_stats_t memory;

	if (LATENCY_TRACED && (kind == JX_STAT_LATENCY ||
			       kind == JX_STAT_LATENCY_RESET))
		return put_latency(index, kind == JX_STAT_LATENCY_RESET, to);
	if (kind == JX_STAT_OBJECTS)
		return user_put_u64(to, object_count(index));
	if (kind == JX_STAT_CPU) {
		for (u32 i = 0; i < STAT_COUNT; i++)
			cpu.counters[i] = stats_read(index, (enum cpu_stat)i);
		return user_write(to, &cpu, sizeof(cpu));
	}
	memory.total_pages = pmm_total_count();
	memory.free_pages = pmm_free_count();
	memory.cached_pages = mm_cached_frames();
	memory.slab_objects = slab_total_live();
	memory.reserved_pages = pmm_reserve_count();
	return user_write(to, &memory, sizeof(memory));
}

/* How many records a kind has, 0: no such kind; and the size of one. */
static u32 count_records(u32 kind, size_t *record_bytes)
{
	switch (kind) {
	case JX_STAT_CPU:
		*record_bytes = sizeof(jx_cpu_stats_t);
		return cpu_count();
	case JX_STAT_OBJECTS:
		*record_bytes = sizeof(u64);
		return ZX_OBJ_TYPE_UPPER_BOUND;
	case JX_STAT_MEMORY:
		*record_bytes = sizeof(jx_memory_stats_t);
		return 1;
	case JX_STAT_LATENCY:
	case JX_STAT_LATENCY_RESET:
		*record_bytes = sizeof(jx_latency_t);
		return LATENCY_TRACED ? cpu_count() : 0;
	}
	return 0;
}

zx_status_t sys_jx_stat(uint32_t kind, uaddr_t buffer, size_t buffer_size,
			uaddr_t actual)
{
	size_t record_bytes;
	u32 count = count_records(kind, &record_bytes);

	if (!count)
		return ZX_ERR_NOT_SUPPORTED;
	/* What was freed already but waits for readers counts as free, and so
	 * do page tables in stock. */
	if (kind == JX_STAT_OBJECTS || kind == JX_STAT_MEMORY) {
		epoch_drain();
		pt_stock_release();
	}
	for (u32 i = 0; i < count && i < buffer_size / record_bytes; i++)
		if (put_record(kind, i, buffer + i * record_bytes) != ZX_OK)
			return ZX_ERR_INVALID_ARGS;
	return user_put_optional(actual, count);
}

/*
 * What the device tree means for us: see dt.h. Reading it is dt_node.c.
 */
#include <libfdt.h>

#include <kernel/boot.h>
#include <kernel/string.h>

#include "boot.h"
#include "cpu.h"
#include "dt.h"
#include "dt_node.h"
#include "early.h"

#define MAX_UARTS 4
#define SALVAGE_BYTES 65536
#define TIMER_IRQ_VIRTUAL 2		/* index: secure, physical, virtual */

struct dt_devices dt_devices;
struct dt_seeds dt_seeds;

/* Boot only. */
static struct dt_uart {
	int offset;
	struct boot_range range;
	enum dt_uart_kind kind;
	u32 irq;
} uarts[MAX_UARTS];
static u32 uart_count;
static const char *stdout_path;
static struct boot_range no_map[BOOT_MAX_RANGES];
static u32 no_map_count;
/* The first thing that is wrong, told when the UART is known; or NULL. */
static const char *problem;
static u64 problem_value;

/* fmt has one %lx, or one %s for the address of a string. */
static void note_problem(const char *fmt, u64 value)
{
	if (problem)
		return;
	problem = fmt;
	problem_value = value;
}

static void add_range(struct boot_range *ranges, u32 *count,
		      struct boot_range r)
{
	if (r.size == 0)
		return;
	if (r.base + r.size < r.base)
		note_problem("the device tree's range at 0x%lx wraps around",
			     r.base);
	/* The memory manager adds one range of its own. */
	else if (*count == BOOT_MAX_RANGES - 1)
		note_problem("the device tree has too many memory ranges; the "
			     "first beyond the limit is at 0x%lx", r.base);
	else
		ranges[(*count)++] = r;
}

static void reserve(u64 base, u64 size)
{
	struct boot_range r = { base, size };

	add_range(boot_info.reserved, &boot_info.reserved_count, r);
}

/* A Raspberry Pi 3's numbers; see dev/bcm2836.c. Its timer is a source of the
 * cluster (number, flags), all else one of the SoC (bank, number). */
static bool is_bcm2837;

static u32 read_irq(const struct dt_node *node, u32 index, bool is_timer)
{
	u32 first, second;

	if (!is_bcm2837)
		return dt_node_irq(node, index);
	first = dt_node_cell_pair(node, index, &second);
	if (first == ~0u)
		return 0;
	return is_timer ? first : 32 + 32 * first + second;
}

static void note_bad_reg(const struct dt_node *node)
{
	note_problem("the device tree's node %s has no readable reg property "
		     "(#address-cells 1 or 2, #size-cells 0 to 2)",
		     (u64)node->name);
}

static void read_memory(const struct dt_node *node)
{
	struct boot_range r;
	u32 i;

	for (i = 0; dt_node_reg(node, i, &r); i++)
		add_range(boot_info.memory, &boot_info.memory_count, r);
	if (i == 0)
		note_bad_reg(node);
}

/* Ranges of /reserved-memory, to see that no two claim the same. */
static struct boot_range claims[BOOT_MAX_RANGES];
static u32 claim_count;

static bool overlap(const struct boot_range *a, const struct boot_range *b)
{
	return a->base < b->base + b->size && b->base < a->base + a->size;
}

static void claim(const struct boot_range *r)
{
	u32 i;

	for (i = 0; i < claim_count; i++)
		if (overlap(&claims[i], r))
			note_problem("two nodes of /reserved-memory claim the "
				     "memory at 0x%lx",
				     max_u64(claims[i].base, r->base));
	if (claim_count < BOOT_MAX_RANGES)
		claims[claim_count++] = *r;
}

static void read_reserved(const struct dt_node *node)
{
	struct boot_range r;
	u32 i;

	for (i = 0; dt_node_reg(node, i, &r); i++) {
		claim(&r);
		if (node->props[PROP_NO_MAP].data)
			add_range(no_map, &no_map_count, r);
		else
			reserve(r.base, r.size);
	}
}

/* CPUs in the tree's order; the one that runs now is number 0 whatever its
 * place. Others must come by PSCI. */
static void read_cpu(const struct dt_node *node)
{
	struct boot_range r;

	if (!dt_node_reg(node, 0, &r))
		note_bad_reg(node);
	else if (r.base != boot_info.cpu_mpidr[0] &&
	    boot_info.cpu_count < CONFIG_MAX_CPUS &&
	    dt_prop_is(&node->props[PROP_ENABLE_METHOD], "psci"))
		boot_info.cpu_mpidr[boot_info.cpu_count++] = r.base;
}

static void read_args(const struct dt_prop *p)
{
	if (!p->data)
		return;
	if (p->bytes > BOOT_MAX_ARGS)
		note_problem("the boot arguments have 0x%lx bytes: too many",
			     p->bytes);
	/* The last byte of args stays 0 whatever the property ends with. */
	__builtin_memcpy(boot_info.args, p->data,
			 min_u64(p->bytes, BOOT_MAX_ARGS - 1));
}

/* A seed is known to us alone. The tree's memory is ours to write to. */
static void wipe(const struct dt_prop *p)
{
	if (p->data)
		__builtin_memset((void *)(u64)p->data, 0, p->bytes);
}

static void read_chosen(const struct dt_node *node)
{
	const struct dt_prop *props = node->props;
	const struct dt_prop *rng = &props[PROP_RNG_SEED];
	u64 start = dt_prop_number(&props[PROP_INITRD_START]);
	u64 end = dt_prop_number(&props[PROP_INITRD_END]);

	read_args(&props[PROP_BOOTARGS]);
	stdout_path = dt_prop_string(&props[PROP_STDOUT_PATH]);
	if (start != 0 && end > start) {
		boot_info.initrd.base = start;
		boot_info.initrd.size = end - start;
		reserve(start, end - start);
	}
	dt_seeds.kaslr = dt_prop_number(&props[PROP_KASLR_SEED]);
	dt_seeds.rng_bytes = (u32)min_u64(rng->bytes, sizeof(dt_seeds.rng));
	if (dt_seeds.rng_bytes != 0)
		__builtin_memcpy(dt_seeds.rng, rng->data, dt_seeds.rng_bytes);
	wipe(&props[PROP_KASLR_SEED]);
	wipe(rng);
}

static void read_uart(const struct dt_node *node, enum dt_uart_kind kind)
{
	struct dt_uart *u = &uarts[uart_count];

	if (uart_count == MAX_UARTS || !dt_node_device_reg(node, 0, &u->range))
		return;
	u->offset = node->offset;
	u->kind = kind;
	u->irq = read_irq(node, 0, false);
	uart_count++;
	/* Until the choice is known, errors go to the first. */
	if (uart_count == 1)
		early_console_set(u->range.base, kind);
}

static void read_gicv2(const struct dt_node *node)
{
	if (!dt_node_device_reg(node, 0, &dt_devices.gic_dist) ||
	    !dt_node_device_reg(node, 1, &dt_devices.gic_cpu))
		note_bad_reg(node);
	dt_devices.irqc = IRQC_GICV2;
}

static void read_gicv3(const struct dt_node *node)
{
	u64 count = dt_prop_number(&node->props[PROP_REDIST_REGIONS]);
	u32 i;

	if (count == 0)
		count = 1;
	if (count > DT_MAX_REDIST_RANGES) {
		note_problem("the device tree's GICv3 has 0x%lx redistributor "
			     "ranges: too many", count);
		return;
	}
	if (!dt_node_device_reg(node, 0, &dt_devices.gic_dist))
		note_bad_reg(node);
	for (i = 0; i < count; i++)
		if (!dt_node_device_reg(node, 1 + i, &dt_devices.gic_redist[i]))
			note_bad_reg(node);
	dt_devices.gic_redist_count = (u32)count;
	dt_devices.irqc = IRQC_GICV3;
}

/* A Raspberry Pi 4 has one as well, and uses its GIC. */
static void read_bcm2836(const struct dt_node *node)
{
	if (dt_devices.irqc == IRQC_NONE &&
	    dt_node_device_reg(node, 0, &dt_devices.bcm_local))
		dt_devices.irqc = IRQC_BCM2836;
}

static void read_psci(const struct dt_node *node)
{
	const struct dt_prop *method = &node->props[PROP_METHOD];

	if (dt_prop_is(method, "hvc"))
		dt_devices.psci = PSCI_HVC;
	else if (dt_prop_is(method, "smc"))
		dt_devices.psci = PSCI_SMC;
}

static void read_device(const struct dt_node *node)
{
	if (dt_node_is(node, "arm,pl011"))
		read_uart(node, UART_PL011);
	else if (dt_node_is(node, "brcm,bcm2835-aux-uart"))
		read_uart(node, UART_MINI);
	else if (dt_node_is(node, "brcm,bcm2836-l1-intc"))
		read_bcm2836(node);
	else if (dt_node_is(node, "brcm,bcm2836-armctrl-ic"))
		dt_node_device_reg(node, 0, &dt_devices.bcm_soc);
	else if (dt_node_is(node, "brcm,bcm2835-gpio") ||
		 dt_node_is(node, "brcm,bcm2711-gpio"))
		dt_node_device_reg(node, 0, &dt_devices.raspi_gpio);
	else if (dt_node_is(node, "arm,gic-v3"))
		read_gicv3(node);
	else if (dt_node_is(node, "arm,cortex-a15-gic") ||
		 dt_node_is(node, "arm,gic-400"))
		read_gicv2(node);
	else if (dt_node_is(node, "arm,armv8-timer") ||
		 dt_node_is(node, "arm,armv7-timer"))
		dt_devices.timer_irq = read_irq(node, TIMER_IRQ_VIRTUAL,
						true);
	else if (dt_node_is(node, "arm,psci-0.2") ||
		 dt_node_is(node, "arm,psci-1.0"))
		read_psci(node);
}

static void read_node(const struct dt_node *node)
{
	const struct dt_prop *type = &node->props[PROP_DEVICE_TYPE];

	if (node->depth == 1 && dt_node_is_named(node, "chosen"))
		read_chosen(node);
	if (node->depth == 0)
		is_bcm2837 = dt_node_is(node, "brcm,bcm2837");
	if (node->depth == 0 || !dt_node_is_enabled(node))
		return;
	if (dt_prop_is(type, "memory"))
		read_memory(node);
	else if (dt_prop_is(type, "cpu"))
		read_cpu(node);
	else if (node->levels[node->depth - 1].is_reserved_memory)
		read_reserved(node);
	else if (node->props[PROP_COMPATIBLE].data)
		read_device(node);
}

/*
 * A tree that cannot be read tells neither UART nor arguments. If the text that
 * asks for semihosting stands in what is left of it, the sentence goes there.
 */
static void salvage_args(const char *fdt)
{
	static const char wanted[] = "exit=semihosting";
	size_t length = sizeof(wanted) - 1;
	u32 i;

	if (!fdt)
		return;
	for (i = 0; i < SALVAGE_BYTES - sizeof(wanted); i++) {
		if (__builtin_memcmp(fdt + i, wanted, length) != 0)
			continue;
		__builtin_memcpy(boot_info.args, wanted, sizeof(wanted));
		return;
	}
}

/* The PL011 that stdout-path names, by path or alias; else the first. */
static void choose_uart(const void *fdt)
{
	const char *end = stdout_path;
	int offset = -1;
	u32 i, chosen = 0;

	/* What hides the UARTs may hide all else. */
	if (uart_count == 0 && boot_info.args[0] == '\0')
		salvage_args(fdt);
	if (uart_count == 0 && problem)
		early_fail(problem, problem_value);
	if (uart_count == 0)
		early_fail("the device tree names no UART (PL011, or the mini "
			   "UART of a Raspberry Pi)");
	if (stdout_path) {
		while (*end != '\0' && *end != ':')
			end++;
		offset = fdt_path_offset_namelen(fdt, stdout_path,
						 (int)(end - stdout_path));
	}
	for (i = 0; i < uart_count; i++)
		if (uarts[i].offset == offset)
			chosen = i;
	dt_devices.uart = uarts[chosen].range;
	dt_devices.uart_irq = uarts[chosen].irq;
	dt_devices.uart_kind = uarts[chosen].kind;
	if (chosen != 0)
		early_console_set(dt_devices.uart.base, dt_devices.uart_kind);
}

/* Takes hole out of memory[i], which may become two ranges. */
static void cut_memory(u32 i, const struct boot_range *hole)
{
	struct boot_range *m = &boot_info.memory[i];
	u64 end = m->base + m->size;
	u64 hole_end = hole->base + hole->size;
	struct boot_range rest = { hole_end, end - hole_end };

	if (hole->base >= end || hole_end <= m->base)
		return;
	if (hole_end < end)
		add_range(boot_info.memory, &boot_info.memory_count, rest);
	m->size = hole->base > m->base ? hole->base - m->base : 0;
}

/* Memory that nobody may even map: firmware that is secure, or in use. */
static void cut_no_map(void)
{
	u32 hole, i;

	for (hole = 0; hole < no_map_count; hole++)
		for (i = 0; i < boot_info.memory_count; i++)
			cut_memory(i, &no_map[hole]);
}

/* Each byte of memory is named once, and what the loader has put into it is in
 * what is left of it. */
static void check_places(void)
{
	const struct boot_range *m = boot_info.memory;
	const struct boot_range *initrd = &boot_info.initrd;
	u32 i, n, count = boot_info.memory_count;

	for (i = 0; i < count; i++)
		for (n = 0; n < i; n++)
			if (overlap(&m[i], &m[n]))
				note_problem("the device tree names the memory "
					     "at 0x%lx twice",
					     max_u64(m[i].base, m[n].base));
	if (!dt_covers(m, count, (u64)image_start,
		       (u64)(image_end - image_start)))
		note_problem("the kernel was loaded at 0x%lx, where the device "
			     "tree names no memory", (u64)image_start);
	if (!dt_covers(m, count, initrd->base, initrd->size))
		note_problem("the initrd at 0x%lx is not in memory that the "
			     "device tree leaves to us", initrd->base);
}

/* Cuts off what the tree does not use: its size may say far more, and only what
 * is used stays reserved. */
static void keep_tree(void *fdt)
{
	u64 rsv_bytes = ((u64)fdt_num_mem_rsv(fdt) + 1) *
			sizeof(struct fdt_reserve_entry);
	u64 used = max_u64(fdt_off_mem_rsvmap(fdt) + rsv_bytes,
			   max_u64((u64)fdt_off_dt_struct(fdt) +
				   fdt_size_dt_struct(fdt),
				   (u64)fdt_off_dt_strings(fdt) +
				   fdt_size_dt_strings(fdt)));

	fdt_set_totalsize(fdt, (u32)used);
	boot_info.device_tree.base = (u64)fdt;
	boot_info.device_tree.size = used;
	reserve((u64)fdt, used);
}

/* /memreserve/ and the image. */
static void reserve_known(const void *fdt)
{
	struct boot_range image = { (u64)image_start,
				    (u64)(bss_end - image_start) };
	u64 base, size;
	u32 n;
	int i;

	for (n = 0; n < claim_count; n++)
		if (overlap(&claims[n], &image))
			note_problem("the device tree reserves memory at 0x%lx, "
				     "where the kernel was loaded",
				     claims[n].base);
	for (i = 0; i < fdt_num_mem_rsv(fdt); i++)
		if (fdt_get_mem_rsv(fdt, i, &base, &size) == 0)
			reserve(base, size);
	reserve((u64)image_start, (u64)(image_end - image_start));
}

/* 0, or libfdt's error. One that is not whole may yet tell of a UART, for the
 * sentence about it. */
static int read_nodes(const void *fdt)
{
	int whole, error = dt_check_header(fdt);

	if (error != 0)
		return error;
	whole = fdt_check_full(fdt, fdt_totalsize(fdt));
	error = dt_for_each_node(fdt, read_node);
	return whole != 0 ? whole : error;
}

/* `cpus=N`: no more than N are used. */
static void limit_cpus(void)
{
	char word[16];
	u64 wanted;

	boot_info.cpu_found = boot_info.cpu_count;
	if (!boot_get_arg("cpus", word, sizeof(word)))
		return;
	wanted = strtoul(word, NULL, 10);
	if (wanted >= 1 && wanted < boot_info.cpu_count)
		boot_info.cpu_count = (u32)wanted;
}

void dt_read(void *fdt)
{
	int error;

	boot_info.cpu_mpidr[0] = cpu_mpidr();
	boot_info.cpu_count = 1;
	error = read_nodes(fdt);
	if (error != 0) {
		salvage_args(fdt);
		/* Of a hypervisor's guest. Nothing is lost if it is none. */
		if (dt_devices.psci == PSCI_NONE)
			dt_devices.psci = PSCI_HVC;
		early_fail("x0 holds no whole device tree (libfdt error %d)",
			   -error);
	}
	choose_uart(fdt);
	if (problem)
		early_fail(problem, problem_value);
	if (boot_info.memory_count == 0)
		early_fail("the device tree names no memory");
	limit_cpus();
	cut_no_map();
	reserve_known(fdt);
	check_places();
	keep_tree(fdt);
	if (problem)
		early_fail(problem, problem_value);
}

/*
 * The device tree: what it says about the machine, and what EL1 is told
 * instead. The only code of the host that lets libfdt write, which uses SIMD
 * registers: they belong to nobody yet.
 */
#include <libfdt.h>

#include <kernel/string.h>

#include "../dt_node.h"
#include "host.h"
#include "regs.h"

#define PAGE 0x1000ul
#define MEMORY_END (1ul << 40)		/* of our maps */

/* Boot only: the node of /chosen/stdout-path, or negative. */
static int stdout_node;
/* Boot only. What only we cannot do with; NULL: nothing. It is told when the
 * UART is known. */
static const char *problem;
static u64 problem_value;
/* Boot only. */
static bool makes_no_sense;

static int find_stdout(const void *fdt)
{
	int chosen = fdt_path_offset(fdt, "/chosen"), length = 0;
	const char *path = fdt_getprop(fdt, chosen, "stdout-path", &length);
	int end = 0;

	if (!path)
		return -1;
	while (end < length && path[end] != '\0' && path[end] != ':')
		end++;
	return fdt_path_offset_namelen(fdt, path, end);
}

static void device(const struct dt_node *node, u32 index, struct boot_range *to)
{
	if (!dt_node_device_reg(node, index, to))
		to->size = 0;
}

/* Whole pages. */
static void add_memory(u64 base, u64 end)
{
	struct host_machine *m = &host_machine;

	base = (base + PAGE - 1) & ~(PAGE - 1);
	end &= ~(PAGE - 1);
	if (base >= end)
		return;
	if (end > MEMORY_END) {
		problem = "the device tree names memory beyond 1 TiB, at";
		problem_value = base;
	} else if (m->memory_count == BOOT_MAX_RANGES) {
		makes_no_sense = true;
	} else {
		m->memory[m->memory_count].base = base;
		m->memory[m->memory_count++].size = end - base;
	}
}

static void read_memory(const struct dt_node *node)
{
	struct boot_range r;
	u32 i;

	for (i = 0; dt_node_reg(node, i, &r); i++)
		if (r.base + r.size < r.base)
			makes_no_sense = true;
		else
			add_memory(r.base, r.base + r.size);
}

/* host_cpus[0] is the CPU that runs now, whatever its place in the tree. */
static void read_cpu(const struct dt_node *node)
{
	struct host_machine *m = &host_machine;
	struct host_cpu *cpu = &host_cpus[0];
	struct boot_range r;

	if (!dt_node_reg(node, 0, &r))
		return;
	if (r.base != host_cpus[0].mpidr) {
		if (m->cpu_count == CONFIG_MAX_CPUS)
			return;
		cpu = &host_cpus[m->cpu_count++];
		cpu->mpidr = r.base;
	}
	cpu->release_addr = dt_prop_number(&node->props[PROP_RELEASE_ADDR]);
}

static void read_gic(const struct dt_node *node, u32 version)
{
	struct host_machine *m = &host_machine;

	m->gic_version = version;
	device(node, 0, &m->gic_dist);
	device(node, 1, &m->gic_cpu);
	if (m->gic_dist.size == 0 || m->gic_cpu.size == 0)
		makes_no_sense = true;
	if (version != 2)
		return;
	device(node, 2, &m->gic_hyp);
	device(node, 3, &m->gic_virtual);
	if (m->gic_hyp.size == 0 || m->gic_virtual.size == 0)
		problem = "the device tree names a GICv2 without a virtual CPU "
			  "interface; version";
	problem_value = version;
}

/* The one that stdout-path names, else the first. Mapped at once: what is wrong
 * with the tree is said there. */
static void read_uart(const struct dt_node *node, bool is_mini)
{
	struct host_machine *m = &host_machine;

	if (m->uart.size != 0 && node->offset != stdout_node)
		return;
	device(node, 0, &m->uart);
	m->uart_is_mini = is_mini;
	host_map_add(m->uart.base, m->uart.size, true);
}

static void read_device(const struct dt_node *node)
{
	struct host_machine *m = &host_machine;

	if (dt_node_is(node, "arm,gic-v3"))
		read_gic(node, 3);
	else if (dt_node_is(node, "arm,cortex-a15-gic") ||
		 dt_node_is(node, "arm,gic-400"))
		read_gic(node, 2);
	else if (dt_node_is(node, "brcm,bcm2835-pm-wdt") ||
		 dt_node_is(node, "brcm,bcm2835-pm") ||
		 dt_node_is(node, "brcm,bcm2711-pm"))
		device(node, 0, &m->power);
	else if (dt_node_is(node, "arm,psci-0.2") ||
		 dt_node_is(node, "arm,psci-1.0"))
		m->has_psci = dt_prop_is(&node->props[PROP_METHOD], "smc");
	else if (dt_node_is(node, "arm,pl011"))
		read_uart(node, false);
	else if (dt_node_is(node, "brcm,bcm2835-aux-uart"))
		read_uart(node, true);
}

/* The last exit= of the boot arguments asks for semihosting. */
static bool wants_semihosting(const struct dt_prop *args)
{
	static const char name[] = "exit=", value[] = "semihosting";
	const char *text = args->data;
	bool wanted = false;
	u32 i;

	for (i = 0; text && i + sizeof(name) <= args->bytes; i++)
		if ((i == 0 || text[i - 1] == ' ') &&
		    __builtin_memcmp(text + i, name, sizeof(name) - 1) == 0)
			wanted = strncmp(text + i + sizeof(name) - 1, value,
					 sizeof(value) - 1) == 0;
	return wanted;
}

static void read_node(const struct dt_node *node)
{
	const struct dt_prop *type = &node->props[PROP_DEVICE_TYPE];

	if (node->depth == 1 && dt_node_is_named(node, "chosen"))
		host_machine.has_semihosting =
			wants_semihosting(&node->props[PROP_BOOTARGS]);
	if (node->depth == 0 || !dt_node_is_enabled(node))
		return;
	if (dt_prop_is(type, "memory"))
		read_memory(node);
	else if (dt_prop_is(type, "cpu"))
		read_cpu(node);
	else if (node->props[PROP_COMPATIBLE].data)
		read_device(node);
}

static void must(int error, const char *what)
{
	if (error < 0)
		host_fail(what, (u64)-error);
}

bool host_tree_read(const void *fdt)
{
	struct host_machine *m = &host_machine;
	u64 image = m->image.base;

	if (dt_check_header(fdt) != 0 ||
	    fdt_check_full(fdt, fdt_totalsize(fdt)) != 0)
		return false;
	stdout_node = find_stdout(fdt);
	must(dt_for_each_node(fdt, read_node),
	     "the device tree cannot be read: libfdt's error");
	if (problem)
		host_fail(problem, problem_value);
	/* The kernel, its bss, and ourselves behind that. */
	return !makes_no_sense && dt_covers(m->memory, m->memory_count, image,
					    (u64)host_end - image);
}

static void set_string(void *tree, int node, const char *name, const char *text)
{
	must(fdt_setprop(tree, node, name, text,
			 (int)__builtin_strlen(text) + 1),
	     "a property of the device tree cannot be set: libfdt's error");
}

/* Changing a node moves what follows it, so each search begins anew. */
static void write_cpus(void *tree)
{
	int cpus = fdt_path_offset(tree, "/cpus");
	int node;
	const char *type;

	for (node = fdt_first_subnode(tree, cpus); node >= 0;
	     node = fdt_next_subnode(tree, node)) {
		type = fdt_getprop(tree, node, "device_type", NULL);
		if (!type || __builtin_strcmp(type, "cpu") != 0)
			continue;
		set_string(tree, node, "enable-method", "psci");
		fdt_delprop(tree, node, "cpu-release-addr");
	}
}

static void write_psci(void *tree)
{
	int node = fdt_path_offset(tree, "/psci");

	if (node < 0)
		node = fdt_add_subnode(tree, 0, "psci");
	must(node, "no room for a psci node: libfdt's error");
	must(fdt_setprop(tree, node, "compatible",
			 "arm,psci-1.0\0arm,psci-0.2", 26),
	     "no room for a psci node: libfdt's error");
	set_string(tree, node, "method", "hvc");
}

void host_tree_write(void *fdt, void *tree, u32 tree_bytes)
{
	/* Loaders give a size that may be far more than what is in it. */
	must(fdt_pack(fdt), "the device tree cannot be packed: libfdt's error");
	must(fdt_open_into(fdt, tree, (int)tree_bytes),
	     "the device tree is larger than the room for it: libfdt's error");
	must(fdt_add_mem_rsv(tree, (u64)host_start,
			     (u64)(host_end - host_start)),
	     "no room in the device tree: libfdt's error");
	write_psci(tree);
	write_cpus(tree);
	must(fdt_pack(tree), "the device tree cannot be packed");
}

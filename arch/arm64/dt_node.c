/*
 * Walks the device tree in one pass. See dt_node.h.
 *
 * Cells are read from the properties by ourselves: libfdt's readers of cell
 * counts use SIMD registers.
 */
#include <libfdt.h>

#include "dt_node.h"

#define MAX_TREE_BYTES (2u << 20)	/* the boot protocol's limit */

/* Cells of one entry of `interrupts` whose parent is a GIC. */
#define GIC_CELLS 3
#define GIC_CELL_TYPE_PPI 1
#define INTID_PPI 16
#define INTID_SPI 32

static const char *const prop_names[PROP_COUNT] = {
	[PROP_ADDRESS_CELLS] = "#address-cells",
	[PROP_SIZE_CELLS] = "#size-cells",
	[PROP_RANGES] = "ranges",
	[PROP_COMPATIBLE] = "compatible",
	[PROP_REG] = "reg",
	[PROP_STATUS] = "status",
	[PROP_DEVICE_TYPE] = "device_type",
	[PROP_INTERRUPTS] = "interrupts",
	[PROP_ENABLE_METHOD] = "enable-method",
	[PROP_METHOD] = "method",
	[PROP_REDIST_REGIONS] = "#redistributor-regions",
	[PROP_NO_MAP] = "no-map",
	[PROP_BOOTARGS] = "bootargs",
	[PROP_STDOUT_PATH] = "stdout-path",
	[PROP_INITRD_START] = "linux,initrd-start",
	[PROP_INITRD_END] = "linux,initrd-end",
	[PROP_RNG_SEED] = "rng-seed",
	[PROP_KASLR_SEED] = "kaslr-seed",
	[PROP_RELEASE_ADDR] = "cpu-release-addr",
};

int dt_check_header(const void *fdt)
{
	int error;

	if (!fdt || ((u64)fdt & 7) != 0)
		return -FDT_ERR_ALIGNMENT;
	error = fdt_check_header(fdt);
	if (error == 0 && fdt_totalsize(fdt) > MAX_TREE_BYTES)
		error = -FDT_ERR_TRUNCATED;
	return error;
}

bool dt_covers(const struct boot_range *ranges, u32 count, u64 base, u64 size)
{
	u64 end = base + size;
	u32 i = 0;

	if (end < base)
		return false;
	while (base < end && i < count) {
		if (base - ranges[i].base < ranges[i].size) {
			base = ranges[i].base + ranges[i].size;
			i = 0;
		} else {
			i++;
		}
	}
	return base >= end;
}

static u32 cell(const void *data, u32 index)
{
	return fdt32_to_cpu(((const fdt32_t *)data)[index]);
}

static u64 cells(const void *data, u32 index, u32 count)
{
	u64 v = 0;

	while (count-- > 0)
		v = v << 32 | cell(data, index++);
	return v;
}

bool dt_prop_is(const struct dt_prop *p, const char *text)
{
	size_t size = __builtin_strlen(text) + 1;

	return p->data && p->bytes >= size &&
	       __builtin_memcmp(p->data, text, size) == 0;
}

const char *dt_prop_string(const struct dt_prop *p)
{
	const char *s = p->data;

	return s && p->bytes > 0 && s[p->bytes - 1] == '\0' ? s : NULL;
}

u64 dt_prop_number(const struct dt_prop *p)
{
	if (p->bytes != 4 && p->bytes != 8)
		return 0;
	return cells(p->data, 0, p->bytes / 4);
}

bool dt_node_is(const struct dt_node *node, const char *compatible)
{
	const struct dt_prop *p = &node->props[PROP_COMPATIBLE];

	return p->data && fdt_stringlist_contains(p->data, (int)p->bytes,
						  compatible);
}

bool dt_node_is_enabled(const struct dt_node *node)
{
	const struct dt_prop *p = &node->props[PROP_STATUS];

	return !p->data || dt_prop_is(p, "okay") || dt_prop_is(p, "ok");
}

bool dt_node_is_named(const struct dt_node *node, const char *name)
{
	size_t length = __builtin_strlen(name);

	return __builtin_strncmp(node->name, name, length) == 0 &&
	       (node->name[length] == '\0' || node->name[length] == '@');
}

bool dt_node_reg(const struct dt_node *node, u32 index, struct boot_range *r)
{
	const struct dt_prop *reg = &node->props[PROP_REG];
	const struct dt_level *parent = &node->levels[node->depth - 1];
	u32 ac = parent->address_cells, sc = parent->size_cells;

	if (node->depth == 0 || ac < 1 || ac > 2 || sc > 2 ||
	    reg->bytes / 4 < (u64)(ac + sc) * (index + 1))
		return false;
	r->base = cells(reg->data, index * (ac + sc), ac);
	r->size = cells(reg->data, index * (ac + sc) + ac, sc);
	return true;
}

/* Moves r from the bus `level` to the bus `above`. Absent ranges: the bus has
 * no window; empty ranges: it is the same space. */
static bool translate(const struct dt_level *level,
		      const struct dt_level *above, struct boot_range *r)
{
	const struct dt_prop *p = &level->ranges;
	u32 ac = level->address_cells, pc = above->address_cells;
	u32 entry = ac + pc + level->size_cells;
	u32 i;

	if (!p->data)
		return false;
	if (p->bytes == 0)
		return true;
	if (ac > 2 || pc > 2 || level->size_cells > 2)
		return false;
	for (i = 0; (i + entry) * 4 <= p->bytes; i += entry) {
		u64 base = cells(p->data, i, ac);
		u64 size = cells(p->data, i + ac + pc, level->size_cells);

		if (r->base < base || r->base - base >= size)
			continue;
		r->base = r->base - base + cells(p->data, i + ac, pc);
		return true;
	}
	return false;
}

bool dt_node_device_reg(const struct dt_node *node, u32 index,
			struct boot_range *r)
{
	u32 depth;

	if (!dt_node_reg(node, index, r) || r->size == 0)
		return false;
	for (depth = node->depth - 1; depth > 0; depth--)
		if (!translate(&node->levels[depth], &node->levels[depth - 1],
			       r))
			return false;
	return true;
}

u32 dt_node_cell_pair(const struct dt_node *node, u32 index, u32 *second)
{
	const struct dt_prop *p = &node->props[PROP_INTERRUPTS];

	if (!p->data || p->bytes < (index + 1) * 8)
		return ~0u;
	*second = cell(p->data, 2 * index + 1);
	return cell(p->data, 2 * index);
}

u32 dt_node_irq(const struct dt_node *node, u32 index)
{
	const struct dt_prop *p = &node->props[PROP_INTERRUPTS];
	u32 at = index * GIC_CELLS;

	if (!p->data || p->bytes < (at + GIC_CELLS) * 4)
		return 0;
	return cell(p->data, at + 1) +
	       (cell(p->data, at) == GIC_CELL_TYPE_PPI ? INTID_PPI : INTID_SPI);
}

static void collect_prop(struct dt_node *node, const char *name,
			 const void *data, int bytes)
{
	u32 i;

	for (i = 0; i < PROP_COUNT; i++) {
		if (__builtin_strcmp(name, prop_names[i]) != 0)
			continue;
		node->props[i].data = data;
		node->props[i].bytes = (u32)bytes;
		return;
	}
}

/* 0, or libfdt's error. */
static int collect_props(const void *fdt, struct dt_node *node)
{
	const char *name;
	const void *data;
	int at, bytes;

	__builtin_memset(node->props, 0, sizeof(node->props));
	fdt_for_each_property_offset(at, fdt, node->offset) {
		data = fdt_getprop_by_offset(fdt, at, &name, &bytes);
		if (!data)
			return bytes;
		collect_prop(node, name, data, bytes);
	}
	return at == -FDT_ERR_NOTFOUND ? 0 : at;
}

/* The defaults are the specification's (2 and 1). */
static void set_level(struct dt_level *level, const struct dt_node *node)
{
	const struct dt_prop *props = node->props;

	level->address_cells = props[PROP_ADDRESS_CELLS].data ?
		(u32)dt_prop_number(&props[PROP_ADDRESS_CELLS]) : 2;
	level->size_cells = props[PROP_SIZE_CELLS].data ?
		(u32)dt_prop_number(&props[PROP_SIZE_CELLS]) : 1;
	level->ranges = props[PROP_RANGES];
	level->is_reserved_memory = node->depth == 1 &&
		dt_node_is_named(node, "reserved-memory");
}

int dt_for_each_node(const void *fdt, void (*fn)(const struct dt_node *))
{
	struct dt_level levels[DT_MAX_DEPTH];
	struct dt_node node;
	int depth = 0, error;

	node.levels = levels;
	for (node.offset = 0; node.offset >= 0 && depth >= 0;
	     node.offset = fdt_next_node(fdt, node.offset, &depth)) {
		if (depth >= DT_MAX_DEPTH)
			continue;
		node.depth = (u32)depth;
		node.name = fdt_get_name(fdt, node.offset, &error);
		if (!node.name)
			return error;
		error = collect_props(fdt, &node);
		if (error)
			return error;
		set_level(&levels[depth], &node);
		fn(&node);
	}
	return node.offset == -FDT_ERR_NOTFOUND || depth < 0 ? 0 : node.offset;
}

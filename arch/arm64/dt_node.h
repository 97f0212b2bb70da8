/*
 * One node of the device tree at a time, with the properties we read and the
 * means to understand its addresses. Private to dt.c and dt_node.c.
 */
#ifndef ARM64_DT_NODE_H
#define ARM64_DT_NODE_H

#include <kernel/boot.h>

enum dt_prop_id {
	PROP_ADDRESS_CELLS,
	PROP_SIZE_CELLS,
	PROP_RANGES,
	PROP_COMPATIBLE,
	PROP_REG,
	PROP_STATUS,
	PROP_DEVICE_TYPE,
	PROP_INTERRUPTS,
	PROP_ENABLE_METHOD,
	PROP_METHOD,
	PROP_REDIST_REGIONS,
	PROP_NO_MAP,
	PROP_BOOTARGS,
	PROP_STDOUT_PATH,
	PROP_INITRD_START,
	PROP_INITRD_END,
	PROP_RNG_SEED,
	PROP_KASLR_SEED,
	PROP_RELEASE_ADDR,
	PROP_COUNT,
};

struct dt_prop {
	const void *data;	/* NULL: absent */
	u32 bytes;
};

/* How a node counts and moves the addresses of its children. */
struct dt_level {
	u32 address_cells;
	u32 size_cells;
	struct dt_prop ranges;
	bool is_reserved_memory;
};

#define DT_MAX_DEPTH 8		/* deeper nodes are skipped */

struct dt_node {
	const char *name;
	int offset;
	u32 depth;			/* the root's is 0 */
	const struct dt_level *levels;	/* of its ancestors, by depth */
	struct dt_prop props[PROP_COUNT];
};

/* 0 if there is a header of a tree that the boot protocol allows, else libfdt's
 * error. */
int dt_check_header(const void *fdt);
/* The ranges, of which none wraps around, together hold all of [base, base +
 * size). */
bool dt_covers(const struct boot_range *ranges, u32 count, u64 base, u64 size);
/* Calls fn for each node, parents first. 0, or libfdt's error. */
int dt_for_each_node(const void *fdt, void (*fn)(const struct dt_node *));

/* The string equals text; a list counts by its first string. */
bool dt_prop_is(const struct dt_prop *p, const char *text);
/* The string, or NULL if absent or not closed. */
const char *dt_prop_string(const struct dt_prop *p);
/* One or two cells; 0 if absent or of another size. */
u64 dt_prop_number(const struct dt_prop *p);

/* compatible lists this string. */
bool dt_node_is(const struct dt_node *node, const char *compatible);
/* status is absent or okay. */
bool dt_node_is_enabled(const struct dt_node *node);
/* Name without unit address. */
bool dt_node_is_named(const struct dt_node *node, const char *name);
/* Entry `index` of reg as the parent counts it; false: none or odd cells. */
bool dt_node_reg(const struct dt_node *node, u32 index, struct boot_range *r);
/* The same, moved through the ranges of all buses above: a CPU's address. */
bool dt_node_device_reg(const struct dt_node *node, u32 index,
			struct boot_range *r);
/* Entry `index` of interrupts as INTID of a GIC; 0 if there is none. */
u32 dt_node_irq(const struct dt_node *node, u32 index);
/* The same of a controller with two cells an interrupt; ~0: there is none. */
u32 dt_node_cell_pair(const struct dt_node *node, u32 index, u32 *second);

#endif

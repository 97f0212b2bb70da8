/*
 * The device tree of the machine, for tests that need a device that is there.
 */
#ifndef DEV_TREE_H
#define DEV_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include <zircon/types.h>

/* A PrimeCell of Arm's: its last words only ever tell what it is. */
struct dev_cell {
	zx_paddr_t page;
	uint32_t part;		/* the low byte of its part number */
};

#define DEV_CELL_PART_OFFSET 0xfe0ul
/* Four words with a byte each, which all cells have. */
#define DEV_CELL_ID_OFFSET 0xff0ul
#define DEV_CELL_ID 0xb105f00du

/*
 * The flattened tree out of the boot items, mapped; NULL if there is none.
 * dev_tree_drop() unmaps it.
 */
const void *dev_tree(void);
void dev_tree_drop(const void *tree);
/* A property of the node at `path`; NULL if there is none. */
const void *dev_tree_property(const void *tree, const char *path, const char *name,
			      size_t *bytes);

/* A clock (PL031) or UART (PL011), whichever this machine has; false: neither. */
bool dev_find_cell(struct dev_cell *out);

#endif

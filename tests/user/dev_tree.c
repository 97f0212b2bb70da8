#include <string.h>

#include <libfdt.h>

#include <jx/runtime.h>
#include <zircon/boot/image.h>
#include <zircon/processargs.h>

#include "dev_tree.h"
#include "vm_util.h"

#define HEADS_BYTES (2 * sizeof(zbi_header_t))

static uint64_t items_pages(void)
{
	uint64_t bytes = 0;

	EXPECT_STATUS(zx_vmo_get_size(jx_startup_handle(PA_VMO_BOOTDATA), &bytes), ZX_OK);
	return bytes / PAGE;
}

/* The kernel makes one item only. */
const void *dev_tree(void)
{
	zx_handle_t vmo = jx_startup_handle(PA_VMO_BOOTDATA);
	const zbi_header_t *heads;

	if (vmo == ZX_HANDLE_INVALID)
		return NULL;
	heads = (const zbi_header_t *)vm_map(vmo, VM_R, items_pages());
	if (!heads)
		return NULL;
	EXPECT_EQ(heads[0].type, ZBI_TYPE_CONTAINER);
	EXPECT_EQ(heads[0].extra, ZBI_CONTAINER_MAGIC);
	EXPECT_EQ(heads[1].type, ZBI_TYPE_DEVICETREE);
	EXPECT_EQ(heads[1].magic, ZBI_ITEM_MAGIC);
	EXPECT_EQ(fdt_check_full(heads + 2, heads[1].length), 0);
	return heads + 2;
}

void dev_tree_drop(const void *tree)
{
	if (tree)
		vm_unmap((zx_vaddr_t)tree - HEADS_BYTES, items_pages());
}

const void *dev_tree_property(const void *tree, const char *path, const char *name,
			      size_t *bytes)
{
	int count = 0;
	const void *data = fdt_getprop(tree, fdt_path_offset(tree, path), name, &count);

	*bytes = data ? (size_t)count : 0;
	return data;
}

/* Number `index` of a list of cells, which has `count` cells. */
static uint64_t number(const fdt32_t *cells, int index, int count)
{
	uint64_t value = 0;

	for (int i = 0; i < count; i++)
		value = value << 32 | fdt32_to_cpu(cells[index + i]);
	return value;
}

/* Moves an address out of a bus, into the space that the bus is in. */
static bool leave_bus(const void *tree, int bus, zx_paddr_t *address)
{
	int own = fdt_address_cells(tree, bus), bytes = 0;
	int above = fdt_address_cells(tree, fdt_parent_offset(tree, bus));
	int entry = own + above + fdt_size_cells(tree, bus);
	const fdt32_t *ranges = fdt_getprop(tree, bus, "ranges", &bytes);

	if (!ranges)
		return false;
	for (int i = 0; (i + entry) * 4 <= bytes; i += entry) {
		uint64_t base = number(ranges, i, own);
		uint64_t size = number(ranges, i + own + above, entry - own - above);

		if (*address - base < size) {
			*address += number(ranges, i + own, above) - base;
			return true;
		}
	}
	/* Empty: the same space. */
	return bytes == 0;
}

/* Where the CPUs see a node's first register. */
static bool address_of(const void *tree, int node, zx_paddr_t *address)
{
	int bus = fdt_parent_offset(tree, node), bytes = 0;
	const fdt32_t *reg = fdt_getprop(tree, node, "reg", &bytes);

	if (!reg || bytes < 4 * fdt_address_cells(tree, bus))
		return false;
	*address = number(reg, 0, fdt_address_cells(tree, bus));
	for (; bus > 0; bus = fdt_parent_offset(tree, bus))
		if (!leave_bus(tree, bus, address))
			return false;
	return bus == 0 && *address % PAGE == 0;
}

static bool is_enabled(const void *tree, int node)
{
	const char *status = fdt_getprop(tree, node, "status", NULL);

	return !status || strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0;
}

static bool find_compatible(const void *tree, const char *compatible, zx_paddr_t *address)
{
	int node = fdt_node_offset_by_compatible(tree, -1, compatible);

	for (; node >= 0; node = fdt_node_offset_by_compatible(tree, node, compatible))
		if (is_enabled(tree, node) && address_of(tree, node, address))
			return true;
	return false;
}

bool dev_find_cell(struct dev_cell *out)
{
	const void *tree = dev_tree();
	bool found = true;

	if (!tree)
		return false;
	if (find_compatible(tree, "arm,pl031", &out->page))
		out->part = 0x31;
	else if (find_compatible(tree, "arm,pl011", &out->page))
		out->part = 0x11;
	else
		found = false;
	dev_tree_drop(tree);
	return found;
}

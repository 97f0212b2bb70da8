/* A writable stretch of memory with a guard page below it: stacks. */
#ifndef LIBZX_REGION_H
#define LIBZX_REGION_H

#include <zircon/types.h>

struct jx_region {
	zx_handle_t vmar;	/* destroying it unmaps all */
	zx_handle_t vmo;
	zx_vaddr_t base;	/* above the guard page */
	size_t bytes;
};

/*
 * Makes one in parent, whose address space may be another process's. bytes is
 * a multiple of the page. The caller closes both handles.
 */
zx_status_t jx_region_map(zx_handle_t parent, const char *name, size_t bytes,
			  struct jx_region *out);

#endif

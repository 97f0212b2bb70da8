/*
 * Files of the initial archive (cpio, newc form), which every program can read
 * through the PA_VMO_BOOTFS handle it was started with.
 */
#ifndef JX_INITRD_H
#define JX_INITRD_H

#include <stdbool.h>
#include <stddef.h>

#include <zircon/types.h>

struct jx_file {
	const char *name;	/* without leading '/' */
	const char *data;	/* in the mapped archive: stays valid */
	size_t size;
	bool is_folder;
};

/* Leading '/' or "./" are ignored. NOT_FOUND, or why there is no archive. */
zx_status_t jx_initrd_find(const char *path, struct jx_file *out);

/*
 * Walks the archive: start with *cursor 0; NOT_FOUND at its end, and
 * IO_DATA_INTEGRITY where it is broken.
 */
zx_status_t jx_initrd_next(size_t *cursor, struct jx_file *out);

#endif

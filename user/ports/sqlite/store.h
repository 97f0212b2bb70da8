/*
 * Where the bytes of SQLite's files live: one mapping per file, whose address
 * never changes. A file of the initrd is read where it lies; others are VMOs
 * that vanish with the program; a paged one is served by a file pager
 * (<jx/paged_file.h>), from the initrd's file if there is one, and can be written.
 */
#ifndef PORTS_SQLITE_STORE_H
#define PORTS_SQLITE_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include <jx/paged_file.h>
#include <zircon/types.h>

/* What one file can grow to; the address space is large, memory comes by touch. */
#define STORE_CAPACITY (256ul << 20)

struct store {
	unsigned char *base;
	size_t size;
	bool read_only;
	zx_handle_t vmo;	/* 0: in the initrd, or paged */
	size_t vmo_size;
	bool is_paged;
	struct jx_paged_file paged;
};

/* True if the initrd has a file of this name. */
bool store_exists(const char *name);

/* Opens the initrd's file, or makes an empty one. Errors: of the kernel calls. */
zx_status_t store_open(const char *name, bool paged, struct store *out);
void store_close(struct store *store);

/* New bytes are 0. NO_SPACE beyond the capacity, ACCESS_DENIED if read only. */
zx_status_t store_resize(struct store *store, size_t size);

/* What a paged one has in memory alone goes to its image. */
zx_status_t store_sync(struct store *store);

#endif

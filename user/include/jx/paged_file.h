/*
 * A file pager in user space: a file is a VMO of a pager, mapped for reading
 * and writing, and a thread supplies its pages from an image when they are
 * first touched. What was written goes back to the image by
 * jx_paged_file_sync(). The image begins as a file of the initrd and lives in
 * memory: it stands for a disk.
 *
 * Any thread may read and write through the mapping; the functions below are
 * for one thread at a time.
 */
#ifndef JX_PAGED_FILE_H
#define JX_PAGED_FILE_H

#include <stddef.h>

#include <zircon/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct jx_paged_file {
	/* The mapping: size bytes of it can be used, and it never moves. */
	char *base;
	size_t size;
	size_t capacity;
	/* The pager's VMO. */
	zx_handle_t vmo;
	struct jx_paged_file_service *service;
};

/*
 * Opens a file of the initrd, or an empty one if there is none of this name.
 * capacity: the most that it can ever grow to. Errors: BUFFER_TOO_SMALL if the
 * file is larger; those of the kernel calls, and then nothing is left.
 */
zx_status_t jx_paged_file_open(const char *name, size_t capacity, struct jx_paged_file *out);

/* New bytes are 0, and those cut off are gone. OUT_OF_RANGE beyond the capacity. */
zx_status_t jx_paged_file_resize(struct jx_paged_file *file, size_t size);

/*
 * Writes what has changed back to the image. What other threads write
 * meanwhile may or may not be among it, and is found by the next call.
 * *pages (may be NULL): how many pages were written.
 */
zx_status_t jx_paged_file_sync(struct jx_paged_file *file, size_t *pages);

/* Bytes of the image as it now is. OUT_OF_RANGE if they lie outside the file. */
zx_status_t jx_paged_file_read_image(struct jx_paged_file *file, size_t offset, void *buffer,
				     size_t bytes);

/* How many pages the thread has supplied so far. */
size_t jx_paged_file_supplied(const struct jx_paged_file *file);

/* Writes back, unmaps, and ends the thread. The image is gone with it. */
zx_status_t jx_paged_file_close(struct jx_paged_file *file);

#ifdef __cplusplus
}
#endif

#endif

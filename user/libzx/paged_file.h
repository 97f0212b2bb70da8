/* Between the parts of the file pager: what its thread and its callers share. */
#ifndef LIBZX_PAGED_FILE_H
#define LIBZX_PAGED_FILE_H

#include <stdatomic.h>

#include <jx/paged_file.h>
#include <jx/runtime.h>
#include <jx/thread.h>

/* The most that one supply takes from the scratch VMO. */
#define SUPPLY_PAGES 64ul

struct jx_paged_file_service {
	zx_handle_t pager, port;
	zx_handle_t vmo;
	/* Pages on their way from the image to the file. */
	zx_handle_t scratch;
	/* The image: a plain VMO, mapped as a whole. */
	zx_handle_t image_vmo;
	char *image;
	size_t capacity;
	struct jx_thread thread;
	/* Guards the bytes of the image. Nobody touches the file's mapping under
	 * it: the thread that would supply the page takes it as well. */
	struct jx_lock lock;
	atomic_size_t supplied;
	/* A page on its way back, of who writes back. */
	char page[ZX_PAGE_SIZE];
};

/* The thread: answers requests until the VMO is detached and COMPLETE comes. */
int jx_paged_file_serve(void *service);

#endif

/*
 * sbrk(): the heap is one VMO mapped as a whole, whose pages come into being
 * when they are touched.
 */
#include <errno.h>
#include <unistd.h>

#include <jx/runtime.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#define HEAP_BYTES (256ul << 20)

static struct jx_lock heap_lock;
/* Under heap_lock. */
static uintptr_t heap_base;
static size_t heap_used;

static zx_status_t heap_map(void)
{
	zx_handle_t vmo;
	zx_status_t status;

	status = zx_vmo_create(HEAP_BYTES, 0, &vmo);
	if (status != ZX_OK)
		return status;
	zx_object_set_property(vmo, ZX_PROP_NAME, "heap", 4);
	status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
			     HEAP_BYTES, &heap_base);
	/* The mapping keeps the memory. */
	zx_handle_close(vmo);
	return status;
}

/* Moves the end of the heap; false if that is impossible. */
static bool heap_move(ptrdiff_t by, void **old_end)
{
	size_t used = heap_used + (size_t)by;

	if (heap_base == 0 && heap_map() != ZX_OK)
		return false;
	if (used > HEAP_BYTES)
		return false;
	*old_end = (void *)(heap_base + heap_used);
	heap_used = used;
	return true;
}

void *sbrk(ptrdiff_t increment)
{
	void *old_end = NULL;
	bool moved;

	jx_lock_acquire(&heap_lock);
	moved = heap_move(increment, &old_end);
	jx_lock_release(&heap_lock);
	if (moved)
		return old_end;
	/* The very first call is made before errno exists. */
	if (jx_thread_pointer())
		errno = ENOMEM;
	return (void *)-1;
}

#include "store.h"

#include <string.h>

#include <jx/initrd.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

/* A VMO grows by at least so much at a time. */
#define STEP (256ul << 10)
/* The image of a paged file lies in memory too. */
#define PAGED_CAPACITY (64ul << 20)

static size_t round_up(size_t bytes, size_t step)
{
	return (bytes + step - 1) / step * step;
}

bool store_exists(const char *name)
{
	struct jx_file file;

	return jx_initrd_find(name, &file) == ZX_OK && !file.is_folder;
}

static zx_status_t open_empty(const char *name, struct store *out)
{
	zx_vaddr_t base;
	zx_status_t status;

	status = zx_vmo_create(0, ZX_VMO_RESIZABLE, &out->vmo);
	if (status != ZX_OK)
		return status;
	zx_object_set_property(out->vmo, ZX_PROP_NAME, name, strlen(name));
	/* The file grows under the mapping. */
	status = zx_vmar_map(zx_vmar_root_self(),
			     ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_ALLOW_FAULTS, 0, out->vmo,
			     0, STORE_CAPACITY, &base);
	if (status != ZX_OK) {
		zx_handle_close(out->vmo);
		return status;
	}
	out->base = (unsigned char *)base;
	return ZX_OK;
}

static zx_status_t open_paged(const char *name, struct store *out)
{
	zx_status_t status = jx_paged_file_open(name, PAGED_CAPACITY, &out->paged);

	if (status != ZX_OK)
		return status;
	out->is_paged = true;
	out->base = (unsigned char *)out->paged.base;
	out->size = out->paged.size;
	return ZX_OK;
}

zx_status_t store_open(const char *name, bool paged, struct store *out)
{
	struct jx_file file;

	*out = (struct store){ .read_only = false };
	if (paged)
		return open_paged(name, out);
	if (!store_exists(name))
		return open_empty(name, out);
	jx_initrd_find(name, &file);
	out->base = (unsigned char *)file.data;
	out->size = file.size;
	out->read_only = true;
	return ZX_OK;
}

void store_close(struct store *store)
{
	if (store->is_paged)
		jx_paged_file_close(&store->paged);
	if (store->vmo == ZX_HANDLE_INVALID)
		return;
	zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)store->base, STORE_CAPACITY);
	zx_handle_close(store->vmo);
}

static zx_status_t resize_paged(struct store *store, size_t size)
{
	zx_status_t status = jx_paged_file_resize(&store->paged, size);

	store->size = store->paged.size;
	return status;
}

zx_status_t store_sync(struct store *store)
{
	return store->is_paged ? jx_paged_file_sync(&store->paged, NULL) : ZX_OK;
}

zx_status_t store_resize(struct store *store, size_t size)
{
	size_t wanted = store->vmo_size;
	zx_status_t status = ZX_OK;

	if (store->is_paged)
		return resize_paged(store, size);
	if (store->read_only)
		return ZX_ERR_ACCESS_DENIED;
	if (size > STORE_CAPACITY)
		return ZX_ERR_NO_SPACE;
	if (size > store->vmo_size)
		wanted = round_up(size + size / 4, STEP);
	else if (size < store->size)
		wanted = round_up(size, ZX_PAGE_SIZE);
	if (wanted > STORE_CAPACITY)
		wanted = STORE_CAPACITY;
	if (wanted != store->vmo_size)
		status = zx_vmo_set_size(store->vmo, wanted);
	if (status != ZX_OK)
		return status;
	store->vmo_size = wanted;
	/* What lies behind the end is 0 when the file grows over it again. */
	if (size < store->size)
		memset(store->base + size, 0, round_up(size, ZX_PAGE_SIZE) - size);
	store->size = size;
	return ZX_OK;
}

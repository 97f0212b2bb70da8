/* A file pager: making, growing, writing back, and the end (<jx/paged_file.h>). */
#include <stdlib.h>
#include <string.h>

#include <jx/initrd.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#include "paged_file.h"

#define MAP_OPTIONS (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

static size_t round_up(size_t bytes)
{
	return (bytes + ZX_PAGE_MASK) & ~ZX_PAGE_MASK;
}

static zx_status_t map(zx_handle_t vmo, zx_vm_option_t options, size_t bytes, char **out)
{
	zx_vaddr_t base = 0;
	zx_status_t status = zx_vmar_map(zx_vmar_root_self(), MAP_OPTIONS | options, 0, vmo, 0,
					 bytes, &base);

	*out = (char *)base;
	return status;
}

static void unmap(char *base, size_t bytes)
{
	if (base)
		zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)base, bytes);
}

/* The image as it stands in the initrd, with room to grow. */
static zx_status_t make_image(const struct jx_file *from, struct jx_paged_file_service *service)
{
	zx_status_t status;

	status = zx_vmo_create(service->capacity, 0, &service->image_vmo);
	if (status == ZX_OK)
		status = map(service->image_vmo, 0, service->capacity, &service->image);
	if (status == ZX_OK)
		memcpy(service->image, from->data, from->size);
	return status;
}

static zx_status_t make_file(size_t size, struct jx_paged_file_service *service,
			     struct jx_paged_file *file)
{
	zx_status_t status;

	status = zx_pager_create(0, &service->pager);
	if (status == ZX_OK)
		status = zx_port_create(0, &service->port);
	if (status == ZX_OK)
		status = zx_vmo_create(SUPPLY_PAGES * ZX_PAGE_SIZE, 0, &service->scratch);
	if (status == ZX_OK)
		status = zx_pager_create_vmo(service->pager, ZX_VMO_RESIZABLE, service->port, 0,
					     size, &service->vmo);
	if (status != ZX_OK)
		return status;
	file->vmo = service->vmo;
	/* The file grows under its mapping. */
	return map(service->vmo, ZX_VM_ALLOW_FAULTS, service->capacity, &file->base);
}

/* Of a file whose thread does not run. Closing 0 is allowed. */
static void free_parts(struct jx_paged_file *file)
{
	struct jx_paged_file_service *service = file->service;

	unmap(file->base, service->capacity);
	unmap(service->image, service->capacity);
	zx_handle_close(service->vmo);
	zx_handle_close(service->image_vmo);
	zx_handle_close(service->scratch);
	zx_handle_close(service->port);
	zx_handle_close(service->pager);
	free(service);
}

zx_status_t jx_paged_file_open(const char *name, size_t capacity, struct jx_paged_file *out)
{
	struct jx_paged_file_service *service;
	struct jx_file from;
	zx_status_t status;

	if (jx_initrd_find(name, &from) != ZX_OK || from.is_folder)
		from = (struct jx_file){ .data = "", .size = 0 };
	if (from.size > capacity)
		return ZX_ERR_BUFFER_TOO_SMALL;
	service = calloc(1, sizeof(*service));
	if (!service)
		return ZX_ERR_NO_MEMORY;
	service->capacity = round_up(capacity);
	*out = (struct jx_paged_file){ .size = from.size, .capacity = service->capacity,
				       .service = service };
	status = make_image(&from, service);
	if (status == ZX_OK)
		status = make_file(round_up(from.size), service, out);
	if (status == ZX_OK)
		status = jx_thread_create(&service->thread, "file-pager", jx_paged_file_serve,
					  service);
	if (status != ZX_OK)
		free_parts(out);
	return status;
}

zx_status_t jx_paged_file_resize(struct jx_paged_file *file, size_t size)
{
	struct jx_paged_file_service *service = file->service;
	size_t old = file->size;
	zx_status_t status = ZX_OK;

	if (size > file->capacity)
		return ZX_ERR_OUT_OF_RANGE;
	/* What is cut off reads as 0 should the file grow again: first in its last page. */
	if (size < old && size < round_up(size))
		memset(file->base + size, 0, round_up(size) - size);
	if (round_up(size) != round_up(old))
		status = zx_vmo_set_size(file->vmo, round_up(size));
	if (status != ZX_OK)
		return status;
	jx_lock_acquire(&service->lock);
	if (round_up(size) < round_up(old))
		memset(service->image + round_up(size), 0, round_up(old) - round_up(size));
	jx_lock_release(&service->lock);
	file->size = size;
	return ZX_OK;
}

zx_status_t jx_paged_file_read_image(struct jx_paged_file *file, size_t offset, void *buffer,
				     size_t bytes)
{
	struct jx_paged_file_service *service = file->service;

	if (offset > file->size || bytes > file->size - offset)
		return ZX_ERR_OUT_OF_RANGE;
	jx_lock_acquire(&service->lock);
	memcpy(buffer, service->image + offset, bytes);
	jx_lock_release(&service->lock);
	return ZX_OK;
}

size_t jx_paged_file_supplied(const struct jx_paged_file *file)
{
	return atomic_load_explicit(&file->service->supplied, memory_order_relaxed);
}

zx_status_t jx_paged_file_close(struct jx_paged_file *file)
{
	struct jx_paged_file_service *service = file->service;
	zx_status_t status = jx_paged_file_sync(file, NULL);

	/* Nobody uses the file any more: COMPLETE is the next packet, and the last. */
	zx_pager_detach_vmo(service->pager, service->vmo);
	jx_thread_join(&service->thread, NULL);
	free_parts(file);
	return status;
}

#include <stdlib.h>
#include <string.h>

#include <jx/vdso.h>

#include "vm_util.h"

/* From user.ld: code, and constants up to the end of .tests. */
extern const char __executable_start[], __tests_end[];

#define CHILD_STACK_PAGES 4

/* --- VMOs ------------------------------------------------------------------ */

zx_handle_t vm_vmo_make(uint64_t pages, uint32_t options)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;

	if (!EXPECT_STATUS(zx_vmo_create(pages * PAGE, options, &vmo), ZX_OK))
		return ZX_HANDLE_INVALID;
	for (uint64_t i = 0; i < pages; i++)
		vm_vmo_set(vmo, i, VM_STAMP(i));
	return vmo;
}

uint64_t vm_vmo_get(zx_handle_t vmo, uint64_t page)
{
	uint64_t value = 0;

	EXPECT_STATUS(zx_vmo_read(vmo, &value, page * PAGE, sizeof(value)), ZX_OK);
	return value;
}

void vm_vmo_set(zx_handle_t vmo, uint64_t page, uint64_t value)
{
	EXPECT_STATUS(zx_vmo_write(vmo, &value, page * PAGE, sizeof(value)), ZX_OK);
}

zx_info_vmo_t vm_vmo_info(zx_handle_t vmo)
{
	zx_info_vmo_t info;

	memset(&info, 0, sizeof(info));
	EXPECT_STATUS(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	return info;
}

zx_handle_t vm_dup(zx_handle_t handle, zx_rights_t rights)
{
	zx_handle_t copy = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_handle_duplicate(handle, rights, &copy), ZX_OK);
	return copy;
}

/* --- Areas ----------------------------------------------------------------- */

bool vm_area_make(struct vm_area *a, uint64_t pages)
{
	a->pages = pages;
	a->vmo = vm_vmo_make(pages, 0);
	return a->vmo != ZX_HANDLE_INVALID &&
	       EXPECT_STATUS(zx_vmar_allocate(zx_vmar_root_self(), VM_CAN_ALL, 0, pages * PAGE,
					      &a->vmar, &a->base), ZX_OK);
}

void vm_area_drop(struct vm_area *a)
{
	zx_vmar_destroy(a->vmar);
	zx_handle_close(a->vmar);
	zx_handle_close(a->vmo);
}

zx_status_t vm_area_map(const struct vm_area *a, zx_vm_option_t perm, uint64_t page,
			uint64_t vmo_page, uint64_t count)
{
	zx_vaddr_t address = 0;
	zx_status_t status = zx_vmar_map(a->vmar, perm | ZX_VM_SPECIFIC, page * PAGE, a->vmo,
					 vmo_page * PAGE, count * PAGE, &address);

	if (status == ZX_OK)
		EXPECT_EQ(address, vm_at(a, page));
	return status;
}

zx_handle_t vm_area_sub(const struct vm_area *a, uint64_t page, uint64_t count)
{
	zx_handle_t vmar = ZX_HANDLE_INVALID;
	zx_vaddr_t address = 0;

	EXPECT_STATUS(zx_vmar_allocate(a->vmar, VM_CAN_ALL | ZX_VM_SPECIFIC, page * PAGE,
				       count * PAGE, &vmar, &address), ZX_OK);
	return vmar;
}

zx_vaddr_t vm_map(zx_handle_t vmo, zx_vm_option_t perm, uint64_t pages)
{
	zx_vaddr_t address = 0;

	EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), perm, 0, vmo, 0, pages * PAGE, &address),
		      ZX_OK);
	return address;
}

void vm_unmap(zx_vaddr_t address, uint64_t pages)
{
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), address, pages * PAGE), ZX_OK);
}

/* --- Looking at memory ----------------------------------------------------- */

zx_status_t vm_probe_read(zx_vaddr_t address)
{
	zx_handle_t scratch;
	zx_status_t status;

	if (!EXPECT_STATUS(zx_vmo_create(PAGE, 0, &scratch), ZX_OK))
		return ZX_ERR_INTERNAL;
	status = zx_vmo_write(scratch, (const void *)address, 0, 1);
	zx_handle_close(scratch);
	return status;
}

zx_status_t vm_probe_write(zx_vaddr_t address)
{
	zx_handle_t scratch;
	zx_status_t status;
	size_t actual;
	uint8_t byte = 0;

	if (!EXPECT_STATUS(zx_vmo_create(PAGE, 0, &scratch), ZX_OK))
		return ZX_ERR_INTERNAL;
	/* If that fails there is nothing to keep. */
	zx_process_read_memory(zx_process_self(), address, &byte, 1, &actual);
	zx_vmo_write(scratch, &byte, 0, 1);
	status = zx_vmo_read(scratch, (void *)address, 0, 1);
	zx_handle_close(scratch);
	return status;
}

bool vm_area_shows(const struct vm_area *a, uint64_t page, uint64_t vmo_page)
{
	return EXPECT_STATUS(vm_probe_read(vm_at(a, page)), ZX_OK) &&
	       EXPECT_EQ(vm_load(vm_at(a, page)), VM_STAMP(vmo_page));
}

bool vm_area_is_gap(const struct vm_area *a, uint64_t page)
{
	return EXPECT_STATUS(vm_probe_read(vm_at(a, page)), ZX_ERR_NOT_FOUND);
}

zx_info_maps_t *vm_maps(zx_handle_t process, size_t *count)
{
	size_t actual = 0, avail = 0, capacity;
	zx_info_maps_t *maps;

	*count = 0;
	if (!EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_PROCESS_MAPS, NULL, 0, NULL,
					      &avail), ZX_OK))
		return NULL;
	/* The block itself may become a mapping of this process. */
	capacity = avail + 8;
	maps = malloc(capacity * sizeof(*maps));
	if (maps)
		EXPECT_STATUS(zx_object_get_info(process, ZX_INFO_PROCESS_MAPS, maps,
						 capacity * sizeof(*maps), &actual, &avail),
			      ZX_OK);
	EXPECT_EQ(actual, avail);
	*count = actual;
	return maps;
}

static bool piece_is(const struct vm_area *a, const zx_info_maps_t *m, const struct vm_piece *p)
{
	return EXPECT_EQ((m->base - a->base) / PAGE, p->page) &&
	       EXPECT_EQ(m->size / PAGE, p->count) &&
	       EXPECT_EQ(m->u.mapping.mmu_flags, p->perm) &&
	       EXPECT_EQ(m->u.mapping.vmo_offset / PAGE, p->vmo_page);
}

bool vm_area_is(const struct vm_area *a, const struct vm_piece *pieces, size_t count)
{
	size_t total, found = 0;
	zx_info_maps_t *maps = vm_maps(zx_process_self(), &total);
	bool good = maps != NULL;

	for (size_t i = 0; good && i < total; i++) {
		if (maps[i].type != ZX_INFO_MAPS_TYPE_MAPPING || maps[i].base < a->base ||
		    maps[i].base >= a->base + a->pages * PAGE)
			continue;
		good = EXPECT_TRUE(found < count) && piece_is(a, &maps[i], &pieces[found]);
		found++;
	}
	free(maps);
	return good && EXPECT_EQ(found, count);
}

/* --- Children -------------------------------------------------------------- */

/* This program's code and constants, copied to the same addresses. */
static bool map_image(const struct vm_child *c)
{
	uint64_t start = (uint64_t)__executable_start;
	uint64_t bytes = (uint64_t)__tests_end - start;
	zx_info_vmar_t root;
	zx_vaddr_t address;
	zx_handle_t vmo;
	bool good;

	if (!EXPECT_STATUS(zx_object_get_info(c->vmar, ZX_INFO_VMAR, &root, sizeof(root), NULL,
					      NULL), ZX_OK) ||
	    !EXPECT_STATUS(zx_vmo_create(bytes, 0, &vmo), ZX_OK))
		return false;
	good = EXPECT_STATUS(zx_vmo_write(vmo, __executable_start, 0, bytes), ZX_OK) &&
	       EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &vmo), ZX_OK) &&
	       EXPECT_STATUS(zx_vmar_map(c->vmar, VM_RX | ZX_VM_SPECIFIC, start - root.base, vmo,
					 0, bytes, &address), ZX_OK);
	zx_handle_close(vmo);
	return good;
}

/* Where the copied table of system calls says. */
static bool map_vdso(const struct vm_child *c)
{
	zx_vaddr_t base = (zx_vaddr_t)jx_vdso_base();

	return EXPECT_STATUS(jx_vdso_map(jx_vdso_vmo(), c->vmar, &base), ZX_OK);
}

bool vm_child_make(struct vm_child *c)
{
	return vm_child_make_bare(c) && map_vdso(c);
}

bool vm_child_make_bare(struct vm_child *c)
{
	zx_handle_t stack;
	bool good;

	memset(c, 0, sizeof(*c));
	good = EXPECT_STATUS(zx_process_create(zx_job_default(), "child", 5, 0, &c->process,
					       &c->vmar), ZX_OK) &&
	       EXPECT_STATUS(zx_thread_create(c->process, "main", 4, 0, &c->thread), ZX_OK) &&
	       map_image(c) &&
	       EXPECT_STATUS(zx_vmo_create(CHILD_STACK_PAGES * PAGE, 0, &stack), ZX_OK);
	if (!good)
		return false;
	c->stack_top = vm_child_map(c, stack, VM_RW, CHILD_STACK_PAGES) + CHILD_STACK_PAGES * PAGE;
	zx_handle_close(stack);
	return true;
}

zx_vaddr_t vm_child_map(const struct vm_child *c, zx_handle_t vmo, zx_vm_option_t perm,
			uint64_t pages)
{
	zx_vaddr_t address = 0;

	EXPECT_STATUS(zx_vmar_map(c->vmar, perm, 0, vmo, 0, pages * PAGE, &address), ZX_OK);
	return address;
}

bool vm_child_start(const struct vm_child *c, vm_child_fn fn, uintptr_t arg)
{
	return EXPECT_STATUS(zx_process_start(c->process, c->thread, (zx_vaddr_t)fn, c->stack_top,
					      ZX_HANDLE_INVALID, arg), ZX_OK);
}

int64_t vm_child_finish(struct vm_child *c)
{
	zx_info_process_t info = { 0 };

	EXPECT_STATUS(zx_object_wait_one(c->process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE,
					 NULL), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(c->process, ZX_INFO_PROCESS, &info, sizeof(info), NULL,
					 NULL), ZX_OK);
	zx_handle_close(c->thread);
	zx_handle_close(c->vmar);
	zx_handle_close(c->process);
	return info.return_code;
}

int64_t vm_child_kill(struct vm_child *c)
{
	EXPECT_STATUS(zx_task_kill(c->process), ZX_OK);
	return vm_child_finish(c);
}

void vm_child_read(zx_handle_t unused, uintptr_t address)
{
	(void)unused;
	(void)*(volatile uint8_t *)address;
	zx_process_exit(1);
}

void vm_child_write(zx_handle_t unused, uintptr_t address)
{
	(void)unused;
	*(volatile uint8_t *)address = 1;
	zx_process_exit(1);
}

void vm_child_call(zx_handle_t unused, uintptr_t address)
{
	(void)unused;
	((void (*)(void))address)();
	zx_process_exit(1);
}

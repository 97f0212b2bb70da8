/*
 * What the memory tests share: regions to work in, VMOs whose pages can be
 * told apart, probes that fail instead of faulting, listings, and bare child
 * processes that may fault.
 */
#ifndef TESTS_VM_UTIL_H
#define TESTS_VM_UTIL_H

#include <stdbool.h>

#include <jx/ktap.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define PAGE ((uint64_t)ZX_PAGE_SIZE)
#define VM_R ZX_VM_PERM_READ
#define VM_W ZX_VM_PERM_WRITE
#define VM_X ZX_VM_PERM_EXECUTE
#define VM_RW (VM_R | VM_W)
#define VM_RX (VM_R | VM_X)
#define VM_CAN_RW (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE)
#define VM_CAN_RWX (VM_CAN_RW | ZX_VM_CAN_MAP_EXECUTE)
#define VM_CAN_ALL (VM_CAN_RWX | ZX_VM_CAN_MAP_SPECIFIC)

/* The first word of page i of a VMO from vm_vmo_make(). */
#define VM_STAMP(i) (0x57a3b00000000000ul + (i))

/* The first byte of the kernel's half. */
#define VM_KERNEL_ADDRESS 0xffff000000000000ul

/* --- VMOs ------------------------------------------------------------------ */

/* A new VMO whose pages carry their stamps; 0 and a failure noted if not. */
zx_handle_t vm_vmo_make(uint64_t pages, uint32_t options);
/* The first word of a page, read and written through the handle. */
uint64_t vm_vmo_get(zx_handle_t vmo, uint64_t page);
void vm_vmo_set(zx_handle_t vmo, uint64_t page, uint64_t value);
zx_info_vmo_t vm_vmo_info(zx_handle_t vmo);
/* A handle to the same object with exactly these rights. */
zx_handle_t vm_dup(zx_handle_t handle, zx_rights_t rights);

/* --- Areas ----------------------------------------------------------------- */

/* A sub-VMAR of the root with all CAN_MAP flags, and a VMO as large. */
struct vm_area {
	zx_handle_t vmar;
	zx_handle_t vmo;
	zx_vaddr_t base;
	uint64_t pages;
};

bool vm_area_make(struct vm_area *a, uint64_t pages);
/* Destroys the VMAR if it still lives, closes both handles. */
void vm_area_drop(struct vm_area *a);
/* Maps `count` pages of the area's VMO from vmo_page on at page `page`. */
zx_status_t vm_area_map(const struct vm_area *a, zx_vm_option_t perm, uint64_t page,
			uint64_t vmo_page, uint64_t count);

static inline zx_vaddr_t vm_at(const struct vm_area *a, uint64_t page)
{
	return a->base + page * PAGE;
}

static inline zx_status_t vm_area_unmap(const struct vm_area *a, uint64_t page, uint64_t count)
{
	return zx_vmar_unmap(a->vmar, vm_at(a, page), count * PAGE);
}

/* A sub-VMAR of `count` pages at page `page` of the area. */
zx_handle_t vm_area_sub(const struct vm_area *a, uint64_t page, uint64_t count);
/* Any mapping of a VMO, in the root VMAR; 0 and a failure noted if not. */
zx_vaddr_t vm_map(zx_handle_t vmo, zx_vm_option_t perm, uint64_t pages);
void vm_unmap(zx_vaddr_t address, uint64_t pages);

/* --- Looking at memory ----------------------------------------------------- */

static inline uint64_t vm_load(zx_vaddr_t address)
{
	return *(volatile uint64_t *)address;
}

static inline void vm_store(zx_vaddr_t address, uint64_t value)
{
	*(volatile uint64_t *)address = value;
}

/*
 * What an access of the program's own would come to: ZX_OK, or the status of
 * its fault (spec/vmar.md 14.2). Both let the kernel touch the memory as a
 * program would; what stands there stays.
 */
zx_status_t vm_probe_read(zx_vaddr_t address);
zx_status_t vm_probe_write(zx_vaddr_t address);
/* Page `page` of the area can be read and shows page vmo_page of its VMO. */
bool vm_area_shows(const struct vm_area *a, uint64_t page, uint64_t vmo_page);
/* Nothing is mapped there. */
bool vm_area_is_gap(const struct vm_area *a, uint64_t page);

/* One entry of a listing, in pages of the area. */
struct vm_piece {
	uint64_t page;
	uint64_t count;
	zx_vm_option_t perm;
	uint64_t vmo_page;
};

/* The area's mappings, as PROCESS_MAPS tells them, are exactly these. */
bool vm_area_is(const struct vm_area *a, const struct vm_piece *pieces, size_t count);
#define VM_AREA_IS(a, ...) \
	vm_area_is(a, (const struct vm_piece[]){ __VA_ARGS__ }, \
		   sizeof((const struct vm_piece[]){ __VA_ARGS__ }) / sizeof(struct vm_piece))

/* All entries of a process; *count of them, to be freed. */
zx_info_maps_t *vm_maps(zx_handle_t process, size_t *count);

/* --- Children -------------------------------------------------------------- */

/*
 * A process with this program's code at its place and a stack, and no data:
 * what runs in it must not use variables that outlive a function.
 */
struct vm_child {
	zx_handle_t process;
	zx_handle_t vmar;
	zx_handle_t thread;
	zx_vaddr_t stack_top;
};

typedef void (*vm_child_fn)(zx_handle_t, uintptr_t);

bool vm_child_make(struct vm_child *c);
/* The same without system calls by their names, so without special regions. */
bool vm_child_make_bare(struct vm_child *c);
/* Maps a whole VMO into it; 0 and a failure noted if not. */
zx_vaddr_t vm_child_map(const struct vm_child *c, zx_handle_t vmo, zx_vm_option_t perm,
			uint64_t pages);
bool vm_child_start(const struct vm_child *c, vm_child_fn fn, uintptr_t arg);
/* Waits for its end (or kills it first), closes all, tells the return code. */
int64_t vm_child_finish(struct vm_child *c);
int64_t vm_child_kill(struct vm_child *c);

/* Functions for children: one access, then exit with 1. */
void vm_child_read(zx_handle_t unused, uintptr_t address);
void vm_child_write(zx_handle_t unused, uintptr_t address);
void vm_child_call(zx_handle_t unused, uintptr_t address);

#endif

/*
 * zx_process_read_memory and zx_process_write_memory (spec/vmar.md 16): copies
 * between the caller's buffer and the VMO behind one mapping of a process.
 * Mapping permissions do not matter.
 */
#include <arch/mmu.h>
#include <kernel/handle.h>
#include <kernel/process.h>
#include <mm/vdso.h>
#include <mm/vmar.h>
#include <mm/vmo.h>
#include <syscall_protos.h>
#include <syscalls/user.h>

#include "era.h"

#define MEMORY_COPY_MAX (64ul << 20)

/* What lies behind an address: a part of a VMO, counted. */
struct span {
	struct vmo *vmo;
	u64 offset;
	u64 bytes;
	bool executable;
	/* Through a mapping that is read-only for good, of a VMO that others show. */
	bool shared;
};

/* Check 7: within the VMO, or refused; the newer era cuts it there. */
static zx_status_t span_clamp(struct span *s)
{
	u64 size = vmo_get_size(s->vmo);

	if (s->offset <= size && s->bytes <= size - s->offset)
		return ZX_OK;
	if (!ERA_PROCESS_MEMORY_TRIMS || s->offset >= size)
		return ZX_ERR_OUT_OF_RANGE;
	s->bytes = size - s->offset;
	return ZX_OK;
}

/* Checks 4 to 7. The VMO is kept beyond an unmap by a reference of its own. */
static zx_status_t span_find(struct process *p, uaddr_t vaddr, u64 bytes,
			     bool is_write, struct span *out)
{
	struct mapping *m;
	zx_status_t status = process_check_alive(p);

	if (status != ZX_OK)
		return status;
	m = aspace_find_mapping(p->aspace, vaddr);
	if (!m)
		return ERA_PROCESS_MEMORY_UNMAPPED;
	out->vmo = m->named;
	out->offset = mapping_vmo_offset(m) + (vaddr - mapping_base(m));
	out->bytes = min_u64(bytes, mapping_end(m) - vaddr);
	out->executable = (m->max_prot & ZX_VM_PERM_EXECUTE) != 0;
	out->shared = !m->is_private && !(m->max_prot & ZX_VM_PERM_WRITE);
	object_ref(&m->named->object);
	mapping_unref(m);
	/* Every process runs what the vDSO's VMO holds, whoever shows it where. */
	status = is_write && vmo_is_vdso(out->vmo) ? ZX_ERR_ACCESS_DENIED
						   : span_clamp(out);
	if (status != ZX_OK)
		object_unref(&out->vmo->object);
	return status;
}

/* The later era keeps what is written from those who share the VMO. The mapping is
 * looked up again behind that: another thread may have put one in its place. */
static zx_status_t span_find_private(struct process *p, uaddr_t vaddr, u64 bytes,
				     struct span *out)
{
	zx_status_t status;

	for (;;) {
		status = span_find(p, vaddr, bytes, true, out);
		if (status != ZX_OK || !out->shared)
			return status;
		object_unref(&out->vmo->object);
		status = aspace_make_private(p->aspace, vaddr);
		if (status != ZX_OK)
			return status;
	}
}

/* The order of the checks before the look-up of the mapping. */
static zx_status_t find(zx_handle_t handle, zx_rights_t rights, uaddr_t vaddr,
			uaddr_t buffer, u64 bytes, struct span *out)
{
	bool is_write = !(rights & ZX_RIGHT_READ);
	struct process *p;
	struct object *o;
	zx_status_t status;

	if (!buffer || bytes == 0 || bytes > MEMORY_COPY_MAX)
		return ZX_ERR_INVALID_ARGS;
	status = handle_get(handle, ZX_OBJ_TYPE_PROCESS, rights, &o);
	if (status != ZX_OK)
		return status;
	p = process_from_object(o);
	if (is_write && ERA_PROCESS_WRITE_IS_PRIVATE)
		status = span_find_private(p, vaddr, bytes, out);
	else
		status = span_find(p, vaddr, bytes, is_write, out);
	object_unref(o);
	return status;
}

zx_status_t sys_process_read_memory(zx_handle_t handle, zx_vaddr_t vaddr,
				    uaddr_t buffer, size_t buffer_size,
				    uaddr_t actual)
{
	struct span s;
	zx_status_t status = find(handle, ZX_RIGHT_READ | ZX_RIGHT_WRITE,
				  vaddr, buffer, buffer_size, &s);

	if (status != ZX_OK)
		return status;
	status = vmo_read_user(s.vmo, buffer, s.offset, s.bytes);
	object_unref(&s.vmo->object);
	return status == ZX_OK ? user_put_u64(actual, s.bytes) : status;
}

/* New instructions become visible to instruction fetch (spec/vmar.md 14.3).
 * One page at a time under the VMO's lock, which keeps the frame. */
static void sync_instructions(const struct span *s)
{
	u64 end = vmo_index(s->vmo, s->offset + s->bytes + PAGE_MASK);
	u64 index = vmo_index(s->vmo, s->offset);
	struct page *page;
	bool found;

	do {
		mutex_lock(s->vmo->lock);
		found = vmo_next_resident_locked(s->vmo->base, &index, end, &page);
		if (found)
			arch_sync_icache_page(page);
		mutex_unlock(s->vmo->lock);
		index++;
	} while (found && index < end);
}

zx_status_t sys_process_write_memory(zx_handle_t handle, zx_vaddr_t vaddr,
				     uaddr_t buffer, size_t buffer_size,
				     uaddr_t actual)
{
	struct span s;
	zx_status_t status = find(handle, ZX_RIGHT_WRITE, vaddr, buffer,
				  buffer_size, &s);

	if (status != ZX_OK)
		return status;
	status = vmo_write_user(s.vmo, buffer, s.offset, s.bytes);
	if (status == ZX_OK && s.executable)
		sync_instructions(&s);
	object_unref(&s.vmo->object);
	return status == ZX_OK ? user_put_u64(actual, s.bytes) : status;
}

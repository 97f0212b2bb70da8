/*
 * zx_vmo_op_range (vmo.md 4): rights of each operation, and the way to it.
 */
#include <kernel/boot.h>
#include <kernel/handle.h>
#include <mm/discardable.h>
#include <mm/vmo_cache.h>
#include <mm/vmo_hint.h>
#include <syscall_protos.h>
#include <syscalls/user.h>

#include "era.h"

struct range {
	u64 offset;
	u64 bytes;
	uaddr_t buffer;		/* LOCK */
	size_t buffer_bytes;
};

#define NO_RIGHT_NEEDED UINT32_MAX

/* Rights of which one suffices; 0: no such operation. */
static const zx_rights_t op_rights[] = {
	[ZX_VMO_OP_COMMIT] = ZX_RIGHT_WRITE,
	[ZX_VMO_OP_DECOMMIT] = ZX_RIGHT_WRITE,
	[ZX_VMO_OP_LOCK] = ZX_RIGHT_READ | ZX_RIGHT_WRITE,
	[ZX_VMO_OP_UNLOCK] = ZX_RIGHT_READ | ZX_RIGHT_WRITE,
	[ZX_VMO_OP_CACHE_SYNC] = ZX_RIGHT_READ,
	[ZX_VMO_OP_CACHE_INVALIDATE] = ZX_RIGHT_WRITE,
	[ZX_VMO_OP_CACHE_CLEAN] = ZX_RIGHT_READ,
	[ZX_VMO_OP_CACHE_CLEAN_INVALIDATE] = ZX_RIGHT_READ,
	[ZX_VMO_OP_ZERO] = ZX_RIGHT_WRITE,
	[ZX_VMO_OP_TRY_LOCK] = ZX_RIGHT_READ | ZX_RIGHT_WRITE,
	[ZX_VMO_OP_DONT_NEED] = NO_RIGHT_NEEDED,
	[ZX_VMO_OP_ALWAYS_NEED] = NO_RIGHT_NEEDED,
	[ZX_VMO_OP_PREFETCH] = ZX_RIGHT_READ,
};

static bool invalidate_is_refused(void)
{
	return ERA_VMO_INVALIDATE_IS_DEBUG &&
	       !boot_has_arg("kernel.enable-debugging-syscalls");
}

/* What a handle without the right is told: some operations are refused before
 * rights are looked at (4.5, 4.6). */
static __attribute__((noinline)) zx_status_t denied(const struct vmo *v, u32 op)
{
	bool is_lock = op == ZX_VMO_OP_LOCK || op == ZX_VMO_OP_UNLOCK;

	if (op >= ARRAY_SIZE(op_rights) || !op_rights[op])
		return ZX_ERR_INVALID_ARGS;
	if (op == ZX_VMO_OP_CACHE_INVALIDATE && invalidate_is_refused())
		return ZX_ERR_NOT_SUPPORTED;
	if (is_lock && !ERA_VMO_LOCK_RIGHTS_FIRST && !v->discardable)
		return ZX_ERR_NOT_SUPPORTED;
	return ZX_ERR_ACCESS_DENIED;
}

static zx_status_t cache_op(struct vmo *v, u32 op, const struct range *r)
{
	enum vmo_cache_op which = VMO_CACHE_SYNC;

	if (op == ZX_VMO_OP_CACHE_INVALIDATE && invalidate_is_refused())
		return ZX_ERR_NOT_SUPPORTED;
	if (op == ZX_VMO_OP_CACHE_INVALIDATE)
		which = VMO_CACHE_INVALIDATE;
	else if (op == ZX_VMO_OP_CACHE_CLEAN)
		which = VMO_CACHE_CLEAN;
	else if (op == ZX_VMO_OP_CACHE_CLEAN_INVALIDATE)
		which = VMO_CACHE_CLEAN_INVALIDATE;
	return vmo_cache_op(v, which, r->offset, r->bytes,
			    ERA_VMO_CACHE_OPS_ON_PHYSICAL);
}

/* vmo.md 12: the lock is taken back if its caller cannot be told. */
static zx_status_t lock(struct vmo *v, const struct range *r)
{
	struct vmo_lock_receipt receipt;
	zx_status_t status = vmo_lock(v, r->offset, r->bytes, &receipt);

	if (status != ZX_OK)
		return status;
	if (r->buffer_bytes >= sizeof(receipt.state) &&
	    user_write(r->buffer, &receipt.state, sizeof(receipt.state)) ==
		    ZX_OK)
		return ZX_OK;
	vmo_lock_take_back(v, &receipt);
	return ZX_ERR_INVALID_ARGS;
}

static zx_status_t do_op(struct vmo *v, u32 op, const struct range *r)
{
	switch (op) {
	case ZX_VMO_OP_COMMIT:
		return vmo_commit_range(v, r->offset, r->bytes,
					ERA_VMO_RANGE_TRIMS);
	case ZX_VMO_OP_DECOMMIT:
		return vmo_decommit_range(v, r->offset, r->bytes,
					  ERA_VMO_RANGE_TRIMS);
	case ZX_VMO_OP_ZERO:
		return vmo_zero_range(v, r->offset, r->bytes,
				      ERA_VMO_RANGE_TRIMS);
	case ZX_VMO_OP_LOCK:
		return lock(v, r);
	case ZX_VMO_OP_UNLOCK:
		return vmo_unlock(v, r->offset, r->bytes);
	case ZX_VMO_OP_TRY_LOCK:
		return vmo_try_lock(v, r->offset, r->bytes);
	case ZX_VMO_OP_DONT_NEED:
		return vmo_dont_need(v, r->offset, r->bytes);
	case ZX_VMO_OP_ALWAYS_NEED:
		return vmo_always_need(v, r->offset, r->bytes,
				       ERA_ALWAYS_NEED_IN_RUNS);
	case ZX_VMO_OP_PREFETCH:
		return vmo_prefetch(v, r->offset, r->bytes);
	}
	return cache_op(v, op, r);
}

zx_status_t sys_vmo_op_range(zx_handle_t handle, uint32_t op, uint64_t offset,
			     uint64_t size, uaddr_t buffer, size_t buffer_size)
{
	struct range r = { offset, size, buffer, buffer_size };
	struct handle_ref h;
	struct vmo *v;
	zx_status_t status = handle_get_ref(handle, ZX_OBJ_TYPE_VMO, 0, &h);

	if (status != ZX_OK)
		return status;
	v = vmo_from_object(h.object);
	if (__builtin_expect(op < ARRAY_SIZE(op_rights), 1) &&
	    (op_rights[op] == NO_RIGHT_NEEDED || (op_rights[op] & h.rights)))
		status = do_op(v, op, &r);
	else
		status = denied(v, op);
	object_unref(h.object);
	return status;
}

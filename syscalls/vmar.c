/*
 * zx_vmar_*: checks of handles and pure values in the order of spec/vmar.md,
 * answers of the era. The work is in mm/.
 */
#include <arch/usercopy.h>
#include <kernel/policy.h>
#include <mm/discardable.h>
#include <mm/vmar.h>
#include <syscall_protos.h>

#include "era.h"

#define PERM_RWX (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE)
#define CAN_MAP_RWX (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | \
		     ZX_VM_CAN_MAP_EXECUTE)
#define ALIGN_MASK (0xffu << ZX_VM_ALIGN_BASE)
#define DEFINED_FLAGS (PERM_RWX | ZX_VM_COMPACT | ZX_VM_SPECIFIC | \
		       ZX_VM_SPECIFIC_OVERWRITE | ZX_VM_CAN_MAP_SPECIFIC | \
		       CAN_MAP_RWX | ZX_VM_MAP_RANGE | \
		       ZX_VM_REQUIRE_NON_RESIZABLE | ZX_VM_ALLOW_FAULTS | \
		       ZX_VM_OFFSET_IS_UPPER_LIMIT | ALIGN_MASK | \
		       ERA_VM_LATER_FLAGS)
#define PLACEMENT_FLAGS (ZX_VM_SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE | \
			 ZX_VM_OFFSET_IS_UPPER_LIMIT | ALIGN_MASK)

/* PERM bits, rights bits and CAN_MAP bits are the same three in a row. */
#define PERM_TO_RIGHT_SHIFT 2
#define PERM_TO_CAN_MAP_SHIFT 7
_Static_assert(ZX_RIGHT_READ == ZX_VM_PERM_READ << PERM_TO_RIGHT_SHIFT &&
	       ZX_RIGHT_WRITE == ZX_VM_PERM_WRITE << PERM_TO_RIGHT_SHIFT &&
	       ZX_RIGHT_EXECUTE == ZX_VM_PERM_EXECUTE << PERM_TO_RIGHT_SHIFT,
	       "permissions and rights run in parallel");
_Static_assert(ZX_VM_CAN_MAP_READ == ZX_VM_PERM_READ << PERM_TO_CAN_MAP_SHIFT &&
	       ZX_VM_CAN_MAP_EXECUTE == ZX_VM_PERM_EXECUTE
						<< PERM_TO_CAN_MAP_SHIFT,
	       "permissions and CAN_MAP flags run in parallel");

static zx_rights_t perm_to_rights(u32 perm)
{
	return perm << PERM_TO_RIGHT_SHIFT;
}

static u32 rights_to_perm(zx_rights_t rights)
{
	return (rights >> PERM_TO_RIGHT_SHIFT) & PERM_RWX;
}

static u32 can_map_to_perm(u32 flags)
{
	return (flags >> PERM_TO_CAN_MAP_SHIFT) & PERM_RWX;
}

/* What an era that has no execute-only mappings makes of options: this machine
 * has none, so the flag adds READ. */
static u32 without_xom(u32 options)
{
	if (options & ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED & ERA_VM_LATER_FLAGS)
		options |= ZX_VM_PERM_READ;
	return options;
}

/* spec 2.5: write and execute need read. */
static bool perms_are_consistent(u32 options)
{
	return !(options & (ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE)) ||
	       (options & ZX_VM_PERM_READ);
}

/* spec 4.2, 5.8: no unknown bit, and an alignment of 1 KiB to 4 GiB or none. */
static bool flags_are_defined(u32 options)
{
	u32 align = (options & ALIGN_MASK) >> ZX_VM_ALIGN_BASE;

	return !(options & ~DEFINED_FLAGS) &&
	       (align == 0 || (align >= 10 && align <= 32));
}

/* The era's names for what mm says about placement. */
static zx_status_t placement_status(zx_status_t status)
{
	if (status == ZX_ERR_ALREADY_EXISTS)
		return ERA_PLACE_COLLIDES;
	if (status == ZX_ERR_NO_RESOURCES)
		return ERA_NO_GAP;
	return status;
}

/* --- zx_vmar_allocate (spec 4) -------------------------------------------- */

static zx_status_t check_allocate_options(u32 options, u64 size)
{
	u32 allowed = ZX_VM_COMPACT | ZX_VM_SPECIFIC | CAN_MAP_RWX |
		      ZX_VM_OFFSET_IS_UPPER_LIMIT | ZX_VM_CAN_MAP_SPECIFIC |
		      ALIGN_MASK;

	if (!flags_are_defined(options) || (options & PERM_RWX) ||
	    !is_page_aligned(size) || (options & ~allowed))
		return ZX_ERR_INVALID_ARGS;
	return ZX_OK;
}

/* Outputs last: on a failure the region is gone and neither is written (the
 * address may be, if only the handle's pointer is bad). */
static zx_status_t publish_vmar(struct vmar *v, uaddr_t child_vmar,
				uaddr_t child_addr)
{
	zx_rights_t rights = VMAR_BASE_RIGHTS |
			     perm_to_rights(can_map_to_perm(v->flags));
	struct handle_slot slot;
	zx_status_t status = handle_reserve(handle_table_current(), &slot);

	if (status != ZX_OK)
		return status;
	if (put_user_u64(child_addr, v->base) != ZX_OK ||
	    put_user_u32(child_vmar, slot.value) != ZX_OK) {
		handle_cancel(&slot);
		return ZX_ERR_INVALID_ARGS;
	}
	handle_publish(&slot, &v->object, rights);
	return ZX_OK;
}

zx_status_t sys_vmar_allocate(zx_handle_t parent_vmar, zx_vm_option_t options,
			      size_t offset, size_t size, uaddr_t child_vmar,
			      uaddr_t child_addr)
{
	struct vmar_placement where = { options & PLACEMENT_FLAGS, offset,
					size };
	struct object *parent;
	struct vmar *child;
	zx_status_t status;

	status = handle_get(parent_vmar, ZX_OBJ_TYPE_VMAR,
			    perm_to_rights(can_map_to_perm(options)), &parent);
	if (status != ZX_OK)
		return status;
	status = check_allocate_options(options, size);
	if (status == ZX_OK)
		status = vmar_allocate(vmar_from_object(parent), &where,
				       options & (CAN_MAP_RWX | ZX_VM_COMPACT |
						  ZX_VM_CAN_MAP_SPECIFIC),
				       &child);
	object_unref(parent);
	if (status != ZX_OK)
		return placement_status(status);
	status = publish_vmar(child, child_vmar, child_addr);
	if (status != ZX_OK)
		status_ignore(vmar_destroy(child));
	object_unref(&child->object);
	return status;
}

/* --- zx_vmar_map (spec 5) ------------------------------------------------- */

struct map_args {
	struct handle_ref vmar;
	struct handle_ref vmo;
	u32 options;
	struct vmar_placement where;
	u64 vmo_offset;
	u64 len;
	uaddr_t mapped_addr;
};

static const struct vmo *map_vmo(const struct map_args *a)
{
	return vmo_from_object(a->vmo.object);
}

/* What would be writable and executable at once is for the job's policy. */
static inline zx_status_t check_wx_policy(u32 perm)
{
	const u32 wx = ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE;

	return (perm & wx) == wx ? policy_check(ZX_POL_VMAR_WX) : ZX_OK;
}

/* Checks 3 to 8. */
static zx_status_t check_map_permissions(const struct map_args *a)
{
	u32 perm = a->options & PERM_RWX;
	u32 can = rights_to_perm(a->vmar.rights & a->vmo.rights);

	if (!(a->vmo.rights & ZX_RIGHT_MAP))
		return ZX_ERR_ACCESS_DENIED;
	if (!perms_are_consistent(a->options))
		return ZX_ERR_INVALID_ARGS;
	if ((a->options & ZX_VM_MAP_RANGE) &&
	    (a->options & ZX_VM_SPECIFIC_OVERWRITE))
		return ZX_ERR_INVALID_ARGS;
	if (a->options & CAN_MAP_RWX)
		return ZX_ERR_INVALID_ARGS;
	if (perm & ~can)
		return ZX_ERR_ACCESS_DENIED;
	if (!flags_are_defined(a->options))
		return ZX_ERR_INVALID_ARGS;
	return check_wx_policy(perm);
}

/* Checks 9 and 10, and what the latest era asks of faults past an end. */
static zx_status_t check_map_flags(const struct map_args *a)
{
	if ((a->options & ZX_VM_REQUIRE_NON_RESIZABLE) &&
	    (map_vmo(a)->options & ZX_VMO_RESIZABLE))
		return ZX_ERR_NOT_SUPPORTED;
	if (a->options & (ZX_VM_COMPACT | ZX_VM_CAN_MAP_SPECIFIC))
		return ZX_ERR_INVALID_ARGS;
	if ((a->options & ZX_VM_FAULT_BEYOND_STREAM_SIZE) &&
	    !(a->options & ZX_VM_ALLOW_FAULTS))
		return ZX_ERR_INVALID_ARGS;
	if ((a->options & ZX_VM_FAULT_BEYOND_STREAM_SIZE) &&
	    map_vmo(a)->base->kind != VMO_PAGED)
		return ZX_ERR_NOT_SUPPORTED;
	/* Both eras: what can be discarded is only of the latest (vmo.md 12). */
	if (vmo_is_discardable(map_vmo(a)) &&
	    !(a->options & ZX_VM_ALLOW_FAULTS))
		return ZX_ERR_NOT_SUPPORTED;
	return ZX_OK;
}

/* Checks 11 and 12; rounds the length up. */
static zx_status_t check_map_range(struct map_args *a)
{
	const struct vmar *v = vmar_from_object(a->vmar.object);
	u64 end;

	if (a->options & PERM_RWX & ~can_map_to_perm(v->flags))
		return ZX_ERR_ACCESS_DENIED;
	if (!is_page_aligned(a->vmo_offset))
		return ZX_ERR_INVALID_ARGS;
	if (!round_up_page(a->len, &a->where.size) ||
	    __builtin_add_overflow(a->vmo_offset, a->where.size, &end))
		return ERA_MAP_OFFSET_WRAPS;
	return ZX_OK;
}

static zx_status_t map(struct map_args *a)
{
	struct vmar *v = vmar_from_object(a->vmar.object);
	zx_status_t status = check_map_permissions(a);
	uaddr_t base;

	if (status == ZX_OK)
		status = check_map_flags(a);
	if (status == ZX_OK)
		status = check_map_range(a);
	if (status != ZX_OK)
		return status;
	status = vmar_map(v, &a->where, vmo_from_object(a->vmo.object),
			  a->vmo_offset, a->options & PERM_RWX,
			  rights_to_perm(a->vmar.rights & a->vmo.rights),
			  a->options & ZX_VM_MAP_RANGE, &base);
	if (status != ZX_OK)
		return placement_status(status);
	if (put_user_u64(a->mapped_addr, base) == ZX_OK)
		return ZX_OK;
	vmar_undo_map(v, base, a->where.size);
	return ZX_ERR_INVALID_ARGS;
}

zx_status_t sys_vmar_map(zx_handle_t handle, zx_vm_option_t options,
			 size_t vmar_offset, zx_handle_t vmo,
			 uint64_t vmo_offset, size_t len, uaddr_t mapped_addr)
{
	struct map_args a;
	zx_status_t status;

	/* One by one: an initialiser would clear the rest first. */
	options = without_xom(options);
	a.options = options;
	a.where.options = options & (PLACEMENT_FLAGS |
				     ZX_VM_FAULT_BEYOND_STREAM_SIZE);
	a.where.offset = vmar_offset;
	a.vmo_offset = vmo_offset;
	a.len = len;
	a.mapped_addr = mapped_addr;
	status = handle_get_ref(handle, ZX_OBJ_TYPE_VMAR, 0, &a.vmar);
	if (status != ZX_OK)
		return status;
	status = handle_get_ref(vmo, ZX_OBJ_TYPE_VMO, 0, &a.vmo);
	if (status == ZX_OK) {
		status = map(&a);
		object_unref(a.vmo.object);
	}
	object_unref(a.vmar.object);
	return status;
}

/* --- zx_vmar_unmap, zx_vmar_destroy (spec 6, 8) --------------------------- */

/* What lies in sub-VMARs is the handle's to change. */
static bool may_enter(zx_rights_t rights)
{
	return !ERA_OP_CHILDREN_COUNTS || (rights & ZX_RIGHT_OP_CHILDREN);
}

static zx_status_t unmap(const struct handle_ref *h, uaddr_t addr, u64 len)
{
	zx_status_t status;
	u64 size;

	if (!is_page_aligned(addr) || len == 0 || !round_up_page(len, &size))
		return ZX_ERR_INVALID_ARGS;
	if (ERA_UNMAP_REFUSES_UNALIGNED_LEN && size != len)
		return ZX_ERR_INVALID_ARGS;
	status = vmar_unmap(vmar_from_object(h->object), addr, size,
			    may_enter(h->rights));
	return status == ZX_ERR_NOT_FOUND ? ERA_UNMAP_NOTHING : status;
}

zx_status_t sys_vmar_unmap(zx_handle_t handle, zx_vaddr_t addr, size_t len)
{
	struct handle_ref h;
	zx_status_t status = handle_get_ref(handle, ZX_OBJ_TYPE_VMAR, 0, &h);

	if (status != ZX_OK)
		return status;
	status = unmap(&h, addr, len);
	object_unref(h.object);
	return status;
}

zx_status_t sys_vmar_destroy(zx_handle_t handle)
{
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMAR,
					ERA_DESTROY_RIGHTS, &o);

	if (status != ZX_OK)
		return status;
	if (ERA_DESTROY_ROOT_REFUSED && !vmar_from_object(o)->parent)
		status = ZX_ERR_NOT_SUPPORTED;
	else
		status = vmar_destroy(vmar_from_object(o));
	object_unref(o);
	return status;
}

/* --- zx_vmar_protect (spec 7) --------------------------------------------- */

static zx_status_t protect(const struct handle_ref *h, u32 options,
			   uaddr_t addr, u64 len)
{
	zx_status_t status;
	u64 size;

	if (!perms_are_consistent(options) || !is_page_aligned(addr) ||
	    (options & ~(PERM_RWX | (ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED &
				     ERA_VM_LATER_FLAGS))))
		return ZX_ERR_INVALID_ARGS;
	if (len == 0 || !round_up_page(len, &size))
		return ZX_ERR_INVALID_ARGS;
	status = check_wx_policy(options);
	if (status != ZX_OK)
		return status;
	return vmar_protect(vmar_from_object(h->object), addr, size,
			    options & PERM_RWX,
			    ERA_PROTECT_DESCENDS && may_enter(h->rights));
}

zx_status_t sys_vmar_protect(zx_handle_t handle, zx_vm_option_t options,
			     zx_vaddr_t addr, size_t len)
{
	struct handle_ref h;
	zx_status_t status;

	options = without_xom(options);
	status = handle_get_ref(handle, ZX_OBJ_TYPE_VMAR,
				perm_to_rights(options & PERM_RWX), &h);
	if (status != ZX_OK)
		return status;
	status = protect(&h, options, addr, len);
	object_unref(h.object);
	return status;
}

/* --- zx_vmar_op_range (spec 9) -------------------------------------------- */

/* What an operation wants: the handle's rights, and whether it may go on into
 * sub-VMARs, and with which right. */
struct op_rule {
	bool known;
	zx_rights_t rights;
	bool enters;
};

/* The later table of spec 9. */
static struct op_rule later_rule(u32 op)
{
	switch (op) {
	case ZX_VMAR_OP_COMMIT:
	case ZX_VMAR_OP_DECOMMIT:
		return (struct op_rule){ true, ZX_RIGHT_WRITE, false };
	case ZX_VMAR_OP_PREFETCH:
		return (struct op_rule){ true, ZX_RIGHT_READ, false };
	case ZX_VMAR_OP_MAP_RANGE:
		return (struct op_rule){ true, ZX_RIGHT_READ, true };
	case ZX_VMAR_OP_ZERO:
		return (struct op_rule){ true, ZX_RIGHT_WRITE, true };
	case ZX_VMAR_OP_DONT_NEED:
	case ZX_VMAR_OP_ALWAYS_NEED:
		return (struct op_rule){ true, 0, true };
	}
	return (struct op_rule){ false, 0, false };
}

static struct op_rule rule_of(u32 op)
{
	if (ERA_OP_RANGE_IS_EXTENDED)
		return later_rule(op);
	return (struct op_rule){ op == ZX_VMAR_OP_DECOMMIT, ZX_RIGHT_WRITE,
				 true };
}

/* D7: the numbers that zx_vmo_op_range knows in some era (spec/README 3). */
static bool is_vmo_op(u32 op)
{
	return op >= ZX_VMO_OP_COMMIT && op <= 14 && op != 5;
}

static zx_status_t op_range(const struct handle_ref *h, u32 op, uaddr_t address,
			    u64 size, uaddr_t buffer, size_t buffer_size)
{
	struct vmar *v = vmar_from_object(h->object);
	struct op_rule rule = rule_of(op);
	u64 rounded;

	if (buffer != 0 || buffer_size != 0)
		return ZX_ERR_INVALID_ARGS;
	if (!rule.known)
		return is_vmo_op(op) ? ERA_OP_RANGE_OTHER_OP
				     : ZX_ERR_INVALID_ARGS;
	if (rule.rights & ~h->rights)
		return ZX_ERR_ACCESS_DENIED;
	if (size == 0 || !is_page_aligned(address) ||
	    !round_up_page(size, &rounded))
		return ZX_ERR_INVALID_ARGS;
	if (ERA_OP_RANGE_REFUSES_UNALIGNED_SIZE && rounded != size)
		return ZX_ERR_INVALID_ARGS;
	if (ERA_OP_RANGE_LOOKS_AT_RANGE_FIRST &&
	    !vmar_contains(v, address, rounded))
		return ZX_ERR_OUT_OF_RANGE;
	return vmar_op_range(v, op, address, rounded,
			     rule.enters && may_enter(h->rights));
}

zx_status_t sys_vmar_op_range(zx_handle_t handle, uint32_t op,
			      zx_vaddr_t address, size_t size, uaddr_t buffer,
			      size_t buffer_size)
{
	struct handle_ref h;
	zx_status_t status = handle_get_ref(handle, ZX_OBJ_TYPE_VMAR, 0, &h);

	if (status != ZX_OK)
		return status;
	status = op_range(&h, op, address, size, buffer, buffer_size);
	object_unref(h.object);
	return status;
}

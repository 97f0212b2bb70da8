/*
 * zx_vmo_create_child (vmo.md 5): options, rights and names of children.
 */
#include <kernel/policy.h>
#include <mm/vmo.h>
#include <syscall_protos.h>

#include "era.h"

#define MODIFIERS (ZX_VMO_CHILD_RESIZABLE | ZX_VMO_CHILD_NO_WRITE)
#define CLONE_KINDS (ZX_VMO_CHILD_SNAPSHOT | ZX_VMO_CHILD_SNAPSHOT_MODIFIED | \
		     ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE)

static bool is_clone(u32 options)
{
	return options & CLONE_KINDS;
}

/* Exactly one kind, and nothing that the kind does not know (5.1, 5.8). */
static zx_status_t choose_kind(u32 options, enum vmo_child_kind *kind)
{
	switch (options & ~MODIFIERS & ERA_VMO_CHILD_OPTIONS) {
	case ZX_VMO_CHILD_SNAPSHOT:
		*kind = VMO_CHILD_SNAPSHOT;
		break;
	case ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE:
		*kind = VMO_CHILD_AT_LEAST_ON_WRITE;
		break;
	case ZX_VMO_CHILD_SNAPSHOT_MODIFIED:
		*kind = VMO_CHILD_MODIFIED;
		break;
	case ZX_VMO_CHILD_SLICE:
		if (options & ZX_VMO_CHILD_RESIZABLE)
			return ZX_ERR_INVALID_ARGS;
		*kind = VMO_CHILD_SLICE;
		break;
	case ZX_VMO_CHILD_REFERENCE:
		*kind = VMO_CHILD_REFERENCE;
		break;
	default:
		return ZX_ERR_INVALID_ARGS;
	}
	return (options & ~ERA_VMO_CHILD_OPTIONS) ? ZX_ERR_INVALID_ARGS
						  : ZX_OK;
}

/* The checks that later Zircon makes before it looks at the handle. */
static zx_status_t check_early(u32 options, u64 size)
{
	u64 rounded;

	if (!ERA_VMO_CHILD_SIZE_FIRST)
		return ZX_OK;
	if (!round_up_page(size, &rounded) || rounded > VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	return (options & MODIFIERS) == MODIFIERS ? ZX_ERR_INVALID_ARGS
						  : ZX_OK;
}

/* 5.9: a reference shows all there is, and resizes it if the handle may. */
static zx_status_t check_reference(const struct handle_ref *h, u32 options,
				   u64 offset, u64 size)
{
	if (offset != 0 || size != 0)
		return ZX_ERR_INVALID_ARGS;
	if ((options & ZX_VMO_CHILD_RESIZABLE) &&
	    !(h->rights & ZX_RIGHT_RESIZE))
		return ZX_ERR_ACCESS_DENIED;
	return ZX_OK;
}

/* 5.4 checks 3 to 6, 5.8 checks 1 and 2. */
static zx_status_t check(const struct handle_ref *h, u32 options, u64 offset,
			 u64 size, struct vmo_child *want)
{
	const struct vmo *parent = vmo_from_object(h->object);
	zx_status_t status = choose_kind(options, &want->kind);

	if (status != ZX_OK)
		return status;
	if (want->kind == VMO_CHILD_REFERENCE)
		status = check_reference(h, options, offset, size);
	if (status != ZX_OK)
		return status;
	if (is_clone(options) && parent->base->kind == VMO_CONTIGUOUS)
		return ZX_ERR_INVALID_ARGS;
	if (!is_page_aligned(offset))
		return ZX_ERR_INVALID_ARGS;
	if (!round_up_page(size, &want->size) || want->size > VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	want->offset = offset;
	want->resizable = options & ZX_VMO_CHILD_RESIZABLE;
	want->no_write = options & ZX_VMO_CHILD_NO_WRITE;
	want->later_order = ERA_VMO_CHILD_LATER_ORDER;
	return ZX_OK;
}

/* 5.3. */
static zx_rights_t child_rights(zx_rights_t rights, u32 options)
{
	rights |= ZX_RIGHTS_PROPERTY;
	if (options & ZX_VMO_CHILD_NO_WRITE)
		rights &= ~ZX_RIGHT_WRITE;
	else if (is_clone(options))
		rights = (rights | ZX_RIGHT_WRITE) & ~ZX_RIGHT_EXECUTE;
	rights &= ~ZX_RIGHT_RESIZE;
	if (ERA_VMO_RESIZE_IS_A_RIGHT && (options & ZX_VMO_CHILD_RESIZABLE))
		rights |= ZX_RIGHT_RESIZE;
	return rights;
}

static void inherit(struct vmo *child, const struct handle_ref *h, u64 size,
		    enum vmo_child_kind kind)
{
	/* Nobody else knows the child yet. */
	if (h->rights & ZX_RIGHT_GET_PROPERTY)
		vmo_get_name(vmo_from_object(h->object), child->name);
	if (ERA_VMO_HAS_STREAM_SIZE && kind != VMO_CHILD_REFERENCE)
		child->content_size = size;
}

static zx_status_t create_child(const struct handle_ref *h, u32 options,
				u64 offset, u64 size, uaddr_t out)
{
	struct vmo_child want;
	struct vmo *child;
	zx_status_t status = check(h, options, offset, size, &want);

	if (status == ZX_OK)
		status = vmo_create_child(vmo_from_object(h->object), &want,
					  &child);
	if (status != ZX_OK)
		return status;
	inherit(child, h, size, want.kind);
	status = handle_make(&child->object, child_rights(h->rights, options),
			     out);
	object_unref(&child->object);
	return status;
}

zx_status_t sys_vmo_create_child(zx_handle_t handle, uint32_t options,
				 uint64_t offset, uint64_t size, uaddr_t out)
{
	struct handle_ref h;
	zx_status_t status = check_early(options, size);

	if (status == ZX_OK)
		status = policy_check(ZX_POL_NEW_VMO);
	if (status == ZX_OK)
		status = handle_get_ref(handle, ZX_OBJ_TYPE_VMO,
					ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ,
					&h);
	if (status != ZX_OK)
		return status;
	status = create_child(&h, options, offset, size, out);
	object_unref(h.object);
	return status;
}

/*
 * zx_pager_*: checks of handles and pure values in the order of
 * spec/pager-port.md 1-4. The work is in mm/pager.c; what a service does about
 * requests and writes is in pager_op.c.
 */
#include <kernel/policy.h>
#include <kernel/port.h>
#include <mm/pager.h>
#include <syscall_protos.h>

#include "era.h"
#include "pager.h"

/* No DUPLICATE, no WAIT (1.1). */
#define PAGER_RIGHTS (ZX_RIGHT_INSPECT | ZX_RIGHT_GET_PROPERTY | \
		      ZX_RIGHT_SET_PROPERTY | ZX_RIGHT_TRANSFER)

zx_status_t sys_pager_create(uint32_t options, uaddr_t out)
{
	struct pager *p;
	zx_status_t status;

	if (ERA_POL_HAS_NEW_PAGER) {
		status = policy_check(ERA_POL_NEW_PAGER);
		if (status != ZX_OK)
			return status;
	}
	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	status = pager_create(&p);
	if (status != ZX_OK)
		return status;
	pager_set_rules(p, (struct pager_rules){
		.copies_ask_for_runs = ERA_PAGER_COPIES_ASK_FOR_RUNS,
		.first_page_decides = ERA_PAGER_FIRST_PAGE_DECIDES,
		.zero_makes_tail = ERA_PAGER_ZERO_MAKES_TAIL,
	});
	status = handle_make(pager_object(p), PAGER_RIGHTS, out);
	object_unref(pager_object(p));
	return status;
}

/* 1.3, checks 4-7. */
static zx_status_t create_vmo(struct object *pager, struct object *port,
			      u32 options, u64 key, u64 size, uaddr_t out)
{
	struct vmo *v;
	zx_status_t status;
	u64 rounded;

	if (options & ~(ZX_VMO_RESIZABLE | ZX_VMO_TRAP_DIRTY))
		return ZX_ERR_INVALID_ARGS;
	if (!round_up_page(size, &rounded) || rounded > VMO_MAX_SIZE)
		return ZX_ERR_OUT_OF_RANGE;
	status = pager_create_vmo(pager_from_object(pager), options,
				  port_from_object(port), key, rounded, &v);
	if (status != ZX_OK)
		return status;
	if (ERA_VMO_HAS_STREAM_SIZE)
		v->content_size = size;
	status = handle_make(&v->object, ERA_VMO_RIGHTS(options), out);
	object_unref(&v->object);
	return status;
}

zx_status_t sys_pager_create_vmo(zx_handle_t pager, uint32_t options,
				 zx_handle_t port, uint64_t key, uint64_t size,
				 uaddr_t out)
{
	struct object *pager_obj, *port_obj;
	zx_status_t status = policy_check(ZX_POL_NEW_VMO);

	if (status != ZX_OK)
		return status;
	status = handle_get(pager, ZX_OBJ_TYPE_PAGER, 0, &pager_obj);
	if (status != ZX_OK)
		return status;
	status = handle_get(port, ZX_OBJ_TYPE_PORT, ZX_RIGHT_WRITE, &port_obj);
	if (status == ZX_OK) {
		status = create_vmo(pager_obj, port_obj, options, key, size,
				    out);
		object_unref(port_obj);
	}
	object_unref(pager_obj);
	return status;
}

zx_status_t pager_vmo_get(zx_handle_t pager, zx_handle_t vmo,
			  zx_rights_t vmo_rights, struct pager_vmo *out)
{
	zx_status_t status;

	status = handle_get(pager, ZX_OBJ_TYPE_PAGER, 0, &out->pager);
	if (status != ZX_OK)
		return status;
	status = handle_get(vmo, ZX_OBJ_TYPE_VMO, vmo_rights, &out->vmo);
	if (status != ZX_OK)
		goto drop_pager;
	if (pager_owns_vmo(pager_from_object(out->pager),
			   vmo_from_object(out->vmo)))
		return ZX_OK;
	status = ZX_ERR_INVALID_ARGS;
	object_unref(out->vmo);
drop_pager:
	object_unref(out->pager);
	return status;
}

void pager_vmo_put(struct pager_vmo *pv)
{
	object_unref(pv->vmo);
	object_unref(pv->pager);
}

/* The seed's call: DET-1 to DET-14 (pager-port.md 2). */
zx_status_t sys_pager_detach_vmo(zx_handle_t pager, zx_handle_t vmo)
{
	struct pager_vmo pv;
	zx_status_t status = pager_vmo_get(pager, vmo, 0, &pv);

	if (status != ZX_OK)
		return status;
	pager_detach_vmo(vmo_from_object(pv.vmo));
	pager_vmo_put(&pv);
	return ZX_OK;
}

zx_status_t sys_pager_supply_pages(zx_handle_t pager, zx_handle_t pager_vmo,
				   uint64_t offset, uint64_t length,
				   zx_handle_t aux_vmo, uint64_t aux_offset)
{
	static const struct pager_supply_rules rules = {
		.related_aux_refused = ERA_SUPPLY_REFUSES_RELATED_AUX,
		.odd_aux = ERA_SUPPLY_ODD_AUX,
		.detached_refused = ERA_SUPPLY_REFUSES_DETACHED,
	};
	struct pager_vmo pv;
	struct object *aux;
	zx_status_t status;

	if (!is_page_aligned(offset | length | aux_offset))
		return ZX_ERR_INVALID_ARGS;
	status = pager_vmo_get(pager, pager_vmo,
			       ERA_PAGER_WRITES_VMO_RIGHTS, &pv);
	if (status != ZX_OK)
		return status;
	status = handle_get(aux_vmo, ZX_OBJ_TYPE_VMO,
			    ZX_RIGHT_READ | ZX_RIGHT_WRITE, &aux);
	if (status == ZX_OK) {
		status = pager_supply_pages(vmo_from_object(pv.vmo), offset,
					    length, vmo_from_object(aux),
					    aux_offset, &rules);
		object_unref(aux);
	}
	pager_vmo_put(&pv);
	return status;
}

/*
 * What the files of zx_pager_* share.
 */
#ifndef SYSCALLS_PAGER_H
#define SYSCALLS_PAGER_H

#include <kernel/object.h>

/* A pager and a VMO made from it, both counted. */
struct pager_vmo {
	struct object *pager;
	struct object *vmo;
};

/* The checks that all calls share (pager-port.md 1.2): BAD_HANDLE, WRONG_TYPE of
 * the pager; BAD_HANDLE, WRONG_TYPE, ACCESS_DENIED of the VMO; INVALID_ARGS. */
MUST_CHECK zx_status_t pager_vmo_get(zx_handle_t pager, zx_handle_t vmo,
				     zx_rights_t vmo_rights,
				     struct pager_vmo *out);
void pager_vmo_put(struct pager_vmo *pv);

#endif

/*
 * Discardable VMOs (vmo.md 12): memory that the kernel may take back whole while
 * nobody has it locked.
 *
 * UNSET (never locked, not reclaimed) -> LOCKED (count 1 or more) -> UNLOCKED
 * (reclaimable, oldest first) -> DISCARDED (all pages gone, access NOT_FOUND,
 * VMO_IS_DISCARDED in vmo->lookup) -> LOCKED by LOCK, and all zero. A page that
 * is pinned keeps the whole VMO. Locks belong to the VMO, not to a handle.
 */
#ifndef MM_DISCARDABLE_H
#define MM_DISCARDABLE_H

#include <mm/vmo.h>

struct discardable;

enum discardable_state {
	DISCARDABLE_UNSET,
	DISCARDABLE_LOCKED,
	DISCARDABLE_UNLOCKED,
	DISCARDABLE_DISCARDED,
};

/* Boot: the cache. */
void discardable_init_module(void);

/* Makes a new VMO, which nobody else knows, discardable. NO_MEMORY. */
MUST_CHECK zx_status_t discardable_attach(struct vmo *v);
/* A discardable VMO dies. */
void discardable_detach(struct vmo *v);

/* What a LOCK gave, to be told to the caller or taken back. */
struct vmo_lock_receipt {
	zx_vmo_lock_state_t state;
	enum discardable_state before;
};

/*
 * zx_vmo_op_range LOCK, TRY_LOCK, UNLOCK after the checks of the handle, for any
 * VMO. NOT_SUPPORTED (not discardable), OUT_OF_RANGE (not the whole VMO), then
 * for TRY_LOCK UNAVAILABLE (discarded), for UNLOCK BAD_STATE (not locked).
 */
MUST_CHECK zx_status_t vmo_lock(struct vmo *v, u64 offset, u64 bytes,
				struct vmo_lock_receipt *receipt);
MUST_CHECK zx_status_t vmo_try_lock(struct vmo *v, u64 offset, u64 bytes);
MUST_CHECK zx_status_t vmo_unlock(struct vmo *v, u64 offset, u64 bytes);
/* The caller of LOCK cannot be told: the lock is given back, and the state is
 * as before, but for the age of an unlocked VMO, and that one which was discarded
 * and has pinned pages now is unlocked. */
void vmo_lock_take_back(struct vmo *v, const struct vmo_lock_receipt *receipt);

/* A mapping of it needs ZX_VM_ALLOW_FAULTS (vmar.md 5.3, the newest era). */
static inline bool vmo_is_discardable(const struct vmo *v)
{
	return v->discardable != NULL;
}

/* Times that the kernel changed what is committed in any VMO (ZX_INFO_VMO). */
u64 vmo_change_events(struct vmo *v);

/* For reclaim.c: discards VMOs, the one unlocked longest ago first, until so
 * many frames are free again, and returns how many. No lock but LOCK_RECLAIM. */
u64 discardable_reclaim(u64 pages);

#endif

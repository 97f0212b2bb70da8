/*
 * Cache policy of VMOs, and cache maintenance by ranges (vmo.md 4.6, 6.4).
 */
#ifndef MM_VMO_CACHE_H
#define MM_VMO_CACHE_H

#include <mm/vmo.h>

enum vmo_cache_op {
	VMO_CACHE_SYNC,			/* instruction fetches see the data */
	VMO_CACHE_INVALIDATE,
	VMO_CACHE_CLEAN,
	VMO_CACHE_CLEAN_INVALIDATE,
};

/*
 * Maintains the caches for the pages that are there, seen from a parent or not;
 * commits none. `with_physical`: also for physical VMOs, if all of the range is
 * RAM. INVALID_ARGS (bytes is 0), OUT_OF_RANGE, NOT_SUPPORTED.
 */
MUST_CHECK zx_status_t vmo_cache_op(struct vmo *v, enum vmo_cache_op op,
				    u64 offset, u64 bytes, bool with_physical);

/*
 * Sets ZX_CACHE_POLICY_*. BAD_STATE if something could still reach the pages in
 * the old way: pins, mappings, relatives; and, unless `may_return`, if there are
 * pages and the policy is not CACHED now. A physical VMO may be given the policy
 * it has at any time.
 */
MUST_CHECK zx_status_t vmo_set_cache_policy(struct vmo *v, u32 policy,
					    bool may_return);

#endif

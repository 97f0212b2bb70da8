/*
 * The one VMO whose code is special to address spaces (spec/vmar.md 19): a process
 * maps it executable at most once, whole, and then nothing but the process's end
 * takes that mapping away or changes it. Other mappings of the VMO are ordinary,
 * and never become executable. Nobody writes to it, through whichever mapping.
 *
 * An aspace remembers where the code lies under its lock, as pages [code_start,
 * code_end), both 0 if it is not there.
 */
#ifndef MM_VDSO_H
#define MM_VDSO_H

#include <mm/vmar.h>

/* Boot, before there are processes: pages [first, first + count) of the VMO are
 * code. Its size is whole pages. */
void mm_set_vdso(struct vmo *v, u64 first, u64 count);

/* Some page of [start, end) is of the code. Under as->lock. */
static inline bool aspace_touches_code(const struct aspace *as, u64 start,
				       u64 end)
{
	return start < as->code_end && end > as->code_start;
}

/* What v shows is the vDSO itself, not a copy. No lock. */
bool vmo_is_vdso(const struct vmo *v);

/*
 * A VMO that may be mapped executable is about to be mapped: pages [start, end) of
 * the address space, from byte `offset` of v on. ACCESS_DENIED: executable, and not
 * just the code, or the code is there already. Otherwise *max_prot becomes what
 * protect may give, and *is_code tells whether the code is mapped so. Under
 * as->lock.
 */
MUST_CHECK zx_status_t aspace_check_code(const struct aspace *as,
					 const struct vmo *v, u64 offset,
					 u64 bytes, u32 prot, u32 *max_prot,
					 bool *is_code);

/* Where the vDSO begins in a process that has its code; 0 without. */
uaddr_t aspace_vdso_base(struct aspace *as);

#endif

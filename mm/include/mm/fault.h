/*
 * Page faults (design 8; spec/vmar.md 14).
 */
#ifndef MM_FAULT_H
#define MM_FAULT_H

#include <mm/vmar.h>

/*
 * Resolves a fault of the running thread's process at va. access: PT_READ,
 * PT_WRITE or PT_EXEC. OK: retry the instruction. NOT_FOUND, ACCESS_DENIED,
 * OUT_OF_RANGE, NO_MEMORY, a pager's status, or INTERNAL_INTR_KILLED. May
 * sleep on a pager; holds nothing then. Interrupts and preemption on.
 */
MUST_CHECK zx_status_t mm_page_fault(struct aspace *as, uaddr_t va, u32 access);

/* Populates entries for resident pages of a new mapping (MAP_RANGE). */
void mapping_populate(struct mapping *m);

#endif

/*
 * Page faults (design 8; spec/vmar.md 14).
 */
#ifndef MM_FAULT_H
#define MM_FAULT_H

#include <mm/vmar.h>

/*
 * Resolves a fault of the running thread's process at va. access: PT_READ,
 * PT_WRITE or PT_EXEC. OK: retry the instruction. NOT_FOUND, ACCESS_DENIED,
 * OUT_OF_RANGE, NO_MEMORY, a pager's status, INTERNAL_INTR_KILLED; or
 * INTERNAL_INTR_RETRY: it was suspended while it waited, and shall stop and
 * then retry. May sleep on a pager; holds nothing then. Interrupts and
 * preemption on.
 */
MUST_CHECK zx_status_t mm_page_fault(struct aspace *as, uaddr_t va, u32 access);
/* The same for the kernel's own accesses to user memory, inside a system call: it
 * stops in place, so RETRY only says that the call is to be given up. */
MUST_CHECK zx_status_t mm_kernel_page_fault(struct aspace *as, uaddr_t va,
					    u32 access);

/* Installs entries for the pages [start, end) of the mapping that the VMO holds
 * (MAP_RANGE, spec 5.2); page numbers of the address space. NO_MEMORY if a table
 * cannot be had. Takes the VMO's lock. */
MUST_CHECK zx_status_t mapping_populate(struct mapping *m, u64 start,
					 u64 end);

#endif

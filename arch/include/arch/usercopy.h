/*
 * The only functions that touch user memory.
 *
 * Every function checks that the whole range lies in user space without
 * wrapping. The faulting forms resolve faults (which may sleep, for instance on
 * a pager): call them with preemption on and no lock held that the fault would
 * need (no aspace, VMO or page-source lock). The _nofault forms never resolve
 * anything and never sleep: they may be called under a VMO lock.
 *
 * Failures carry the status of the failed resolution (spec/vmar.md 15.7):
 * NOT_FOUND nothing mapped or not a user address, ACCESS_DENIED protection,
 * OUT_OF_RANGE past the VMO's end, NO_MEMORY, or the pager's status. Most
 * system calls turn any of them into INVALID_ARGS.
 */
#ifndef ARCH_USERCOPY_H
#define ARCH_USERCOPY_H

#include <kernel/types.h>

/* spec/README.md 5: begins at 16 MiB in the 2020 era, 2 MiB in the latest. */
#define USER_ASPACE_BASE (IS_ENABLED(CONFIG_ERA_LATEST) ? 0x200000ul : 0x1000000ul)
#define USER_ASPACE_TOP 0x1000000000000ul

MUST_CHECK zx_status_t copy_from_user(void *dst, uaddr_t src, size_t bytes);
MUST_CHECK zx_status_t copy_to_user(uaddr_t dst, const void *src, size_t bytes);

/* One naturally sized word; dst need not be aligned. */
MUST_CHECK zx_status_t put_user_u32(uaddr_t dst, u32 value);
MUST_CHECK zx_status_t put_user_u64(uaddr_t dst, u64 value);

/* Reads an aligned word in one access (futexes). */
MUST_CHECK zx_status_t get_user_u32(u32 *value, uaddr_t src);

/* Return the number of bytes that were NOT copied; 0 is success. The prefix
 * that was copied is exact. */
size_t copy_from_user_nofault(void *dst, uaddr_t src, size_t bytes);
size_t copy_to_user_nofault(uaddr_t dst, const void *src, size_t bytes);
/* As get_user_u32, without resolving faults; false if it would have faulted. */
bool get_user_u32_nofault(u32 *value, uaddr_t src);

#endif

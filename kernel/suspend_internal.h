/*
 * What suspend.c and suspend_token.c share: the counts of suspensions.
 */
#ifndef KERNEL_SUSPEND_INTERNAL_H
#define KERNEL_SUSPEND_INTERNAL_H

#include <kernel/types.h>

struct process;
struct thread;

/* One suspension more; BAD_STATE if it is dying or dead. Take process->lock. */
MUST_CHECK zx_status_t thread_suspend(struct thread *t);
MUST_CHECK zx_status_t process_suspend(struct process *p);
/* One less; a dead task is fine. */
void thread_resume(struct thread *t);
void process_resume(struct process *p);

#endif

/*
 * The reaper: a kernel thread that does for others what they cannot do where
 * they stand. It frees dead threads and their stacks, drops last references on
 * address spaces that the switch path found, and frees epoch batches that
 * nobody comes back for.
 */
#ifndef KERNEL_REAPER_H
#define KERNEL_REAPER_H

#include <kernel/thread.h>

struct aspace;

/* Starts the thread; boot, after sched_init_cpu(). */
void reaper_start(void);
/* Takes over a thread that has been switched away from for ever, with its
 * self-reference. Any context, no run-queue lock held. */
void reaper_add_thread(struct thread *t);
/* Takes over what may be the last reference on an aspace. As above. */
void reaper_add_aspace(struct aspace *as);
/* Asks for a look at the epochs. Any context, no run-queue lock held. */
void reaper_kick(void);

#endif

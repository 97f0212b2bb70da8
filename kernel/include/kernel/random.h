/*
 * Random numbers: one ChaCha20 generator with fast key erasure, seeded from the
 * boot information and the CPU's random numbers, for kernel and user space.
 */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H

#include <kernel/types.h>

/* Once, before the first process. */
void random_init(void);
/* Fills buf. Any context of a thread; takes a spinlock (LOCK_THREAD class,
 * nothing nests inside) for one block per call at most. */
void random_draw(void *buf, size_t bytes);
/* Stirs bytes into the state; never makes it weaker. */
void random_add_entropy(const void *data, size_t bytes);

#endif

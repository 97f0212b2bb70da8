/*
 * Slab caches: fixed-size objects with a per-CPU magazine in front.
 * slab_alloc() and slab_free() do not sleep. Objects are not zeroed.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include <kernel/lock.h>
#include <mm/page.h>

#define SLAB_MAGAZINE 32

struct slab_magazine {
	/* The CPU's own, preemption off. */
	u32 count;
	void *objects[SLAB_MAGAZINE];
};

struct slab_cache {
	/* Fixed after slab_cache_init(). */
	const char *name;
	u32 object_bytes;
	u32 objects_per_slab;
	/* Under lock: slabs with free objects, and how many are wholly free. */
	struct spinlock lock;
	struct page *partial;
	u32 free_slab_count;
	/* Racy sums for statistics and leak checks. */
	u64 live_count[CONFIG_MAX_CPUS];
	struct slab_magazine magazines[CONFIG_MAX_CPUS];
};

void slab_cache_init(struct slab_cache *c, const char *name,
		     size_t object_bytes);
/* NULL if memory is out. */
void *slab_alloc(struct slab_cache *c);
void slab_free(struct slab_cache *c, void *object);
u64 slab_live_count(const struct slab_cache *c);

/* General allocations in power-of-two classes up to 32 KiB, beyond that whole
 * pages; the size is given back by the caller. kzalloc zeroes. */
void slab_init(void);
void *kmalloc(size_t bytes);
void *kzalloc(size_t bytes);
void kfree(void *p, size_t bytes);

#endif

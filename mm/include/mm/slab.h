/*
 * Slab caches: fixed-size objects of at most half a page, with a per-CPU
 * magazine in front. slab_alloc() and slab_free() do not sleep and may be
 * called with preemption off, but not from interrupts nor inside a TLB batch.
 * Objects are not zeroed.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include <kernel/lock.h>
#include <mm/page.h>

#define SLAB_MAGAZINE 32

struct slab_magazine {
	/* The CPU's own, preemption off. */
	u32 count;
	u32 reserved;
	u64 live_count;		/* allocated minus freed here: may wrap below 0 */
	void *objects[SLAB_MAGAZINE];
};

struct slab_cache {
	/* Fixed after slab_cache_init(). */
	const char *name;
	u32 object_bytes;
	u32 objects_per_slab;
	/* Under lock: slabs with free objects, most used first where known. */
	struct spinlock lock;
	struct page *partial;
	u32 free_slab_count;	/* of them wholly free */
	u32 slab_count;
	/* Under the list of all caches; caches are never removed. */
	struct slab_cache *next;
	struct slab_magazine magazines[CONFIG_MAX_CPUS];
};

void slab_cache_init(struct slab_cache *c, const char *name,
		     size_t object_bytes);
/* NULL if memory is out. */
MUST_CHECK void *slab_alloc(struct slab_cache *c);
void slab_free(struct slab_cache *c, void *object);

/* Racy sums, exact when quiet: for statistics and leak checks. */
u64 slab_live_count(const struct slab_cache *c);
u64 slab_total_live(void);	/* objects of all caches */
u64 slab_total_pages(void);	/* frames that caches hold */
u64 slab_total_free_bytes(void);	/* of those, in no object; racy */

/* General allocations: powers of two up to 2 KiB, beyond that whole blocks of
 * pages; the caller gives the size back. kzalloc() zeroes. */
void slab_init(void);
MUST_CHECK void *kmalloc(size_t bytes);
MUST_CHECK void *kzalloc(size_t bytes);
void kfree(void *p, size_t bytes);

#endif

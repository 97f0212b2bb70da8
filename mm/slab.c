/*
 * Slab allocator. A slab is one frame cut into equal objects; free objects of a
 * slab form a list through their first word. struct page of a slab: `next` and
 * `prev` link it into the cache's partial list, `count` is the number of
 * objects handed to magazines or callers, `map_count`'s neighbour `reserved`
 * holds the byte offset of the first free object.
 *
 * The magazines make the common path a load and a store; they are touched with
 * preemption off, by their CPU only. The cache's lock (LOCK_SLAB) covers the
 * slabs.
 */
#include <arch/mmu.h>
#include <kernel/bits.h>
#include <kernel/panic.h>
#include <kernel/string.h>
#include <mm/pmm.h>
#include <mm/ptcheck.h>
#include <mm/slab.h>

#define BATCH (SLAB_MAGAZINE / 2)
#define FREE_SLABS_KEPT 2
#define NO_OBJECT (~0u)

#define KMALLOC_MIN_LOG2 5
#define KMALLOC_MAX_LOG2 11

static struct slab_cache kmalloc_caches[KMALLOC_MAX_LOG2 + 1];
/* Atomic: head of the list of all caches, pushed at boot only; release by the
 * pusher, so that a reader sees the cache initialised. */
static struct slab_cache *all_caches;

void slab_cache_init(struct slab_cache *c, const char *name,
		     size_t object_bytes)
{
	u64 bytes = (object_bytes + 7) & ~7ul;

	ASSERT(bytes <= PAGE_SIZE / 2);
	memset(c, 0, sizeof(*c));
	c->name = name;
	c->object_bytes = (u32)bytes;
	c->objects_per_slab = (u32)(PAGE_SIZE / bytes);
	spin_init(&c->lock, LOCK_SLAB);
	c->next = all_caches;
	__atomic_store_n(&all_caches, c, __ATOMIC_RELEASE);
}

/* --- Slabs, under c->lock ------------------------------------------------- */

static void *slab_base(struct page *p)
{
	return phys_to_virt(page_to_paddr(p));
}

static void partial_push(struct slab_cache *c, struct page *p)
{
	p->prev = NULL;
	p->next = c->partial;
	if (c->partial)
		c->partial->prev = p;
	c->partial = p;
}

static void partial_unlink(struct slab_cache *c, struct page *p)
{
	if (p->prev)
		p->prev->next = p->next;
	else
		c->partial = p->next;
	if (p->next)
		p->next->prev = p->prev;
}

static struct page *slab_make(struct slab_cache *c)
{
	struct page *p = pmm_alloc_reserved();
	char *base;

	if (!p)
		return NULL;
	base = slab_base(p);
	p->state = PAGE_SLAB;
	p->count = 0;
	p->reserved = 0;
	for (u32 i = 0; i < c->objects_per_slab; i++) {
		u32 next = (i + 1) * c->object_bytes;

		*(u32 *)(base + i * c->object_bytes) =
			i + 1 < c->objects_per_slab ? next : NO_OBJECT;
	}
	return p;
}

static void *slab_take(struct slab_cache *c, struct page *p)
{
	u32 *object = (u32 *)((char *)slab_base(p) + p->reserved);

	if (p->count++ == 0)
		c->free_slab_count--;
	p->reserved = *object;
	if (p->reserved == NO_OBJECT)
		partial_unlink(c, p);
	return object;
}

/* Returns the slab's frame if it shall go back to the frame allocator. */
static struct page *slab_put(struct slab_cache *c, void *object)
{
	struct page *p = paddr_to_page(virt_to_phys(object));
	u32 offset = (u32)((u64)(uintptr_t)object & PAGE_MASK);

	if (p->reserved == NO_OBJECT)
		partial_push(c, p);
	*(u32 *)object = p->reserved;
	p->reserved = offset;
	if (--p->count > 0)
		return NULL;
	if (c->free_slab_count < FREE_SLABS_KEPT) {
		c->free_slab_count++;
		return NULL;
	}
	partial_unlink(c, p);
	c->slab_count--;
	return p;
}

/* --- Magazines, preemption off -------------------------------------------- */

static void magazine_refill(struct slab_cache *c, struct slab_magazine *m)
{
	struct page *fresh;

	spin_lock(&c->lock);
	while (m->count < BATCH && c->partial)
		m->objects[m->count++] = slab_take(c, c->partial);
	spin_unlock(&c->lock);
	if (m->count)
		return;
	fresh = slab_make(c);
	if (!fresh)
		return;
	spin_lock(&c->lock);
	partial_push(c, fresh);
	c->slab_count++;
	c->free_slab_count++;
	while (m->count < BATCH && c->partial)
		m->objects[m->count++] = slab_take(c, c->partial);
	spin_unlock(&c->lock);
}

static void magazine_drain(struct slab_cache *c, struct slab_magazine *m)
{
	struct page *freed = NULL;

	spin_lock(&c->lock);
	while (m->count > BATCH) {
		struct page *p = slab_put(c, m->objects[--m->count]);

		if (p) {
			p->next = freed;
			freed = p;
		}
	}
	spin_unlock(&c->lock);
	pmm_free_list(freed);
}

void *slab_alloc(struct slab_cache *c)
{
	struct slab_magazine *m;
	void *object = NULL;

	PTCHECK(assert_outside_batch_hook("slab_alloc"));
	if (pmm_should_fail())
		return NULL;
	preempt_disable();
	m = &c->magazines[arch_cpu_id()];
	if (__builtin_expect(m->count == 0, 0))
		magazine_refill(c, m);
	if (__builtin_expect(m->count != 0, 1)) {
		object = m->objects[--m->count];
		m->live_count++;
	}
	preempt_enable();
	return object;
}

void slab_free(struct slab_cache *c, void *object)
{
	struct slab_magazine *m;

	if (IS_ENABLED(CONFIG_DEBUG))
		memset(object, 0xa5, c->object_bytes);
	preempt_disable();
	m = &c->magazines[arch_cpu_id()];
	if (__builtin_expect(m->count == SLAB_MAGAZINE, 0))
		magazine_drain(c, m);
	m->objects[m->count++] = object;
	m->live_count--;
	preempt_enable();
}

/* --- General sizes -------------------------------------------------------- */

void slab_init(void)
{
	static const char *const names[KMALLOC_MAX_LOG2 + 1] = {
		[5] = "kmalloc-32", [6] = "kmalloc-64", [7] = "kmalloc-128",
		[8] = "kmalloc-256", [9] = "kmalloc-512",
		[10] = "kmalloc-1024", [11] = "kmalloc-2048",
	};

	for (u32 log2 = KMALLOC_MIN_LOG2; log2 <= KMALLOC_MAX_LOG2; log2++)
		slab_cache_init(&kmalloc_caches[log2], names[log2],
				1ul << log2);
}

static u32 size_log2(size_t bytes)
{
	u32 log2 = bytes > 1 ? bit_highest64(bytes - 1) + 1 : 0;

	return log2 < KMALLOC_MIN_LOG2 ? KMALLOC_MIN_LOG2 : log2;
}

void *kmalloc(size_t bytes)
{
	u32 log2 = size_log2(bytes);
	struct page *p;

	if (log2 <= KMALLOC_MAX_LOG2)
		return slab_alloc(&kmalloc_caches[log2]);
	p = pmm_alloc_order(log2 > PAGE_SHIFT ? log2 - PAGE_SHIFT : 0);
	return p ? slab_base(p) : NULL;
}

void *kzalloc(size_t bytes)
{
	void *p = kmalloc(bytes);

	if (p)
		memset(p, 0, bytes);
	return p;
}

void kfree(void *p, size_t bytes)
{
	u32 log2 = size_log2(bytes);

	if (!p)
		return;
	if (log2 <= KMALLOC_MAX_LOG2)
		slab_free(&kmalloc_caches[log2], p);
	else
		pmm_free_order(paddr_to_page(virt_to_phys(p)),
			       log2 > PAGE_SHIFT ? log2 - PAGE_SHIFT : 0);
}

/* --- Figures -------------------------------------------------------------- */

u64 slab_live_count(const struct slab_cache *c)
{
	u64 sum = 0;

	for (u32 i = 0; i < CONFIG_MAX_CPUS; i++)
		sum += __atomic_load_n(&c->magazines[i].live_count,
				       __ATOMIC_RELAXED);
	return sum;
}

/* Acquire on the head pairs with slab_cache_init(). */
u64 slab_total_live(void)
{
	u64 sum = 0;

	for (struct slab_cache *c = __atomic_load_n(&all_caches,
						    __ATOMIC_ACQUIRE);
	     c; c = c->next)
		sum += slab_live_count(c);
	return sum;
}

u64 slab_total_pages(void)
{
	u64 sum = 0;

	for (struct slab_cache *c = __atomic_load_n(&all_caches,
						    __ATOMIC_ACQUIRE);
	     c; c = c->next)
		sum += __atomic_load_n(&c->slab_count, __ATOMIC_RELAXED);
	return sum;
}

u64 slab_total_free_bytes(void)
{
	u64 sum = 0, held, used;

	for (struct slab_cache *c = __atomic_load_n(&all_caches,
						    __ATOMIC_ACQUIRE);
	     c; c = c->next) {
		held = (u64)__atomic_load_n(&c->slab_count, __ATOMIC_RELAXED) *
		       PAGE_SIZE;
		used = slab_live_count(c) * c->object_bytes;
		sum += held > used ? held - used : 0;
	}
	return sum;
}

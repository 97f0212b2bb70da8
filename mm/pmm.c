/*
 * Frame allocator: buddy lists under one lock (LOCK_PMM), and in front of them
 * a list of single frames per CPU that is touched with preemption off only.
 *
 * The memory map lies zeroed at boot: every frame PAGE_WIRED. Only the first
 * frame of a free block is marked PAGE_FREE with its order, so that handing
 * RAM to the lists costs a few stores a block, not one a frame. A block's
 * buddy is free as a whole exactly if its first frame is PAGE_FREE with the
 * same order.
 */
#include <arch/mmu.h>
#include <kernel/boot.h>
#include <kernel/bits.h>
#include <kernel/epoch.h>
#include <kernel/lock.h>
#include <kernel/panic.h>
#include <kernel/string.h>
#include <mm/pmm.h>
#include <mm/pressure.h>
#include <mm/ptcheck.h>

#define CACHE_BATCH 64		/* frames moved between a CPU and the lists */
#define STRETCH 1024		/* frames moved with preemption off */

/* A CPU keeps so many frames at most: enough that an operation on a mebibyte
 * of memory stays off the lists, and a 512th of a small machine's memory. */
#define CACHE_MAX_LEAST 96
#define CACHE_MAX_MOST 512

/* Frames kept for small objects of the kernel, which cannot wait until memory is
 * made free: a 256th, on machines of more than 32 MiB. */
#define RESERVE_FROM 8192u
#define RESERVE_MOST 1024u

struct pmm_cpu {
	/* The CPU's own, preemption off; count is read racily by others. */
	struct page *list;
	u32 count;
};

struct page *page_map;
u64 page_map_base_pfn;

static struct pmm_cpu cpu_caches[CONFIG_MAX_CPUS];
static struct spinlock pmm_lock = SPINLOCK_INIT(LOCK_PMM);
/* Under pmm_lock. */
static struct page *free_lists[PMM_ORDER_COUNT];
static u64 buddy_free_count;
/* Atomics: the evictor is called when buddy_free_count is not in this window.
 * Relaxed: a call too many or too late does no harm. */
static u64 window_low;
static u64 window_high = ~0ul;
/* Fixed after pmm_init(). */
static u64 page_map_count;
static u64 total_count;
static u64 wired_count;		/* fixed after pmm_init() */
static u32 cache_max;
static u64 reserve_count;
/* Atomic: allocations until one fails, 0 = none is to fail. Relaxed: it orders
 * nothing, tests set it while nobody else allocates for them. */
static u64 fail_countdown;

/* --- Buddy lists, under pmm_lock ------------------------------------------ */

static void list_push(struct page *p, u32 order)
{
	struct page *head = free_lists[order];

	p->order = (u8)order;
	p->state = PAGE_FREE;
	p->prev = NULL;
	p->next = head;
	if (head)
		head->prev = p;
	free_lists[order] = p;
}

static void list_unlink(struct page *p, u32 order)
{
	if (p->prev)
		p->prev->next = p->next;
	else
		free_lists[order] = p->next;
	if (p->next)
		p->next->prev = p->prev;
	p->state = PAGE_WIRED;
}

static u64 page_index(const struct page *p)
{
	return (u64)(p - page_map) + page_map_base_pfn;
}

static struct page *buddy_of(struct page *p, u32 order)
{
	u64 pfn = page_index(p) ^ (1ul << order);

	if (pfn < page_map_base_pfn ||
	    pfn - page_map_base_pfn >= page_map_count)
		return NULL;
	return &page_map[pfn - page_map_base_pfn];
}

static void buddy_free(struct page *p, u32 order)
{
	buddy_free_count += 1ul << order;
	while (order < PMM_ORDER_COUNT - 1) {
		struct page *buddy = buddy_of(p, order);

		if (!buddy || buddy->state != PAGE_FREE ||
		    buddy->order != order)
			break;
		list_unlink(buddy, order);
		if (buddy < p)
			p = buddy;
		order++;
	}
	list_push(p, order);
}

static struct page *buddy_alloc(u32 order)
{
	u32 have = order;
	struct page *p;

	while (have < PMM_ORDER_COUNT && !free_lists[have])
		have++;
	if (have == PMM_ORDER_COUNT)
		return NULL;
	p = free_lists[have];
	list_unlink(p, have);
	while (have > order) {
		have--;
		list_push(p + (1ul << have), have);
	}
	buddy_free_count -= 1ul << order;
	return p;
}

/* After a change of the lists, pmm_lock dropped. */
static inline void look_at_window(void)
{
	u64 free = pmm_shared_count();

	if (__builtin_expect(
		    free < __atomic_load_n(&window_low, __ATOMIC_RELAXED) ||
		    free > __atomic_load_n(&window_high, __ATOMIC_RELAXED), 0))
		mm_pressure_poke();
}

void pmm_set_window(u64 low, u64 high)
{
	__atomic_store_n(&window_low, low, __ATOMIC_RELAXED);
	__atomic_store_n(&window_high, high, __ATOMIC_RELAXED);
	/* It may have been left before it was set. */
	look_at_window();
}

/* --- Boot ----------------------------------------------------------------- */

/* First reserved range that touches [base, end), or NULL. */
static const struct boot_range *reserved_in(u64 base, u64 end)
{
	const struct boot_range *first = NULL;

	for (u32 i = 0; i < boot_info.reserved_count; i++) {
		const struct boot_range *r = &boot_info.reserved[i];

		if (r->base < end && r->base + r->size > base &&
		    (!first || r->base < first->base))
			first = r;
	}
	return first;
}

/* Calls fn for each maximal stretch of [base, end) that is not reserved, cut
 * to whole pages, until it returns true. */
static bool for_each_unreserved(u64 base, u64 end,
				bool (*fn)(u64 base, u64 end, u64 arg),
				u64 arg)
{
	while (base < end) {
		const struct boot_range *r = reserved_in(base, end);
		u64 stop = r ? max_u64(r->base, base) : end;
		u64 first = (base + PAGE_MASK) & ~PAGE_MASK;

		if (first < round_down_page(stop) &&
		    fn(first, round_down_page(stop), arg))
			return true;
		base = r ? max_u64(r->base + r->size, base + 1) : end;
	}
	return false;
}

static bool place_page_map(u64 base, u64 end, u64 bytes)
{
	if (end - base < bytes)
		return false;
	page_map = phys_to_virt(paddr(base));
	boot_info.reserved[boot_info.reserved_count++] =
		(struct boot_range){ base, bytes };
	return true;
}

static bool give_to_lists(u64 base, u64 end, u64 unused)
{
	u64 pfn = base >> PAGE_SHIFT;
	u64 stop = end >> PAGE_SHIFT;

	(void)unused;
	while (pfn < stop) {
		u32 order = PMM_ORDER_COUNT - 1;

		while ((pfn & ((1ul << order) - 1)) || pfn + (1ul << order) > stop)
			order--;
		buddy_free(&page_map[pfn - page_map_base_pfn], order);
		pfn += 1ul << order;
	}
	return false;
}

static void find_span(u64 *lowest, u64 *highest)
{
	*lowest = ~0ul;
	*highest = 0;
	for (u32 i = 0; i < boot_info.memory_count; i++) {
		const struct boot_range *m = &boot_info.memory[i];

		*lowest = min_u64(*lowest, m->base);
		*highest = max_u64(*highest, m->base + m->size);
		total_count += m->size >> PAGE_SHIFT;
	}
}

void pmm_init(void)
{
	u64 lowest, highest, bytes;
	bool placed = false;

	find_span(&lowest, &highest);
	cache_max = (u32)min_u64(CACHE_MAX_MOST,
				 max_u64(CACHE_MAX_LEAST, total_count / 512));
	reserve_count = total_count > RESERVE_FROM ?
				min_u64(RESERVE_MOST, total_count / 256) : 0;
	page_map_base_pfn = lowest >> PAGE_SHIFT;
	page_map_count = (highest >> PAGE_SHIFT) - page_map_base_pfn;
	bytes = (page_map_count * sizeof(struct page) + PAGE_MASK) & ~PAGE_MASK;
	ASSERT(boot_info.reserved_count < BOOT_MAX_RANGES);
	for (u32 i = 0; i < boot_info.memory_count && !placed; i++) {
		const struct boot_range *m = &boot_info.memory[i];

		placed = for_each_unreserved(m->base, m->base + m->size,
					     place_page_map, bytes);
	}
	if (!placed)
		panic("memory: no room for the memory map of %lu KiB",
		      bytes >> 10);
	memset(page_map, 0, bytes);
	for (u32 i = 0; i < boot_info.memory_count; i++) {
		const struct boot_range *m = &boot_info.memory[i];

		for_each_unreserved(m->base, m->base + m->size, give_to_lists,
				    0);
	}
	wired_count = total_count - pmm_free_count() - reserve_count;
}

void pmm_init_cpu(struct percpu *cpu)
{
	cpu->pmm = &cpu_caches[cpu->id];
}

void pmm_give_back(u64 base, u64 size)
{
	spin_lock(&pmm_lock);
	give_to_lists(base, base + size, 0);
	spin_unlock(&pmm_lock);
	look_at_window();
}

/* --- Single frames -------------------------------------------------------- */

void pmm_fail_after(u64 n)
{
	__atomic_store_n(&fail_countdown, n, __ATOMIC_RELAXED);
}

static inline bool should_fail(void)
{
	if (__builtin_expect(__atomic_load_n(&fail_countdown,
					     __ATOMIC_RELAXED) == 0, 1))
		return false;
	return __atomic_fetch_sub(&fail_countdown, 1, __ATOMIC_RELAXED) == 1;
}

bool pmm_should_fail(void)
{
	return should_fail();
}

/* Moves a batch from the buddy lists into the CPU's list: one block of
 * CACHE_BATCH frames if there is one, else whatever there is. Of the reserve one
 * frame, for those for whom it is kept. */
static __attribute__((noinline)) void cache_refill(struct pmm_cpu *c,
						    bool from_reserve)
{
	u32 order = bit_highest64(CACHE_BATCH);
	struct page *p = NULL;

	spin_lock(&pmm_lock);
	if (__builtin_expect(buddy_free_count > reserve_count, 1)) {
		do {
			p = buddy_alloc(order);
		} while (!p && order-- > 0);
	} else if (from_reserve) {
		order = 0;
		p = buddy_alloc(order);
	}
	spin_unlock(&pmm_lock);
	look_at_window();
	if (!p)
		return;
	for (u64 i = 1ul << order; i-- > 0;) {
		p[i].state = PAGE_CACHED;
		p[i].next = c->list;
		c->list = &p[i];
	}
	c->count += 1u << order;
}

static __attribute__((noinline)) void cache_drain(struct pmm_cpu *c)
{
	u32 count = c->count < CACHE_BATCH ? c->count : CACHE_BATCH;

	spin_lock(&pmm_lock);
	for (u32 i = 0; i < count; i++) {
		struct page *p = c->list;

		c->list = p->next;
		buddy_free(p, 0);
	}
	spin_unlock(&pmm_lock);
	look_at_window();
	c->count -= count;
}

/* A frame of the CPU's for an owner. Preemption is off. NULL: none is left. */
static inline struct page *cache_take(struct pmm_cpu *c, bool from_reserve)
{
	struct page *p;

	if (__builtin_expect(!c->list, 0))
		cache_refill(c, from_reserve);
	p = c->list;
	if (__builtin_expect(!p, 0))
		return NULL;
	c->list = p->next;
	c->count--;
	p->state = PAGE_ALLOCATED;
	p->ref_count = 1;
	PTCHECK(frame_alloc_hook(p));
	return p;
}

static inline struct page *alloc_one(bool from_reserve)
{
	struct page *p;

	if (should_fail())
		return NULL;
	preempt_disable();
	p = cache_take(arch_current()->cpu->pmm, from_reserve);
	stat_add(STAT_PAGES_ALLOCATED, p != NULL);
	preempt_enable();
	return p;
}

struct page *pmm_alloc(void)
{
	return alloc_one(false);
}

struct page *pmm_alloc_reserved(void)
{
	return alloc_one(true);
}

void pmm_empty_cache(void)
{
	struct pmm_cpu *c;

	preempt_disable();
	c = arch_current()->cpu->pmm;
	while (c->count)
		cache_drain(c);
	preempt_enable();
}

_Static_assert(offsetof(struct page, private) ==
		       sizeof(struct page *) + offsetof(struct page, next) &&
	       sizeof(struct epoch_head) == 16,
	       "the head of a struct page serves as its epoch_head");

static void free_text(struct epoch_head *h);

/*
 * Preemption is off. False: it is freed later. I4: another CPU may have fetched
 * instructions of a text page already. It drops them at its next context
 * synchronisation event, an exception, which each CPU has taken before an epoch
 * ends.
 */
static inline bool mark_free(struct page *p)
{
	DEBUG_ASSERT(p->state != PAGE_CACHED && p->state != PAGE_FREE);
	if (__builtin_expect(p->state == PAGE_TEXT, 0)) {
		epoch_defer((struct epoch_head *)p, free_text);
		return false;
	}
	PTCHECK(frame_free_hook(p));
	p->state = PAGE_CACHED;
	return true;
}

/* `count` frames from first to last, marked, go to the CPU's. Preemption is off. */
static inline void cache_put(struct pmm_cpu *c, struct page *first,
			     struct page *last, u32 count)
{
	last->next = c->list;
	c->list = first;
	c->count += count;
	while (__builtin_expect(c->count > cache_max, 0))
		cache_drain(c);
}

static inline void free_one(struct page *p)
{
	if (mark_free(p))
		cache_put(arch_current()->cpu->pmm, p, p, 1);
}

static void free_text(struct epoch_head *h)
{
	struct page *p = (struct page *)h;

	p->state = PAGE_ALLOCATED;
	preempt_disable();
	free_one(p);
	preempt_enable();
}

void pmm_free(struct page *p)
{
	preempt_disable();
	free_one(p);
	stat_add(STAT_PAGES_FREED, 1);
	preempt_enable();
}

/* Frees the first STRETCH frames of a list; returns the others. */
static struct page *free_stretch(struct page *list)
{
	struct page *first = NULL, *last = NULL;
	u32 count = 0, text_count = 0;

	while (list && count + text_count < STRETCH) {
		struct page *p = list;

		list = p->next;
		if (__builtin_expect(!mark_free(p), 0)) {
			text_count++;
			continue;
		}
		if (last)
			last->next = p;
		else
			first = p;
		last = p;
		count++;
	}
	if (count)
		cache_put(arch_current()->cpu->pmm, first, last, count);
	stat_add(STAT_PAGES_FREED, count + text_count);
	return list;
}

/* The list's length is the caller's choice: preemption comes back on between
 * stretches. */
static __attribute__((noinline)) void free_stretches(struct page *list)
{
	while (list) {
		preempt_disable();
		list = free_stretch(list);
		preempt_enable();
	}
}

void pmm_free_list(struct page *list)
{
	if (!list)
		return;
	if (list->next)
		free_stretches(list);
	else
		pmm_free(list);
}

/* Puts `count` frames on *list; false: fewer, since no more are left. */
static bool alloc_stretch(u64 count, struct page **list)
{
	struct pmm_cpu *c;
	u64 done = 0;

	preempt_disable();
	c = arch_current()->cpu->pmm;
	while (done < count && !should_fail()) {
		struct page *p = cache_take(c, false);

		if (!p)
			break;
		p->next = *list;
		*list = p;
		done++;
	}
	stat_add(STAT_PAGES_ALLOCATED, done);
	preempt_enable();
	return done == count;
}

zx_status_t pmm_alloc_list(u64 count, struct page **list)
{
	struct page *head = NULL;

	/* More than there is: said before all memory was taken from others. */
	if (count > CACHE_BATCH && count > pmm_free_count())
		return ZX_ERR_NO_MEMORY;
	while (count) {
		u64 stretch = min_u64(count, STRETCH);

		if (!alloc_stretch(stretch, &head)) {
			pmm_free_list(head);
			return ZX_ERR_NO_MEMORY;
		}
		count -= stretch;
	}
	*list = head;
	return ZX_OK;
}

/* --- Blocks and runs ------------------------------------------------------ */

static struct page *mark_allocated(struct page *p, u64 count)
{
	for (u64 i = 0; i < count; i++) {
		p[i].state = PAGE_ALLOCATED;
		p[i].ref_count = 1;
		PTCHECK(frame_alloc_hook(&p[i]));
	}
	stat_add(STAT_PAGES_ALLOCATED, count);
	return p;
}

static struct page *alloc_block(u32 order)
{
	struct page *p;

	if (order >= PMM_ORDER_COUNT)
		return NULL;
	spin_lock(&pmm_lock);
	p = buddy_alloc(order);
	spin_unlock(&pmm_lock);
	look_at_window();
	return p ? mark_allocated(p, 1ul << order) : NULL;
}

struct page *pmm_alloc_order(u32 order)
{
	if (order == 0)
		return pmm_alloc_reserved();
	return pmm_should_fail() ? NULL : alloc_block(order);
}

void pmm_free_run(struct page *p, u64 count)
{
	for (u64 i = 0; i < count; i++) {
		PTCHECK(frame_free_hook(&p[i]));
		p[i].state = PAGE_WIRED;
	}
	pmm_give_back(page_to_paddr(p).v, count << PAGE_SHIFT);
	stat_add(STAT_PAGES_FREED, count);
}

void pmm_free_order(struct page *p, u32 order)
{
	pmm_free_run(p, 1ul << order);
}

/*
 * Neighbouring free blocks as one: frames [start, end), by number. No two of them
 * are buddies, so they grow towards the middle, and a span has at most two of
 * each order. Under pmm_lock.
 */
struct span {
	u64 start;
	u64 end;
};

static struct page *page_at(u64 pfn)
{
	return pfn >= page_map_base_pfn &&
			       pfn - page_map_base_pfn < page_map_count
		       ? &page_map[pfn - page_map_base_pfn] : NULL;
}

/* The free block that ends where a span starts, or NULL. */
static struct page *block_before(u64 pfn)
{
	for (u32 order = 0; order < PMM_ORDER_COUNT; order++) {
		struct page *p = page_at(pfn - (1ul << order));

		if (pfn & ((1ul << order) - 1))
			return NULL;
		if (p && p->state == PAGE_FREE && p->order == order)
			return p;
	}
	return NULL;
}

static struct span span_around(const struct page *block)
{
	struct span s = { page_index(block), page_index(block) };
	struct page *p;

	while ((p = page_at(s.end)) != NULL && p->state == PAGE_FREE)
		s.end += 1ul << p->order;
	while ((p = block_before(s.start)) != NULL)
		s.start = page_index(p);
	return s;
}

/* Takes all blocks of the span off the lists, puts back what lies outside the
 * run. */
static void cut_run(const struct span *s, u64 first, u64 count)
{
	u64 next;

	for (u64 pfn = s->start; pfn < s->end; pfn = next) {
		struct page *p = page_at(pfn);

		next = pfn + (1ul << p->order);
		buddy_free_count -= next - pfn;
		list_unlink(p, p->order);
	}
	give_to_lists(s->start << PAGE_SHIFT, first << PAGE_SHIFT, 0);
	give_to_lists((first + count) << PAGE_SHIFT, s->end << PAGE_SHIFT, 0);
}

/* Blocks looked at for one run: bounds the time with the lock. */
#define SPANS_MAX 1024

/* A run that no single block holds. One of the blocks in it has a quarter of
 * its length at least. Under pmm_lock. */
static struct page *alloc_joined(u64 count, u32 align_order)
{
	u64 mask = (1ul << align_order) - 1;
	u32 least = bit_highest64(count);
	u32 seen = 0;

	least = least > 2 ? least - 2 : 0;
	for (u32 order = PMM_ORDER_COUNT; order-- > least;) {
		struct page *p = free_lists[order];

		for (; p && seen < SPANS_MAX; p = p->next, seen++) {
			struct span s = span_around(p);
			u64 first = (s.start + mask) & ~mask;

			if (first >= s.end || s.end - first < count)
				continue;
			cut_run(&s, first, count);
			return page_at(first);
		}
	}
	return NULL;
}

struct page *pmm_alloc_run(u64 count, u32 align_log2)
{
	u32 align_order = align_log2 > PAGE_SHIFT ? align_log2 - PAGE_SHIFT : 0;
	u32 order = count > 1 ? bit_highest64(count - 1) + 1 : 0;
	struct page *p;

	if (pmm_should_fail() || count > total_count || align_order > 51)
		return NULL;
	if (order < align_order)
		order = align_order;
	p = alloc_block(order);
	if (p && (1ul << order) > count)
		pmm_free_run(p + count, (1ul << order) - count);
	if (p)
		return p;
	spin_lock(&pmm_lock);
	p = alloc_joined(count, align_order);
	spin_unlock(&pmm_lock);
	look_at_window();
	return p ? mark_allocated(p, count) : NULL;
}

/* --- Figures -------------------------------------------------------------- */

u64 pmm_free_count(void)
{
	u64 sum = pmm_shared_count();

	sum -= min_u64(sum, reserve_count);
	for (u32 i = 0; i < CONFIG_MAX_CPUS; i++)
		sum += __atomic_load_n(&cpu_caches[i].count, __ATOMIC_RELAXED);
	return sum;
}

u64 pmm_reserve_count(void)
{
	return reserve_count;
}

u64 pmm_shared_count(void)
{
	return __atomic_load_n(&buddy_free_count, __ATOMIC_RELAXED);
}

u64 pmm_wired_count(void)
{
	return wired_count;
}

u64 pmm_map_count(void)
{
	return page_map_count;
}

u64 pmm_total_count(void)
{
	return total_count;
}

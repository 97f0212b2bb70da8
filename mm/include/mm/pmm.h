/*
 * Physical memory: buddy allocator with a cache of single pages per CPU.
 *
 * Every allocation can be made to fail on purpose (pmm_fail_after()), and every
 * caller unwinds. No function sleeps; all may be called under a mutex, none
 * inside a TLB batch except through tlb_batch_free_page().
 */
#ifndef MM_PMM_H
#define MM_PMM_H

#include <mm/page.h>

struct percpu;

#define PMM_ORDER_COUNT 19	/* up to 1 GiB blocks */

/* Boot: takes boot_info's memory minus what is reserved or used already. */
void pmm_init(void);
void pmm_init_cpu(struct percpu *cpu);

/* One frame, state PAGE_ALLOCATED, ref_count 1; NULL if memory is out.
 * Content undefined; the caller zeroes what it shows (arch_zero_page). */
struct page *pmm_alloc(void);
/* The same for the kernel's small objects (slabs), whose makers hold locks and do
 * not try again: from a reserve if nothing else is left. */
struct page *pmm_alloc_reserved(void);
void pmm_free(struct page *p);
/* A list by ->next; all or nothing. */
MUST_CHECK zx_status_t pmm_alloc_list(u64 count, struct page **list);
void pmm_free_list(struct page *list);
/* 2^order contiguous frames, aligned to their size. */
struct page *pmm_alloc_order(u32 order);
void pmm_free_order(struct page *p, u32 order);

/* Any run of count frames aligned to 1 << align_log2 bytes (contiguous VMOs). */
struct page *pmm_alloc_run(u64 count, u32 align_log2);
void pmm_free_run(struct page *p, u64 count);

/* Gives RAM that was reserved at boot (the initrd, once copied) to the lists;
 * page-aligned bytes. */
void pmm_give_back(u64 base, u64 size);

u64 pmm_free_count(void);	/* racy sum, exact when quiet; no reserve */
u64 pmm_reserve_count(void);	/* fixed: frames kept for slabs */
u64 pmm_total_count(void);	/* all frames of RAM */
u64 pmm_wired_count(void);	/* those that were never free */
u64 pmm_map_count(void);	/* those, and the holes between: page_map[] */
/* Free frames that no CPU keeps for itself, the reserve included. */
u64 pmm_shared_count(void);
/* What this CPU keeps is for all. */
void pmm_empty_cache(void);
/* mm_pressure_poke() is called when pmm_shared_count() is less or more. */
void pmm_set_window(u64 low, u64 high);

/* Fails the n-th allocation from now (pages and slab objects alike), once;
 * 0 = never. For fail-nth tests, CPU-independent and exact. */
void pmm_fail_after(u64 n);
bool pmm_should_fail(void);	/* slab asks too */

#endif

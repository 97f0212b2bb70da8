/*
 * What the tests of page tables, batches and ASIDs share: a booted machine, a
 * VMO lock to hold (I12), and violations counted instead of ending the test.
 */
#ifndef PT_ENV_H
#define PT_ENV_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arch/mmu.h>
#include <kernel/panic.h>
#include <mm/pmm.h>
#include <mm/ptcheck.h>

#include "fake.h"

/* The first violation of the checker since env_start(); 0: none. */
extern u32 env_violation;
extern const char *env_violation_text;

/* Boots once, then makes each test independent. Fails the test at its end if
 * the checker or the model saw anything. Both are cmocka fixtures. */
int env_start(void **state);
int env_end(void **state);

/* SEED and STEPS from the environment, or the default; printed. */
u64 env_seed(void);
u64 env_steps(u64 fallback);

/* pt_map() with whatever tables it needs, holding a VMO's lock. */
void env_map(struct arch_aspace *as, uaddr_t va, struct page *p, u32 flags);
/* The same of any physical address, and of a block, which may be refused. */
void env_map_pa(struct arch_aspace *as, uaddr_t va, paddr_t pa, u32 flags);
zx_status_t env_map_block(struct arch_aspace *as, uaddr_t va, paddr_t pa,
			  u32 flags);
/* Unmaps and flushes; frames are freed if free_frames. */
void env_unmap(struct arch_aspace *as, uaddr_t va, u64 pages);
/* A frame whose first word is its own number, so that a reader knows it. */
struct page *env_frame(void);
/* The same for the 512 frames of a block; the first. */
struct page *env_block(void);
/* Loads the aspace on this CPU. */
void env_load(struct arch_aspace *as);
/* The frame that this CPU reaches at va, or NULL if it faults every time. */
struct page *env_reach(uaddr_t va, u32 access);
/* Its address; false if it faults every time. */
bool env_reach_pa(uaddr_t va, u32 access, paddr_t *pa);
/* Every one of `cpus` CPUs loads the aspace and reaches pa at va, so that each
 * TLB holds it; or finds nothing there. On CPU 0 again in the end. */
void env_reach_everywhere(struct arch_aspace *as, u32 cpus, uaddr_t va,
			  u32 access, paddr_t pa);
void env_fault_everywhere(struct arch_aspace *as, u32 cpus, uaddr_t va,
			  u32 access);

#endif

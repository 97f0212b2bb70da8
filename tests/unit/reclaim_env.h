/*
 * What the tests of memory pressure share: a small machine, VMOs that may be
 * taken back, and counts of frames.
 */
#ifndef UNIT_RECLAIM_ENV_H
#define UNIT_RECLAIM_ENV_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arch/mmu.h>
#include <mm/discardable.h>
#include <mm/pmm.h>
#include <mm/reclaim.h>
#include <mm/vmar.h>

#include "fake.h"

#define CPUS 4
#define RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define RWX (RW | ZX_VM_PERM_EXECUTE)
#define BASE 0x100000000ul
#define PAGES 20u		/* of a discardable VMO, if not said */

/* A setup of a group: 4 CPUs, 12 MiB, all of mm. */
int env_boot(void **state);
/* SEED, STEPS and the like. */
u64 env_number(const char *name, u64 fallback);

struct vmo *new_vmo(u64 pages, u32 options);
/* Resizable, unset. */
struct vmo *new_discardable(u64 pages);
/* Filled under a lock, and unlocked: may be taken back. */
struct vmo *new_unlocked(u64 pages, u64 value);
void drop(struct vmo *v);
/* LOCK; true if content was lost. */
bool lock(struct vmo *v);
void unlock(struct vmo *v);
/* The first word of a page. */
zx_status_t put(struct vmo *v, u64 page, u64 value);
zx_status_t get(struct vmo *v, u64 page, u64 *value);
/* Page i gets value + i. */
void fill(struct vmo *v, u64 pages, u64 value);
bool is_discarded(struct vmo *v);
zx_status_t commit(struct vmo *v, u64 first, u64 pages);

struct aspace *new_aspace(void);
void map_at(struct aspace *as, uaddr_t va, u64 pages, struct vmo *v, u32 prot);

/* Frames in use, once everything that waits is freed. */
u64 used_frames(void);
/* Asks for so many frames more than are free. */
u64 ask_beyond(u64 frames);

#endif

/*
 * What the trees need around them on the developer's machine: slab caches over
 * malloc that can be made to fail, epochs that free when told to or when all
 * reader threads have moved on, and random numbers from a printed seed.
 */
#ifndef TREE_ENV_H
#define TREE_ENV_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <kernel/epoch.h>
#include <kernel/panic.h>
#include <mm/slab.h>

/* Objects allocated and not freed, all caches. */
extern u64 env_live_count;
/* Allocations until one fails; 0 = none fails. */
extern u64 env_fail_after;

/* Frees what was deferred. With reader threads: waits for each first. */
void env_epoch_drain(void);
u64 env_deferred_count(void);
/* Of a reader thread with a number of its own, below ENV_READERS. */
#define ENV_READERS 4
void env_reader_enter(u32 reader);
void env_reader_exit(u32 reader);

/* Random numbers. env_seed() reads SEED from the environment, or takes the
 * default, and prints it. */
void env_seed(u64 fallback);
u64 env_random(void);
u64 env_below(u64 n);
/* STEPS from the environment, or the default. */
u64 env_steps(u64 fallback);

#endif

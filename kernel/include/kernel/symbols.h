/*
 * Names of kernel functions, for backtraces and %pS.
 *
 * The tables are made by scripts/ksyms.py from the first link and are part of
 * the second. Offsets are distances from image_start, ascending.
 */
#ifndef KERNEL_SYMBOLS_H
#define KERNEL_SYMBOLS_H

#include <kernel/types.h>

extern const u32 ksym_count;
extern const u32 ksym_offsets[];
/* In the same order, each closed by a zero. */
extern const char ksym_names[];

/*
 * The function that holds a kernel text address: its name, and in *offset the
 * distance from its start. NULL if the address is not in kernel text or there
 * is no table. Any context.
 */
const char *symbol_find(u64 address, u64 *offset);

#endif

/*
 * Names of kernel functions, for backtraces and %pS.
 *
 * The tables are made by scripts/ksyms.py from the first link and are part of
 * the second. Offsets are distances from image_start, ascending. In a name a
 * byte from KSYM_PART_FIRST on stands for a part that many names have.
 */
#ifndef KERNEL_SYMBOLS_H
#define KERNEL_SYMBOLS_H

#include <kernel/types.h>

extern const u32 ksym_count;
extern const u32 ksym_offsets[];
extern const u16 ksym_name_offsets[];
extern const u8 ksym_names[];
extern const u16 ksym_part_offsets[];
extern const char ksym_parts[];

#define KSYM_PART_FIRST 128

#define SYMBOL_NAME_MAX 64	/* with its end; longer ones are cut */

struct symbol {
	u64 offset;	/* of the address from the function's start */
	char name[SYMBOL_NAME_MAX];
};

/*
 * The function that holds a kernel text address. False if the address is not in
 * kernel text or there is no table. Any context.
 */
bool symbol_find(u64 address, struct symbol *found);

#endif

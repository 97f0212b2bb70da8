/* ELF files of the first program; for userboot.c alone. */
#ifndef KERNEL_USERBOOT_ELF_H
#define KERNEL_USERBOOT_ELF_H

#include <kernel/types.h>

struct elf_program {
	const u8 *file;
	u64 size;
	u64 headers;		/* offset of the program headers */
	u32 header_count;
	uaddr_t entry;
};

/* One PT_LOAD: skip bytes behind the page `base` lie file_bytes of data, and
 * zeroes up to memory_bytes. memory_bytes 0: nothing to be loaded. */
struct elf_segment {
	uaddr_t base;
	u64 skip;
	const u8 *data;
	u64 file_bytes;
	u64 memory_bytes;
	u32 prot;		/* ZX_VM_PERM_* */
};

/* NULL, or what is wrong with the file in words. */
const char *elf_open(const u8 *file, u64 size, struct elf_program *out);
const char *elf_segment(const struct elf_program *elf, u32 index,
			struct elf_segment *out);

#endif

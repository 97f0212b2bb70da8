/*
 * Reading ELF64 files for AArch64 that are linked to a fixed address. Nothing
 * in the file is trusted; fields are copied out, since it need not be aligned.
 */
#include <arch/usercopy.h>

#include "userboot_elf.h"

#define ET_EXEC 2
#define EM_AARCH64 183
#define PT_LOAD_TYPE 1
#define PF_X 1u
#define PF_W 2u
#define PF_R 4u
/* More is no program that anybody links. */
#define HEADER_LIMIT 64u
#define SEGMENT_LIMIT (1ul << 30)

struct elf_header {
	u8 ident[16];
	u16 type;
	u16 machine;
	u32 version;
	u64 entry;
	u64 phoff;
	u64 shoff;
	u32 flags;
	u16 ehsize;
	u16 phentsize;
	u16 phnum;
	u16 shentsize;
	u16 shnum;
	u16 shstrndx;
};
_Static_assert(sizeof(struct elf_header) == 64, "Elf64_Ehdr");

struct elf_program_header {
	u32 type;
	u32 flags;
	u64 offset;
	u64 vaddr;
	u64 paddr;
	u64 filesz;
	u64 memsz;
	u64 align;
};
_Static_assert(sizeof(struct elf_program_header) == 56, "Elf64_Phdr");

/* Bounds are checked by subtraction from the size: no sum can overflow. */
const char *elf_open(const u8 *file, u64 size, struct elf_program *out)
{
	struct elf_header h;

	if (size < sizeof(h))
		return "it is shorter than an ELF header";
	__builtin_memcpy(&h, file, sizeof(h));
	if (__builtin_memcmp(h.ident, "\177ELF", 4) != 0)
		return "it is no ELF file";
	if (h.ident[4] != 2 || h.ident[5] != 1)
		return "it is no 64-bit little-endian ELF file";
	if (h.machine != EM_AARCH64)
		return "it is not for AArch64";
	if (h.type != ET_EXEC)
		return "it is not linked to a fixed address";
	if (h.phentsize != sizeof(struct elf_program_header) ||
	    h.phnum == 0 || h.phnum > HEADER_LIMIT)
		return "its program headers are odd";
	if (h.phoff > size ||
	    size - h.phoff < (u64)h.phnum * sizeof(struct elf_program_header))
		return "it is cut off in its program headers";
	out->file = file;
	out->size = size;
	out->headers = h.phoff;
	out->header_count = h.phnum;
	out->entry = h.entry;
	return NULL;
}

static u32 segment_prot(u32 flags)
{
	u32 prot = ZX_VM_PERM_READ;	/* nothing here is execute-only */

	if (flags & PF_W)
		prot |= ZX_VM_PERM_WRITE;
	if (flags & PF_X)
		prot |= ZX_VM_PERM_EXECUTE;
	return prot;
}

/* index < header_count, hence inside the file (elf_open). What is not loaded
 * gives memory_bytes 0. */
const char *elf_segment(const struct elf_program *elf, u32 index,
			struct elf_segment *out)
{
	struct elf_program_header h;

	__builtin_memcpy(&h, elf->file + elf->headers + index * sizeof(h),
			 sizeof(h));
	out->memory_bytes = 0;
	if (h.type != PT_LOAD_TYPE || h.memsz == 0)
		return NULL;
	if (h.offset > elf->size || h.filesz > elf->size - h.offset)
		return "it is cut off in a segment";
	if (h.filesz > h.memsz || h.memsz > SEGMENT_LIMIT)
		return "a segment's size is odd";
	if (h.vaddr < USER_ASPACE_BASE || h.vaddr > USER_ASPACE_TOP - h.memsz)
		return "a segment lies outside user space";
	out->base = round_down_page(h.vaddr);
	out->skip = h.vaddr - out->base;
	out->data = elf->file + h.offset;
	out->file_bytes = h.filesz;
	out->memory_bytes = h.memsz;
	out->prot = segment_prot(h.flags);
	return NULL;
}

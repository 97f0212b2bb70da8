#include <stdio.h>
#include <string.h>

#include <jx/elf.h>
#include <jx/elf_load.h>
#include <zircon/syscalls.h>

struct image {
	const char *bytes;
	size_t size;
	const char *name;
	Elf64_Ehdr head;
};

/* NULL if this is a program that can be run, else what is wrong. */
static const char *why_not(const struct image *image)
{
	const Elf64_Ehdr *head = &image->head;

	if (image->size < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0)
		return "it is not an ELF file";
	if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != ELFDATA2LSB ||
	    head->e_machine != EM_AARCH64)
		return "it is an ELF file, but not for little-endian AArch64";
	if (head->e_type != ET_EXEC)
		return "it is not linked as a static program at a fixed address";
	if (head->e_phentsize != sizeof(Elf64_Phdr) || head->e_phoff > image->size ||
	    head->e_phnum > (image->size - head->e_phoff) / sizeof(Elf64_Phdr))
		return "its program headers lie outside the file";
	return NULL;
}

static const char *why_not_segment(const struct image *image, const Elf64_Phdr *segment)
{
	if (segment->p_offset > image->size || segment->p_filesz > image->size - segment->p_offset)
		return "a segment lies outside the file";
	if (segment->p_filesz > segment->p_memsz)
		return "a segment is larger in the file than in memory";
	if (segment->p_vaddr + segment->p_memsz < segment->p_vaddr)
		return "a segment wraps around the address space";
	if ((segment->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
		return "a segment is writable and executable";
	return NULL;
}

/* A VMO with the pages of a segment: the file's bytes, then zeros. */
static zx_status_t segment_vmo(const struct image *image, const Elf64_Phdr *segment, size_t bytes,
			       zx_handle_t *out)
{
	uint64_t in_page = segment->p_vaddr & ZX_PAGE_MASK;
	const char *kind = segment->p_flags & PF_X ? "text" :
			   segment->p_flags & PF_W ? "data" : "rodata";
	char name[ZX_MAX_NAME_LEN];
	zx_status_t status;

	status = zx_vmo_create(bytes, 0, out);
	if (status != ZX_OK)
		return status;
	snprintf(name, sizeof(name), "%s:%s", image->name, kind);
	zx_object_set_property(*out, ZX_PROP_NAME, name, strlen(name));
	status = zx_vmo_write(*out, image->bytes + segment->p_offset, in_page, segment->p_filesz);
	if (status != ZX_OK) {
		zx_handle_close(*out);
		return status;
	}
	/* Consumes the handle, whatever the answer. */
	if (segment->p_flags & PF_X)
		status = zx_vmo_replace_as_executable(*out, ZX_HANDLE_INVALID, out);
	return status;
}

static zx_vm_option_t options_of(const Elf64_Phdr *segment)
{
	return ZX_VM_SPECIFIC | (segment->p_flags & PF_R ? ZX_VM_PERM_READ : 0) |
	       (segment->p_flags & PF_W ? ZX_VM_PERM_WRITE : 0) |
	       (segment->p_flags & PF_X ? ZX_VM_PERM_EXECUTE : 0);
}

static zx_status_t load_segment(const struct image *image, const Elf64_Phdr *segment,
				zx_handle_t root_vmar, const zx_info_vmar_t *root,
				const char **why)
{
	zx_vaddr_t first = segment->p_vaddr & ~ZX_PAGE_MASK;
	zx_vaddr_t end = (segment->p_vaddr + segment->p_memsz + ZX_PAGE_MASK) & ~ZX_PAGE_MASK;
	zx_vaddr_t mapped;
	zx_handle_t vmo;
	zx_status_t status;

	*why = why_not_segment(image, segment);
	if (!*why && (first < root->base || end < first || end > root->base + root->len))
		*why = "a segment lies outside user space";
	if (*why)
		return ZX_ERR_INVALID_ARGS;
	if (first == end)
		return ZX_OK;
	status = segment_vmo(image, segment, end - first, &vmo);
	if (status != ZX_OK)
		return status;
	status = zx_vmar_map(root_vmar, options_of(segment), first - root->base, vmo, 0,
			     end - first, &mapped);
	/* The mapping keeps the memory. */
	zx_handle_close(vmo);
	return status;
}

zx_status_t jx_elf_load(const char *image_bytes, size_t size, const char *name,
			zx_handle_t root_vmar, zx_vaddr_t *entry, const char **why)
{
	struct image image = { .bytes = image_bytes, .size = size, .name = name };
	zx_info_vmar_t root;
	zx_status_t status;

	memcpy(&image.head, image_bytes, size < sizeof(image.head) ? size : sizeof(image.head));
	*why = why_not(&image);
	if (*why)
		return ZX_ERR_INVALID_ARGS;
	status = zx_object_get_info(root_vmar, ZX_INFO_VMAR, &root, sizeof(root), NULL, NULL);
	for (int i = 0; status == ZX_OK && i < image.head.e_phnum; i++) {
		Elf64_Phdr segment;

		/* The table need not be aligned in the file. */
		memcpy(&segment, image_bytes + image.head.e_phoff + (size_t)i * sizeof(segment),
		       sizeof(segment));
		if (segment.p_type == PT_LOAD)
			status = load_segment(&image, &segment, root_vmar, &root, why);
	}
	*entry = image.head.e_entry;
	return status;
}

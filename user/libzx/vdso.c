/*
 * The vDSO: finding functions in it by name, binding this program to it, and
 * mapping it into other processes. What finds functions calls nothing that is
 * bound itself.
 */
#include <string.h>

#include <jx/elf.h>
#include <jx/runtime.h>
#include <jx/vdso.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

/* An entry of .zx_bind: scripts/gen_syscalls.py. */
struct binding {
	const void *target;
	const char *name;
};

/* user.ld: the whole pages are these entries'. */
extern struct binding __zx_bind_start[], __zx_bind_end[];

static const void *vdso_base;

/* The tables of an image's dynamic segment. */
struct tables {
	const char *image;
	const Elf64_Sym *symbols;
	const char *strings;
	/* Four words, filter, buckets, chains. */
	const uint32_t *hash;
};

/* False if this is no image of ours. */
static bool find_tables(const char *image, struct tables *t)
{
	const Elf64_Ehdr *head = (const Elf64_Ehdr *)image;
	const Elf64_Phdr *segment;
	const Elf64_Dyn *entry = NULL;

	if (!image || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_type != ET_DYN)
		return false;
	segment = (const Elf64_Phdr *)(image + head->e_phoff);
	for (int i = 0; i < head->e_phnum; i++) {
		if (segment[i].p_type == PT_DYNAMIC)
			entry = (const Elf64_Dyn *)(image + segment[i].p_vaddr);
	}
	*t = (struct tables){ .image = image };
	for (; entry && entry->d_tag != DT_NULL; entry++) {
		const char *at = image + entry->d_un.d_ptr;

		if (entry->d_tag == DT_SYMTAB)
			t->symbols = (const Elf64_Sym *)at;
		else if (entry->d_tag == DT_STRTAB)
			t->strings = at;
		else if (entry->d_tag == DT_GNU_HASH)
			t->hash = (const uint32_t *)at;
	}
	return t->symbols && t->strings && t->hash;
}

/* The hash of the GNU table: h * 33 + c. */
static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (uint8_t)*name;
	return hash;
}

/* A chain ends with the entry whose lowest bit is set. */
static const void *find_in(const struct tables *t, const char *name)
{
	uint32_t bucket_count = t->hash[0], first = t->hash[1];
	const uint32_t *buckets = t->hash + 4 + 2 * t->hash[2];
	const uint32_t *chains = buckets + bucket_count;
	uint32_t wanted = hash_of(name);
	uint32_t index = buckets[wanted % bucket_count];

	if (index < first)
		return NULL;
	for (;; index++) {
		uint32_t hash = chains[index - first];
		const Elf64_Sym *symbol = &t->symbols[index];

		if ((hash | 1) == (wanted | 1) &&
		    strcmp(t->strings + symbol->st_name, name) == 0)
			return t->image + symbol->st_value;
		if (hash & 1)
			return NULL;
	}
}

const void *jx_vdso_find(const void *image, const char *name)
{
	struct tables t;

	return find_tables(image, &t) ? find_in(&t, name) : NULL;
}

bool jx_vdso_bind(const void *image)
{
	struct tables t;

	if (!find_tables(image, &t))
		return false;
	vdso_base = image;
	/* What is not found keeps what bind.S put there. */
	for (struct binding *b = __zx_bind_start; b < __zx_bind_end; b++) {
		const void *target = find_in(&t, b->name);

		if (target)
			b->target = target;
	}
	return true;
}

zx_status_t jx_vdso_seal(void)
{
	uintptr_t from = (uintptr_t)__zx_bind_start, to = (uintptr_t)__zx_bind_end;

	if (from == to)
		return ZX_OK;
	return zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ, from, to - from);
}

const void *jx_vdso_base(void)
{
	return vdso_base;
}

#define SEGMENTS_MAX 8

struct image {
	Elf64_Ehdr head;
	Elf64_Phdr segments[SEGMENTS_MAX];
};

static zx_status_t read_image(zx_handle_t vmo, struct image *out)
{
	zx_status_t status = zx_vmo_read(vmo, &out->head, 0, sizeof(out->head));

	if (status != ZX_OK)
		return status;
	if (memcmp(out->head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    out->head.e_phentsize != sizeof(Elf64_Phdr) || out->head.e_phnum > SEGMENTS_MAX)
		return ZX_ERR_IO_DATA_INTEGRITY;
	return zx_vmo_read(vmo, out->segments, out->head.e_phoff,
			   out->head.e_phnum * sizeof(Elf64_Phdr));
}

static zx_status_t map_segment(zx_handle_t vmar, zx_handle_t vmo, const Elf64_Phdr *segment)
{
	/* Every program uses most of its pages at once: no faults for them. */
	zx_vm_option_t options = ZX_VM_SPECIFIC | ZX_VM_MAP_RANGE | ZX_VM_PERM_READ |
				 (segment->p_flags & PF_X ? ZX_VM_PERM_EXECUTE : 0);
	zx_vaddr_t at;

	return zx_vmar_map(vmar, options, segment->p_vaddr, vmo, segment->p_offset,
			   segment->p_memsz, &at);
}

static zx_status_t map_segments(zx_handle_t vmar, zx_handle_t vmo, const struct image *image)
{
	zx_status_t status = ZX_OK;

	for (int i = 0; status == ZX_OK && i < image->head.e_phnum; i++) {
		if (image->segments[i].p_type == PT_LOAD)
			status = map_segment(vmar, vmo, &image->segments[i]);
	}
	return status;
}

/* A region of that many bytes at *base, or anywhere if that is 0. */
static zx_status_t make_region(zx_handle_t root_vmar, size_t bytes, zx_vaddr_t *base,
			       zx_handle_t *out)
{
	zx_vm_option_t options = ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_EXECUTE |
				 ZX_VM_CAN_MAP_SPECIFIC;
	zx_info_vmar_t root;
	size_t offset = 0;
	zx_status_t status;

	if (*base != 0) {
		status = zx_object_get_info(root_vmar, ZX_INFO_VMAR, &root, sizeof(root), NULL,
					    NULL);
		if (status != ZX_OK)
			return status;
		options |= ZX_VM_SPECIFIC;
		offset = *base - root.base;
	}
	return zx_vmar_allocate(root_vmar, options, offset, bytes, out, base);
}

zx_status_t jx_vdso_map(zx_handle_t vmo, zx_handle_t root_vmar, zx_vaddr_t *base)
{
	struct image image;
	uint64_t bytes = 0;
	zx_handle_t vmar;
	zx_status_t status = read_image(vmo, &image);

	if (status == ZX_OK)
		status = zx_vmo_get_size(vmo, &bytes);
	if (status == ZX_OK)
		status = make_region(root_vmar, bytes, base, &vmar);
	if (status != ZX_OK)
		return status;
	status = map_segments(vmar, vmo, &image);
	if (status != ZX_OK)
		zx_vmar_destroy(vmar);
	zx_handle_close(vmar);
	return status;
}

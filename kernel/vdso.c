/*
 * The vDSO's VMO: the linked file and, in the page before its code, what this
 * machine's constants are.
 */
#include <arch/irq.h>
#include <kernel/panic.h>
#include <kernel/percpu.h>
#include <kernel/time.h>
#include <kernel/vdso.h>
#include <mm/pmm.h>
#include <mm/vdso.h>
#include <version.h>
#include <zircon/internal/vdso.h>

#define NAME "vdso/stable"
#define PT_LOAD_TYPE 1u
#define PF_X 1u

/* vdso_image.S */
extern const u8 vdso_image_start[], vdso_image_end[];

struct vdso vdso;

/* As far as it is read of an Elf64_Phdr; the file is our own linker's. */
struct segment {
	u32 type;
	u32 flags;
	u64 offset;
	u64 vaddr;
	u64 paddr;
	u64 file_bytes;
	u64 bytes;
	u64 align;
};

static void find_code(void)
{
	const u64 headers = *(const u64 *)(vdso_image_start + 32);
	const u16 count = *(const u16 *)(vdso_image_start + 56);
	const struct segment *s =
		(const struct segment *)(vdso_image_start + headers);

	for (u16 i = 0; i < count; i++) {
		if (s[i].type != PT_LOAD_TYPE)
			continue;
		ASSERT(s[i].offset == s[i].vaddr);
		if (!(s[i].flags & PF_X))
			continue;
		vdso.code_offset = s[i].offset;
		vdso.code_bytes = s[i].bytes;
	}
	ASSERT(vdso.code_bytes && is_page_aligned(vdso.code_bytes));
	ASSERT(is_page_aligned(vdso.code_offset) &&
	       vdso.code_offset > PAGE_SIZE);
}

static void fill_constants(vdso_constants_t *c)
{
	static const char version[] = "jacinth " JACINTH_VERSION;

	_Static_assert(sizeof(version) <= sizeof(c->version), "it fits");
	__builtin_memset(c, 0, sizeof(*c));
	c->ticks_per_second = arch_timer_frequency();
	c->ns_per_tick = ktime_scale.mult;
	c->physmem = pmm_total_count() << PAGE_SHIFT;
	c->cpu_count = cpu_count();
	c->version_bytes = sizeof(version) - 1;
	__builtin_memcpy(c->version, version, sizeof(version));
}

static void must(zx_status_t status)
{
	if (status != ZX_OK)
		panic_stop("no memory for the vDSO");
}

void vdso_init(void)
{
	const u64 file_bytes = (u64)(vdso_image_end - vdso_image_start);
	vdso_constants_t constants;

	find_code();
	fill_constants(&constants);
	must(vmo_create(round_down_page(file_bytes + PAGE_MASK), 0,
			&vdso.vmo));
	vmo_set_name(vdso.vmo, NAME, sizeof(NAME) - 1);
	must(vmo_write_kernel(vdso.vmo, vdso_image_start, 0, file_bytes));
	must(vmo_write_kernel(vdso.vmo, &constants,
			      vdso.code_offset - PAGE_SIZE, sizeof(constants)));
	mm_set_vdso(vdso.vmo, vdso.code_offset >> PAGE_SHIFT,
		    vdso.code_bytes >> PAGE_SHIFT);
}

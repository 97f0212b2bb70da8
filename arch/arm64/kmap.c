/*
 * The kernel's own page tables (TTBR1): direct map, image, stacks, devices.
 *
 * W^X: nothing is both writable and executable, and what is read-only in the
 * image is read-only in the direct map too. Entries are global. They go from
 * invalid to valid only, but for stack pages, whose entries come and go.
 *
 * Tables come from a static pool until the frame allocator runs, and are never
 * freed. Boot code runs alone; later callers hold LOCK_KSTACK.
 */
#include <arch/kmap.h>
#include <arch/mmu.h>
#include <kernel/boot.h>
#include <mm/pmm.h>

#include "boot.h"
#include "cpu.h"
#include "early.h"
#include "kmap.h"
#include "pte.h"

#define POOL_TABLES 40
#define LEAF_LEVEL 3

#define PROT_RW (PTE_PXN | PTE_UXN)
#define PROT_RO (PTE_PXN | PTE_UXN | PTE_RO)
#define PROT_TEXT (PTE_UXN | PTE_RO)
#define TYPE_NORMAL (PTE_ATTR(MAIR_INDEX_NORMAL) | PTE_SH_INNER | PTE_AF)
#define TYPE_DEVICE (PTE_ATTR(MAIR_INDEX_DEVICE) | PTE_SH_INNER | PTE_AF)

static u64 pool[POOL_TABLES][512]
	__attribute__((aligned(4096), section(".bss.page_aligned")));
static u64 empty_root[512]
	__attribute__((aligned(4096), section(".bss.page_aligned")));
static u32 pool_used;
static u64 pool_pa;
static u64 *root;
/* Distance from a table's physical address to a pointer to it: 0 on the
 * identity map. */
static u64 table_offset;
/* First unused address of the device area. */
static u64 device_next = KMAP_DEVICE_BASE;

u64 kmap_empty_root_pa;

struct span {
	u64 va;
	u64 pa;
	u64 size;
	u64 attributes;
};

static inline u32 level_shift(u32 level)
{
	return 39 - 9 * level;
}

static inline u64 *table_at(u64 pa)
{
	return (u64 *)(pa + table_offset);
}

/* Zeroed table, by physical address; 0 if memory is out. */
static u64 alloc_table(void)
{
	struct page *page;
	u64 pa;

	if (pool_used < POOL_TABLES)
		return pool_pa + PAGE_SIZE * pool_used++;
	if (table_offset == 0)
		early_fail("more than %u page tables for the memory ranges of "
			   "the device tree", POOL_TABLES);
	page = pmm_alloc();
	if (!page)
		return 0;
	page->state = PAGE_TABLE;
	pa = page_to_paddr(page).v;
	arch_zero_page(table_at(pa));
	return pa;
}

/* The entry of va at this level; tables above it are made. NULL: no memory, or
 * a block is in the way. */
static u64 *walk(u64 *table, u64 va, u32 level)
{
	u64 *entry = NULL;
	u64 pa;
	u32 l;

	for (l = 0;; l++) {
		entry = &table[(va >> level_shift(l)) & 511];
		if (l == level)
			return entry;
		if (!(*entry & PTE_VALID)) {
			pa = alloc_table();
			if (pa == 0)
				return NULL;
			/* The zeroes of the table are seen by any walk that
			 * sees the link to it (I7). */
			cpu_order_table_stores();
			*entry = pa | PTE_VALID | PTE_TABLE;
		} else if (!(*entry & PTE_TABLE)) {
			return NULL;
		}
		table = table_at(*entry & PTE_ADDR_MASK);
	}
}

static inline bool fits_block(const struct span *s, u32 level)
{
	u64 size = 1ul << level_shift(level);

	return ((s->va | s->pa) & (size - 1)) == 0 && s->size >= size;
}

/* Maps page-aligned s with the largest blocks. False: no memory. */
static bool map_span(u64 *table, struct span s)
{
	u64 *entry;
	u64 size;
	u32 level;

	while (s.size > 0) {
		level = 1;
		while (level < LEAF_LEVEL && !fits_block(&s, level))
			level++;
		size = 1ul << level_shift(level);
		entry = walk(table, s.va, level);
		if (!entry)
			return false;
		*entry = s.pa | s.attributes | PTE_VALID |
			 (level == LEAF_LEVEL ? PTE_PAGE : 0);
		s.va += size;
		s.pa += size;
		s.size -= size;
	}
	return true;
}

/* Boot form: whatever is in the way is a mistake in the device tree. */
static void map_boot_span(u64 va, u64 pa, u64 end_pa, u64 attributes)
{
	struct span s = { va, pa, end_pa - pa, attributes };

	if (pa < end_pa && !map_span(root, s))
		early_fail("memory ranges of the device tree overlap at %lx",
			   pa);
}

/* One range of RAM, whole pages of it, read-only where the image is. */
static void map_ram(const struct boot_range *r)
{
	u64 start = (r->base + PAGE_MASK) & ~PAGE_MASK;
	u64 end = min_u64(round_down_page(r->base + r->size), DIRECT_MAP_SIZE);
	u64 ro_start = (u64)text_start, ro_end = (u64)rodata_end;

	ro_start = min_u64(max_u64(ro_start, start), max_u64(start, end));
	ro_end = min_u64(max_u64(ro_end, ro_start), max_u64(ro_start, end));
	map_boot_span(DIRECT_MAP_BASE + start, start, ro_start,
		      TYPE_NORMAL | PROT_RW);
	map_boot_span(DIRECT_MAP_BASE + ro_start, ro_start, ro_end,
		      TYPE_NORMAL | PROT_RO);
	map_boot_span(DIRECT_MAP_BASE + ro_end, ro_end, end,
		      TYPE_NORMAL | PROT_RW);
}

static void map_image_part(u64 image_va, const char *start, const char *end,
			   u64 attributes)
{
	map_boot_span(image_va + (u64)(start - image_start), (u64)start,
		      (u64)end, TYPE_NORMAL | attributes);
}

static void map_image(u64 va)
{
	u64 guarded = arch_has_feature(ARCH_FEATURE_BTI) ? PTE_GP : 0;

	map_image_part(va, text_start, text_end, PROT_TEXT | guarded);
	map_image_part(va, rodata_start, rodata_end, PROT_RO);
	/* A hole under the boot stack. */
	map_image_part(va, data_start, boot_stack_guard, PROT_RW);
	map_image_part(va, boot_stack, bss_end, PROT_RW);
}

/* What a secondary CPU runs on until it is upstairs: the page of boot.S. */
static u64 build_secondary_idmap(void)
{
	u64 table = alloc_table();
	struct span s = { (u64)image_start, (u64)image_start, PAGE_SIZE,
			  TYPE_NORMAL | PROT_TEXT };

	map_span(table_at(table), s);
	return table;
}

void kmap_build(u64 image_va)
{
	u32 i;

	pool_pa = boot_paddr(pool);
	kmap_empty_root_pa = boot_paddr(empty_root);
	boot_handoff.ttbr1 = alloc_table();
	root = table_at(boot_handoff.ttbr1);
	for (i = 0; i < boot_info.memory_count; i++)
		map_ram(&boot_info.memory[i]);
	map_image(image_va);
	boot_handoff.idmap_ttbr0 = build_secondary_idmap();
	cpu_order_table_stores();
}

void kmap_leave_identity(void)
{
	table_offset = DIRECT_MAP_BASE;
	root = table_at(boot_handoff.ttbr1);
}

void *arch_map_device(paddr_t base, u64 size)
{
	u64 offset = base.v & PAGE_MASK;
	struct span s = { device_next, base.v - offset, 0,
			  TYPE_DEVICE | PROT_RW };

	if (!round_up_page(offset + size, &s.size) || s.size == 0 ||
	    s.size > KMAP_DEVICE_BASE + KMAP_DEVICE_SIZE - device_next)
		return NULL;
	if (!map_span(root, s))
		return NULL;
	device_next += s.size;
	cpu_order_table_stores();
	return (void *)(s.va + offset);
}

zx_status_t arch_kmap_pages(u64 va, struct page *const *pages, u32 count)
{
	u64 *entry;
	u32 i;

	/* All tables first, so that nothing is mapped if memory is out. */
	for (i = 0; i < count; i++)
		if (!walk(root, va + i * PAGE_SIZE, LEAF_LEVEL))
			return ZX_ERR_NO_MEMORY;
	for (i = 0; i < count; i++) {
		entry = walk(root, va + i * PAGE_SIZE, LEAF_LEVEL);
		*entry = page_to_paddr(pages[i]).v | TYPE_NORMAL | PROT_RW |
			 PTE_VALID | PTE_PAGE;
	}
	cpu_order_table_stores();
	return ZX_OK;
}

void arch_kunmap_pages(u64 va, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		*walk(root, va + i * PAGE_SIZE, LEAF_LEVEL) = 0;
	cpu_flush_kernel_pages(va, count);
}

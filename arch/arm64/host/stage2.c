/*
 * What EL1 can reach: an identity map of everything but the host.
 *
 * RAM is Normal memory in the largest blocks that fit, everything else is
 * Device-nGnRE, whatever stands there: a device that the tree does not name
 * works as without a host. Two places differ: the host's own pages are missing,
 * and where the tree says that a GICv2's CPU interface is, stands the virtual
 * one.
 *
 * The kernel's image is mapped by pages from the start, so that taking away the
 * right to write changes permissions of entries and never their shape: no
 * break-before-make is needed (Arm ARM D8.14.1).
 */
#include "host.h"

#define VALID 1ul
#define TABLE_OR_PAGE 2ul
#define NORMAL (0xful << 2)
#define DEVICE_NGNRE (1ul << 2)
#define READ (1ul << 6)
#define WRITE (2ul << 6)
#define SH_INNER (3ul << 8)
#define AF (1ul << 10)
#define XN (2ul << 53)
#define ADDRESS_MASK 0xfffffffff000ul

#define FLAGS_RAM (VALID | AF | READ | WRITE | NORMAL | SH_INNER)
#define FLAGS_DEVICE (VALID | AF | READ | WRITE | DEVICE_NGNRE | XN)

#define PAGE 0x1000ul
#define BLOCK 0x200000ul
#define GIB 0x40000000ul
#define ROOT_ENTRIES 1024	/* 40 bits, from level 1: two tables as one */
#define TABLE_MAX 40

/* Under host_lock once EL1 runs; then only permissions change. */
static u64 root[ROOT_ENTRIES]
	__attribute__((aligned(8192), section(".bss.tables")));
static u64 tables[TABLE_MAX][512]
	__attribute__((aligned(4096), section(".bss.tables")));
static u32 table_count;

u32 stage2_table_count(void)
{
	return table_count;
}

/* The table below *entry; a block of `size` bytes is split into equal parts. */
static u64 *descend(u64 *entry, u64 size)
{
	u64 part = size / 512;
	u64 old = *entry;
	u64 *table;
	u32 i;

	if ((old & (VALID | TABLE_OR_PAGE)) == (VALID | TABLE_OR_PAGE))
		return (u64 *)(old & ADDRESS_MASK);
	if (table_count == TABLE_MAX)
		host_fail("stage 2 needs too many tables", 0);
	table = tables[table_count++];
	for (i = 0; i < 512 && (old & VALID); i++)
		table[i] = (old + i * part) |
			   (part == PAGE ? TABLE_OR_PAGE : 0);
	*entry = (u64)table | VALID | TABLE_OR_PAGE;
	return table;
}

/* The entry that maps ipa by a unit of `unit` bytes. */
static u64 *entry_of(u64 ipa, u64 unit)
{
	u64 *entry = &root[(ipa >> 30) & (ROOT_ENTRIES - 1)];

	if (unit == GIB)
		return entry;
	entry = &descend(entry, GIB)[(ipa >> 21) & 511];
	if (unit == BLOCK)
		return entry;
	return &descend(entry, BLOCK)[(ipa >> 12) & 511];
}

static u64 largest_unit(u64 ipa, u64 pa, u64 left, u64 limit)
{
	u64 unit = limit;

	while (unit > PAGE && ((ipa | pa) % unit != 0 || left < unit))
		unit /= 512;
	return unit;
}

/* flags 0: nothing is there. Before EL1 runs. */
static void map(u64 ipa, u64 pa, u64 size, u64 flags, u64 limit)
{
	u64 unit;

	for (; size > 0; ipa += unit, pa += unit, size -= unit) {
		unit = largest_unit(ipa, pa, size, limit);
		*entry_of(ipa, unit) = flags == 0 ? 0 :
			pa | flags | (unit == PAGE ? TABLE_OR_PAGE : 0);
	}
}

static u64 page_up(u64 v)
{
	return (v + PAGE - 1) & ~(PAGE - 1);
}

void stage2_build(void)
{
	const struct host_machine *m = &host_machine;
	u64 host = (u64)host_start;
	u32 i;

	for (i = 0; i < ROOT_ENTRIES; i++)
		root[i] = i * GIB | FLAGS_DEVICE;
	for (i = 0; i < m->memory_count; i++)
		map(m->memory[i].base, m->memory[i].base,
		    m->memory[i].size, FLAGS_RAM, GIB);
	map(m->image.base, m->image.base, page_up(m->image.size), FLAGS_RAM,
	    PAGE);
	map(host, host, (u64)(host_end - host_start), 0, PAGE);
	if (m->gic_version == 2)
		map(m->gic_cpu.base, m->gic_virtual.base,
		    page_up(min_u64(m->gic_cpu.size, m->gic_virtual.size)),
		    FLAGS_DEVICE, PAGE);
}

/* The CPU's registers for the map above. */
void stage2_load(void)
{
	u64 range;

	__asm__("mrs %0, id_aa64mmfr0_el1" : "=r"(range));
	range &= 7;
	if (range > 5)
		range = 5;
	/* 40 bits, or 36 where the CPU has no more: range 1 is 36, 0 is 32. */
	if (range < 1)
		host_fail("physical addresses of fewer than 36 bits: code", range);
	__asm__ volatile("msr vtcr_el2, %0" : : "r"(
		1ul << 31 | range << 16 | 3ul << 12 | 1ul << 10 | 1ul << 8 |
		1ul << 6 | (range == 1 ? 28ul : 24ul)));
	__asm__ volatile("msr vttbr_el2, %0" : : "r"((u64)root));
	/* Walks use these registers, and no entry of whoever was at EL2 or
	 * EL1 before us. */
	__asm__ volatile("isb\n\t"
			 "tlbi alle1\n\t"
			 "ic iallu\n\t"
			 "dsb nsh\n\t"
			 "isb" : : : "memory");
}

static bool is_inside(const struct boot_range *r, u64 base, u64 size)
{
	return base >= r->base && size <= r->size &&
	       base - r->base <= r->size - size;
}

bool stage2_is_ram(u64 base, u64 size)
{
	const struct host_machine *m = &host_machine;
	u64 host = (u64)host_start;
	u32 i;

	if (base + size < base ||
	    (base < (u64)host_end && base + size > host))
		return false;
	for (i = 0; i < m->memory_count; i++)
		if (is_inside(&m->memory[i], base, size))
			return true;
	return false;
}

bool stage2_protect(u64 base, u64 size)
{
	u64 at;

	if (size == 0 || (base | size) % PAGE != 0 ||
	    !is_inside(&host_machine.image, base, size) ||
	    !stage2_is_ram(base, size))
		return false;
	host_lock_take();
	for (at = base; at < base + size; at += PAGE)
		*entry_of(at, PAGE) &= ~WRITE;
	/* The entries are in memory before any TLB may load one again; then no
	 * CPU has an older one, of stage 2 alone or combined with stage 1, when
	 * the call returns. */
	__asm__ volatile("dsb ishst\n\t"
			 "tlbi vmalls12e1is\n\t"
			 "dsb ish\n\t"
			 "isb" : : : "memory");
	host_lock_release();
	return true;
}

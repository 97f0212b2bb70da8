/*
 * EL2's own identity map: 40 bits, from level 0, in blocks of 1 GiB and 2 MiB.
 *
 * It holds RAM and the few devices that the host drives, so that nothing else
 * is ever read ahead of time. All entries are made before EL1 runs, from
 * invalid to valid, so no TLB has one to forget.
 */
#include "host.h"

#define VALID 1ul
#define TABLE 2ul
#define ATTR_DEVICE (0ul << 2)
#define ATTR_NORMAL (1ul << 2)
#define SH_INNER (3ul << 8)
#define AF (1ul << 10)
#define XN (1ul << 54)
#define ADDRESS_MASK 0xfffffffff000ul

#define BLOCK 0x200000ul
#define GIB 0x40000000ul
#define TABLE_MAX 20

/* Boot CPU only, until it has left for EL1. */
static u64 tables[TABLE_MAX][512]
	__attribute__((aligned(4096), section(".bss.tables")));
static u32 table_count = 1;	/* the root */

u64 host_map_root(void)
{
	return (u64)tables[0];
}

/* Stops early, with the MMU off perhaps: no way to say more. */
static u64 *descend(u64 *entry)
{
	if (!(*entry & VALID)) {
		if (table_count == TABLE_MAX)
			host_fail("the host's own map needs too many tables", 0);
		*entry = (u64)tables[table_count++] | VALID | TABLE;
	}
	return (u64 *)(*entry & ADDRESS_MASK);
}

static u64 *gib_entry(u64 pa)
{
	u64 *l1 = descend(&tables[0][(pa >> 39) & 511]);

	return &l1[(pa >> 30) & 511];
}

void host_map_add(u64 base, u64 size, bool is_device)
{
	u64 flags = VALID | AF | SH_INNER |
		    (is_device ? ATTR_DEVICE | XN : ATTR_NORMAL);
	u64 pa = base & ~(BLOCK - 1);
	u64 end = base + size;
	u64 *gib, *l2;

	while (pa < end) {
		gib = gib_entry(pa);
		if (!(*gib & VALID) && pa % GIB == 0 && pa + GIB <= end) {
			*gib = pa | flags;
			pa += GIB;
			continue;
		}
		/* A GiB that is a block already is all RAM. */
		if (!(*gib & VALID) || (*gib & TABLE)) {
			l2 = descend(gib);
			if (!(l2[(pa >> 21) & 511] & VALID))
				l2[(pa >> 21) & 511] = pa | flags;
		}
		pa += BLOCK;
	}
	/* The stores are seen by walks, and by fetches after them, before what
	 * is mapped is used (Arm ARM B2.3.12). */
	__asm__ volatile("dsb ishst\n\tisb" : : : "memory");
}

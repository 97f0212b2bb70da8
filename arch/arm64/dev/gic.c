/*
 * What GICv2 and GICv3 have in common: the layout of the register banks.
 */
#include "gic.h"

#include "mmio.h"

u32 gic_line_count(const void *dist)
{
	u32 count = 32 * ((mmio_read32(dist, GIC_TYPER) & 0x1f) + 1);

	return count < GIC_SPECIAL_FIRST ? count : GIC_SPECIAL_FIRST & ~31u;
}

void gic_reset_lines(void *frame, u32 first, u32 end)
{
	u32 i;

	for (i = first / 8; i < end / 8; i += 4) {
		mmio_write32(frame, GIC_ICENABLER + i, ~0u);
		mmio_write32(frame, GIC_ICPENDR + i, ~0u);
		mmio_write32(frame, GIC_ICACTIVER + i, ~0u);
	}
	for (i = first; i < end; i += 4)
		mmio_write32(frame, GIC_IPRIORITYR + i,
			     GIC_PRIORITY * 0x01010101u);
}

void gic_enable_line(void *frame, u32 intid)
{
	mmio_write32(frame, GIC_ISENABLER + intid / 32 * 4, 1u << intid % 32);
}

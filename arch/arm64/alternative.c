/*
 * See alternative.h.
 */
#include <arch/cpu.h>

#include "alternative.h"
#include "boot.h"
#include "cpu.h"

extern const struct alternative altinstr_start[], altinstr_end[];

void alternatives_apply(void)
{
	const struct alternative *a;

	for (a = altinstr_start; a < altinstr_end; a++) {
		u32 *site = (u32 *)((u64)&a->site + (s64)a->site);

		if (arch_has_feature(a->feature))
			*site = a->instruction;
	}
	cpu_sync_text((u64)text_start, (u64)text_end);
}

/*
 * Memory pressure: the levels. The thread that acts on them is in evictor.c.
 */
#include <mm/pressure.h>

u64 mm_pressure_limit(enum mm_pressure l, u64 total)
{
	switch (l) {
	case MM_PRESSURE_WARNING:
		return total / 16;
	case MM_PRESSURE_CRITICAL:
		return total / 32;
	case MM_PRESSURE_IMMINENT:
		return total / 64;
	case MM_PRESSURE_OUT_OF_MEMORY:
		return total / 128;
	default:
		return total;
	}
}

u64 mm_pressure_hysteresis(u64 total)
{
	return total / 128;
}

enum mm_pressure mm_pressure_for(u64 free, u64 total, enum mm_pressure now)
{
	u32 l = MM_PRESSURE_NORMAL;

	while (l + 1 < MM_PRESSURE_COUNT) {
		u64 limit = mm_pressure_limit(l + 1, total);

		if (l + 1 <= now)
			limit += mm_pressure_hysteresis(total);
		if (free >= limit)
			break;
		l++;
	}
	return l;
}

/*
 * Names of kernel functions. See <kernel/symbols.h>.
 */
#include <kernel/symbols.h>

/* From the linker script. */
extern const char image_start[], text_start[], text_end[];

/* The last entry whose offset is at most `offset`; ksym_count if none is. */
static u32 find_entry(u64 offset)
{
	u32 low = 0, high = ksym_count;

	/* Entries below low are at most offset, those from high on above. */
	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (ksym_offsets[middle] <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? low - 1 : ksym_count;
}

/* Counted out: a place for each would take a quarter of the table, and whoever
 * asks is about to print. */
static const char *name_of(u32 entry)
{
	const char *name = ksym_names;

	for (; entry > 0; entry--)
		name += __builtin_strlen(name) + 1;
	return name;
}

const char *symbol_find(u64 address, u64 *offset)
{
	u64 position = address - (u64)image_start;
	u32 entry;

	if (address < (u64)text_start || address >= (u64)text_end)
		return NULL;
	entry = find_entry(position);
	if (entry >= ksym_count)
		return NULL;
	*offset = position - ksym_offsets[entry];
	return name_of(entry);
}

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

/* What does not fit is left out. */
static void spell(char to[SYMBOL_NAME_MAX], const u8 *coded)
{
	u32 used = 0;

	for (; *coded != 0; coded++) {
		const char letter[2] = { (char)*coded, '\0' };
		const char *s = *coded < KSYM_PART_FIRST ? letter :
				ksym_parts + ksym_part_offsets[*coded -
							KSYM_PART_FIRST];

		while (*s != '\0' && used < SYMBOL_NAME_MAX - 1)
			to[used++] = *s++;
	}
	to[used] = '\0';
}

bool symbol_find(u64 address, struct symbol *found)
{
	u64 position = address - (u64)image_start;
	u32 entry;

	if (address < (u64)text_start || address >= (u64)text_end)
		return false;
	entry = find_entry(position);
	if (entry >= ksym_count)
		return false;
	found->offset = position - ksym_offsets[entry];
	spell(found->name, ksym_names + ksym_name_offsets[entry]);
	return true;
}

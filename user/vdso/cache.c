/*
 * Cache maintenance by address, which the kernel opens to EL0. It faults where
 * the range cannot be read, as a load would.
 */
#include <zircon/syscalls.h>

#include "../libzx/names.h"

/* CTR_EL0: log2 of the smallest line in 4-byte words. */
#define CTR_INSTRUCTION_SHIFT 0
#define CTR_DATA_SHIFT 16

static size_t line_bytes(unsigned int shift)
{
	uint64_t ctr;

	__asm__("mrs %0, ctr_el0" : "=r"(ctr));
	return 4ul << ((ctr >> shift) & 0xf);
}

uint32_t _zx_system_get_dcache_line_size(void)
{
	return (uint32_t)line_bytes(CTR_DATA_SHIFT);
}

/* Applies one operation to each line of [from, to). */
#define FOR_EACH_LINE(op, from, to, line)                                                       \
	for (uintptr_t at_ = (from) & ~((line) - 1); at_ < (to); at_ += (line))                 \
		__asm__ volatile(op ", %0" : : "r"(at_) : "memory")

static bool options_valid(uint32_t options)
{
	if (options & ~(ZX_CACHE_FLUSH_INSN | ZX_CACHE_FLUSH_DATA | ZX_CACHE_FLUSH_INVALIDATE))
		return false;
	if (!(options & (ZX_CACHE_FLUSH_INSN | ZX_CACHE_FLUSH_DATA)))
		return false;
	return !(options & ZX_CACHE_FLUSH_INVALIDATE) || (options & ZX_CACHE_FLUSH_DATA);
}

zx_status_t _zx_cache_flush(const void *addr, size_t size, uint32_t options)
{
	uintptr_t from = (uintptr_t)addr, to = from + size;
	size_t data_line = line_bytes(CTR_DATA_SHIFT);
	size_t insn_line = line_bytes(CTR_INSTRUCTION_SHIFT);

	if (!options_valid(options))
		return ZX_ERR_INVALID_ARGS;
	if (options & ZX_CACHE_FLUSH_INVALIDATE)
		FOR_EACH_LINE("dc civac", from, to, data_line);
	else if (options & ZX_CACHE_FLUSH_DATA)
		FOR_EACH_LINE("dc cvac", from, to, data_line);
	else
		FOR_EACH_LINE("dc cvau", from, to, data_line);
	/* The cleans are done before an instruction cache refills. */
	__asm__ volatile("dsb ish" : : : "memory");
	if (options & ZX_CACHE_FLUSH_INSN) {
		FOR_EACH_LINE("ic ivau", from, to, insn_line);
		/* All CPUs have dropped the lines; this one refetches. */
		__asm__ volatile("dsb ish\n\tisb" : : : "memory");
	}
	return ZX_OK;
}

SECOND_NAME(zx_system_get_dcache_line_size);
SECOND_NAME(zx_cache_flush);

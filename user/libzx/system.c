/* What a program may ask about the system; nothing here can fail. */
#include <version.h>

#include <zircon/jx.h>
#include <zircon/syscalls.h>

#include "names.h"

static const char version[] = "jacinth " JACINTH_VERSION;

uint32_t _zx_system_get_num_cpus(void)
{
	size_t count = 0;

	if (jx_stat(JX_STAT_CPU, NULL, 0, &count) != ZX_OK)
		__builtin_trap();
	return (uint32_t)count;
}

uint64_t _zx_system_get_physmem(void)
{
	jx_memory_stats_t memory;

	if (jx_stat(JX_STAT_MEMORY, &memory, sizeof(memory), NULL) != ZX_OK)
		__builtin_trap();
	return memory.total_pages * ZX_PAGE_SIZE;
}

uint32_t _zx_system_get_page_size(void)
{
	return (uint32_t)ZX_PAGE_SIZE;
}

zx_string_view_t _zx_system_get_version_string(void)
{
	return (zx_string_view_t){ version, sizeof(version) - 1 };
}

zx_status_t _zx_system_get_version(char *out, size_t out_size)
{
	if (out_size < sizeof(version))
		return ZX_ERR_BUFFER_TOO_SMALL;
	for (size_t i = 0; i < sizeof(version); i++)
		out[i] = version[i];
	return ZX_OK;
}

/* The kernel refuses more than ZX_CPRNG_DRAW_MAX_LEN at a time. */
void _zx_cprng_draw(void *buffer, size_t buffer_size)
{
	char *at = buffer;

	while (buffer_size != 0) {
		size_t count = buffer_size < ZX_CPRNG_DRAW_MAX_LEN ? buffer_size :
								     ZX_CPRNG_DRAW_MAX_LEN;

		if (jx_cprng_draw_once(at, count) != ZX_OK)
			__builtin_trap();
		at += count;
		buffer_size -= count;
	}
}

SECOND_NAME(zx_system_get_num_cpus);
SECOND_NAME(zx_system_get_physmem);
SECOND_NAME(zx_system_get_page_size);
SECOND_NAME(zx_system_get_version_string);
SECOND_NAME(zx_system_get_version);
SECOND_NAME(zx_cprng_draw);

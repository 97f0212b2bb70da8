/* What a program may ask about the system; nothing here can fail. */
#include <zircon/jx.h>
#include <zircon/syscalls.h>

#include "../libzx/names.h"
#include "constants.h"

uint32_t _zx_system_get_num_cpus(void)
{
	return vdso_constants.cpu_count;
}

uint64_t _zx_system_get_physmem(void)
{
	return vdso_constants.physmem;
}

uint32_t _zx_system_get_page_size(void)
{
	return (uint32_t)ZX_PAGE_SIZE;
}

zx_string_view_t _zx_system_get_version_string(void)
{
	return (zx_string_view_t){ (const char *)vdso_constants.version,
				   vdso_constants.version_bytes };
}

zx_status_t _zx_system_get_version(char *out, size_t out_size)
{
	size_t bytes = vdso_constants.version_bytes + 1ul;

	if (out_size < bytes)
		return ZX_ERR_BUFFER_TOO_SMALL;
	for (size_t i = 0; i < bytes; i++)
		out[i] = vdso_constants.version[i];
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

/* For tests: checks before and after the call are the stub library's own. */
zx_status_t _zx_syscall_test_wrapper(int a, int b, int c)
{
	zx_status_t sum;

	if (a < 0 || b < 0 || c < 0)
		return ZX_ERR_INVALID_ARGS;
	sum = zx_syscall_test_3(a, b, c);
	return sum > 50 ? ZX_ERR_OUT_OF_RANGE : sum;
}

SECOND_NAME(zx_system_get_num_cpus);
SECOND_NAME(zx_system_get_physmem);
SECOND_NAME(zx_system_get_page_size);
SECOND_NAME(zx_system_get_version_string);
SECOND_NAME(zx_system_get_version);
SECOND_NAME(zx_cprng_draw);
SECOND_NAME(zx_syscall_test_wrapper);

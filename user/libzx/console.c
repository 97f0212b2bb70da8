#include <jx/console.h>
#include <jx/runtime.h>
#include <zircon/syscalls.h>

int jx_console_getc(void)
{
	zx_handle_t root = jx_startup_handle(PA_RESOURCE);
	size_t actual = 0;
	char c = 0;

	/* "At least one byte, or blocks briefly": ask until there is one. */
	while (actual == 0) {
		if (zx_debug_read(root, &c, 1, &actual) != ZX_OK)
			return -1;
	}
	return (unsigned char)c;
}

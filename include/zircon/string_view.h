/* A string with its length, returned by value in x0 and x1. */
#ifndef ZIRCON_STRING_VIEW_H_
#define ZIRCON_STRING_VIEW_H_

#include <stddef.h>

#include <zircon/compiler.h>

__BEGIN_CDECLS

typedef struct zx_string_view {
	/* Ends in NUL, which length does not count. */
	const char *c_str;
	size_t length;
} zx_string_view_t;
__ZX_STATIC_ASSERT(sizeof(zx_string_view_t) == 16, "zx_string_view_t");

__END_CDECLS

#endif

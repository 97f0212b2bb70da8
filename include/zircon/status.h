/* Names of status codes. */
#ifndef ZIRCON_STATUS_H_
#define ZIRCON_STATUS_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/* The identifier's spelling, as "ZX_ERR_BAD_STATE", or "(UNKNOWN)". */
const char *zx_status_get_string(zx_status_t status);

__END_CDECLS

#endif

/* The constants that the kernel wrote at boot; vdso.ld places them. */
#ifndef VDSO_CONSTANTS_H
#define VDSO_CONSTANTS_H

#include <zircon/internal/vdso.h>

/* Hidden: no table of addresses stands between the code and them. Volatile: the
 * image's own bytes there are zero. */
extern const volatile vdso_constants_t vdso_constants __attribute__((visibility("hidden")));

#endif

/* Every function has two linkable names, _zx_foo and weak zx_foo. */
#ifndef LIBZX_NAMES_H
#define LIBZX_NAMES_H

/* Declares zx_foo as another name of _zx_foo, which the file defines. */
#define SECOND_NAME(name) extern __typeof__(_##name) name __attribute__((weak, alias("_" #name)))

#endif

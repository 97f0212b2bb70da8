/* What libstdc++'s configuration asks about the C library: nothing special. */
#ifndef _GLIBCXX_OS_DEFINES
#define _GLIBCXX_OS_DEFINES 1

/* libstdc++ defines templates where they are used: no instances are linked. */
#define _GLIBCXX_EXTERN_TEMPLATE 0

#endif

/* libstdc++'s configuration, without what only Linux and its C library have. */
#ifndef JX_CXXCONFIG_H
#define JX_CXXCONFIG_H
#pragma GCC system_header

#include_next <bits/c++config.h>

#undef _GLIBCXX_HAVE_LINUX_FUTEX
#undef _GLIBCXX_HAVE_POSIX_SEMAPHORE
#undef _GLIBCXX_USE_PTHREAD_COND_CLOCKWAIT
#undef _GLIBCXX_USE_PTHREAD_MUTEX_CLOCKLOCK
#undef _GLIBCXX_USE_PTHREAD_RWLOCK_T
#undef _GLIBCXX_HAVE_LIBINTL_H
#undef _GLIBCXX_USE_NLS

#endif

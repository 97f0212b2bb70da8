/* Between threads of <threads.h> and kernel threads. */
#ifndef ZIRCON_THREADS_H_
#define ZIRCON_THREADS_H_

#include <threads.h>

#include <zircon/types.h>

__BEGIN_CDECLS

/* Borrowed: valid until the thread was joined, or has ended detached. */
zx_handle_t thrd_get_zx_handle(thrd_t thread);

/*
 * A C11 result as a status. Numbers as in the C library of Zircon:
 * thrd_success 0, busy 1, error 2, nomem 3, timedout 4.
 */
zx_status_t thrd_status_to_zx_status(int thrd_status);

__END_CDECLS

#endif

/*
 * Between threads of the C library's kind and kernel threads. The C library
 * here has no <threads.h>; <jx/thread.h> is the thread interface, and its
 * thread takes the place of thrd_t.
 */
#ifndef ZIRCON_THREADS_H_
#define ZIRCON_THREADS_H_

#include <zircon/types.h>

__BEGIN_CDECLS

struct jx_thread;

/* Borrowed handle of a thread that jx_thread_create() made. */
zx_handle_t thrd_get_zx_handle(const struct jx_thread *thread);

/*
 * A C11 result as a status. Numbers as in the C library of Zircon:
 * thrd_success 0, busy 1, error 2, nomem 3, timedout 4.
 */
zx_status_t thrd_status_to_zx_status(int thrd_status);

__END_CDECLS

#endif

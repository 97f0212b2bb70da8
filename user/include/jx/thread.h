/* Threads with a stack and thread-local storage. */
#ifndef JX_THREAD_H
#define JX_THREAD_H

#include <zircon/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JX_THREAD_STACK_BYTES (64u << 10)

/* All fields belong to the functions below. */
struct jx_thread {
	zx_handle_t handle;
	/* The sub-VMAR that holds guard page, stack and thread-local storage. */
	zx_handle_t vmar;
	int (*fn)(void *);
	void *arg;
	int result;
};

/*
 * Starts fn(arg) in a new thread of this process; *thread must stay where it
 * is until it was joined. Errors: those of the kernel calls, nothing is left.
 */
zx_status_t jx_thread_create(struct jx_thread *thread, const char *name, int (*fn)(void *),
			     void *arg);

/*
 * Waits until the thread has ended and frees all it had. *result (may be
 * NULL) is what fn returned, or -1 if the thread was killed.
 */
zx_status_t jx_thread_join(struct jx_thread *thread, int *result);

/* As above, giving up at the deadline: TIMED_OUT, and nothing is freed. */
zx_status_t jx_thread_join_until(struct jx_thread *thread, int *result, zx_time_t deadline);

#ifdef __cplusplus
}
#endif

#endif

/*
 * C11 threads, mutexes, condition variables and thread-specific storage, on
 * kernel threads and futexes. The numbers of results and kinds are those of
 * Zircon's C library; <zircon/threads.h> has what is special to Zircon.
 *
 * Deadlines are absolute times of TIME_UTC (<time.h>). A thread that the
 * program started with zx_thread_start() and its own stack has no place for
 * thread-local variables and must not call these functions.
 */
#ifndef JX_THREADS_H
#define JX_THREADS_H

#include <stdint.h>
#include <time.h>

#include <zircon/types.h>

#ifdef __cplusplus
extern "C" {
#else
#define thread_local _Thread_local
#endif

#define TSS_DTOR_ITERATIONS 4
#define ONCE_FLAG_INIT { 0 }

enum { thrd_success = 0, thrd_busy = 1, thrd_error = 2, thrd_nomem = 3, thrd_timedout = 4 };
enum { mtx_plain = 0, mtx_recursive = 1, mtx_timed = 2 };

typedef struct jx_thrd *thrd_t;
typedef int (*thrd_start_t)(void *);
typedef void (*tss_dtor_t)(void *);
/* Index and generation of a key. */
typedef uint32_t tss_t;
typedef struct jx_once { zx_futex_t word; } once_flag;

/* A mutex that is all zero is a plain one, ready for use. */
typedef struct jx_mtx {
	zx_futex_t word;	/* 0 free, 1 held, 2 held and perhaps waited for */
	uint32_t type;
	uintptr_t owner;	/* recursive ones: thread pointer of the holder */
	uint32_t depth;		/* recursive ones: how often beyond the first */
} mtx_t;

/* A condition that is all zero is ready for use. */
typedef struct jx_cnd {
	zx_futex_t sequence;
	zx_futex_t waiters;
} cnd_t;

/* thrd_nomem, or thrd_error where the kernel gave another reason. */
int thrd_create(thrd_t *thread, thrd_start_t function, void *argument);
/* The same, with a name that `ps` and the kernel's reports show. */
int thrd_create_with_name(thrd_t *thread, thrd_start_t function, void *argument,
			  const char *name);
thrd_t thrd_current(void);
int thrd_equal(thrd_t a, thrd_t b);
/* In the last thread that the program has, this is exit(0). */
void thrd_exit(int result) __attribute__((__noreturn__));
/* *result (may be NULL) is what the thread returned, -1 if it was killed. */
int thrd_join(thrd_t thread, int *result);
int thrd_detach(thrd_t thread);
/* Never wakes early: 0, or -2 if the duration is none. */
int thrd_sleep(const struct timespec *duration, struct timespec *remaining);
void thrd_yield(void);

int mtx_init(mtx_t *mutex, int type);
void mtx_destroy(mtx_t *mutex);
int mtx_lock(mtx_t *mutex);
int mtx_trylock(mtx_t *mutex);
int mtx_timedlock(mtx_t *__restrict mutex, const struct timespec *__restrict deadline);
int mtx_unlock(mtx_t *mutex);

int cnd_init(cnd_t *condition);
void cnd_destroy(cnd_t *condition);
int cnd_wait(cnd_t *condition, mtx_t *mutex);
int cnd_timedwait(cnd_t *__restrict condition, mtx_t *__restrict mutex,
		  const struct timespec *__restrict deadline);
int cnd_signal(cnd_t *condition);
int cnd_broadcast(cnd_t *condition);

void call_once(once_flag *flag, void (*function)(void));

/* At most 128 keys at a time; a program needs few. */
int tss_create(tss_t *key, tss_dtor_t destructor);
void tss_delete(tss_t key);
void *tss_get(tss_t key);
int tss_set(tss_t key, void *value);

#ifdef __cplusplus
}
#endif

#endif

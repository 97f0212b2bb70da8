/* As much of POSIX threads as zstd uses, in terms of <threads.h>. */
#ifndef PORTS_ZSTD_PTHREAD_H
#define PORTS_ZSTD_PTHREAD_H

#include <errno.h>
#include <stdlib.h>
#include <threads.h>

typedef mtx_t pthread_mutex_t;
typedef cnd_t pthread_cond_t;
typedef thrd_t pthread_t;
typedef int pthread_mutexattr_t, pthread_condattr_t, pthread_attr_t;

static inline int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
	(void)attributes;
	return mtx_init(mutex, mtx_plain);
}

static inline int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	mtx_destroy(mutex);
	return 0;
}

static inline int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	return mtx_lock(mutex);
}

static inline int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	return mtx_unlock(mutex);
}

static inline int pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attributes)
{
	(void)attributes;
	return cnd_init(cond);
}

static inline int pthread_cond_destroy(pthread_cond_t *cond)
{
	cnd_destroy(cond);
	return 0;
}

static inline int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	return cnd_wait(cond, mutex);
}

static inline int pthread_cond_signal(pthread_cond_t *cond)
{
	return cnd_signal(cond);
}

static inline int pthread_cond_broadcast(pthread_cond_t *cond)
{
	return cnd_broadcast(cond);
}

struct pthread_start {
	void *(*function)(void *);
	void *argument;
};

/* The result is lost: zstd asks for none. */
static inline int pthread_run(void *argument)
{
	struct pthread_start start = *(struct pthread_start *)argument;

	free(argument);
	start.function(start.argument);
	return 0;
}

static inline int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
				 void *(*function)(void *), void *argument)
{
	struct pthread_start *start = malloc(sizeof(*start));

	(void)attributes;
	if (!start)
		return ENOMEM;
	*start = (struct pthread_start){ function, argument };
	if (thrd_create(thread, pthread_run, start) == thrd_success)
		return 0;
	free(start);
	return EAGAIN;
}

static inline int pthread_join(pthread_t thread, void **result)
{
	if (result)
		*result = NULL;
	return thrd_join(thread, NULL) == thrd_success ? 0 : EINVAL;
}

#endif

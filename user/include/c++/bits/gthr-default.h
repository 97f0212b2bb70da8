/*
 * What libstdc++ asks of threads (its <bits/gthr.h> explains the names), in
 * terms of <threads.h>. From it come std::mutex, std::shared_ptr's counts and,
 * with the functions of libjacinth-c++.a, std::thread.
 */
#ifndef _GLIBCXX_GCC_GTHR_DEFAULT_H
#define _GLIBCXX_GCC_GTHR_DEFAULT_H

#include <threads.h>

#define __GTHREADS 1
#define __GTHREADS_CXX0X 1
#define __GTHREAD_HAS_COND 1
#define _GTHREAD_USE_MUTEX_TIMEDLOCK 1

typedef thrd_t __gthread_t;
typedef tss_t __gthread_key_t;
typedef once_flag __gthread_once_t;
typedef mtx_t __gthread_mutex_t;
typedef mtx_t __gthread_recursive_mutex_t;
typedef cnd_t __gthread_cond_t;
typedef struct timespec __gthread_time_t;

#define __GTHREAD_ONCE_INIT ONCE_FLAG_INIT
#define __GTHREAD_MUTEX_INIT { 0, mtx_plain, 0, 0 }
#define __GTHREAD_RECURSIVE_MUTEX_INIT { 0, mtx_recursive, 0, 0 }
#define __GTHREAD_COND_INIT { 0, 0 }
#define __GTHREAD_TIME_INIT { 0, 0 }

static inline int __gthread_active_p(void)
{
	return 1;
}

static inline int __gthread_once(__gthread_once_t *once, void (*function)(void))
{
	call_once(once, function);
	return 0;
}

static inline int __gthread_key_create(__gthread_key_t *key, void (*destructor)(void *))
{
	return tss_create(key, destructor);
}

static inline int __gthread_key_delete(__gthread_key_t key)
{
	tss_delete(key);
	return 0;
}

static inline void *__gthread_getspecific(__gthread_key_t key)
{
	return tss_get(key);
}

static inline int __gthread_setspecific(__gthread_key_t key, const void *value)
{
	return tss_set(key, const_cast<void *>(value));
}

static inline int __gthread_mutex_destroy(__gthread_mutex_t *mutex)
{
	mtx_destroy(mutex);
	return 0;
}

static inline int __gthread_mutex_lock(__gthread_mutex_t *mutex)
{
	return mtx_lock(mutex);
}

static inline int __gthread_mutex_trylock(__gthread_mutex_t *mutex)
{
	return mtx_trylock(mutex);
}

static inline int __gthread_mutex_timedlock(__gthread_mutex_t *mutex,
					    const __gthread_time_t *deadline)
{
	return mtx_timedlock(mutex, deadline);
}

static inline int __gthread_mutex_unlock(__gthread_mutex_t *mutex)
{
	return mtx_unlock(mutex);
}

static inline int __gthread_recursive_mutex_destroy(__gthread_recursive_mutex_t *mutex)
{
	mtx_destroy(mutex);
	return 0;
}

static inline int __gthread_recursive_mutex_lock(__gthread_recursive_mutex_t *mutex)
{
	return mtx_lock(mutex);
}

static inline int __gthread_recursive_mutex_trylock(__gthread_recursive_mutex_t *mutex)
{
	return mtx_trylock(mutex);
}

static inline int __gthread_recursive_mutex_timedlock(__gthread_recursive_mutex_t *mutex,
						      const __gthread_time_t *deadline)
{
	return mtx_timedlock(mutex, deadline);
}

static inline int __gthread_recursive_mutex_unlock(__gthread_recursive_mutex_t *mutex)
{
	return mtx_unlock(mutex);
}

static inline int __gthread_cond_destroy(__gthread_cond_t *condition)
{
	cnd_destroy(condition);
	return 0;
}

static inline int __gthread_cond_wait(__gthread_cond_t *condition, __gthread_mutex_t *mutex)
{
	return cnd_wait(condition, mutex);
}

static inline int __gthread_cond_wait_recursive(__gthread_cond_t *condition,
						__gthread_recursive_mutex_t *mutex)
{
	return cnd_wait(condition, mutex);
}

static inline int __gthread_cond_timedwait(__gthread_cond_t *condition, __gthread_mutex_t *mutex,
					   const __gthread_time_t *deadline)
{
	return cnd_timedwait(condition, mutex, deadline);
}

static inline int __gthread_cond_signal(__gthread_cond_t *condition)
{
	return cnd_signal(condition);
}

static inline int __gthread_cond_broadcast(__gthread_cond_t *condition)
{
	return cnd_broadcast(condition);
}

static inline __gthread_t __gthread_self(void)
{
	return thrd_current();
}

static inline int __gthread_equal(__gthread_t a, __gthread_t b)
{
	return thrd_equal(a, b);
}

static inline int __gthread_join(__gthread_t thread, void **result)
{
	int value;

	if (thrd_join(thread, &value) != thrd_success)
		return -1;
	if (result)
		*result = nullptr;
	return 0;
}

static inline int __gthread_detach(__gthread_t thread)
{
	return thrd_detach(thread);
}

static inline int __gthread_yield(void)
{
	thrd_yield();
	return 0;
}

#endif

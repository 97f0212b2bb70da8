/*
 * The thread that a fake CPU runs; shared by cpu.c, sched.c and user.c.
 */
#ifndef ARCH_FAKE_THREAD_H
#define ARCH_FAKE_THREAD_H

#include <pthread.h>

#include <kernel/thread.h>
#include <kernel/time.h>

struct fake_thread {
	struct thread thread;		/* first: arch_current() */
	pthread_t host;
	void (*fn)(void *);
	void *arg;
	/* sched.c: sleeping. */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool woken;			/* under lock */
	/* This thread only: what ends its sleep, and when. */
	struct ktimer *timer;
	ktime_t deadline;
};

extern struct fake_thread fake_threads[CONFIG_MAX_CPUS];

#endif

/*
 * The watch over tests: see ktap_watch.h. It prints by system calls alone, since
 * the lock of stdio may be what everybody waits for.
 */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <jx/thread.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/debug.h>
#include <zircon/syscalls/object.h>

#include "ktap_watch.h"

#define SECONDS 300
#define THREADS_MAX 32u
#define FRAMES_MAX 12
#define STOP_TIME ZX_SEC(1)

static zx_duration_t patience;
/* Of the running test. The deadline is stored last, with release. */
static _Atomic(unsigned int) number;
static _Atomic(const char *) name;
static _Atomic(zx_time_t) deadline;

static void say(const char *format, ...) __PRINTFLIKE(1, 2);
static void say(const char *format, ...)
{
	char text[200];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (length > 0)
		zx_debug_write(text, (size_t)length < sizeof(text) ? (size_t)length
								   : sizeof(text) - 1);
}

/* The records of frames, each of which points to its caller's. They are read as
 * another process's, since they may be anything. */
static void say_callers(uint64_t frame)
{
	uint64_t record[2];
	size_t actual;

	for (int i = 0; i < FRAMES_MAX && frame != 0; i++) {
		if (zx_process_read_memory(zx_process_self(), frame, record, sizeof(record),
					   &actual) != ZX_OK ||
		    actual != sizeof(record))
			return;
		say("#     called from 0x%llx\n", (unsigned long long)record[1]);
		frame = record[0];
	}
}

/* Stops a thread for the time it takes to read its registers. */
static void say_place(zx_handle_t thread)
{
	zx_handle_t token = ZX_HANDLE_INVALID;
	zx_thread_state_general_regs_t regs;

	if (zx_task_suspend_token(thread, &token) != ZX_OK)
		return;
	if (zx_object_wait_one(thread, ZX_THREAD_SUSPENDED, zx_deadline_after(STOP_TIME),
			       NULL) == ZX_OK &&
	    zx_thread_read_state(thread, ZX_THREAD_STATE_GENERAL_REGS, &regs,
				 sizeof(regs)) == ZX_OK) {
		say("#     pc 0x%llx, lr 0x%llx\n", (unsigned long long)regs.pc,
		    (unsigned long long)regs.lr);
		say_callers(regs.r[29]);
	}
	zx_handle_close(token);
}

static void say_thread(zx_koid_t koid)
{
	zx_handle_t thread = ZX_HANDLE_INVALID;
	char thread_name[ZX_MAX_NAME_LEN] = "";
	zx_info_thread_t info = { 0 };

	if (zx_object_get_child(zx_process_self(), koid, ZX_RIGHT_SAME_RIGHTS, &thread) != ZX_OK)
		return;
	zx_object_get_property(thread, ZX_PROP_NAME, thread_name, sizeof(thread_name));
	zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL);
	say("#   thread %llu '%s' is in state 0x%x\n", (unsigned long long)koid, thread_name,
	    info.state);
	say_place(thread);
	zx_handle_close(thread);
}

static void say_threads(void)
{
	zx_koid_t koids[THREADS_MAX], self = 0;
	zx_info_handle_basic_t basic;
	size_t actual = 0;

	if (zx_object_get_info(zx_thread_self(), ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic), NULL,
			       NULL) == ZX_OK)
		self = basic.koid;
	zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_THREADS, koids, sizeof(koids),
			   &actual, NULL);
	for (size_t i = 0; i < actual; i++) {
		if (koids[i] != self)
			say_thread(koids[i]);
	}
}

static int watch(void *arg)
{
	zx_time_t end;

	(void)arg;
	while ((end = atomic_load_explicit(&deadline, memory_order_acquire)) >
	       zx_clock_get_monotonic())
		zx_nanosleep(end);
	say("# %s has not ended after %lld s (JX_TEST_SECONDS sets the limit)\n",
	    atomic_load(&name), (long long)(patience / ZX_SEC(1)));
	say_threads();
	say("not ok %u %s\n", atomic_load(&number), atomic_load(&name));
	zx_process_exit(EXIT_FAILURE);
}

bool ktap_watch_start(void)
{
	const char *seconds = getenv("JX_TEST_SECONDS");
	static struct jx_thread thread;

	patience = ZX_SEC(seconds ? strtoll(seconds, NULL, 0) : SECONDS);
	ktap_watch_test(0, "the start");
	return jx_thread_create(&thread, "watch", watch, NULL) == ZX_OK;
}

void ktap_watch_test(unsigned int new_number, const char *new_name)
{
	atomic_store_explicit(&number, new_number, memory_order_relaxed);
	atomic_store_explicit(&name, new_name, memory_order_relaxed);
	/* Release: who sees this deadline sees the test that it is of. */
	atomic_store_explicit(&deadline, zx_deadline_after(patience), memory_order_release);
}

/*
 * Runner of the kernel's own tests. See <kernel/ktest.h>.
 *
 * KTAP goes to the console raw, a line at a time: the log's time stamps would
 * stand in its way, and the ring has better use.
 */
#include <kernel/ktest.h>
#include <kernel/lock.h>
#include <kernel/printk.h>
#include <kernel/thread.h>

#define LINE_MAX 200

/* From the linker script: section .ktest. */
extern const struct ktest ktest_start[], ktest_end[];

/* One test on its way; lives on the runner's stack. */
struct run {
	struct ktest_run result;
	const struct ktest *test;
	struct spinlock lock;
	/* Under lock. */
	bool done;
	struct waiter *runner;
};

static void print_line(const char *fmt, ...) PRINTFLIKE(1, 2);
static void print_line(const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list args;
	int length;

	va_start(args, fmt);
	length = kvsnprintf(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	line[length] = '\n';
	console_write(line, (size_t)length + 1);
}

void ktest_fail(struct ktest_run *t, const char *file, int line,
		const char *what, s64 got, s64 want)
{
	/* Relaxed: read after the test's threads have ended. */
	__atomic_fetch_add(&t->failure_count, 1, __ATOMIC_RELAXED);
	print_line("# %s:%d: %s: got %ld (%#lx), want %ld (%#lx)", file, line,
		   what, got, (u64)got, want, (u64)want);
}

static void run_thread(void *arg)
{
	struct run *r = arg;

	r->test->fn(&r->result);
	spin_lock(&r->lock);
	r->done = true;
	if (r->runner)
		waiter_wake(r->runner, ZX_OK);
	spin_unlock(&r->lock);
}

/* Waits until the test's thread has let go of *r. */
static zx_status_t run_wait(struct run *r)
{
	struct waiter w;
	zx_status_t status = ZX_OK;
	bool done;

	waiter_init(&w);
	spin_lock(&r->lock);
	r->runner = &w;
	done = r->done;
	spin_unlock(&r->lock);
	if (!done)
		status = waiter_sleep(&w, ZX_TIME_INFINITE,
				      WAIT_UNINTERRUPTIBLE, 0);
	/* The thread wakes us with the lock held and then frees it. */
	spin_lock(&r->lock);
	spin_unlock(&r->lock);
	return status;
}

static bool run_one(const struct ktest *test)
{
	struct run r = { .test = test };
	zx_status_t status;

	spin_init(&r.lock, LOCK_FUTEX);
	status = thread_create_kernel(test->name, run_thread, &r,
				      THREAD_PRIORITY_DEFAULT);
	if (status == ZX_OK)
		status = run_wait(&r);
	if (status != ZX_OK)
		print_line("# no thread for the test: %d", status);
	return status == ZX_OK && r.result.failure_count == 0;
}

static bool starts_with(const char *s, const char *prefix)
{
	while (*prefix != '\0' && *s == *prefix) {
		s++;
		prefix++;
	}
	return *prefix == '\0';
}

static bool is_selected(const struct ktest *test, const char *filter)
{
	const char *p;

	if (!filter)
		return true;
	for (p = test->name; *p != '\0'; p++)
		if (starts_with(p, filter))
			return true;
	return *filter == '\0';
}

u32 ktest_run_all(const char *filter)
{
	const struct ktest *test;
	u32 count = 0, number = 0, failure_count = 0;

	for (test = ktest_start; test < ktest_end; test++)
		count += is_selected(test, filter);
	print_line("KTAP version 1");
	print_line("1..%u", count);
	for (test = ktest_start; test < ktest_end; test++) {
		bool passed;

		if (!is_selected(test, filter))
			continue;
		passed = run_one(test);
		failure_count += !passed;
		print_line("%s %u - %s", passed ? "ok" : "not ok", ++number,
			   test->name);
	}
	return failure_count;
}

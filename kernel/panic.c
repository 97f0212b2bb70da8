/*
 * The end of the world. See <kernel/panic.h>.
 *
 * One CPU reports; the first to come is it, and the others are stopped or wait
 * for ever. The report trusts as little as it can and says the most important
 * things first: should one of its parts panic again, the rest is left out.
 */
#include "console.h"

#include <arch/cpu.h>
#include <arch/irq.h>
#include <kernel/boot.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/process.h>

#define LAST_RECORD_COUNT 20
#define REASON_MAX 224

/* Atomic: the CPU that reports, plus 1; taken by compare-and-swap. */
static u32 panic_cpu_plus_1;
/* The reporting CPU only: how often it came here. */
static u32 panic_depth;

bool panic_is_active(void)
{
	/* Relaxed: the reporting CPU sees its own store; on another CPU it
	 * makes no difference when it begins to see it. */
	return __atomic_load_n(&panic_cpu_plus_1, __ATOMIC_RELAXED) != 0;
}

static void halt(void) NORETURN;
static void halt(void)
{
	(void)arch_irq_save();
	for (;;)
		arch_cpu_wait();
}

static bool word_is(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* Ends the machine as the boot arguments say. */
static void finish(void) NORETURN;
static void finish(void)
{
	char how[8];

	if (boot_get_arg("panic", how, sizeof(how))) {
		if (word_is(how, "exit"))
			arch_power_off(1);
		if (word_is(how, "reset"))
			arch_reset();
	}
	console_write_polled("halted\n", 7);
	halt();
}

/* Makes this CPU the one that reports; returns how often it came here. */
static u32 panic_enter(void)
{
	u32 none = 0;
	u32 me = arch_cpu_id() + 1;

	/* Acquire and release: panic_depth is this CPU's from here on. */
	if (!__atomic_compare_exchange_n(&panic_cpu_plus_1, &none, me, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) &&
	    none != me)
		halt();
	return ++panic_depth;
}

/* *arg: whether the next address is one at which something happened. All others
 * are return addresses, and show the call: what stands behind it may belong to
 * the next function, if it never returns. */
static void print_address(void *arg, u64 pc, bool certain)
{
	bool *is_exact = arg;

	if (!*is_exact)
		pc -= 4;
	*is_exact = false;
	printk("  %p %s%pS", (void *)pc, certain ? "" : "? ", (void *)pc);
}

static void print_thread(void)
{
	const int name_max = ZX_MAX_NAME_LEN;
	struct thread *t = thread_current();
	struct process *p = t->process;

	printk("CPU %u, thread %lu \"%.*s\", process %lu \"%.*s\"",
	       arch_cpu_id(), (u64)t->object.koid, name_max, t->name,
	       p ? (u64)p->object.koid : 0, name_max, p ? p->name : "kernel");
}

static void print_report(struct arch_frame *frame, u64 log_end)
{
	bool is_exact = frame != NULL;

	print_thread();
	if (frame)
		arch_frame_print(frame);
	printk("called from:");
	arch_backtrace(frame, print_address, &is_exact);
	printk("the last messages before this:");
	log_show_last(LAST_RECORD_COUNT, log_end, console_write_polled);
}

static void report(struct arch_frame *frame, const char *what, const char *fmt,
		   va_list args) NORETURN;
static void report(struct arch_frame *frame, const char *what, const char *fmt,
		   va_list args)
{
	char reason[REASON_MAX];
	u64 log_end = log_position();
	u32 depth;

	(void)arch_irq_save();
	depth = panic_enter();
	/* The third time even printing has failed; the fourth, so has power
	 * off. */
	if (depth > 3)
		halt();
	if (depth > 2)
		finish();
	if (depth == 1) {
		arch_stop_other_cpus();
		console_start();
		/* Another CPU may have been stopped within a line. */
		console_write_polled("\n", 1);
	}
	kvsnprintf(reason, sizeof(reason), fmt, args);
	printk("%s%s%s", depth > 1 ? "within it: " : "", what, reason);
	if (depth == 1 && what[0] != '\0')
		print_report(frame, log_end);
	finish();
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(NULL, "panic: ", fmt, args);
}

void panic_with_frame(struct arch_frame *frame, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(frame, "panic: ", fmt, args);
}

void panic_stop(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(NULL, "", fmt, args);
}

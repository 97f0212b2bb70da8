/* How a program ends, chosen by its argument. */
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#define HANDLERS 100

static int handlers_run;

static void count(void)
{
	handlers_run++;
}

/* Registered first, so called last. */
static void tell_count(void)
{
	printf("%d handlers\n", handlers_run);
}

static void add_another(void)
{
	atexit(count);
}

static __attribute__((__destructor__)) void at_the_very_end(void)
{
	puts("destructor");
}

static void handle(int signal)
{
	printf("handled %d\n", signal == SIGUSR1);
}

/* Prints lines in pieces, which must not mix with those of other threads. */
static int print_lines(void *argument)
{
	int who = (int)(size_t)argument;

	for (int i = 0; i < 50; i++) {
		for (int piece = 0; piece < 5; piece++)
			printf("%d%d-", who, who);
		putchar('\n');
	}
	return 0;
}

static int print_from_threads(void)
{
	thrd_t threads[4];

	for (size_t i = 0; i < 4; i++) {
		if (thrd_create(&threads[i], print_lines, (void *)(i + 1)) != thrd_success)
			return 1;
	}
	for (size_t i = 0; i < 4; i++)
		thrd_join(threads[i], NULL);
	return 0;
}

static int end_in_thread(void *argument)
{
	(void)argument;
	printf("unfinished line");
	exit(9);
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	thrd_t thread;

	if (strcmp(way, "assert") == 0)
		assert(argc == 0);
	if (strcmp(way, "abort") == 0)
		abort();
	if (strcmp(way, "quick") == 0) {
		at_quick_exit(tell_count);
		quick_exit(5);
	}
	if (strcmp(way, "lines") == 0)
		return print_from_threads();
	if (strcmp(way, "thread") == 0) {
		thrd_create(&thread, end_in_thread, NULL);
		thrd_join(thread, NULL);
	}
	if (strcmp(way, "last-thread") == 0) {
		thrd_create(&thread, print_lines, (void *)1);
		thrd_detach(thread);
		thrd_exit(3);
	}
	signal(SIGUSR1, handle);
	raise(SIGUSR1);
	atexit(tell_count);
	for (int i = 0; i < HANDLERS - 1; i++)
		atexit(count);
	atexit(add_another);
	return 6;
}

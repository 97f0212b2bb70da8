/* The end of a thread: destructors of C++ variables with thread storage. */
#include <stdlib.h>

#include "thread_end.h"

struct destructor {
	void (*function)(void *);
	void *argument;
	struct destructor *older;
};

static _Thread_local struct destructor *youngest;

/* Of the C++ ABI; the third argument tells shared libraries apart. */
int __cxa_thread_atexit(void (*function)(void *), void *argument, void *dso);
int __cxa_thread_atexit(void (*function)(void *), void *argument, void *dso)
{
	struct destructor *entry = malloc(sizeof(*entry));

	(void)dso;
	/* The compiler ignores the answer: better no program than a wrong one. */
	if (!entry)
		abort();
	*entry = (struct destructor){ function, argument, youngest };
	youngest = entry;
	return 0;
}

void jx_thread_end(void)
{
	while (youngest) {
		struct destructor *entry = youngest;

		youngest = entry->older;
		entry->function(entry->argument);
		free(entry);
	}
	if (jx_tss_end)
		jx_tss_end();
	jx_stdio_thread_end();
}

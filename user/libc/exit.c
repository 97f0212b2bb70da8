/*
 * The end of a program: exit() and what is to be done before it, in any number
 * (the C library's own table has 32 places, which static destructors of C++
 * soon fill).
 */
#include <stdlib.h>
#include <unistd.h>

#include <jx/runtime.h>
#include <zircon/syscalls.h>

#include "thread_end.h"

#define BLOCK_ENTRIES 32

struct entry {
	void (*function)(void *);
	void *argument;
};

struct block {
	struct block *older;
	size_t used;
	struct entry entries[BLOCK_ENTRIES];
};

struct list {
	struct block first;
	struct block *last;
};

/* Given by the C library, for C++ and for attribute((destructor)). */
void __libc_fini_array(void);
int __cxa_atexit(void (*function)(void *), void *argument, void *dso);
int on_exit(void (*function)(int, void *), void *argument);

static struct jx_lock list_lock;
/* Under list_lock. */
static struct list at_exit, at_quick_exit_list;
/* The thread pointer of the one thread that ends the program. */
static _Atomic uintptr_t ending_thread;
/* Written by that thread alone. */
static int exit_status;

static int list_add(struct list *list, void (*function)(void *), void *argument)
{
	struct block *block, *fresh = NULL;
	int result = 0;

	jx_lock_acquire(&list_lock);
	block = list->last ? list->last : &list->first;
	if (block->used == BLOCK_ENTRIES) {
		fresh = calloc(1, sizeof(*fresh));
		result = fresh ? 0 : -1;
		if (fresh)
			fresh->older = block;
		block = fresh;
	}
	if (block) {
		block->entries[block->used++] = (struct entry){ function, argument };
		list->last = block;
	}
	jx_lock_release(&list_lock);
	return result;
}

/* Takes the youngest entry out; false if there is none. */
static bool list_take(struct list *list, struct entry *out)
{
	struct block *block;
	bool found;

	jx_lock_acquire(&list_lock);
	block = list->last;
	if (block && block->used == 0 && block->older) {
		list->last = block->older;
		free(block);
		block = list->last;
	}
	found = block && block->used != 0;
	if (found)
		*out = block->entries[--block->used];
	jx_lock_release(&list_lock);
	return found;
}

/* Entries may add entries. */
static void list_run(struct list *list)
{
	struct entry entry;

	while (list_take(list, &entry))
		entry.function(entry.argument);
}

/* The first thread that comes goes on; others sleep until the program is gone. */
static void end_alone(void)
{
	static zx_futex_t never;
	uintptr_t seen = 0;

	if (atomic_compare_exchange_strong(&ending_thread, &seen, jx_thread_pointer()) ||
	    seen == jx_thread_pointer())
		return;
	for (;;)
		zx_futex_wait(&never, 0, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
}

int __cxa_atexit(void (*function)(void *), void *argument, void *dso)
{
	(void)dso;
	return list_add(&at_exit, function, argument);
}

static void call_plain(void *function)
{
	((void (*)(void))function)();
}

int atexit(void (*function)(void))
{
	return list_add(&at_exit, call_plain, (void *)function);
}

int at_quick_exit(void (*function)(void))
{
	return list_add(&at_quick_exit_list, call_plain, (void *)function);
}

struct status_entry {
	void (*function)(int, void *);
	void *argument;
};

static void call_with_status(void *argument)
{
	struct status_entry entry = *(struct status_entry *)argument;

	free(argument);
	entry.function(exit_status, entry.argument);
}

int on_exit(void (*function)(int, void *), void *argument)
{
	struct status_entry *entry = malloc(sizeof(*entry));

	if (!entry)
		return -1;
	*entry = (struct status_entry){ function, argument };
	return list_add(&at_exit, call_with_status, entry);
}

void exit(int status)
{
	end_alone();
	exit_status = status;
	jx_thread_end();
	list_run(&at_exit);
	__libc_fini_array();
	_exit(status);
}

void quick_exit(int status)
{
	end_alone();
	list_run(&at_quick_exit_list);
	_exit(status);
}

/*
 * malloc() and its relatives, in place of the C library's, whose free() takes
 * a time that grows with the number of free pieces.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <jx/runtime.h>

#include "malloc.h"

#define PLAIN_ALIGN 16

static void *or_errno(void *memory)
{
	/* The very first calls are made before errno exists. */
	if (!memory && jx_thread_pointer())
		errno = ENOMEM;
	return memory;
}

void *malloc(size_t bytes)
{
	return or_errno(heap_alloc(bytes, PLAIN_ALIGN));
}

void free(void *memory)
{
	if (memory)
		heap_free(memory);
}

void *calloc(size_t count, size_t each)
{
	size_t bytes;
	void *memory = NULL;

	if (!__builtin_mul_overflow(count, each, &bytes))
		memory = heap_alloc(bytes, PLAIN_ALIGN);
	if (memory)
		memset(memory, 0, bytes);
	return or_errno(memory);
}

void *realloc(void *memory, size_t bytes)
{
	size_t keep;
	void *moved;

	if (!memory)
		return malloc(bytes);
	if (bytes == 0) {
		free(memory);
		return NULL;
	}
	if (heap_resize(memory, bytes))
		return memory;
	moved = malloc(bytes);
	if (!moved)
		return NULL;
	keep = heap_usable(memory);
	memcpy(moved, memory, keep < bytes ? keep : bytes);
	free(memory);
	return moved;
}

static bool power_of_two(size_t align)
{
	return align != 0 && (align & (align - 1)) == 0;
}

void *memalign(size_t align, size_t bytes)
{
	if (!power_of_two(align)) {
		errno = EINVAL;
		return NULL;
	}
	return or_errno(heap_alloc(bytes, align > PLAIN_ALIGN ? align : PLAIN_ALIGN));
}

void *aligned_alloc(size_t align, size_t bytes)
{
	return memalign(align, bytes);
}

int posix_memalign(void **out, size_t align, size_t bytes)
{
	void *memory;

	if (!power_of_two(align) || align % sizeof(void *) != 0)
		return EINVAL;
	memory = heap_alloc(bytes, align > PLAIN_ALIGN ? align : PLAIN_ALIGN);
	if (!memory)
		return ENOMEM;
	*out = memory;
	return 0;
}

size_t malloc_usable_size(void *memory)
{
	return memory ? heap_usable(memory) : 0;
}

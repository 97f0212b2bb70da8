/* The heap below malloc(), calloc() and the like. */
#ifndef LIBC_MALLOC_H
#define LIBC_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* align is a power of two. NULL if there is no room; the bytes may hold anything. */
void *heap_alloc(size_t bytes, size_t align);
/* For what heap_alloc() gave, not NULL. */
void heap_free(void *memory);
/* True if the object now holds `bytes` where it stands; else nothing has changed. */
bool heap_resize(void *memory, size_t bytes);
/* How much the caller may use. */
size_t heap_usable(const void *memory);

#endif

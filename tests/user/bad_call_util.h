/*
 * Objects to be called badly, and a table of calls with what each argument is.
 * Shared by bad_call.c (one wrong argument at a time) and bad_call_random.c.
 */
#ifndef BAD_CALL_UTIL_H
#define BAD_CALL_UTIL_H

#include <stdbool.h>
#include <stddef.h>

#include <zircon/types.h>

#include "exc_util.h"

enum object_index {
	OBJ_EVENT,
	OBJ_PORT,
	OBJ_VMO,
	OBJ_PAGER,
	OBJ_PAGED_VMO,
	OBJ_PROCESS,	/* not started */
	OBJ_THREAD,	/* its first, not started */
	OBJ_VMAR,	/* a region of this process with nothing in it */
	OBJ_JOB,	/* without the right to kill it */
	OBJ_LOG,
	OBJ_IOMMU,
	OBJ_BTI,
	OBJ_EXCEPTION,	/* of the thread of a child of its own */
	OBJ_RESOURCE,
	OBJ_COUNT,
};

enum arg_kind {
	ARG_END,
	ARG_VALUE,
	ARG_DEADLINE,
	ARG_HANDLE,		/* of one type */
	ARG_HANDLE_ANY,		/* of any type */
	ARG_HANDLE_OR_0,	/* of one type, or none */
	ARG_FRESH,		/* any type, consumed: a duplicate for each call */
	ARG_IN,			/* pointers, with the bytes that are read */
	ARG_OUT,
	ARG_OUT_HANDLE,
	ARG_OUT_OR_NULL,
	ARG_IN_MEMORY,		/* copied by a VMO's call: statuses of its own */
	ARG_OUT_MEMORY,
};

struct bad_arg {
	enum arg_kind kind;
	/* Handles: the good one, and whether it needs any right. */
	enum object_index object;
	bool needs_right;
	/* Values and pointers: the good value; bytes at a pointer. */
	uint64_t value;
};

struct bad_call {
	const char *name;
	uint32_t number;
	/* Safe to make with any mixture of arguments. */
	bool random;
	struct bad_arg args[8];
};

struct sandbox {
	zx_handle_t objects[OBJ_COUNT];
	/* The same without any right, where the type can be duplicated. */
	zx_handle_t bare[OBJ_COUNT];
	zx_vaddr_t vmar_base;
	/* Two pages of memory, then nothing; and a page that is read-only. */
	zx_vaddr_t buffer;
	zx_vaddr_t read_only;
	/* Where the child has a page. */
	zx_vaddr_t in_child;
	/* The child that is held in the exception, and the channel of that. */
	struct exc_child held;
	zx_handle_t channel;
};

#define BAD_POINTER_COUNT 8

extern const struct bad_call bad_calls[];
extern const size_t bad_call_count;

bool sandbox_create(struct sandbox *s);
void sandbox_drop(struct sandbox *s);
/* The good value of an argument; ARG_FRESH makes a handle. */
uint64_t sandbox_good(struct sandbox *s, const struct bad_arg *arg);
/* Pointer i that cannot be used for so many bytes. */
uint64_t sandbox_bad_pointer(const struct sandbox *s, size_t i, uint64_t bytes);
/* Enters the kernel with these eight argument registers. */
int64_t bad_call_enter(uint32_t number, const uint64_t *args);

#endif

/*
 * What compilers call around C++ variables that are local to a function, and
 * where a class has no code for a function (the C++ ABI for Arm: bit 0 of a
 * guard says that the variable is ready; the rest is ours).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "once.h"

struct guard {
	atomic_char ready;
	zx_futex_t once;
};
_Static_assert(sizeof(struct guard) == 8, "a guard has 64 bits");

int __cxa_guard_acquire(struct guard *guard);
void __cxa_guard_release(struct guard *guard);
void __cxa_guard_abort(struct guard *guard);
_Noreturn void __cxa_pure_virtual(void);
_Noreturn void __cxa_deleted_virtual(void);

/* 1: the caller makes the variable. Compiled code has looked at bit 0 before. */
int __cxa_guard_acquire(struct guard *guard)
{
	return once_begin(&guard->once);
}

void __cxa_guard_release(struct guard *guard)
{
	/* Release: pairs with the acquire with which compiled code reads bit 0. */
	atomic_store_explicit(&guard->ready, 1, memory_order_release);
	once_end(&guard->once, ONCE_DONE);
}

void __cxa_guard_abort(struct guard *guard)
{
	once_end(&guard->once, ONCE_NEVER);
}

void __cxa_pure_virtual(void)
{
	fprintf(stderr, "a pure virtual function was called\n");
	abort();
}

void __cxa_deleted_virtual(void)
{
	fprintf(stderr, "a deleted virtual function was called\n");
	abort();
}

/*
 * Between the parts of the user runtime: the thread control block, startup
 * handles, the lock that the C library uses.
 */
#ifndef JX_RUNTIME_H
#define JX_RUNTIME_H

#include <stdbool.h>

#include <jx/procargs.h>
#include <zircon/types.h>

/*
 * What stands below the address in TPIDR_EL0; the words at fixed offsets are
 * those of <zircon/tls.h>. Above it: 16 reserved bytes, then the thread-local
 * variables at the next multiple of their alignment.
 */
struct jx_tcb {
	zx_handle_t thread;
	uint32_t reserved[3];
	uint64_t stack_guard;
	uint64_t unsafe_sp;
};

/* From the program's PT_TLS segment; user.ld makes them absolute symbols. */
extern char __tdata_start[];
extern char __tdata_size[];
extern char __tls_size[];
extern char __tls_align[];

/* Bytes that a thread's block takes, alignment slack included. */
size_t jx_tls_bytes(void);
/*
 * Lays a block out in zeroed memory and returns its thread pointer. Does not
 * use thread-local variables, nor the calling thread's block.
 */
uintptr_t jx_tls_init(void *memory, zx_handle_t thread);

static inline uintptr_t jx_thread_pointer(void)
{
	uintptr_t tp;

	__asm__("mrs %0, tpidr_el0" : "=r"(tp));
	return tp;
}

static inline void jx_set_thread_pointer(uintptr_t tp)
{
	__asm__ volatile("msr tpidr_el0, %0" : : "r"(tp) : "memory");
}

/* NULL in a thread that has no block (raw zx_thread_start). */
static inline struct jx_tcb *jx_tcb_self(void)
{
	uintptr_t tp = jx_thread_pointer();

	return tp ? (struct jx_tcb *)tp - 1 : NULL;
}

/*
 * Keeps what the bootstrap message says: called once, before main. Process, first
 * thread, root VMAR and default job are what zx_process_self() and the like tell;
 * the others can be borrowed and taken.
 */
void jx_startup_set(const struct jx_procargs *args, const zx_handle_t *values);
/* Borrowed handle of a PA_HND() word; ZX_HANDLE_INVALID: none, or taken. */
zx_handle_t jx_startup_handle(uint32_t info);
/* The program's first thread, borrowed. */
zx_handle_t jx_startup_thread(void);
/* The names that arguments of PA_HND() words count in; NULL behind the last. */
const char *jx_startup_name(uint32_t index);

/* A lock on a futex word: 0 free, 1 held, 2 held and perhaps waited for. */
struct jx_lock {
	zx_futex_t word;
};

void jx_lock_acquire(struct jx_lock *lock);
void jx_lock_release(struct jx_lock *lock);

#endif

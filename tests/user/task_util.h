/*
 * For tests of tasks: waiting for a thread to block, and child processes that
 * run functions of this program.
 */
#ifndef TASK_UTIL_H
#define TASK_UTIL_H

#include <stdbool.h>

#include <jx/thread.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define TASK_RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
/* Longer than anything here takes; whoever waits so long says so and fails. */
#define TASK_PATIENCE ZX_SEC(30)

zx_info_thread_t task_thread_info(zx_handle_t thread);
zx_info_process_t task_process_info(zx_handle_t process);

/*
 * Waits until a thread is shown in this state. The ABI tells a state only to
 * those who ask, so this asks again and again, giving the CPU away between.
 * False and a failure if the thread is dead instead, or patience ends.
 */
bool task_await_state(zx_handle_t thread, uint32_t state);

/* Waits for a signal with the patience above; false and a failure without. */
bool task_await_signal(zx_handle_t handle, zx_signals_t signal);

/* As jx_thread_join, but with a failure if it takes longer than patience. */
bool task_join(struct jx_thread *thread, int *result);

zx_koid_t task_koid(zx_handle_t handle);

/*
 * Code and constants of this program in a VMO, for children; 0 and a failure if
 * that cannot be. What runs there may use its arguments, its stack and system
 * calls, but no variables of the program.
 */
zx_handle_t task_image(void);

#define TASK_CHILD_STACKS 8

struct task_child {
	zx_handle_t process;
	zx_handle_t vmar;
	/* The first thread, which is not started yet. */
	zx_handle_t thread;
	/* Where its stacks begin, a page each. */
	zx_vaddr_t stacks;
};

typedef void (*task_entry)(uintptr_t arg1, uintptr_t arg2);

/* A child with the image mapped, stacks, and a first thread; nothing runs. */
bool task_child_create(struct task_child *c, zx_handle_t image);
/* The same in a job that is not the test's own. */
bool task_child_create_in(struct task_child *c, zx_handle_t job, zx_handle_t image);
/* The child's first thread runs fn(0, arg). */
bool task_child_start(struct task_child *c, task_entry fn, uintptr_t arg);
/* The same, and the child gets a copy of the handle: fn(its value, arg). */
bool task_child_start_with(struct task_child *c, task_entry fn, zx_handle_t handle, uintptr_t arg);
/* Another thread of the running child, on stack 1 ... TASK_CHILD_STACKS - 1;
 * the caller closes *thread. */
bool task_child_add_thread(struct task_child *c, uint32_t stack, task_entry fn, uintptr_t arg1,
			   uintptr_t arg2, zx_handle_t *thread);
/* Maps all of a VMO into the child. */
bool task_child_map(struct task_child *c, zx_handle_t vmo, uint64_t bytes, zx_vaddr_t *at);
/* Waits for its end and tells its code. */
bool task_child_await(struct task_child *c, int64_t *code);
/* Closes all handles; a child that runs is killed and waited for. */
void task_child_drop(struct task_child *c);

#endif

/*
 * Processes (tasks.md 5, 6).
 *
 * INITIAL -> RUNNING -> DYING -> DEAD. The address space exists from creation
 * to death. Death happens in the order of tasks.md 5.1: handles closed, address
 * space destroyed, TERMINATED raised, job left. It is done by the thread that
 * ends last, or by the killer if there is none.
 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include <kernel/handle.h>
#include <kernel/job.h>
#include <kernel/thread.h>
#include <zircon/syscalls/object.h>

enum process_state {
	PROCESS_INITIAL,
	PROCESS_RUNNING,
	PROCESS_DYING,
	PROCESS_DEAD,
};

struct aspace;
struct vmar;

struct process {
	struct object object;
	struct mutex lock;		/* LOCK_PROCESS */
	/* Under lock. */
	u32 state;			/* enum process_state */
	bool started;
	u32 suspend_count;		/* tokens for all its threads */
	s64 return_code;
	/* Properties that the kernel only keeps (tasks.md 4.2). */
	u64 debug_addr;
	u64 break_on_load;
	struct list_node threads;	/* started, not yet dead */
	u32 thread_count;
	/* Killed when this process is DEAD; counted, or NULL. */
	struct job *critical_job;
	bool critical_if_failed;	/* only if its code is not 0 */
	u64 finished_ns;		/* CPU time of threads that have died */
	/* Fixed after creation. aspace_destroy() drops the aspace's own
	 * reference at death; the root VMAR, counted until the process object
	 * goes, keeps its memory for those who still look at it. */
	struct aspace *aspace;
	struct vmar *root_vmar;
	struct handle_table *handles;
	zx_koid_t job_koid;
	/* What its job's policy says (policy.h); fixed once it is in the job. */
	u64 policy_actions;
	s64 timer_slack;
	/* Counted until DEAD, fixed as long. Its own threads may use it; others
	 * under lock, while it is not DEAD. */
	struct job *job;
	/* Atomic: bytes of messages that it wrote and nobody has read yet;
	 * relaxed, a limit (message.c). */
	u64 message_bytes;
	struct job_child job_child;	/* under job->lock */
	/* Under the list of the thread that buries it, see process.c. */
	struct list_node burial_node;
	/* Under object.lock. */
	struct exception_slot exceptions;
	struct exception_slot debugger;
	char name[ZX_MAX_NAME_LEN];
};

static inline struct process *process_from_object(struct object *o)
{
	return container_of(o, struct process, object);
}

static inline struct process *process_current(void)
{
	return thread_current()->process;
}

/* INITIAL process of the job with an empty address space. NO_MEMORY; BAD_STATE
 * (job killed). It must get a handle or be killed, else it stays. */
MUST_CHECK zx_status_t process_create(struct job *job, const char *name,
				      struct process **out);
/* Boot, by job_init(). */
void process_init(void);
struct vmar *process_root_vmar(struct process *p);
/* NEW thread of a process that is INITIAL or RUNNING. BAD_STATE, NO_MEMORY. */
MUST_CHECK zx_status_t process_create_thread(struct process *p,
					     const char *name,
					     struct thread **out);
/* The live started thread of that koid, counted; NULL if none. */
struct thread *process_find_thread(struct process *p, zx_koid_t koid);
/* As job_list_processes(). */
size_t process_list_threads(struct process *p, zx_koid_t *koids, size_t first,
			    size_t count, size_t *total);
/* tasks.md 10.4: INVALID_ARGS (the process is DEAD, or the job not above it),
 * ALREADY_BOUND. */
MUST_CHECK zx_status_t process_set_critical(struct process *p, struct job *job,
					    bool only_if_failed);
void process_get_info(struct process *p, zx_info_process_t *out);
/* CPU time of all its threads, the dead included, in ns. */
u64 process_runtime_ns(struct process *p);
/* ZX_OK while an address space is there; BAD_STATE for DYING and DEAD. */
MUST_CHECK zx_status_t process_check_alive(struct process *p);
/* BAD_STATE unless INITIAL, which it may cease to be at once. */
MUST_CHECK zx_status_t process_check_initial(struct process *p);
/* zx_process_start after handle checks (tasks.md 6.2 steps 7-9). */
MUST_CHECK zx_status_t process_start(struct process *p, struct thread *t,
				     uaddr_t pc, uaddr_t sp, u64 arg1,
				     u64 arg2);
/* zx_thread_start after the handle checks (7.2). */
MUST_CHECK zx_status_t process_start_thread(struct thread *t, uaddr_t pc,
					    uaddr_t sp, u64 arg1, u64 arg2);
/* arg1 of zx_process_start: puts a further handle of that kind into the table
 * of a process that is INITIAL; BAD_STATE otherwise, and the slot is still the
 * caller's. handle_close() takes it back. */
MUST_CHECK zx_status_t process_publish_handle(struct process *p,
					      struct handle_slot *slot,
					      const struct handle_taken *taken);
/* Starts dying with this code unless dying already; kills all threads. Without
 * threads it is DEAD on return. True: it was not dying. No lock held; may sleep. */
bool process_kill(struct process *p, s64 return_code);
void process_exit_current(s64 return_code) NORETURN;
/* Called by thread_exit(): t leaves; the last one makes the process DEAD. */
void process_thread_gone(struct process *p, struct thread *t);
/* zx_task_kill on a thread: NEW ones are left alone (tasks.md 9). */
void process_kill_thread(struct thread *t);

/* Loads the initrd's first program (init= argument, default /bin/init) from
 * the cpio archive into a process and starts it; a sentence and a stop with
 * failure if that cannot be done. */
void userboot_start(void);

#endif

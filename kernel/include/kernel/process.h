/*
 * Processes and the one job (tasks.md 5, 6).
 *
 * INITIAL -> RUNNING -> DYING -> DEAD. The address space exists from creation
 * to death. Death happens in the order of tasks.md 5.1: handles closed, address
 * space destroyed, TERMINATED raised, job left. It is done by the thread that
 * ends last, or by the killer if there is none.
 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include <kernel/handle.h>
#include <kernel/thread.h>

enum process_state {
	PROCESS_INITIAL,
	PROCESS_RUNNING,
	PROCESS_DYING,
	PROCESS_DEAD,
};

struct aspace;
struct vmar;

struct job {
	struct object object;
	struct mutex lock;
	/* Under lock. */
	struct list_node processes;
	char name[ZX_MAX_NAME_LEN];
};

struct process {
	struct object object;
	struct mutex lock;		/* LOCK_PROCESS */
	/* Under lock. */
	u32 state;			/* enum process_state */
	bool started;
	s64 return_code;
	struct list_node threads;	/* started, not yet dead */
	u32 thread_count;
	/* Fixed after creation, valid until DEAD. */
	struct aspace *aspace;		/* own lifetime: counted, see vmar.h */
	struct handle_table *handles;
	struct job *job;		/* counted */
	/* Under job->lock. */
	struct list_node job_node;
	/* Under object.lock. */
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

extern struct job *root_job;
void job_init(void);

/* INITIAL process of the job with an empty address space. NO_MEMORY. */
MUST_CHECK zx_status_t process_create(struct job *job, const char *name,
				      struct process **out);
struct vmar *process_root_vmar(struct process *p);
/* zx_process_start after handle checks (tasks.md 6.2 steps 7-9). */
MUST_CHECK zx_status_t process_start(struct process *p, struct thread *t,
				     uaddr_t pc, uaddr_t sp, u64 arg1,
				     u64 arg2);
/* zx_thread_start after the handle checks (7.2). */
MUST_CHECK zx_status_t process_start_thread(struct thread *t, uaddr_t pc,
					    uaddr_t sp, u64 arg1, u64 arg2);
/* Starts dying with this code unless dying already; kills all threads. */
void process_kill(struct process *p, s64 return_code);
void process_exit_current(s64 return_code) NORETURN;
/* Called by thread_exit(): t leaves; the last one makes the process DEAD. */
void process_thread_gone(struct process *p, struct thread *t);

/* Loads the initrd's first program (init= argument, default /bin/init) from
 * the cpio archive into a process and starts it; a sentence and a stop with
 * failure if that cannot be done. */
void userboot_start(void);

#endif

/*
 * Jobs: the tree that all processes belong to (tasks.md 5.3, 10).
 *
 * READY -> KILLING -> DEAD. A job knows its child jobs and child processes by
 * lists that hold no references: a child counts its parent, and leaves the list
 * when it is DEAD, or goes. So a job stays in the tree while it has handles or
 * children, and a process that runs keeps its chain of jobs.
 *
 * A job's LOCK_JOB guards its lists, and each child's place in them. No two of
 * these locks are held at a time.
 */
#ifndef KERNEL_JOB_H
#define KERNEL_JOB_H

#include <kernel/exception.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/policy.h>

#define JOB_MAX_HEIGHT 32u	/* of the root; each child is one lower */

struct process;

enum job_state {
	JOB_READY,
	JOB_KILLING,		/* takes no new children; is DEAD without any */
	JOB_DEAD,
};

enum job_child_kind {
	JOB_CHILD_JOB,
	JOB_CHILD_PROCESS,
	JOB_CHILD_KINDS,
};

/* A job or a process as the child of a job. */
struct job_child {
	struct object *object;		/* fixed */
	/* Under the parent's lock. Numbers rise along the list. */
	struct list_node node;
	u64 number;
};

static inline void job_child_init(struct job_child *c, struct object *o)
{
	c->object = o;
	list_init(&c->node);
}

/* What is done at each condition (policy.c). */
struct policy {
	u64 actions;		/* four bits each: ZX_POL_ACTION_* */
	u32 sealed;		/* bit n: condition n may not change */
	u32 slack_mode;		/* ZX_TIMER_SLACK_* */
	s64 timer_slack;
};

struct job {
	struct object object;
	/* Fixed after creation. */
	struct job *parent;		/* counted; NULL for the root */
	u32 height;			/* levels of jobs that fit below */
	struct mutex lock;		/* LOCK_JOB */
	/* Under lock. */
	u32 state;			/* enum job_state */
	bool kill_on_oom;
	s64 return_code;
	struct list_node children[JOB_CHILD_KINDS];
	u64 child_count[JOB_CHILD_KINDS];
	u64 last_number;
	u64 finished_ns;		/* CPU time of processes that have died */
	struct policy policy;		/* changes only without children */
	/* Under parent->lock. */
	struct job_child child;
	/* Under object.lock. */
	struct exception_slot exceptions;
	struct exception_slot debugger;
	char name[ZX_MAX_NAME_LEN];
};

static inline struct job *job_from_object(struct object *o)
{
	return container_of(o, struct job, object);
}

/* Fixed after job_init(): the root of all jobs, with a reference of its own. */
extern struct job *root_job;
/* Boot: the root job, the root resource, and the caches and the random numbers
 * of everything in objects, handles and ports. After mm_init(). */
void job_init(void);
/* OUT_OF_RANGE (the parent is at the lowest level), BAD_STATE (not READY),
 * NO_MEMORY. */
MUST_CHECK zx_status_t job_create(struct job *parent, struct job **out);

/* The child of that kind and koid, counted for the caller; NULL if none. */
struct object *job_find(struct job *job, u32 kind, zx_koid_t koid);
/* koids of the children of that kind from number `first` on, at most count;
 * returns how many were stored, *total = how many there are. */
size_t job_list(struct job *job, u32 kind, zx_koid_t *koids, size_t first,
		size_t count, size_t *total);
void job_get_info(struct job *job, zx_info_job_t *out);
void job_set_kill_on_oom(struct job *job, bool on);
/* BAD_STATE (has children), then what policy_apply() and policy_set_slack()
 * say. */
struct policy_numbers;
MUST_CHECK zx_status_t job_set_policy(struct job *job,
				      const zx_policy_basic_v2_t *entries,
				      u32 count, bool absolute,
				      const struct policy_numbers *numbers);
MUST_CHECK zx_status_t job_set_slack(struct job *job,
				     const zx_policy_timer_slack_t *slack);

/* BAD_STATE unless READY, which it may cease to be at once. */
MUST_CHECK zx_status_t job_check_alive(struct job *job);
/* For processes: BAD_STATE unless READY. Gives the process the job's policy. */
MUST_CHECK zx_status_t job_add_process(struct job *job, struct process *p);
/* p, which is DEAD, leaves; the caller's reference keeps the job. */
void job_remove_process(struct job *job, struct process *p);
/* CPU time of its direct processes, those that have died included, in ns. One
 * that dies meanwhile may be missing, or count twice. */
u64 job_runtime_ns(struct job *job);

/*
 * tasks.md 9: the job and all below it take no new children, and all processes
 * begin to die. Each job is DEAD when its last child is, children first. No
 * lock held; may sleep.
 */
void job_kill(struct job *job, s64 return_code);
/* Memory is out: kills the youngest READY job that wants to be killed then
 * (ZX_PROP_JOB_KILL_ON_OOM) and has processes. False if there is none, or the
 * one before it has not ended yet. */
bool job_kill_for_memory(void);

#endif

/*
 * The end of jobs (tasks.md 9, 10.2).
 *
 * Whoever takes the last child from a KILLING job, or finds that it has none,
 * makes it DEAD: TERMINATED, then it leaves its parent, which may be DEAD by
 * that in turn. So TERMINATED goes up from the leaves.
 *
 * Trees are walked without recursion: a job on the way down is kept by a
 * reference, and the way up are its parents.
 */
#include <kernel/process.h>

#include "job_internal.h"

/* The job's lock is held: true if it has just become DEAD. */
static bool try_end_locked(struct job *job)
{
	if (job->state != JOB_KILLING || job_has_children_locked(job))
		return false;
	job->state = JOB_DEAD;
	return true;
}

/* Takes c out of the job; true if that made the job DEAD. */
static bool remove_child(struct job *job, u32 kind, struct job_child *c)
{
	bool ended = false;

	mutex_lock(&job->lock);
	if (list_is_linked(&c->node)) {
		job_remove_locked(job, kind, c);
		ended = try_end_locked(job);
	}
	mutex_unlock(&job->lock);
	return ended;
}

void job_shut_exceptions(struct job *job)
{
	exception_slot_shut(&job->object, &job->exceptions);
	exception_slot_shut(&job->object, &job->debugger);
}

/* The job has become DEAD. Somebody below holds a reference on all of them. */
static void finish(struct job *job)
{
	bool ended = true;

	while (ended) {
		job_shut_exceptions(job);
		object_update_signals(&job->object, 0, ZX_JOB_TERMINATED);
		if (!job->parent)
			return;
		ended = remove_child(job->parent, JOB_CHILD_JOB, &job->child);
		job = job->parent;
	}
}

void job_leave_parent(struct job *job)
{
	if (remove_child(job->parent, JOB_CHILD_JOB, &job->child))
		finish(job->parent);
}

void job_remove_process(struct job *job, struct process *p)
{
	u64 ran = process_runtime_ns(p);

	mutex_lock(&job->lock);
	job->finished_ns += ran;
	mutex_unlock(&job->lock);
	if (remove_child(job, JOB_CHILD_PROCESS, &p->job_child))
		finish(job);
}

/*
 * The next child after `after`, or the first, counted. The numbers find the
 * place again if `after`, which the caller counts, has left meanwhile.
 */
static struct job_child *next_child(struct job *job, u32 kind,
				    const struct job_child *after)
{
	struct list_node *head = &job->children[kind];
	const struct list_node *n = head;
	struct job_child *c, *found = NULL;

	mutex_lock(&job->lock);
	if (after && list_is_linked(&after->node))
		n = &after->node;
	while (!found && n->next != head) {
		n = n->next;
		c = list_entry(n, struct job_child, node);
		if ((!after || c->number > after->number) &&
		    object_try_ref(c->object))
			found = c;
	}
	mutex_unlock(&job->lock);
	return found;
}

static void put_child(const struct job_child *c)
{
	if (c)
		object_unref(c->object);
}

u64 job_runtime_ns(struct job *job)
{
	struct job_child *c = NULL, *next;
	u64 sum;

	mutex_lock(&job->lock);
	sum = job->finished_ns;
	mutex_unlock(&job->lock);
	while ((next = next_child(job, JOB_CHILD_PROCESS, c)) != NULL) {
		put_child(c);
		c = next;
		sum += process_runtime_ns(process_from_object(c->object));
	}
	put_child(c);
	return sum;
}

/*
 * A walk over a tree: each job before and after those below it.
 *
 * The walk counts `at` and all jobs between it and `top`, and `after`, if that
 * is not NULL: the child of `at` that it came back from.
 */
struct job_walk {
	struct job *top;
	struct job *at;
	struct job_child *after;
};

static void walk_begin(struct job_walk *w, struct job *top)
{
	object_ref(&top->object);
	*w = (struct job_walk){ .top = top, .at = top };
}

/* Down to the next child of w->at, if there is one. */
static bool walk_down(struct job_walk *w)
{
	struct job_child *next = next_child(w->at, JOB_CHILD_JOB, w->after);

	put_child(w->after);
	w->after = NULL;
	if (!next)
		return false;
	w->at = job_from_object(next->object);
	return true;
}

/* Up from w->at, whose children are done; false at the end of the walk. */
static bool walk_up(struct job_walk *w)
{
	if (w->at == w->top) {
		object_unref(&w->top->object);
		return false;
	}
	w->after = &w->at->child;
	w->at = w->at->parent;
	return true;
}

static void begin_kill(struct job *job, s64 return_code)
{
	mutex_lock(&job->lock);
	if (job->state == JOB_READY) {
		job->state = JOB_KILLING;
		job->return_code = return_code;
	}
	mutex_unlock(&job->lock);
}

/* Processes that begin to die may stay on the list for a while: the walk visits
 * each once, and none is added any more. */
static void kill_processes(struct job *job, s64 return_code)
{
	struct job_child *c = NULL, *next;
	bool ended;

	while ((next = next_child(job, JOB_CHILD_PROCESS, c)) != NULL) {
		put_child(c);
		c = next;
		process_kill(process_from_object(c->object), return_code);
	}
	put_child(c);
	mutex_lock(&job->lock);
	ended = try_end_locked(job);
	mutex_unlock(&job->lock);
	if (ended)
		finish(job);
}

void job_kill(struct job *job, s64 return_code)
{
	struct job_walk w;

	walk_begin(&w, job);
	do {
		begin_kill(w.at, return_code);
		while (walk_down(&w))
			begin_kill(w.at, return_code);
		kill_processes(w.at, return_code);
	} while (walk_up(&w));
}

static bool is_victim(struct job *job)
{
	bool is;

	mutex_lock(&job->lock);
	is = job->state == JOB_READY && job->kill_on_oom &&
	     job->child_count[JOB_CHILD_PROCESS] != 0;
	mutex_unlock(&job->lock);
	return is;
}

/* What it holds is on its way back, and may be enough. */
static bool is_ending_for_memory(struct job *job)
{
	bool is;

	mutex_lock(&job->lock);
	is = job->state == JOB_KILLING &&
	     job->return_code == ZX_TASK_RETCODE_OOM_KILL;
	mutex_unlock(&job->lock);
	return is;
}

bool job_kill_for_memory(void)
{
	struct job *victim = NULL;
	bool kill = true;
	struct job_walk w;

	walk_begin(&w, root_job);
	do {
		while (walk_down(&w))
			;
		kill &= !is_ending_for_memory(w.at);
		if (!is_victim(w.at) ||
		    (victim && victim->object.koid > w.at->object.koid))
			continue;
		if (victim)
			object_unref(&victim->object);
		object_ref(&w.at->object);
		victim = w.at;
	} while (walk_up(&w));
	if (!victim)
		return false;
	if (kill)
		job_kill(victim, ZX_TASK_RETCODE_OOM_KILL);
	object_unref(&victim->object);
	return kill;
}

/*
 * Jobs: the tree, and what is told of it. See <kernel/job.h>; the end of jobs
 * is in job_kill.c.
 *
 * A list holds no references, so who finds a job there may find one that is
 * just going: object_try_ref() tells. It leaves the list before its memory
 * goes, under the lock that the finder holds.
 */
#include <kernel/bti.h>
#include <kernel/channel.h>
#include <kernel/debuglog.h>
#include <kernel/event.h>
#include <kernel/eventpair.h>
#include <kernel/fifo.h>
#include <kernel/message.h>
#include <kernel/panic.h>
#include <kernel/policy.h>
#include <kernel/port.h>
#include <kernel/random.h>
#include <kernel/resource.h>
#include <kernel/timer_object.h>
#include <mm/slab.h>

#include "job_internal.h"

static struct job root;
struct job *root_job = &root;

static struct slab_cache job_cache;

/* The last reference on a job may have been the last on its parent, and so on:
 * one after the other. */
static void job_destroy(struct object *o)
{
	struct job *job = job_from_object(o);
	struct job *parent;

	do {
		parent = job->parent;
		if (!parent)
			panic("the root job lost the kernel's own reference");
		job_shut_exceptions(job);
		job_leave_parent(job);
		slab_free(&job_cache, job);
		job = parent;
	} while (object_drop(&parent->object));
}

static const struct object_ops job_ops = {
	.destroy = job_destroy,
};

static void job_setup(struct job *job, struct job *parent, u32 height)
{
	object_init(&job->object, ZX_OBJ_TYPE_JOB, &job_ops,
		    ZX_JOB_NO_JOBS | ZX_JOB_NO_PROCESSES | ZX_JOB_NO_CHILDREN);
	mutex_init(&job->lock, LOCK_JOB);
	for (u32 kind = 0; kind < JOB_CHILD_KINDS; kind++)
		list_init(&job->children[kind]);
	job_child_init(&job->child, &job->object);
	job->parent = parent;
	job->height = height;
}

/* Random numbers first: handle tables draw from them. */
void job_init(void)
{
	random_init();
	event_init();
	eventpair_init();
	message_init();
	channel_init();
	fifo_init();
	timer_object_init();
	port_init();
	process_init();
	debuglog_init();
	resource_init();
	bti_init();
	exception_init();
	slab_cache_init(&job_cache, "job", sizeof(struct job));
	job_setup(&root, NULL, JOB_MAX_HEIGHT);
	__builtin_strcpy(root.name, "root");
}

/* Signals follow the counts, under the same lock. */
static const zx_signals_t signal_of_kind[JOB_CHILD_KINDS] = {
	[JOB_CHILD_JOB] = ZX_JOB_NO_JOBS,
	[JOB_CHILD_PROCESS] = ZX_JOB_NO_PROCESSES,
};

static zx_status_t add_locked(struct job *job, u32 kind, struct job_child *c)
{
	if (job->state != JOB_READY)
		return ZX_ERR_BAD_STATE;
	c->number = ++job->last_number;
	list_add_tail(&job->children[kind], &c->node);
	if (job->child_count[kind]++ == 0)
		object_update_signals(&job->object,
				      signal_of_kind[kind] | ZX_JOB_NO_CHILDREN, 0);
	return ZX_OK;
}

bool job_has_children_locked(const struct job *job)
{
	return job->child_count[JOB_CHILD_JOB] ||
	       job->child_count[JOB_CHILD_PROCESS];
}

void job_remove_locked(struct job *job, u32 kind, struct job_child *c)
{
	zx_signals_t set = signal_of_kind[kind];

	lock_assert_held(&job->lock);
	list_del(&c->node);
	if (--job->child_count[kind] != 0)
		return;
	if (!job_has_children_locked(job))
		set |= ZX_JOB_NO_CHILDREN;
	object_update_signals(&job->object, 0, set);
}

zx_status_t job_add_process(struct job *job, struct process *p)
{
	zx_status_t status;

	mutex_lock(&job->lock);
	status = add_locked(job, JOB_CHILD_PROCESS, &p->job_child);
	p->policy_actions = job->policy.actions;
	p->timer_slack = job->policy.timer_slack;
	mutex_unlock(&job->lock);
	return status;
}

zx_status_t job_check_alive(struct job *job)
{
	bool ready;

	mutex_lock(&job->lock);
	ready = job->state == JOB_READY;
	mutex_unlock(&job->lock);
	return ready ? ZX_OK : ZX_ERR_BAD_STATE;
}

zx_status_t job_create(struct job *parent, struct job **out)
{
	zx_status_t status;
	struct job *job;

	if (parent->height == 0)
		return ZX_ERR_OUT_OF_RANGE;
	job = slab_alloc(&job_cache);
	if (!job)
		return ZX_ERR_NO_MEMORY;
	__builtin_memset(job, 0, sizeof(*job));
	job_setup(job, parent, parent->height - 1);
	object_ref(&parent->object);
	mutex_lock(&parent->lock);
	job->policy = parent->policy;
	status = add_locked(parent, JOB_CHILD_JOB, &job->child);
	mutex_unlock(&parent->lock);
	if (status == ZX_OK)
		*out = job;
	else
		object_unref(&job->object);
	return status;
}

struct object *job_find(struct job *job, u32 kind, zx_koid_t koid)
{
	struct object *found = NULL;
	struct job_child *c;

	mutex_lock(&job->lock);
	list_for_each(c, &job->children[kind], node) {
		if (c->object->koid != koid)
			continue;
		if (object_try_ref(c->object))
			found = c->object;
		break;
	}
	mutex_unlock(&job->lock);
	return found;
}

size_t job_list(struct job *job, u32 kind, zx_koid_t *koids, size_t first,
		size_t count, size_t *total)
{
	struct job_child *c;
	size_t n = 0, stored = 0;

	mutex_lock(&job->lock);
	list_for_each(c, &job->children[kind], node) {
		if (stored == count)
			break;
		if (n++ >= first)
			koids[stored++] = c->object->koid;
	}
	*total = job->child_count[kind];
	mutex_unlock(&job->lock);
	return stored;
}

void job_get_info(struct job *job, zx_info_job_t *out)
{
	__builtin_memset(out, 0, sizeof(*out));
	mutex_lock(&job->lock);
	out->return_code = job->return_code;
	out->exited = job->state == JOB_DEAD;
	out->kill_on_oom = job->kill_on_oom;
	mutex_unlock(&job->lock);
	out->debugger_attached = exception_slot_is_bound(&job->debugger);
}

void job_set_kill_on_oom(struct job *job, bool on)
{
	mutex_lock(&job->lock);
	job->kill_on_oom = on;
	mutex_unlock(&job->lock);
}

zx_status_t job_set_policy(struct job *job, const zx_policy_basic_v2_t *entries,
			   u32 count, bool absolute,
			   const struct policy_numbers *numbers)
{
	zx_status_t status = ZX_ERR_BAD_STATE;

	mutex_lock(&job->lock);
	if (!job_has_children_locked(job))
		status = policy_apply(&job->policy, entries, count, absolute,
				      numbers);
	mutex_unlock(&job->lock);
	return status;
}

zx_status_t job_set_slack(struct job *job, const zx_policy_timer_slack_t *slack)
{
	zx_status_t status = ZX_ERR_BAD_STATE;

	mutex_lock(&job->lock);
	if (!job_has_children_locked(job))
		status = policy_set_slack(&job->policy, slack);
	mutex_unlock(&job->lock);
	return status;
}

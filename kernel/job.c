/*
 * The root job, which all processes belong to (tasks.md 5.3, 10.2).
 *
 * LOCK_JOB guards the list of processes. A process is on it from its creation
 * until it is DEAD; the list holds no reference, since a process cannot go
 * before it left. Signals follow the list under the same lock.
 */
#include <kernel/bti.h>
#include <kernel/channel.h>
#include <kernel/debuglog.h>
#include <kernel/event.h>
#include <kernel/eventpair.h>
#include <kernel/fifo.h>
#include <kernel/message.h>
#include <kernel/panic.h>
#include <kernel/port.h>
#include <kernel/process.h>
#include <kernel/random.h>
#include <kernel/resource.h>
#include <kernel/timer_object.h>

#define JOB_NO_CHILDREN __ZX_OBJECT_SIGNAL_6	/* unnamed in 2020 */

static struct job root;
struct job *root_job = &root;

static void job_destroy(struct object *o)
{
	(void)o;
	panic("the root job lost the kernel's own reference");
}

static const struct object_ops job_ops = {
	.destroy = job_destroy,
};

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
	exception_init();
	debuglog_init();
	resource_init();
	bti_init();
	object_init(&root.object, ZX_OBJ_TYPE_JOB, &job_ops,
		    ZX_JOB_NO_JOBS | ZX_JOB_NO_PROCESSES | JOB_NO_CHILDREN);
	mutex_init(&root.lock, LOCK_JOB);
	list_init(&root.processes);
	__builtin_strcpy(root.name, "root");
}

zx_status_t job_add_process(struct job *job, struct process *p)
{
	zx_status_t status = ZX_ERR_BAD_STATE;

	mutex_lock(&job->lock);
	if (!job->killed) {
		list_add_tail(&job->processes, &p->job_node);
		if (job->process_count++ == 0)
			object_update_signals(&job->object,
					      ZX_JOB_NO_PROCESSES |
						      JOB_NO_CHILDREN, 0);
		status = ZX_OK;
	}
	mutex_unlock(&job->lock);
	return status;
}

zx_status_t job_check_alive(struct job *job)
{
	bool killed;

	mutex_lock(&job->lock);
	killed = job->killed;
	mutex_unlock(&job->lock);
	return killed ? ZX_ERR_BAD_STATE : ZX_OK;
}

void job_remove_process(struct job *job, struct process *p)
{
	mutex_lock(&job->lock);
	list_del(&p->job_node);
	if (--job->process_count == 0)
		object_update_signals(&job->object, 0,
				      ZX_JOB_NO_PROCESSES | JOB_NO_CHILDREN);
	mutex_unlock(&job->lock);
}

struct process *job_find_process(struct job *job, zx_koid_t koid)
{
	struct process *p, *found = NULL;

	mutex_lock(&job->lock);
	list_for_each(p, &job->processes, job_node) {
		if (p->object.koid != koid)
			continue;
		object_ref(&p->object);
		found = p;
		break;
	}
	mutex_unlock(&job->lock);
	return found;
}

size_t job_list_processes(struct job *job, zx_koid_t *koids, size_t first,
			  size_t count, size_t *total)
{
	struct process *p;
	size_t n = 0, stored = 0;

	mutex_lock(&job->lock);
	list_for_each(p, &job->processes, job_node) {
		if (stored == count)
			break;
		if (n++ >= first)
			koids[stored++] = p->object.koid;
	}
	*total = job->process_count;
	mutex_unlock(&job->lock);
	return stored;
}

/* The next process after koid in the order of creation, counted. koids rise
 * along the list, so that a walk survives what leaves meanwhile. */
static struct process *next_process(struct job *job, zx_koid_t koid)
{
	struct process *p, *found = NULL;

	mutex_lock(&job->lock);
	list_for_each(p, &job->processes, job_node) {
		if (p->object.koid <= koid)
			continue;
		object_ref(&p->object);
		found = p;
		break;
	}
	mutex_unlock(&job->lock);
	return found;
}

/* Processes that begin to die may stay on the list for a while: the walk goes
 * on by koid and visits each once. */
void job_kill(struct job *job, s64 return_code)
{
	struct process *p;
	zx_koid_t koid = 0;

	mutex_lock(&job->lock);
	job->killed = true;
	mutex_unlock(&job->lock);
	while ((p = next_process(job, koid)) != NULL) {
		koid = p->object.koid;
		process_kill(p, return_code);
		object_unref(&p->object);
	}
}

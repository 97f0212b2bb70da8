/*
 * Processes (tasks.md 5.1, 6).
 *
 * LOCK_PROCESS guards state, return code and the list of started threads. Every
 * started thread holds a reference on its process, and so does every NEW one.
 *
 * Death. Whoever moves the process to DYING fixes the return code. When it has
 * no thread (any more), exactly one thread buries it: the last thread itself,
 * the killer, or the closer of an INITIAL process's last handle. A burial
 * closes handles, which may be the last ones of other INITIAL processes, in a
 * chain as long as user space likes: so a thread that is burying already puts
 * further ones on a list, and its outermost burial works it off.
 */
#include <arch/usercopy.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <mm/slab.h>
#include <mm/vmar.h>

/* One for each thread that is burying, on its stack. */
struct burial {
	struct list_node node;		/* under burial_lock */
	struct thread *thread;		/* fixed */
	struct list_node processes;	/* the thread's own */
};

/* Nothing nests inside. */
static struct spinlock burial_lock = SPINLOCK_INIT(LOCK_THREAD);
/* Under burial_lock; as long as the number of threads at it. */
static struct list_node burials = LIST_INIT(burials);

static struct slab_cache process_cache;

void process_init(void)
{
	slab_cache_init(&process_cache, "process", sizeof(struct process));
}

struct vmar *process_root_vmar(struct process *p)
{
	return p->root_vmar;
}

static void process_destroy(struct object *o)
{
	struct process *p = process_from_object(o);

	ASSERT(p->state == PROCESS_DEAD);
	handle_table_destroy(p->handles);
	object_unref(&p->root_vmar->object);
	slab_free(&process_cache, p);
}

static void kill_critical_job(struct process *p)
{
	if (!p->critical_job)
		return;
	if (p->return_code != 0 || !p->critical_if_failed)
		job_kill(p->critical_job, ZX_TASK_RETCODE_CRITICAL_PROCESS_KILL);
	object_unref(&p->critical_job->object);
}

/* The order is that of tasks.md 5.1; nobody but us changes p now. */
static void bury_one(struct process *p)
{
	exception_slot_shut(&p->object, &p->exceptions);
	exception_slot_shut(&p->object, &p->debugger);
	handle_table_clear(p->handles);
	aspace_destroy(p->aspace);
	mutex_lock(&p->lock);
	p->state = PROCESS_DEAD;
	mutex_unlock(&p->lock);
	object_update_signals(&p->object, 0, ZX_PROCESS_TERMINATED);
	job_remove_process(p->job, p);
	kill_critical_job(p);
	object_unref(&p->job->object);
}

/* The burial that this thread is at, or NULL. */
static struct burial *burial_current(void)
{
	struct burial *b, *found = NULL;

	spin_lock(&burial_lock);
	list_for_each(b, &burials, node)
		if (b->thread == thread_current()) {
			found = b;
			break;
		}
	spin_unlock(&burial_lock);
	return found;
}

/* p is DYING, without threads, and this is the only call for it. */
static void process_bury(struct process *p)
{
	struct burial mine = { .thread = thread_current() };
	struct burial *outer = burial_current();
	struct list_node *n;

	object_ref(&p->object);
	if (outer) {
		list_add_tail(&outer->processes, &p->burial_node);
		return;
	}
	list_init(&mine.processes);
	list_add_tail(&mine.processes, &p->burial_node);
	spin_lock(&burial_lock);
	list_add_tail(&burials, &mine.node);
	spin_unlock(&burial_lock);
	while ((n = list_pop_head(&mine.processes)) != NULL) {
		p = list_entry(n, struct process, burial_node);
		bury_one(p);
		object_unref(&p->object);
	}
	spin_lock(&burial_lock);
	list_del(&mine.node);
	spin_unlock(&burial_lock);
}

/* Moves to DYING; true if the caller has to bury it. */
static bool begin_death_locked(struct process *p, s64 return_code)
{
	struct thread *t;

	if (p->state >= PROCESS_DYING)
		return false;
	p->state = PROCESS_DYING;
	p->return_code = return_code;
	list_for_each(t, &p->threads, process_node)
		thread_kill(t);
	return p->thread_count == 0;
}

bool process_kill(struct process *p, s64 return_code)
{
	bool first, bury;

	mutex_lock(&p->lock);
	first = p->state < PROCESS_DYING;
	bury = begin_death_locked(p, return_code);
	mutex_unlock(&p->lock);
	if (bury)
		process_bury(p);
	return first;
}

void process_exit_current(s64 return_code)
{
	process_kill(process_current(), return_code);
	thread_exit();
}

void process_thread_gone(struct process *p, struct thread *t)
{
	bool last;

	mutex_lock(&p->lock);
	list_del(&t->process_node);
	p->finished_ns += thread_runtime_ns(t);
	last = --p->thread_count == 0;
	/* A process whose last thread just ends has code 0. */
	if (last)
		p->state = PROCESS_DYING;
	mutex_unlock(&p->lock);
	if (last)
		process_bury(p);
}

/* Only an INITIAL process depends on its handles; a running one runs on. */
static void process_on_zero_handles(struct object *o)
{
	struct process *p = process_from_object(o);
	bool bury;

	mutex_lock(&p->lock);
	bury = p->state == PROCESS_INITIAL && begin_death_locked(p, 0);
	mutex_unlock(&p->lock);
	if (bury)
		process_bury(p);
}

static const struct object_ops process_ops = {
	.destroy = process_destroy,
	.on_zero_handles = process_on_zero_handles,
};

/* The reference on the root VMAR belongs to the object, that on the job to its
 * life. */
static void process_setup(struct process *p, struct job *job, const char *name)
{
	object_init(&p->object, ZX_OBJ_TYPE_PROCESS, &process_ops, 0);
	mutex_init(&p->lock, LOCK_PROCESS);
	list_init(&p->threads);
	job_child_init(&p->job_child, &p->object);
	list_init(&p->burial_node);
	p->state = PROCESS_INITIAL;
	p->started = false;
	p->return_code = 0;
	p->debug_addr = 0;
	p->break_on_load = 0;
	p->thread_count = 0;
	p->finished_ns = 0;
	p->suspend_count = 0;
	p->message_bytes = 0;
	__builtin_memset(&p->exceptions, 0, sizeof(p->exceptions));
	__builtin_memset(&p->debugger, 0, sizeof(p->debugger));
	p->critical_job = NULL;
	p->job = job;
	p->job_koid = job->object.koid;
	object_ref(&job->object);
	p->root_vmar = p->aspace->root;
	object_ref(&p->root_vmar->object);
	__builtin_memcpy(p->name, name, sizeof(p->name));
}

/* name: all ZX_MAX_NAME_LEN bytes are copied. */
zx_status_t process_create(struct job *job, const char *name,
			   struct process **out)
{
	struct process *p = slab_alloc(&process_cache);
	zx_status_t status;

	if (!p)
		return ZX_ERR_NO_MEMORY;
	status = aspace_create(name, &p->aspace);
	if (status != ZX_OK)
		goto free_process;
	status = handle_table_create(&p->handles);
	if (status != ZX_OK)
		goto free_aspace;
	process_setup(p, job, name);
	status = job_add_process(job, p);
	if (status != ZX_OK)
		goto discard;
	*out = p;
	return ZX_OK;
discard:
	aspace_destroy(p->aspace);
	p->state = PROCESS_DEAD;
	object_unref(&job->object);
	object_unref(&p->object);
	return status;
free_aspace:
	aspace_destroy(p->aspace);
free_process:
	slab_free(&process_cache, p);
	return status;
}

/* 0 is a legal entry: the thread starts there and faults (6.2, row 8). */
static bool is_entry(uaddr_t pc)
{
	return pc == 0 || (pc >= USER_ASPACE_BASE && pc < USER_ASPACE_TOP);
}

/* Both starts: state, entry, thread, in this order. The process is RUNNING from
 * its first thread's start on. */
static zx_status_t start_thread_locked(struct process *p, struct thread *t,
				       u32 wanted_state, uaddr_t pc,
				       uaddr_t sp, const u64 *args)
{
	if (p->state != wanted_state)
		return ZX_ERR_BAD_STATE;
	if (!is_entry(pc))
		return ZX_ERR_INVALID_ARGS;
	if (t->life != THREAD_NEW)
		return ZX_ERR_BAD_STATE;
	t->first_of_process = p->state == PROCESS_INITIAL;
	p->state = PROCESS_RUNNING;
	p->started = true;
	list_add_tail(&p->threads, &t->process_node);
	p->thread_count++;
	thread_start_user_locked(t, pc, sp, args[0], args[1]);
	return ZX_OK;
}

zx_status_t process_start(struct process *p, struct thread *t, uaddr_t pc,
			  uaddr_t sp, u64 arg1, u64 arg2)
{
	u64 args[2] = { arg1, arg2 };
	zx_status_t status;

	mutex_lock(&p->lock);
	status = start_thread_locked(p, t, PROCESS_INITIAL, pc, sp, args);
	mutex_unlock(&p->lock);
	return status;
}

zx_status_t process_start_thread(struct thread *t, uaddr_t pc, uaddr_t sp,
				 u64 arg1, u64 arg2)
{
	struct process *p = t->process;
	u64 args[2] = { arg1, arg2 };
	zx_status_t status;

	mutex_lock(&p->lock);
	status = start_thread_locked(p, t, PROCESS_RUNNING, pc, sp, args);
	mutex_unlock(&p->lock);
	return status;
}

zx_status_t process_create_thread(struct process *p, const char *name,
				  struct thread **out)
{
	zx_status_t status = ZX_ERR_BAD_STATE;

	/* Under the lock, so that the address space that the thread counts
	 * does not end meanwhile. */
	mutex_lock(&p->lock);
	if (p->state < PROCESS_DYING)
		status = thread_create_user(p, name, out);
	mutex_unlock(&p->lock);
	return status;
}

/* A NEW thread is not killed: it would be marked and die at its start. */
void process_kill_thread(struct thread *t)
{
	mutex_lock(&t->process->lock);
	if (t->life == THREAD_LIVE || t->life == THREAD_DYING)
		thread_kill(t);
	mutex_unlock(&t->process->lock);
}

zx_status_t process_publish_handle(struct process *p, struct handle_slot *slot,
				   const struct handle_taken *taken)
{
	zx_status_t status = ZX_ERR_BAD_STATE;

	/* Under the lock: a burial clears the table after it left INITIAL. */
	mutex_lock(&p->lock);
	if (p->state == PROCESS_INITIAL) {
		handle_publish(slot, taken->object, taken->rights);
		status = ZX_OK;
	}
	mutex_unlock(&p->lock);
	return status;
}

struct thread *process_find_thread(struct process *p, zx_koid_t koid)
{
	struct thread *t, *found = NULL;

	mutex_lock(&p->lock);
	list_for_each(t, &p->threads, process_node) {
		if (t->object.koid != koid || t->life != THREAD_LIVE)
			continue;
		object_ref(&t->object);
		found = t;
		break;
	}
	mutex_unlock(&p->lock);
	return found;
}

size_t process_list_threads(struct process *p, zx_koid_t *koids, size_t first,
			    size_t count, size_t *total)
{
	struct thread *t;
	size_t n = 0, stored = 0;

	mutex_lock(&p->lock);
	list_for_each(t, &p->threads, process_node) {
		/* A thread that is DEAD stays until it has left. */
		if (t->life != THREAD_LIVE)
			continue;
		if (n++ >= first && stored < count)
			koids[stored++] = t->object.koid;
	}
	*total = n;
	mutex_unlock(&p->lock);
	return stored;
}

u64 process_runtime_ns(struct process *p)
{
	struct thread *t;
	u64 sum;

	mutex_lock(&p->lock);
	sum = p->finished_ns;
	list_for_each(t, &p->threads, process_node)
		sum += thread_runtime_ns(t);
	mutex_unlock(&p->lock);
	return sum;
}

void process_get_info(struct process *p, zx_info_process_t *out)
{
	__builtin_memset(out, 0, sizeof(*out));
	mutex_lock(&p->lock);
	out->return_code = p->return_code;
	out->started = p->started;
	out->exited = p->state == PROCESS_DEAD;
	mutex_unlock(&p->lock);
	out->debugger_attached = exception_slot_is_bound(&p->debugger);
}

static bool job_is_above(const struct job *job, const struct process *p)
{
	const struct job *j = p->job;

	while (j && j != job)
		j = j->parent;
	return j != NULL;
}

zx_status_t process_set_critical(struct process *p, struct job *job,
				 bool only_if_failed)
{
	zx_status_t status = ZX_OK;

	mutex_lock(&p->lock);
	if (p->state == PROCESS_DEAD || !job_is_above(job, p)) {
		status = ZX_ERR_INVALID_ARGS;
	} else if (p->critical_job) {
		status = ZX_ERR_ALREADY_BOUND;
	} else {
		object_ref(&job->object);
		p->critical_job = job;
		p->critical_if_failed = only_if_failed;
	}
	mutex_unlock(&p->lock);
	return status;
}

static u32 read_state(struct process *p)
{
	u32 state;

	mutex_lock(&p->lock);
	state = p->state;
	mutex_unlock(&p->lock);
	return state;
}

zx_status_t process_check_alive(struct process *p)
{
	return read_state(p) < PROCESS_DYING ? ZX_OK : ZX_ERR_BAD_STATE;
}

zx_status_t process_check_initial(struct process *p)
{
	return read_state(p) == PROCESS_INITIAL ? ZX_OK : ZX_ERR_BAD_STATE;
}

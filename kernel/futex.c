/*
 * Futexes. A bucket's queue holds the waiters of all keys that hash to it,
 * oldest first.
 *
 * A waker unlinks a waiter before it ends its wait, and touches it no more
 * then: so a thread that was woken need not take the bucket's lock again. One
 * that timed out or was killed does, and unlinks itself.
 *
 * Owners are checked, and not kept: nothing that this kernel offers shows them
 * (tasks.md 11.4 is not among its calls).
 */
#include <arch/usercopy.h>
#include <kernel/futex.h>
#include <kernel/lock.h>
#include <kernel/process.h>

#define FUTEX_BUCKETS 256

struct futex_bucket {
	struct spinlock lock;		/* LOCK_FUTEX */
	struct list_node waiters;	/* under lock: futex_waiter by node */
};

struct futex_waiter {
	struct waiter waiter;
	/* Fixed while linked. */
	const struct aspace *aspace;
	uaddr_t addr;
};

static struct futex_bucket buckets[FUTEX_BUCKETS];

void futex_init(void)
{
	for (u32 i = 0; i < FUTEX_BUCKETS; i++) {
		spin_init(&buckets[i].lock, LOCK_FUTEX);
		list_init(&buckets[i].waiters);
	}
}

/* Multiplication by an odd constant spreads low and high bits into the top. */
static struct futex_bucket *futex_bucket_of(const struct aspace *as,
					    uaddr_t addr)
{
	u64 key = ((u64)(uintptr_t)as >> 6) ^ (addr >> 2);

	return &buckets[(key * 0x9e3779b97f4a7c15ul) >> 56];
}

static bool futex_addr_ok(uaddr_t addr)
{
	return (addr & 3) == 0 && addr >= USER_ASPACE_BASE &&
	       addr < USER_ASPACE_TOP;
}

static struct futex_waiter *futex_waiter_of(struct list_node *node)
{
	return container_of(node, struct futex_waiter, waiter.node);
}

static bool futex_waits_locked(const struct futex_bucket *b,
			       const struct thread *t,
			       const struct aspace *as, uaddr_t addr)
{
	for (struct list_node *n = b->waiters.next; n != &b->waiters;
	     n = n->next) {
		const struct futex_waiter *f = futex_waiter_of(n);

		if (f->waiter.thread == t && f->aspace == as && f->addr == addr)
			return true;
	}
	return false;
}

/* tasks.md 11.1, check 5; a dead thread counts as none. */
static zx_status_t futex_check_owner_locked(const struct futex_bucket *b,
					    const struct thread *owner,
					    const struct aspace *as,
					    uaddr_t addr)
{
	u32 life;

	if (owner == NULL)
		return ZX_OK;
	life = __atomic_load_n(&owner->life, __ATOMIC_RELAXED);
	if (life == THREAD_DEAD)
		return ZX_OK;
	if (owner->process != process_current() || life == THREAD_NEW ||
	    owner == thread_current() || futex_waits_locked(b, owner, as, addr))
		return ZX_ERR_INVALID_ARGS;
	return ZX_OK;
}

/* What the caller knows of the wanted owner. */
struct futex_owner {
	zx_status_t status;
	const struct thread *thread;
};

/* Compares, checks and queues in one step. SHOULD_WAIT: the word must be
 * faulted in first. */
static zx_status_t futex_enqueue(struct futex_bucket *b,
				 struct futex_waiter *f, u32 current_value,
				 const struct futex_owner *owner)
{
	zx_status_t status = owner->status;
	u32 value;

	spin_lock(&b->lock);
	if (!get_user_u32_nofault(&value, f->addr))
		status = ZX_ERR_SHOULD_WAIT;
	else if (value != current_value)
		status = ZX_ERR_BAD_STATE;
	else if (status == ZX_OK)
		status = futex_check_owner_locked(b, owner->thread, f->aspace,
						  f->addr);
	if (status == ZX_OK)
		list_add_tail(&b->waiters, &f->waiter.node);
	spin_unlock(&b->lock);
	return status;
}

zx_status_t futex_wait(uaddr_t addr, u32 current_value,
		       zx_status_t owner_status, struct thread *owner,
		       ktime_t deadline)
{
	struct futex_owner wanted = { owner_status, owner };
	struct futex_waiter f;
	struct futex_bucket *b;
	zx_status_t status;
	u32 value;

	if (!futex_addr_ok(addr))
		return ZX_ERR_INVALID_ARGS;
	f.aspace = thread_current()->aspace;
	f.addr = addr;
	b = futex_bucket_of(f.aspace, addr);
	waiter_init(&f.waiter);
	while ((status = futex_enqueue(b, &f, current_value, &wanted)) ==
	       ZX_ERR_SHOULD_WAIT) {
		/* Another thread may unmap it again before we are back; then
		 * this fails in the end, or a kill ends it. */
		if (get_user_u32(&value, addr) != ZX_OK)
			return ZX_ERR_INVALID_ARGS;
	}
	if (status != ZX_OK)
		return status;
	status = waiter_sleep(&f.waiter, deadline, WAIT_INTERRUPTIBLE,
			      ZX_THREAD_STATE_BLOCKED_FUTEX);
	if (status == ZX_OK)
		return ZX_OK;
	spin_lock(&b->lock);
	list_del(&f.waiter.node);
	spin_unlock(&b->lock);
	return status;
}

zx_status_t futex_wake(uaddr_t addr, u32 count)
{
	const struct aspace *as = thread_current()->aspace;
	struct futex_bucket *b;
	struct list_node *n, *next;

	if (!futex_addr_ok(addr))
		return ZX_ERR_INVALID_ARGS;
	b = futex_bucket_of(as, addr);
	spin_lock(&b->lock);
	for (n = b->waiters.next; n != &b->waiters && count > 0; n = next) {
		struct futex_waiter *f = futex_waiter_of(n);

		next = n->next;
		if (f->addr != addr || f->aspace != as)
			continue;
		list_del(n);
		/* A dying one is woken by its kill, and does not count. */
		if (!thread_is_dying(f->waiter.thread) &&
		    waiter_wake(&f->waiter, ZX_OK))
			count--;
	}
	spin_unlock(&b->lock);
	return ZX_OK;
}

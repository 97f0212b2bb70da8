/*
 * Futexes. A futex is the waiters of one key: its first waiter leads it, is
 * linked to the bucket that the key hashes to, and carries the queue of the
 * others and the owner. When the leader goes, the next one takes all that over.
 * So a futex needs no memory but its waiters' stacks, and no call looks at
 * waiters of other keys, however many there are.
 *
 * A waker unlinks a waiter before it ends its wait, and touches it no more
 * then: so a thread that was woken need not take the bucket's lock again. One
 * that timed out or was killed does, and unlinks itself.
 *
 * The owner is a koid and no reference: koids are never used again, and who
 * asks for the owner looks whether a thread of that koid still lives. So the
 * end of an owner drops it without any work, in wait, wake and exit alike.
 */
#include <arch/usercopy.h>
#include <kernel/futex.h>
#include <kernel/lock.h>
#include <kernel/process.h>
#include <kernel/random.h>

#define FUTEX_BUCKETS 256
/* Waiters woken or moved before the locks are let go for a moment: bounds how
 * long preemption is off. */
#define FUTEX_BATCH 64u

struct futex_bucket {
	struct spinlock lock;		/* LOCK_FUTEX */
	u64 tickets;			/* under lock: how many have joined */
	struct list_node leaders;	/* under lock: futex_waiter by chain */
};

enum futex_place {
	FUTEX_NOWHERE,
	FUTEX_LEADS,
	FUTEX_FOLLOWS,	/* linked to its leader's queue by waiter.node */
};

struct futex_waiter {
	struct waiter waiter;
	/* Fixed. */
	const struct aspace *aspace;
	/* Under the lock of the bucket where it is, and of the one where it
	 * goes; `bucket` is also read without, to find that lock. */
	struct futex_bucket *bucket;
	uaddr_t addr;
	u64 ticket;			/* of the bucket: grows along a queue */
	u32 place;			/* enum futex_place */
	/* The leader's only, under the bucket's lock. */
	struct list_node chain;
	struct list_node queue;
	zx_koid_t owner;		/* ZX_KOID_INVALID: none */
};

static struct futex_bucket buckets[FUTEX_BUCKETS];
/* Odd; fixed after futex_init(). Drawn, so that no program can choose addresses
 * that all fall into one bucket. */
static u64 bucket_factor;

void futex_init(void)
{
	random_draw(&bucket_factor, sizeof(bucket_factor));
	bucket_factor |= 1;
	for (u32 i = 0; i < FUTEX_BUCKETS; i++) {
		spin_init(&buckets[i].lock, LOCK_FUTEX);
		list_init(&buckets[i].leaders);
	}
}

/* Multiplication by an odd constant spreads low and high bits into the top. */
static inline struct futex_bucket *futex_bucket_of(const struct aspace *as,
						   uaddr_t addr)
{
	u64 key = ((u64)(uintptr_t)as >> 6) ^ (addr >> 2);

	return &buckets[(key * bucket_factor) >> 56];
}

static inline bool futex_addr_ok(uaddr_t addr)
{
	return (addr & 3) == 0 && addr >= USER_ASPACE_BASE &&
	       addr < USER_ASPACE_TOP;
}

static inline struct futex_waiter *from_node(struct list_node *node)
{
	return container_of(node, struct futex_waiter, waiter.node);
}

/* The leader of a key, or NULL. */
static inline struct futex_waiter *find_locked(const struct futex_bucket *b,
					       const struct aspace *as,
					       uaddr_t addr)
{
	struct futex_waiter *f;

	list_for_each(f, &b->leaders, chain)
		if (f->addr == addr && f->aspace == as)
			return f;
	return NULL;
}

/* Appends f to the futex of that leader, or makes it the leader of a new one;
 * returns the leader. */
static inline struct futex_waiter *join_locked(struct futex_bucket *b,
					       struct futex_waiter *f,
					       struct futex_waiter *leader)
{
	f->ticket = b->tickets++;
	f->waiter.thread->futex_addr = f->addr;
	if (leader) {
		f->place = FUTEX_FOLLOWS;
		list_add_tail(&leader->queue, &f->waiter.node);
		return leader;
	}
	f->place = FUTEX_LEADS;
	f->owner = ZX_KOID_INVALID;
	list_init(&f->queue);
	list_add_tail(&b->leaders, &f->chain);
	return f;
}

/* The leader has followers: the first takes its place. */
static struct futex_waiter *promote_locked(struct futex_waiter *leader)
{
	struct futex_waiter *next = from_node(leader->queue.next);

	list_del(&next->waiter.node);
	next->place = FUTEX_LEADS;
	next->owner = leader->owner;
	list_insert_between(&next->chain, leader->chain.prev,
			    leader->chain.next);
	list_init(&next->queue);
	list_splice_tail(&next->queue, &leader->queue);
	return next;
}

/* Takes the leader off; returns the one that leads now, or NULL. */
static inline struct futex_waiter *
remove_leader_locked(struct futex_waiter *leader)
{
	leader->place = FUTEX_NOWHERE;
	leader->waiter.thread->futex_addr = 0;
	if (!list_is_empty(&leader->queue))
		return promote_locked(leader);
	list_del(&leader->chain);
	return NULL;
}

/* The wait ended without a waker, or with one who passed over it. The bucket
 * may change until its lock is taken. */
static void futex_leave(struct futex_waiter *f)
{
	struct futex_bucket *b;

	for (;;) {
		b = __atomic_load_n(&f->bucket, __ATOMIC_RELAXED);
		spin_lock(&b->lock);
		if (f->bucket == b)
			break;
		spin_unlock(&b->lock);
	}
	if (f->place == FUTEX_LEADS) {
		remove_leader_locked(f);
	} else if (f->place == FUTEX_FOLLOWS) {
		f->waiter.thread->futex_addr = 0;
		list_del(&f->waiter.node);
	}
	spin_unlock(&b->lock);
}

/* tasks.md 11.1, check 5, and 11.3, check 4; other is 0 or a second address.
 * The locks of both keep futex_addr from becoming or ceasing to be one of them.
 * *koid: the owner to be; none if it is dead. */
static zx_status_t check_owner_locked(const struct futex_owner *owner,
				      uaddr_t addr, uaddr_t other,
				      zx_koid_t *koid)
{
	const struct thread *t = owner->thread;
	uaddr_t waits_at;
	u32 life;

	*koid = ZX_KOID_INVALID;
	if (!t)
		return owner->status;
	life = __atomic_load_n(&t->life, __ATOMIC_RELAXED);
	if (life == THREAD_DEAD)
		return ZX_OK;
	waits_at = __atomic_load_n(&t->futex_addr, __ATOMIC_RELAXED);
	if (t->process != process_current() || life == THREAD_NEW ||
	    t == thread_current() || waits_at == addr ||
	    (other && waits_at == other))
		return ZX_ERR_INVALID_ARGS;
	*koid = t->object.koid;
	return ZX_OK;
}

/* Compares, checks and queues in one step. SHOULD_WAIT: the word must be
 * faulted in first. */
static inline zx_status_t futex_enqueue(struct futex_bucket *b,
					struct futex_waiter *f,
					u32 current_value,
					const struct futex_owner *owner)
{
	zx_koid_t koid = ZX_KOID_INVALID;
	zx_status_t status = ZX_OK;
	struct futex_waiter *leader;
	u32 value;

	spin_lock(&b->lock);
	if (__builtin_expect(!get_user_u32_nofault(&value, f->addr), 0))
		status = ZX_ERR_SHOULD_WAIT;
	else if (value != current_value)
		status = ZX_ERR_BAD_STATE;
	else if (__builtin_expect(owner != NULL, 0))
		status = check_owner_locked(owner, f->addr, 0, &koid);
	if (status == ZX_OK) {
		leader = find_locked(b, f->aspace, f->addr);
		leader = join_locked(b, f, leader);
		leader->owner = koid;
	}
	spin_unlock(&b->lock);
	return status;
}

/* The word was not there. */
static __attribute__((noinline)) bool fault_word_in(uaddr_t addr)
{
	u32 value;

	return get_user_u32(&value, addr) == ZX_OK;
}

zx_status_t futex_wait(uaddr_t addr, u32 current_value,
		       const struct futex_owner *owner, ktime_t deadline)
{
	struct futex_waiter f;
	zx_status_t status;

	if (!futex_addr_ok(addr))
		return ZX_ERR_INVALID_ARGS;
	f.aspace = thread_current()->aspace;
	f.addr = addr;
	f.bucket = futex_bucket_of(f.aspace, addr);
	waiter_init(&f.waiter);
	/* Another thread may unmap it again before we are back; then this fails
	 * in the end, or a kill ends it. */
	while ((status = futex_enqueue(f.bucket, &f, current_value, owner)) ==
	       ZX_ERR_SHOULD_WAIT)
		if (!fault_word_in(addr))
			return ZX_ERR_INVALID_ARGS;
	if (status != ZX_OK)
		return status;
	status = waiter_sleep(&f.waiter, deadline, WAIT_INTERRUPTIBLE,
			      ZX_THREAD_STATE_BLOCKED_FUTEX);
	if (status != ZX_OK)
		futex_leave(&f);
	return status;
}

/* What a wake or a requeue is still to do. */
struct futex_work {
	u32 wake_count;
	u32 move_count;
	bool single_owner;
	zx_koid_t woken;	/* who was woken last */
	u64 end;		/* who joins from this ticket on is left alone */
};

/* Wakes up to *budget waiters. A dying one is woken by its kill, and does not
 * count. Returns the leader of those who are left, or NULL. */
static inline __attribute__((always_inline)) struct futex_waiter *
wake_locked(struct futex_waiter *leader, struct futex_work *w, u32 *budget)
{
	while (leader && w->wake_count && leader->ticket < w->end &&
	       *budget) {
		struct waiter *waiter = &leader->waiter;
		struct thread *t = waiter->thread;

		--*budget;
		leader = remove_leader_locked(leader);
		if (!thread_is_dying(t) && waiter_wake(waiter, ZX_OK)) {
			w->wake_count--;
			w->woken = t->object.koid;
		}
	}
	if (leader)
		leader->owner = w->single_owner ? w->woken : ZX_KOID_INVALID;
	return leader;
}

/* Those that are left after the first batch, if nobody was killed. */
static __attribute__((noinline)) void wake_more(struct futex_bucket *b,
						uaddr_t addr,
						struct futex_work w)
{
	const struct aspace *as = thread_current()->aspace;
	u32 budget = 0;

	while (budget == 0 && !thread_is_killed()) {
		budget = FUTEX_BATCH;
		spin_lock(&b->lock);
		wake_locked(find_locked(b, as, addr), &w, &budget);
		spin_unlock(&b->lock);
	}
}

/* In line, so that what most wakes do not need costs them nothing. */
static inline __attribute__((always_inline)) zx_status_t
wake_all(uaddr_t addr, u32 count, bool single_owner)
{
	const struct aspace *as = thread_current()->aspace;
	struct futex_bucket *b = futex_bucket_of(as, addr);
	struct futex_work w = { .wake_count = count,
				.single_owner = single_owner };
	u32 budget = FUTEX_BATCH;

	if (!futex_addr_ok(addr))
		return ZX_ERR_INVALID_ARGS;
	spin_lock(&b->lock);
	w.end = b->tickets;
	wake_locked(find_locked(b, as, addr), &w, &budget);
	spin_unlock(&b->lock);
	if (__builtin_expect(budget == 0, 0))
		wake_more(b, addr, w);
	return ZX_OK;
}

zx_status_t futex_wake(uaddr_t addr, u32 count)
{
	return wake_all(addr, count, false);
}

zx_status_t futex_wake_single_owner(uaddr_t addr)
{
	return wake_all(addr, 1, true);
}

/* Two buckets, or twice the same one, in address order. The checker knows the
 * first: no two locks of a class are taken otherwise, so the order of addresses
 * keeps two requeues from waiting in a circle. */
static void lock_buckets(struct futex_bucket *a, struct futex_bucket *b)
{
	struct futex_bucket *first = a < b ? a : b;

	spin_lock(&first->lock);
	if (a != b)
		spin_lock_raw(&(first == a ? b : a)->lock);
}

static void unlock_buckets(struct futex_bucket *a, struct futex_bucket *b)
{
	struct futex_bucket *first = a < b ? a : b;

	if (a != b)
		spin_unlock_raw(&(first == a ? b : a)->lock);
	spin_unlock(&first->lock);
}

/* A requeue's two sides. */
struct futex_sides {
	const struct aspace *aspace;
	uaddr_t from, to;
	struct futex_bucket *from_bucket, *to_bucket;
	zx_koid_t to_owner;
};

/* Moves up to *budget waiters to the other side's tail, then its owner is what
 * was asked for. Release is not needed for `bucket`: who reads the new one
 * takes its lock. */
static void move_locked(struct futex_waiter *leader, struct futex_work *w,
			const struct futex_sides *s, u32 *budget)
{
	struct futex_waiter *to = find_locked(s->to_bucket, s->aspace, s->to);

	while (leader && w->move_count && leader->ticket < w->end && *budget) {
		struct futex_waiter *f = leader;

		--*budget;
		w->move_count--;
		leader = remove_leader_locked(f);
		f->addr = s->to;
		__atomic_store_n(&f->bucket, s->to_bucket, __ATOMIC_RELAXED);
		to = join_locked(s->to_bucket, f, to);
	}
	if (to)
		to->owner = s->to_owner;
}

/* 11.3, checks 2 to 4. SHOULD_WAIT: the word must be faulted in first. */
static zx_status_t requeue_check_locked(struct futex_sides *s, u32 value,
					const struct futex_owner *owner)
{
	u32 found;

	if (!get_user_u32_nofault(&found, s->from))
		return ZX_ERR_SHOULD_WAIT;
	if (found != value)
		return ZX_ERR_BAD_STATE;
	return check_owner_locked(owner, s->from, s->to, &s->to_owner);
}

/* Those that are left after the first batch, if nobody was killed. */
static bool requeue_batch_locked(struct futex_sides *s, struct futex_work *w)
{
	u32 budget = FUTEX_BATCH;
	struct futex_waiter *leader = find_locked(s->from_bucket, s->aspace,
						  s->from);

	leader = wake_locked(leader, w, &budget);
	if (budget)
		move_locked(leader, w, s, &budget);
	return budget == 0;
}

static zx_status_t requeue(struct futex_sides *s, struct futex_work *w,
			   u32 value, const struct futex_owner *owner)
{
	zx_status_t status;
	bool more = false;

	lock_buckets(s->from_bucket, s->to_bucket);
	status = requeue_check_locked(s, value, owner);
	if (status == ZX_OK) {
		w->end = s->from_bucket->tickets;
		more = requeue_batch_locked(s, w);
	}
	unlock_buckets(s->from_bucket, s->to_bucket);
	while (more && !thread_is_killed()) {
		lock_buckets(s->from_bucket, s->to_bucket);
		more = requeue_batch_locked(s, w);
		unlock_buckets(s->from_bucket, s->to_bucket);
	}
	return status;
}

zx_status_t futex_requeue(const struct futex_requeue *r,
			  const struct futex_owner *owner)
{
	struct futex_work w = {
		.wake_count = r->wake_count,
		.move_count = r->requeue_count,
		.single_owner = r->single_owner,
	};
	struct futex_sides s = {
		.aspace = thread_current()->aspace,
		.from = r->wake_addr,
		.to = r->requeue_addr,
	};
	zx_status_t status;
	u32 value;

	if (!futex_addr_ok(s.from) || !futex_addr_ok(s.to) || s.from == s.to)
		return ZX_ERR_INVALID_ARGS;
	s.from_bucket = futex_bucket_of(s.aspace, s.from);
	s.to_bucket = futex_bucket_of(s.aspace, s.to);
	while ((status = requeue(&s, &w, r->current_value, owner)) ==
	       ZX_ERR_SHOULD_WAIT) {
		if (get_user_u32(&value, s.from) != ZX_OK)
			return ZX_ERR_INVALID_ARGS;
	}
	return status;
}

zx_status_t futex_get_owner(uaddr_t addr, zx_koid_t *koid)
{
	const struct aspace *as = thread_current()->aspace;
	struct futex_bucket *b = futex_bucket_of(as, addr);
	struct futex_waiter *leader;
	struct thread *t;

	*koid = ZX_KOID_INVALID;
	if (!futex_addr_ok(addr))
		return ZX_ERR_INVALID_ARGS;
	spin_lock(&b->lock);
	leader = find_locked(b, as, addr);
	if (leader)
		*koid = leader->owner;
	spin_unlock(&b->lock);
	if (*koid == ZX_KOID_INVALID)
		return ZX_OK;
	t = process_find_thread(process_current(), *koid);
	if (!t)
		*koid = ZX_KOID_INVALID;
	else
		object_unref(&t->object);
	return ZX_OK;
}

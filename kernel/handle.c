/*
 * Handle tables.
 *
 * A slot is {word, object, rights}. The word says everything that can change:
 *
 *	63..36	generation of the slot; bits 47..36 are part of the value
 *	35..18	index of the slot
 *	17..16	3: live; 0: free or reserved
 *	15..0	stock: references of the object that lie ready to be taken
 *
 * Bits 47..16 XOR the table's salt are the handle's value. A live slot owns
 * 1 + stock references. A look-up reads the word, compares it with the value,
 * and takes one reference out of the stock by compare-and-swap on the word:
 * that the swap succeeds proves that the slot was live with this object all
 * the time, and the reference is the caller's. So a look-up costs one atomic
 * operation, no lock, and nobody waits for anybody. An empty stock is filled
 * again under the table's mutex, once in STOCK look-ups.
 *
 * The generation has 28 bits, and a slot is used again only after all others
 * that were free: a swap cannot be fooled by a reuse within one look-up.
 *
 * Slots stand in chunks that double in size (32, 64, ...), so that small tables
 * are small and an index is turned into a slot by one CLZ. Chunks stay until
 * the table goes, hence words can be read at any time.
 */
#include <arch/usercopy.h>
#include <kernel/handle.h>
#include <kernel/panic.h>
#include <kernel/policy.h>
#include <kernel/random.h>
#include <mm/slab.h>

#define STOCK 1024u
#define STOCK_MASK 0xfffful
#define KEY_SHIFT 16
#define LIVE_BITS (3ul << KEY_SHIFT)
#define INDEX_SHIFT 18
#define INDEX_MASK (HANDLE_LIMIT - 1)
#define GENERATION_SHIFT 36

#define FIRST_CHUNK_LOG2 5
#define FIRST_CHUNK (1u << FIRST_CHUNK_LOG2)
#define CHUNK_COUNT 14		/* 32 * (2^14 - 1) slots > HANDLE_LIMIT */
#define NO_INDEX UINT32_MAX

struct slot {
	/* Atomic: see above. Set free and live by the table's owner of the
	 * slot (under lock, or after handle_reserve()). */
	u64 word;
	/* Written before the word goes live, fixed while it is. */
	struct object *object;
	union {
		zx_rights_t rights;
		u32 next_free;		/* under lock, while free */
	};
};

struct handle_table {
	/* Fixed after creation. */
	u32 salt;
	u32 first_generation;
	/* Atomic: set once under lock; release, after the slots are zeroed.
	 * Number n is indexed by index + FIRST_CHUNK, see chunk_of(). */
	struct slot *chunks[CHUNK_COUNT];
	struct mutex lock;		/* LOCK_HANDLES */
	/* Under lock. */
	u32 fresh;			/* slots from here on were never used */
	u32 free_head;			/* queue of free slots, oldest first */
	u32 free_tail;
	bool closed;
	u32 count;			/* slots reserved or live; read racily */
};

/* Atomic: handles of all tables, reserved ones included; relaxed, a limit. */
static u32 total_count;

struct handle_table *handle_table_current(void)
{
	return thread_current()->process->handles;
}

u32 handle_table_count(const struct handle_table *t)
{
	return __atomic_load_n(&t->count, __ATOMIC_RELAXED);
}

/* The chunk with that index: 0 holds the first 32, 1 the next 64, ... */
static inline u32 chunk_of(u32 index)
{
	return 31 - FIRST_CHUNK_LOG2 -
	       (u32)__builtin_clz(index + FIRST_CHUNK);
}

/*
 * NULL if no chunk holds it. Chunk pointers are moved down so that index +
 * FIRST_CHUNK is the subscript. Relaxed: the slot's address depends on the
 * pointer, which orders the slot's reads behind it (Arm ARM B2.3.3).
 */
static inline struct slot *slot_at(struct handle_table *t, u32 index)
{
	struct slot *chunk = __atomic_load_n(&t->chunks[chunk_of(index)],
					     __ATOMIC_RELAXED);

	if (__builtin_expect(!chunk, 0))
		return NULL;
	return &chunk[index + FIRST_CHUNK];
}

static inline u32 word_key(u64 word)
{
	return (u32)(word >> KEY_SHIFT);
}

static inline u32 key_index(u32 key)
{
	return (key >> 2) & INDEX_MASK;
}

/* The slot of a value that looks right; NULL otherwise. 0xffffffff is never
 * handed out (handle_reserve), so that no live word matches it. */
static inline struct slot *slot_of_value(struct handle_table *t, u32 key)
{
	if ((key & 3) != 3)
		return NULL;
	return slot_at(t, key_index(key));
}

bool handle_identity_is_live(const struct handle_identity *id)
{
	/* The kernel's own waits go through no handle. Else the caller's lock
	 * orders this against the closer. */
	return !id->slot_word ||
	       __atomic_load_n(id->slot_word, __ATOMIC_RELAXED) >> KEY_SHIFT ==
	       id->key;
}

/* The stock is empty: fills it, if the slot is still the same handle. */
static void slot_refill(struct handle_table *t, struct slot *s, u64 word)
{
	u64 now;

	mutex_lock(&t->lock);
	now = __atomic_load_n(&s->word, __ATOMIC_RELAXED);
	if (now == word) {
		/* The slot's own reference keeps the object while we hold the
		 * lock. Release: the references exist before they are seen. */
		object_ref_many(s->object, STOCK);
		__atomic_fetch_add(&s->word, STOCK, __ATOMIC_RELEASE);
	}
	mutex_unlock(&t->lock);
}

/* What a look-up finds. */
struct found {
	struct object *object;
	zx_rights_t rights;
	struct slot *slot;
	u64 word;
};

/*
 * One attempt to take a reference through the value. False: the value may be
 * wrong, the stock empty, or another thread was faster. A word with a stock is
 * live, so a value with wrong low bits cannot match.
 *
 * The swap is acquire and release: the reads of object and rights are ordered
 * behind the first load by its acquire and before the swap's store by its
 * release, hence lie between two moments at which the word was the same. The
 * next user of the slot writes them only after its own swap has read ours or a
 * later word.
 */
static inline bool slot_try_take(struct handle_table *t, zx_handle_t value,
				 struct found *f)
{
	u32 key = value ^ t->salt;
	struct slot *s = slot_at(t, key_index(key));
	u64 word;

	if (__builtin_expect(!s, 0))
		return false;
	word = __atomic_load_n(&s->word, __ATOMIC_ACQUIRE);
	if (__builtin_expect(word_key(word) != key, 0) ||
	    __builtin_expect(!(word & STOCK_MASK), 0))
		return false;
	f->object = __atomic_load_n(&s->object, __ATOMIC_RELAXED);
	f->rights = __atomic_load_n(&s->rights, __ATOMIC_RELAXED);
	f->slot = s;
	f->word = word;
	return __builtin_expect(arch_try_swap64(&s->word, word, word - 1), 1);
}

/* After a failed attempt: tries until it has one or the value is wrong. */
static __attribute__((noinline)) bool slot_take_slow(struct handle_table *t,
						     zx_handle_t value,
						     struct found *f)
{
	u32 key = value ^ t->salt;
	struct slot *s = slot_of_value(t, key);
	u64 word;

	if (!s)
		return false;
	while (!slot_try_take(t, value, f)) {
		word = __atomic_load_n(&s->word, __ATOMIC_ACQUIRE);
		if (word_key(word) != key)
			return false;
		if (!(word & STOCK_MASK))
			slot_refill(t, s, word);
	}
	return true;
}

static __attribute__((noinline)) zx_status_t refuse(struct object *o,
						    zx_status_t status)
{
	object_unref(o);
	return status;
}

/* The uniform checks on what was taken; refuse() gives it back if one fails, as
 * the last call of a look-up, which needs no frame then. */
static inline zx_status_t check(const struct found *f, u32 type,
				zx_rights_t rights)
{
	if (__builtin_expect(f->object->type != type, 0) &&
	    type != ZX_OBJ_TYPE_NONE)
		return ZX_ERR_WRONG_TYPE;
	if (__builtin_expect((rights & ~f->rights) != 0, 0))
		return ZX_ERR_ACCESS_DENIED;
	return ZX_OK;
}

zx_status_t handle_get_quiet(zx_handle_t value, u32 type, zx_rights_t rights,
			     struct object **out)
{
	struct found f;
	zx_status_t status;

	if (!slot_take_slow(handle_table_current(), value, &f))
		return ZX_ERR_BAD_HANDLE;
	status = check(&f, type, rights);
	if (status != ZX_OK)
		return refuse(f.object, status);
	*out = f.object;
	return ZX_OK;
}

/* All of handle_get() when the first attempt failed. */
static __attribute__((noinline)) zx_status_t get_slow(zx_handle_t value,
						      u32 type,
						      zx_rights_t rights,
						      struct object **out)
{
	zx_status_t status = handle_get_quiet(value, type, rights, out);

	return status == ZX_ERR_BAD_HANDLE ? policy_bad_handle() : status;
}

zx_status_t handle_get(zx_handle_t value, u32 type, zx_rights_t rights,
		       struct object **out)
{
	struct found f;
	zx_status_t status;

	if (__builtin_expect(!slot_try_take(handle_table_current(), value, &f),
			     0))
		return get_slow(value, type, rights, out);
	status = check(&f, type, rights);
	if (__builtin_expect(status != ZX_OK, 0))
		return refuse(f.object, status);
	*out = f.object;
	return ZX_OK;
}

static inline zx_status_t give_ref(const struct found *f, u32 type,
				   zx_rights_t rights, struct handle_ref *out)
{
	zx_status_t status = check(f, type, rights);

	if (__builtin_expect(status != ZX_OK, 0))
		return refuse(f->object, status);
	out->object = f->object;
	out->rights = f->rights;
	out->identity.slot_word = &f->slot->word;
	out->identity.key = f->word >> KEY_SHIFT;
	return ZX_OK;
}

/* All of get_ref() when the first attempt failed. */
static __attribute__((noinline)) zx_status_t
get_ref_slow(struct handle_table *t, zx_handle_t value, u32 type,
	     zx_rights_t rights, struct handle_ref *out)
{
	const struct process *p = process_current();
	struct found f;

	if (slot_take_slow(t, value, &f))
		return give_ref(&f, type, rights, out);
	/* The kernel's own threads have no policy. */
	return p && p->handles == t ? policy_bad_handle() : ZX_ERR_BAD_HANDLE;
}

static inline zx_status_t get_ref(struct handle_table *t, zx_handle_t value,
				  u32 type, zx_rights_t rights,
				  struct handle_ref *out)
{
	struct found f;

	if (__builtin_expect(!slot_try_take(t, value, &f), 0))
		return get_ref_slow(t, value, type, rights, out);
	return give_ref(&f, type, rights, out);
}

zx_status_t handle_table_get_ref(struct handle_table *t, zx_handle_t value,
				 u32 type, zx_rights_t rights,
				 struct handle_ref *out)
{
	return get_ref(t, value, type, rights, out);
}

zx_status_t handle_get_ref(zx_handle_t value, u32 type, zx_rights_t rights,
			   struct handle_ref *out)
{
	return get_ref(handle_table_current(), value, type, rights, out);
}

zx_status_t handle_table_create(struct handle_table **out)
{
	struct handle_table *t = kzalloc(sizeof(*t));
	u64 random;

	if (!t)
		return ZX_ERR_NO_MEMORY;
	random_draw(&random, sizeof(random));
	t->salt = (u32)random & ~3u;
	/* Random, so that the identities of handles of two tables that had the
	 * same memory one after the other differ. */
	t->first_generation = (u32)(random >> 36);
	mutex_init(&t->lock, LOCK_HANDLES);
	t->free_head = NO_INDEX;
	t->free_tail = NO_INDEX;
	*out = t;
	return ZX_OK;
}

static size_t chunk_bytes(u32 n)
{
	return (size_t)(FIRST_CHUNK << n) * sizeof(struct slot);
}

static void push_free_locked(struct handle_table *t, u32 index, struct slot *s)
{
	s->next_free = NO_INDEX;
	t->count--;
	if (t->free_tail == NO_INDEX)
		t->free_head = index;
	else
		slot_at(t, t->free_tail)->next_free = index;
	t->free_tail = index;
}

/* NULL if memory is out. Never-used slots of chunks that exist go first: the
 * longer a freed one rests, the longer its stale values stay refused. */
static struct slot *pop_free_locked(struct handle_table *t, u32 *index)
{
	struct slot *s;
	u32 n = chunk_of(t->fresh);

	if ((!t->chunks[n] || t->fresh == HANDLE_LIMIT) &&
	    t->free_head != NO_INDEX) {
		*index = t->free_head;
		s = slot_at(t, *index);
		t->free_head = s->next_free;
		if (t->free_head == NO_INDEX)
			t->free_tail = NO_INDEX;
		return s;
	}
	if (!t->chunks[n]) {
		struct slot *chunk = kzalloc(chunk_bytes(n));

		if (!chunk)
			return NULL;
		/* Release: look-ups without the lock see zeroed slots. */
		__atomic_store_n(&t->chunks[n], chunk - (FIRST_CHUNK << n),
				 __ATOMIC_RELEASE);
	}
	*index = t->fresh++;
	s = slot_at(t, *index);
	__atomic_store_n(&s->word,
			 (u64)t->first_generation << GENERATION_SHIFT |
				 (u64)*index << INDEX_SHIFT,
			 __ATOMIC_RELAXED);
	return s;
}

static zx_status_t reserve_locked(struct handle_table *t,
				  struct handle_slot *out)
{
	struct slot *s;
	u64 word;

	if (t->closed)
		return ZX_ERR_BAD_STATE;
	s = pop_free_locked(t, &out->index);
	if (!s)
		return ZX_ERR_NO_MEMORY;
	t->count++;
	word = s->word;
	if ((word_key(word | LIVE_BITS) ^ t->salt) == UINT32_MAX) {
		/* The one value that may not exist: skip this generation. */
		word += 1ul << GENERATION_SHIFT;
		__atomic_store_n(&s->word, word, __ATOMIC_RELAXED);
	}
	out->table = t;
	out->value = word_key(word | LIVE_BITS) ^ t->salt;
	return ZX_OK;
}

static inline void uncount(void)
{
	arch_add32(&total_count, -1u);
}

zx_status_t handle_reserve(struct handle_table *t, struct handle_slot *out)
{
	zx_status_t status = ZX_ERR_NO_MEMORY;

	if (arch_add32(&total_count, 1) <= HANDLE_LIMIT) {
		mutex_lock(&t->lock);
		status = reserve_locked(t, out);
		mutex_unlock(&t->lock);
	}
	if (status != ZX_OK)
		uncount();
	return status;
}

/* The slot goes live with STOCK + 1 references that the caller added. */
static void slot_fill(struct handle_slot *slot, struct object *o,
		      zx_rights_t rights)
{
	struct slot *s = slot_at(slot->table, slot->index);

	ASSERT(s);
	__atomic_store_n(&s->object, o, __ATOMIC_RELAXED);
	__atomic_store_n(&s->rights, rights, __ATOMIC_RELAXED);
	/* Release: object and rights before the word that makes them valid.
	 * Nobody else writes the word of a reserved slot. */
	__atomic_store_n(&s->word, s->word | LIVE_BITS | STOCK,
			 __ATOMIC_RELEASE);
}

void handle_publish(struct handle_slot *slot, struct object *o,
		    zx_rights_t rights)
{
	object_ref_many(o, 1 + STOCK);
	arch_add32(&o->handle_count, 1);
	slot_fill(slot, o, rights);
}

void handle_publish_taken(struct handle_slot *slot,
			  const struct handle_taken *taken)
{
	object_ref_many(taken->object, STOCK);
	slot_fill(slot, taken->object, taken->rights);
}

void handle_cancel(struct handle_slot *slot)
{
	struct handle_table *t = slot->table;

	mutex_lock(&t->lock);
	push_free_locked(t, slot->index, slot_at(t, slot->index));
	mutex_unlock(&t->lock);
	uncount();
}

zx_status_t handle_make(struct object *o, zx_rights_t rights, uaddr_t out)
{
	struct handle_slot slot;
	zx_status_t status = handle_reserve(handle_table_current(), &slot);

	if (status != ZX_OK)
		return status;
	if (put_user_u32(out, slot.value) != ZX_OK) {
		handle_cancel(&slot);
		return ZX_ERR_INVALID_ARGS;
	}
	handle_publish(&slot, o, rights);
	return ZX_OK;
}

/* Ends the slot: its value is dead on return. The slot's own reference and
 * handle count go to the caller; the stock is given back. */
static void slot_end_locked(struct handle_table *t, u32 index, struct slot *s,
			    struct handle_taken *out,
			    struct handle_identity *id)
{
	u64 ended = (s->word & ~(LIVE_BITS | STOCK_MASK)) +
		    (1ul << GENERATION_SHIFT);
	u64 word;

	out->object = s->object;
	out->rights = s->rights;
	/* Look-ups may lower the stock until the swap. Acquire: reads what
	 * they did; release: nothing that follows is seen before. */
	word = arch_exchange64(&s->word, ended);
	id->slot_word = &s->word;
	id->key = word >> KEY_SHIFT;
	push_free_locked(t, index, s);
	if (word & STOCK_MASK)
		object_unref_many(out->object, (u32)(word & STOCK_MASK));
}

/* After the end of a slot, without the lock. */
static inline void end_waits(struct object *o,
			     const struct handle_identity *id)
{
	uncount();
	if (object_is_waitable(o))
		object_cancel_observers(o, id);
}

zx_status_t handle_take(struct handle_table *t, zx_handle_t value,
			struct handle_taken *out)
{
	struct handle_identity id;
	struct slot *s = slot_of_value(t, value ^ t->salt);

	if (!s)
		return ZX_ERR_BAD_HANDLE;
	mutex_lock(&t->lock);
	if (word_key(s->word) != (value ^ t->salt)) {
		mutex_unlock(&t->lock);
		return ZX_ERR_BAD_HANDLE;
	}
	slot_end_locked(t, key_index(value ^ t->salt), s, out, &id);
	mutex_unlock(&t->lock);
	end_waits(out->object, &id);
	return ZX_OK;
}

/* Apart, so that the common close keeps few registers. */
static __attribute__((noinline)) void last_handle_gone(struct object *o)
{
	/* With the release of every drop: what was done through other handles
	 * comes before the end that the last one brings. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (o->ops->on_zero_handles)
		o->ops->on_zero_handles(o);
}

void handle_release_taken(const struct handle_taken *taken)
{
	struct object *o = taken->object;

	if (arch_sub32_release(&o->handle_count, 1) == 0)
		last_handle_gone(o);
	object_unref(o);
}

void handle_make_taken(struct object *o, zx_rights_t rights,
		       struct handle_taken *out)
{
	object_ref(o);
	arch_add32(&o->handle_count, 1);
	*out = (struct handle_taken){ .object = o, .rights = rights };
}

/* Under the lock for the reason that handle_duplicate() gives. */
zx_status_t handle_copy_taken(struct handle_table *t,
			      const struct handle_ref *ref, zx_rights_t rights,
			      struct handle_taken *out)
{
	zx_status_t status = ZX_ERR_BAD_HANDLE;

	mutex_lock(&t->lock);
	if (handle_identity_is_live(&ref->identity)) {
		object_ref(ref->object);
		arch_add32(&ref->object->handle_count, 1);
		out->object = ref->object;
		out->rights = rights;
		status = ZX_OK;
	}
	mutex_unlock(&t->lock);
	return status;
}

zx_status_t handle_close(struct handle_table *t, zx_handle_t value)
{
	struct handle_taken taken;
	zx_status_t status = handle_take(t, value, &taken);

	if (status == ZX_OK)
		handle_release_taken(&taken);
	return status;
}

/* Takes the next live handle at or after *index out of the table. */
static bool take_next(struct handle_table *t, u32 *index,
		      struct handle_taken *out)
{
	struct handle_identity id;
	struct slot *s;
	bool found = false;

	mutex_lock(&t->lock);
	while (*index < t->fresh && !found) {
		s = slot_at(t, *index);
		found = (s->word & LIVE_BITS) != 0;
		if (found)
			slot_end_locked(t, *index, s, out, &id);
		(*index)++;
	}
	mutex_unlock(&t->lock);
	if (found)
		end_waits(out->object, &id);
	return found;
}

/* A live slot's own reference keeps its object while the lock is held. Acquire:
 * pairs with slot_fill(), which takes no lock. */
static bool slot_look(struct slot *s, u32 type, struct handle_ref *out)
{
	u64 word = __atomic_load_n(&s->word, __ATOMIC_ACQUIRE);

	if (!(word & LIVE_BITS) ||
	    (type != ZX_OBJ_TYPE_NONE && s->object->type != type))
		return false;
	out->object = s->object;
	out->rights = s->rights;
	out->identity.slot_word = &s->word;
	out->identity.key = word >> KEY_SHIFT;
	object_ref(out->object);
	return true;
}

bool handle_table_next(struct handle_table *t, u32 *index, u32 type,
		       struct handle_ref *out)
{
	bool found = false;

	mutex_lock(&t->lock);
	while (*index < t->fresh && !found)
		found = slot_look(slot_at(t, (*index)++), type, out);
	mutex_unlock(&t->lock);
	return found;
}

zx_handle_t handle_table_value(const struct handle_table *t,
			       const struct handle_ref *ref)
{
	return (u32)ref->identity.key ^ t->salt;
}

void handle_table_count_types(struct handle_table *t,
			      u32 counts[ZX_OBJ_TYPE_UPPER_BOUND])
{
	struct slot *s;
	u32 index;

	/* Bounded by HANDLE_LIMIT; a live slot's own reference keeps its object
	 * while the lock is held. */
	mutex_lock(&t->lock);
	for (index = 0; index < t->fresh; index++) {
		s = slot_at(t, index);
		if (__atomic_load_n(&s->word, __ATOMIC_ACQUIRE) & LIVE_BITS)
			counts[s->object->type]++;
	}
	mutex_unlock(&t->lock);
}

void handle_table_clear(struct handle_table *t)
{
	struct handle_taken taken;
	u32 index = 0;

	mutex_lock(&t->lock);
	t->closed = true;
	mutex_unlock(&t->lock);
	while (take_next(t, &index, &taken))
		handle_release_taken(&taken);
}

void handle_table_destroy(struct handle_table *t)
{
	handle_table_clear(t);
	ASSERT(t->count == 0);
	for (u32 n = 0; n < CHUNK_COUNT; n++)
		if (t->chunks[n])
			kfree(t->chunks[n] + (FIRST_CHUNK << n),
			      chunk_bytes(n));
	kfree(t, sizeof(*t));
}

zx_status_t handle_duplicate(struct handle_table *t, zx_handle_t value,
			     zx_rights_t rights, uaddr_t out)
{
	struct handle_slot slot;
	struct handle_ref ref;
	zx_status_t status = handle_table_get_ref(t, value, ZX_OBJ_TYPE_NONE,
						  ZX_RIGHT_DUPLICATE, &ref);

	if (status != ZX_OK)
		return status;
	status = handle_reduce_rights(ref.rights, &rights);
	if (status == ZX_OK)
		status = handle_reserve(t, &slot);
	if (status != ZX_OK)
		return refuse(ref.object, status);
	status = put_user_u32(out, slot.value) == ZX_OK ? ZX_OK
							: ZX_ERR_INVALID_ARGS;
	/* Under the lock, so that the copy comes before the end of the source
	 * or not at all: the object's handles do not fall to zero between. */
	mutex_lock(&t->lock);
	if (status == ZX_OK && !handle_identity_is_live(&ref.identity))
		status = ZX_ERR_BAD_HANDLE;
	if (status == ZX_OK)
		handle_publish(&slot, ref.object, rights);
	mutex_unlock(&t->lock);
	if (status != ZX_OK)
		handle_cancel(&slot);
	object_unref(ref.object);
	return status;
}

zx_status_t handle_replace(struct handle_table *t, zx_handle_t value,
			   zx_rights_t rights, uaddr_t out)
{
	struct handle_taken taken;
	struct handle_slot slot;
	zx_status_t status = handle_take(t, value, &taken);

	if (status != ZX_OK)
		return status;
	status = handle_reduce_rights(taken.rights, &rights);
	if (status == ZX_OK)
		status = handle_reserve(t, &slot);
	if (status != ZX_OK)
		goto release;
	if (put_user_u32(out, slot.value) != ZX_OK) {
		status = ZX_ERR_INVALID_ARGS;
		goto cancel;
	}
	taken.rights = rights;
	handle_publish_taken(&slot, &taken);
	return ZX_OK;
cancel:
	handle_cancel(&slot);
release:
	handle_release_taken(&taken);
	return status;
}

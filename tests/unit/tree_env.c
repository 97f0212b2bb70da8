#include "tree_env.h"

#include <sched.h>

u64 env_live_count;
u64 env_fail_after;

static struct epoch_head *deferred;
static u64 deferred_count;
/* Atomic: odd while the reader is inside an epoch. Sequentially consistent, so
 * that a drain either sees a reader inside or the reader sees what the writer
 * published before the drain. */
static u64 reader_phase[ENV_READERS];
static u64 random_state;

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	abort();
}

void slab_cache_init(struct slab_cache *c, const char *name, size_t bytes)
{
	memset(c, 0, sizeof(*c));
	c->name = name;
	c->object_bytes = (u32)bytes;
}

void *slab_alloc(struct slab_cache *c)
{
	void *p;

	if (env_fail_after && --env_fail_after == 0)
		return NULL;
	p = malloc(c->object_bytes);
	memset(p, 0xa5, c->object_bytes);
	__atomic_fetch_add(&env_live_count, 1, __ATOMIC_RELAXED);
	return p;
}

void slab_free(struct slab_cache *c, void *p)
{
	memset(p, 0x5a, c->object_bytes);
	free(p);
	__atomic_fetch_sub(&env_live_count, 1, __ATOMIC_RELAXED);
}

void epoch_defer(struct epoch_head *h, void (*free)(struct epoch_head *))
{
	h->free = free;
	h->next = deferred;
	deferred = h;
	deferred_count++;
}

u64 env_deferred_count(void)
{
	return deferred_count;
}

void env_reader_enter(u32 reader)
{
	__atomic_fetch_add(&reader_phase[reader], 1, __ATOMIC_SEQ_CST);
}

void env_reader_exit(u32 reader)
{
	__atomic_fetch_add(&reader_phase[reader], 1, __ATOMIC_SEQ_CST);
}

void env_epoch_drain(void)
{
	for (u32 i = 0; i < ENV_READERS; i++) {
		u64 seen = __atomic_load_n(&reader_phase[i], __ATOMIC_SEQ_CST);

		while (seen % 2 && seen == __atomic_load_n(&reader_phase[i],
							  __ATOMIC_SEQ_CST))
			sched_yield();
	}
	while (deferred) {
		struct epoch_head *h = deferred;

		deferred = h->next;
		h->free(h);
	}
	deferred_count = 0;
}

static u64 env_number(const char *name, u64 fallback)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : fallback;
}

void env_seed(u64 fallback)
{
	random_state = env_number("SEED", fallback);
	print_message("# SEED=%llu\n", (unsigned long long)random_state);
}

u64 env_steps(u64 fallback)
{
	return env_number("STEPS", fallback);
}

u64 env_random(void)
{
	u64 x = random_state += 0x9e3779b97f4a7c15ul;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ul;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebul;
	return x ^ (x >> 31);
}

u64 env_below(u64 n)
{
	return env_random() % n;
}

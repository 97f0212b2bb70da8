/*
 * Threads that clone each other's VMOs without waiting for each other. Each has
 * one that only it writes to, and knows what is there; the others take
 * snapshots of it at any moment, so that pages become shared between two of its
 * stores, and its end may come while somebody clones it. A snapshot never
 * changes, and a VMO shows what its thread put there.
 *
 * The seed is printed; JX_SEED in the environment chooses it.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <jx/thread.h>

#include "vm_util.h"

#define THREADS 4u
#define STEPS 2000u
#define PAGES 8200u

static const uint64_t places[] = { 0, 1, 2, 62, 63, 64, 65, 128, 4094, 4095, 4096, 4097, 8191,
				   8192, 8199 };
#define PLACES (sizeof(places) / sizeof(places[0]))

struct member {
	struct jx_thread thread;
	uint64_t state;
	/* Whose VMO this is closes it when it likes: others may find it gone, or
	 * find another object there. */
	atomic_uint vmo;
	zx_vaddr_t base;
	uint64_t word[PLACES];
	uint32_t step;
	uint32_t clone_count;
	/* Why it ended early. */
	const char *failure;
};

static struct member members[THREADS];

static uint64_t next_random(struct member *m)
{
	m->state ^= m->state << 13;
	m->state ^= m->state >> 7;
	m->state ^= m->state << 17;
	return m->state >> 11;
}

static bool fail(struct member *m, const char *why)
{
	m->failure = why;
	return false;
}

static bool get(zx_handle_t vmo, uint32_t i, uint64_t *word)
{
	return zx_vmo_read(vmo, word, places[i] * PAGE, sizeof(*word)) == ZX_OK;
}

/* All that it shows is what was put there. */
static bool check(struct member *m)
{
	zx_handle_t vmo = atomic_load(&m->vmo);

	for (uint32_t i = 0; i < PLACES; i++) {
		uint64_t word;

		if (vm_load(m->base + places[i] * PAGE) != m->word[i])
			return fail(m, "a load");
		if (!get(vmo, i, &word) || word != m->word[i])
			return fail(m, "a read");
	}
	return true;
}

static bool change(struct member *m)
{
	uint32_t i = (uint32_t)(next_random(m) % PLACES), j = i;
	zx_handle_t vmo = atomic_load(&m->vmo);
	uint64_t value = next_random(m);

	switch (value % 8) {
	case 0:
		j = i + (uint32_t)(next_random(m) % (PLACES - i));
		if (zx_vmo_op_range(vmo, ZX_VMO_OP_ZERO, places[i] * PAGE,
				    (places[j] + 1 - places[i]) * PAGE, NULL, 0) != ZX_OK)
			return fail(m, "ZERO");
		for (value = 0; i <= j; i++)
			m->word[i] = 0;
		return true;
	case 1:
		return zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, places[i] * PAGE, PAGE, NULL, 0) ==
		       ZX_OK || fail(m, "COMMIT");
	case 2:
	case 3:
		m->word[i] = value;
		return zx_vmo_write(vmo, &value, places[i] * PAGE, sizeof(value)) == ZX_OK ||
		       fail(m, "a write");
	default:
		m->word[i] = value;
		vm_store(m->base + places[i] * PAGE, value);
		return true;
	}
}

/* Another's VMO, or its own, as it is now; 0 if that is gone. */
static zx_handle_t clone(struct member *m, const struct member *of)
{
	zx_handle_t child = ZX_HANDLE_INVALID;
	zx_status_t status = zx_vmo_create_child(atomic_load(&of->vmo), ZX_VMO_CHILD_SNAPSHOT, 0,
						 PAGES * PAGE, &child);

	if (status == ZX_OK) {
		m->clone_count++;
		return child;
	}
	/* There may be a thread's handle by now. */
	if (status != ZX_ERR_BAD_HANDLE && status != ZX_ERR_WRONG_TYPE &&
	    status != ZX_ERR_ACCESS_DENIED)
		fail(m, "a snapshot");
	return ZX_HANDLE_INVALID;
}

/* Its content does not change, whatever its owner does meanwhile. */
static bool watch(struct member *m, const struct member *of)
{
	zx_handle_t child = clone(m, of);
	uint64_t first[PLACES], word;
	bool good = true;

	if (!child)
		return m->failure == NULL;
	for (uint32_t i = 0; i < PLACES; i++)
		good &= get(child, i, &first[i]);
	for (uint32_t n = 0; n < 3; n++) {
		good &= change(m);
		for (uint32_t i = 0; i < PLACES; i++)
			good &= get(child, i, &word) && word == first[i];
	}
	good &= of != m || m->failure == NULL;
	zx_handle_close(child);
	return good || fail(m, m->failure ? m->failure : "a snapshot's content");
}

static bool map(struct member *m)
{
	return zx_vmar_map(zx_vmar_root_self(), VM_RW, 0, atomic_load(&m->vmo), 0, PAGES * PAGE,
			   &m->base) == ZX_OK || fail(m, "a mapping");
}

/* From now on a clone is what it works on; the old VMO goes, handle or mapping
 * first, perhaps while another thread clones it. */
static bool move_to_clone(struct member *m, const struct member *of)
{
	zx_handle_t child = clone(m, of), old = atomic_load(&m->vmo);
	bool handle_first = next_random(m) % 2;

	if (!child)
		return m->failure == NULL;
	for (uint32_t i = 0; i < PLACES; i++) {
		uint64_t word;

		if (!get(child, i, &word))
			return fail(m, "a read of a new clone");
		if (of == m && word != m->word[i])
			return fail(m, "the content of a clone of its own");
		m->word[i] = word;
	}
	atomic_store(&m->vmo, child);
	if (handle_first)
		zx_handle_close(old);
	zx_vmar_unmap(zx_vmar_root_self(), m->base, PAGES * PAGE);
	if (!handle_first)
		zx_handle_close(old);
	return map(m);
}

static int live(void *arg)
{
	struct member *m = arg;
	bool good = true;

	for (m->step = 0; good && m->step < STEPS; m->step++) {
		const struct member *other = &members[next_random(m) % THREADS];

		switch (next_random(m) % 16) {
		case 0:
			good = move_to_clone(m, m);
			break;
		case 1:
			good = move_to_clone(m, other);
			break;
		case 2:
		case 3:
			good = watch(m, other);
			break;
		case 4:
			good = check(m);
			break;
		default:
			good = change(m);
		}
	}
	return good && check(m) ? 0 : 1;
}

static uint64_t choose_seed(void)
{
	static uint64_t seed;
	const char *chosen = getenv("JX_SEED");

	if (chosen)
		seed = strtoull(chosen, NULL, 0);
	while (seed == 0)
		zx_cprng_draw(&seed, sizeof(seed));
	jx_note("JX_SEED=%" PRIu64, seed);
	return seed;
}

JX_TEST(random_family_of_clones_on_all_cpus)
{
	uint64_t seed = choose_seed();
	int result = -1;

	for (uint32_t i = 0; i < THREADS; i++) {
		struct member *m = &members[i];
		zx_handle_t vmo = ZX_HANDLE_INVALID;

		*m = (struct member){ .state = seed ^ (i + 1) };
		ASSERT_STATUS(zx_vmo_create(PAGES * PAGE, 0, &vmo), ZX_OK);
		atomic_store(&m->vmo, vmo);
		ASSERT_TRUE(map(m));
	}
	for (uint32_t i = 0; i < THREADS; i++)
		ASSERT_STATUS(jx_thread_create(&members[i].thread, "live", live, &members[i]),
			      ZX_OK);
	for (uint32_t i = 0; i < THREADS; i++) {
		EXPECT_STATUS(jx_thread_join(&members[i].thread, &result), ZX_OK);
		if (result != 0)
			jx_fail("thread %u, step %u: %s", i, members[i].step,
				members[i].failure ? members[i].failure : "?");
		EXPECT_TRUE(members[i].clone_count > STEPS / 16);
	}
	for (uint32_t i = 0; i < THREADS; i++) {
		EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), members[i].base, PAGES * PAGE),
			      ZX_OK);
		zx_handle_close(atomic_load(&members[i].vmo));
	}
}

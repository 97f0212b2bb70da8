/* malloc() and its relatives, against a record of what they gave. */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include <jx/ktap.h>

#define OBJECTS 200
#define STEPS 6000
#define THREADS 4

struct object {
	unsigned char *bytes;
	size_t size;
	unsigned char fill;
};

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* Mostly small, sometimes of pages, rarely large. */
static size_t random_size(uint32_t *state)
{
	uint32_t kind = next_random(state) % 100;

	if (kind < 80)
		return next_random(state) % 600;
	return kind < 97 ? next_random(state) % 40000 : next_random(state) % (1u << 20);
}

static bool is_intact(const struct object *object)
{
	for (size_t i = 0; i < object->size; i += 61) {
		if (object->bytes[i] != object->fill)
			return false;
	}
	return object->size == 0 || object->bytes[object->size - 1] == object->fill;
}

static void fill(struct object *object, uint32_t *state)
{
	object->fill = (unsigned char)next_random(state);
	memset(object->bytes, object->fill, object->size);
}

static bool step(struct object *object, uint32_t *state)
{
	size_t size = random_size(state), keep = size < object->size ? size : object->size;
	struct object before = *object;

	if (!is_intact(object))
		return false;
	switch (next_random(state) % 4) {
	case 0:
		object->bytes = realloc(object->bytes, size + 1);
		if (!object->bytes || (keep != 0 && object->bytes[keep - 1] != before.fill))
			return false;
		break;
	case 1:
		free(object->bytes);
		object->bytes = aligned_alloc(1u << (4 + next_random(state) % 12), size);
		break;
	default:
		free(object->bytes);
		object->bytes = malloc(size);
	}
	object->size = size;
	if (!object->bytes || ((uintptr_t)object->bytes & 15) != 0 ||
	    malloc_usable_size(object->bytes) < size)
		return false;
	fill(object, state);
	return true;
}

static int play(void *argument)
{
	uint32_t state = (uint32_t)(uintptr_t)argument;
	struct object *objects = calloc(OBJECTS, sizeof(*objects));
	bool good = objects != NULL;

	for (int i = 0; good && i < STEPS; i++)
		good = step(&objects[next_random(&state) % OBJECTS], &state);
	for (int i = 0; i < OBJECTS && objects; i++) {
		good = good && is_intact(&objects[i]);
		free(objects[i].bytes);
	}
	free(objects);
	return good;
}

JX_TEST(libc_malloc_keeps_objects_apart)
{
	EXPECT_TRUE(play((void *)1));
}

JX_TEST(libc_malloc_serves_many_threads)
{
	/* The heap keeps what threads happened to need at once: a run again, which
	 * looks for leaks of the kernel's, does not make it larger. */
	static bool has_run;
	thrd_t threads[THREADS];
	int count = has_run ? 1 : THREADS, result = 0;

	has_run = true;
	for (int i = 0; i < count; i++)
		ASSERT_EQ(thrd_create(&threads[i], play, (void *)(uintptr_t)(i + 7)),
			  thrd_success);
	for (int i = 0; i < count; i++) {
		EXPECT_EQ(thrd_join(threads[i], &result), thrd_success);
		EXPECT_TRUE(result);
	}
}

JX_TEST(libc_malloc_sizes_use_what_they_say)
{
	for (size_t size = 0; size < 70000; size += size < 300 ? 1 : 997) {
		char *memory = malloc(size);
		size_t usable = malloc_usable_size(memory);

		ASSERT_TRUE(memory);
		EXPECT_TRUE(usable >= size);
		EXPECT_TRUE(size > 16384 || usable <= size * 5 / 4 + 16);
		memset(memory, 1, usable);
		free(memory);
	}
}

/* A compiler may leave out an allocation whose result goes nowhere. */
static void *volatile result;

JX_TEST(libc_aligned_alloc_aligns)
{
	/* The compiler would see through a plain one. */
	volatile size_t odd = 24;

	for (size_t align = 1; align <= 1u << 20; align *= 2) {
		void *memory = memalign(align, 100), *large = memalign(align, 100000);

		ASSERT_TRUE(memory && large);
		EXPECT_EQ((uintptr_t)memory & (align - 1), 0);
		EXPECT_EQ((uintptr_t)large & (align - 1), 0);
		free(memory);
		free(large);
	}
	result = memalign(odd, 8);
	EXPECT_TRUE(!result);
}

JX_TEST(libc_malloc_refuses_too_much)
{
	volatile size_t huge = SIZE_MAX / 2;
	void *memory = NULL;

	result = malloc(huge);
	EXPECT_TRUE(!result);
	result = calloc(huge, 4);
	EXPECT_TRUE(!result);
	result = realloc(NULL, huge);
	EXPECT_TRUE(!result);
	EXPECT_TRUE(posix_memalign(&memory, 3, 8) != 0);
	EXPECT_TRUE(!memory);
}

/*
 * Thread-specific storage of <threads.h>: a table of values in each thread and
 * one of keys. A key's generation grows when it is deleted, so that values of
 * an older key with the same index count as absent.
 */
#include <threads.h>

#include <jx/runtime.h>

#include "thread_end.h"

#define KEY_COUNT 128u
#define KEY_INDEX(key) ((key) % KEY_COUNT)

struct key {
	tss_dtor_t destructor;
	uint32_t generation;
	bool used;
};

struct value {
	void *value;
	tss_t key;
};

static struct jx_lock key_lock;
/* Under key_lock. */
static struct key keys[KEY_COUNT];
static _Thread_local struct value values[KEY_COUNT];

int tss_create(tss_t *key, tss_dtor_t destructor)
{
	int result = thrd_error;

	jx_lock_acquire(&key_lock);
	for (uint32_t i = 0; i < KEY_COUNT && result != thrd_success; i++) {
		if (keys[i].used)
			continue;
		keys[i].used = true;
		keys[i].destructor = destructor;
		*key = keys[i].generation * KEY_COUNT + i;
		result = thrd_success;
	}
	jx_lock_release(&key_lock);
	return result;
}

void tss_delete(tss_t key)
{
	struct key *entry = &keys[KEY_INDEX(key)];

	jx_lock_acquire(&key_lock);
	if (entry->used && key == entry->generation * KEY_COUNT + KEY_INDEX(key)) {
		entry->used = false;
		entry->generation++;
	}
	jx_lock_release(&key_lock);
}

void *tss_get(tss_t key)
{
	const struct value *entry = &values[KEY_INDEX(key)];

	return entry->key == key ? entry->value : NULL;
}

int tss_set(tss_t key, void *value)
{
	values[KEY_INDEX(key)] = (struct value){ .value = value, .key = key };
	return thrd_success;
}

/* The destructor to run for a value, NULL if none or if its key is gone. */
static tss_dtor_t destructor_of(const struct value *value)
{
	const struct key *entry = &keys[KEY_INDEX(value->key)];
	tss_dtor_t destructor = NULL;

	jx_lock_acquire(&key_lock);
	if (entry->used && value->key == entry->generation * KEY_COUNT + KEY_INDEX(value->key))
		destructor = entry->destructor;
	jx_lock_release(&key_lock);
	return destructor;
}

/* One round over all values; true if a destructor ran. */
static bool run_destructors(void)
{
	bool any = false;

	for (uint32_t i = 0; i < KEY_COUNT; i++) {
		void *value = values[i].value;
		tss_dtor_t destructor = value ? destructor_of(&values[i]) : NULL;

		values[i].value = NULL;
		if (!destructor)
			continue;
		any = true;
		destructor(value);
	}
	return any;
}

void jx_tss_end(void)
{
	for (int i = 0; i < TSS_DTOR_ITERATIONS && run_destructors(); i++)
		continue;
}

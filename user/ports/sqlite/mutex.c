/* SQLite's mutexes are those of <threads.h> (SQLITE_MUTEX_APPDEF). */
#include <stdlib.h>
#include <threads.h>

#include "sqlite3.h"

struct sqlite3_mutex {
	mtx_t mutex;
};

/* Numbers from 2 on name mutexes that exist once; all are plain. */
#define STATIC_COUNT 16

static sqlite3_mutex statics[STATIC_COUNT];

/* The one entry point that SQLite knows by name. */
sqlite3_mutex_methods const *sqlite3DefaultMutex(void);

static int mutex_init(void)
{
	return SQLITE_OK;
}

static sqlite3_mutex *mutex_alloc(int kind)
{
	sqlite3_mutex *mutex;

	if (kind >= 2)
		return kind < STATIC_COUNT ? &statics[kind] : NULL;
	mutex = malloc(sizeof(*mutex));
	if (mutex)
		mtx_init(&mutex->mutex, kind == SQLITE_MUTEX_RECURSIVE ? mtx_recursive : mtx_plain);
	return mutex;
}

static void mutex_free(sqlite3_mutex *mutex)
{
	mtx_destroy(&mutex->mutex);
	free(mutex);
}

static void mutex_enter(sqlite3_mutex *mutex)
{
	mtx_lock(&mutex->mutex);
}

static int mutex_try(sqlite3_mutex *mutex)
{
	return mtx_trylock(&mutex->mutex) == thrd_success ? SQLITE_OK : SQLITE_BUSY;
}

static void mutex_leave(sqlite3_mutex *mutex)
{
	mtx_unlock(&mutex->mutex);
}

sqlite3_mutex_methods const *sqlite3DefaultMutex(void)
{
	static const sqlite3_mutex_methods methods = {
		.xMutexInit = mutex_init, .xMutexEnd = mutex_init, .xMutexAlloc = mutex_alloc,
		.xMutexFree = mutex_free, .xMutexEnter = mutex_enter, .xMutexTry = mutex_try,
		.xMutexLeave = mutex_leave,
	};

	return &methods;
}

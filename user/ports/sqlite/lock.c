/* The five levels of locks of a database file, as sqlite3.h describes them. */
#include "file.h"

static struct vfs_file *view_of(sqlite3_file *file)
{
	return (struct vfs_file *)file;
}

/* Others may go on reading, none may begin; then alone. */
static int lock_exclusive_locked(struct vfs_file *view)
{
	struct shared_file *shared = view->shared;

	if (shared->pending && shared->pending != view)
		return SQLITE_BUSY;
	shared->pending = view;
	if (view->level < SQLITE_LOCK_PENDING)
		view->level = SQLITE_LOCK_PENDING;
	if (shared->readers > 1)
		return SQLITE_BUSY;
	shared->exclusive = view;
	view->level = SQLITE_LOCK_EXCLUSIVE;
	return SQLITE_OK;
}

static int lock_locked(struct vfs_file *view, int level)
{
	struct shared_file *shared = view->shared;

	if (level <= view->level)
		return SQLITE_OK;
	switch (level) {
	case SQLITE_LOCK_SHARED:
		if (shared->pending || shared->exclusive)
			return SQLITE_BUSY;
		shared->readers++;
		break;
	case SQLITE_LOCK_RESERVED:
		if (shared->reserved || shared->pending)
			return SQLITE_BUSY;
		shared->reserved = view;
		break;
	default:
		return lock_exclusive_locked(view);
	}
	view->level = level;
	return SQLITE_OK;
}

int file_lock(sqlite3_file *file, int level)
{
	int result;

	mtx_lock(&files_mutex);
	result = lock_locked(view_of(file), level);
	mtx_unlock(&files_mutex);
	return result;
}

int file_unlock(sqlite3_file *file, int level)
{
	struct vfs_file *view = view_of(file);
	struct shared_file *shared = view->shared;

	mtx_lock(&files_mutex);
	if (shared->exclusive == view)
		shared->exclusive = NULL;
	if (shared->pending == view)
		shared->pending = NULL;
	if (shared->reserved == view)
		shared->reserved = NULL;
	if (level == SQLITE_LOCK_NONE && view->level >= SQLITE_LOCK_SHARED)
		shared->readers--;
	if (view->level > level)
		view->level = level;
	mtx_unlock(&files_mutex);
	return SQLITE_OK;
}

int file_check_reserved(sqlite3_file *file, int *out)
{
	const struct shared_file *shared = view_of(file)->shared;

	mtx_lock(&files_mutex);
	*out = shared->reserved || shared->pending || shared->exclusive;
	mtx_unlock(&files_mutex);
	return SQLITE_OK;
}

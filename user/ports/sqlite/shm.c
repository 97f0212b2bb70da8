/* Memory and locks of the index of a write-ahead log, as sqlite3.h asks. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

static struct vfs_file *view_of(sqlite3_file *file)
{
	return (struct vfs_file *)file;
}

int file_shm_map(sqlite3_file *file, int region, int bytes, int extend, void volatile **out)
{
	struct vfs_file *view = view_of(file);
	struct shared_file *shared = view->shared;
	int result = SQLITE_OK;

	*out = NULL;
	if (region >= SHM_REGIONS)
		return SQLITE_NOMEM;
	mtx_lock(&files_mutex);
	if (!view->uses_shm) {
		view->uses_shm = true;
		shared->shm_users++;
	}
	if (!shared->shm[region] && extend) {
		shared->shm[region] = calloc(1, (size_t)bytes);
		if (!shared->shm[region])
			result = SQLITE_NOMEM;
	}
	*out = shared->shm[region];
	mtx_unlock(&files_mutex);
	return result;
}

/* All of the locks in mask, or none. */
static int take_locked(struct vfs_file *view, unsigned int mask, bool exclusive)
{
	int *locks = view->shared->shm_locks;

	for (int i = 0; i < SQLITE_SHM_NLOCK; i++) {
		bool own = (view->shm_shared >> i) & 1;

		if (!(mask >> i & 1))
			continue;
		if (locks[i] < 0 || (exclusive && locks[i] > (own ? 1 : 0)))
			return SQLITE_BUSY;
	}
	for (int i = 0; i < SQLITE_SHM_NLOCK; i++) {
		if (mask >> i & 1)
			locks[i] = exclusive ? -1 : locks[i] + 1;
	}
	if (exclusive)
		view->shm_exclusive |= mask;
	else
		view->shm_shared |= mask;
	return SQLITE_OK;
}

static void drop_locked(struct vfs_file *view, unsigned int mask)
{
	int *locks = view->shared->shm_locks;

	for (int i = 0; i < SQLITE_SHM_NLOCK; i++) {
		if (view->shm_exclusive & mask & 1u << i)
			locks[i] = 0;
		else if (view->shm_shared & mask & 1u << i)
			locks[i]--;
	}
	view->shm_exclusive &= ~mask;
	view->shm_shared &= ~mask;
}

int file_shm_lock(sqlite3_file *file, int first, int count, int flags)
{
	struct vfs_file *view = view_of(file);
	unsigned int mask = ((1u << count) - 1) << first;
	int result = SQLITE_OK;

	mtx_lock(&files_mutex);
	if (flags & SQLITE_SHM_UNLOCK)
		drop_locked(view, mask);
	else if (flags & SQLITE_SHM_EXCLUSIVE)
		result = take_locked(view, mask & ~view->shm_exclusive, true);
	else
		result = take_locked(view, mask & ~view->shm_shared, false);
	mtx_unlock(&files_mutex);
	return result;
}

void file_shm_barrier(sqlite3_file *file)
{
	(void)file;
	/* Orders what this connection wrote to the index against what it reads next. */
	atomic_thread_fence(memory_order_seq_cst);
}

int file_shm_unmap(sqlite3_file *file, int delete)
{
	struct vfs_file *view = view_of(file);
	struct shared_file *shared = view->shared;

	mtx_lock(&files_mutex);
	drop_locked(view, ~0u);
	if (view->uses_shm) {
		view->uses_shm = false;
		shared->shm_users--;
	}
	for (int i = 0; delete && shared->shm_users == 0 && i < SHM_REGIONS; i++) {
		free(shared->shm[i]);
		shared->shm[i] = NULL;
	}
	mtx_unlock(&files_mutex);
	return SQLITE_OK;
}

/*
 * SQLite's interface to the system: files are mappings (store.h), so reading
 * is a copy, and with `PRAGMA mmap_size` not even that.
 */
#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls.h>

#include "file.h"

#define SECTOR_BYTES 4096
/* 1970-01-01 as a Julian day, in milliseconds. */
#define JULIAN_1970 210866760000000ll

mtx_t files_mutex;
/* Under files_mutex. */
static struct shared_file *files;

static struct vfs_file *view_of(sqlite3_file *file)
{
	return (struct vfs_file *)file;
}

static struct store *store_of(sqlite3_file *file)
{
	return &view_of(file)->shared->store;
}

static struct shared_file *find_locked(const char *name)
{
	struct shared_file *file = files;

	while (file && (file->deleted || strcmp(file->name, name) != 0))
		file = file->next;
	return file;
}

static void free_locked(struct shared_file *file)
{
	struct shared_file **link = &files;

	while (*link != file)
		link = &(*link)->next;
	*link = file->next;
	store_close(&file->store);
	for (int i = 0; i < SHM_REGIONS; i++)
		free(file->shm[i]);
	free(file);
}

/* A file that nobody has open stays until it is deleted. */
static int file_close(sqlite3_file *file)
{
	struct vfs_file *view = view_of(file);
	struct shared_file *shared = view->shared;

	file_unlock(file, SQLITE_LOCK_NONE);
	file_shm_unmap(file, 0);
	mtx_lock(&files_mutex);
	if (--shared->refs == 0 && (shared->deleted || shared->delete_on_close))
		free_locked(shared);
	mtx_unlock(&files_mutex);
	return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *out, int bytes, sqlite3_int64 offset)
{
	const struct store *store = store_of(file);
	size_t there = 0;

	if ((size_t)offset < store->size)
		there = store->size - (size_t)offset;
	if (there >= (size_t)bytes) {
		memcpy(out, store->base + offset, (size_t)bytes);
		return SQLITE_OK;
	}
	memcpy(out, store->base + offset, there);
	memset((char *)out + there, 0, (size_t)bytes - there);
	return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *file, const void *in, int bytes, sqlite3_int64 offset)
{
	struct store *store = store_of(file);
	size_t end = (size_t)offset + (size_t)bytes;

	if (store->read_only)
		return SQLITE_READONLY;
	if (end > store->size && store_resize(store, end) != ZX_OK)
		return SQLITE_FULL;
	memcpy(store->base + offset, in, (size_t)bytes);
	return SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	return store_resize(store_of(file), (size_t)size) == ZX_OK ? SQLITE_OK :
								      SQLITE_IOERR_TRUNCATE;
}

static int file_sync(sqlite3_file *file, int flags)
{
	(void)flags;
	return store_sync(store_of(file)) == ZX_OK ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *out)
{
	*out = (sqlite3_int64)store_of(file)->size;
	return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int op, void *argument)
{
	sqlite3_int64 *size = argument, before = view_of(file)->mmap_size;

	if (op != SQLITE_FCNTL_MMAP_SIZE)
		return SQLITE_NOTFOUND;
	/* A negative one asks for the present one. */
	if (*size >= 0)
		view_of(file)->mmap_size = *size;
	*size = before;
	return SQLITE_OK;
}

static int file_sector(sqlite3_file *file)
{
	(void)file;
	return SECTOR_BYTES;
}

static int file_characteristics(sqlite3_file *file)
{
	return store_of(file)->read_only ? SQLITE_IOCAP_IMMUTABLE : 0;
}

static int file_fetch(sqlite3_file *file, sqlite3_int64 offset, int bytes, void **out)
{
	const struct store *store = store_of(file);
	sqlite3_int64 end = offset + bytes;

	*out = NULL;
	if (end <= (sqlite3_int64)store->size && end <= view_of(file)->mmap_size)
		*out = store->base + offset;
	return SQLITE_OK;
}

static int file_unfetch(sqlite3_file *file, sqlite3_int64 offset, void *page)
{
	(void)file;
	(void)offset;
	(void)page;
	return SQLITE_OK;
}

static const sqlite3_io_methods file_methods = {
	.iVersion = 3,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_check_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_characteristics,
	.xShmMap = file_shm_map,
	.xShmLock = file_shm_lock,
	.xShmBarrier = file_shm_barrier,
	.xShmUnmap = file_shm_unmap,
	.xFetch = file_fetch,
	.xUnfetch = file_unfetch,
};

static int make_locked(const char *name, bool paged, struct shared_file **out)
{
	struct shared_file *file = calloc(1, sizeof(*file));

	if (!file)
		return SQLITE_NOMEM;
	strncpy(file->name, name, NAME_BYTES - 1);
	if (store_open(name, paged, &file->store) != ZX_OK) {
		free(file);
		return SQLITE_CANTOPEN;
	}
	file->next = files;
	files = file;
	*out = file;
	return SQLITE_OK;
}

static int open_locked(const char *name, int flags, bool paged, struct shared_file **out)
{
	*out = find_locked(name);
	if (*out)
		return flags & SQLITE_OPEN_EXCLUSIVE ? SQLITE_CANTOPEN : SQLITE_OK;
	if (!(flags & SQLITE_OPEN_CREATE) && !store_exists(name))
		return SQLITE_CANTOPEN;
	return make_locked(name, paged, out);
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
		    int *out_flags)
{
	struct vfs_file *view = view_of(file);
	/* Of the VFS "paged", databases; what stands beside them is short-lived. */
	bool paged = vfs->pAppData && (flags & SQLITE_OPEN_MAIN_DB);
	int result;

	*view = (struct vfs_file){ .level = SQLITE_LOCK_NONE };
	mtx_lock(&files_mutex);
	/* A file without a name is one that nobody else sees. */
	if (name)
		result = open_locked(name, flags, paged, &view->shared);
	else
		result = make_locked("", false, &view->shared);
	if (result == SQLITE_OK) {
		view->base.pMethods = &file_methods;
		view->shared->refs++;
		if (!name || (flags & SQLITE_OPEN_DELETEONCLOSE))
			view->shared->deleted = view->shared->delete_on_close = true;
		if (view->shared->store.read_only)
			flags = (flags & ~SQLITE_OPEN_READWRITE) | SQLITE_OPEN_READONLY;
	}
	mtx_unlock(&files_mutex);
	if (result == SQLITE_OK && out_flags)
		*out_flags = flags;
	return result;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	struct shared_file *file;

	(void)vfs;
	(void)sync;
	mtx_lock(&files_mutex);
	file = find_locked(name);
	if (file)
		file->deleted = true;
	if (file && file->refs == 0)
		free_locked(file);
	mtx_unlock(&files_mutex);
	return file ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	const struct shared_file *file;

	(void)vfs;
	mtx_lock(&files_mutex);
	file = find_locked(name);
	if (file)
		*out = flags != SQLITE_ACCESS_READWRITE || !file->store.read_only;
	else
		*out = flags != SQLITE_ACCESS_READWRITE && store_exists(name);
	mtx_unlock(&files_mutex);
	return SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int bytes, char *out)
{
	(void)vfs;
	sqlite3_snprintf(bytes, out, "%s", name);
	return strlen(name) < (size_t)bytes ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *vfs, int bytes, char *out)
{
	(void)vfs;
	zx_cprng_draw(out, (size_t)bytes);
	return bytes;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	zx_nanosleep(zx_deadline_after(ZX_USEC(us)));
	return us;
}

static int vfs_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
	(void)vfs;
	*out = JULIAN_1970 + zx_clock_get_monotonic() / ZX_MSEC(1);
	return SQLITE_OK;
}

static int vfs_time(sqlite3_vfs *vfs, double *out)
{
	sqlite3_int64 ms;

	vfs_time_ms(vfs, &ms);
	*out = (double)ms / 86400000.0;
	return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int bytes, char *out)
{
	(void)vfs;
	(void)bytes;
	(void)out;
	return 0;
}

static const sqlite3_vfs plain_vfs = {
	.iVersion = 2,
	.szOsFile = sizeof(struct vfs_file),
	.mxPathname = NAME_BYTES - 1,
	.zName = "jacinth",
	.xOpen = vfs_open,
	.xDelete = vfs_delete,
	.xAccess = vfs_access,
	.xFullPathname = vfs_full_name,
	.xRandomness = vfs_randomness,
	.xSleep = vfs_sleep,
	.xCurrentTime = vfs_time,
	.xCurrentTimeInt64 = vfs_time_ms,
	.xGetLastError = vfs_last_error,
};

/* With SQLITE_OS_OTHER, SQLite calls these two at its start and end. */
int sqlite3_os_init(void)
{
	static sqlite3_vfs plain, paged;

	plain = plain_vfs;
	paged = plain_vfs;
	paged.zName = "paged";
	paged.pAppData = &paged;
	sqlite3_vfs_register(&paged, 0);
	return sqlite3_vfs_register(&plain, 1);
}

int sqlite3_os_end(void)
{
	return SQLITE_OK;
}

struct jx_paged_file *vfs_paged_file(const char *name)
{
	struct shared_file *file;

	mtx_lock(&files_mutex);
	file = find_locked(name);
	mtx_unlock(&files_mutex);
	return file && file->store.is_paged ? &file->store.paged : NULL;
}

/*
 * Files that SQLite has open. Connections of one program that open the same
 * name share a struct shared_file: bytes, locks, and the memory of a
 * write-ahead log's index.
 */
#ifndef PORTS_SQLITE_FILE_H
#define PORTS_SQLITE_FILE_H

#include <threads.h>

#include "sqlite3.h"
#include "store.h"

#define NAME_BYTES 256
#define SHM_REGIONS 64

struct shared_file {
	struct shared_file *next;
	char name[NAME_BYTES];
	int refs;
	bool deleted;
	bool delete_on_close;
	struct store store;
	/* Connections at each level or above it. */
	int readers;
	struct vfs_file *reserved, *pending, *exclusive;
	/* The index of a write-ahead log: readers, or -1 for a writer, per lock. */
	void *shm[SHM_REGIONS];
	int shm_users;
	int shm_locks[SQLITE_SHM_NLOCK];
};

/* What SQLite calls a file: one connection's view. */
struct vfs_file {
	sqlite3_file base;
	struct shared_file *shared;
	int level;
	sqlite3_int64 mmap_size;
	bool uses_shm;
	unsigned int shm_shared, shm_exclusive;
};

/* Guards the list of files, and all locks of each. */
extern mtx_t files_mutex;

/* The pager's side of a file that the VFS "paged" has; NULL: there is none. */
struct jx_paged_file *vfs_paged_file(const char *name);

/* lock.c */
int file_lock(sqlite3_file *file, int level);
int file_unlock(sqlite3_file *file, int level);
int file_check_reserved(sqlite3_file *file, int *out);

/* shm.c */
int file_shm_map(sqlite3_file *file, int region, int bytes, int extend, void volatile **out);
int file_shm_lock(sqlite3_file *file, int first, int count, int flags);
void file_shm_barrier(sqlite3_file *file);
int file_shm_unmap(sqlite3_file *file, int delete);

#endif

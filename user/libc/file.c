/*
 * Files by descriptor: 0 to 2 are the console, those of the initrd can be
 * read, and those that the program makes live in its memory (ram_file.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jx/console.h>
#include <jx/initrd.h>
#include <jx/runtime.h>

#include "ram_file.h"

#define FIRST_FD 3
#define FD_COUNT 64

struct open_file {
	bool used;
	int flags;
	/* NULL: a file of the initrd. */
	struct ram_file *ram;
	struct jx_file file;
	size_t position;
};

static struct jx_lock table_lock;
/* All under table_lock. */
static struct open_file table[FD_COUNT];

static int fail(int error)
{
	errno = error;
	return -1;
}

static struct open_file *file_of(int fd)
{
	if (fd < FIRST_FD || fd >= FIRST_FD + FD_COUNT || !table[fd - FIRST_FD].used)
		return NULL;
	return &table[fd - FIRST_FD];
}

static const char *bytes_of(const struct open_file *open_file)
{
	return open_file->ram ? open_file->ram->bytes : open_file->file.data;
}

static size_t size_of(const struct open_file *open_file)
{
	return open_file->ram ? open_file->ram->size : open_file->file.size;
}

/* What a path names, in *out; an error number if it cannot be opened so. */
static int look_up_locked(const char *path, int flags, struct open_file *out)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY;

	*out = (struct open_file){ .used = true, .flags = flags };
	out->ram = ram_file_find(path);
	if (out->ram) {
		if ((flags & O_CREAT) && (flags & O_EXCL))
			return EEXIST;
		if (writes && (flags & O_TRUNC))
			ram_file_resize(out->ram, 0);
		return 0;
	}
	if (jx_initrd_find(path, &out->file) == ZX_OK && !(writes && (flags & O_TRUNC))) {
		if (out->file.is_folder)
			return EISDIR;
		return writes ? EROFS : 0;
	}
	if (!(flags & O_CREAT))
		return ENOENT;
	out->ram = ram_file_make(path);
	return out->ram ? 0 : ENOSPC;
}

static int open_locked(const char *path, int flags)
{
	struct open_file found;
	int error, slot = 0;

	while (slot < FD_COUNT && table[slot].used)
		slot++;
	if (slot == FD_COUNT)
		return fail(EMFILE);
	error = look_up_locked(path, flags, &found);
	if (error != 0)
		return fail(error);
	if (found.ram)
		ram_file_ref(found.ram);
	table[slot] = found;
	return FIRST_FD + slot;
}

int open(const char *path, int flags, ...)
{
	int fd;

	jx_lock_acquire(&table_lock);
	fd = open_locked(path, flags);
	jx_lock_release(&table_lock);
	return fd;
}

int close(int fd)
{
	struct open_file *open_file;

	jx_lock_acquire(&table_lock);
	open_file = file_of(fd);
	if (open_file) {
		open_file->used = false;
		if (open_file->ram)
			ram_file_unref(open_file->ram);
	}
	jx_lock_release(&table_lock);
	return open_file || (fd >= 0 && fd < FIRST_FD) ? 0 : fail(EBADF);
}

static ssize_t read_locked(int fd, void *buffer, size_t bytes)
{
	struct open_file *open_file = file_of(fd);
	size_t count = 0;

	if (!open_file || (open_file->flags & O_ACCMODE) == O_WRONLY)
		return fail(EBADF);
	if (open_file->position < size_of(open_file))
		count = size_of(open_file) - open_file->position;
	if (count > bytes)
		count = bytes;
	if (count != 0)
		memcpy(buffer, bytes_of(open_file) + open_file->position, count);
	open_file->position += count;
	return (ssize_t)count;
}

static ssize_t write_locked(int fd, const void *buffer, size_t bytes)
{
	struct open_file *open_file = file_of(fd);
	size_t end;

	if (!open_file || (open_file->flags & O_ACCMODE) == O_RDONLY)
		return fail(EBADF);
	if (open_file->flags & O_APPEND)
		open_file->position = open_file->ram->size;
	if (__builtin_add_overflow(open_file->position, bytes, &end))
		return fail(EFBIG);
	if (end > open_file->ram->size && !ram_file_resize(open_file->ram, end))
		return fail(ENOSPC);
	if (bytes != 0)
		memcpy(open_file->ram->bytes + open_file->position, buffer, bytes);
	open_file->position = end;
	return (ssize_t)bytes;
}

/* Waits for the first byte alone. */
static ssize_t read_console(void *buffer, size_t bytes)
{
	int c;

	if (bytes == 0)
		return 0;
	c = jx_console_getc();
	if (c < 0)
		return fail(EIO);
	*(char *)buffer = (char)c;
	return 1;
}

ssize_t read(int fd, void *buffer, size_t bytes)
{
	ssize_t count;

	if (fd == STDIN_FILENO)
		return read_console(buffer, bytes);
	jx_lock_acquire(&table_lock);
	count = read_locked(fd, buffer, bytes);
	jx_lock_release(&table_lock);
	return count;
}

ssize_t write(int fd, const void *buffer, size_t bytes)
{
	ssize_t count;

	if (fd == STDOUT_FILENO || fd == STDERR_FILENO) {
		jx_console_write(buffer, bytes);
		return (ssize_t)bytes;
	}
	jx_lock_acquire(&table_lock);
	count = write_locked(fd, buffer, bytes);
	jx_lock_release(&table_lock);
	return count;
}

static off_t seek_locked(int fd, off_t offset, int whence)
{
	struct open_file *open_file = file_of(fd);
	off_t base, target;

	if (!open_file)
		return fail(fd >= 0 && fd < FIRST_FD ? ESPIPE : EBADF);
	base = whence == SEEK_CUR ? (off_t)open_file->position :
	       whence == SEEK_END ? (off_t)size_of(open_file) : 0;
	if (whence < SEEK_SET || whence > SEEK_END ||
	    __builtin_add_overflow(base, offset, &target) || target < 0)
		return fail(EINVAL);
	open_file->position = (size_t)target;
	return target;
}

off_t lseek(int fd, off_t offset, int whence)
{
	off_t position;

	jx_lock_acquire(&table_lock);
	position = seek_locked(fd, offset, whence);
	jx_lock_release(&table_lock);
	return position;
}

int ftruncate(int fd, off_t size)
{
	struct open_file *open_file;
	int error = 0;

	jx_lock_acquire(&table_lock);
	open_file = file_of(fd);
	if (!open_file || (open_file->flags & O_ACCMODE) == O_RDONLY)
		error = EBADF;
	else if (size < 0)
		error = EINVAL;
	else if (!ram_file_resize(open_file->ram, (size_t)size))
		error = ENOSPC;
	jx_lock_release(&table_lock);
	return error == 0 ? 0 : fail(error);
}

/* The error for changing the name of a file that is none of the program's. */
static int not_ours(const char *path)
{
	struct jx_file file;

	return jx_initrd_find(path, &file) == ZX_OK ? EROFS : ENOENT;
}

int unlink(const char *path)
{
	struct ram_file *file;

	jx_lock_acquire(&table_lock);
	file = ram_file_find(path);
	if (file)
		ram_file_unlink(file);
	jx_lock_release(&table_lock);
	return file ? 0 : fail(not_ours(path));
}

int rename(const char *from, const char *to)
{
	struct ram_file *file;
	bool renamed = false;

	jx_lock_acquire(&table_lock);
	file = ram_file_find(from);
	if (file)
		renamed = ram_file_rename(file, to);
	jx_lock_release(&table_lock);
	if (renamed)
		return 0;
	return fail(file ? ENOSPC : not_ours(from));
}

static void describe(struct stat *out, mode_t mode, size_t size)
{
	*out = (struct stat){ .st_mode = mode, .st_nlink = 1, .st_size = (off_t)size,
			      .st_blksize = (blksize_t)4096 };
}

int stat(const char *restrict path, struct stat *restrict out)
{
	struct ram_file *ram;
	struct jx_file file;

	jx_lock_acquire(&table_lock);
	ram = ram_file_find(path);
	if (ram)
		describe(out, S_IFREG | 0644, ram->size);
	jx_lock_release(&table_lock);
	if (ram)
		return 0;
	if (jx_initrd_find(path, &file) != ZX_OK)
		return fail(ENOENT);
	describe(out, file.is_folder ? S_IFDIR | 0555 : S_IFREG | 0555, file.size);
	return 0;
}

int fstat(int fd, struct stat *out)
{
	const struct open_file *open_file;

	if (fd >= 0 && fd < FIRST_FD) {
		describe(out, S_IFCHR | 0666, 0);
		return 0;
	}
	jx_lock_acquire(&table_lock);
	open_file = file_of(fd);
	if (open_file)
		describe(out, S_IFREG | (open_file->ram ? 0644 : 0555), size_of(open_file));
	jx_lock_release(&table_lock);
	return open_file ? 0 : fail(EBADF);
}

int access(const char *path, int mode)
{
	struct stat found;

	if (stat(path, &found) != 0)
		return -1;
	return (mode & W_OK) && !(found.st_mode & 0200) ? fail(EROFS) : 0;
}

int isatty(int fd)
{
	return fd >= 0 && fd < FIRST_FD ? 1 : fail(ENOTTY);
}

/*
 * open(), read(), lseek(), close() over the initrd, read only; descriptors 0
 * to 2 are the console.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <jx/console.h>
#include <jx/initrd.h>
#include <jx/runtime.h>

#define FIRST_FD 3
#define FD_COUNT 16

struct open_file {
	bool used;
	struct jx_file file;
	size_t position;
};

static struct jx_lock table_lock;
/* `used` under table_lock; the rest belongs to who opened the descriptor. */
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

static int reserve(const struct jx_file *file)
{
	int fd = -1;

	jx_lock_acquire(&table_lock);
	for (int i = 0; i < FD_COUNT && fd < 0; i++) {
		if (table[i].used)
			continue;
		table[i] = (struct open_file){ .used = true, .file = *file };
		fd = FIRST_FD + i;
	}
	jx_lock_release(&table_lock);
	return fd < 0 ? fail(EMFILE) : fd;
}

int open(const char *path, int flags, ...)
{
	struct jx_file file;

	if ((flags & O_ACCMODE) != O_RDONLY)
		return fail(EROFS);
	if (jx_initrd_find(path, &file) != ZX_OK)
		return fail(ENOENT);
	if (file.is_folder)
		return fail(EISDIR);
	return reserve(&file);
}

int close(int fd)
{
	struct open_file *open_file = file_of(fd);

	if (!open_file)
		return fail(EBADF);
	jx_lock_acquire(&table_lock);
	open_file->used = false;
	jx_lock_release(&table_lock);
	return 0;
}

ssize_t read(int fd, void *buffer, size_t bytes)
{
	struct open_file *open_file = file_of(fd);
	int c;

	if (open_file) {
		size_t left = open_file->file.size - open_file->position;
		size_t count = bytes < left ? bytes : left;

		memcpy(buffer, open_file->file.data + open_file->position, count);
		open_file->position += count;
		return (ssize_t)count;
	}
	if (fd != STDIN_FILENO)
		return fail(EBADF);
	if (bytes == 0)
		return 0;
	c = jx_console_getc();
	if (c < 0)
		return fail(EIO);
	*(char *)buffer = (char)c;
	return 1;
}

ssize_t write(int fd, const void *buffer, size_t bytes)
{
	if (fd != STDOUT_FILENO && fd != STDERR_FILENO)
		return fail(EBADF);
	jx_console_write(buffer, bytes);
	return (ssize_t)bytes;
}

off_t lseek(int fd, off_t offset, int whence)
{
	struct open_file *open_file = file_of(fd);
	off_t base, target;

	if (!open_file)
		return fail(fd >= 0 && fd < FIRST_FD ? ESPIPE : EBADF);
	base = whence == SEEK_CUR ? (off_t)open_file->position :
	       whence == SEEK_END ? (off_t)open_file->file.size : 0;
	if (__builtin_add_overflow(base, offset, &target) || target < 0 ||
	    target > (off_t)open_file->file.size)
		return fail(EINVAL);
	open_file->position = (size_t)target;
	return target;
}

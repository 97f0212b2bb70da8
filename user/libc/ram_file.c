#include "ram_file.h"

#include <stdlib.h>
#include <string.h>

/* Those that have a name; under the lock of file.c, as all here. */
static struct ram_file *named;

static const char *skip_root(const char *path)
{
	if (strncmp(path, "./", 2) == 0)
		path += 2;
	while (*path == '/')
		path++;
	return path;
}

struct ram_file *ram_file_find(const char *path)
{
	struct ram_file *file = named;

	while (file && strcmp(file->name, skip_root(path)) != 0)
		file = file->next;
	return file;
}

struct ram_file *ram_file_make(const char *path)
{
	struct ram_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->name = strdup(skip_root(path));
	if (!file->name) {
		free(file);
		return NULL;
	}
	file->refs = 1;
	file->next = named;
	named = file;
	return file;
}

void ram_file_ref(struct ram_file *file)
{
	file->refs++;
}

void ram_file_unref(struct ram_file *file)
{
	if (--file->refs != 0)
		return;
	free(file->bytes);
	free(file->name);
	free(file);
}

void ram_file_unlink(struct ram_file *file)
{
	struct ram_file **link = &named;

	while (*link != file)
		link = &(*link)->next;
	*link = file->next;
	ram_file_unref(file);
}

bool ram_file_rename(struct ram_file *file, const char *path)
{
	struct ram_file *old = ram_file_find(path);
	char *name;

	if (old == file)
		return true;
	name = strdup(skip_root(path));
	if (!name)
		return false;
	if (old)
		ram_file_unlink(old);
	free(file->name);
	file->name = name;
	return true;
}

bool ram_file_resize(struct ram_file *file, size_t size)
{
	size_t capacity = size + size / 2;
	char *bytes;

	if (size > file->capacity) {
		bytes = realloc(file->bytes, capacity);
		if (!bytes)
			return false;
		file->bytes = bytes;
		file->capacity = capacity;
	}
	if (size > file->size)
		memset(file->bytes + file->size, 0, size - file->size);
	file->size = size;
	return true;
}

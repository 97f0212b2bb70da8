/* Files that a program makes: in its memory, gone with it. */
#ifndef LIBC_RAM_FILE_H
#define LIBC_RAM_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* All fields belong to ram_file.c and are under the caller's lock. */
struct ram_file {
	struct ram_file *next;
	char *name;
	char *bytes;
	size_t size, capacity;
	/* Descriptors, and one for the name. */
	int refs;
};

/* NULL if there is none. A leading '/' or "./" counts for nothing. */
struct ram_file *ram_file_find(const char *path);
/* An empty file; NULL if there is no memory. The name holds it. */
struct ram_file *ram_file_make(const char *path);
void ram_file_ref(struct ram_file *file);
void ram_file_unref(struct ram_file *file);
/* Takes the name away; the file lives on while it is open. */
void ram_file_unlink(struct ram_file *file);
/* Replaces what has that name; false if there is no memory. */
bool ram_file_rename(struct ram_file *file, const char *path);
/* New bytes are 0; false if there is no memory. */
bool ram_file_resize(struct ram_file *file, size_t size);

#endif

/* Parts of the shell. */
#ifndef SHELL_H
#define SHELL_H

#include <stddef.h>

#include <zircon/syscalls.h>

#define LINE_MAX_BYTES 512
#define WORDS_MAX 32

/* A command returns its exit status; 0 is success. */
struct command {
	const char *name;
	const char *usage;
	const char *help;
	int (*run)(int argc, char *argv[]);
};

/* Ends with an entry whose name is NULL. */
extern const struct command commands[];

int command_ps(int argc, char *argv[]);
int command_maps(int argc, char *argv[]);
int command_vmo(int argc, char *argv[]);
int command_stat(int argc, char *argv[]);

/*
 * Runs the commands of a line, separated by ';', one after another. Returns 0
 * if all succeeded, else the status of the last that did not.
 */
int evaluate(const char *line);

/*
 * Reads a line with editing from the console into buf, without its end. Returns
 * -1 when there is no more input, else the length.
 */
int edit_line(const char *prompt, char *buf, size_t size);

/*
 * Calls fn with each process of the default job and its koid, in order of
 * koids, until one returns non-zero; returns that, or a status as a small
 * positive number if the list cannot be had. The handle is the callee's loan.
 */
int for_each_process(int (*fn)(zx_handle_t process, zx_koid_t koid, void *arg), void *arg);

/* Handle of a process by its koid in decimal, or by its name. */
zx_handle_t find_process(const char *which);

/* The records of a process's PROCESS_MAPS, malloc()ed; NULL if impossible. */
zx_info_maps_t *read_maps(zx_handle_t process, size_t *count);

/* As "12K", "3M", or "~256T" where more than four digits were rounded. */
const char *format_bytes(uint64_t bytes, char buf[static 24]);

#endif

/*
 * Starting programs: processes with arguments, environment and handles, from a
 * file of the initrd or from an image in memory.
 */
#ifndef JX_SPAWN_H
#define JX_SPAWN_H

#include <stddef.h>

#include <zircon/processargs.h>
#include <zircon/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JX_MAIN_STACK_BYTES (256u << 10)

/* What a program is not to get of its starter's. */
#define JX_LAUNCH_NO_JOB ((uint32_t)1u)		/* PA_JOB_DEFAULT */
#define JX_LAUNCH_NO_RESOURCE ((uint32_t)2u)	/* PA_RESOURCE */
#define JX_LAUNCH_NO_BOOTFS ((uint32_t)4u)	/* PA_VMO_BOOTFS, PA_VMO_BOOTDATA */

/* A handle for the program, which it finds by its PA_HND() word. */
struct jx_launch_handle {
	uint32_t info;
	zx_handle_t handle;
};

/*
 * A program to be started. What is not set is 0 or NULL; then the comment tells
 * what happens.
 */
struct jx_launch {
	/* In the initrd; not used if there is an image. */
	const char *path;
	/* An ELF file in memory. */
	const void *image;
	size_t image_bytes;
	/* Of the process; else the path's last part. */
	const char *name;
	/* What main() gets; argv[0] is the name that the program sees. */
	uint32_t argc;
	const char *const *argv;
	/* Ended by NULL; else this program's environment. */
	const char *const *envp;
	/* Which the process is made in and gets as its default; borrowed. Else
	 * this program's default job. */
	zx_handle_t job;
	uint32_t flags;			/* JX_LAUNCH_* */
	/* More handles. They are the call's, whatever its result. */
	const struct jx_launch_handle *handles;
	uint32_t handle_count;
	/* What the arguments of PA_NS_DIR words count in. */
	const char *const *names;
	uint32_t name_count;
};

/*
 * Makes the process and starts it. *process is the caller's. On failure *why (may
 * be NULL) is a sentence for people that begins with a small letter, and nothing
 * is left. OUT_OF_RANGE: more strings or handles than a message can hold.
 */
zx_status_t jx_launch(const struct jx_launch *program, zx_handle_t *process, const char **why);

/* The usual case: the program at `path` in the initrd with these arguments. */
zx_status_t jx_spawn(const char *path, int argc, const char *const argv[], zx_handle_t *process,
		     const char **why);

/* Waits for the end of a process and tells its return code. */
zx_status_t jx_process_wait(zx_handle_t process, int64_t *code);

#ifdef __cplusplus
}
#endif

#endif

/* Starting programs from the initrd. */
#ifndef JX_SPAWN_H
#define JX_SPAWN_H

#include <zircon/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JX_MAIN_STACK_BYTES (256u << 10)

/*
 * Starts the program at `path` in the initrd with these arguments (argc of
 * them; argv[0] is the name it sees) and this program's environment, default
 * job, root resource and initrd. *process is the caller's. On failure *why
 * (may be NULL) is a sentence for people that begins with a small letter.
 */
zx_status_t jx_spawn(const char *path, int argc, const char *const argv[], zx_handle_t *process,
		     const char **why);

/* Waits for the end of a process and tells its return code. */
zx_status_t jx_process_wait(zx_handle_t process, int64_t *code);

#ifdef __cplusplus
}
#endif

#endif

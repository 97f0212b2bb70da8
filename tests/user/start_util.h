/*
 * For tests of how programs start: the program /bin/probe, which tells what it was
 * started with, and processes that run a program on any bootstrap message.
 */
#ifndef START_UTIL_H
#define START_UTIL_H

#include <stdbool.h>

#include <jx/spawn.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

struct probe {
	zx_handle_t process;
	/* Our end of the channel that it obeys. */
	zx_handle_t channel;
};

/* What comes back from it. */
struct probe_answer {
	char text[64];
	uint32_t bytes;
	zx_handle_t handles[4];
	uint32_t handle_count;
};

/* Starts the probe as `program` says, whose handles it gets besides its channel;
 * false and a failure if that cannot be. */
bool probe_start(struct probe *p, const struct jx_launch *program);
/* The same without libzx's launcher, with this vDSO, and with its handles in the
 * opposite order. */
bool probe_start_by_hand(struct probe *p, zx_handle_t vdso_vmo);
/* Sends a question and reads the answer. */
bool probe_ask(struct probe *p, const void *question, uint32_t bytes, struct probe_answer *out);
/* It answers question `which` N with this text; NULL: with nothing. */
bool probe_says(struct probe *p, char which, uint8_t index, const char *text);
/* Takes the handle of a word out of it; 0 if it has none (any more). */
zx_handle_t probe_take(struct probe *p, uint32_t word);
/* Tells it to end with a code, and sees that it does. */
void probe_end(struct probe *p, uint8_t code);

/*
 * Runs /bin/probe on a bootstrap message of these bytes and handles (which are
 * moved), and tells its return code, ZX_TASK_RETCODE_EXCEPTION_KILL for a fault.
 */
int64_t start_with_message(const void *bytes, uint32_t size, const zx_handle_t *handles,
			   uint32_t handle_count);

#endif

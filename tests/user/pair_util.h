/*
 * For tests of channels, eventpairs and fifos: objects in one line, whether a
 * handle lives, and messages of one call each.
 */
#ifndef TESTS_PAIR_UTIL_H
#define TESTS_PAIR_UTIL_H

#include "conf_util.h"
#include "task_util.h"

#define PAIR_BAD_POINTER ((void *)8)

struct pair {
	zx_handle_t a;
	zx_handle_t b;
};

/* A failure is noted, and the handles are 0 then. */
struct pair pair_channel(void);
struct pair pair_event(void);
void pair_close(struct pair p);
zx_handle_t pair_make_event(void);

/* ZX_OK if the value names a handle. */
static inline zx_status_t pair_valid(zx_handle_t handle)
{
	return zx_object_get_info(handle, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL);
}

/* The call fails with this status, and has taken `handle` nonetheless, which is a
 * new event for it. */
#define PAIR_EXPECT_CONSUMES(handle, call, wanted) \
	do { \
		(handle) = pair_make_event(); \
		EXPECT_STATUS(call, wanted); \
		EXPECT_STATUS(pair_valid(handle), ZX_ERR_BAD_HANDLE); \
	} while (0)

/* The signals that are active now. */
zx_signals_t pair_signals(zx_handle_t handle);

/* Writes one word, with one handle unless that is 0. */
zx_status_t pair_send(zx_handle_t channel, uint32_t word, zx_handle_t handle);
/* Reads a message of one word and one handle at most; what there is not is 0. */
zx_status_t pair_receive(zx_handle_t channel, uint32_t *word, zx_handle_t *handle);
/* The next message is this word alone. */
bool pair_expect(zx_handle_t channel, uint32_t word);

#endif

/*
 * The bootstrap message (<zircon/processargs.h>): making one, and taking one
 * apart that anybody may have written. Works on bytes alone, calls nothing.
 */
#ifndef JX_PROCARGS_H
#define JX_PROCARGS_H

#include <stddef.h>
#include <stdint.h>

#include <zircon/processargs.h>
#include <zircon/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Strings end to end, each with its NUL; `at` is NULL if there are none. */
struct jx_string_area {
	const char *at;
	uint32_t count;
};

struct jx_procargs {
	const uint32_t *handle_info;	/* a PA_HND() word for each handle */
	uint32_t handle_count;
	struct jx_string_area args;
	struct jx_string_area environ;
	struct jx_string_area names;
};

/*
 * Checks a message of so many bytes and handles, at a 4-byte aligned place, and
 * tells where its parts are (tasks.md 18.3). INVALID_ARGS, and *out unchanged,
 * unless protocol and version are the known ones, the table of handle words lies
 * inside on a multiple of 4, and each area holds all its strings.
 */
zx_status_t jx_procargs_parse(const void *bytes, size_t size, uint32_t handle_count,
			      struct jx_procargs *out);

/* Stores a pointer to each string of a parsed area, and NULL behind them. */
void jx_string_area_list(const struct jx_string_area *area, char **to);

struct jx_string_list {
	const char *const *strings;
	uint32_t count;
};

/* What a message is to say. */
struct jx_procargs_plan {
	const uint32_t *handle_info;
	uint32_t handle_count;
	struct jx_string_list args;
	struct jx_string_list environ;
	struct jx_string_list names;
};

/* Bytes of the message; 0 if it is larger than a channel's messages can be. */
size_t jx_procargs_bytes(const struct jx_procargs_plan *plan);
/* Writes it to that many bytes, 4-byte aligned. */
void jx_procargs_write(const struct jx_procargs_plan *plan, void *to);

#ifdef __cplusplus
}
#endif

#endif

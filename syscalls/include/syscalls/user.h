/*
 * User memory in system calls: the copy functions with the status that nearly
 * every call gives for a bad pointer (tasks.md 1.3). The calls that pass on why
 * a copy failed (spec/README.md 1) use <arch/usercopy.h> themselves.
 */
#ifndef SYSCALLS_USER_H
#define SYSCALLS_USER_H

#include <arch/usercopy.h>
#include <kernel/types.h>

static inline MUST_CHECK zx_status_t user_status(zx_status_t copied)
{
	return __builtin_expect(copied == ZX_OK, 1) ? ZX_OK
						    : ZX_ERR_INVALID_ARGS;
}

static inline MUST_CHECK zx_status_t user_read(void *dst, uaddr_t src,
					       size_t bytes)
{
	return user_status(copy_from_user(dst, src, bytes));
}

static inline MUST_CHECK zx_status_t user_write(uaddr_t dst, const void *src,
						size_t bytes)
{
	return user_status(copy_to_user(dst, src, bytes));
}

static inline MUST_CHECK zx_status_t user_put_u32(uaddr_t dst, u32 value)
{
	return user_status(put_user_u32(dst, value));
}

static inline MUST_CHECK zx_status_t user_put_u64(uaddr_t dst, u64 value)
{
	return user_status(put_user_u64(dst, value));
}

/* An output that the caller may leave out. */
static inline MUST_CHECK zx_status_t user_put_optional(uaddr_t dst, u64 value)
{
	return dst ? user_put_u64(dst, value) : ZX_OK;
}

/*
 * A name given as pointer and length (tasks.md 1.4): cut to 31 bytes and at the
 * first NUL, zero-filled. INVALID_ARGS for a bad pointer, also if length is 0.
 */
MUST_CHECK zx_status_t user_read_name(char out[ZX_MAX_NAME_LEN], uaddr_t src,
				      size_t length);

#endif

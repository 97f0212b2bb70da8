/*
 * User memory in system calls: what is more than one copy.
 */
#include <syscalls/user.h>

zx_status_t user_read_name(char out[ZX_MAX_NAME_LEN], uaddr_t src,
			   size_t length)
{
	char raw[ZX_MAX_NAME_LEN];
	size_t n;

	if (length > ZX_MAX_NAME_LEN - 1)
		length = ZX_MAX_NAME_LEN - 1;
	/* One byte is read in any case, so that a pointer to nothing is found
	 * out; it is not used if length is 0. */
	if (user_read(raw, src, length ? length : 1) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	for (n = 0; n < length && raw[n]; n++)
		out[n] = raw[n];
	__builtin_memset(out + n, 0, ZX_MAX_NAME_LEN - n);
	return ZX_OK;
}

/*
 * Calls on handles (tasks.md 2).
 */
#include <kernel/policy.h>
#include <kernel/wait.h>
#include <syscall_protos.h>
#include <syscalls/user.h>

#define CLOSE_CHUNK 64u

zx_status_t sys_handle_close(zx_handle_t handle)
{
	zx_status_t status;

	if (handle == ZX_HANDLE_INVALID)
		return ZX_OK;
	status = handle_close(handle_table_current(), handle);
	return __builtin_expect(status == ZX_OK, 1) ? ZX_OK
						    : policy_bad_handle();
}

/* Closes what it can; BAD_HANDLE if some value was no handle. */
static zx_status_t close_chunk(const zx_handle_t *values, size_t count)
{
	zx_status_t status = ZX_OK;

	for (size_t i = 0; i < count; i++)
		if (sys_handle_close(values[i]) != ZX_OK)
			status = ZX_ERR_BAD_HANDLE;
	return status;
}

/* The array is read once, chunk by chunk: its length is the caller's choice,
 * so a caller that is being killed does not finish it. */
zx_status_t sys_handle_close_many(uaddr_t handles, size_t num_handles)
{
	zx_handle_t chunk[CLOSE_CHUNK];
	zx_status_t status = ZX_OK;

	while (num_handles && !thread_is_killed()) {
		size_t n = num_handles < CLOSE_CHUNK ? num_handles
						     : CLOSE_CHUNK;

		if (user_read(chunk, handles, n * sizeof(*chunk)) != ZX_OK)
			return ZX_ERR_INVALID_ARGS;
		if (close_chunk(chunk, n) != ZX_OK)
			status = ZX_ERR_BAD_HANDLE;
		handles += n * sizeof(*chunk);
		num_handles -= n;
	}
	return status;
}

zx_status_t sys_handle_duplicate(zx_handle_t handle, zx_rights_t rights,
				 uaddr_t out)
{
	return handle_duplicate(handle_table_current(), handle, rights, out);
}

zx_status_t sys_handle_replace(zx_handle_t handle, zx_rights_t rights,
			       uaddr_t out)
{
	zx_status_t status = handle_replace(handle_table_current(), handle,
					    rights, out);

	return status == ZX_ERR_BAD_HANDLE ? policy_bad_handle() : status;
}

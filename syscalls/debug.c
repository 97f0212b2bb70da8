/*
 * Console and debug log (tasks.md 15).
 */
#include <kernel/debuglog.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/resource.h>
#include <syscall_protos.h>
#include <syscalls/user.h>

#include "era.h"

#define CONSOLE_CHUNK 256u

/* At most 256 bytes a call; more is cut off without complaint. */
zx_status_t sys_debug_write(uaddr_t buffer, size_t buffer_size)
{
	char text[CONSOLE_CHUNK];

	if (buffer_size > sizeof(text))
		buffer_size = sizeof(text);
	if (user_read(text, buffer, buffer_size) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	console_write(text, buffer_size);
	return ZX_OK;
}

/* Waits for the first byte, can be killed. Bytes that cannot be copied out are
 * lost. */
zx_status_t sys_debug_read(zx_handle_t handle, uaddr_t buffer,
			   size_t buffer_size, uaddr_t actual)
{
	char text[CONSOLE_CHUNK];
	size_t bytes = 0;
	zx_status_t status = resource_check_root(handle);

	if (status != ZX_OK)
		return status;
	if (buffer_size > sizeof(text))
		buffer_size = sizeof(text);
	if (buffer_size)
		status = console_read(text, buffer_size, &bytes);
	if (status == ZX_OK)
		status = user_write(buffer, text, bytes);
	return status == ZX_OK ? user_put_optional(actual, bytes) : status;
}

/* There is no command that the kernel obeys. */
zx_status_t sys_debug_send_command(zx_handle_t resource, uaddr_t buffer,
				   size_t buffer_size)
{
	char text[CONSOLE_CHUNK];
	zx_status_t status = resource_check_root(resource);

	if (status != ZX_OK)
		return status;
	if (buffer_size > sizeof(text) ||
	    user_read(text, buffer, buffer_size) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	return ZX_ERR_NOT_SUPPORTED;
}

/* Without a resource anybody may write and read the log, in 2020; one that is
 * given must be the root resource. */
zx_status_t sys_debuglog_create(zx_handle_t resource, uint32_t options,
				uaddr_t out)
{
	zx_rights_t rights = ZX_DEFAULT_LOG_RIGHTS;
	bool readable = (options & ZX_LOG_FLAG_READABLE) != 0;
	struct object *o;
	zx_status_t status = ZX_OK;

	if (resource != ZX_HANDLE_INVALID || ERA_DEBUGLOG_WANTS_RESOURCE)
		status = resource_check_root(resource);
	if (status != ZX_OK)
		return status;
	if (options & ~ZX_LOG_FLAG_READABLE)
		return ZX_ERR_INVALID_ARGS;
	status = debuglog_create(readable, &o);
	if (status != ZX_OK)
		return status;
	if (readable)
		rights |= ZX_RIGHT_READ;
	status = handle_make(o, rights, out);
	object_unref(o);
	return status;
}

/* The record is stamped with who wrote it, so programs cannot speak for each
 * other. */
zx_status_t sys_debuglog_write(zx_handle_t handle, uint32_t options,
			       uaddr_t buffer, size_t buffer_size)
{
	struct thread *t = thread_current();
	char text[ZX_LOG_RECORD_DATA_MAX];
	struct object *o;
	zx_status_t status;

	if (buffer_size > sizeof(text))
		buffer_size = sizeof(text);
	if (options & ~ZX_LOG_FLAGS_MASK)
		return ZX_ERR_INVALID_ARGS;
	status = handle_get(handle, ZX_OBJ_TYPE_LOG, ZX_RIGHT_WRITE, &o);
	if (status != ZX_OK)
		return status;
	object_unref(o);
	if (user_read(text, buffer, buffer_size) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	log_write_user(t->process->object.koid, t->object.koid, ZX_LOG_INFO,
		       text, buffer_size);
	return ZX_OK;
}

/* Success is the positive number of bytes: header and data, cut to the size of
 * the buffer. */
static zx_status_t read_record(struct object *o, uaddr_t buffer, size_t size)
{
	union {
		zx_log_record_t header;
		u8 bytes[ZX_LOG_RECORD_MAX];
	} record;
	size_t bytes;
	zx_status_t status = debuglog_read(o, &record.header, &bytes);

	if (status != ZX_OK)
		return status;
	if (bytes > size)
		bytes = size;
	if (user_write(buffer, &record, bytes) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	return (zx_status_t)bytes;
}

zx_status_t sys_debuglog_read(zx_handle_t handle, uint32_t options,
			      uaddr_t buffer, size_t buffer_size)
{
	struct object *o;
	zx_status_t status;

	if (options)
		return ZX_ERR_INVALID_ARGS;
	status = handle_get(handle, ZX_OBJ_TYPE_LOG, ZX_RIGHT_READ, &o);
	if (status != ZX_OK)
		return status;
	status = read_record(o, buffer, buffer_size);
	object_unref(o);
	return status;
}

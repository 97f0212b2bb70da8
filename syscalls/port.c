/*
 * Calls on ports (pager-port.md 10).
 */
#include <kernel/exception.h>
#include <kernel/policy.h>
#include <kernel/port.h>
#include <syscall_protos.h>
#include <syscalls/user.h>

#include "era.h"

zx_status_t sys_port_create(uint32_t options, uaddr_t out)
{
	struct port *p;
	zx_status_t status = policy_check(ZX_POL_NEW_PORT);

	if (status != ZX_OK)
		return status;
	status = port_create(options, &p);
	if (status != ZX_OK)
		return status;
	status = handle_make(port_object(p), ZX_DEFAULT_PORT_RIGHTS, out);
	object_unref(port_object(p));
	return status;
}

/* One copy in, one into the packet; the type field is overwritten there. */
zx_status_t sys_port_queue(zx_handle_t handle, uaddr_t packet)
{
	zx_port_packet_t body;
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_PORT,
					ZX_RIGHT_WRITE, &o);

	if (__builtin_expect(status != ZX_OK, 0))
		return status;
	status = user_read(&body, packet, sizeof(body));
	if (__builtin_expect(status == ZX_OK, 1))
		status = port_queue_user(port_from_object(o), &body,
					 ERA_PORT_USER_PACKETS);
	if (ERA_IS_LATEST && status == ZX_ERR_SHOULD_WAIT)
		exception_raise_policy(ZX_EXCP_POLICY_CODE_PORT_TOO_MANY_PACKETS,
				       0);
	object_unref(o);
	return status;
}

/* A packet whose copy-out fails is lost (10.3). */
zx_status_t sys_port_wait(zx_handle_t handle, zx_time_t deadline,
			  uaddr_t packet)
{
	zx_port_packet_t body;
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_PORT,
					ZX_RIGHT_READ, &o);

	if (__builtin_expect(status != ZX_OK, 0))
		return status;
	status = port_wait(port_from_object(o), deadline, &body);
	if (__builtin_expect(status == ZX_OK, 1))
		status = user_write(packet, &body, sizeof(body));
	object_unref(o);
	return status;
}

/* The port handle was judged first, then the source. */
static zx_status_t cancel(struct port *p, zx_handle_t source, u64 key)
{
	struct handle_ref ref;
	zx_status_t status = handle_get_ref(source, ZX_OBJ_TYPE_NONE,
					    ZX_RIGHT_WAIT, &ref);

	if (status != ZX_OK)
		return status;
	status = ZX_ERR_NOT_SUPPORTED;
	if (object_is_waitable(ref.object))
		status = port_cancel(p, &ref, key);
	object_unref(ref.object);
	return status;
}

zx_status_t sys_port_cancel(zx_handle_t handle, zx_handle_t source,
			    uint64_t key)
{
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_PORT,
					ZX_RIGHT_WRITE, &o);

	if (status != ZX_OK)
		return status;
	status = cancel(port_from_object(o), source, key);
	object_unref(o);
	return status;
}

/* Of the latest era. */
zx_status_t sys_port_cancel_key(zx_handle_t handle, uint32_t options,
				uint64_t key)
{
	struct object *o;
	zx_status_t status;

	if (!ERA_HAS_PORT_CANCEL_KEY)
		return ZX_ERR_NOT_SUPPORTED;
	if (options != 0)
		return ZX_ERR_INVALID_ARGS;
	status = handle_get(handle, ZX_OBJ_TYPE_PORT, ZX_RIGHT_WRITE, &o);
	if (status != ZX_OK)
		return status;
	status = port_cancel_key(port_from_object(o), key);
	object_unref(o);
	return status;
}

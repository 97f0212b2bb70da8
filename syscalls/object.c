/*
 * Calls on objects of any type: properties, children, signals (tasks.md 4).
 */
#include <kernel/handle.h>
#include <kernel/peer.h>
#include <kernel/process.h>
#include <mm/vdso.h>
#include <mm/vmo_stream.h>
#include <syscall_protos.h>
#include <syscalls/user.h>

#include "era.h"
#include "exception.h"
#include "property.h"

/* Objects without a name answer 32 zero bytes. */
static zx_status_t get_name(struct object *o, uaddr_t value, size_t value_size)
{
	char name[ZX_MAX_NAME_LEN];

	if (value_size < sizeof(name))
		return ZX_ERR_BUFFER_TOO_SMALL;
	object_get_name(o, name);
	return user_write(value, name, sizeof(name));
}

static zx_status_t get_vdso_base(struct object *o, uaddr_t value)
{
	if (o->type != ZX_OBJ_TYPE_PROCESS)
		return ZX_ERR_WRONG_TYPE;
	return user_put_u64(value,
			    aspace_vdso_base(process_from_object(o)->aspace));
}

/* Steps 3 to 6 of tasks.md 4.1: unknown property, size, type, copy. */
static zx_status_t get_property(struct object *o, u32 property, uaddr_t value,
				size_t value_size)
{
	if (property == ZX_PROP_NAME)
		return get_name(o, value, value_size);
	if (property_is_of_exceptions(property))
		return exception_get_property(o, property, value, value_size);
	if (property_is_of_processes(property))
		return process_get_property(o, property, value, value_size);
	if (property != ZX_PROP_VMO_CONTENT_SIZE &&
	    property != ZX_PROP_PROCESS_VDSO_BASE_ADDRESS)
		return ERA_UNKNOWN_PROPERTY;
	if (value_size < sizeof(u64))
		return ZX_ERR_BUFFER_TOO_SMALL;
	if (property == ZX_PROP_PROCESS_VDSO_BASE_ADDRESS)
		return get_vdso_base(o, value);
	if (o->type != ZX_OBJ_TYPE_VMO)
		return ZX_ERR_WRONG_TYPE;
	return user_put_u64(value, vmo_get_stream_size(vmo_from_object(o)));
}

zx_status_t sys_object_get_property(zx_handle_t handle, uint32_t property,
				    uaddr_t value, size_t value_size)
{
	struct object *o;
	zx_status_t status;

	if (!value)
		return ZX_ERR_INVALID_ARGS;
	status = handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_GET_PROPERTY,
			    &o);
	if (status != ZX_OK)
		return status;
	status = get_property(o, property, value, value_size);
	object_unref(o);
	return status;
}

/* The size is cut before the copy: what lies behind 31 bytes is not read. */
static zx_status_t set_name(struct object *o, uaddr_t value, size_t value_size)
{
	char name[ZX_MAX_NAME_LEN];

	if (value_size > sizeof(name) - 1)
		value_size = sizeof(name) - 1;
	if (value_size && user_read(name, value, value_size) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	return object_set_name(o, name, value_size);
}

/* vmo.md 8.1: a free number, or the end of what is not zero. */
static zx_status_t set_content_size(const struct handle_ref *h, u64 size)
{
	struct vmo *v = vmo_from_object(h->object);

	if (!ERA_VMO_HAS_STREAM_SIZE || v->base->kind != VMO_PAGED) {
		vmo_store_stream_size(v, size);
		return ZX_OK;
	}
	if (!(h->rights & ZX_RIGHT_WRITE))
		return ZX_ERR_ACCESS_DENIED;
	return vmo_set_stream_size(v, size, false);
}

/* tasks.md 4.2: size, type, value. */
static zx_status_t set_kill_on_oom(struct object *o, uaddr_t value,
				   size_t value_size)
{
	size_t on;

	if (value_size < sizeof(on))
		return ZX_ERR_BUFFER_TOO_SMALL;
	if (o->type != ZX_OBJ_TYPE_JOB)
		return ZX_ERR_WRONG_TYPE;
	if (user_read(&on, value, sizeof(on)) != ZX_OK || on > 1)
		return ZX_ERR_INVALID_ARGS;
	job_set_kill_on_oom(job_from_object(o), on);
	return ZX_OK;
}

/* Unknown properties are INVALID_ARGS here too (tasks.md 4.2). */
static zx_status_t set_property(const struct handle_ref *h, u32 property,
				uaddr_t value, size_t value_size)
{
	u64 word;

	if (property == ZX_PROP_NAME)
		return set_name(h->object, value, value_size);
	if (property == ZX_PROP_JOB_KILL_ON_OOM)
		return set_kill_on_oom(h->object, value, value_size);
	if (property_is_of_exceptions(property))
		return exception_set_property(h->object, property, value,
					      value_size);
	if (property_is_of_processes(property))
		return process_set_property(h->object, property, value,
					    value_size);
	if (property != ZX_PROP_VMO_CONTENT_SIZE)
		return ZX_ERR_INVALID_ARGS;
	if (value_size < sizeof(word))
		return ZX_ERR_BUFFER_TOO_SMALL;
	if (h->object->type != ZX_OBJ_TYPE_VMO)
		return ZX_ERR_WRONG_TYPE;
	if (user_read(&word, value, sizeof(word)) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	return set_content_size(h, word);
}

zx_status_t sys_object_set_property(zx_handle_t handle, uint32_t property,
				    uaddr_t value, size_t value_size)
{
	struct handle_ref h;
	zx_status_t status;

	if (!value)
		return ZX_ERR_INVALID_ARGS;
	status = handle_get_ref(handle, ZX_OBJ_TYPE_NONE,
				ZX_RIGHT_SET_PROPERTY, &h);
	if (status != ZX_OK)
		return status;
	status = set_property(&h, property, value, value_size);
	object_unref(h.object);
	return status;
}

/* A child job, else a child process; one on its way out is not found. */
static struct object *find_job_child(struct job *job, zx_koid_t koid)
{
	struct object *o = job_find(job, JOB_CHILD_JOB, koid);

	if (o)
		return o;
	o = job_find(job, JOB_CHILD_PROCESS, koid);
	if (!o || process_check_alive(process_from_object(o)) == ZX_OK)
		return o;
	object_unref(o);
	return NULL;
}

/* The child of that koid, counted. */
static zx_status_t find_child(struct object *parent, zx_koid_t koid,
			      struct object **out)
{
	struct thread *t;

	if (parent->type == ZX_OBJ_TYPE_PROCESS) {
		t = process_find_thread(process_from_object(parent), koid);
		*out = t ? &t->object : NULL;
		return t ? ZX_OK : ZX_ERR_NOT_FOUND;
	}
	if (parent->type != ZX_OBJ_TYPE_JOB)
		return ZX_ERR_WRONG_TYPE;
	*out = find_job_child(job_from_object(parent), koid);
	return *out ? ZX_OK : ZX_ERR_NOT_FOUND;
}

/* Rights are judged before the child is looked for, and refused otherwise than
 * in zx_handle_duplicate (tasks.md 4.3, row 2). */
static zx_status_t get_child(const struct handle_ref *parent, zx_koid_t koid,
			     zx_rights_t rights, uaddr_t out)
{
	struct object *child;
	zx_status_t status;

	if (handle_reduce_rights(parent->rights, &rights) != ZX_OK)
		return ZX_ERR_ACCESS_DENIED;
	status = find_child(parent->object, koid, &child);
	if (status != ZX_OK)
		return status;
	status = handle_make(child, rights, out);
	object_unref(child);
	return status;
}

zx_status_t sys_object_get_child(zx_handle_t handle, uint64_t koid,
				 zx_rights_t rights, uaddr_t out)
{
	struct handle_ref parent;
	zx_status_t status = handle_get_ref(handle, ZX_OBJ_TYPE_NONE,
					    ZX_RIGHT_ENUMERATE, &parent);

	if (status != ZX_OK)
		return status;
	status = get_child(&parent, koid, rights, out);
	object_unref(parent.object);
	return status;
}

/* tasks.md 4.4, rows 2 and 3; the change itself cannot fail. */
static zx_status_t signal(struct object *o, zx_signals_t clear,
			  zx_signals_t set)
{
	if (!object_is_waitable(o))
		return ZX_ERR_NOT_SUPPORTED;
	if ((clear | set) & ~object_user_signals(o))
		return ZX_ERR_INVALID_ARGS;
	object_update_signals(o, clear, set);
	return ZX_OK;
}

zx_status_t sys_object_signal(zx_handle_t handle, uint32_t clear_mask,
			      uint32_t set_mask)
{
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_NONE,
					ZX_RIGHT_SIGNAL, &o);

	if (status != ZX_OK)
		return status;
	status = signal(o, clear_mask, set_mask);
	object_unref(o);
	return status;
}

/* tasks.md 4.5: the masks are judged before the peer. */
static zx_status_t signal_peer(struct object *o, zx_signals_t clear,
			       zx_signals_t set)
{
	if (!object_has_peer(o))
		return ZX_ERR_NOT_SUPPORTED;
	if ((clear | set) & ~object_user_signals(o))
		return ZX_ERR_INVALID_ARGS;
	return peer_signal(peer_from_object(o), clear, set);
}

zx_status_t sys_object_signal_peer(zx_handle_t handle, uint32_t clear_mask,
				   uint32_t set_mask)
{
	struct object *o;
	zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_NONE,
					ZX_RIGHT_SIGNAL_PEER, &o);

	if (status != ZX_OK)
		return status;
	status = signal_peer(o, clear_mask, set_mask);
	object_unref(o);
	return status;
}

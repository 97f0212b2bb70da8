/*
 * What the kinds of objects have in common for information calls: names and
 * related koids.
 */
#include <kernel/peer.h>
#include <kernel/process.h>
#include <kernel/resource.h>
#include <mm/vmo.h>

static zx_koid_t parent_koid(const struct job *job)
{
	return job->parent ? job->parent->object.koid : ZX_KOID_INVALID;
}

zx_koid_t object_related_koid(const struct object *o)
{
	switch (o->type) {
	case ZX_OBJ_TYPE_PROCESS:
		return container_of(o, struct process, object)->job_koid;
	case ZX_OBJ_TYPE_JOB:
		return parent_koid(container_of(o, struct job, object));
	case ZX_OBJ_TYPE_THREAD:
		return container_of(o, struct thread, object)
			->process->object.koid;
	}
	if (object_has_peer(o))
		return container_of(o, struct peer, object)->other->object.koid;
	return ZX_KOID_INVALID;
}

/* The field that holds the name, or NULL; its lock is o->lock. */
static char *name_of(struct object *o)
{
	switch (o->type) {
	case ZX_OBJ_TYPE_PROCESS:
		return process_from_object(o)->name;
	case ZX_OBJ_TYPE_THREAD:
		return thread_from_object(o)->name;
	case ZX_OBJ_TYPE_JOB:
		return job_from_object(o)->name;
	case ZX_OBJ_TYPE_VMO:
		return vmo_from_object(o)->name;
	case ZX_OBJ_TYPE_RESOURCE:
		return resource_from_object(o)->name;
	}
	return NULL;
}

void object_get_name(struct object *o, char out[ZX_MAX_NAME_LEN])
{
	const char *name = name_of(o);

	if (!name) {
		__builtin_memset(out, 0, ZX_MAX_NAME_LEN);
		return;
	}
	spin_lock(&o->lock);
	__builtin_memcpy(out, name, ZX_MAX_NAME_LEN);
	spin_unlock(&o->lock);
}

zx_status_t object_set_name(struct object *o, const char *name, size_t length)
{
	char *to = name_of(o);
	size_t n;

	if (!to)
		return ZX_ERR_NOT_SUPPORTED;
	spin_lock(&o->lock);
	for (n = 0; n < length && n < ZX_MAX_NAME_LEN - 1 && name[n]; n++)
		to[n] = name[n];
	__builtin_memset(to + n, 0, ZX_MAX_NAME_LEN - n);
	spin_unlock(&o->lock);
	return ZX_OK;
}

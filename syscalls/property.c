/*
 * Properties of processes that debuggers and loaders share (tasks.md 4): the
 * kernel only keeps them.
 */
#include <kernel/process.h>
#include <syscalls/user.h>

#include "property.h"

static zx_status_t check(const struct object *o, size_t value_size)
{
	if (value_size < sizeof(u64))
		return ZX_ERR_BUFFER_TOO_SMALL;
	return o->type == ZX_OBJ_TYPE_PROCESS ? ZX_OK : ZX_ERR_WRONG_TYPE;
}

zx_status_t process_get_property(struct object *o, u32 property,
				 uaddr_t value, size_t value_size)
{
	zx_status_t status = check(o, value_size);
	struct process *p;
	u64 word;

	if (status != ZX_OK)
		return status;
	if (property == ZX_PROP_PROCESS_HW_TRACE_CONTEXT_ID)
		return ZX_ERR_NOT_SUPPORTED;
	p = process_from_object(o);
	mutex_lock(&p->lock);
	word = property == ZX_PROP_PROCESS_DEBUG_ADDR ? p->debug_addr
						      : p->break_on_load;
	mutex_unlock(&p->lock);
	return user_put_u64(value, word);
}

/* Until a loader has said where its list is, anybody may ask to be stopped when
 * it does. */
static zx_status_t set_debug_addr(struct process *p, u64 addr)
{
	zx_status_t status = ZX_ERR_ACCESS_DENIED;

	if (addr == 0)
		return ZX_ERR_INVALID_ARGS;
	mutex_lock(&p->lock);
	if (p->debug_addr == 0 ||
	    p->debug_addr == ZX_PROCESS_DEBUG_ADDR_BREAK_ON_SET) {
		p->debug_addr = addr;
		status = ZX_OK;
	}
	mutex_unlock(&p->lock);
	return status;
}

zx_status_t process_set_property(struct object *o, u32 property,
				 uaddr_t value, size_t value_size)
{
	zx_status_t status;
	struct process *p;
	u64 word;

	if (property == ZX_PROP_PROCESS_HW_TRACE_CONTEXT_ID)
		return ZX_ERR_INVALID_ARGS;
	status = check(o, value_size);
	if (status != ZX_OK)
		return status;
	if (user_read(&word, value, sizeof(word)) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	p = process_from_object(o);
	if (property == ZX_PROP_PROCESS_DEBUG_ADDR)
		return set_debug_addr(p, word);
	mutex_lock(&p->lock);
	p->break_on_load = word;
	mutex_unlock(&p->lock);
	return ZX_OK;
}

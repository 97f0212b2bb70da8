/*
 * Futexes (tasks.md 11).
 */
#include <kernel/futex.h>
#include <kernel/handle.h>
#include <syscall_protos.h>
#include <syscalls/user.h>

/* No right is needed, and no policy is asked about a bad handle (1.1). What the
 * look-up says goes along: it is judged after the comparison of the word. */
static inline void owner_get(zx_handle_t handle, struct futex_owner *owner)
{
	struct object *o;

	*owner = (struct futex_owner){ .status = ZX_OK };
	if (handle == ZX_HANDLE_INVALID)
		return;
	owner->status = handle_get_quiet(handle, ZX_OBJ_TYPE_THREAD, 0, &o);
	if (owner->status == ZX_OK)
		owner->thread = thread_from_object(o);
}

static inline void owner_put(const struct futex_owner *owner)
{
	if (owner->thread)
		object_unref(&owner->thread->object);
}

/* Out of line: the frame is for those who name one. */
static __attribute__((noinline)) zx_status_t
wait_owned(uaddr_t value_ptr, zx_futex_t current_value,
	   zx_handle_t new_futex_owner, zx_time_t deadline)
{
	struct futex_owner owner;
	zx_status_t status;

	owner_get(new_futex_owner, &owner);
	status = futex_wait(value_ptr, (u32)current_value, &owner, deadline);
	owner_put(&owner);
	return status;
}

zx_status_t sys_futex_wait(uaddr_t value_ptr, zx_futex_t current_value,
			   zx_handle_t new_futex_owner, zx_time_t deadline)
{
	if (new_futex_owner != ZX_HANDLE_INVALID)
		return wait_owned(value_ptr, current_value, new_futex_owner,
				  deadline);
	return futex_wait(value_ptr, (u32)current_value, NULL, deadline);
}

zx_status_t sys_futex_wake(uaddr_t value_ptr, uint32_t wake_count)
{
	return futex_wake(value_ptr, wake_count);
}

zx_status_t sys_futex_wake_single_owner(uaddr_t value_ptr)
{
	return futex_wake_single_owner(value_ptr);
}

static zx_status_t requeue(const struct futex_requeue *r, zx_handle_t handle)
{
	struct futex_owner owner;
	zx_status_t status;

	owner_get(handle, &owner);
	status = futex_requeue(r, &owner);
	owner_put(&owner);
	return status;
}

zx_status_t sys_futex_requeue(uaddr_t value_ptr, uint32_t wake_count,
			      zx_futex_t current_value, uaddr_t requeue_ptr,
			      uint32_t requeue_count,
			      zx_handle_t new_requeue_owner)
{
	const struct futex_requeue r = {
		.wake_addr = value_ptr,
		.current_value = (u32)current_value,
		.wake_count = wake_count,
		.requeue_addr = requeue_ptr,
		.requeue_count = requeue_count,
	};

	return requeue(&r, new_requeue_owner);
}

zx_status_t sys_futex_requeue_single_owner(uaddr_t value_ptr,
					   zx_futex_t current_value,
					   uaddr_t requeue_ptr,
					   uint32_t requeue_count,
					   zx_handle_t new_requeue_owner)
{
	const struct futex_requeue r = {
		.wake_addr = value_ptr,
		.current_value = (u32)current_value,
		.wake_count = 1,
		.single_owner = true,
		.requeue_addr = requeue_ptr,
		.requeue_count = requeue_count,
	};

	return requeue(&r, new_requeue_owner);
}

zx_status_t sys_futex_get_owner(uaddr_t value_ptr, uaddr_t koid)
{
	zx_koid_t owner;
	zx_status_t status = futex_get_owner(value_ptr, &owner);

	return status == ZX_OK ? user_put_u64(koid, owner) : status;
}

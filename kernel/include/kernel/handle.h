/*
 * Handle tables: 32-bit values of one process that name objects with rights.
 *
 * Value = ((index and generation) << 2 | 3) XOR the table's random word, whose
 * two low bits are 0 (abi.md 4). A slot's generation changes at each close, so
 * that a stale value is refused. Look-up is O(1) and takes the table's mutex
 * only to copy the slot and add a reference.
 */
#ifndef KERNEL_HANDLE_H
#define KERNEL_HANDLE_H

#include <kernel/object.h>

struct handle_table;

MUST_CHECK zx_status_t handle_table_create(struct handle_table **out);
/* Closes every handle and frees the table. May sleep; no lock held. */
void handle_table_destroy(struct handle_table *t);

/*
 * Look-up with the uniform check order (tasks.md 1.1): BAD_HANDLE, WRONG_TYPE
 * (type != ZX_OBJ_TYPE_NONE and different), ACCESS_DENIED. On OK *out carries
 * a reference that the caller drops with object_unref().
 */
MUST_CHECK zx_status_t handle_get(zx_handle_t value, u32 type,
				  zx_rights_t rights, struct object **out);
/* As handle_get(), also telling the handle's rights and identity. */
struct handle_ref {
	struct object *object;
	zx_rights_t rights;
	const void *identity;
};
MUST_CHECK zx_status_t handle_get_ref(zx_handle_t value, u32 type,
				      zx_rights_t rights,
				      struct handle_ref *out);

/* The same in another process's table. */
MUST_CHECK zx_status_t handle_table_get_ref(struct handle_table *t,
					    zx_handle_t value, u32 type,
					    zx_rights_t rights,
					    struct handle_ref *out);

/*
 * Two-step creation, so that nothing can fail after the value was copied out:
 * reserve a slot (NO_MEMORY), copy its value out, then publish or cancel.
 * Publishing takes a new reference of its own on the object.
 */
struct handle_slot {
	struct handle_table *table;
	u32 index;
	zx_handle_t value;
};
MUST_CHECK zx_status_t handle_reserve(struct handle_table *t,
				      struct handle_slot *out);
void handle_publish(struct handle_slot *slot, struct object *o,
		    zx_rights_t rights);
void handle_cancel(struct handle_slot *slot);

/*
 * The common end of a creating call: reserve, copy the value out to user
 * memory (INVALID_ARGS), publish. On failure nothing stays. Does not consume
 * the caller's reference in either case.
 */
MUST_CHECK zx_status_t handle_make(struct object *o, zx_rights_t rights,
				   uaddr_t out);

MUST_CHECK zx_status_t handle_close(struct handle_table *t, zx_handle_t value);
/* Removes the handle and hands its reference to the caller (transfer). */
MUST_CHECK zx_status_t handle_take(struct handle_table *t, zx_handle_t value,
				   struct handle_ref *out);

/* Calls fn for each handle; fn must not touch the table. */
void handle_table_for_each(struct handle_table *t,
			   void (*fn)(const struct handle_ref *, void *),
			   void *arg);
/* The table of the calling process. */
struct handle_table *handle_table_current(void);

#endif

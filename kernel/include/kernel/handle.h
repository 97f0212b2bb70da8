/*
 * Handle tables: 32-bit values of one process that name objects with rights.
 *
 * Value = ((index and generation) << 2 | 3) XOR the table's random word, whose
 * two low bits are 0 (abi.md 4). A slot's generation changes at each close, so
 * that a stale value is refused. Look-up is O(1) and takes no lock: each live
 * slot keeps a stock of references that belong to it, and one compare-and-swap
 * both checks the generation and takes a reference out (handle.c). Creation
 * and removal take the table's mutex (LOCK_HANDLES).
 */
#ifndef KERNEL_HANDLE_H
#define KERNEL_HANDLE_H

#include <kernel/object.h>

#define HANDLE_LIMIT (256u * 1024)	/* in all tables together */

struct handle_table;

MUST_CHECK zx_status_t handle_table_create(struct handle_table **out);
/* Closes every handle; no more can be made (BAD_STATE). May sleep. */
void handle_table_clear(struct handle_table *t);
/* handle_table_clear(), then frees the table. */
void handle_table_destroy(struct handle_table *t);

/*
 * Look-up with the uniform check order (tasks.md 1.1): BAD_HANDLE, WRONG_TYPE
 * (type != ZX_OBJ_TYPE_NONE and different), ACCESS_DENIED. On OK *out carries
 * a reference that the caller drops with object_unref(). BAD_HANDLE comes after
 * what the job's policy does about it, here and in the other look-ups; the
 * functions that take handles out of a table leave that to their callers.
 */
MUST_CHECK zx_status_t handle_get(zx_handle_t value, u32 type,
				  zx_rights_t rights, struct object **out);
/* As handle_get(), but a value that names nothing is no matter of job policy
 * (tasks.md 1.1). */
MUST_CHECK zx_status_t handle_get_quiet(zx_handle_t value, u32 type,
					zx_rights_t rights,
					struct object **out);
/* As handle_get(), also telling the handle's rights and identity. */
struct handle_ref {
	struct object *object;
	zx_rights_t rights;
	struct handle_identity identity;
};
MUST_CHECK zx_status_t handle_get_ref(zx_handle_t value, u32 type,
				      zx_rights_t rights,
				      struct handle_ref *out);

/* The same in another process's table. */
MUST_CHECK zx_status_t handle_table_get_ref(struct handle_table *t,
					    zx_handle_t value, u32 type,
					    zx_rights_t rights,
					    struct handle_ref *out);

/* The first live handle at or after slot *index whose object is of this type
 * (ZX_OBJ_TYPE_NONE: any); *index moves on behind it. *out carries a reference. False: no more. For
 * listings; takes the table's mutex. */
bool handle_table_next(struct handle_table *t, u32 *index, u32 type,
		       struct handle_ref *out);
/* The value of what handle_table_next() has told of, as its process knows it. */
zx_handle_t handle_table_value(const struct handle_table *t,
			       const struct handle_ref *ref);
/* Adds the live handles by the type of their objects. Takes the table's mutex. */
void handle_table_count_types(struct handle_table *t,
			      u32 counts[ZX_OBJ_TYPE_UPPER_BOUND]);

/*
 * Two-step creation, so that nothing can fail after the value was copied out:
 * reserve a slot (NO_MEMORY, BAD_STATE), copy its value out, then publish or
 * cancel. Publishing takes new references of its own on the object.
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

/* BAD_HANDLE. May sleep: the last handle's end is the object's business. */
MUST_CHECK zx_status_t handle_close(struct handle_table *t, zx_handle_t value);

/*
 * Transfer: handle_take() removes the handle from the table (its value is
 * dead, waits through it are cancelled), and the object's handle count and
 * reference go with it to the caller, who ends with one of the other two.
 */
struct handle_taken {
	struct object *object;
	zx_rights_t rights;
};
MUST_CHECK zx_status_t handle_take(struct handle_table *t, zx_handle_t value,
				   struct handle_taken *out);
void handle_publish_taken(struct handle_slot *slot,
			  const struct handle_taken *taken);
void handle_release_taken(const struct handle_taken *taken);
/* A new handle as if taken, for what has been in no table yet. */
void handle_make_taken(struct object *o, zx_rights_t rights,
		       struct handle_taken *out);
/* A further handle to what ref names, as if taken, with these rights. Keeps
 * the caller's reference. BAD_HANDLE: it was closed since. */
MUST_CHECK zx_status_t handle_copy_taken(struct handle_table *t,
					 const struct handle_ref *ref,
					 zx_rights_t rights,
					 struct handle_taken *out);

/*
 * The rights that a copy gets: *rights as asked for (SAME_RIGHTS: all there
 * are) or INVALID_ARGS if that is no subset.
 */
static inline MUST_CHECK zx_status_t handle_reduce_rights(zx_rights_t have,
							  zx_rights_t *rights)
{
	if (*rights == ZX_RIGHT_SAME_RIGHTS)
		*rights = have;
	return (*rights & ~have) ? ZX_ERR_INVALID_ARGS : ZX_OK;
}

/* tasks.md 2.3 and 2.4. A replace that fails has closed the source. */
MUST_CHECK zx_status_t handle_duplicate(struct handle_table *t,
					zx_handle_t value, zx_rights_t rights,
					uaddr_t out);
MUST_CHECK zx_status_t handle_replace(struct handle_table *t,
				      zx_handle_t value, zx_rights_t rights,
				      uaddr_t out);

/* Number of live handles of a table, racy. */
u32 handle_table_count(const struct handle_table *t);
/* The table of the calling process. */
struct handle_table *handle_table_current(void);

#endif

/*
 * Resources: permission to do what concerns the whole machine (tasks.md 17).
 *
 * A resource grants one kind; kinds of numbers (MMIO addresses, interrupts, I/O
 * ports, SMC calls, system bases) grant a range of them. ROOT grants all: the
 * first program gets a handle to the one that the kernel makes.
 *
 * An exclusive range overlaps no range of its kind that is made after it, as
 * long as it lives.
 */
#ifndef KERNEL_RESOURCE_H
#define KERNEL_RESOURCE_H

#include <kernel/object.h>
#include <zircon/syscalls/resource.h>

struct resource {
	struct object object;
	/* Fixed after creation. */
	u32 kind;		/* ZX_RSRC_KIND_* */
	u32 flags;		/* ZX_RSRC_FLAG_* */
	u64 base;		/* 0 for kinds without a range */
	u64 size;
	char name[ZX_MAX_NAME_LEN];
	/* Under the lock of the list of exclusive ranges (resource.c). */
	struct list_node node;
};

static inline struct resource *resource_from_object(struct object *o)
{
	return container_of(o, struct resource, object);
}

/* Fixed after resource_init(). */
extern struct object *root_resource;
void resource_init(void);

/*
 * A resource below `parent`; options are kind and flags. In order: INVALID_ARGS
 * (unknown kind or flag), ACCESS_DENIED (parent neither ROOT nor of this kind),
 * INVALID_ARGS (a kind without range was given one, a kind with range has an
 * empty or wrapping one), ACCESS_DENIED (not inside the parent's range),
 * NO_MEMORY, NOT_FOUND (touches an exclusive range).
 */
MUST_CHECK zx_status_t resource_create(const struct resource *parent,
				       u32 options, u64 base, u64 size,
				       const char name[ZX_MAX_NAME_LEN],
				       struct resource **out);

/* Whether the handle names a resource of this kind, which is one without range,
 * or of kind ROOT: BAD_HANDLE, WRONG_TYPE (no resource, or of another kind). */
MUST_CHECK zx_status_t resource_check_kind(zx_handle_t value, u32 kind);
/* The same for the range [base, base + size): BAD_HANDLE, WRONG_TYPE (no
 * resource), ACCESS_DENIED (another kind, or not all of the range). */
MUST_CHECK zx_status_t resource_check_range(zx_handle_t value, u32 kind,
					    u64 base, u64 size);

static inline MUST_CHECK zx_status_t resource_check_root(zx_handle_t value)
{
	return resource_check_kind(value, ZX_RSRC_KIND_ROOT);
}

#endif

/*
 * A VMO's place among its relatives, part of struct vmo; vmo_family.c.
 */
#ifndef MM_VMO_KIN_H
#define MM_VMO_KIN_H

#include <kernel/list.h>
#include <kernel/types.h>
#include <zircon/types.h>

struct vmo_family;

struct vmo_kin {
	/* Atomic: NULL until the VMO has relatives; set once under its lock, by
	 * the first child (release), or at birth; read by acquire. */
	struct vmo_family *family;
	/* Fixed once family is set. */
	zx_koid_t birth_parent;
	bool owner;			/* has a tree of its own */
	/* Under family->lock. */
	struct vmo_kin *parent;
	struct list_node member;
	struct list_node children;	/* by sibling */
	struct list_node sibling;
	u64 child_count;
};

#endif

/*
 * Address spaces: creation, end, and the lock-free way to a mapping.
 *
 * Lifetime: the process owns one reference from creation to death, each VMAR
 * object one, each CPU that has the tables loaded one. aspace_destroy() empties
 * the space; the last reference frees the tables (I9).
 */
#include <arch/usercopy.h>
#include <kernel/panic.h>
#include <kernel/random.h>
#include <kernel/string.h>
#include <mm/slab.h>
#include <mm/vmar.h>

#include "vmar_internal.h"

#define ROOT_FLAGS (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | \
		    ZX_VM_CAN_MAP_EXECUTE | ZX_VM_CAN_MAP_SPECIFIC)

static struct slab_cache aspace_cache;

void vmar_init_module(void)
{
	slab_cache_init(&aspace_cache, "aspace", sizeof(struct aspace));
	mapping_init_module();
	vmar_init_cache();
}

zx_status_t aspace_create(const char *name, struct aspace **out)
{
	struct aspace *as = slab_alloc(&aspace_cache);
	zx_status_t status;

	if (!as)
		return ZX_ERR_NO_MEMORY;
	memset(as, 0, sizeof(*as));
	as->base = USER_ASPACE_BASE;
	as->size = USER_ASPACE_TOP - USER_ASPACE_BASE;
	as->ref_count = 1;
	mutex_init(&as->lock, LOCK_ASPACE);
	random_draw(&as->random, sizeof(as->random));
	memcpy(as->name, name, strnlen(name, sizeof(as->name) - 1));
	status = arch_aspace_init(&as->arch);
	if (status != ZX_OK)
		goto free_aspace;
	as->root = vmar_create(as, NULL, as->base, as->size, ROOT_FLAGS);
	if (!as->root) {
		status = ZX_ERR_NO_MEMORY;
		goto free_tables;
	}
	*out = as;
	return ZX_OK;

free_tables:
	arch_aspace_destroy(&as->arch);
free_aspace:
	slab_free(&aspace_cache, as);
	return status;
}

static void free_root(struct epoch_head *h)
{
	object_unref(&container_of(h, struct vmar, epoch)->object);
}

void aspace_destroy(struct aspace *as)
{
	struct vmar *root;

	mutex_lock(&as->lock);
	root = as->root;
	if (root->alive)
		vmar_destroy_locked(root);
	/* Release: a reader that still finds the root finds it empty. */
	__atomic_store_n(&as->root, NULL, __ATOMIC_RELEASE);
	mutex_unlock(&as->lock);
	epoch_defer(&root->epoch, free_root);
	aspace_unref(as);
}

/* Relaxed: who adds a reference holds one. */
void aspace_ref(struct aspace *as)
{
	__atomic_fetch_add(&as->ref_count, 1, __ATOMIC_RELAXED);
}

/* Acquire-release: all that other holders did comes before the end. */
void aspace_unref(struct aspace *as)
{
	if (__atomic_sub_fetch(&as->ref_count, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	arch_aspace_destroy(&as->arch);
	slab_free(&aspace_cache, as);
}

/*
 * Lock-free: the caller stands in an epoch, so every tree node, VMAR and
 * mapping it meets stays allocated. The acquire on the root pairs with the
 * release in aspace_destroy() and with the publication of the aspace itself.
 */
struct mapping *aspace_lookup_mapping(struct aspace *as, uaddr_t va)
{
	const struct vmar *v = __atomic_load_n(&as->root, __ATOMIC_ACQUIRE);
	u64 page = va >> PAGE_SHIFT;

	if (!v)
		return NULL;
	/* What is not in the aspace is not in its tree. */
	for (;;) {
		struct rt_slot s = rtree_lookup(&v->children, page);

		if (rt_slot_type(s) == RT_MAPPING)
			return mapping_from_slot(s);
		if (rt_slot_type(s) != RT_VMAR)
			return NULL;
		v = vmar_from_slot(s);
	}
}

struct mapping *aspace_find_mapping(struct aspace *as, uaddr_t va)
{
	struct mapping *m;

	epoch_enter();
	m = aspace_lookup_mapping(as, va);
	if (m && !mapping_ref(m))
		m = NULL;
	epoch_exit();
	return m;
}

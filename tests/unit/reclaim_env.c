/* What the tests of memory pressure share. */
#include <kernel/epoch.h>
#include <kernel/port.h>
#include <mm/slab.h>

#include "reclaim_env.h"

u64 env_number(const char *name, u64 fallback)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : fallback;
}

int env_boot(void **state)
{
	u64 seed = env_number("SEED", 1);

	(void)state;
	fake_boot(&(struct fake_options){ .cpu_count = CPUS, .ram_bytes = 12ul << 20,
					  .asid_bits = 3, .seed = seed });
	mm_init();
	port_init();
	print_message("# seed %lu\n", (unsigned long)seed);
	return 0;
}

struct vmo *new_vmo(u64 pages, u32 options)
{
	struct vmo *v;

	assert_int_equal(vmo_create(pages * PAGE_SIZE, options, &v), ZX_OK);
	return v;
}

struct vmo *new_discardable(u64 pages)
{
	return new_vmo(pages, ZX_VMO_DISCARDABLE | ZX_VMO_RESIZABLE);
}

void drop(struct vmo *v)
{
	object_unref(&v->object);
}

bool lock(struct vmo *v)
{
	struct vmo_lock_receipt r;
	u64 size = vmo_get_size(v);

	assert_int_equal(vmo_lock(v, 0, size, &r), ZX_OK);
	assert_int_equal(r.state.size, size);
	assert_true(r.state.discarded_size == 0 ||
		    r.state.discarded_size == size);
	return r.state.discarded_size != 0;
}

void unlock(struct vmo *v)
{
	assert_int_equal(vmo_unlock(v, 0, vmo_get_size(v)), ZX_OK);
}

zx_status_t put(struct vmo *v, u64 page, u64 value)
{
	return vmo_write_kernel(v, &value, page * PAGE_SIZE, sizeof(value));
}

zx_status_t get(struct vmo *v, u64 page, u64 *value)
{
	return vmo_read_kernel(v, value, page * PAGE_SIZE, sizeof(*value));
}

void fill(struct vmo *v, u64 pages, u64 value)
{
	for (u64 i = 0; i < pages; i++)
		assert_int_equal(put(v, i, value + i), ZX_OK);
}

struct vmo *new_unlocked(u64 pages, u64 value)
{
	struct vmo *v = new_discardable(pages);

	(void)lock(v);
	fill(v, pages, value);
	unlock(v);
	return v;
}

bool is_discarded(struct vmo *v)
{
	u64 value;
	zx_status_t status = get(v, 0, &value);

	assert_true(status == ZX_OK || status == ZX_ERR_NOT_FOUND);
	return status == ZX_ERR_NOT_FOUND;
}

struct aspace *new_aspace(void)
{
	struct aspace *as;

	assert_int_equal(aspace_create("test", &as), ZX_OK);
	return as;
}

void map_at(struct aspace *as, uaddr_t va, u64 pages, struct vmo *v,
		   u32 prot)
{
	struct vmar_placement where = { ZX_VM_SPECIFIC, va - as->base,
					pages * PAGE_SIZE };
	uaddr_t got;

	assert_int_equal(vmar_map(as->root, &where, v, 0, prot, prot, false,
				  &got), ZX_OK);
}

u64 used_frames(void)
{
	epoch_drain();
	pt_stock_release();
	return pmm_total_count() - pmm_free_count() - slab_total_pages();
}

u64 ask_beyond(u64 frames)
{
	return mm_reclaim(pmm_free_count() + frames);
}

zx_status_t commit(struct vmo *v, u64 first, u64 pages)
{
	return vmo_commit_range(v, first * PAGE_SIZE, pages * PAGE_SIZE, false);
}

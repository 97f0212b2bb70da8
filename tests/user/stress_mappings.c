/*
 * A process with very many mappings, and how they go: all at once by unmap, with
 * their VMAR, or with the process.
 *
 * 100,000 of them, a million where memory is larger than 2 GiB (`scripts/regress
 * --mem 3G`), fewer where it is small. Bounded stacks are the debug build's to
 * see: it stops when a kernel stack is used up.
 */
#include <stdlib.h>

#include "stress_util.h"

#define USUAL_COUNT 100000u
#define FULL_COUNT 1000000u
#define FULL_MEMORY_PAGES (2ul << (30 - 12))
/* Of kernel memory for a mapping, with its part of tables and trees. */
#define MAPPING_BYTES 512u
#define MANY_VMOS 500u
/* Every so many mappings one is touched, so that it has an entry; of those of
 * many VMOs, which are fewer, each is. */
#define TOUCHED 16u

/* Mappings of a page each, side by side. */
struct field {
	zx_handle_t vmar;
	zx_vaddr_t base;
	uint64_t count;
	uint32_t vmo_count;
	zx_handle_t vmos[MANY_VMOS];
};

/* Never the page behind the left neighbour's: these do not become one. */
static uint64_t vmo_page(uint64_t i)
{
	return 2 - i % 3;
}

static uint64_t field_size(void)
{
	bool full = memory_total_pages() >= FULL_MEMORY_PAGES;

	return stress_count(full ? FULL_COUNT : USUAL_COUNT, MAPPING_BYTES);
}

static bool field_fill(struct field *f)
{
	for (uint64_t i = 0; i < f->count; i++) {
		zx_vaddr_t at;

		if (!EXPECT_STATUS(zx_vmar_map(f->vmar, VM_RW | ZX_VM_SPECIFIC, i * PAGE,
					       f->vmos[i % f->vmo_count], vmo_page(i) * PAGE, PAGE,
					       &at), ZX_OK))
			return false;
	}
	return true;
}

static struct field *field_make(zx_handle_t parent, uint64_t count, uint32_t vmo_count)
{
	struct field *f = calloc(1, sizeof(*f));

	if (!EXPECT_TRUE(f != NULL))
		return NULL;
	f->count = count;
	f->vmo_count = vmo_count;
	for (uint32_t i = 0; i < vmo_count; i++)
		f->vmos[i] = vm_vmo_make(3, 0);
	if (EXPECT_STATUS(zx_vmar_allocate(parent, VM_CAN_ALL, 0, count * PAGE, &f->vmar,
					   &f->base), ZX_OK))
		field_fill(f);
	return f;
}

/* Each VMO has its share of the mappings. */
static void field_expect_counts(const struct field *f, bool mapped)
{
	for (uint32_t i = 0; i < f->vmo_count; i++) {
		uint64_t share = f->count / f->vmo_count + (i < f->count % f->vmo_count);

		EXPECT_EQ(vm_vmo_info(f->vmos[i]).num_mappings, mapped ? share : 0);
	}
}

/* Some of them, from the first to the last, show what they should. */
static void field_look(const struct field *f)
{
	for (uint64_t i = 0; i < f->count; i += f->vmo_count > 1 ? 1 : TOUCHED)
		if (!EXPECT_EQ(vm_load(f->base + i * PAGE), VM_STAMP(vmo_page(i))))
			return;
	vm_store(f->base + (f->count - 1) * PAGE, 4711);
	EXPECT_EQ(vm_vmo_get(f->vmos[(f->count - 1) % f->vmo_count], vmo_page(f->count - 1)),
		  4711);
}

/* Nothing is there any more, but the VMOs have their content. */
static void field_drop(struct field *f)
{
	field_expect_counts(f, false);
	EXPECT_EQ(vm_vmo_get(f->vmos[0], vmo_page(f->count)), VM_STAMP(vmo_page(f->count)));
	for (uint32_t i = 0; i < f->vmo_count; i++)
		zx_handle_close(f->vmos[i]);
	zx_handle_close(f->vmar);
	free(f);
}

enum way { BY_UNMAP, BY_DESTROY };

static void run(uint64_t count, uint32_t vmo_count, enum way way)
{
	struct field *f = field_make(zx_vmar_root_self(), count, vmo_count);

	if (!f)
		return;
	field_expect_counts(f, true);
	field_look(f);
	if (way == BY_UNMAP)
		EXPECT_STATUS(zx_vmar_unmap(f->vmar, f->base, f->count * PAGE), ZX_OK);
	else
		EXPECT_STATUS(zx_vmar_destroy(f->vmar), ZX_OK);
	if (way == BY_UNMAP)
		EXPECT_STATUS(vm_probe_read(f->base), ZX_ERR_NOT_FOUND);
	zx_vmar_destroy(f->vmar);
	jx_note("%llu mappings of %u VMOs", (unsigned long long)count, vmo_count);
	field_drop(f);
}

JX_TEST(stress_mappings_of_one_vmo_unmapped)
{
	run(field_size(), 1, BY_UNMAP);
}

JX_TEST(stress_mappings_of_one_vmo_destroyed)
{
	run(field_size(), 1, BY_DESTROY);
}

JX_TEST(stress_mappings_of_many_vmos_unmapped)
{
	run(field_size() / 4, MANY_VMOS, BY_UNMAP);
}

JX_TEST(stress_mappings_of_many_vmos_destroyed)
{
	run(field_size() / 4, MANY_VMOS, BY_DESTROY);
}

/* What the child is told; it has no variables of its own. */
struct order {
	zx_vaddr_t base;
	uint64_t count;
	uint64_t wrong;
};

static void touch_and_end(zx_handle_t unused, uintptr_t arg)
{
	struct order *o = (struct order *)arg;

	(void)unused;
	for (uint64_t i = 0; i < o->count; i += TOUCHED)
		o->wrong += vm_load(o->base + i * PAGE) != VM_STAMP(vmo_page(i));
	zx_process_exit(3);
}

/* The process ends by itself, with all its mappings. */
static void run_in_child(uint64_t count, uint32_t vmo_count)
{
	zx_handle_t shared = vm_vmo_make(1, 0);
	struct order *o = (struct order *)vm_map(shared, VM_RW, 1);
	struct vm_child child;
	struct field *f;

	if (!vm_child_make(&child))
		return;
	f = field_make(child.vmar, count, vmo_count);
	if (!f)
		return;
	*o = (struct order){ f->base, f->count, 0 };
	field_expect_counts(f, true);
	EXPECT_TRUE(vm_child_start(&child, touch_and_end, vm_child_map(&child, shared, VM_RW, 1)));
	EXPECT_EQ(vm_child_finish(&child), 3);
	EXPECT_EQ(o->wrong, 0);
	field_drop(f);
	vm_unmap((zx_vaddr_t)o, 1);
	zx_handle_close(shared);
}

JX_TEST(stress_mappings_of_one_vmo_end_with_their_process)
{
	run_in_child(field_size(), 1);
}

JX_TEST(stress_mappings_of_many_vmos_end_with_their_process)
{
	run_in_child(field_size() / 4, MANY_VMOS);
}

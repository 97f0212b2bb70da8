/*
 * What must hold between two steps of mm, where other threads run: made exact
 * by doing at those places what another CPU might do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <mm/vmar.h>

/* The fault handler's look-up is ours; it goes on to the real one. */
struct mapping *look_up(struct aspace *as, uaddr_t va);
#define aspace_lookup_mapping look_up
#include "../../mm/aspace.c"
#undef aspace_lookup_mapping

#include <arch/mmu.h>
#include <kernel/epoch.h>
#include <mm/fault.h>
#include <mm/pmm.h>
#include <mm/vmo_info.h>

#include "fake.h"
#include "fake_thread.h"

#define RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define BASE 0x100000000ul

static struct aspace *as;
/* Called once, between the look-up of a mapping and the try for its lock. */
static void (*after_look_up)(void);

struct mapping *aspace_lookup_mapping(struct aspace *space, uaddr_t va)
{
	struct mapping *m = look_up(space, va);
	void (*fn)(void) = after_look_up;

	after_look_up = NULL;
	if (fn)
		fn();
	return m;
}

static int boot(void **state)
{
	(void)state;
	fake_boot(&(struct fake_options){ .cpu_count = 2, .seed = 1 });
	mm_init();
	return 0;
}

static struct vmo *new_vmo(u64 pages)
{
	struct vmo *v;

	assert_int_equal(vmo_create(pages * PAGE_SIZE, 0, &v), ZX_OK);
	return v;
}

static void map_at(uaddr_t va, u64 pages, struct vmo *v)
{
	struct vmar_placement where = { ZX_VM_SPECIFIC, va - as->base,
					pages * PAGE_SIZE };
	uaddr_t got;

	assert_int_equal(vmar_map(as->root, &where, v, 0, RW, RW, false, &got),
			 ZX_OK);
}

/* --- A mapping that dies while a fault looks at it ------------------------- */

static struct vmo *victim;
static struct vmo *other;

static void unmap_victim(void *arg)
{
	(void)arg;
	assert_int_equal(vmar_unmap(as->root, BASE, PAGE_SIZE, true),
			 ZX_OK);
	object_unref(&victim->object);
}

/* CPU 1 removes mapping and VMO; CPU 0 is in its epoch all the time. */
static void remove_meanwhile(void)
{
	fake_cpu_start(1, unmap_victim, NULL);
	assert_int_equal(pthread_join(fake_threads[1].host, NULL), 0);
	arch_current()->resched = 1;
}

static void map_other(void *arg)
{
	(void)arg;
	epoch_drain();
	other = new_vmo(1);
	map_at(BASE + 16 * PAGE_SIZE, 1, other);
}

/* CPU 0's epoch has ended: the memory of both is free, and used again. */
static void reuse_memory(void)
{
	arch_current()->resched = 0;
	fake_resched_hook = NULL;
	fake_cpu_start(1, map_other, NULL);
	fake_cpu_join(1);
}

/* The fault finds nothing there any more, and touches nothing of others. */
static void test_fault_on_a_dying_mapping(void **state)
{
	u64 value;

	(void)state;
	assert_int_equal(aspace_create("test", &as), ZX_OK);
	victim = new_vmo(1);
	map_at(BASE, 1, victim);
	fake_enter_aspace(as);
	after_look_up = remove_meanwhile;
	fake_resched_hook = reuse_memory;
	assert_int_equal(mm_page_fault(as, BASE, PT_WRITE), ZX_ERR_NOT_FOUND);
	assert_int_equal(fake_user_load(BASE, &value), ZX_ERR_NOT_FOUND);
	assert_int_equal(vmo_committed_pages(other, 0, PAGE_SIZE), 0);
	fake_enter_aspace(NULL);
	aspace_destroy(as);
	object_unref(&other->object);
}

/* --- Between a protect's stores and its flush ------------------------------ */

static struct vmo *shown;
static struct vmo *snapshot;

static void decommit_shown(void *arg)
{
	(void)arg;
	assert_int_equal(vmo_decommit_range(shown, 0, PAGE_SIZE, false), ZX_OK);
}

static void snapshot_shown(void *arg)
{
	struct vmo_child want = { .kind = VMO_CHILD_SNAPSHOT,
				  .size = PAGE_SIZE };

	(void)arg;
	assert_int_equal(vmo_create_child(shown, &want, &snapshot), ZX_OK);
}

static void on_cpu_1(void (*fn)(void *))
{
	fake_cpu_start(1, fn, NULL);
	assert_int_equal(pthread_join(fake_threads[1].host, NULL), 0);
}

static void decommit_meanwhile(void)
{
	on_cpu_1(decommit_shown);
}

/* Once the snapshot is there no CPU may store to what it shares. */
static void snapshot_meanwhile(void)
{
	u64 value = 2;

	on_cpu_1(snapshot_shown);
	assert_false(fake_mmu_access(BASE, PT_WRITE, &value, sizeof(value)));
}

/* A neighbour keeps the table: an unlinked one is flushed under its lock. */
static void protect_with(u32 prot, void (*meanwhile)(void))
{
	struct vmo *neighbour = new_vmo(1);

	assert_int_equal(aspace_create("test", &as), ZX_OK);
	fake_enter_aspace(as);
	shown = new_vmo(1);
	map_at(BASE, 1, shown);
	map_at(BASE + PAGE_SIZE, 1, neighbour);
	assert_int_equal(fake_user_store(BASE, 1), ZX_OK);
	assert_int_equal(fake_user_store(BASE + PAGE_SIZE, 1), ZX_OK);
	fake_dsb_hook = meanwhile;
	assert_int_equal(vmar_protect(as->root, BASE, PAGE_SIZE, prot, false),
			 ZX_OK);
	assert_null(fake_dsb_hook);
	fake_enter_aspace(NULL);
	aspace_destroy(as);
	object_unref(&shown->object);
	object_unref(&neighbour->object);
}

/* The frame is free on return: the checker looks whether a TLB may show it. */
static void test_decommit_under_a_protect(void **state)
{
	(void)state;
	protect_with(0, decommit_meanwhile);
}

static void test_snapshot_under_a_protect(void **state)
{
	(void)state;
	protect_with(ZX_VM_PERM_READ, snapshot_meanwhile);
	object_unref(&snapshot->object);
}

/* --- Before a copier's flush is through ------------------------------------ */

static void write_snapshot(void *arg)
{
	u64 value = 99;

	(void)arg;
	assert_int_equal(vmo_write_kernel(snapshot, &value, 0, sizeof(value)),
			 ZX_OK);
}

/* CPU 0 still has the old entry: the sibling must not own the frame yet. */
static void sibling_writes_meanwhile(void)
{
	u64 value = 0;

	on_cpu_1(write_snapshot);
	if (fake_mmu_access(BASE, PT_READ, &value, sizeof(value)))
		assert_int_equal(value, 1);
}

static void test_sibling_writes_under_a_copy(void **state)
{
	u64 value;

	(void)state;
	assert_int_equal(aspace_create("test", &as), ZX_OK);
	fake_enter_aspace(as);
	shown = new_vmo(1);
	map_at(BASE, 1, shown);
	assert_int_equal(fake_user_store(BASE, 1), ZX_OK);
	snapshot_shown(NULL);
	assert_int_equal(fake_user_load(BASE, &value), ZX_OK);
	fake_dsb_hook = sibling_writes_meanwhile;
	assert_int_equal(fake_user_store(BASE, 2), ZX_OK);
	assert_null(fake_dsb_hook);
	assert_int_equal(vmo_read_kernel(snapshot, &value, 0, sizeof(value)),
			 ZX_OK);
	assert_int_equal(value, 99);
	fake_enter_aspace(NULL);
	aspace_destroy(as);
	object_unref(&snapshot->object);
	object_unref(&shown->object);
}

/* --- How long preemption stays off ----------------------------------------- */

static u64 breath_count;

static void breathe(void)
{
	breath_count++;
}

/* Calls fn with every place counted at which another thread could run. */
static u64 count_breaths(void (*fn)(struct vmo *), struct vmo *v)
{
	breath_count = 0;
	fake_resched_hook = breathe;
	arch_current()->resched = 1;
	fn(v);
	arch_current()->resched = 0;
	fake_resched_hook = NULL;
	return breath_count;
}

static void decommit(struct vmo *v)
{
	assert_int_equal(vmo_decommit_range(v, 0, PAGE_SIZE, false), ZX_OK);
}

/* One page in thousands of mappings: no batch looks at all of them. */
static void test_decommit_of_many_mappings(void **state)
{
	const u64 count = 2048;
	struct vmo *v = new_vmo(1);
	u64 value, few;

	(void)state;
	assert_int_equal(aspace_create("test", &as), ZX_OK);
	fake_enter_aspace(as);
	map_at(BASE, 1, v);
	assert_int_equal(fake_user_store(BASE, 1), ZX_OK);
	few = count_breaths(decommit, v);
	for (u64 i = 1; i < count; i++) {
		map_at(BASE + i * PAGE_SIZE, 1, v);
		assert_int_equal(fake_user_store(BASE + i * PAGE_SIZE, i),
				 ZX_OK);
	}
	assert_true(count_breaths(decommit, v) > few + count / 128);
	for (u64 i = 0; i < count; i++) {
		assert_int_equal(fake_user_load(BASE + i * PAGE_SIZE, &value),
				 ZX_OK);
		assert_int_equal(value, 0);
	}
	fake_enter_aspace(NULL);
	aspace_destroy(as);
	object_unref(&v->object);
}

/* A long list of frames goes back a stretch at a time. */
static struct page *many;

static void free_many(struct vmo *unused)
{
	(void)unused;
	pmm_free_list(many);
}

static void test_frames_go_back_in_stretches(void **state)
{
	u64 free_before = pmm_free_count();
	struct page *list;

	(void)state;
	assert_int_equal(pmm_alloc_list(5000, &many), ZX_OK);
	assert_true(count_breaths(free_many, NULL) >= 5000 / 1024);
	assert_int_equal(pmm_free_count(), free_before);
	assert_int_equal(pmm_alloc_list(free_before + 1, &list),
			 ZX_ERR_NO_MEMORY);
}

static void decommit_all(struct vmo *v)
{
	assert_int_equal(vmo_decommit_range(v, 0, vmo_get_size(v), false),
			 ZX_OK);
}

/* Many pages in each of some mappings: nor at all pages of all of them. */
static void test_decommit_of_wide_mappings(void **state)
{
	const u64 count = 32, pages = 512;
	struct vmo *v = new_vmo(pages);

	(void)state;
	assert_int_equal(aspace_create("test", &as), ZX_OK);
	fake_enter_aspace(as);
	for (u64 i = 0; i < count; i++) {
		map_at(BASE + i * pages * PAGE_SIZE, pages, v);
		for (u64 j = 0; j < pages; j++)
			assert_int_equal(fake_user_store(BASE +
					 (i * pages + j) * PAGE_SIZE, 1),
					 ZX_OK);
	}
	assert_true(count_breaths(decommit_all, v) > count * pages / 2048);
	fake_enter_aspace(NULL);
	aspace_destroy(as);
	object_unref(&v->object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fault_on_a_dying_mapping),
		cmocka_unit_test(test_decommit_under_a_protect),
		cmocka_unit_test(test_snapshot_under_a_protect),
		cmocka_unit_test(test_sibling_writes_under_a_copy),
		cmocka_unit_test(test_decommit_of_many_mappings),
		cmocka_unit_test(test_decommit_of_wide_mappings),
		cmocka_unit_test(test_frames_go_back_in_stretches),
	};

	return cmocka_run_group_tests(tests, boot, NULL);
}

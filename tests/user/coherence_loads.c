/* Cross-core truth, for accesses that programs make themselves: after the
 * call returned no CPU sees the old content, nor a frame's new owner. */
#include "coherence.h"

/* zx_vmar_op_range(DECOMMIT) under readers in two processes. */
JX_TEST(coherence_decommit)
{
	struct race r;

	if (!race_start(&r, RACE_LOADS))
		return;
	while (race_goes_on(&r)) {
		race_renew(&r);
		race_begin(&r);
		EXPECT_STATUS(zx_vmar_op_range(zx_vmar_root_self(), ZX_VMO_OP_DECOMMIT, r.page[0],
					       PAGE, NULL, 0), ZX_OK);
		race_end(&r);
		race_reuse_frames(&r);
		race_publish(&r, 2 * (r.generation + 1));
	}
	race_finish(&r);
}

/* zx_vmo_op_range(ZERO) and COMMIT, which change frames as well. */
JX_TEST(coherence_zero_and_commit)
{
	struct race r;

	if (!race_start(&r, RACE_LOADS))
		return;
	while (race_goes_on(&r)) {
		race_renew(&r);
		race_begin(&r);
		EXPECT_STATUS(zx_vmo_op_range(r.vmo, ZX_VMO_OP_ZERO, 0, PAGE, NULL, 0), ZX_OK);
		race_end(&r);
		race_reuse_frames(&r);
		race_publish(&r, 2 * (r.generation + 1));
		/* The zero page gives way to a frame that must be zero too. */
		EXPECT_STATUS(zx_vmo_op_range(r.vmo, ZX_VMO_OP_COMMIT, 0, PAGE, NULL, 0), ZX_OK);
		race_let_look(&r);
	}
	race_finish(&r);
}

/* Puts another VMO in the page's place, in all mappings of both processes. */
static void overwrite(const struct race *r, zx_handle_t vmo)
{
	const zx_vm_option_t options = VM_RW | ZX_VM_SPECIFIC_OVERWRITE;
	zx_info_vmar_t mine = { 0 }, theirs = { 0 };
	zx_vaddr_t address;

	zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &mine, sizeof(mine), NULL, NULL);
	zx_object_get_info(r->child.vmar, ZX_INFO_VMAR, &theirs, sizeof(theirs), NULL, NULL);
	for (int i = 0; i < 2; i++) {
		EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), options, r->page[i] - mine.base,
					  vmo, 0, PAGE, &address), ZX_OK);
		EXPECT_STATUS(zx_vmar_map(r->child.vmar, options,
					  r->control->child_page[i] - theirs.base, vmo, 0, PAGE,
					  &address), ZX_OK);
	}
}

/* zx_vmar_map(SPECIFIC_OVERWRITE): the readers never fault over the switch,
 * and the old VMO, which nothing holds any more, gives its frame away. */
JX_TEST(coherence_overwrite)
{
	struct race r;

	if (!race_start(&r, RACE_LOADS))
		return;
	while (race_goes_on(&r)) {
		zx_handle_t next, old = r.vmo;

		race_renew(&r);
		if (!EXPECT_STATUS(zx_vmo_create(PAGE, ZX_VMO_RESIZABLE, &next), ZX_OK))
			break;
		vm_vmo_set(next, 0, ++r.generation);
		race_begin(&r);
		overwrite(&r, next);
		race_end(&r);
		zx_handle_close(old);
		r.vmo = next;
		race_reuse_frames(&r);
		race_publish(&r, 2 * r.generation);
	}
	race_finish(&r);
}

/* --- Readers that die ------------------------------------------------------- */

/* What a victim and the test share. */
struct victim {
	uint64_t sequence;
	uint64_t forbidden;	/* set when the page must be gone */
	uint64_t seen_after;	/* accesses that succeeded after that */
	zx_vaddr_t page;
};

static void store_until_death(zx_handle_t unused, uintptr_t arg)
{
	struct victim *v = (struct victim *)arg;

	(void)unused;
	for (;;) {
		uint64_t forbidden = __atomic_load_n(&v->forbidden, __ATOMIC_ACQUIRE);

		vm_store(v->page, v->sequence);
		v->seen_after += forbidden;
		__atomic_store_n(&v->sequence, v->sequence + 1, __ATOMIC_RELEASE);
	}
}

static void wait_for_store(const struct victim *v, uint64_t above)
{
	while (__atomic_load_n(&v->sequence, __ATOMIC_ACQUIRE) <= above)
		zx_nanosleep(0);
}

/* Takes the page from a process that stores to it without end; true if a
 * store happened during the call. */
static bool take_page(bool unmap)
{
	zx_handle_t shared = vm_vmo_make(1, 0), vmo = vm_vmo_make(1, 0);
	struct victim *v = (struct victim *)vm_map(shared, VM_RW, 1);
	struct vm_child child;
	uint64_t before;
	bool open;

	*v = (struct victim){ 0 };
	if (!vm_child_make(&child))
		return false;
	v->page = vm_child_map(&child, vmo, VM_RW, 1);
	vm_child_start(&child, store_until_death, vm_child_map(&child, shared, VM_RW, 1));
	wait_for_store(v, 1);
	before = __atomic_load_n(&v->sequence, __ATOMIC_ACQUIRE);
	if (unmap)
		EXPECT_STATUS(zx_vmar_unmap(child.vmar, v->page, PAGE), ZX_OK);
	else
		EXPECT_STATUS(zx_vmar_protect(child.vmar, VM_R, v->page, PAGE), ZX_OK);
	open = __atomic_load_n(&v->sequence, __ATOMIC_ACQUIRE) != before;
	__atomic_store_n(&v->forbidden, 1, __ATOMIC_RELEASE);
	vm_vmo_set(vmo, 0, FOREIGN);
	EXPECT_EQ(vm_child_finish(&child), ZX_TASK_RETCODE_EXCEPTION_KILL);
	EXPECT_EQ(v->seen_after, 0);
	EXPECT_EQ(vm_vmo_get(vmo, 0), FOREIGN);
	vm_unmap((zx_vaddr_t)v, 1);
	zx_handle_close(vmo);
	zx_handle_close(shared);
	return open;
}

/* Unmap and protect end a process's access: it dies of the next one. */
JX_TEST(coherence_victims_die)
{
	int open = 0;

	if (zx_system_get_num_cpus() == 1) {
		jx_skip("one CPU cannot race");
		return;
	}
	for (int round = 0; round < 10; round++)
		open += take_page(round & 1);
	jx_note("10 calls, the victim stored during %d of them", open);
	if (open == 0)
		jx_fail("the race was never open");
}

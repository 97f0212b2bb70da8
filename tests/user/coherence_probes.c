/* Cross-core truth, for accesses by system calls on the program's behalf,
 * which fail where the program would die: unmap, protect, shrink. */
#include "coherence.h"

static zx_vaddr_t root_base(zx_handle_t vmar)
{
	zx_info_vmar_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(vmar, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	return info.base;
}

static void unmap_all(const struct race *r)
{
	for (int i = 0; i < 2; i++) {
		EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), r->page[i], PAGE), ZX_OK);
		EXPECT_STATUS(zx_vmar_unmap(r->child.vmar, r->control->child_page[i], PAGE),
			      ZX_OK);
	}
}

static void map_all(const struct race *r, zx_vaddr_t mine, zx_vaddr_t theirs)
{
	const zx_vm_option_t options = VM_RW | ZX_VM_SPECIFIC;
	zx_vaddr_t address;

	for (int i = 0; i < 2; i++) {
		EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), options, r->page[i] - mine, r->vmo,
					  0, PAGE, &address), ZX_OK);
		EXPECT_STATUS(zx_vmar_map(r->child.vmar, options,
					  r->control->child_page[i] - theirs, r->vmo, 0, PAGE,
					  &address), ZX_OK);
	}
}

JX_TEST(coherence_unmap_and_remap)
{
	zx_vaddr_t mine, theirs;
	struct race r;

	if (!race_start(&r, RACE_PROBES))
		return;
	mine = root_base(zx_vmar_root_self());
	theirs = root_base(r.child.vmar);
	while (race_goes_on(&r)) {
		race_renew(&r);
		race_begin(&r);
		unmap_all(&r);
		race_end(&r);
		EXPECT_STATUS(zx_vmo_op_range(r.vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0), ZX_OK);
		race_reuse_frames(&r);
		race_publish(&r, 2 * r.generation + 1);
		race_let_look(&r);
		/* Before it is true again, the promise is taken back. */
		race_publish(&r, 2 * (r.generation + 1));
		map_all(&r, mine, theirs);
	}
	race_finish(&r);
}

static void protect_all(const struct race *r, zx_vm_option_t perm)
{
	for (int i = 0; i < 2; i++) {
		EXPECT_STATUS(zx_vmar_protect(zx_vmar_root_self(), perm, r->page[i], PAGE), ZX_OK);
		EXPECT_STATUS(zx_vmar_protect(r->child.vmar, perm, r->control->child_page[i],
					      PAGE), ZX_OK);
	}
}

/* Readers that write: once protect returned the page is the test's alone. */
JX_TEST(coherence_protect_stops_writers)
{
	struct race r;

	if (!race_start(&r, RACE_PROBES_WRITE))
		return;
	while (race_goes_on(&r)) {
		race_let_look(&r);
		race_begin(&r);
		protect_all(&r, VM_R);
		race_end(&r);
		vm_vmo_set(r.vmo, 0, FOREIGN);
		race_publish(&r, 2 * ++r.generation + 1);
		race_let_look(&r);
		EXPECT_EQ(vm_vmo_get(r.vmo, 0), FOREIGN);
		race_publish(&r, 2 * r.generation);
		protect_all(&r, VM_RW);
	}
	race_finish(&r);
}

JX_TEST(coherence_protect_stops_readers)
{
	struct race r;

	if (!race_start(&r, RACE_PROBES))
		return;
	while (race_goes_on(&r)) {
		race_renew(&r);
		race_begin(&r);
		protect_all(&r, 0);
		race_end(&r);
		race_publish(&r, 2 * r.generation + 1);
		race_let_look(&r);
		race_publish(&r, 2 * (r.generation + 1));
		vm_vmo_set(r.vmo, 0, ++r.generation);
		protect_all(&r, VM_RW);
	}
	race_finish(&r);
}

JX_TEST(coherence_shrink_and_grow)
{
	struct race r;

	if (!race_start(&r, RACE_PROBES))
		return;
	while (race_goes_on(&r)) {
		race_renew(&r);
		race_begin(&r);
		EXPECT_STATUS(zx_vmo_set_size(r.vmo, 0), ZX_OK);
		race_end(&r);
		race_reuse_frames(&r);
		race_publish(&r, 2 * r.generation + 1);
		race_let_look(&r);
		race_publish(&r, 2 * (r.generation + 1));
		EXPECT_STATUS(zx_vmo_set_size(r.vmo, PAGE), ZX_OK);
	}
	race_finish(&r);
}

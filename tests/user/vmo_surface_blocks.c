/*
 * Contiguous memory under mappings that the kernel may serve with entries of
 * 2 MiB: parts of such an entry change, and the rest stays as it was.
 */
#include <stdatomic.h>

#include <jx/thread.h>
#include <zircon/jx.h>

#include "dev_util.h"

#define BLOCK (2ul << 20)
#define BLOCKS 3ul
#define BLOCK_PAGES (BLOCK / PAGE)
#define PAGES (BLOCKS * BLOCK_PAGES)

struct big {
	zx_handle_t bti;
	zx_handle_t vmo;
	zx_handle_t vmar;
	zx_vaddr_t base;
};

/* A region as large and as aligned as the memory, which is mapped `shift` pages
 * from its beginning. */
static bool big_make(struct big *b, uint64_t shift)
{
	zx_vaddr_t at = 0;

	b->bti = dev_bti();
	return EXPECT_STATUS(zx_vmo_create_contiguous(b->bti, BLOCKS * BLOCK, 21, &b->vmo),
			     ZX_OK) &&
	       EXPECT_STATUS(zx_vmar_allocate(zx_vmar_root_self(), VM_CAN_ALL | ZX_VM_ALIGN_2MB, 0,
					      (BLOCKS + 1) * BLOCK, &b->vmar, &b->base), ZX_OK) &&
	       EXPECT_STATUS(zx_vmar_map(b->vmar, VM_RW | ZX_VM_SPECIFIC, shift * PAGE, b->vmo, 0,
					 BLOCKS * BLOCK, &at), ZX_OK) &&
	       EXPECT_EQ(at, b->base + shift * PAGE);
}

static void big_drop(struct big *b)
{
	EXPECT_STATUS(zx_vmar_destroy(b->vmar), ZX_OK);
	zx_handle_close(b->vmar);
	zx_handle_close(b->vmo);
	dev_bti_drop(b->bti);
}

/* Every page shows its stamp, but those in [from, to). */
static void expect_stamps(zx_vaddr_t base, uint64_t from, uint64_t to)
{
	uint64_t wrong = 0;

	for (uint64_t i = 0; i < PAGES; i++)
		if (i < from || i >= to)
			wrong += vm_load(base + i * PAGE) != VM_STAMP(i);
	EXPECT_EQ(wrong, 0);
}

static void stamp_all(zx_vaddr_t base)
{
	for (uint64_t i = 0; i < PAGES; i++)
		vm_store(base + i * PAGE, VM_STAMP(i));
}

/* Entries that all CPUs have made so far. */
static uint64_t entries_set(void)
{
	jx_cpu_stats_t stats[8];
	size_t count = 0;
	uint64_t sum = 0;

	EXPECT_STATUS(jx_stat(JX_STAT_CPU, stats, sizeof(stats), &count), ZX_OK);
	for (size_t i = 0; i < count && i < 8; i++)
		sum += stats[i].counters[JX_CPU_PTES_SET];
	return sum;
}

JX_TEST(vmo_surface_blocks_take_few_entries)
{
	uint64_t before;
	struct big b;

	ASSERT_TRUE(big_make(&b, 0));
	before = entries_set();
	stamp_all(b.base);
	/* One for each block, and what else happens meanwhile. */
	EXPECT_TRUE(entries_set() - before < BLOCK_PAGES);
	expect_stamps(b.base, 0, 0);
	EXPECT_EQ(vm_vmo_get(b.vmo, PAGES - 1), VM_STAMP(PAGES - 1));
	big_drop(&b);
}

JX_TEST(vmo_surface_blocks_lose_a_page)
{
	const uint64_t hole = BLOCK_PAGES + 7;
	struct big b;

	ASSERT_TRUE(big_make(&b, 0));
	stamp_all(b.base);
	EXPECT_STATUS(zx_vmar_unmap(b.vmar, b.base + hole * PAGE, PAGE), ZX_OK);
	EXPECT_STATUS(vm_probe_read(b.base + hole * PAGE), ZX_ERR_NOT_FOUND);
	expect_stamps(b.base, hole, hole + 1);
	/* And more of it, over the border of two. */
	EXPECT_STATUS(zx_vmar_unmap(b.vmar, b.base + hole * PAGE, BLOCK), ZX_OK);
	EXPECT_STATUS(vm_probe_read(b.base + (hole + BLOCK_PAGES - 1) * PAGE), ZX_ERR_NOT_FOUND);
	expect_stamps(b.base, hole, hole + BLOCK_PAGES);
	big_drop(&b);
}

JX_TEST(vmo_surface_blocks_are_protected_in_part)
{
	const uint64_t first = BLOCK_PAGES - 3, count = 5;
	struct big b;

	ASSERT_TRUE(big_make(&b, 0));
	stamp_all(b.base);
	EXPECT_STATUS(zx_vmar_protect(b.vmar, VM_R, b.base + first * PAGE, count * PAGE), ZX_OK);
	for (uint64_t i = first - 1; i <= first + count; i++)
		EXPECT_STATUS(vm_probe_write(b.base + i * PAGE),
			      i >= first && i < first + count ? ZX_ERR_ACCESS_DENIED : ZX_OK);
	expect_stamps(b.base, 0, 0);
	/* All of a block, and back. */
	EXPECT_STATUS(zx_vmar_protect(b.vmar, VM_R, b.base, BLOCKS * BLOCK), ZX_OK);
	EXPECT_STATUS(vm_probe_write(b.base + 2 * BLOCK), ZX_ERR_ACCESS_DENIED);
	expect_stamps(b.base, 0, 0);
	EXPECT_STATUS(zx_vmar_protect(b.vmar, VM_RW, b.base, BLOCKS * BLOCK), ZX_OK);
	stamp_all(b.base);
	expect_stamps(b.base, 0, 0);
	big_drop(&b);
}

/* ZERO and writes by call are seen through it at once; so is another mapping
 * that no block fits. */
JX_TEST(vmo_surface_blocks_show_one_memory)
{
	struct big b, odd;

	ASSERT_TRUE(big_make(&b, 0));
	ASSERT_TRUE(big_make(&odd, 1));
	stamp_all(b.base);
	stamp_all(odd.base + PAGE);
	expect_stamps(odd.base + PAGE, 0, 0);
	EXPECT_STATUS(zx_vmo_op_range(b.vmo, ZX_VMO_OP_ZERO, 5 * PAGE, BLOCK, NULL, 0), ZX_OK);
	expect_stamps(b.base, 5, 5 + BLOCK_PAGES);
	for (uint64_t i = 5; i < 5 + BLOCK_PAGES; i += 50)
		EXPECT_EQ(vm_load(b.base + i * PAGE), 0);
	vm_vmo_set(b.vmo, 6, 66);
	EXPECT_EQ(vm_load(b.base + 6 * PAGE), 66);
	big_drop(&odd);
	big_drop(&b);
}

struct reader {
	zx_vaddr_t base;
	_Atomic bool stop;
};

static int read_stamps(void *arg)
{
	struct reader *r = arg;
	int wrong = 0;

	while (!r->stop)
		for (uint64_t i = 0; i < PAGES; i += 13)
			wrong += vm_load(r->base + i * PAGE) != VM_STAMP(i);
	return wrong;
}

/* Blocks are taken down and come back while other CPUs read what is in them:
 * nobody faults for good, nobody reads another page. */
JX_TEST(vmo_surface_blocks_under_the_eyes_of_readers)
{
	struct jx_thread threads[2];
	struct reader r = { 0 };
	struct big b;

	ASSERT_TRUE(big_make(&b, 0));
	stamp_all(b.base);
	r.base = b.base;
	for (int i = 0; i < 2; i++)
		ASSERT_STATUS(jx_thread_create(&threads[i], "reader", read_stamps, &r), ZX_OK);
	for (uint64_t i = 0; i < 150; i++) {
		zx_vaddr_t at = b.base + i * 11 % PAGES * PAGE;

		EXPECT_STATUS(zx_vmar_protect(b.vmar, VM_R, at, PAGE), ZX_OK);
		EXPECT_STATUS(vm_probe_write(at), ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(zx_vmar_protect(b.vmar, VM_RW, b.base, BLOCKS * BLOCK), ZX_OK);
		vm_store(at, vm_load(at));
	}
	r.stop = true;
	for (int i = 0; i < 2; i++) {
		int wrong = -1;

		EXPECT_STATUS(jx_thread_join(&threads[i], &wrong), ZX_OK);
		EXPECT_EQ(wrong, 0);
	}
	expect_stamps(b.base, 0, 0);
	big_drop(&b);
}

/* The memory is another's as soon as it is given back. */
JX_TEST(vmo_surface_blocks_come_and_go)
{
	for (int round = 0; round < 20; round++) {
		struct big b;

		ASSERT_TRUE(big_make(&b, 0));
		EXPECT_EQ(vm_load(b.base + round * PAGE), 0);
		vm_store(b.base + round * PAGE, 1);
		vm_store(b.base + BLOCK + round * PAGE, 2);
		EXPECT_STATUS(zx_vmar_unmap(b.vmar, b.base, BLOCKS * BLOCK), ZX_OK);
		EXPECT_STATUS(vm_probe_read(b.base + round * PAGE), ZX_ERR_NOT_FOUND);
		big_drop(&b);
	}
}

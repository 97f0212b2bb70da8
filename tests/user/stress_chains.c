/*
 * Snapshots of snapshots and slices of slices, 1,000 deep: each level writes a
 * page of its own, all is read and written through the deepest, and they go in
 * every order. No call may cost what the chain is long, nor recurse along it.
 */
#include <stdlib.h>

#include "conf_vmo_util.h"
#include "stress_util.h"

#define DEPTH 1000u
/* A level's page, its nodes of the page tree, the object. */
#define LEVEL_BYTES (24u << 10)

/* What level i writes to its page. */
#define WORD(i) (0x1e7e100000000000ul + (i))

struct chain {
	uint32_t depth;
	/* Of each snapshot; level i writes page i % pages. */
	uint32_t pages;
	zx_handle_t level[DEPTH];
};

static struct chain *chain_make(uint32_t pages)
{
	struct chain *c = calloc(1, sizeof(*c));

	if (!EXPECT_TRUE(c != NULL))
		return NULL;
	c->depth = (uint32_t)stress_count(DEPTH, LEVEL_BYTES);
	c->pages = pages < c->depth ? pages : c->depth;
	return c;
}

static zx_handle_t deepest(const struct chain *c)
{
	return c->level[c->depth - 1];
}

/* Closes the levels in an order. Those that are left know nothing of it. */
static void chain_drop(struct chain *c, enum stress_order which)
{
	uint32_t *order = calloc(c->depth, sizeof(*order));

	if (!EXPECT_TRUE(order != NULL))
		return;
	stress_make_order(which, order, c->depth);
	for (uint32_t i = 0; i < c->depth; i++) {
		uint32_t last = order[c->depth - 1];

		EXPECT_STATUS(zx_handle_close(c->level[order[i]]), ZX_OK);
		if (i % 64 == 0 && i + 1 < c->depth && c->pages == c->depth)
			EXPECT_EQ(vm_vmo_get(c->level[last], 0), WORD(0));
	}
	free(order);
	free(c);
}

/* --- Snapshots ---------------------------------------------------------------- */

/* Level i is a snapshot of level i - 1, and writes a page. */
static struct chain *snapshots(uint32_t pages)
{
	struct chain *c = chain_make(pages);

	if (!c)
		return NULL;
	for (uint32_t i = 0; i < c->depth; i++) {
		c->level[i] = i == 0 ? conf_vmo(c->pages, 0)
				     : conf_snap(c->level[i - 1], 0, c->pages);
		vm_vmo_set(c->level[i], i % c->pages, WORD(i));
	}
	return c;
}

/* Every level sees what stood there when it was taken, and that alone. */
static void expect_levels(const struct chain *c)
{
	for (uint32_t i = 0; i < c->depth; i += 37) {
		EXPECT_EQ(vm_vmo_get(c->level[i], 0), WORD(0));
		EXPECT_EQ(vm_vmo_get(c->level[i], i), WORD(i));
		if (i + 1 < c->depth)
			EXPECT_EQ(vm_vmo_get(c->level[i], i + 1), 0);
	}
	for (uint32_t i = 0; i < c->depth; i++)
		EXPECT_EQ(vm_vmo_get(deepest(c), i), WORD(i));
}

/* Every level tells of itself, and together they are charged for each frame
 * once: as a whole, or in parts, each of which rounds down to bytes. */
static void expect_infos(const struct chain *c)
{
	uint64_t charged = 0;

	for (uint32_t i = 0; i < c->depth; i++) {
		zx_info_vmo_t info = vm_vmo_info(c->level[i]);

		EXPECT_EQ(info.num_children, i + 1 < c->depth);
		EXPECT_EQ(info.size_bytes, c->pages * PAGE);
		charged += info.committed_bytes;
	}
	EXPECT_TRUE(charged <= c->depth * PAGE);
	EXPECT_TRUE(charged + (uint64_t)c->depth * c->pages >= c->depth * PAGE);
}

/* A write below is seen there alone. */
static void write_deepest(const struct chain *c)
{
	zx_vaddr_t at = vm_map(deepest(c), VM_RW, c->depth);

	for (uint32_t i = 1; i + 1 < c->depth; i++) {
		EXPECT_EQ(vm_load(at + i * PAGE), WORD(i));
		vm_store(at + i * PAGE, i);
	}
	EXPECT_EQ(vm_vmo_get(deepest(c), 1), 1);
	EXPECT_EQ(vm_vmo_get(c->level[c->depth - 2], 1), WORD(1));
	EXPECT_EQ(vm_vmo_get(c->level[1], 1), WORD(1));
	vm_unmap(at, c->depth);
}

static void run_snapshots(enum stress_order which)
{
	struct chain *c = snapshots(DEPTH);

	if (!c)
		return;
	expect_levels(c);
	write_deepest(c);
	chain_drop(c, which);
}

JX_TEST(stress_snapshot_chain_closed_oldest_first)
{
	run_snapshots(OLDEST_FIRST);
}

JX_TEST(stress_snapshot_chain_closed_newest_first)
{
	run_snapshots(NEWEST_FIRST);
}

JX_TEST(stress_snapshot_chain_closed_in_random_order)
{
	run_snapshots(RANDOM_ORDER);
}

/* Pages are rewritten by later levels, so that each level sees the writes of the
 * last so many. */
JX_TEST(stress_snapshot_chain_tells_of_each_level)
{
	const uint32_t info_pages = 32;
	struct chain *c = snapshots(info_pages);

	ASSERT_TRUE(c != NULL && c->pages == info_pages);
	expect_infos(c);
	for (uint32_t i = info_pages; i < c->depth; i += 37) {
		EXPECT_EQ(vm_vmo_get(c->level[i], i % info_pages), WORD(i));
		EXPECT_EQ(vm_vmo_get(c->level[i], (i + 1) % info_pages),
			  WORD(i + 1 - info_pages));
	}
	chain_drop(c, RANDOM_ORDER);
}

/* --- Slices ------------------------------------------------------------------- */

/* Level i is a slice of level i - 1 without its first page, so that its own page
 * 0 is page i of the first; page 0 says WORD(0) to all that ask chain_drop(). */
static struct chain *slices(void)
{
	struct chain *c = chain_make(DEPTH);

	if (!c)
		return NULL;
	for (uint32_t i = 0; i < c->depth; i++) {
		c->level[i] = i == 0 ? conf_vmo(c->depth, 0)
				     : conf_child(c->level[i - 1], CONF_SLICE, 1, c->depth - i);
		vm_vmo_set(c->level[i], 0, WORD(i));
	}
	return c;
}

static void expect_slices(const struct chain *c)
{
	zx_vaddr_t at = vm_map(deepest(c), VM_RW, 1);

	for (uint32_t i = 0; i < c->depth; i++) {
		zx_info_vmo_t info = vm_vmo_info(c->level[i]);

		EXPECT_EQ(vm_vmo_get(c->level[0], i), WORD(i));
		EXPECT_EQ(info.num_children, i + 1 < c->depth);
		EXPECT_EQ(info.size_bytes, (c->depth - i) * PAGE);
	}
	vm_store(at, 99);
	for (uint32_t i = 0; i < c->depth; i += 13)
		EXPECT_EQ(vm_vmo_get(c->level[i], c->depth - 1 - i), 99);
	EXPECT_STATUS(conf_op(deepest(c), ZX_VMO_OP_ZERO, 0, PAGE), ZX_OK);
	EXPECT_EQ(vm_load(at), 0);
	vm_unmap(at, 1);
	for (uint32_t i = 0; i < c->depth; i++)
		vm_vmo_set(c->level[i], 0, WORD(0));
}

static void run_slices(enum stress_order which)
{
	struct chain *c = slices();

	if (!c)
		return;
	expect_slices(c);
	chain_drop(c, which);
}

JX_TEST(stress_slice_chain_closed_oldest_first)
{
	run_slices(OLDEST_FIRST);
}

JX_TEST(stress_slice_chain_closed_newest_first)
{
	run_slices(NEWEST_FIRST);
}

JX_TEST(stress_slice_chain_closed_in_random_order)
{
	run_slices(RANDOM_ORDER);
}

/* --- Death of the process ------------------------------------------------------- */

/* In a child without variables: makes the chain below the VMO that it is given,
 * keeps all handles, and ends with 7 if every level was made and shows its page. */
static void build_and_end(zx_handle_t vmo, uint32_t options, uint64_t depth)
{
	zx_handle_t level = vmo;
	int64_t result = 7;

	for (uint64_t i = 1; i < depth; i++) {
		uint64_t word = i, seen = 0;

		if (zx_vmo_create_child(level, options, 0, depth * PAGE, &level) != ZX_OK ||
		    zx_vmo_write(level, &word, i * PAGE, sizeof(word)) != ZX_OK ||
		    zx_vmo_read(level, &seen, (i - 1) * PAGE, sizeof(seen)) != ZX_OK ||
		    seen != i - 1)
			result = 8;
	}
	zx_process_exit(result);
}

static void snapshot_and_end(zx_handle_t vmo, uintptr_t depth)
{
	build_and_end(vmo, CONF_SNAPSHOT, depth);
}

static void slice_and_end(zx_handle_t vmo, uintptr_t depth)
{
	build_and_end(vmo, CONF_SLICE, depth);
}

static void run_in_child(vm_child_fn fn, bool shared)
{
	uint64_t depth = stress_count(DEPTH, LEVEL_BYTES);
	zx_handle_t vmo = conf_vmo(depth, 0), copy = vm_dup(vmo, ZX_RIGHT_SAME_RIGHTS);
	struct vm_child child;

	if (!vm_child_make(&child))
		return;
	EXPECT_STATUS(zx_process_start(child.process, child.thread, (zx_vaddr_t)fn,
				       child.stack_top, copy, depth), ZX_OK);
	EXPECT_EQ(vm_child_finish(&child), 7);
	EXPECT_EQ(vm_vmo_info(vmo).num_children, 0);
	EXPECT_EQ(conf_signals(vmo), ZX_VMO_ZERO_CHILDREN);
	EXPECT_EQ(vm_vmo_get(vmo, depth - 1), shared ? depth - 1 : 0);
	zx_handle_close(vmo);
}

JX_TEST(stress_snapshot_chain_ends_with_its_process)
{
	run_in_child(snapshot_and_end, false);
}

JX_TEST(stress_slice_chain_ends_with_its_process)
{
	run_in_child(slice_and_end, true);
}

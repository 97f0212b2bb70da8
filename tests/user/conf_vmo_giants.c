/* Objects of the largest sizes, and families of them: spec/vmo.md 2.3, 18 line 19. */
#include "conf_vmo_util.h"

#define GIANT (PAGE << 40)
#define FAR ((1ul << 50) + 16)

static uint64_t get(zx_handle_t vmo, uint64_t offset)
{
	uint64_t word = ~0ul;

	EXPECT_STATUS(zx_vmo_read(vmo, &word, offset, 8), ZX_OK);
	return word;
}

static void put(zx_handle_t vmo, uint64_t offset, uint64_t word)
{
	EXPECT_STATUS(zx_vmo_write(vmo, &word, offset, 8), ZX_OK);
}

/* Read back, information, clones: all cheap. */
JX_TEST(vmo_2_3_r6_clones_of_a_giant)
{
	zx_handle_t vmo = 0, clone = 0, window = 0;

	ASSERT_STATUS(zx_vmo_create(GIANT, 0, &vmo), ZX_OK);
	put(vmo, FAR, 1);
	put(vmo, 8, 2);
	ASSERT_STATUS(zx_vmo_create_child(vmo, CONF_SNAPSHOT, 0, GIANT, &clone), ZX_OK);
	ASSERT_STATUS(zx_vmo_create_child(clone, CONF_SNAPSHOT, 1ul << 50, GIANT, &window), ZX_OK);
	EXPECT_TRUE(get(clone, FAR) == 1 && get(clone, 8) == 2);
	EXPECT_TRUE(get(window, 16) == 1 && get(window, 8) == 0);
	EXPECT_EQ(get(window, GIANT - 8), 0);
	CONF_CHARGED(vmo, 2, 5, 6);
	put(vmo, FAR, 3);
	put(window, GIANT - 8, 4);
	EXPECT_TRUE(get(clone, FAR) == 1 && get(window, 16) == 1 && get(vmo, FAR) == 3);
	CONF_CHARGED(vmo, 2, 3, 2);
	CONF_CHARGED(clone, 1, 1, 1);
	CONF_CHARGED(window, 1, 3, 2);
	EXPECT_STATUS(conf_op(clone, ZX_VMO_OP_ZERO, 0, GIANT), ZX_OK);
	EXPECT_TRUE(get(clone, FAR) == 0 && get(clone, 8) == 0);
	EXPECT_TRUE(get(window, 16) == 1 && get(vmo, 8) == 2);
	zx_handle_close(clone);
	zx_handle_close(vmo);
	EXPECT_EQ(get(window, 16), 1);
	EXPECT_EQ(conf_committed(window), 2 * PAGE);
	zx_handle_close(window);
}

JX_TEST(vmo_2_3_r7_clone_of_the_largest)
{
	zx_handle_t vmo = 0, clone = 0, slice = 0;

	ASSERT_STATUS(zx_vmo_create(CONF_MAX_SIZE, 0, &vmo), ZX_OK);
	put(vmo, CONF_MAX_SIZE - 8, 1);
	ASSERT_STATUS(zx_vmo_create_child(vmo, CONF_SNAPSHOT, 0, CONF_MAX_SIZE, &clone), ZX_OK);
	ASSERT_STATUS(zx_vmo_create_child(vmo, CONF_SLICE, CONF_MAX_SIZE - PAGE, PAGE, &slice),
		      ZX_OK);
	put(slice, PAGE - 8, 2);
	EXPECT_EQ(get(clone, CONF_MAX_SIZE - 8), 1);
	EXPECT_EQ(get(vmo, CONF_MAX_SIZE - 8), 2);
	EXPECT_EQ(conf_committed(vmo), PAGE);
	EXPECT_EQ(conf_committed(clone), PAGE);
	zx_handle_close(slice);
	zx_handle_close(clone);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_DECOMMIT, 0, CONF_MAX_SIZE), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 0);
	zx_handle_close(vmo);
}

/* A fault, and unmapping, anywhere in a large mapping. */
JX_TEST(vmo_2_3_r8_mapping_of_a_giant)
{
	const uint64_t bytes = 1ul << 42;
	zx_handle_t vmo = 0, clone = 0;
	zx_vaddr_t base = 0;

	ASSERT_STATUS(zx_vmo_create(GIANT, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), VM_RW, 0, vmo, 0, bytes, &base), ZX_OK);
	for (uint64_t at = PAGE; at < bytes; at *= 8)
		vm_store(base + at, at);
	ASSERT_STATUS(zx_vmo_create_child(vmo, CONF_SNAPSHOT, 0, GIANT, &clone), ZX_OK);
	for (uint64_t at = PAGE; at < bytes; at *= 8) {
		EXPECT_EQ(vm_load(base + at), at);
		vm_store(base + at, at + 1);
		EXPECT_EQ(get(clone, at), at);
	}
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), base, bytes), ZX_OK);
	zx_handle_close(clone);
	zx_handle_close(vmo);
}

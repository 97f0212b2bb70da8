/* ZX_VMO_OP_ZERO: each check and rule of spec/vmo.md 4.4. */
#include "conf_vmo_util.h"

static zx_status_t zero(zx_handle_t vmo, uint64_t offset, uint64_t size)
{
	return conf_op(vmo, ZX_VMO_OP_ZERO, offset, size);
}

JX_TEST(vmo_4_4_c3_range)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	CONF_VMO_FAILS(vmo, zero(vmo, 2 * PAGE + 1, 0), ZX_ERR_OUT_OF_RANGE);
	CONF_VMO_FAILS(vmo, zero(vmo, 1, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
	CONF_VMO_FAILS(vmo, zero(vmo, UINT64_MAX, 1), ZX_ERR_OUT_OF_RANGE);
	zx_handle_close(vmo);
}

JX_TEST(vmo_4_4_r1_byte_granular)
{
	const uint64_t ranges[][2] = { { 0, 1 }, { 5, 100 }, { PAGE - 1, 2 }, { PAGE, PAGE },
				       { 3, 2 * PAGE }, { PAGE - 7, PAGE + 9 }, { 0, 3 * PAGE } };
	static uint8_t bytes[3 * ZX_PAGE_SIZE];

	for (size_t r = 0; r < sizeof(ranges) / sizeof(ranges[0]); r++) {
		uint64_t first = ranges[r][0], count = ranges[r][1], wrong = 0;
		zx_handle_t vmo = conf_vmo(3, 0);

		for (uint64_t i = 0; i < 3; i++)
			conf_fill_page(vmo, i, 0xa5);
		EXPECT_STATUS(zero(vmo, first, count), ZX_OK);
		EXPECT_STATUS(zx_vmo_read(vmo, bytes, 0, sizeof(bytes)), ZX_OK);
		for (uint64_t i = 0; i < sizeof(bytes); i++)
			wrong += bytes[i] != (i - first < count ? 0 : 0xa5);
		EXPECT_EQ(wrong, 0);
		zx_handle_close(vmo);
	}
}

/* Its outer pages keep their frames, the middle one loses its. */
JX_TEST(vmo_4_4_r2_whole_pages_lose_their_frames)
{
	zx_handle_t vmo = vm_vmo_make(3, 0);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 3);

	EXPECT_EQ(vm_load(base + PAGE), VM_STAMP(1));
	EXPECT_STATUS(zero(vmo, PAGE / 2, 2 * PAGE), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 2 * PAGE);
	EXPECT_EQ(vm_load(base), VM_STAMP(0));
	EXPECT_EQ(vm_load(base + PAGE), 0);
	EXPECT_EQ(vm_load(base + 2 * PAGE), 0);
	vm_store(base + PAGE, 5);
	EXPECT_EQ(vm_vmo_get(vmo, 1), 5);
	vm_unmap(base, 3);
	zx_handle_close(vmo);
}

JX_TEST(vmo_4_4_r3_never_commits)
{
	const uint64_t bytes = 64ul << 30;
	zx_handle_t vmo;

	ASSERT_STATUS(zx_vmo_create(bytes, 0, &vmo), ZX_OK);
	EXPECT_STATUS(zero(vmo, 0, bytes), ZX_OK);
	EXPECT_STATUS(zero(vmo, 5, bytes - 9), ZX_OK);
	EXPECT_STATUS(zero(vmo, PAGE + 1, 1), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 0);
	zx_handle_close(vmo);
}

JX_TEST(vmo_4_4_r4_zero_length)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	for (uint64_t at = 0; at <= 2 * PAGE; at += PAGE / 2)
		CONF_VMO_FAILS(vmo, zero(vmo, at, 0), ZX_OK);
	zx_handle_close(vmo);
}

/* Read-only mappings, and those that show the zero page, agree. */
JX_TEST(vmo_4_4_r5_mappings_show_it)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);
	zx_vaddr_t one = vm_map(vmo, VM_R, 2), two = vm_map(vmo, VM_RW, 2);

	EXPECT_EQ(vm_load(one), VM_STAMP(0));
	EXPECT_EQ(vm_load(two + PAGE), VM_STAMP(1));
	EXPECT_STATUS(zero(vmo, 0, PAGE), ZX_OK);
	EXPECT_STATUS(zero(vmo, PAGE, 4), ZX_OK);
	EXPECT_EQ(vm_load(one) | vm_load(two), 0);
	EXPECT_EQ(vm_load(one + PAGE), VM_STAMP(1) & ~0xfffffffful);
	vm_store(two, 9);
	EXPECT_EQ(vm_load(one), 9);
	vm_unmap(one, 2);
	vm_unmap(two, 2);
	zx_handle_close(vmo);
}

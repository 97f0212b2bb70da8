/* LOCK and UNLOCK of what is not discardable, cache operations, hints:
 * spec/vmo.md 4.5 to 4.7. */
#include "conf_vmo_util.h"

static const uint32_t cache_ops[] = { ZX_VMO_OP_CACHE_SYNC, ZX_VMO_OP_CACHE_INVALIDATE,
				      ZX_VMO_OP_CACHE_CLEAN, ZX_VMO_OP_CACHE_CLEAN_INVALIDATE };

/* Those that every build offers: INVALIDATE needs a debug option later. */
static bool is_offered(uint32_t op)
{
	return op != ZX_VMO_OP_CACHE_INVALIDATE || jx_era() == JX_ERA_2020;
}
#define EACH_OP(op) \
	for (uint32_t op = ZX_VMO_OP_CACHE_SYNC; op <= ZX_VMO_OP_CACHE_CLEAN_INVALIDATE; op++) \
		if (is_offered(op))

JX_TEST(vmo_4_5_r1_locks_of_what_is_not_discardable)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	for (uint32_t op = ZX_VMO_OP_LOCK; op <= ZX_VMO_OP_UNLOCK; op++) {
		CONF_VMO_FAILS(vmo, conf_op(vmo, op, 0, 2 * PAGE), ZX_ERR_NOT_SUPPORTED);
		CONF_VMO_FAILS(vmo, conf_op(vmo, op, UINT64_MAX, 9), ZX_ERR_NOT_SUPPORTED);
	}
	CONF_VMO_FAILS(vmo, conf_op(vmo, ZX_VMO_OP_TRY_LOCK, UINT64_MAX, 9), ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(vmo);
}

/* --- 4.6 -------------------------------------------------------------------- */

/* Before the length. */
JX_TEST_OF_2020(vmo_4_6_c1_right)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), bare = vm_dup(vmo, ZX_RIGHT_NONE);
	zx_handle_t reader = vm_dup(vmo, ZX_RIGHT_READ), writer = vm_dup(vmo, ZX_RIGHT_WRITE);

	for (int i = 0; i < 4; i++) {
		bool reads = cache_ops[i] != ZX_VMO_OP_CACHE_INVALIDATE;

		EXPECT_STATUS(conf_op(bare, cache_ops[i], 0, 0), ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(conf_op(reader, cache_ops[i], 0, 0),
			      reads ? ZX_ERR_INVALID_ARGS : ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(conf_op(reader, cache_ops[i], 0, PAGE),
			      reads ? ZX_OK : ZX_ERR_ACCESS_DENIED);
		EXPECT_STATUS(conf_op(writer, cache_ops[i], 0, PAGE),
			      reads ? ZX_ERR_ACCESS_DENIED : ZX_OK);
	}
	zx_handle_close(reader);
	zx_handle_close(writer);
	zx_handle_close(bare);
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(vmo_4_6_c1_latest_invalidate_is_for_debugging)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), bare = vm_dup(vmo, ZX_RIGHT_NONE);

	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_CACHE_INVALIDATE, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(conf_op(bare, ZX_VMO_OP_CACHE_INVALIDATE, 0, 0), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(conf_op(bare, ZX_VMO_OP_CACHE_SYNC, 0, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(conf_op(bare, ZX_VMO_OP_CACHE_CLEAN, 0, 0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(bare);
	zx_handle_close(vmo);
}

/* Before the range. */
JX_TEST(vmo_4_6_c2_zero_length)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);

	EACH_OP(op) {
		CONF_VMO_FAILS(vmo, conf_op(vmo, op, 0, 0), ZX_ERR_INVALID_ARGS);
		CONF_VMO_FAILS(vmo, conf_op(vmo, op, PAGE, 0), ZX_ERR_INVALID_ARGS);
		CONF_VMO_FAILS(vmo, conf_op(vmo, op, UINT64_MAX, 0), ZX_ERR_INVALID_ARGS);
	}
	zx_handle_close(vmo);
}

JX_TEST(vmo_4_6_c3_range_is_strict)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);
	const uint64_t size = 2 * PAGE;

	EACH_OP(op) {
		CONF_VMO_FAILS(vmo, conf_op(vmo, op, size, 1), ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, conf_op(vmo, op, 0, size + 1), ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, conf_op(vmo, op, 1, size), ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, conf_op(vmo, op, size, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, conf_op(vmo, op, UINT64_MAX, 1), ZX_ERR_OUT_OF_RANGE);
	}
	zx_handle_close(vmo);
}

JX_TEST(vmo_4_6_r1_alignment_is_free)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);
	const uint64_t size = 2 * PAGE;

	EACH_OP(op) {
		EXPECT_STATUS(conf_op(vmo, op, 0, size), ZX_OK);
		EXPECT_STATUS(conf_op(vmo, op, 0, 1), ZX_OK);
		EXPECT_STATUS(conf_op(vmo, op, size - 1, 1), ZX_OK);
		EXPECT_STATUS(conf_op(vmo, op, PAGE - 3, 6), ZX_OK);
	}
	zx_handle_close(vmo);
}

/* What is not there is left out, also where it is most of the object. */
JX_TEST(vmo_4_6_r2_commits_nothing)
{
	zx_handle_t vmo;

	ASSERT_STATUS(zx_vmo_create(CONF_MAX_SIZE, 0, &vmo), ZX_OK);
	vm_vmo_set(vmo, 1ul << 40, 4);
	EACH_OP(op)
		EXPECT_STATUS(conf_op(vmo, op, 0, CONF_MAX_SIZE), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), PAGE);
	zx_handle_close(vmo);
}

/* Clean and its like change no content; a cache that is invalidated may lose
 * it, so that is not looked at. */
JX_TEST(vmo_4_6_r3_content_stays)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	CONF_VMO_FAILS(vmo, conf_op(vmo, ZX_VMO_OP_CACHE_CLEAN, 0, 2 * PAGE), ZX_OK);
	CONF_VMO_FAILS(vmo, conf_op(vmo, ZX_VMO_OP_CACHE_CLEAN_INVALIDATE, 0, 2 * PAGE), ZX_OK);
	CONF_VMO_FAILS(vmo, conf_op(vmo, ZX_VMO_OP_CACHE_SYNC, 0, 2 * PAGE), ZX_OK);
	zx_handle_close(vmo);
}

/* Instructions written through one mapping and run through another. */
JX_TEST(vmo_4_6_r4_sync_reaches_instruction_fetch)
{
	zx_handle_t vmo = conf_vmo(1, 0), code = 0;
	zx_vaddr_t write, run;

	ASSERT_STATUS(zx_vmo_replace_as_executable(vm_dup(vmo, ZX_RIGHT_SAME_RIGHTS), 0, &code),
		      ZX_OK);
	write = vm_map(vmo, VM_RW, 1);
	run = vm_map(code, VM_RX, 1);
	for (uint32_t i = 0; i < 50; i++) {
		/* mov w0, #i; ret */
		vm_store(write, 0xd65f03c000000000ul | 0x52800000u | i << 5);
		EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_CACHE_SYNC, 0, PAGE), ZX_OK);
		/* What was fetched ahead is thrown away. */
		__asm__ volatile("isb" ::: "memory");
		EXPECT_EQ(((uint32_t (*)(void))run)(), i);
	}
	vm_unmap(write, 1);
	vm_unmap(run, 1);
	zx_handle_close(code);
	zx_handle_close(vmo);
}

/* --- 4.7 -------------------------------------------------------------------- */

/* No right is needed, and of what no pager backs nothing is checked. */
JX_TEST(vmo_4_7_r1_hints)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), bare = vm_dup(vmo, ZX_RIGHT_NONE);

	for (uint32_t op = ZX_VMO_OP_DONT_NEED; op <= ZX_VMO_OP_ALWAYS_NEED; op++) {
		CONF_VMO_FAILS(vmo, conf_op(bare, op, 0, 2 * PAGE), ZX_OK);
		CONF_VMO_FAILS(vmo, conf_op(bare, op, PAGE, UINT64_MAX), ZX_OK);
		CONF_VMO_FAILS(vmo, conf_op(bare, op, 1, 0), ZX_OK);
	}
	zx_handle_close(bare);
	zx_handle_close(vmo);
}

JX_TEST(vmo_4_7_r2_prefetch)
{
	zx_handle_t vmo = conf_vmo(2, 0), writer = vm_dup(vmo, ZX_RIGHT_WRITE);

	EXPECT_STATUS(conf_op(writer, ZX_VMO_OP_PREFETCH, UINT64_MAX, 9), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_PREFETCH, 2 * PAGE + 1, 0), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_PREFETCH, 1, 2 * PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_PREFETCH, 1, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_PREFETCH, 2 * PAGE, 0), ZX_OK);
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_PREFETCH, 3, PAGE), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 0);
	zx_handle_close(writer);
	zx_handle_close(vmo);
}

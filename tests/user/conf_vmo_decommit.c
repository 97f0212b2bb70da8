/* ZX_VMO_OP_DECOMMIT: each check and rule of spec/vmo.md 4.3. */
#include <stdatomic.h>

#include <jx/thread.h>

#include "conf_vmo_util.h"

static zx_status_t decommit(zx_handle_t vmo, uint64_t offset, uint64_t size)
{
	return conf_op(vmo, ZX_VMO_OP_DECOMMIT, offset, size);
}

/* Before the alignment. */
JX_TEST(vmo_4_3_c2_range)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	CONF_VMO_FAILS(vmo, decommit(vmo, 2 * PAGE + 1, PAGE), ZX_ERR_OUT_OF_RANGE);
	CONF_VMO_FAILS(vmo, decommit(vmo, 1, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
	CONF_VMO_FAILS(vmo, decommit(vmo, PAGE, UINT64_MAX - 5), ZX_ERR_OUT_OF_RANGE);
	zx_handle_close(vmo);
}

/* Nothing is left of the length: OK before all that follows, aligned or not. */
JX_TEST(vmo_4_3_c2_nothing_to_do)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	for (uint64_t at = 0; at <= 2 * PAGE; at += 3)
		EXPECT_STATUS(decommit(vmo, at, 0), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), VM_STAMP(1)));
	EXPECT_EQ(conf_committed(vmo), 2 * PAGE);
	zx_handle_close(vmo);
}

JX_TEST_OF_2020(vmo_4_3_c2_trimmed_to_nothing)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	CONF_VMO_FAILS(vmo, decommit(vmo, 2 * PAGE, 5), ZX_OK);
	CONF_VMO_FAILS(vmo, decommit(vmo, 2 * PAGE, 99 * PAGE), ZX_OK);
	zx_handle_close(vmo);
}

/* Also where nothing is committed. */
JX_TEST(vmo_4_3_c5_alignment)
{
	zx_handle_t vmo = vm_vmo_make(3, 0), empty = conf_vmo(3, 0);

	CONF_VMO_FAILS(vmo, decommit(vmo, 1, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, decommit(vmo, 0, PAGE + 1), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(vmo, decommit(vmo, PAGE / 2, PAGE / 2), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(empty, decommit(empty, 1, PAGE), ZX_ERR_INVALID_ARGS);
	CONF_VMO_FAILS(empty, decommit(empty, 0, 1), ZX_ERR_INVALID_ARGS);
	zx_handle_close(empty);
	zx_handle_close(vmo);
}

/* The length as it was given, not as it was trimmed. */
JX_TEST_OF_2020(vmo_4_3_c5_alignment_of_the_given_length)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	CONF_VMO_FAILS(vmo, decommit(vmo, PAGE, PAGE + 1), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(decommit(vmo, PAGE, 5 * PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), 0));
	zx_handle_close(vmo);
}

/* Through handles and mappings alike. */
JX_TEST(vmo_4_3_r1_reads_zero_everywhere)
{
	zx_handle_t vmo = vm_vmo_make(4, 0), other = vm_dup(vmo, ZX_RIGHT_READ);
	zx_vaddr_t one = vm_map(vmo, VM_RW, 4), two = vm_map(vmo, VM_R, 4);

	for (uint64_t i = 0; i < 4; i++)
		EXPECT_EQ(vm_load(one + i * PAGE), vm_load(two + i * PAGE));
	EXPECT_STATUS(decommit(vmo, PAGE, 2 * PAGE), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 2 * PAGE);
	EXPECT_TRUE(CONF_SHOWS(other, VM_STAMP(0), 0, 0, VM_STAMP(3)));
	EXPECT_TRUE(conf_bytes_are(vmo, 1, 2, 0));
	for (uint64_t i = 0; i < 4; i++) {
		EXPECT_EQ(vm_load(one + i * PAGE), i % 3 ? 0 : VM_STAMP(i));
		EXPECT_EQ(vm_load(two + i * PAGE), i % 3 ? 0 : VM_STAMP(i));
	}
	vm_unmap(one, 4);
	vm_unmap(two, 4);
	zx_handle_close(other);
	zx_handle_close(vmo);
}

JX_TEST(vmo_4_3_r2_pages_never_committed)
{
	zx_handle_t vmo = conf_vmo(200, 0);

	vm_vmo_set(vmo, 3, 1);
	vm_vmo_set(vmo, 150, 1);
	EXPECT_STATUS(decommit(vmo, PAGE, 198 * PAGE), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 0);
	EXPECT_STATUS(decommit(vmo, 0, 200 * PAGE), ZX_OK);
	zx_handle_close(vmo);
}

JX_TEST(vmo_4_3_r3_write_after_it_gets_a_fresh_page)
{
	zx_handle_t vmo = conf_vmo(1, 0);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 1);

	for (uint64_t i = 1; i < 100; i++) {
		vm_store(base + i * 8, i);
		EXPECT_EQ(vm_load(base + i * 8), i);
		EXPECT_EQ(vm_load(base + (i - 1) * 8), 0);
		EXPECT_STATUS(decommit(vmo, 0, PAGE), ZX_OK);
		EXPECT_EQ(vm_load(base + i * 8), 0);
		EXPECT_EQ(conf_committed(vmo), 0);
	}
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}

/* Stops with 1 when the page reads zero again. */
static void watch(zx_handle_t unused, uintptr_t address)
{
	volatile uint64_t *word = (volatile uint64_t *)address;

	(void)unused;
	word[1] = 1;
	while (word[0])
		continue;
	zx_process_exit(1);
}

JX_TEST(vmo_4_3_r4_other_address_spaces)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);
	struct vm_child c;
	zx_vaddr_t base = vm_map(vmo, VM_RW, 1);

	ASSERT_TRUE(vm_child_make(&c));
	ASSERT_TRUE(vm_child_start(&c, watch, vm_child_map(&c, vmo, VM_RW, 1)));
	while (!vm_load(base + 8))
		zx_nanosleep(0);
	EXPECT_STATUS(decommit(vmo, 0, PAGE), ZX_OK);
	EXPECT_EQ(vm_child_finish(&c), 1);
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}

/*
 * Writers, COMMIT and DECOMMIT on the same pages at full speed: nobody crashes,
 * and nobody sees a word that is neither 0 nor one of its own VMO's.
 */
struct race {
	zx_handle_t vmo;
	zx_vaddr_t base;
	uint64_t word;
	struct jx_thread thread;
};

#define RACE_STEPS 3000
static atomic_uint racers;

static int store_on(void *arg)
{
	const struct race *r = arg;

	for (int i = 0; i < RACE_STEPS; i++) {
		uint64_t seen = vm_load(r->base + (uint64_t)(i % 2) * PAGE);

		if (seen != 0 && seen != r->word)
			return 1;
		vm_store(r->base + (uint64_t)(i % 2) * PAGE, r->word);
	}
	atomic_fetch_sub(&racers, 1);
	return 0;
}

JX_TEST(vmo_4_3_r5_race_of_write_commit_decommit)
{
	struct race r[3];
	int result = -1;

	atomic_store(&racers, 3);
	for (uint64_t i = 0; i < 3; i++) {
		r[i].vmo = conf_vmo(2, 0);
		r[i].base = vm_map(r[i].vmo, VM_RW, 2);
		r[i].word = 0x1111111111111111 * (i + 1);
		ASSERT_STATUS(jx_thread_create(&r[i].thread, "store", store_on, &r[i]), ZX_OK);
	}
	while (atomic_load(&racers)) {
		for (int i = 0; i < 3; i++) {
			EXPECT_STATUS(decommit(r[i].vmo, 0, 2 * PAGE), ZX_OK);
			EXPECT_STATUS(conf_op(r[i].vmo, ZX_VMO_OP_COMMIT, 0, PAGE), ZX_OK);
		}
	}
	for (int i = 0; i < 3; i++) {
		EXPECT_STATUS(jx_thread_join(&r[i].thread, &result), ZX_OK);
		EXPECT_EQ(result, 0);
		vm_unmap(r[i].base, 2);
		zx_handle_close(r[i].vmo);
	}
}

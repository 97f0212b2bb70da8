/* zx_vmo_read, zx_vmo_write: each check and rule of spec/vmo.md 3.2, with the
 * buffer's statuses as spec/README.md 1 settles them. */
#include <stdatomic.h>
#include <string.h>

#include <jx/thread.h>

#include "conf_vmo_util.h"

#define BAD ((void *)8)

typedef zx_status_t (*io_call)(zx_handle_t, void *, uint64_t, size_t);

static zx_status_t do_write(zx_handle_t vmo, void *buffer, uint64_t offset, size_t bytes)
{
	return zx_vmo_write(vmo, buffer, offset, bytes);
}

static const io_call calls[] = { zx_vmo_read, do_write };
#define EACH_CALL(i) for (size_t i = 0; i < 2; i++)

/* Before the right, the range and the buffer. */
JX_TEST(vmo_3_2_c1_bad_handle_and_wrong_type)
{
	zx_handle_t bare = vm_dup(zx_process_self(), ZX_RIGHT_NONE);

	EACH_CALL(i) {
		EXPECT_STATUS(calls[i](0, BAD, UINT64_MAX, 9), ZX_ERR_BAD_HANDLE);
		EXPECT_STATUS(calls[i](UINT32_MAX, BAD, 0, 9), ZX_ERR_BAD_HANDLE);
		EXPECT_STATUS(calls[i](bare, BAD, UINT64_MAX, 9), ZX_ERR_WRONG_TYPE);
	}
	zx_handle_close(bare);
	EACH_CALL(i)
		EXPECT_STATUS(calls[i](bare, BAD, UINT64_MAX, 9), ZX_ERR_BAD_HANDLE);
}

/* Before the range; exactly READ for one, WRITE for the other. */
JX_TEST(vmo_3_2_c1_right)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);
	zx_handle_t no_read = vm_dup(vmo, CONF_VMO_RIGHTS & ~ZX_RIGHT_READ);
	zx_handle_t no_write = vm_dup(vmo, CONF_VMO_RIGHTS & ~ZX_RIGHT_WRITE);
	uint64_t word = 1;

	CONF_VMO_FAILS(vmo, zx_vmo_read(no_read, BAD, UINT64_MAX, 9), ZX_ERR_ACCESS_DENIED);
	CONF_VMO_FAILS(vmo, zx_vmo_read(no_read, &word, 0, 8), ZX_ERR_ACCESS_DENIED);
	CONF_VMO_FAILS(vmo, zx_vmo_write(no_write, BAD, UINT64_MAX, 9), ZX_ERR_ACCESS_DENIED);
	CONF_VMO_FAILS(vmo, zx_vmo_write(no_write, &word, 0, 8), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(word, 1);
	EXPECT_STATUS(zx_vmo_read(no_write, &word, 0, 8), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(no_read, &word, 0, 8), ZX_OK);
	zx_handle_close(no_read);
	zx_handle_close(no_write);
	zx_handle_close(vmo);
}

JX_TEST(vmo_3_2_c3_range_wraps)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);

	EACH_CALL(i) {
		CONF_VMO_FAILS(vmo, calls[i](vmo, BAD, UINT64_MAX, 1), ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, calls[i](vmo, BAD, 1, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, calls[i](vmo, BAD, PAGE, UINT64_MAX - PAGE + 1),
			       ZX_ERR_OUT_OF_RANGE);
	}
	zx_handle_close(vmo);
}

/* Never a partial copy of what is inside. */
JX_TEST(vmo_3_2_c5_range_before_buffer)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);
	uint64_t words[2] = { 1, 2 };

	EACH_CALL(i) {
		CONF_VMO_FAILS(vmo, calls[i](vmo, BAD, 2 * PAGE, 1), ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, calls[i](vmo, NULL, 0, 2 * PAGE + 1), ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, calls[i](vmo, BAD, 2 * PAGE + 1, 0), ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, calls[i](vmo, words, 2 * PAGE - 8, 16), ZX_ERR_OUT_OF_RANGE);
	}
	EXPECT_TRUE(words[0] == 1 && words[1] == 2);
	zx_handle_close(vmo);
}

/* A buffer that nothing is mapped at. */
JX_TEST(vmo_3_2_c6_buffer_not_mapped)
{
	void *const buffers[] = { NULL, BAD, (void *)VM_KERNEL_ADDRESS,
				  (void *)(0x1000000000000 - 4), (void *)(UINT64_MAX - 3) };
	zx_handle_t vmo = vm_vmo_make(2, 0);

	for (size_t b = 0; b < sizeof(buffers) / sizeof(buffers[0]); b++) {
		EACH_CALL(i)
			CONF_VMO_FAILS(vmo, calls[i](vmo, buffers[b], 0, 8), ZX_ERR_NOT_FOUND);
	}
	zx_handle_close(vmo);
}

/* An area of five pages: 0 RW, 1 R, 2 nothing, 3 past its VMO, 4 a gap. */
static bool make_buffers(struct vm_area *a)
{
	return vm_area_make(a, 5) && EXPECT_STATUS(vm_area_map(a, VM_RW, 0, 0, 1), ZX_OK) &&
	       EXPECT_STATUS(vm_area_map(a, VM_R, 1, 1, 1), ZX_OK) &&
	       EXPECT_STATUS(vm_area_map(a, 0, 2, 2, 1), ZX_OK) &&
	       EXPECT_STATUS(vm_area_map(a, VM_RW, 3, 5, 1), ZX_OK);
}

JX_TEST(vmo_3_2_c6_buffer_without_permission)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);
	struct vm_area a;

	ASSERT_TRUE(make_buffers(&a));
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)vm_at(&a, 1), 0, 8), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)vm_at(&a, 2), 0, 8), ZX_ERR_ACCESS_DENIED);
	CONF_VMO_FAILS(vmo, zx_vmo_write(vmo, (void *)vm_at(&a, 2), 0, 8), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_write(vmo, (void *)vm_at(&a, 1), 0, 8), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(a.vmo, VM_STAMP(0), VM_STAMP(1), VM_STAMP(2)));
	zx_handle_close(vmo);
	vm_area_drop(&a);
}

JX_TEST(vmo_3_2_c6_buffer_past_its_vmo)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);
	struct vm_area a;

	ASSERT_TRUE(make_buffers(&a));
	EACH_CALL(i) {
		CONF_VMO_FAILS(vmo, calls[i](vmo, (void *)vm_at(&a, 3), 0, 8),
			       ZX_ERR_OUT_OF_RANGE);
		CONF_VMO_FAILS(vmo, calls[i](vmo, (void *)vm_at(&a, 4), 0, 8), ZX_ERR_NOT_FOUND);
	}
	zx_handle_close(vmo);
	vm_area_drop(&a);
}

/* From a good page on into one that cannot be used. */
JX_TEST(vmo_3_2_c6_buffer_crosses_the_end_of_a_mapping)
{
	zx_handle_t vmo = vm_vmo_make(2, 0);
	struct vm_area a;

	ASSERT_TRUE(make_buffers(&a));
	EXPECT_STATUS(zx_vmo_read(vmo, (void *)(vm_at(&a, 1) - 8), 0, 16), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(vm_load(vm_at(&a, 1)), VM_STAMP(1));
	EXPECT_STATUS(zx_vmo_write(vmo, (void *)(vm_at(&a, 2) - 8), 0, 16), ZX_ERR_ACCESS_DENIED);
	ASSERT_STATUS(vm_area_unmap(&a, 1, 1), ZX_OK);
	EACH_CALL(i)
		EXPECT_STATUS(calls[i](vmo, (void *)(vm_at(&a, 1) - 8), 0, 16), ZX_ERR_NOT_FOUND);
	EXPECT_EQ(vm_vmo_get(vmo, 1), VM_STAMP(1));
	zx_handle_close(vmo);
	vm_area_drop(&a);
}

JX_TEST(vmo_3_2_c6_no_memory_for_a_write)
{
	const uint64_t bytes = zx_system_get_physmem() + (64ul << 20);
	zx_handle_t from, into;
	zx_vaddr_t at = 0;
	uint64_t word = 0;

	/* Absent pages read as one zero page, and each is a new frame there. */
	ASSERT_STATUS(zx_vmo_create(bytes, 0, &from), ZX_OK);
	ASSERT_STATUS(zx_vmo_create(bytes, 0, &into), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), VM_R, 0, from, 0, bytes, &at), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(into, (void *)at, 0, bytes), ZX_ERR_NO_MEMORY);
	EXPECT_EQ(conf_committed(from), 0);
	EXPECT_STATUS(zx_vmo_read(into, &word, bytes - 8, 8), ZX_OK);
	zx_handle_close(into);
	EXPECT_STATUS(zx_vmo_write(from, &word, 0, 8), ZX_OK);
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), at, bytes), ZX_OK);
	zx_handle_close(from);
}

/* Two eras, one rule: what a buffer is good for decides, not its being bad. */
JX_TEST(vmo_3_2_r1_ok_means_all_bytes)
{
	static uint8_t out[3 * ZX_PAGE_SIZE], in[3 * ZX_PAGE_SIZE];
	const uint64_t ranges[][2] = { { 0, 1 }, { 1, 7 }, { PAGE - 1, 2 }, { PAGE, PAGE },
				       { 5, 2 * PAGE }, { PAGE - 3, PAGE + 6 }, { 0, 3 * PAGE } };

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 31 + i / 256 + 1);
	for (size_t r = 0; r < sizeof(ranges) / sizeof(ranges[0]); r++) {
		uint64_t offset = ranges[r][0], bytes = ranges[r][1], wrong = 0;
		zx_handle_t vmo = conf_vmo(3, 0);

		EXPECT_STATUS(zx_vmo_write(vmo, out, offset, bytes), ZX_OK);
		memset(in, 0xee, sizeof(in));
		EXPECT_STATUS(zx_vmo_read(vmo, in, offset, bytes), ZX_OK);
		for (uint64_t b = 0; b < sizeof(in); b++)
			wrong += in[b] != (b < bytes ? out[b] : 0xee);
		EXPECT_STATUS(zx_vmo_read(vmo, in, 0, 3 * PAGE), ZX_OK);
		for (uint64_t b = 0; b < sizeof(in); b++)
			wrong += in[b] != (b - offset < bytes ? out[b - offset] : 0);
		EXPECT_EQ(wrong, 0);
		zx_handle_close(vmo);
	}
}

JX_TEST(vmo_3_2_r2_zero_length)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), empty = conf_vmo(0, 0);
	uint64_t word;

	EACH_CALL(i) {
		for (uint64_t at = 0; at <= PAGE; at += PAGE / 2)
			CONF_VMO_FAILS(vmo, calls[i](vmo, NULL, at, 0), ZX_OK);
		EXPECT_STATUS(calls[i](vmo, NULL, PAGE + 1, 0), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(calls[i](empty, NULL, 0, 0), ZX_OK);
		EXPECT_STATUS(calls[i](empty, &word, 0, 1), ZX_ERR_OUT_OF_RANGE);
	}
	zx_handle_close(empty);
	zx_handle_close(vmo);
}

JX_TEST(vmo_3_2_r3_reads_commit_nothing)
{
	static uint8_t bytes[4 * ZX_PAGE_SIZE];
	zx_handle_t vmo = conf_vmo(4, 0);

	memset(bytes, 1, sizeof(bytes));
	EXPECT_STATUS(zx_vmo_read(vmo, bytes, 0, sizeof(bytes)), ZX_OK);
	for (size_t i = 0; i < sizeof(bytes); i += 511)
		EXPECT_EQ(bytes[i], 0);
	EXPECT_EQ(conf_committed(vmo), 0);
	zx_handle_close(vmo);
}

JX_TEST(vmo_3_2_r4_writes_commit_what_they_touch)
{
	zx_handle_t vmo = conf_vmo(4, 0);
	uint64_t zero = 0;

	EXPECT_STATUS(zx_vmo_write(vmo, &zero, 8, 8), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), PAGE);
	EXPECT_STATUS(zx_vmo_write(vmo, &zero, 2 * PAGE - 4, 8), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 3 * PAGE);
	EXPECT_STATUS(zx_vmo_write(vmo, &zero, 2 * PAGE - 4, 8), ZX_OK);
	EXPECT_EQ(conf_committed(vmo), 3 * PAGE);
	zx_handle_close(vmo);
}

/* Of the same VMO: the same page, other pages, absent pages. */
JX_TEST(vmo_3_2_r5_buffer_in_the_same_vmo)
{
	zx_handle_t vmo = vm_vmo_make(4, 0);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 4);

	EXPECT_STATUS(zx_vmo_read(vmo, (void *)(base + 2 * PAGE), 0, 2 * PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), VM_STAMP(1), VM_STAMP(0), VM_STAMP(1)));
	EACH_CALL(i)
		EXPECT_STATUS(calls[i](vmo, (void *)base, 0, 4 * PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, VM_STAMP(0), VM_STAMP(1), VM_STAMP(0), VM_STAMP(1)));
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_DECOMMIT, 0, 2 * PAGE), ZX_OK);
	EACH_CALL(i)
		EXPECT_STATUS(calls[i](vmo, (void *)base, PAGE, PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(vmo, 0, 0, VM_STAMP(0), VM_STAMP(1)));
	vm_unmap(base, 4);
	zx_handle_close(vmo);
}

/* Two threads that read each other's VMO into a mapping of their own. */
struct crossing {
	zx_handle_t from;
	zx_handle_t into_vmo;
	zx_vaddr_t into;
	struct jx_thread thread;
};

static int cross(void *arg)
{
	const struct crossing *c = arg;

	for (int i = 0; i < 200; i++) {
		if (conf_op(c->into_vmo, ZX_VMO_OP_DECOMMIT, 0, 4 * PAGE) != ZX_OK ||
		    zx_vmo_read(c->from, (void *)c->into, 0, 4 * PAGE) != ZX_OK ||
		    zx_vmo_write(c->from, (void *)c->into, 4 * PAGE, 4 * PAGE) != ZX_OK)
			return 1;
	}
	return 0;
}

JX_TEST(vmo_3_2_r6_opposite_directions)
{
	zx_handle_t vmo[2] = { vm_vmo_make(8, 0), vm_vmo_make(8, 0) };
	struct crossing c[2];
	int result = -1;

	for (int i = 0; i < 2; i++) {
		c[i] = (struct crossing){ .from = vmo[i], .into_vmo = vmo[!i],
					  .into = vm_map(vmo[!i], VM_RW, 8) };
		ASSERT_STATUS(jx_thread_create(&c[i].thread, "cross", cross, &c[i]), ZX_OK);
	}
	for (int i = 0; i < 2; i++) {
		EXPECT_STATUS(jx_thread_join(&c[i].thread, &result), ZX_OK);
		EXPECT_EQ(result, 0);
	}
	for (int i = 0; i < 2; i++) {
		vm_unmap(c[i].into, 8);
		zx_handle_close(vmo[i]);
	}
}

/* A size that comes and goes under copies: all or OUT_OF_RANGE. */
static atomic_bool resized_enough;

static int resize(void *arg)
{
	zx_handle_t vmo = *(zx_handle_t *)arg;

	for (int i = 0; i < 1000; i++) {
		if (zx_vmo_set_size(vmo, (uint64_t)(i % 4) * PAGE) != ZX_OK)
			return 1;
	}
	atomic_store(&resized_enough, true);
	return 0;
}

JX_TEST(vmo_3_2_r7_shrink_under_a_copy)
{
	static uint8_t bytes[4 * ZX_PAGE_SIZE];
	zx_handle_t vmo = conf_vmo(4, ZX_VMO_RESIZABLE);
	struct jx_thread thread;
	uint64_t strange = 0;
	int result = -1;

	atomic_store(&resized_enough, false);
	ASSERT_STATUS(jx_thread_create(&thread, "resize", resize, &vmo), ZX_OK);
	while (!atomic_load(&resized_enough)) {
		EACH_CALL(i) {
			zx_status_t status = calls[i](vmo, bytes, 0, sizeof(bytes));

			strange += status != ZX_OK && status != ZX_ERR_OUT_OF_RANGE;
		}
	}
	EXPECT_EQ(strange, 0);
	EXPECT_STATUS(jx_thread_join(&thread, &result), ZX_OK);
	EXPECT_EQ(result, 0);
	zx_handle_close(vmo);
}

/* A frame that goes while it is copied into is never another's. */
static atomic_bool decommitted_enough;

static int decommit(void *arg)
{
	zx_handle_t vmo = *(zx_handle_t *)arg;

	for (int i = 0; i < 2000; i++) {
		if (conf_op(vmo, ZX_VMO_OP_DECOMMIT, 0, 2 * PAGE) != ZX_OK)
			return 1;
	}
	atomic_store(&decommitted_enough, true);
	return 0;
}

JX_TEST(vmo_3_2_r8_decommit_under_a_copy)
{
	static uint8_t ones[2 * ZX_PAGE_SIZE], bytes[2 * ZX_PAGE_SIZE];
	zx_handle_t vmo = conf_vmo(2, 0);
	struct jx_thread thread;
	uint64_t strange = 0;
	int result = -1;

	memset(ones, 1, sizeof(ones));
	atomic_store(&decommitted_enough, false);
	ASSERT_STATUS(jx_thread_create(&thread, "decommit", decommit, &vmo), ZX_OK);
	while (!atomic_load(&decommitted_enough)) {
		strange += zx_vmo_write(vmo, ones, 0, sizeof(ones)) != ZX_OK;
		strange += zx_vmo_read(vmo, bytes, 0, sizeof(bytes)) != ZX_OK;
		for (size_t i = 0; i < sizeof(bytes); i += 64)
			strange += bytes[i] > 1;
	}
	EXPECT_EQ(strange, 0);
	EXPECT_STATUS(jx_thread_join(&thread, &result), ZX_OK);
	EXPECT_EQ(result, 0);
	zx_handle_close(vmo);
}

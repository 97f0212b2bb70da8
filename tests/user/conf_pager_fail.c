/* zx_pager_op_range FAIL: pager-port.md 7.7, and who wakes with what (14.5). */
#include <string.h>

#include <jx/ktap.h>
#include <zircon/process.h>

#include "conf_util.h"
#include "pager_util.h"

#define IO ((uint64_t)(int64_t)ZX_ERR_IO)
#define NO_OP 99u
#define NO_CODE 7ul
#define BEYOND (1ul << 40)

static const zx_status_t codes[] = { ZX_ERR_IO, ZX_ERR_IO_DATA_INTEGRITY, ZX_ERR_BAD_STATE,
				     ZX_ERR_NO_SPACE, ZX_ERR_BUFFER_TOO_SMALL };
#define CODE_COUNT (sizeof(codes) / sizeof(codes[0]))

static zx_status_t fail(struct paging *p, uint64_t first, uint64_t count, zx_status_t status)
{
	return zx_pager_op_range(p->pager, ZX_PAGER_OP_FAIL, p->vmo, first * PAGE, count * PAGE,
				 (uint64_t)(int64_t)status);
}

/* A VMO of 4 pages, of which one thread waits for the first. */
struct waiting {
	struct paging p;
	struct page_access a;
};

static bool begin(struct waiting *w)
{
	return paging_create(&w->p, 4, 0) &&
	       access_start_blocked(&w->a, &w->p, ACCESS_VMO_READ, 0, 1);
}

/* The thread still waits, for the same request. */
static void end(struct waiting *w)
{
	EXPECT_EQ(task_thread_info(w->a.thread.handle).state, ZX_THREAD_STATE_BLOCKED_PAGER);
	EXPECT_TRUE(paging_expect_read(&w->p, 0, 1));
	EXPECT_TRUE(paging_expect_none(&w->p));
	EXPECT_STATUS(paging_supply(&w->p, 0, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&w->a, ZX_OK));
	paging_drop(&w->p);
}

static zx_status_t op(zx_handle_t pager, uint32_t what, zx_handle_t vmo, uint64_t offset,
		      uint64_t length, uint64_t data)
{
	return zx_pager_op_range(pager, what, vmo, offset, length, data);
}

JX_TEST(pager_7_7_c1_alignment)
{
	struct waiting w;

	ASSERT_TRUE(begin(&w));
	EXPECT_STATUS(op(0, NO_OP, 0, 1, PAGE, NO_CODE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(op(0, NO_OP, 0, 0, PAGE + 1, NO_CODE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(op(w.p.pager, ZX_PAGER_OP_FAIL, w.p.vmo, 0, PAGE - 1, IO),
		      ZX_ERR_INVALID_ARGS);
	end(&w);
}

JX_TEST(pager_7_7_c2_pager_handle)
{
	struct waiting w;

	ASSERT_TRUE(begin(&w));
	EXPECT_STATUS(op(0, NO_OP, 0, 0, BEYOND, NO_CODE), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(op(w.p.port, NO_OP, 0, 0, BEYOND, NO_CODE), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(op(w.p.vmo, ZX_PAGER_OP_FAIL, w.p.pager, 0, PAGE, IO), ZX_ERR_WRONG_TYPE);
	end(&w);
}

JX_TEST(pager_7_7_c3_vmo_handle)
{
	struct waiting w;

	ASSERT_TRUE(begin(&w));
	EXPECT_STATUS(op(w.p.pager, NO_OP, 0, 0, BEYOND, NO_CODE), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(op(w.p.pager, NO_OP, w.p.port, 0, BEYOND, NO_CODE), ZX_ERR_WRONG_TYPE);
	end(&w);
}

JX_TEST(pager_7_7_c4_ownership)
{
	zx_handle_t plain, clone, slice;
	struct paging other;
	struct waiting w;

	ASSERT_TRUE(begin(&w));
	ASSERT_TRUE(paging_create(&other, 4, 0));
	plain = vm_vmo_make(4, 0);
	ASSERT_STATUS(zx_vmo_create_child(w.p.vmo, ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE, 0,
					  4 * PAGE, &clone), ZX_OK);
	ASSERT_STATUS(zx_vmo_create_child(w.p.vmo, ZX_VMO_CHILD_SLICE, 0, PAGE, &slice), ZX_OK);
	EXPECT_STATUS(op(w.p.pager, NO_OP, plain, 0, BEYOND, NO_CODE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(op(w.p.pager, NO_OP, clone, 0, BEYOND, NO_CODE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(op(w.p.pager, NO_OP, slice, 0, BEYOND, NO_CODE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(op(w.p.pager, NO_OP, other.vmo, 0, BEYOND, NO_CODE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(op(other.pager, ZX_PAGER_OP_FAIL, w.p.vmo, 0, PAGE, IO),
		      ZX_ERR_INVALID_ARGS);
	zx_handle_close(slice);
	zx_handle_close(clone);
	zx_handle_close(plain);
	paging_drop(&other);
	end(&w);
}

JX_TEST(pager_7_7_c5_operation)
{
	struct waiting w;

	ASSERT_TRUE(begin(&w));
	EXPECT_STATUS(op(w.p.pager, 0, w.p.vmo, 0, BEYOND, NO_CODE), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(op(w.p.pager, 5, w.p.vmo, 0, BEYOND, NO_CODE), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(op(w.p.pager, UINT32_MAX, w.p.vmo, 0, PAGE, IO), ZX_ERR_NOT_SUPPORTED);
	end(&w);
}

JX_TEST(pager_7_7_c6_status)
{
	static const zx_status_t refused[] = { ZX_OK, ZX_ERR_INTERNAL, ZX_ERR_NOT_FOUND,
					       ZX_ERR_NO_MEMORY, ZX_ERR_OUT_OF_RANGE, 1 };
	struct waiting w;

	ASSERT_TRUE(begin(&w));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		EXPECT_STATUS(op(w.p.pager, ZX_PAGER_OP_FAIL, w.p.vmo, 0, BEYOND,
				 (uint64_t)(int64_t)refused[i]), ZX_ERR_INVALID_ARGS);
	for (size_t i = 0; i < CODE_COUNT; i++) {
		/* The word must be the status, sign and all. */
		uint64_t low = (uint32_t)codes[i];

		EXPECT_STATUS(op(w.p.pager, ZX_PAGER_OP_FAIL, w.p.vmo, 0, PAGE, low),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(op(w.p.pager, ZX_PAGER_OP_FAIL, w.p.vmo, 0, PAGE, low | 1ul << 32),
			      ZX_ERR_INVALID_ARGS);
	}
	end(&w);
}

JX_TEST(pager_7_7_c7_range)
{
	struct waiting w;

	ASSERT_TRUE(begin(&w));
	EXPECT_STATUS(fail(&w.p, 0, 5, ZX_ERR_IO), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(fail(&w.p, 5, 0, ZX_ERR_IO), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(fail(&w.p, 4, 1, ZX_ERR_IO), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(op(w.p.pager, ZX_PAGER_OP_FAIL, w.p.vmo, PAGE, -PAGE, IO),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(op(w.p.pager, ZX_PAGER_OP_FAIL, w.p.vmo, -PAGE, 2 * PAGE, IO),
		      ZX_ERR_OUT_OF_RANGE);
	end(&w);
}

JX_TEST(pager_7_7_c8_nothing_to_do)
{
	struct waiting w;

	ASSERT_TRUE(begin(&w));
	EXPECT_STATUS(fail(&w.p, 0, 0, ZX_ERR_IO), ZX_OK);
	EXPECT_STATUS(fail(&w.p, 4, 0, ZX_ERR_IO), ZX_OK);
	/* A range without requests, twice. */
	EXPECT_STATUS(fail(&w.p, 1, 3, ZX_ERR_IO), ZX_OK);
	EXPECT_STATUS(fail(&w.p, 1, 3, ZX_ERR_IO), ZX_OK);
	end(&w);
}

/* --- Who sees what -------------------------------------------------------- */

/* Page 1 of what via shows is page `at` of the pager's VMO. */
static void fail_each_access(struct paging *p, struct paging *via, uint64_t at, int kinds)
{
	struct page_access a;

	for (int kind = ACCESS_VMO_READ; kind < kinds; kind++) {
		for (size_t i = 0; i < CODE_COUNT; i++) {
			ASSERT_TRUE(access_start_blocked(&a, via, (enum access_kind)kind, 1, 1));
			/* Read, or taken back unread. */
			if (i % 2)
				EXPECT_TRUE(paging_expect_read(p, at, 1));
			EXPECT_STATUS(fail(p, at, 1, codes[i]), ZX_OK);
			EXPECT_TRUE(access_expect(&a, codes[i]));
			EXPECT_TRUE(paging_expect_none(p));
		}
	}
}

JX_TEST(pager_7_7_r1_each_status_in_each_call)
{
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	fail_each_access(&p, &p, 1, ACCESS_LOAD);
	/* Nothing is remembered. */
	EXPECT_STATUS(paging_supply(&p, 1, 1), ZX_OK);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 1, 1), ZX_OK);
	paging_drop(&p);
}

JX_TEST(pager_7_7_r1_through_children)
{
	static const uint32_t kinds[] = { ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE,
					  ZX_VMO_CHILD_SLICE };
	struct paging p, via;

	for (size_t i = 0; i < 2; i++) {
		ASSERT_TRUE(paging_create(&p, 8, 0));
		via = p;
		ASSERT_STATUS(zx_vmo_create_child(p.vmo, kinds[i], 2 * PAGE, 4 * PAGE, &via.vmo),
			      ZX_OK);
		fail_each_access(&p, &via, 3, ACCESS_ZERO);
		paging_close(&via.vmo);
		paging_drop(&p);
	}
}

/* A copy from page `index` of a mapping tells what became of the fault. */
struct copy {
	zx_vaddr_t from;
	zx_handle_t to;
};

static int copy_from(void *arg)
{
	struct copy *c = arg;

	return zx_vmo_write(c->to, (void *)c->from, 0, 8);
}

JX_TEST(pager_7_7_r2_each_status_of_a_fault)
{
	struct copy c = { .to = vm_vmo_make(1, 0) };
	struct jx_thread thread;
	struct paging p;
	int result;

	ASSERT_TRUE(paging_create(&p, 2, 0));
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), VM_R, 0, p.vmo, 0, 2 * PAGE, &c.from),
		      ZX_OK);
	for (size_t i = 0; i < CODE_COUNT; i++) {
		ASSERT_STATUS(jx_thread_create(&thread, "copy", copy_from, &c), ZX_OK);
		EXPECT_TRUE(paging_expect_read(&p, 0, 1));
		EXPECT_STATUS(fail(&p, 0, 1, codes[i]), ZX_OK);
		ASSERT_TRUE(task_join(&thread, &result));
		EXPECT_STATUS(result, codes[i]);
	}
	vm_unmap(c.from, 2);
	zx_handle_close(c.to);
	paging_drop(&p);
}

JX_TEST(pager_7_7_r2_a_fault_is_fatal)
{
	zx_handle_t image = task_image();
	struct task_child child;
	struct paging p;

	for (int write = 0; write < 2; write++) {
		ASSERT_TRUE(paging_create(&p, 2, 0));
		ASSERT_TRUE(fault_child_start(&child, image, &p, 2, 1, write));
		EXPECT_TRUE(paging_expect_read(&p, 1, 1));
		EXPECT_STATUS(fail(&p, 0, 2, ZX_ERR_IO), ZX_OK);
		EXPECT_TRUE(fault_child_expect(&child, ZX_TASK_RETCODE_EXCEPTION_KILL));
		EXPECT_TRUE(paging_expect_none(&p));
		paging_drop(&p);
	}
	zx_handle_close(image);
}

/* One page of the range is enough. */
JX_TEST_OF_2020(pager_7_7_r3_a_request_that_is_touched)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	for (uint64_t first = 0; first < 6; first++) {
		bool touches = first > 0 && first < 6;

		ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_COMMIT, 2, 4));
		EXPECT_TRUE(paging_expect_read(&p, 2, 4));
		EXPECT_STATUS(fail(&p, first, 2, ZX_ERR_NO_SPACE), ZX_OK);
		if (!touches)
			EXPECT_STATUS(fail(&p, 5, 1, ZX_ERR_NO_SPACE), ZX_OK);
		EXPECT_TRUE(access_expect(&a, ZX_ERR_NO_SPACE));
	}
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

/* Later the part before the failed page can still be had, and asked for. */
JX_TEST_OF_LATEST(pager_7_7_r3_what_comes_before_is_usable)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_COMMIT, 2, 4));
	EXPECT_TRUE(paging_expect_read(&p, 2, 4));
	EXPECT_STATUS(fail(&p, 5, 2, ZX_ERR_NO_SPACE), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 2, 4));
	EXPECT_STATUS(paging_supply(&p, 2, 3), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 5, 1));
	EXPECT_STATUS(fail(&p, 5, 2, ZX_ERR_NO_SPACE), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_ERR_NO_SPACE));
	EXPECT_EQ(paging_committed(&p), 3 * PAGE);
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

JX_TEST(pager_7_7_r4_owner_and_all_who_joined)
{
	static struct page_access a[4];
	struct paging p;

	for (int is_read = 0; is_read < 2; is_read++) {
		ASSERT_TRUE(paging_create(&p, 8, 0));
		for (int i = 0; i < 4; i++)
			ASSERT_TRUE(access_start_blocked(&a[i], &p, (enum access_kind)i, 2, 1));
		if (is_read)
			EXPECT_TRUE(paging_expect_read(&p, 2, 1));
		EXPECT_STATUS(fail(&p, 2, 1, ZX_ERR_IO_DATA_INTEGRITY), ZX_OK);
		for (int i = 0; i < 4; i++)
			EXPECT_TRUE(access_expect(&a[i], ZX_ERR_IO_DATA_INTEGRITY));
		EXPECT_TRUE(paging_expect_none(&p));
		paging_drop(&p);
	}
}

/* In the port, behind it, and read: the others go on in their order. */
JX_TEST(pager_7_7_r4_unread_packets_are_taken_back)
{
	static struct page_access a[4];
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	for (uint64_t i = 0; i < 4; i++)
		ASSERT_TRUE(access_start_blocked(&a[i], &p, ACCESS_VMO_READ, 2 * i, 1));
	EXPECT_STATUS(fail(&p, 0, 1, ZX_ERR_IO), ZX_OK);
	EXPECT_STATUS(fail(&p, 4, 1, ZX_ERR_IO), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 2, 1));
	EXPECT_TRUE(paging_expect_read(&p, 6, 1));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(fail(&p, 0, 8, ZX_ERR_NO_SPACE), ZX_OK);
	for (int i = 0; i < 4; i++)
		EXPECT_TRUE(access_expect(&a[i], i % 2 ? ZX_ERR_NO_SPACE : ZX_ERR_IO));
	paging_drop(&p);
}

/* What is there stays, and what fails is asked for again. */
JX_TEST(pager_7_7_r5_nothing_is_remembered)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	for (int round = 0; round < 3; round++) {
		ASSERT_TRUE(access_start(&a, &p, ACCESS_COMMIT, 0, 4));
		EXPECT_TRUE(paging_expect_read(&p, 2, 2));
		EXPECT_STATUS(fail(&p, 0, 4, ZX_ERR_IO), ZX_OK);
		EXPECT_TRUE(access_expect(&a, ZX_ERR_IO));
		EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 0, 2), ZX_OK);
		EXPECT_EQ(paging_committed(&p), 2 * PAGE);
	}
	ASSERT_TRUE(access_start(&a, &p, ACCESS_VMO_READ, 2, 1));
	EXPECT_TRUE(paging_expect_read(&p, 2, 1));
	EXPECT_STATUS(paging_supply(&p, 2, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));
	paging_drop(&p);
}

/* A batch of which a part has come fails as a whole; the part stays. */
JX_TEST(pager_7_7_r6_a_batch_that_came_in_part)
{
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_COMMIT, 0, 8));
	EXPECT_STATUS(paging_supply(&p, 0, 3), ZX_OK);
	/* The request stands; later it is made anew, for the rest. */
	EXPECT_TRUE(jx_era() == JX_ERA_2020 ? paging_expect_read(&p, 0, 8)
					    : paging_expect_read(&p, 3, 5));
	EXPECT_STATUS(fail(&p, 3, 5, ZX_ERR_IO), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_ERR_IO));
	EXPECT_EQ(paging_committed(&p), 3 * PAGE);
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 0, 3), ZX_OK);
	paging_drop(&p);
}

JX_TEST(pager_7_7_r7_after_detach)
{
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_STATUS(fail(&p, 0, 4, ZX_ERR_IO), conf_era(ZX_OK, ZX_ERR_BAD_STATE));
	EXPECT_STATUS(fail(&p, 0, 5, ZX_ERR_IO), ZX_ERR_OUT_OF_RANGE);
	EXPECT_TRUE(paging_expect_complete(&p));
	EXPECT_STATUS(access_now(&p, ACCESS_VMO_READ, 0, 1), ZX_ERR_BAD_STATE);
	paging_drop(&p);
}

/* The port is gone: nobody reads, but answers still count (3.5). */
JX_TEST(pager_7_7_r8_without_a_port)
{
	struct page_access a[2];
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	paging_close(&p.port);
	ASSERT_TRUE(access_start_blocked(&a[0], &p, ACCESS_VMO_READ, 0, 1));
	ASSERT_TRUE(access_start_blocked(&a[1], &p, ACCESS_COMMIT, 1, 3));
	EXPECT_STATUS(fail(&p, 1, 3, ZX_ERR_IO), ZX_OK);
	EXPECT_TRUE(access_expect(&a[1], ZX_ERR_IO));
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a[0], ZX_OK));
	paging_close(&p.vmo);
	paging_close(&p.pager);
}

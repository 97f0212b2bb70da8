/* What a program might try against the kernel's memory management: calls whose
 * cost does not follow from what the program has put in (issue 2, section 6). */
#include <stdatomic.h>

#include "task_util.h"
#include "vm_util.h"

/* Far more than any of the calls takes, far less than a walk page by page. */
#define QUICK ZX_SEC(3)
#define HUGE_SIZE (1ul << 56)
/* More than a CPU keeps for itself. */
#define SMALL (2048 * PAGE)

static zx_time_t now(void)
{
	return zx_clock_get_monotonic();
}

/* A page was read through a mapping: a shrink by 2^44 pages looks at that
 * mapping, not at every place where there could be one. */
JX_TEST(review_shrink_of_a_huge_vmo_is_quick)
{
	zx_time_t start;
	zx_handle_t vmo;
	zx_vaddr_t at;

	ASSERT_STATUS(zx_vmo_create(HUGE_SIZE, ZX_VMO_RESIZABLE, &vmo), ZX_OK);
	at = vm_map(vmo, VM_RW, 4);
	EXPECT_EQ(vm_load(at), 0);
	start = now();
	EXPECT_STATUS(zx_vmo_set_size(vmo, 0), ZX_OK);
	EXPECT_TRUE(now() - start < QUICK);
	EXPECT_STATUS(vm_probe_read(at), ZX_ERR_OUT_OF_RANGE);
	vm_unmap(at, 4);
	zx_handle_close(vmo);
}

static atomic_bool greedy_stop;

static int commit_too_much(void *arg)
{
	zx_handle_t vmo = *(zx_handle_t *)arg;
	int refused = 0;

	while (!atomic_load(&greedy_stop)) {
		if (zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, HUGE_SIZE, NULL, 0) !=
		    ZX_ERR_NO_MEMORY)
			return -1;
		refused++;
	}
	return refused;
}

/* A COMMIT of more than there is fails without taking what others need. */
JX_TEST(review_commit_of_too_much_starves_nobody)
{
	struct jx_thread greedy;
	zx_handle_t vmo, small;
	int refused = 0;

	atomic_store(&greedy_stop, false);
	ASSERT_STATUS(zx_vmo_create(HUGE_SIZE, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_vmo_create(SMALL, 0, &small), ZX_OK);
	ASSERT_STATUS(jx_thread_create(&greedy, "greedy", commit_too_much, &vmo), ZX_OK);
	for (int i = 0; i < 100; i++) {
		EXPECT_STATUS(zx_vmo_op_range(small, ZX_VMO_OP_COMMIT, 0, SMALL, NULL, 0),
			      ZX_OK);
		EXPECT_STATUS(zx_vmo_op_range(small, ZX_VMO_OP_DECOMMIT, 0, SMALL, NULL, 0),
			      ZX_OK);
	}
	atomic_store(&greedy_stop, true);
	EXPECT_TRUE(task_join(&greedy, &refused));
	EXPECT_TRUE(refused > 0);
	zx_handle_close(small);
	zx_handle_close(vmo);
}

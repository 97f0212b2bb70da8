/* Faults of programs: spec/vmar.md 14. */
#include <jx/thread.h>

#include "vm_util.h"

#define KILLED ZX_TASK_RETCODE_EXCEPTION_KILL
#define RET 0xd65f03c0u

/* A VMO that may be executed; every page begins with a return. */
static zx_handle_t code_vmo(uint64_t pages)
{
	zx_handle_t vmo = vm_vmo_make(pages, 0);

	for (uint64_t i = 0; i < pages; i++)
		vm_vmo_set(vmo, i, RET);
	EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &vmo), ZX_OK);
	return vmo;
}

/* The return code of a child that makes one access to a mapping of the VMO. */
static int64_t outcome(zx_handle_t vmo, uint64_t pages, zx_vm_option_t perm, vm_child_fn access,
		       uint64_t offset)
{
	struct vm_child child;

	if (!vm_child_make(&child) ||
	    !vm_child_start(&child, access, vm_child_map(&child, vmo, perm, pages) + offset))
		return 0;
	return vm_child_finish(&child);
}

/* 14.2, step 2: each protection against each access. */
JX_TEST(fault_protection_decides)
{
	const struct {
		zx_vm_option_t perm;
		int64_t read, write, call;
	} table[] = {
		{ 0, KILLED, KILLED, KILLED },
		{ VM_R, 1, KILLED, KILLED },
		{ VM_RW, 1, 1, KILLED },
		{ VM_RX, 1, KILLED, 1 },
		{ VM_RW | VM_X, 1, 1, 1 },
	};
	zx_handle_t vmo = code_vmo(1);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		vm_vmo_set(vmo, 0, RET);
		EXPECT_EQ(outcome(vmo, 1, table[i].perm, vm_child_call, 0), table[i].call);
		EXPECT_EQ(outcome(vmo, 1, table[i].perm, vm_child_read, 0), table[i].read);
		EXPECT_EQ(outcome(vmo, 1, table[i].perm, vm_child_write, 0), table[i].write);
	}
	zx_handle_close(vmo);
}

/* Step 1: where nothing is mapped, null, the kernel's half. */
JX_TEST(fault_where_nothing_is_mapped)
{
	const uint64_t addresses[] = { 0, VM_KERNEL_ADDRESS, UINT64_MAX, 0x0000ffffffffffff,
				       0x00ff000000000000 };

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct vm_child child;

		ASSERT_TRUE(vm_child_make(&child));
		ASSERT_TRUE(vm_child_start(&child, i & 1 ? vm_child_read : vm_child_write,
					   addresses[i]));
		EXPECT_EQ(vm_child_finish(&child), KILLED);
	}
}

/* Step 3: past the VMO's end; the last byte before it is fine. */
JX_TEST(fault_past_the_end)
{
	zx_handle_t vmo = code_vmo(1);

	EXPECT_EQ(outcome(vmo, 2, VM_RW, vm_child_read, PAGE - 1), 1);
	EXPECT_EQ(outcome(vmo, 2, VM_RW, vm_child_read, PAGE), KILLED);
	EXPECT_EQ(outcome(vmo, 2, VM_RW, vm_child_write, PAGE), KILLED);
	EXPECT_EQ(outcome(vmo, 2, VM_RX, vm_child_call, PAGE), KILLED);
	zx_handle_close(vmo);
}

/* 14.4: a mapping longer than its VMO follows the VMO's size. */
JX_TEST(fault_follows_shrink_and_grow)
{
	zx_handle_t vmo = vm_vmo_make(4, ZX_VMO_RESIZABLE);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 4);

	for (uint64_t i = 0; i < 4; i++)
		EXPECT_EQ(vm_load(base + i * PAGE), VM_STAMP(i));
	for (uint64_t size = 4; size-- > 0;) {
		EXPECT_STATUS(zx_vmo_set_size(vmo, size * PAGE), ZX_OK);
		for (uint64_t i = 0; i < 4; i++) {
			zx_status_t wanted = i < size ? ZX_OK : ZX_ERR_OUT_OF_RANGE;

			EXPECT_STATUS(vm_probe_read(base + i * PAGE), wanted);
			EXPECT_STATUS(vm_probe_write(base + i * PAGE), wanted);
		}
	}
	EXPECT_STATUS(zx_vmo_set_size(vmo, 4 * PAGE), ZX_OK);
	for (uint64_t i = 0; i < 4; i++)
		EXPECT_EQ(vm_load(base + i * PAGE), 0);
	/* Over a mapping that lies past the end altogether. */
	EXPECT_STATUS(zx_vmo_set_size(vmo, 0), ZX_OK);
	vm_unmap(base, 4);
	zx_handle_close(vmo);
}

/* 14.3: the zero page gives way in all mappings when a page appears: by a
 * store, by zx_vmo_write, by COMMIT and a store. */
JX_TEST(fault_zero_page_is_replaced_everywhere)
{
	enum { MAPPINGS = 5 };
	zx_vaddr_t base[MAPPINGS];
	zx_handle_t vmo;

	ASSERT_STATUS(zx_vmo_create(3 * PAGE, 0, &vmo), ZX_OK);
	for (int i = 0; i < MAPPINGS; i++) {
		base[i] = vm_map(vmo, VM_RW, 3);
		for (uint64_t page = 0; page < 3; page++)
			EXPECT_EQ(vm_load(base[i] + page * PAGE), 0);
	}
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 0);
	vm_store(base[2], 10);
	vm_vmo_set(vmo, 1, 11);
	EXPECT_STATUS(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 2 * PAGE, PAGE, NULL, 0), ZX_OK);
	vm_store(base[4] + 2 * PAGE, 12);
	for (int i = 0; i < MAPPINGS; i++) {
		for (uint64_t page = 0; page < 3; page++)
			EXPECT_EQ(vm_load(base[i] + page * PAGE), 10 + page);
		vm_unmap(base[i], 3);
	}
	zx_handle_close(vmo);
}

static int store_to(void *address)
{
	*(volatile uint8_t *)address = 1;
	return 0;
}

static void child_with_thread(zx_handle_t unused, uintptr_t thread)
{
	(void)unused;
	(void)thread;
	for (;;)
		zx_nanosleep(ZX_TIME_INFINITE);
}

/* A fault of any thread ends its process, and no other. */
JX_TEST(fault_of_one_thread_ends_its_process)
{
	struct vm_child child;
	zx_handle_t second, stack = vm_vmo_make(1, 0);
	zx_vaddr_t top;

	ASSERT_TRUE(vm_child_make(&child));
	ASSERT_STATUS(zx_thread_create(child.process, "second", 6, 0, &second), ZX_OK);
	top = vm_child_map(&child, stack, VM_RW, 1) + PAGE;
	ASSERT_TRUE(vm_child_start(&child, child_with_thread, 0));
	ASSERT_STATUS(zx_thread_start(second, (zx_vaddr_t)store_to, top, 0, 0), ZX_OK);
	EXPECT_EQ(vm_child_finish(&child), KILLED);
	zx_handle_close(second);
	zx_handle_close(stack);
}

/* A stack that is not there: the very first push faults. */
JX_TEST(fault_on_the_stack)
{
	struct vm_child child;

	ASSERT_TRUE(vm_child_make(&child));
	ASSERT_STATUS(zx_vmar_unmap(child.vmar, child.stack_top - 4 * PAGE, 4 * PAGE), ZX_OK);
	ASSERT_TRUE(vm_child_start(&child, vm_child_call, 0x1000));
	EXPECT_EQ(vm_child_finish(&child), KILLED);
}

struct toucher {
	struct jx_thread thread;
	zx_vaddr_t base;
	uint64_t sum;
};

static int touch_all(void *arg)
{
	struct toucher *t = arg;

	for (uint64_t i = 0; i < 64; i++)
		t->sum += vm_load(t->base + i * PAGE);
	return 0;
}

/* Faults of many threads on the same pages all find what is there. */
JX_TEST(fault_races_are_harmless)
{
	zx_handle_t vmo = vm_vmo_make(64, 0);
	uint64_t wanted = 0;

	for (uint64_t i = 0; i < 64; i++)
		wanted += VM_STAMP(i);
	for (int round = 0; round < 5; round++) {
		struct toucher t[4];
		zx_vaddr_t base = vm_map(vmo, VM_RW, 64);

		for (int i = 0; i < 4; i++) {
			t[i] = (struct toucher){ .base = base };
			ASSERT_STATUS(jx_thread_create(&t[i].thread, "toucher", touch_all, &t[i]),
				      ZX_OK);
		}
		for (int i = 0; i < 4; i++) {
			EXPECT_STATUS(jx_thread_join(&t[i].thread, NULL), ZX_OK);
			EXPECT_EQ(t[i].sum, wanted);
		}
		vm_unmap(base, 64);
	}
	zx_handle_close(vmo);
}

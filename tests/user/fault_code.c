/* Code written through a writable mapping and then run: spec/vmar.md 14.3. The
 * kernel does all cache maintenance. */
#include <jx/thread.h>

#include "vm_util.h"

#define ROUNDS 20
#define CPUS_MAX 8

/* mov w0, #value; ret */
static uint64_t code_for(uint32_t value)
{
	return 0xd65f03c000000000ul | 0x52800000u | value << 5;
}

static int run(zx_vaddr_t address)
{
	return ((int (*)(void))address)();
}

struct runner {
	struct jx_thread thread;
	zx_vaddr_t address;
	int value;
};

static int run_in_thread(void *arg)
{
	struct runner *r = arg;

	r->value = run(r->address);
	return 0;
}

static zx_handle_t make_code(uint64_t pages)
{
	zx_handle_t vmo;

	EXPECT_STATUS(zx_vmo_create(pages * PAGE, 0, &vmo), ZX_OK);
	EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &vmo), ZX_OK);
	return vmo;
}

/* RW, write, RX, run on all CPUs; again and again on the same page. */
JX_TEST(fault_new_code_runs_after_protect)
{
	uint32_t threads = zx_system_get_num_cpus() < CPUS_MAX ? zx_system_get_num_cpus()
							       : CPUS_MAX;
	zx_handle_t vmo = make_code(1);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 1);

	for (uint32_t value = 1; value <= ROUNDS; value++) {
		struct runner r[CPUS_MAX];

		EXPECT_STATUS(zx_vmar_protect(zx_vmar_root_self(), VM_RW, base, PAGE), ZX_OK);
		vm_store(base, code_for(value));
		EXPECT_STATUS(zx_vmar_protect(zx_vmar_root_self(), VM_RX, base, PAGE), ZX_OK);
		EXPECT_EQ(run(base), value);
		for (uint32_t i = 0; i < threads; i++) {
			r[i] = (struct runner){ .address = base };
			ASSERT_STATUS(jx_thread_create(&r[i].thread, "runner", run_in_thread,
						       &r[i]), ZX_OK);
		}
		for (uint32_t i = 0; i < threads; i++) {
			EXPECT_STATUS(jx_thread_join(&r[i].thread, NULL), ZX_OK);
			EXPECT_EQ(r[i].value, value);
		}
	}
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}

/* Written through one mapping, run through another that is made afterwards:
 * by a fault, by MAP_RANGE, by OVERWRITE. */
JX_TEST(fault_new_code_runs_in_a_new_mapping)
{
	const zx_vm_option_t specific = VM_RX | ZX_VM_SPECIFIC;
	zx_handle_t vmo = make_code(1);
	zx_vaddr_t writer = vm_map(vmo, VM_RW, 1), runner;
	struct vm_area a;

	ASSERT_TRUE(vm_area_make(&a, 2));
	vm_store(writer, code_for(5));
	ASSERT_STATUS(zx_vmar_map(a.vmar, specific, 0, vmo, 0, PAGE, &runner), ZX_OK);
	EXPECT_EQ(run(runner), 5);
	ASSERT_STATUS(vm_area_unmap(&a, 0, 1), ZX_OK);
	vm_store(writer, code_for(6));
	ASSERT_STATUS(zx_vmar_map(a.vmar, specific | ZX_VM_MAP_RANGE, 0, vmo, 0, PAGE, &runner),
		      ZX_OK);
	EXPECT_EQ(run(runner), 6);
	vm_store(writer, code_for(7));
	ASSERT_STATUS(zx_vmar_map(a.vmar, VM_RX | ZX_VM_SPECIFIC_OVERWRITE, 0, vmo, 0, PAGE,
				  &runner), ZX_OK);
	EXPECT_EQ(run(runner), 7);
	vm_unmap(writer, 1);
	zx_handle_close(vmo);
	vm_area_drop(&a);
}

/* zx_process_write_memory into code that is mapped and has run. */
JX_TEST(fault_code_written_by_process_write_memory)
{
	zx_handle_t vmo = make_code(1);
	zx_vaddr_t base = vm_map(vmo, VM_RX, 1);

	for (uint32_t value = 1; value <= ROUNDS; value++) {
		uint64_t code = code_for(value);
		size_t actual = 0;

		EXPECT_STATUS(zx_process_write_memory(zx_process_self(), base, &code, 8, &actual),
			      ZX_OK);
		EXPECT_EQ(actual, 8);
		EXPECT_EQ(run(base), value);
	}
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}

/* spec/vmar.md 2.9: without that step a VMO has no EXECUTE right. */
JX_TEST(fault_code_needs_an_executable_vmo)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), old = vmo;
	zx_info_handle_basic_t basic = { 0 };
	zx_vaddr_t address = 0;

	EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), VM_RX, 0, vmo, 0, PAGE, &address),
		      ZX_ERR_ACCESS_DENIED);
	ASSERT_STATUS(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &vmo), ZX_OK);
	EXPECT_STATUS(zx_handle_close(old), ZX_ERR_BAD_HANDLE);
	zx_object_get_info(vmo, ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic), NULL, NULL);
	EXPECT_EQ(basic.rights, 0xd0ef | ZX_RIGHT_EXECUTE);
	EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), VM_RX, 0, vmo, 0, PAGE, &address), ZX_OK);
	vm_unmap(address, 1);
	zx_handle_close(vmo);
}

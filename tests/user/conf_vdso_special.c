/*
 * The vDSO's code in an address space: nobody changes it. Spec/vmar.md 19, and the
 * checks there that ask for it.
 */
#include <jx/elf.h>
#include <jx/ktap.h>
#include <jx/vdso.h>
#include <zircon/process.h>

#include "conf_util.h"
#include "task_util.h"

#define RX (ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE)

/* Where the code lies in the image. */
static Elf64_Phdr code_segment(void)
{
	const Elf64_Ehdr *head = jx_vdso_base();
	const Elf64_Phdr *segment = (const Elf64_Phdr *)((const char *)head + head->e_phoff);

	for (int i = 0; i < head->e_phnum; i++) {
		if (segment[i].p_type == PT_LOAD && (segment[i].p_flags & PF_X))
			return segment[i];
	}
	jx_fail("the vDSO has no code");
	return (Elf64_Phdr){ .p_memsz = PAGE };
}

/* A process with nothing in it. */
struct empty {
	zx_handle_t process;
	zx_handle_t vmar;
	Elf64_Phdr code;
};

static bool make(struct empty *e)
{
	e->code = code_segment();
	return EXPECT_STATUS(zx_process_create(zx_job_default(), "empty", 5, 0, &e->process,
					       &e->vmar), ZX_OK);
}

static void drop(struct empty *e)
{
	zx_handle_close(e->vmar);
	zx_handle_close(e->process);
}

static zx_status_t map_code(const struct empty *e, zx_vaddr_t *at)
{
	return zx_vmar_map(e->vmar, RX, 0, jx_vdso_vmo(), e->code.p_offset, e->code.p_memsz, at);
}

/* The code is still mapped: its first instruction can be read. */
static void expect_there(const struct empty *e, zx_vaddr_t at)
{
	uint32_t instruction = 0;
	size_t actual = 0;

	EXPECT_STATUS(zx_process_read_memory(e->process, at, &instruction, 4, &actual), ZX_OK);
	EXPECT_EQ(instruction, *(const uint32_t *)((const char *)jx_vdso_base() +
						   e->code.p_vaddr));
}

static uint64_t vdso_base_of(zx_handle_t process)
{
	uint64_t base = 1;

	EXPECT_STATUS(zx_object_get_property(process, ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &base,
					     sizeof(base)), ZX_OK);
	return base;
}

/* Executable once, and just the code. */
JX_TEST(vmar_5_c20_executable_once_and_whole)
{
	zx_vaddr_t at = 0, other = 77;
	struct empty e;

	ASSERT_TRUE(make(&e));
	EXPECT_STATUS(zx_vmar_map(e.vmar, RX, 0, jx_vdso_vmo(), 0, e.code.p_memsz, &other),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_map(e.vmar, RX, 0, jx_vdso_vmo(), e.code.p_offset,
				  e.code.p_memsz + PAGE, &other), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_map(e.vmar, RX, 0, jx_vdso_vmo(), 0, e.code.p_offset +
				  e.code.p_memsz, &other), ZX_ERR_ACCESS_DENIED);
	ASSERT_STATUS(map_code(&e, &at), ZX_OK);
	EXPECT_STATUS(map_code(&e, &other), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(other, 77);
	/* A collision is seen first. */
	EXPECT_STATUS(zx_vmar_map(e.vmar, RX | ZX_VM_SPECIFIC, at - conf_range(e.vmar).base,
				  jx_vdso_vmo(), e.code.p_offset, e.code.p_memsz, &other),
		      jx_era() == JX_ERA_2020 ? ZX_ERR_NO_MEMORY : ZX_ERR_ALREADY_EXISTS);
	expect_there(&e, at);
	drop(&e);
}

JX_TEST(vmar_5_c20_code_is_not_overwritten)
{
	const zx_vm_option_t over = ZX_VM_PERM_READ | ZX_VM_SPECIFIC_OVERWRITE;
	zx_vaddr_t at = 0, other = 0;
	zx_handle_t vmo = 0;
	struct empty e;
	size_t offset;

	ASSERT_TRUE(make(&e));
	ASSERT_STATUS(map_code(&e, &at), ZX_OK);
	ASSERT_STATUS(zx_vmo_create(4 * PAGE, 0, &vmo), ZX_OK);
	offset = at - conf_range(e.vmar).base;
	EXPECT_STATUS(zx_vmar_map(e.vmar, over, offset, vmo, 0, PAGE, &other),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_map(e.vmar, over, offset - PAGE, vmo, 0, 4 * PAGE, &other),
		      ZX_ERR_ACCESS_DENIED);
	expect_there(&e, at);
	/* Beside it all is as usual. */
	EXPECT_STATUS(zx_vmar_map(e.vmar, over, offset - PAGE, vmo, 0, PAGE, &other), ZX_OK);
	zx_handle_close(vmo);
	drop(&e);
}

/* Where the address cannot be told nothing stays, so the next one may have it. */
JX_TEST(vmar_5_c23_code_whose_address_nobody_was_told)
{
	zx_vaddr_t at = 0;
	struct empty e;

	ASSERT_TRUE(make(&e));
	EXPECT_STATUS(map_code(&e, (zx_vaddr_t *)8), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(vdso_base_of(e.process), 0);
	EXPECT_STATUS(map_code(&e, &at), ZX_OK);
	drop(&e);
}

JX_TEST(vmar_6_c6_code_is_not_unmapped)
{
	struct empty e;
	zx_vaddr_t at = 0;
	uint64_t size;

	ASSERT_TRUE(make(&e));
	ASSERT_STATUS(map_code(&e, &at), ZX_OK);
	size = e.code.p_memsz;
	EXPECT_STATUS(zx_vmar_unmap(e.vmar, at, size), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_unmap(e.vmar, at - PAGE, size + 2 * PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_unmap(e.vmar, at + size - PAGE, PAGE), ZX_ERR_ACCESS_DENIED);
	/* Values and ranges first, and what lies beside it is not it. */
	EXPECT_STATUS(zx_vmar_unmap(e.vmar, at, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_vmar_unmap(e.vmar, at - PAGE, PAGE),
		      jx_era() == JX_ERA_2020 ? ZX_ERR_NOT_FOUND : ZX_OK);
	expect_there(&e, at);
	drop(&e);
}

JX_TEST(vmar_7_c8_code_is_not_protected)
{
	struct empty e;
	zx_vaddr_t at = 0;

	ASSERT_TRUE(make(&e));
	ASSERT_STATUS(map_code(&e, &at), ZX_OK);
	EXPECT_STATUS(zx_vmar_protect(e.vmar, ZX_VM_PERM_READ, at, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_protect(e.vmar, RX, at, e.code.p_memsz), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_protect(e.vmar, 0, at, PAGE), ZX_ERR_ACCESS_DENIED);
	/* From the left: a gap before it is what is seen first. */
	EXPECT_STATUS(zx_vmar_protect(e.vmar, 0, at - PAGE, 2 * PAGE), ZX_ERR_NOT_FOUND);
	expect_there(&e, at);
	drop(&e);
}

/* A sub-VMAR that holds it stays, and so does the root; nothing in them goes. */
JX_TEST(vmar_8_c3_what_holds_the_code_is_not_destroyed)
{
	zx_handle_t middle = 0, vmo = 0, sibling = 0;
	zx_vaddr_t base = 0, at = 0, beside = 0;
	struct empty e;

	ASSERT_TRUE(make(&e));
	ASSERT_STATUS(zx_vmar_allocate(e.vmar, ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_EXECUTE, 0,
				       64 * PAGE, &middle, &base), ZX_OK);
	ASSERT_STATUS(zx_vmar_allocate(e.vmar, ZX_VM_CAN_MAP_READ, 0, PAGE, &sibling, &base),
		      ZX_OK);
	ASSERT_STATUS(zx_vmo_create(PAGE, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(middle, ZX_VM_PERM_READ, 0, vmo, 0, PAGE, &beside), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(middle, RX, 0, jx_vdso_vmo(), e.code.p_offset, e.code.p_memsz,
				  &at), ZX_OK);
	EXPECT_STATUS(zx_vmar_destroy(middle), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_destroy(e.vmar), jx_era() == JX_ERA_2020 ?
		      ZX_ERR_ACCESS_DENIED : ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(conf_alive(middle), ZX_OK);
	EXPECT_STATUS(conf_alive(e.vmar), ZX_OK);
	expect_there(&e, at);
	EXPECT_STATUS(zx_vmar_unmap(middle, beside, PAGE), ZX_OK);
	/* Without the code inside it goes; dead comes before the code. */
	EXPECT_STATUS(zx_vmar_destroy(sibling), ZX_OK);
	EXPECT_STATUS(zx_vmar_destroy(sibling), ZX_ERR_BAD_STATE);
	zx_handle_close(middle);
	zx_handle_close(sibling);
	zx_handle_close(vmo);
	drop(&e);
}

JX_TEST(vmar_9_c8_code_is_not_operated_on)
{
	struct empty e;
	zx_vaddr_t at = 0;

	ASSERT_TRUE(make(&e));
	ASSERT_STATUS(map_code(&e, &at), ZX_OK);
	EXPECT_STATUS(zx_vmar_op_range(e.vmar, ZX_VMO_OP_DECOMMIT, at, PAGE, NULL, 0),
		      ZX_ERR_ACCESS_DENIED);
	/* Even where a gap, which check 9 would tell, comes before it. */
	EXPECT_STATUS(zx_vmar_op_range(e.vmar, ZX_VMO_OP_DECOMMIT, at - PAGE, 2 * PAGE, NULL, 0),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_op_range(e.vmar, ZX_VMO_OP_DECOMMIT, at, 0, NULL, 0),
		      ZX_ERR_INVALID_ARGS);
	expect_there(&e, at);
	drop(&e);
}

JX_TEST(vmar_16_c6_code_is_not_written)
{
	uint32_t instruction = 0xd4200000;
	size_t actual = 77;
	struct empty e;
	zx_vaddr_t at = 0;

	ASSERT_TRUE(make(&e));
	ASSERT_STATUS(map_code(&e, &at), ZX_OK);
	EXPECT_STATUS(zx_process_write_memory(e.process, at, &instruction, 4, &actual),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_process_write_memory(zx_process_self(), code_segment().p_vaddr +
					      (zx_vaddr_t)jx_vdso_base(), &instruction, 4,
					      &actual), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(actual, 77);
	expect_there(&e, at);
	drop(&e);
}

/* Protection does not matter to that call: a mapping that shows tables or code to
 * be read would otherwise be the way to change what every process runs. */
JX_TEST(vmar_16_c6_no_mapping_of_the_vdso_is_written)
{
	zx_vaddr_t at = 0, copied = 0;
	zx_handle_t copy;
	uint32_t word = 0;
	size_t actual = 77;
	struct empty e;

	ASSERT_TRUE(make(&e));
	ASSERT_STATUS(zx_vmar_map(e.vmar, ZX_VM_PERM_READ, 0, jx_vdso_vmo(), 0,
				  e.code.p_offset + e.code.p_memsz, &at), ZX_OK);
	for (uint64_t offset = 0; offset < e.code.p_offset + e.code.p_memsz; offset += PAGE)
		EXPECT_STATUS(zx_process_write_memory(e.process, at + offset, &word, 4, &actual),
			      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_process_write_memory(zx_process_self(), (zx_vaddr_t)jx_vdso_base(), &word,
					      4, &actual), ZX_ERR_ACCESS_DENIED);
	EXPECT_EQ(actual, 77);
	ASSERT_STATUS(zx_vmo_create_child(jx_vdso_vmo(), ZX_VMO_CHILD_SNAPSHOT, 0, PAGE, &copy),
		      ZX_OK);
	ASSERT_STATUS(zx_vmar_map(e.vmar, ZX_VM_PERM_READ, 0, copy, 0, PAGE, &copied), ZX_OK);
	EXPECT_STATUS(zx_process_write_memory(e.process, copied, &word, 4, &actual), ZX_OK);
	EXPECT_STATUS(zx_process_read_memory(e.process, at, &word, 4, &actual), ZX_OK);
	EXPECT_EQ(word, 0x464c457f);
	zx_handle_close(copy);
	drop(&e);
}

/* Without EXECUTE it is an ordinary mapping, as often as one likes, but never
 * becomes executable. */
JX_TEST(vmar_19_r3_other_mappings_are_ordinary)
{
	zx_vaddr_t at = 0, first = 0, second = 0;
	struct empty e;

	ASSERT_TRUE(make(&e));
	ASSERT_STATUS(zx_vmar_map(e.vmar, ZX_VM_PERM_READ, 0, jx_vdso_vmo(), 0,
				  e.code.p_offset + e.code.p_memsz, &first), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(e.vmar, ZX_VM_PERM_READ, 0, jx_vdso_vmo(), e.code.p_offset,
				  PAGE, &second), ZX_OK);
	EXPECT_EQ(vdso_base_of(e.process), 0);
	EXPECT_STATUS(zx_vmar_protect(e.vmar, RX, second, PAGE), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmar_protect(e.vmar, 0, second, PAGE), ZX_OK);
	EXPECT_STATUS(map_code(&e, &at), ZX_OK);
	EXPECT_STATUS(zx_vmar_unmap(e.vmar, second, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmar_unmap(e.vmar, first + PAGE, PAGE), ZX_OK);
	drop(&e);
}

/* The end of the process takes it away. */
JX_TEST(vmar_19_r3_goes_with_the_process)
{
	zx_info_vmo_t before = { 0 }, during = { 0 }, after = { 0 };
	struct empty e;
	zx_vaddr_t at = 0;

	EXPECT_STATUS(zx_object_get_info(jx_vdso_vmo(), ZX_INFO_VMO, &before, sizeof(before), NULL,
					 NULL), ZX_OK);
	ASSERT_TRUE(make(&e));
	ASSERT_STATUS(map_code(&e, &at), ZX_OK);
	EXPECT_STATUS(zx_object_get_info(jx_vdso_vmo(), ZX_INFO_VMO, &during, sizeof(during), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(during.num_mappings, before.num_mappings + 1);
	EXPECT_STATUS(zx_task_kill(e.process), ZX_OK);
	task_await_signal(e.process, ZX_PROCESS_TERMINATED);
	EXPECT_STATUS(zx_object_get_info(jx_vdso_vmo(), ZX_INFO_VMO, &after, sizeof(after), NULL,
					 NULL), ZX_OK);
	EXPECT_EQ(after.num_mappings, before.num_mappings);
	drop(&e);
}

/* 18.2: remembered when the code is mapped, wherever that is. */
JX_TEST(tasks_18_2_r2_base_address_is_remembered)
{
	uint32_t small = 0;
	uint64_t value;
	struct empty e;
	zx_vaddr_t at = 0;

	ASSERT_TRUE(make(&e));
	EXPECT_EQ(vdso_base_of(e.process), 0);
	EXPECT_EQ(vdso_base_of(zx_process_self()), jx_vdso_base());
	ASSERT_STATUS(map_code(&e, &at), ZX_OK);
	EXPECT_EQ(vdso_base_of(e.process), at - e.code.p_offset);
	EXPECT_STATUS(zx_object_get_property(e.process, ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &small,
					     sizeof(small)), ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(zx_object_get_property(zx_job_default(), ZX_PROP_PROCESS_VDSO_BASE_ADDRESS,
					     &value, sizeof(value)), ZX_ERR_WRONG_TYPE);
	value = 1;
	EXPECT_STATUS(zx_object_set_property(e.process, ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &value,
					     sizeof(value)), ZX_ERR_INVALID_ARGS);
	drop(&e);
}

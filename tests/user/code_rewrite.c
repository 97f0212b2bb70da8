/*
 * Code that is written again and again, and runs on all CPUs: spec/vmar.md 14.3,
 * vmo.md 4.6, 6.3. The program does no cache maintenance; what it asks for is
 * asked of the kernel, and only where the specification leaves it to the caller.
 *
 * Under QEMU instruction fetch is coherent by itself: there the debug kernel's
 * checker of page tables (I14) ends the run if an executable entry appears for a
 * page that was not synced since it last could be written by an entry.
 */
#include <stdatomic.h>

#include <jx/thread.h>

#include "conf_vmo_util.h"

#define ROUNDS 60u
#define CALLERS_MAX 8u

/* mov w0, #value; ret */
static uint64_t code_for(uint32_t value)
{
	return 0xd65f03c000000000ul | 0x52800000u | value << 5;
}

static zx_handle_t make_code(uint64_t pages)
{
	zx_handle_t vmo = conf_vmo(pages, 0);

	EXPECT_STATUS(zx_vmo_replace_as_executable(vmo, ZX_HANDLE_INVALID, &vmo), ZX_OK);
	return vmo;
}

/* --- A thread on each CPU that calls when it is told to ------------------------ */

struct crew;

struct caller {
	struct jx_thread thread;
	struct crew *crew;
	uint32_t value;
};

struct crew {
	uint32_t count;
	/* The call that is asked for, and how many have made it. */
	atomic_uint asked;
	atomic_uint done;
	/* Before `asked` rises: what to call; 0 ends the callers. */
	zx_vaddr_t address;
	struct caller callers[CALLERS_MAX];
};

static int call_when_asked(void *arg)
{
	struct caller *c = arg;
	struct crew *crew = c->crew;
	uint32_t next = 1;

	for (;; next++) {
		while (atomic_load(&crew->asked) != next)
			zx_nanosleep(0);
		if (crew->address == 0)
			return 0;
		c->value = ((uint32_t (*)(void))crew->address)();
		atomic_fetch_add(&crew->done, 1);
	}
}

static void ask(struct crew *crew, zx_vaddr_t address)
{
	crew->address = address;
	atomic_store(&crew->done, 0);
	atomic_fetch_add(&crew->asked, 1);
}

/* The code at `address` gives `value` here and on all CPUs. */
static bool all_run(struct crew *crew, zx_vaddr_t address, uint32_t value)
{
	bool good = true;

	ask(crew, address);
	good = EXPECT_EQ(((uint32_t (*)(void))address)(), value);
	while (atomic_load(&crew->done) < crew->count)
		zx_nanosleep(0);
	for (uint32_t i = 0; i < crew->count; i++)
		good = EXPECT_EQ(crew->callers[i].value, value) && good;
	return good;
}

static bool crew_start(struct crew *crew)
{
	uint32_t cpus = zx_system_get_num_cpus();

	crew->count = cpus < CALLERS_MAX ? cpus : CALLERS_MAX;
	atomic_init(&crew->asked, 0);
	atomic_init(&crew->done, 0);
	for (uint32_t i = 0; i < crew->count; i++) {
		crew->callers[i].crew = crew;
		if (!EXPECT_STATUS(jx_thread_create(&crew->callers[i].thread, "caller",
						    call_when_asked, &crew->callers[i]), ZX_OK))
			return false;
	}
	return true;
}

static void crew_end(struct crew *crew)
{
	ask(crew, 0);
	for (uint32_t i = 0; i < crew->count; i++)
		EXPECT_STATUS(jx_thread_join(&crew->callers[i].thread, NULL), ZX_OK);
}

/* --- One mapping: RW, then RX ---------------------------------------------------- */

static void protect(zx_vaddr_t base, zx_vm_option_t perm)
{
	EXPECT_STATUS(zx_vmar_protect(zx_vmar_root_self(), perm, base, PAGE), ZX_OK);
}

/* The page stays resident, and its entry goes from RW to R to RX and back. */
JX_TEST(code_rewritten_by_protect)
{
	zx_handle_t vmo = make_code(1);
	zx_vaddr_t base = vm_map(vmo, VM_RW, 1);
	struct crew crew;

	ASSERT_TRUE(crew_start(&crew));
	for (uint32_t value = 1; value <= ROUNDS; value++) {
		protect(base, VM_RW);
		vm_store(base, code_for(value));
		protect(base, VM_RX);
		if (!all_run(&crew, base, value))
			break;
	}
	crew_end(&crew);
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}

/* The same with a mapping that may do both at once, and code that is read and
 * protected before it runs. */
JX_TEST(code_rewritten_by_protect_of_rwx)
{
	zx_handle_t vmo = make_code(1);
	zx_vaddr_t base = vm_map(vmo, VM_RW | VM_X, 1);
	struct crew crew;

	ASSERT_TRUE(crew_start(&crew));
	for (uint32_t value = 1; value <= ROUNDS; value++) {
		protect(base, VM_R);
		EXPECT_TRUE(vm_load(base) == (value == 1 ? 0 : code_for(value - 1)));
		protect(base, VM_RW | VM_X);
		vm_store(base, code_for(value));
		protect(base, VM_RX);
		if (!all_run(&crew, base, value))
			break;
		protect(base, VM_RW | VM_X);
		if (!all_run(&crew, base, value))
			break;
	}
	crew_end(&crew);
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}

/* --- Two mappings, and writes by system calls ------------------------------------- */

static void sync(zx_handle_t vmo)
{
	EXPECT_STATUS(conf_op(vmo, ZX_VMO_OP_CACHE_SYNC, 0, PAGE), ZX_OK);
}

/* Through a second mapping, while the first keeps its executable entry: CACHE_SYNC
 * reaches instruction fetch through any alias on all CPUs. */
JX_TEST(code_rewritten_through_another_mapping)
{
	zx_handle_t vmo = make_code(1);
	zx_vaddr_t writer = vm_map(vmo, VM_RW, 1), runner = vm_map(vmo, VM_RX, 1);
	struct crew crew;

	ASSERT_TRUE(crew_start(&crew));
	for (uint32_t value = 1; value <= ROUNDS; value++) {
		vm_store(writer, code_for(value));
		sync(vmo);
		if (!all_run(&crew, runner, value))
			break;
	}
	crew_end(&crew);
	vm_unmap(writer, 1);
	vm_unmap(runner, 1);
	zx_handle_close(vmo);
}

JX_TEST(code_rewritten_by_vmo_write)
{
	zx_handle_t vmo = make_code(1);
	zx_vaddr_t runner = vm_map(vmo, VM_RX, 1), second = vm_map(vmo, VM_RX, 1);
	struct crew crew;

	ASSERT_TRUE(crew_start(&crew));
	for (uint32_t value = 1; value <= ROUNDS; value++) {
		vm_vmo_set(vmo, 0, code_for(value));
		sync(vmo);
		if (!all_run(&crew, value % 2 ? runner : second, value))
			break;
	}
	crew_end(&crew);
	vm_unmap(runner, 1);
	vm_unmap(second, 1);
	zx_handle_close(vmo);
}

JX_TEST(code_rewritten_by_process_write_memory)
{
	zx_handle_t vmo = make_code(1);
	zx_vaddr_t base = vm_map(vmo, VM_RX, 1);
	struct crew crew;

	ASSERT_TRUE(crew_start(&crew));
	for (uint32_t value = 1; value <= ROUNDS; value++) {
		uint64_t code = code_for(value);
		size_t actual = 0;

		EXPECT_STATUS(zx_process_write_memory(zx_process_self(), base, &code, 8, &actual),
			      ZX_OK);
		sync(vmo);
		if (!all_run(&crew, base, value))
			break;
	}
	crew_end(&crew);
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}

/* --- Other frames ------------------------------------------------------------------ */

/* Takes frames that were just freed, for code that must not run. */
static zx_handle_t take_frames(void)
{
	zx_handle_t vmo = conf_vmo(4, 0);

	for (uint64_t i = 0; i < 4; i++)
		vm_vmo_set(vmo, i, code_for(0xdead));
	return vmo;
}

/* A new frame by DECOMMIT and by ZERO: no CPU runs the old one's code, nor what
 * its next owner put there. */
JX_TEST(code_on_a_new_frame_after_decommit)
{
	zx_handle_t vmo = make_code(1);
	zx_vaddr_t base = vm_map(vmo, VM_RX, 1);
	struct crew crew;

	ASSERT_TRUE(crew_start(&crew));
	for (uint32_t value = 1; value <= ROUNDS; value++) {
		uint32_t op = value % 2 ? ZX_VMO_OP_DECOMMIT : ZX_VMO_OP_ZERO;
		zx_handle_t others;

		EXPECT_STATUS(conf_op(vmo, op, 0, PAGE), ZX_OK);
		others = take_frames();
		EXPECT_EQ(vm_load(base), 0);
		vm_vmo_set(vmo, 0, code_for(value));
		if (op == ZX_VMO_OP_ZERO)
			sync(vmo);
		if (!all_run(&crew, base, value))
			break;
		zx_handle_close(others);
	}
	crew_end(&crew);
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}

static zx_handle_t snapshot_to_run(zx_handle_t vmo)
{
	zx_handle_t child = conf_snap(vmo, 0, 1);

	/* spec/vmo.md 5.3: WRITE gained, EXECUTE lost. */
	EXPECT_EQ(conf_rights(child) & ZX_RIGHT_EXECUTE, 0);
	EXPECT_STATUS(zx_vmo_replace_as_executable(child, ZX_HANDLE_INVALID, &child), ZX_OK);
	return child;
}

/* The parent is rewritten in the place where it runs: its page is copied, and
 * all CPUs run the copy there, and the old page in the child. */
JX_TEST(code_of_a_snapshot_is_the_old_one)
{
	zx_handle_t vmo = make_code(1);
	zx_vaddr_t base = vm_map(vmo, VM_RX, 1);
	struct crew crew;

	ASSERT_TRUE(crew_start(&crew));
	vm_vmo_set(vmo, 0, code_for(1));
	EXPECT_TRUE(all_run(&crew, base, 1));
	for (uint32_t value = 2; value <= ROUNDS; value++) {
		zx_handle_t child = snapshot_to_run(vmo);
		zx_vaddr_t old = vm_map(child, VM_RX, 1);
		bool good;

		vm_vmo_set(vmo, 0, code_for(value));
		good = all_run(&crew, base, value) && all_run(&crew, old, value - 1);
		/* And the other way round: the child leaves the shared page. */
		vm_vmo_set(child, 0, code_for(value + 1000));
		good = good && all_run(&crew, base, value);
		sync(child);
		good = good && all_run(&crew, old, value + 1000);
		vm_unmap(old, 1);
		zx_handle_close(child);
		if (!good)
			break;
	}
	crew_end(&crew);
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}

/* The copy on write of a fault: RW through a mapping of the child, then RX. */
JX_TEST(code_of_a_page_copied_by_a_fault)
{
	zx_handle_t vmo = make_code(1);
	zx_vaddr_t base = vm_map(vmo, VM_RX, 1);
	struct crew crew;

	ASSERT_TRUE(crew_start(&crew));
	vm_vmo_set(vmo, 0, code_for(1));
	for (uint32_t value = 2; value <= ROUNDS; value++) {
		zx_handle_t child = snapshot_to_run(vmo);
		zx_vaddr_t copy = vm_map(child, VM_RX, 1);
		bool good = all_run(&crew, copy, 1);

		protect(copy, VM_RW);
		vm_store(copy, code_for(value));
		protect(copy, VM_RX);
		good = good && all_run(&crew, copy, value) && all_run(&crew, base, 1);
		vm_unmap(copy, 1);
		zx_handle_close(child);
		if (!good)
			break;
	}
	crew_end(&crew);
	vm_unmap(base, 1);
	zx_handle_close(vmo);
}

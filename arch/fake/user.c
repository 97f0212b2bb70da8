/*
 * User memory of the fake machine: accesses through the running CPU's TLB, by
 * "user programs" and by the kernel's copy functions alike. So whoever uses a
 * translation that should be gone reads the wrong frame.
 */
#include <arch/mmu.h>
#include <arch/usercopy.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <mm/fault.h>
#include <mm/ptcheck.h>

#include "fake.h"
#include "fake_thread.h"

/* More faults on one access than any race explains: a loop (I6). */
#define FAULT_LIMIT 100000

static struct process processes[CONFIG_MAX_CPUS];

void fake_enter_aspace(struct aspace *as)
{
	struct thread *t = thread_current();
	struct aspace *before = t->aspace;
	u64 mask;

	if (as != NULL)
		aspace_ref(as);
	mask = arch_irq_save();
	t->process = &processes[arch_cpu_id()];
	t->process->aspace = as;
	t->aspace = as;
	t->fault_mapping = NULL;
	arch_aspace_activate(as != NULL ? &as->arch : NULL);
	arch_irq_restore(mask);
	if (before != NULL)
		aspace_unref(before);
}

static zx_status_t access_word(uaddr_t va, u32 access, void *data,
			       size_t bytes)
{
	u32 tries = 0;

	while (!fake_mmu_access(va, access, data, bytes)) {
		zx_status_t status = mm_page_fault(thread_current()->aspace,
						   va, access);

		if (status != ZX_OK)
			return status;
		if (++tries == FAULT_LIMIT)
			panic("fault at %lx repeats for ever",
			      (unsigned long)va);
	}
	return ZX_OK;
}

zx_status_t fake_user_load(uaddr_t va, u64 *value)
{
	fake_quiesce();
	return access_word(va, PT_READ, value, sizeof(*value));
}

zx_status_t fake_user_store(uaddr_t va, u64 value)
{
	fake_quiesce();
	return access_word(va, PT_WRITE, &value, sizeof(value));
}

zx_status_t fake_user_fetch(uaddr_t va, u64 *value)
{
	fake_quiesce();
	return access_word(va, PT_EXEC, value, sizeof(*value));
}

/* --- <arch/usercopy.h> ---------------------------------------------------------- */

static bool is_user_range(uaddr_t va, size_t bytes)
{
	return va >= USER_ASPACE_BASE && va < USER_ASPACE_TOP &&
	       bytes <= USER_ASPACE_TOP - va;
}

/* Bytes up to the end of the word or the page. */
static size_t step(uaddr_t va, size_t bytes)
{
	return min_u64(min_u64(bytes, 8), PAGE_SIZE - (va & PAGE_MASK));
}

static zx_status_t copy(uaddr_t va, u32 access, u8 *data, size_t bytes)
{
	zx_status_t status = ZX_OK;

	PTCHECK(assert_outside_batch_hook("user access inside a batch"));
	if (bytes != 0 && !is_user_range(va, bytes))
		return ZX_ERR_NOT_FOUND;
	while (bytes > 0 && status == ZX_OK) {
		size_t n = step(va, bytes);

		status = access_word(va, access, data, n);
		va += n;
		data += n;
		bytes -= n;
	}
	return status;
}

static size_t copy_nofault(uaddr_t va, u32 access, u8 *data, size_t bytes)
{
	PTCHECK(assert_outside_batch_hook("user access inside a batch"));
	if (bytes != 0 && !is_user_range(va, bytes))
		return bytes;
	while (bytes > 0) {
		size_t n = step(va, bytes);

		if (!fake_mmu_access(va, access, data, n))
			return bytes;
		va += n;
		data += n;
		bytes -= n;
	}
	return 0;
}

zx_status_t copy_from_user(void *dst, uaddr_t src, size_t bytes)
{
	return copy(src, PT_READ, dst, bytes);
}

/* The model only reads what it stores. */
zx_status_t copy_to_user(uaddr_t dst, const void *src, size_t bytes)
{
	return copy(dst, PT_WRITE, (u8 *)(uintptr_t)src, bytes);
}

zx_status_t put_user_u32(uaddr_t dst, u32 value)
{
	return copy_to_user(dst, &value, sizeof(value));
}

zx_status_t put_user_u64(uaddr_t dst, u64 value)
{
	return copy_to_user(dst, &value, sizeof(value));
}

zx_status_t get_user_u32(u32 *value, uaddr_t src)
{
	return copy_from_user(value, src, sizeof(*value));
}

size_t copy_from_user_nofault(void *dst, uaddr_t src, size_t bytes)
{
	return copy_nofault(src, PT_READ, dst, bytes);
}

size_t copy_to_user_nofault(uaddr_t dst, const void *src, size_t bytes)
{
	return copy_nofault(dst, PT_WRITE, (u8 *)(uintptr_t)src, bytes);
}

bool get_user_u32_nofault(u32 *value, uaddr_t src)
{
	return copy_from_user_nofault(value, src, sizeof(*value)) == 0;
}

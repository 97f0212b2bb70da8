/*
 * The report, on the log, of an exception that no handler took and that ends
 * its process (tasks.md 14, design 8).
 */
#include <arch/mmu.h>
#include <arch/thread.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/time.h>
#include <mm/vmar.h>
#include <mm/vmo.h>
#include <zircon/syscalls/exception.h>

#define LONG_REPORTS_IN_A_ROW 8
#define LONG_REPORT_PERIOD_NS 250000000ll

static const char *type_words(u32 type)
{
	switch (type) {
	case ZX_EXCP_FATAL_PAGE_FAULT:
		return "page fault";
	case ZX_EXCP_UNDEFINED_INSTRUCTION:
		return "undefined instruction";
	case ZX_EXCP_SW_BREAKPOINT:
		return "breakpoint instruction";
	case ZX_EXCP_HW_BREAKPOINT:
		return "hardware breakpoint";
	case ZX_EXCP_UNALIGNED_ACCESS:
		return "unaligned access";
	case ZX_EXCP_POLICY_ERROR:
		return "policy error";
	}
	return "exception";
}

static const char *access_words(u32 access)
{
	if (access & PT_EXEC)
		return "instruction fetch from";
	if (access & PT_WRITE)
		return "write to";
	return "read from";
}

/* Why the fault handler refused (spec/vmar.md 14.2). */
static const char *status_words(zx_status_t status)
{
	switch (status) {
	case ZX_ERR_NOT_FOUND:
		return "nothing is mapped there";
	case ZX_ERR_ACCESS_DENIED:
		return "the mapping does not permit it";
	case ZX_ERR_OUT_OF_RANGE:
		return "it is past the end of the VMO";
	case ZX_ERR_NO_MEMORY:
		return "memory is out";
	case ZX_ERR_BAD_STATE:
		return "the pager is detached or closed";
	}
	return "the pager failed";
}

static void report_mapping(struct process *p, uaddr_t va)
{
	struct mapping *m = aspace_find_mapping(p->aspace, va);
	char name[ZX_MAX_NAME_LEN];

	if (!m) {
		printk("  mapping: none");
		return;
	}
	vmo_get_name(m->named, name);
	printk("  mapping: 0x%lx-0x%lx %c%c%c of VMO '%s' (koid %lu), VMO offset 0x%lx",
	       mapping_base(m), mapping_end(m),
	       m->prot & ZX_VM_PERM_READ ? 'r' : '-',
	       m->prot & ZX_VM_PERM_WRITE ? 'w' : '-',
	       m->prot & ZX_VM_PERM_EXECUTE ? 'x' : '-', name,
	       m->named->object.koid,
	       mapping_vmo_offset(m) + (va - mapping_base(m)));
	mapping_unref(m);
}

/*
 * Has the next crash a right to the long part of its report? So many in a row have,
 * and one more in each period: a program that crashes over and over must not push
 * all else out of the log, nor keep a slow console busy.
 */
static bool take_long_report(void)
{
	/* When all of the row is there again. Atomic: threads crash on any CPU;
	 * relaxed: it stands for nothing but itself. */
	static ktime_t whole_at;
	const ktime_t now = ktime_now();
	ktime_t seen = __atomic_load_n(&whole_at, __ATOMIC_RELAXED), next;

	do {
		next = (seen > now ? seen : now) + LONG_REPORT_PERIOD_NS;
		if (next - now > LONG_REPORTS_IN_A_ROW * LONG_REPORT_PERIOD_NS)
			return false;
	} while (!__atomic_compare_exchange_n(&whole_at, &seen, next, true,
					      __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return true;
}

void crash_report(const struct user_exception *e,
		  const struct arch_frame *frame)
{
	struct thread *t = thread_current();
	struct process *p = t->process;
	char process_name[ZX_MAX_NAME_LEN], thread_name[ZX_MAX_NAME_LEN];

	object_get_name(&p->object, process_name);
	object_get_name(&t->object, thread_name);
	printk("process '%s' (koid %lu) ends by a %s in thread '%s' (koid %lu), ESR 0x%08x",
	       process_name, p->object.koid, type_words(e->type), thread_name,
	       t->object.koid, e->esr);
	if (e->type == ZX_EXCP_FATAL_PAGE_FAULT) {
		printk("  %s 0x%lx: %s (status %d)", access_words(e->access),
		       e->far, status_words(e->status), e->status);
		report_mapping(p, e->far);
	}
	if (e->type == ZX_EXCP_POLICY_ERROR)
		printk("  policy %u, %u", e->code, e->data);
	if (take_long_report())
		arch_frame_print(frame);
	else
		printk("  registers: not shown, one of many crashes");
}

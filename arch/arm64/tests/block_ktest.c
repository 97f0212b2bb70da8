/*
 * Block entries and memory types on the real MMU: what an address translates to
 * (AT, PAR_EL1), what is read through it, and that one TLBI by one address takes
 * all of a block from every CPU.
 */
#include <arch/cpu.h>
#include <arch/mmu.h>
#include <arch/usercopy.h>
#include <kernel/boot.h>
#include <kernel/ktest.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <mm/pmm.h>
#include <mm/vmar.h>

#define VA (1ul << 40)			/* no mapping of the aspace is there */
#define ORDER (PT_BLOCK_SHIFT - PAGE_SHIFT)
#define STAMP 0x426c6f636b000000ul
#define RW (PT_READ | PT_WRITE)

#define PAR_FAULT 1ul
#define PAR_ATTR(par) ((par) >> 56)

static struct aspace *aspace;
static struct page *block;
static struct mutex vmo_lock;		/* stands for the VMO's (I12) */

static void enter(void)
{
	preempt_disable();
	thread_current()->aspace = aspace;
	arch_aspace_activate(&aspace->arch);
	preempt_enable();
}

static void leave(void)
{
	thread_current()->aspace = NULL;
	preempt_disable();
	arch_aspace_activate(NULL);
	preempt_enable();
}

static u64 *page_word(u32 i)
{
	return phys_to_virt(page_to_paddr(block + i));
}

static bool setup(struct ktest_run *t)
{
	u32 i;

	mutex_init(&vmo_lock, LOCK_VMO);
	block = pmm_alloc_order(ORDER);
	KEXPECT_TRUE(t, block != NULL);
	KEXPECT_EQ(t, aspace_create("blocks", &aspace), ZX_OK);
	if (t->failure_count != 0)
		return false;
	for (i = 0; i < PT_BLOCK_PAGES; i++)
		*page_word(i) = STAMP + i;
	enter();
	return true;
}

static void unmap(uaddr_t va, u64 pages)
{
	struct tlb_batch batch;

	tlb_batch_begin(&batch);
	pt_unmap(&aspace->arch, va, pages, &batch);
	tlb_batch_end(&batch);
}

static void teardown(void)
{
	unmap(VA, 2 * PT_BLOCK_PAGES);
	leave();
	aspace_destroy(aspace);
	pmm_free_order(block, ORDER);
}

/* One entry, a block or a page, with whatever tables it takes. */
static void map(struct ktest_run *t, uaddr_t va, paddr_t pa, u32 flags,
		bool whole)
{
	struct pt_reserve reserve = { NULL, 0 };
	struct arch_aspace *as = &aspace->arch;

	KEXPECT_EQ(t, pt_reserve_fill(&reserve, PT_RESERVE_MAX), ZX_OK);
	mutex_lock(&vmo_lock);
	KEXPECT_EQ(t, whole ? pt_map_block(as, va, pa, flags, &reserve) :
			      pt_map(as, va, pa, flags, &reserve), ZX_OK);
	mutex_unlock(&vmo_lock);
	pt_reserve_release(&reserve);
}

static void map_block(struct ktest_run *t, u32 flags)
{
	map(t, VA, page_to_paddr(block), flags, true);
}

/* What the MMU says of a user's access. The ISB makes AT's result readable. */
static u64 translate_read(uaddr_t va)
{
	u64 par;

	__asm__ volatile("at s1e0r, %1\n\tisb\n\tmrs %0, par_el1"
			 : "=r"(par) : "r"(va) : "memory");
	return par;
}

static u64 translate_write(uaddr_t va)
{
	u64 par;

	__asm__ volatile("at s1e0w, %1\n\tisb\n\tmrs %0, par_el1"
			 : "=r"(par) : "r"(va) : "memory");
	return par;
}

static void expect_translation(struct ktest_run *t, uaddr_t va, u64 pa,
			       u64 attribute)
{
	u64 par;

	preempt_disable();
	par = translate_read(va);
	preempt_enable();
	KEXPECT_EQ(t, par & PAR_FAULT, 0);
	KEXPECT_EQ(t, par & ENTRY_ADDR, pa);
	KEXPECT_EQ(t, PAR_ATTR(par), attribute);
}

/* How many of the block's pages can be read and hold their own content. */
static u32 count_readable(void)
{
	u32 i, count = 0;
	u64 word;

	for (i = 0; i < PT_BLOCK_PAGES; i++)
		if (copy_from_user_nofault(&word, VA + i * PAGE_SIZE,
					   sizeof(word)) == 0)
			count += word == STAMP + i;
	return count;
}

static u32 count_writable(void)
{
	u32 i, count = 0;

	for (i = 0; i < PT_BLOCK_PAGES; i++)
		count += copy_to_user_nofault(VA + i * PAGE_SIZE + 8, &i,
					      sizeof(i)) == 0;
	return count;
}

KTEST(block_maps_every_page)
{
	u64 pair[2] = { 0, 0 };

	if (!setup(t))
		return;
	KEXPECT_EQ(t, count_readable(), 0);
	map_block(t, RW);
	KEXPECT_EQ(t, count_readable(), PT_BLOCK_PAGES);
	KEXPECT_EQ(t, count_writable(), PT_BLOCK_PAGES);
	KEXPECT_EQ(t, *(u32 *)(page_word(300) + 1), 300);
	/* Across a page boundary inside, and over the end. */
	*(page_word(7) - 1) = 77;
	KEXPECT_EQ(t, copy_from_user_nofault(pair, VA + 7 * PAGE_SIZE - 8, 16),
		   0);
	KEXPECT_TRUE(t, pair[0] == 77 && pair[1] == STAMP + 7);
	KEXPECT_EQ(t, copy_from_user_nofault(pair, VA + PT_BLOCK_BYTES - 8,
					     16), 8);
	teardown();
}

KTEST(block_rights_change_as_a_whole)
{
	struct tlb_batch batch;

	if (!setup(t))
		return;
	map_block(t, PT_READ);
	KEXPECT_EQ(t, count_readable(), PT_BLOCK_PAGES);
	KEXPECT_EQ(t, count_writable(), 0);
	map_block(t, RW);
	KEXPECT_EQ(t, count_writable(), PT_BLOCK_PAGES);
	tlb_batch_begin(&batch);
	KEXPECT_EQ(t, pt_protect(&aspace->arch, VA, PT_BLOCK_PAGES, PT_READ,
				 &batch), 1);
	tlb_batch_end(&batch);
	KEXPECT_EQ(t, count_writable(), 0);
	KEXPECT_EQ(t, count_readable(), PT_BLOCK_PAGES);
	/* One page that needs more: it alone is left. */
	map(t, VA + 9 * PAGE_SIZE, page_to_paddr(block + 9), RW, false);
	KEXPECT_EQ(t, count_writable(), 1);
	KEXPECT_EQ(t, count_readable(), 1);
	teardown();
}

/* --- Other CPUs --------------------------------------------------------------- */

#define READERS 3
#define ROUNDS 20

/* Atomics: the test says what is to be done, the readers how many of them are
 * through; release and acquire order the entries and counts between them. */
static u32 round_number, through_count;
static bool mapped;
static struct ktest_run *reader_test;

/* Each round every page is read, so that this CPU's TLB has what there is. */
static void reader(void *arg)
{
	u32 round;

	(void)arg;
	enter();
	for (round = 1; round <= 2 * ROUNDS; round++) {
		while (__atomic_load_n(&round_number, __ATOMIC_ACQUIRE) <
		       round)
			sched_yield();
		KEXPECT_EQ(reader_test, count_readable(),
			   mapped ? PT_BLOCK_PAGES : 0);
		__atomic_fetch_add(&through_count, 1, __ATOMIC_RELEASE);
	}
	leave();
	__atomic_fetch_add(&through_count, 1, __ATOMIC_RELEASE);
}

static void run_readers(bool is_mapped)
{
	u32 round = round_number + 1;

	mapped = is_mapped;
	__atomic_store_n(&round_number, round, __ATOMIC_RELEASE);
	while (__atomic_load_n(&through_count, __ATOMIC_ACQUIRE) <
	       READERS * round)
		sched_yield();
}

KTEST(block_goes_from_every_cpu)
{
	struct tlb_batch batch;
	u32 i;

	if (!setup(t))
		return;
	round_number = through_count = 0;
	reader_test = t;
	for (i = 0; i < READERS; i++)
		KEXPECT_EQ(t, thread_create_kernel("reader", reader, NULL,
						   THREAD_PRIORITY_DEFAULT),
			   ZX_OK);
	for (i = 0; i < ROUNDS; i++) {
		map_block(t, RW);
		run_readers(true);
		tlb_batch_begin(&batch);
		KEXPECT_EQ(t, pt_clear(&aspace->arch,
				       VA + (i * 26) * PAGE_SIZE, 1, &batch),
			   1);
		tlb_batch_end(&batch);
		run_readers(false);
	}
	while (__atomic_load_n(&through_count, __ATOMIC_ACQUIRE) <
	       READERS * (2 * ROUNDS + 1))
		sched_yield();
	teardown();
}

/* --- Types ---------------------------------------------------------------------- */

static const struct {
	u32 flags;
	u64 attribute;
} types[] = {
	{ PT_CACHED, 0xff },
	{ PT_UNCACHED, 0x00 },
	{ PT_UNCACHED_DEVICE, 0x04 },
	{ PT_WRITE_COMBINING, 0x44 },
};

KTEST(memory_types_are_what_they_say)
{
	u64 pa;
	u32 i;

	if (!setup(t))
		return;
	pa = page_to_paddr(block).v;
	arch_cache_clean_invalidate(page_word(0), PT_BLOCK_BYTES);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		uaddr_t beside = VA + PT_BLOCK_BYTES + 3 * PAGE_SIZE;

		map_block(t, PT_READ | types[i].flags);
		map(t, beside, paddr(pa + PAGE_SIZE), RW | types[i].flags,
		    false);
		expect_translation(t, VA, pa, types[i].attribute);
		expect_translation(t, VA + 511 * PAGE_SIZE,
				   pa + 511 * PAGE_SIZE, types[i].attribute);
		expect_translation(t, beside, pa + PAGE_SIZE,
				   types[i].attribute);
		KEXPECT_EQ(t, count_readable(), PT_BLOCK_PAGES);
		KEXPECT_EQ(t, translate_write(VA) & PAR_FAULT, 1);
		KEXPECT_EQ(t, translate_write(beside) & PAR_FAULT, 0);
		unmap(VA, 2 * PT_BLOCK_PAGES);
		KEXPECT_EQ(t, translate_read(VA) & PAR_FAULT, 1);
	}
	teardown();
}

/* Above all RAM there is no struct page and no content: only its translation can
 * be asked for. */
KTEST(memory_outside_ram)
{
	u64 top = 0;
	u32 i;

	for (i = 0; i < boot_info.memory_count; i++) {
		const struct boot_range *r = &boot_info.memory[i];

		KEXPECT_TRUE(t, arch_is_ram(paddr(r->base), PAGE_SIZE));
		if (r->base + r->size > top)
			top = r->base + r->size;
	}
	KEXPECT_TRUE(t, arch_is_ram(paddr(round_down_page(top - 1)),
				    PAGE_SIZE));
	top = (top + PT_BLOCK_BYTES - 1) & ~(PT_BLOCK_BYTES - 1);
	KEXPECT_TRUE(t, !arch_is_ram(paddr(top), PAGE_SIZE));
	if (!setup(t))
		return;
	map(t, VA, paddr(top), RW | PT_UNCACHED_DEVICE, true);
	map(t, VA + PT_BLOCK_BYTES, paddr(top + PAGE_SIZE), RW | PT_UNCACHED,
	    false);
	expect_translation(t, VA + 5 * PAGE_SIZE, top + 5 * PAGE_SIZE, 0x04);
	expect_translation(t, VA + PT_BLOCK_BYTES, top + PAGE_SIZE, 0x00);
	teardown();
}

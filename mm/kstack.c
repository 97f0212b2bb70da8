/*
 * Kernel stacks. The stack area is cut into slots of twice a stack's size; the
 * lower half of a slot is never mapped and guards the stack in the upper half.
 *
 * A freed stack stays mapped on a list, up to STACKS_KEPT of them; beyond that
 * it is unmapped, which costs a shootdown of kernel mappings, and its slot is
 * marked free in a bitmap.
 */
#include <arch/kmap.h>
#include <arch/mmu.h>
#include <kernel/bits.h>
#include <kernel/lock.h>
#include <mm/kstack.h>
#include <mm/pmm.h>

#define SLOT_SIZE (2 * KSTACK_SIZE)
#define STACK_ORDER 2
#define STACK_PAGES (1u << STACK_ORDER)
#define SLOT_COUNT 16384u	/* so many threads at most */
#define STACKS_KEPT 64

/* A stack on the list, in its own lowest bytes. */
struct kept_stack {
	struct kept_stack *next;
};

_Static_assert(STACK_PAGES * PAGE_SIZE == KSTACK_SIZE, "one block a stack");

static struct mutex kstack_lock;
/* Under kstack_lock. */
static u64 used_slots[SLOT_COUNT / 64];
static u32 first_word;		/* words below hold no free slot */
static struct page *slot_block[SLOT_COUNT];	/* its frames, while mapped */
static struct kept_stack *kept;
static u32 kept_count;

void kstack_init(void)
{
	mutex_init(&kstack_lock, LOCK_KSTACK);
}

static bool take_slot(u32 *slot)
{
	for (u32 w = first_word; w < SLOT_COUNT / 64; w++) {
		if (~used_slots[w]) {
			u32 bit = bit_lowest64(~used_slots[w]);

			used_slots[w] |= 1ul << bit;
			first_word = w;
			*slot = w * 64 + bit;
			return true;
		}
	}
	first_word = SLOT_COUNT / 64;
	return false;
}

static void free_slot(u32 slot)
{
	used_slots[slot / 64] &= ~(1ul << (slot % 64));
	if (slot / 64 < first_word)
		first_word = slot / 64;
}

static u64 slot_address(u32 slot)
{
	return KMAP_STACK_BASE + slot * SLOT_SIZE + KSTACK_SIZE;
}

static void *map_new_locked(void)
{
	struct page *block = pmm_alloc_order(STACK_ORDER);
	struct page *pages[STACK_PAGES];
	u32 slot;

	if (!block)
		return NULL;
	for (u32 i = 0; i < STACK_PAGES; i++)
		pages[i] = block + i;
	if (!take_slot(&slot))
		goto free_block;
	if (arch_kmap_pages(slot_address(slot), pages, STACK_PAGES) != ZX_OK) {
		free_slot(slot);
		goto free_block;
	}
	slot_block[slot] = block;
	return (void *)(uintptr_t)slot_address(slot);

free_block:
	pmm_free_order(block, STACK_ORDER);
	return NULL;
}

static void unmap_locked(u64 stack)
{
	u32 slot = (u32)((stack - KMAP_STACK_BASE) / SLOT_SIZE);

	arch_kunmap_pages(stack, STACK_PAGES);
	pmm_free_order(slot_block[slot], STACK_ORDER);
	slot_block[slot] = NULL;
	free_slot(slot);
}

void *kstack_alloc(void)
{
	void *stack;

	mutex_lock(&kstack_lock);
	stack = kept;
	if (stack) {
		kept = kept->next;
		kept_count--;
	} else {
		stack = map_new_locked();
	}
	mutex_unlock(&kstack_lock);
	return stack;
}

void kstack_free(void *stack)
{
	struct kept_stack *k = stack;

	mutex_lock(&kstack_lock);
	if (kept_count < STACKS_KEPT) {
		k->next = kept;
		kept = k;
		kept_count++;
	} else {
		unmap_locked((u64)(uintptr_t)stack);
	}
	mutex_unlock(&kstack_lock);
}

bool kstack_is_guard(u64 addr)
{
	return addr - KMAP_STACK_BASE < SLOT_COUNT * SLOT_SIZE &&
	       (addr - KMAP_STACK_BASE) % SLOT_SIZE < KSTACK_SIZE;
}

/* Racy by one stack: a statistic. */
u64 kstack_kept_pages(void)
{
	return (u64)__atomic_load_n(&kept_count, __ATOMIC_RELAXED) *
	       STACK_PAGES;
}

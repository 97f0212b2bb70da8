/*
 * The C of the boot phase: identity map, and the order in which the kernel's
 * world is made. See boot.S for when each function runs; all of it but
 * boot_build_idmap() and what that calls runs with the MMU on.
 */
#include <arch/cpu.h>
#include <arch/layout.h>
#include <arch/mmu_impl.h>
#include <kernel/boot.h>

#include "alternative.h"
#include "boot.h"
#include "cpu.h"
#include "dt.h"
#include "early.h"
#include "kmap.h"
#include "offsets.h"
#include "psci.h"
#include "pte.h"
#include "sysreg.h"

#define IDMAP_BLOCK 0x200000ul
#define IDMAP_TABLES 14		/* root; image, tree and UART: 2 + 2 each */
#define MIN_MEMORY_BYTES (64ul << 20)

/* One boot CPU, in order: no lock. */
static u64 idmap_tables[IDMAP_TABLES][512] __attribute__((aligned(4096)));
static u32 idmap_table_count;

/* Read by boot.S. */
u64 boot_tcr_idmap;
const u64 boot_mair = MAIR_VALUE;
struct boot_handoff boot_handoff;

_Static_assert(offsetof(struct boot_handoff, ttbr1) == HANDOFF_TTBR1, "");
_Static_assert(offsetof(struct boot_handoff, tcr) == HANDOFF_TCR, "");
_Static_assert(offsetof(struct boot_handoff, sctlr) == HANDOFF_SCTLR, "");
_Static_assert(offsetof(struct boot_handoff, image_va) == HANDOFF_IMAGE_VA, "");
_Static_assert(offsetof(struct boot_handoff, key_low) == HANDOFF_KEY, "");
_Static_assert(offsetof(struct boot_handoff, idmap_ttbr0) == HANDOFF_IDMAP, "");

/* The next table below *entry, made if absent. On the identity map, and before
 * there is any, a pointer is a physical address. */
static u64 *idmap_descend(u64 *entry)
{
	if (!(*entry & PTE_VALID)) {
		if (idmap_table_count == IDMAP_TABLES)
			return NULL;
		*entry = (u64)idmap_tables[idmap_table_count++] | PTE_VALID |
			 PTE_TABLE;
	}
	return (u64 *)(*entry & PTE_ADDR_MASK);
}

/* Runs with the MMU off too. The entries only ever go from invalid to valid,
 * and boot.S or cpu_order_table_stores() orders them before their use. */
void idmap_add(u64 pa, u64 memory_type)
{
	u64 *l1, *l2;

	l1 = idmap_descend(&idmap_tables[0][(pa >> 39) & 511]);
	if (!l1)
		return;
	l2 = idmap_descend(&l1[(pa >> 30) & 511]);
	if (!l2)
		return;
	l2[(pa >> 21) & 511] = (pa & ~(IDMAP_BLOCK - 1)) | PTE_VALID |
			       PTE_ATTR(memory_type) | PTE_SH_INNER | PTE_AF |
			       (memory_type == MAIR_INDEX_DEVICE ?
					PTE_PXN | PTE_UXN : 0);
	cpu_order_table_stores();
}

/*
 * Maps the image and the device tree (2 MiB at most, says the boot protocol)
 * one to one and returns the root. Runs with the MMU off, before the image is
 * relocated: no pointer constants, no stack protector.
 */
__attribute__((no_stack_protector)) u64 boot_build_idmap(u64 fdt)
{
	u64 pa;

	idmap_table_count = 1;
	for (pa = (u64)image_start & ~(IDMAP_BLOCK - 1); pa < (u64)image_end;
	     pa += IDMAP_BLOCK)
		idmap_add(pa, MAIR_INDEX_NORMAL);
	if (fdt != 0) {
		idmap_add(fdt, MAIR_INDEX_NORMAL);
		idmap_add(fdt + IDMAP_BLOCK, MAIR_INDEX_NORMAL);
	}
	boot_tcr_idmap = TCR_BASE | TCR_EPD1 | TCR_IPS(cpu_pa_range());
	return (u64)idmap_tables[0];
}

static u64 total_memory(void)
{
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < boot_info.memory_count; i++)
		bytes += boot_info.memory[i].size;
	return bytes;
}

/* All that makes this machine unfit, most telling first. */
static void check_machine(void)
{
	if (total_memory() < MIN_MEMORY_BYTES)
		early_fail("%lu MiB of memory are too few: %lu MiB are needed",
			   total_memory() >> 20, MIN_MEMORY_BYTES >> 20);
	if (dt_devices.irqc == IRQC_NONE)
		early_fail("the device tree names no GICv2 or GICv3");
	if (dt_devices.timer_irq == 0)
		early_fail("the device tree names no virtual timer");
}

void boot_provoke(const char *moment)
{
	char what[16];

	if (!IS_ENABLED(CONFIG_KTEST) ||
	    !boot_get_arg("provoke", what, sizeof(what)))
		return;
	while (__builtin_strcmp(what, moment) == 0)
		__asm__ volatile("");
}

/* splitmix64: spreads what little the seed has over all bits. */
static u64 mix(u64 *state)
{
	u64 z;

	*state += 0x9e3779b97f4a7c15ul;
	z = *state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ul;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebul;
	return z ^ (z >> 31);
}

/* The argument `seed=` makes all randomness repeatable: the same word gives
 * the same numbers, and the image does not move. */
static bool seed_from_argument(u64 *state)
{
	char word[64];
	const char *p;

	if (!boot_get_arg("seed", word, sizeof(word)))
		return false;
	for (p = word; *p != '\0'; p++)
		*state = mix(state) ^ (u8)*p;
	return true;
}

/* Fills random_seed and returns the seed for the image's place; 0: none. */
static u64 gather_seeds(void)
{
	u64 state = 0;
	u64 slide_seed = 0;
	bool fixed = seed_from_argument(&state);
	u32 i;

	if (!fixed) {
		slide_seed = dt_seeds.kaslr;
		state = slide_seed ^ arch_counter() ^ arch_random();
		for (i = 0; i < dt_seeds.rng_bytes; i++)
			state = mix(&state) ^ dt_seeds.rng[i];
	}
	for (i = 0; i < ARRAY_SIZE(boot_info.random_seed); i++)
		boot_info.random_seed[i] = mix(&state);
	cpu_set_canary(mix(&state));
	boot_handoff.key_low = mix(&state);
	boot_handoff.key_high = mix(&state);
	user_key[0] = mix(&state);
	user_key[1] = mix(&state);
	return slide_seed;
}

static u64 choose_image_va(u64 slide_seed)
{
	u64 steps = 0;

	if (slide_seed != 0)
		steps = mix(&slide_seed) & ((1ul << IMAGE_SLIDE_BITS) - 1);
	return IMAGE_BASE + steps * IDMAP_BLOCK;
}

/*
 * Everything from the tree to the kernel's map. Runs on the identity map, the
 * image relocated to where it lies.
 */
__attribute__((no_stack_protector))
void boot_early(void *fdt)
{
	u64 image_va;

	dt_read(fdt);
	boot_provoke("early");
	check_machine();
	cpu_detect_features();
	image_va = choose_image_va(gather_seeds());
	kmap_build(image_va);
	alternatives_apply();
	boot_handoff.image_va = image_va;
	boot_handoff.image_pa = boot_paddr(image_start);
	boot_handoff.tcr = cpu_kernel_tcr();
	boot_handoff.sctlr = cpu_kernel_sctlr();
}

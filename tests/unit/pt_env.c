#include "pt_env.h"

#include <kernel/lock.h>
#include <mm/slab.h>

u32 env_violation;
const char *env_violation_text;

/* Any mutex of the class will do: the checker asks for no more. One a CPU, so
 * that CPUs do not wait for each other. */
static struct mutex vmo_locks[CONFIG_MAX_CPUS];
static bool booted;

static void note_violation(u32 invariant, const char *what)
{
	if (env_violation != 0)
		return;
	env_violation = invariant;
	env_violation_text = what;
}

u64 env_seed(void)
{
	const char *s = getenv("SEED");

	return s ? strtoull(s, NULL, 0) : 1;
}

u64 env_steps(u64 fallback)
{
	const char *s = getenv("STEPS");

	return s ? strtoull(s, NULL, 0) : fallback;
}

int env_start(void **state)
{
	u32 i;

	(void)state;
	if (!booted) {
		fake_boot(&(struct fake_options){ .cpu_count = 4,
						  .asid_bits = 3,
						  .seed = env_seed() });
		pmm_init();
		slab_init();
		for (i = 0; i < CONFIG_MAX_CPUS; i++)
			mutex_init(&vmo_locks[i], LOCK_VMO);
		print_message("# seed %lu\n", (unsigned long)env_seed());
		booted = true;
	}
	env_violation = 0;
	fake_reset_tlbs(env_seed());
	fake_set_features(4, false);
	ptcheck_on_violation = note_violation;
	return 0;
}

int env_end(void **state)
{
	(void)state;
	env_load(NULL);
	if (env_violation != 0)
		print_error("I%u: %s\n", env_violation, env_violation_text);
	return env_violation != 0 || fake_bad_walks != 0;
}

static zx_status_t map_with_tables(struct arch_aspace *as, uaddr_t va,
				   paddr_t pa, u32 flags, bool block)
{
	struct pt_reserve reserve = { NULL, 0 };
	struct mutex *lock = &vmo_locks[arch_cpu_id()];
	zx_status_t status;

	mutex_lock(lock);
	for (;;) {
		status = block ? pt_map_block(as, va, pa, flags, &reserve) :
				 pt_map(as, va, pa, flags, &reserve);
		if (status != ZX_ERR_NO_RESOURCES)
			break;
		if (pt_reserve_fill(&reserve, PT_RESERVE_MAX) != ZX_OK)
			panic("no memory for tables");
	}
	mutex_unlock(lock);
	pt_reserve_release(&reserve);
	return status;
}

void env_map_pa(struct arch_aspace *as, uaddr_t va, paddr_t pa, u32 flags)
{
	ASSERT(map_with_tables(as, va, pa, flags, false) == ZX_OK);
}

void env_map(struct arch_aspace *as, uaddr_t va, struct page *p, u32 flags)
{
	env_map_pa(as, va, page_to_paddr(p), flags);
}

zx_status_t env_map_block(struct arch_aspace *as, uaddr_t va, paddr_t pa,
			  u32 flags)
{
	return map_with_tables(as, va, pa, flags, true);
}

void env_unmap(struct arch_aspace *as, uaddr_t va, u64 pages)
{
	struct tlb_batch batch;

	tlb_batch_begin(&batch);
	pt_unmap(as, va, pages, &batch);
	tlb_batch_end(&batch);
}

struct page *env_frame(void)
{
	struct page *p = pmm_alloc();

	ASSERT(p != NULL);
	*(u64 *)phys_to_virt(page_to_paddr(p)) = page_to_paddr(p).v;
	return p;
}

struct page *env_block(void)
{
	struct page *p = pmm_alloc_order(PT_BLOCK_SHIFT - PAGE_SHIFT);
	u32 i;

	ASSERT(p != NULL);
	for (i = 0; i < PT_BLOCK_PAGES; i++)
		*(u64 *)phys_to_virt(page_to_paddr(p + i)) =
			page_to_paddr(p + i).v;
	return p;
}

void env_load(struct arch_aspace *as)
{
	u64 mask = arch_irq_save();

	arch_aspace_activate(as);
	arch_irq_restore(mask);
}

/* A store that no CPU waited for may be seen late, as one fault too many (I6);
 * a program would try again. */
#define REACH_TRIES 64

bool env_reach_pa(uaddr_t va, u32 access, paddr_t *pa)
{
	u32 i;

	for (i = 0; i < REACH_TRIES; i++)
		if (fake_mmu_translate(va, access, pa))
			return true;
	return false;
}

struct page *env_reach(uaddr_t va, u32 access)
{
	paddr_t pa;

	return env_reach_pa(va, access, &pa) ? paddr_to_page(pa) : NULL;
}

void env_reach_everywhere(struct arch_aspace *as, u32 cpus, uaddr_t va,
			  u32 access, paddr_t pa)
{
	paddr_t found;
	u32 cpu;

	for (cpu = 0; cpu < cpus; cpu++) {
		fake_become(cpu);
		env_load(as);
		assert_true(env_reach_pa(va, access, &found));
		assert_int_equal(found.v, pa.v);
	}
	fake_become(0);
}

void env_fault_everywhere(struct arch_aspace *as, u32 cpus, uaddr_t va,
			  u32 access)
{
	paddr_t found;
	u32 cpu;

	for (cpu = 0; cpu < cpus; cpu++) {
		fake_become(cpu);
		env_load(as);
		assert_false(env_reach_pa(va, access, &found));
	}
	fake_become(0);
}

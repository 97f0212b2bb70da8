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

void env_map(struct arch_aspace *as, uaddr_t va, struct page *p, u32 flags)
{
	struct pt_reserve reserve = { NULL, 0 };
	struct mutex *lock = &vmo_locks[arch_cpu_id()];
	zx_status_t status;

	mutex_lock(lock);
	for (;;) {
		status = pt_map(as, va, page_to_paddr(p), flags, &reserve);
		if (status != ZX_ERR_NO_RESOURCES)
			break;
		if (pt_reserve_fill(&reserve, PT_RESERVE_MAX) != ZX_OK)
			panic("no memory for tables");
	}
	mutex_unlock(lock);
	ASSERT(status == ZX_OK);
	pt_reserve_release(&reserve);
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

void env_load(struct arch_aspace *as)
{
	u64 mask = arch_irq_save();

	arch_aspace_activate(as);
	arch_irq_restore(mask);
}

/* A store that no CPU waited for may be seen late, as one fault too many (I6);
 * a program would try again. */
#define REACH_TRIES 64

struct page *env_reach(uaddr_t va, u32 access)
{
	paddr_t pa;
	u32 i;

	for (i = 0; i < REACH_TRIES; i++)
		if (fake_mmu_translate(va, access, &pa))
			return paddr_to_page(pa);
	return NULL;
}

#include "block_env.h"

struct arch_aspace as;
struct page *block;
paddr_t block_pa;

int block_start(void **state)
{
	env_start(state);
	assert_int_equal(arch_aspace_init(&as), ZX_OK);
	block = env_block();
	block_pa = page_to_paddr(block);
	env_load(&as);
	return 0;
}

int block_end(void **state)
{
	u32 cpu;

	env_unmap(&as, 0, 1ul << 36);
	for (cpu = 0; cpu < CPUS; cpu++) {
		fake_become(cpu);
		env_load(NULL);
	}
	fake_become(0);
	arch_aspace_destroy(&as);
	pmm_free_order(block, PT_BLOCK_SHIFT - PAGE_SHIFT);
	return env_end(state);
}

void expect_page(u64 i, u32 want)
{
	paddr_t pa = paddr(0);
	u32 flags = 0;

	assert_true(pt_query(&as, page_va(i), &pa, &flags));
	assert_int_equal(pa.v, page_pa(i).v);
	assert_int_equal(flags, want);
}

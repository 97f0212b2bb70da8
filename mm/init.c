/*
 * mm at boot: order of what depends on what, on the boot CPU alone.
 */
#include <arch/mmu.h>
#include <kernel/panic.h>
#include <mm/kstack.h>
#include <mm/pager.h>
#include <mm/pmm.h>
#include <mm/reclaim.h>
#include <mm/slab.h>
#include <mm/vmar.h>
#include <mm/vmo.h>

void mm_init(void)
{
	pmm_init_cpu(arch_current()->cpu);
	pmm_init();
	slab_init();
	zero_page = pmm_alloc();
	if (!zero_page)
		panic("memory: no frame for the zero page");
	arch_zero_page(phys_to_virt(page_to_paddr(zero_page)));
	/* Mappings past the cache show it as well. */
	arch_cache_clean(phys_to_virt(page_to_paddr(zero_page)), PAGE_SIZE);
	rtree_init_module();
	ptree_init_module();
	vmar_init_module();
	vmo_init_module();
	reclaim_init_module();
	pager_init_module();
	kstack_init();
}

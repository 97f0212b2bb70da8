/*
 * Reserves of table pages, and the stock of zeroed ones behind them.
 *
 * The stock of a CPU is one list, whose length stands in the first page's
 * ref_count (1 in every other table page). It is taken by exchanging the head
 * with NULL: by its own CPU, with
 * preemption off, which puts back what it does not need; and by
 * pt_stock_release() for all CPUs. Only its own CPU stores anything but NULL, so
 * nothing is lost. I7 is kept here: a table page is all zero.
 */
#include <arch/cache.h>
#include <arch/mmu.h>
#include <kernel/panic.h>
#include <kernel/percpu.h>
#include <kernel/preempt.h>
#include <mm/pmm.h>

#include "pt.h"

struct pt_stock {
	struct page *pages;	/* atomic: see above */
} __attribute__((aligned(CACHE_LINE)));

static struct pt_stock stocks[CONFIG_MAX_CPUS];

/* Acquire: the zeroes, by whichever CPU, come before our use of the page. */
static struct page *take_stock(u32 cpu)
{
	return __atomic_exchange_n(&stocks[cpu].pages, NULL, __ATOMIC_ACQUIRE);
}

static void return_stock(u32 cpu, struct page *pages, u32 count)
{
	if (pages == NULL)
		return;
	pages->ref_count = count;
	__atomic_store_n(&stocks[cpu].pages, pages, __ATOMIC_RELEASE);
}

static void reserve_push(struct pt_reserve *r, struct page *p)
{
	p->next = r->pages;
	r->pages = p;
	r->count++;
	PTCHECK(table_zeroed_hook(p));
}

struct page *pt_reserve_take(struct pt_reserve *r)
{
	struct page *p = r->pages;

	r->pages = p->next;
	r->count--;
	return p;
}

static void fill_from_stock(struct pt_reserve *r, u32 count)
{
	struct page *pages;
	u32 cpu, left;

	preempt_disable();
	cpu = arch_cpu_id();
	pages = take_stock(cpu);
	if (pages != NULL) {
		left = pages->ref_count;
		pages->ref_count = 1;
		while (pages != NULL && r->count < count) {
			struct page *p = pages;

			pages = p->next;
			left--;
			reserve_push(r, p);
		}
		return_stock(cpu, pages, left);
	}
	preempt_enable();
}

void pt_reserve_fill_from_stock(struct pt_reserve *r, u32 count)
{
	fill_from_stock(r, count);
}

static zx_status_t add_new_page(struct pt_reserve *r)
{
	struct page *p = pmm_alloc();

	if (p == NULL)
		return ZX_ERR_NO_MEMORY;
	if (!MUTATED(DIRTY_TABLE))
		arch_zero_page(phys_to_virt(page_to_paddr(p)));
	p->state = PAGE_TABLE;
	p->count = 0;
	PTCHECK(table_alloc_hook(p));
	reserve_push(r, p);
	return ZX_OK;
}

zx_status_t pt_reserve_fill(struct pt_reserve *r, u32 count)
{
	u32 before = r->count;

	fill_from_stock(r, count);
	while (r->count < count) {
		struct page *extra;

		if (add_new_page(r) == ZX_OK)
			continue;
		while (r->count > before) {
			extra = pt_reserve_take(r);
			extra->next = NULL;
			pt_stock_put_list(extra);
		}
		return ZX_ERR_NO_MEMORY;
	}
	return ZX_OK;
}

void pt_reserve_release(struct pt_reserve *r)
{
	struct page *pages = r->pages;

	r->pages = NULL;
	r->count = 0;
	if (pages != NULL)
		pt_stock_put_list(pages);
}

static void free_tables(struct page *tables)
{
	struct page *p;

	if (tables == NULL)
		return;
	tables->ref_count = 1;
	for (p = tables; p != NULL; p = p->next)
		PTCHECK(table_free_hook(p));
	pmm_free_list(tables);
}

void pt_stock_put_list(struct page *tables)
{
	struct page *pages, *last = tables;
	u32 cpu, left, count = 1;

	PTCHECK(table_unused_hook(last));
	for (; last->next != NULL; last = last->next) {
		PTCHECK(table_unused_hook(last->next));
		count++;
	}
	preempt_disable();
	cpu = arch_cpu_id();
	pages = take_stock(cpu);
	left = pages != NULL ? pages->ref_count : 0;
	if (left + count <= PT_STOCK_MAX) {
		if (pages != NULL)
			pages->ref_count = 1;
		last->next = pages;
		return_stock(cpu, tables, left + count);
		tables = NULL;
	} else {
		return_stock(cpu, pages, left);
	}
	preempt_enable();
	free_tables(tables);
}

void pt_stock_release(void)
{
	u32 i;

	for (i = 0; i < CONFIG_MAX_CPUS; i++)
		free_tables(take_stock(i));
}

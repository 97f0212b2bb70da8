/*
 * What the tests of blocks and memory types share: an aspace that CPU 0 runs, 2 MiB
 * of contiguous frames, and where they are to be mapped.
 */
#ifndef BLOCK_ENV_H
#define BLOCK_ENV_H

#include "pt_env.h"

#define VA 0x40000000ul
#define CPUS 4
#define RW (PT_READ | PT_WRITE)
#define RX (PT_READ | PT_EXEC)

extern struct arch_aspace as;
extern struct page *block;
extern paddr_t block_pa;

/* cmocka fixtures. */
int block_start(void **state);
int block_end(void **state);

/* Page i of the block, from where it is mapped to. */
static inline uaddr_t page_va(u64 i)
{
	return VA + i * PAGE_SIZE;
}

static inline paddr_t page_pa(u64 i)
{
	return paddr(block_pa.v + i * PAGE_SIZE);
}

/* pt_query() finds page i with these rights. */
void expect_page(u64 i, u32 flags);

#endif

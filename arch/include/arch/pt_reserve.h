/*
 * Table pages got ahead of time, so that mapping cannot fail half way.
 *
 * Behind the reserves each CPU keeps a stock of zeroed table pages, at most
 * PT_STOCK_MAX. A table is unlinked when its last entry is cleared, so it is all
 * zero and goes back to the stock as it is: a program that maps, touches and
 * unmaps at ever new addresses does not pay for zeroing three tables each time.
 */
#ifndef ARCH_PT_RESERVE_H
#define ARCH_PT_RESERVE_H

#include <mm/page.h>

#define PT_RESERVE_MAX 3	/* tables that one page can need at most */
#define PT_STOCK_MAX 16		/* pages per CPU */

struct pt_reserve {
	struct page *pages;	/* list by page->next, zeroed */
	u32 count;
};

/* Fills the reserve up to count pages; NO_MEMORY leaves it as it was. Zeroed
 * pages (I7). May not be called inside a batch nor with a spinlock held. */
MUST_CHECK zx_status_t pt_reserve_fill(struct pt_reserve *r, u32 count);
/* Gives back what is left. The same contexts. */
void pt_reserve_release(struct pt_reserve *r);

/* Frees the stocks of all CPUs; memory pressure and leak counts call it. The
 * same contexts. */
void pt_stock_release(void);

#endif

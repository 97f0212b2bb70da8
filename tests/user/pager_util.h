/*
 * For tests of pagers: a pager with one VMO and one port, what its service
 * does, and threads that want pages.
 */
#ifndef PAGER_UTIL_H
#define PAGER_UTIL_H

#include <stdbool.h>

#include <jx/thread.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/port.h>

#include "task_util.h"

#define PAGE ((uint64_t)ZX_PAGE_SIZE)
#define PAGING_KEY 0x6b6579ul

struct paging {
	zx_handle_t pager;
	zx_handle_t port;
	zx_handle_t vmo;
};

/* A VMO of so many pages. */
bool paging_create(struct paging *p, uint64_t pages, uint32_t options);
/* Closes what is not 0. */
void paging_drop(struct paging *p);
/* Closes one of its handles early. */
void paging_close(zx_handle_t *handle);

/* What every word of page `index` holds once paging_supply() gave it. */
uint64_t paging_word(uint64_t index);
/* Supplies pages [first, first + count) with such words. */
zx_status_t paging_supply(struct paging *p, uint64_t first, uint64_t count);

/* The next packet must be this one, all 48 bytes of it; waits for it. */
bool paging_expect_read(struct paging *p, uint64_t first, uint64_t count);
bool paging_expect_request(struct paging *p, uint16_t command, uint64_t first, uint64_t count);
bool paging_expect_complete(struct paging *p);
/* No packet is there. */
bool paging_expect_none(struct paging *p);

uint64_t paging_committed(struct paging *p);

enum access_kind {
	ACCESS_VMO_READ,
	ACCESS_VMO_WRITE,	/* the same words that the pages hold */
	ACCESS_COMMIT,
	ACCESS_ZERO,
	ACCESS_LOAD,		/* through a mapping of this process */
	ACCESS_STORE,
	ACCESS_KIND_COUNT,
	ACCESS_ALWAYS_NEED = ACCESS_KIND_COUNT,	/* fails without a pager alone */
};

/* A thread of this process that wants pages; it stays where it is. */
struct page_access {
	struct jx_thread thread;
	zx_handle_t vmo;
	enum access_kind kind;
	uint64_t offset;
	uint64_t bytes;
	/* LOAD and STORE: where all of the VMO is mapped. */
	zx_vaddr_t base;
	/* Whether the words read were those of paging_word(). */
	bool right;
};

bool access_start(struct page_access *a, struct paging *p, enum access_kind kind, uint64_t first,
		  uint64_t count);
/* Starts one and waits until it waits for the pager. */
bool access_start_blocked(struct page_access *a, struct paging *p, enum access_kind kind,
			  uint64_t first, uint64_t count);
/* Waits for its end; the status must be this. -1 stands for a killed thread. */
bool access_expect(struct page_access *a, zx_status_t status);
/* Waits for its end, whatever it gave. */
bool access_end(struct page_access *a, int *status);
/* What the access gives in this very thread. */
zx_status_t access_now(struct paging *p, enum access_kind kind, uint64_t first, uint64_t count);

/* A child process whose first thread loads or stores one word and exits with
 * the low 16 bits of what it read, or faults. */
bool fault_child_start(struct task_child *c, zx_handle_t image, struct paging *p, uint64_t pages,
		       uint64_t first, bool write);
bool fault_child_expect(struct task_child *c, int64_t code);
/* Code of a child that read what paging_supply() gave. */
int64_t fault_child_code(uint64_t index);

#endif

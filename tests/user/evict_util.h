/*
 * For tests of eviction: a pager's service that answers everything, and ways to
 * run out of memory.
 */
#ifndef EVICT_UTIL_H
#define EVICT_UTIL_H

#include "memory_util.h"
#include "pager_util.h"

/* Pages that one answer may have. */
#define SERVICE_RUN 64u

/* A VMO whose page i holds paging_word(i) in every word, by a service. */
struct service {
	struct paging p;
	uint64_t pages;
	struct jx_thread threads[2];
	uint32_t thread_count;
	/* Atomic: pages asked for; answers that were refused. */
	uint64_t asked_count;
	uint64_t refused_count;
	/* Each so many pages is marked, if not 0; how many of those were asked for. */
	uint64_t marked_each;
	uint64_t asked_marked_count;
	/* Makes a page that is asked for; may be set before the first is. */
	void (*make_page)(struct service *s, uint64_t index, uint64_t *words);
};

bool service_start(struct service *s, uint64_t pages, uint32_t threads);
/* Ends the threads by COMPLETE; the VMO is detached then. */
void service_stop(struct service *s);
/* Also closes all. */
void service_drop(struct service *s);
uint64_t service_asked(const struct service *s);
/* Brings in all pages. */
void service_fill(struct service *s);
/* Pages of the VMO that are in memory. */
uint64_t service_resident(const struct service *s);

/* True if all of a page is as the service gives it. */
bool evict_page_is_right(const volatile uint64_t *words, uint64_t index);

/* Asks for more memory than can be free, in vain, at no cost but that of all that
 * can be given back. */
void evict_everything(void);

#endif

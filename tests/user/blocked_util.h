/*
 * Every call that blocks, as a table: how a thread gets into it, how it is shown
 * there, and what lets it go on. For tests that kill or suspend such threads.
 */
#ifndef BLOCKED_UTIL_H
#define BLOCKED_UTIL_H

#include <zircon/syscalls/exception.h>

#include "pager_util.h"
#include "suspend_util.h"

struct blocked;

struct blocked_call {
	const char *name;
	/* The call; what it gives. */
	zx_status_t (*run)(struct blocked *b);
	/* Lets it end with OK; NULL if only the deadline can. */
	void (*wake)(struct blocked *b);
	uint32_t state;
	/* Of a call with a deadline, what it gives then. */
	bool has_deadline;
	zx_status_t at_deadline;
	/* Waits for the first page of b->paging. */
	bool pages;
};

extern const struct blocked_call blocked_calls[];
extern const size_t blocked_call_count;

/* What the calls use, and the thread. */
struct blocked {
	const struct blocked_call *call;
	zx_handle_t event;
	zx_handle_t port;
	zx_handle_t ends[2];
	zx_handle_t bti;
	zx_handle_t pmt;
	zx_handle_t process;
	zx_handle_t vmar;
	zx_vaddr_t remote;
	struct paging paging;
	/* All of paging.vmo, in this process. */
	zx_vaddr_t base;
	zx_futex_t word;
	zx_time_t deadline;
	struct jx_thread thread;
	/* The call is over, and what it gave. */
	_Atomic bool returned;
	zx_status_t status;
	zx_time_t returned_at;
};

/* Makes what the call needs and starts it in a thread of its own. */
bool blocked_start(struct blocked *b, const struct blocked_call *call, zx_time_t deadline);
/* Waits until the thread is shown in the call's state. */
bool blocked_await(struct blocked *b);
/* Waits for the thread's end; the call must have given this. */
bool blocked_expect(struct blocked *b, zx_status_t status);
/* Waits for the end of a killed thread, which must not have returned. */
bool blocked_expect_killed(struct blocked *b);
/* Takes apart what blocked_start() made. The thread has ended. */
void blocked_drop(struct blocked *b);

#endif

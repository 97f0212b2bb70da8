#include <string.h>

#include <jx/ktap.h>
#include <jx/runtime.h>
#include <zircon/process.h>

#include "blocked_util.h"
#include "dev_util.h"

/* --- Calls that wait for somebody ---------------------------------------------- */

static zx_status_t run_nanosleep(struct blocked *b)
{
	return zx_nanosleep(b->deadline);
}

static zx_status_t run_wait_one(struct blocked *b)
{
	return zx_object_wait_one(b->event, ZX_EVENT_SIGNALED, b->deadline, NULL);
}

static zx_status_t run_wait_many(struct blocked *b)
{
	zx_wait_item_t items[2] = { { b->port, 0, 0 }, { b->event, ZX_EVENT_SIGNALED, 0 } };

	/* Ports have no signals; any other object will do. */
	items[0].handle = b->ends[0];
	return zx_object_wait_many(items, 2, b->deadline);
}

static zx_status_t run_wait_none(struct blocked *b)
{
	return zx_object_wait_many(NULL, 0, b->deadline);
}

static void wake_event(struct blocked *b)
{
	EXPECT_STATUS(zx_object_signal(b->event, 0, ZX_EVENT_SIGNALED), ZX_OK);
}

static zx_status_t run_port(struct blocked *b)
{
	zx_port_packet_t packet;
	zx_status_t status = zx_port_wait(b->port, b->deadline, &packet);

	return status == ZX_OK && packet.key != 77 ? ZX_ERR_INTERNAL : status;
}

static void wake_port(struct blocked *b)
{
	const zx_port_packet_t packet = { .key = 77 };

	EXPECT_STATUS(zx_port_queue(b->port, &packet), ZX_OK);
}

static zx_status_t run_futex(struct blocked *b)
{
	return zx_futex_wait(&b->word, 0, ZX_HANDLE_INVALID, b->deadline);
}

static void wake_futex(struct blocked *b)
{
	EXPECT_STATUS(zx_futex_wake(&b->word, 1), ZX_OK);
}

struct message {
	zx_txid_t txid;
	uint32_t word;
};

static zx_status_t run_call(struct blocked *b)
{
	struct message out = { 1, 4711 }, in = { 0, 0 };
	const zx_channel_call_args_t args = { .wr_bytes = &out, .wr_num_bytes = sizeof(out),
					      .rd_bytes = &in, .rd_num_bytes = sizeof(in) };
	uint32_t bytes = 0, handles = 0;
	zx_status_t status = zx_channel_call(b->ends[0], 0, b->deadline, &args, &bytes, &handles);

	return status == ZX_OK && in.word != 4712 ? ZX_ERR_INTERNAL : status;
}

static zx_status_t run_call_etc(struct blocked *b)
{
	struct message out = { 1, 4711 }, in = { 0, 0 };
	zx_channel_call_etc_args_t args = { .wr_bytes = &out, .wr_num_bytes = sizeof(out),
					    .rd_bytes = &in, .rd_num_bytes = sizeof(in) };
	uint32_t bytes = 0, handles = 0;
	zx_status_t status = zx_channel_call_etc(b->ends[0], 0, b->deadline, &args, &bytes,
						 &handles);

	return status == ZX_OK && in.word != 4712 ? ZX_ERR_INTERNAL : status;
}

static void wake_call(struct blocked *b)
{
	struct message m = { 0, 0 };
	uint32_t bytes = 0, handles = 0;

	EXPECT_STATUS(zx_channel_read(b->ends[1], 0, &m, NULL, sizeof(m), 0, &bytes, &handles),
		      ZX_OK);
	m.word++;
	EXPECT_STATUS(zx_channel_write(b->ends[1], 0, &m, sizeof(m), NULL, 0), ZX_OK);
}

/* --- Calls that wait for the first page of the pager's VMO ---------------------- */

static zx_status_t run_load(struct blocked *b)
{
	return *(volatile uint64_t *)b->base == paging_word(0) ? ZX_OK : ZX_ERR_INTERNAL;
}

static zx_status_t run_store(struct blocked *b)
{
	((volatile uint64_t *)b->base)[100] = 1;
	return ZX_OK;
}

static zx_status_t run_vmo_read(struct blocked *b)
{
	uint64_t word = 0;
	zx_status_t status = zx_vmo_read(b->paging.vmo, &word, 0, sizeof(word));

	return status == ZX_OK && word != paging_word(0) ? ZX_ERR_INTERNAL : status;
}

static zx_status_t run_vmo_write(struct blocked *b)
{
	const uint64_t word = 1;

	return zx_vmo_write(b->paging.vmo, &word, 800, sizeof(word));
}

static zx_status_t run_commit(struct blocked *b)
{
	return zx_vmo_op_range(b->paging.vmo, ZX_VMO_OP_COMMIT, 0, PAGE, NULL, 0);
}

static zx_status_t run_zero(struct blocked *b)
{
	return zx_vmo_op_range(b->paging.vmo, ZX_VMO_OP_ZERO, 8, 16, NULL, 0);
}

static zx_status_t run_pin(struct blocked *b)
{
	zx_paddr_t address;

	return zx_bti_pin(b->bti, ZX_BTI_PERM_READ, b->paging.vmo, 0, PAGE, &address, 1, &b->pmt);
}

/* The kernel copies from the paged memory and to it, in calls of many kinds. */
static zx_status_t run_copy_in(struct blocked *b)
{
	return zx_channel_write(b->ends[0], 0, (const void *)b->base, 64, NULL, 0);
}

static zx_status_t run_copy_out(struct blocked *b)
{
	return zx_object_get_info(b->event, ZX_INFO_HANDLE_BASIC, (void *)b->base,
				  sizeof(zx_info_handle_basic_t), NULL, NULL);
}

static zx_status_t run_copy_word(struct blocked *b)
{
	return zx_clock_get(ZX_CLOCK_MONOTONIC, (zx_time_t *)b->base);
}

static zx_status_t run_queue(struct blocked *b)
{
	zx_port_packet_t packet;
	zx_status_t status = zx_port_queue(b->port, (const zx_port_packet_t *)b->base);

	return status == ZX_OK ? zx_port_wait(b->port, 0, &packet) : status;
}

static zx_status_t run_read_into(struct blocked *b)
{
	return zx_vmo_read(b->paging.vmo, (void *)b->base, PAGE, 64);
}

static zx_status_t run_futex_word(struct blocked *b)
{
	zx_status_t status = zx_futex_wait((const zx_futex_t *)b->base, 0, ZX_HANDLE_INVALID, 0);

	/* The word of the page is another. */
	return status == ZX_ERR_BAD_STATE ? ZX_OK : ZX_ERR_INTERNAL;
}

static zx_status_t run_remote_read(struct blocked *b)
{
	uint64_t word = 0;
	size_t actual = 0;
	zx_status_t status = zx_process_read_memory(b->process, b->remote, &word, 8, &actual);

	return status == ZX_OK && word != paging_word(0) ? ZX_ERR_INTERNAL : status;
}

static void wake_page(struct blocked *b)
{
	EXPECT_STATUS(paging_supply(&b->paging, 0, 1), ZX_OK);
}

#define WAITS(name, wake, state, at) \
	{ #name, run_##name, wake, ZX_THREAD_STATE_BLOCKED_##state, true, at, false }
#define PAGES(name) \
	{ #name, run_##name, wake_page, ZX_THREAD_STATE_BLOCKED_PAGER, false, ZX_OK, true }

const struct blocked_call blocked_calls[] = {
	WAITS(nanosleep, NULL, SLEEPING, ZX_OK),
	WAITS(wait_one, wake_event, WAIT_ONE, ZX_ERR_TIMED_OUT),
	WAITS(wait_many, wake_event, WAIT_MANY, ZX_ERR_TIMED_OUT),
	WAITS(wait_none, NULL, WAIT_MANY, ZX_ERR_TIMED_OUT),
	WAITS(port, wake_port, PORT, ZX_ERR_TIMED_OUT),
	WAITS(futex, wake_futex, FUTEX, ZX_ERR_TIMED_OUT),
	WAITS(call, wake_call, CHANNEL, ZX_ERR_TIMED_OUT),
	WAITS(call_etc, wake_call, CHANNEL, ZX_ERR_TIMED_OUT),
	PAGES(load), PAGES(store), PAGES(vmo_read), PAGES(vmo_write), PAGES(commit), PAGES(zero),
	PAGES(pin), PAGES(copy_in), PAGES(copy_out), PAGES(copy_word), PAGES(queue),
	PAGES(read_into), PAGES(futex_word), PAGES(remote_read),
};
const size_t blocked_call_count = sizeof(blocked_calls) / sizeof(blocked_calls[0]);

/* --- Threads in them ------------------------------------------------------------ */

static int run(void *arg)
{
	struct blocked *b = arg;

	b->status = b->call->run(b);
	b->returned_at = zx_clock_get_monotonic();
	b->returned = true;
	return 0;
}

/* Two pages, of which the second is there. */
static bool make_pages(struct blocked *b)
{
	return EXPECT_TRUE(paging_create(&b->paging, 2, 0)) &&
	       EXPECT_STATUS(paging_supply(&b->paging, 1, 1), ZX_OK) &&
	       EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, b->paging.vmo, 0,
					 2 * PAGE, &b->base), ZX_OK) &&
	       EXPECT_STATUS(zx_process_create(zx_job_default(), "r", 1, 0, &b->process, &b->vmar),
			     ZX_OK) &&
	       EXPECT_STATUS(zx_vmar_map(b->vmar, TASK_RW, 0, b->paging.vmo, 0, 2 * PAGE,
					 &b->remote), ZX_OK);
}

static bool make(struct blocked *b)
{
	b->bti = dev_bti();
	return b->bti && EXPECT_STATUS(zx_event_create(0, &b->event), ZX_OK) &&
	       EXPECT_STATUS(zx_port_create(0, &b->port), ZX_OK) &&
	       EXPECT_STATUS(zx_channel_create(0, &b->ends[0], &b->ends[1]), ZX_OK) &&
	       (!b->call->pages || make_pages(b));
}

bool blocked_start(struct blocked *b, const struct blocked_call *call, zx_time_t deadline)
{
	memset(b, 0, sizeof(*b));
	b->call = call;
	b->deadline = deadline;
	return make(b) &&
	       EXPECT_STATUS(jx_thread_create(&b->thread, call->name, run, b), ZX_OK);
}

bool blocked_await(struct blocked *b)
{
	return task_await_state(b->thread.handle, b->call->state);
}

bool blocked_expect(struct blocked *b, zx_status_t status)
{
	return task_join(&b->thread, NULL) && EXPECT_TRUE(b->returned) &&
	       EXPECT_STATUS(b->status, status);
}

bool blocked_expect_killed(struct blocked *b)
{
	int result = 0;

	return task_join(&b->thread, &result) && EXPECT_EQ(result, -1) &&
	       EXPECT_TRUE(!b->returned);
}

void blocked_drop(struct blocked *b)
{
	/* Killed, it may have been about to make one. */
	if (b->pmt)
		zx_pmt_unpin(b->pmt);
	if (b->call->pages) {
		EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), b->base, 2 * PAGE), ZX_OK);
		zx_handle_close(b->process);
		zx_handle_close(b->vmar);
		paging_drop(&b->paging);
	}
	dev_bti_drop(b->bti);
	zx_handle_close(b->event);
	zx_handle_close(b->port);
	zx_handle_close(b->ends[0]);
	zx_handle_close(b->ends[1]);
}

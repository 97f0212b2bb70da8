/* Pagers: rules that meet. Slices of clones, lines of both kinds of requests, heirs in a row. */
#include <zircon/syscalls/pager.h>

#include "conf_util.h"
#include "conf_vmo_util.h"
#include "dirty_util.h"
#include "suspend_util.h"

#define FAILED(status) ((uint64_t)(int64_t)(status))

/* The same pager and port for another handle. */
static struct paging through(const struct paging *p, zx_handle_t vmo)
{
	return (struct paging){ .pager = p->pager, .port = p->port, .vmo = vmo };
}

static void end_killed(struct page_access *a)
{
	int status;

	EXPECT_STATUS(zx_task_kill(a->thread.handle), ZX_OK);
	access_end(a, &status);
	EXPECT_EQ(status, -1);
}

/* A slice of a slice writes the root's page, a slice of a clone the clone's; detach
 * leaves both, and takes what is clean from all. */
JX_TEST(pager_8_6_r1_slices_of_slices_and_of_clones)
{
	struct paging p, inner, of_clone;
	zx_handle_t outer, clone;
	struct page_access a;
	uint64_t word = 0;

	ASSERT_TRUE(paging_create(&p, 8, ZX_VMO_TRAP_DIRTY));
	outer = conf_child(p.vmo, CONF_SLICE, 1, 6);
	inner = through(&p, conf_child(outer, CONF_SLICE, 1, 4));
	ASSERT_TRUE(access_start_blocked(&a, &inner, ACCESS_STORE, 1, 1));
	EXPECT_TRUE(paging_expect_read(&p, 3, 1));
	EXPECT_STATUS(paging_supply(&p, 3, 2), ZX_OK);
	EXPECT_TRUE(dirty_expect(&p, 3, 1));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 3, 1, 0), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_OK));

	clone = conf_child(p.vmo, CONF_ON_WRITE, 2, 4);
	of_clone = through(&p, conf_child(clone, CONF_SLICE, 2, 2));
	ASSERT_TRUE(access_start_blocked(&a, &of_clone, ACCESS_VMO_WRITE, 1, 1));
	EXPECT_TRUE(paging_expect_read(&p, 5, 1));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_FAIL, 5, 1, FAILED(ZX_ERR_IO)), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_ERR_IO));
	EXPECT_STATUS(access_now(&of_clone, ACCESS_VMO_WRITE, 0, 1), ZX_OK);
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_TRUE(DIRTY_IS(&p, 0, 8, { 3, 1, 0 }));

	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, of_clone.vmo), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, inner.vmo), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_TRUE(paging_expect_complete(&p));
	EXPECT_EQ(paging_committed(&p), PAGE);
	EXPECT_EQ(vm_vmo_get(clone, 1), paging_word(1));
	EXPECT_EQ(vm_vmo_get(clone, 2), paging_word(0));
	EXPECT_STATUS(zx_vmo_read(inner.vmo, &word, 2 * PAGE, 8), ZX_ERR_BAD_STATE);
	EXPECT_STATUS(zx_vmo_write(of_clone.vmo, &word, PAGE, 8), ZX_ERR_BAD_STATE);
	zx_handle_close(outer);
	zx_handle_close(inner.vmo);
	zx_handle_close(clone);
	zx_handle_close(of_clone.vmo);
	paging_drop(&p);
}

/* One goes after the other: suspended, killed, killed while suspended. The last one's
 * packet is withdrawn, and it asks for all that it wants itself. */
JX_TEST(pager_14_3_r2_heirs_in_a_row)
{
	struct page_access a[5];
	zx_handle_t token[5];
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 8, 0));
	for (int i = 0; i < 5; i++)
		ASSERT_TRUE(access_start_blocked(&a[i], &p, i % 2 ? ACCESS_COMMIT : ACCESS_VMO_READ,
						 2, i % 2 ? 4 : 1));
	EXPECT_TRUE(paging_expect_read(&p, 2, 1));
	token[0] = suspend_now(a[0].thread.handle);
	end_killed(&a[1]);
	token[2] = suspend_now(a[2].thread.handle);
	end_killed(&a[2]);
	zx_handle_close(token[2]);
	token[4] = suspend_now(a[4].thread.handle);
	EXPECT_TRUE(paging_expect_none(&p));
	token[3] = suspend_now(a[3].thread.handle);
	zx_handle_close(token[3]);
	EXPECT_TRUE(paging_expect_read(&p, 2, 4));
	zx_handle_close(token[0]);
	zx_handle_close(token[4]);
	EXPECT_TRUE(task_await_state(a[0].thread.handle, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_TRUE(task_await_state(a[4].thread.handle, ZX_THREAD_STATE_BLOCKED_PAGER));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(paging_supply(&p, 2, 4), ZX_OK);
	for (int i = 0; i < 5; i++)
		if (i != 1 && i != 2)
			EXPECT_TRUE(access_expect(&a[i], ZX_OK));
	paging_drop(&p);
}

/* Six in line, READ and DIRTY: one is killed, one cut off, two answered unread. */
JX_TEST(pager_5_2_r1_both_kinds_in_one_line)
{
	struct page_access a[6];
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 16, ZX_VMO_TRAP_DIRTY | ZX_VMO_RESIZABLE));
	EXPECT_STATUS(paging_supply(&p, 0, 4), ZX_OK);
	ASSERT_TRUE(access_start_blocked(&a[0], &p, ACCESS_VMO_READ, 8, 1));
	ASSERT_TRUE(access_start_blocked(&a[1], &p, ACCESS_VMO_WRITE, 1, 1));
	ASSERT_TRUE(access_start_blocked(&a[2], &p, ACCESS_COMMIT, 4, 2));
	ASSERT_TRUE(access_start_blocked(&a[3], &p, ACCESS_ZERO, 2, 2));
	ASSERT_TRUE(access_start_blocked(&a[4], &p, ACCESS_VMO_READ, 15, 1));
	ASSERT_TRUE(access_start_blocked(&a[5], &p, ACCESS_VMO_WRITE, 10, 1));
	end_killed(&a[2]);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 12 * PAGE), ZX_OK);
	EXPECT_TRUE(access_expect(&a[4], ZX_ERR_OUT_OF_RANGE));
	EXPECT_STATUS(dirty_op(&p, ZX_PAGER_OP_DIRTY, 0, 2, 0), ZX_OK);
	EXPECT_TRUE(access_expect(&a[1], ZX_OK));
	EXPECT_STATUS(paging_supply(&p, 8, 1), ZX_OK);
	EXPECT_TRUE(access_expect(&a[0], ZX_OK));
	EXPECT_TRUE(dirty_expect(&p, 2, 2));
	EXPECT_TRUE(paging_expect_read(&p, 10, 1));
	EXPECT_STATUS(paging_supply(&p, 10, 1), ZX_OK);
	EXPECT_TRUE(dirty_expect(&p, 10, 1));
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_TRUE(access_expect(&a[3], ZX_ERR_BAD_STATE));
	EXPECT_TRUE(access_expect(&a[5], ZX_ERR_BAD_STATE));
	EXPECT_TRUE(paging_expect_complete(&p));
	EXPECT_TRUE(DIRTY_IS(&p, 0, 12, { 0, 2, 0 }));
	paging_drop(&p);
}

/* Who waits through a clone for what is cut off sees zeroes there, for good. */
JX_TEST(pager_6_r1_clones_show_zeroes)
{
	static const uint64_t words[] = { 2, 3, 0, 0, 0, 0 };
	struct page_access load, store, commit;
	struct paging p, c;
	int status = 1;

	ASSERT_TRUE(paging_create(&p, 8, ZX_VMO_RESIZABLE));
	c = through(&p, conf_child(p.vmo, CONF_ON_WRITE, 2, 6));
	ASSERT_TRUE(access_start_blocked(&load, &c, ACCESS_LOAD, 3, 1));
	ASSERT_TRUE(access_start_blocked(&store, &c, ACCESS_STORE, 4, 1));
	ASSERT_TRUE(access_start_blocked(&commit, &c, ACCESS_COMMIT, 0, 4));
	EXPECT_TRUE(paging_expect_read(&p, 5, 1));
	EXPECT_TRUE(paging_expect_read(&p, 6, 1));
	EXPECT_TRUE(paging_expect_read(&p, 2, 3));
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 4 * PAGE), ZX_OK);
	EXPECT_TRUE(access_expect(&store, ZX_OK));
	EXPECT_TRUE(access_end(&load, &status));
	EXPECT_STATUS(status, ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, 8 * PAGE), ZX_OK);
	EXPECT_STATUS(paging_supply(&p, 2, 6), ZX_OK);
	EXPECT_TRUE(access_expect(&commit, ZX_OK));
	EXPECT_TRUE(paging_expect_none(&p));
	for (uint64_t i = 0; i < 6; i++)
		EXPECT_EQ(vm_vmo_get(c.vmo, i), i == 4 ? paging_word(4) :
						words[i] ? paging_word(words[i]) : 0);
	zx_handle_close(c.vmo);
	paging_drop(&p);
}

/* zx_port_cancel takes waits on the VMO with the same key, and no request; nor does a
 * wait's packet stand in COMPLETE's place. */
JX_TEST(pager_14_4_r1_no_cancel_reaches_it)
{
	zx_port_packet_t packet;
	struct page_access a;
	struct paging p;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	ASSERT_TRUE(access_start_blocked(&a, &p, ACCESS_VMO_READ, 0, 1));
	EXPECT_STATUS(zx_port_cancel(p.port, p.vmo, PAGING_KEY), ZX_ERR_NOT_FOUND);
	EXPECT_STATUS(zx_port_cancel(p.port, p.pager, PAGING_KEY), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_wait_async(p.vmo, p.port, PAGING_KEY, ZX_VMO_ZERO_CHILDREN, 0),
		      ZX_OK);
	EXPECT_STATUS(jx_era() == JX_ERA_LATEST ? zx_port_cancel_key(p.port, 0, PAGING_KEY) :
						  zx_port_cancel(p.port, p.vmo, PAGING_KEY), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 0, 1));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_STATUS(zx_object_wait_async(p.vmo, p.port, PAGING_KEY, ZX_VMO_ZERO_CHILDREN, 0),
		      ZX_OK);
	EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	EXPECT_TRUE(access_expect(&a, ZX_ERR_BAD_STATE));
	EXPECT_STATUS(zx_port_wait(p.port, 0, &packet), ZX_OK);
	EXPECT_EQ(packet.type, ZX_PKT_TYPE_SIGNAL_ONE);
	EXPECT_STATUS(zx_port_cancel(p.port, p.vmo, PAGING_KEY), ZX_ERR_NOT_FOUND);
	EXPECT_TRUE(paging_expect_complete(&p));
	EXPECT_TRUE(paging_expect_none(&p));
	paging_drop(&p);
}

/* --- Buffers of other calls --------------------------------------------------------- */

struct buffer_call {
	struct jx_thread thread;
	uint32_t which;
	void *at;
	zx_handle_t event;
	zx_handle_t port;
};

static int call_with_buffer(void *arg)
{
	struct buffer_call *c = arg;

	switch (c->which) {
	case 0:
		return zx_port_wait(c->port, ZX_TIME_INFINITE, c->at);
	case 1:
		return zx_port_queue(c->port, c->at);
	case 2:
		return zx_object_wait_one(c->event, ZX_EVENT_SIGNALED, 0, c->at);
	case 3:
		return zx_object_wait_many(c->at, 1, 0);
	case 4:
		return zx_event_create(0, c->at);
	case 5:
		return zx_object_get_property(zx_process_self(), ZX_PROP_NAME, c->at,
					      ZX_MAX_NAME_LEN);
	default:
		return zx_futex_wait(c->at, 0, ZX_HANDLE_INVALID, 0);
	}
}

static void fail_buffer(uint32_t which, bool detach)
{
	struct buffer_call c = { .which = which };
	zx_port_packet_t packet = { .key = 9 };
	zx_vaddr_t base;
	struct paging p;
	int status = 1;

	ASSERT_TRUE(paging_create(&p, 1, 0));
	ASSERT_STATUS(zx_event_create(0, &c.event), ZX_OK);
	ASSERT_STATUS(zx_port_create(0, &c.port), ZX_OK);
	EXPECT_STATUS(zx_port_queue(c.port, &packet), ZX_OK);
	base = vm_map(p.vmo, VM_RW, 1);
	c.at = (void *)base;
	ASSERT_STATUS(jx_thread_create(&c.thread, "call", call_with_buffer, &c), ZX_OK);
	EXPECT_TRUE(paging_expect_read(&p, 0, 1));
	EXPECT_STATUS(detach ? zx_pager_detach_vmo(p.pager, p.vmo) :
			       dirty_op(&p, ZX_PAGER_OP_FAIL, 0, 1, FAILED(ZX_ERR_IO)), ZX_OK);
	EXPECT_TRUE(task_join(&c.thread, &status));
	EXPECT_STATUS(status, ZX_ERR_INVALID_ARGS);
	EXPECT_TRUE(detach ? paging_expect_complete(&p) : paging_expect_none(&p));
	vm_unmap(base, 1);
	zx_handle_close(c.event);
	zx_handle_close(c.port);
	paging_drop(&p);
}

JX_TEST(pager_2_4_r4_buffers_of_calls)
{
	for (uint32_t which = 0; which < 7; which++) {
		fail_buffer(which, false);
		fail_buffer(which, true);
	}
}

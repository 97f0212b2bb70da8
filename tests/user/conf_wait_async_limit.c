/* How many async waits a port and an object keep: spec/pager-port.md 12.3. */
#include "exc_util.h"
#include "pair_util.h"

/* Of one port, or with one object. */
#define MOST 65536u

/* Registers until that fails: its status, or 1 if it were never refused. */
static zx_status_t fill(const zx_handle_t events[2], const zx_handle_t ports[2])
{
	for (uint32_t i = 0; i < MOST; i++)
		if (zx_object_wait_async(events[i % 2], ports[0], i, ZX_USER_SIGNAL_0, 0) != ZX_OK)
			return 2;
	return zx_object_wait_async(events[0], ports[1], MOST, ZX_USER_SIGNAL_0, 0);
}

/* In a child: one too many of a port, or with an object. */
static void overfill(uintptr_t unused, uintptr_t of_port)
{
	zx_handle_t events[2], ports[2];

	(void)unused;
	if (zx_event_create(0, &events[0]) != ZX_OK || zx_event_create(0, &events[1]) != ZX_OK ||
	    zx_port_create(0, &ports[0]) != ZX_OK || zx_port_create(0, &ports[1]) != ZX_OK)
		zx_process_exit(1);
	if (of_port)
		ports[1] = ports[0];
	else
		events[1] = events[0];
	zx_process_exit(fill(events, ports));
}

static void expect_child(uintptr_t of_port, bool handled)
{
	struct exc_child c;
	struct exc_caught e;
	zx_handle_t channel;

	ASSERT_TRUE(exc_child_make(&c));
	channel = exc_bind(c.task.process, 0);
	ASSERT_TRUE(task_child_start(&c.task, overfill, of_port));
	if (exc_catch_type(channel, ZX_EXCP_POLICY_ERROR, &e)) {
		EXPECT_EQ(exc_report(c.task.thread).context.synth_code,
			  ZX_EXCP_POLICY_CODE_PORT_TOO_MANY_OBSERVERS);
		exc_answer(&e, handled ? ZX_EXCEPTION_STATE_HANDLED : ZX_EXCEPTION_STATE_TRY_NEXT);
	}
	exc_expect_end(&c, handled ? ZX_ERR_NO_MEMORY : ZX_TASK_RETCODE_EXCEPTION_KILL);
	exc_expect_none(channel);
	zx_handle_close(channel);
	exc_child_drop(&c);
}

JX_TEST_OF_LATEST(port_12_3_c3_one_more_of_a_port)
{
	expect_child(1, true);
	expect_child(1, false);
}

JX_TEST_OF_LATEST(port_12_3_c2_one_more_with_an_object)
{
	expect_child(0, true);
}

JX_TEST_OF_2020(port_12_3_c2_one_more_makes_no_exception)
{
	for (int of_port = 0; of_port < 2; of_port++) {
		zx_handle_t events[2] = { pair_make_event(), pair_make_event() }, ports[2];
		const zx_handle_t one_event[2] = { events[0], events[0] };
		zx_handle_t one_port[2];

		ASSERT_STATUS(zx_port_create(0, &ports[0]), ZX_OK);
		ASSERT_STATUS(zx_port_create(0, &ports[1]), ZX_OK);
		one_port[0] = one_port[1] = ports[0];
		EXPECT_STATUS(of_port ? fill(events, one_port) : fill(one_event, ports),
			      ZX_ERR_NO_MEMORY);
		EXPECT_STATUS(zx_port_cancel(ports[0], events[0], 0), ZX_OK);
		EXPECT_STATUS(zx_object_wait_async(events[0], ports[0], 0, ZX_USER_SIGNAL_0, 0),
			      ZX_OK);
		EXPECT_STATUS(zx_object_wait_async(events[0], ports[0], 0, ZX_USER_SIGNAL_0, 0),
			      ZX_ERR_NO_MEMORY);
		for (int i = 0; i < 2; i++) {
			zx_handle_close(ports[i]);
			zx_handle_close(events[i]);
		}
	}
}

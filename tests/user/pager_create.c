/* Pagers and their VMOs: making them, what they support (pager-port.md 1). */
#include <jx/ktap.h>
#include <zircon/process.h>

#include "pager_util.h"

#define BAD_POINTER ((zx_handle_t *)8)
/* The largest multiple of a page. */
#define HUGE (UINT64_MAX - PAGE + 1)

static zx_info_handle_basic_t basic(zx_handle_t handle)
{
	zx_info_handle_basic_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					 NULL), ZX_OK);
	return info;
}

JX_TEST(pager_create_rules)
{
	zx_handle_t pager = 77, copy = 0;
	zx_signals_t seen;

	EXPECT_STATUS(zx_pager_create(1, &pager), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_pager_create(UINT32_MAX, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_pager_create(0, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_pager_create(0, BAD_POINTER), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(pager, 77);
	ASSERT_STATUS(zx_pager_create(0, &pager), ZX_OK);
	EXPECT_EQ(basic(pager).type, ZX_OBJ_TYPE_PAGER);
	EXPECT_EQ(ZX_OBJ_TYPE_PAGER, 28);
	EXPECT_EQ(basic(pager).rights, ZX_RIGHT_INSPECT | ZX_RIGHT_GET_PROPERTY |
		  ZX_RIGHT_SET_PROPERTY | ZX_RIGHT_TRANSFER);
	EXPECT_EQ(basic(pager).related_koid, 0);
	EXPECT_STATUS(zx_handle_duplicate(pager, ZX_RIGHT_SAME_RIGHTS, &copy),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_wait_one(pager, 1, 0, &seen), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_signal(pager, 0, ZX_USER_SIGNAL_0), ZX_ERR_ACCESS_DENIED);
	zx_handle_close(pager);
}

JX_TEST(pager_create_vmo_errors_in_order)
{
	zx_handle_t pager = 0, port = 0, event = 0, reader = 0, vmo = 77;

	ASSERT_STATUS(zx_pager_create(0, &pager), ZX_OK);
	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	ASSERT_STATUS(zx_handle_duplicate(port, ZX_RIGHT_READ, &reader), ZX_OK);
	EXPECT_STATUS(zx_pager_create_vmo(0, 99, 0, 0, HUGE + 1, NULL), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_pager_create_vmo(event, 99, 0, 0, HUGE + 1, NULL), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_pager_create_vmo(pager, 99, 0, 0, HUGE + 1, NULL), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_pager_create_vmo(pager, 99, event, 0, HUGE + 1, NULL), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_pager_create_vmo(pager, 99, reader, 0, HUGE + 1, NULL),
		      ZX_ERR_ACCESS_DENIED);
	for (uint32_t bit = 0; bit < 32; bit++) {
		if (1u << bit != ZX_VMO_RESIZABLE && 1u << bit != ZX_VMO_TRAP_DIRTY)
			EXPECT_STATUS(zx_pager_create_vmo(pager, 1u << bit, port, 0, HUGE + 1,
							  NULL), ZX_ERR_INVALID_ARGS);
	}
	EXPECT_STATUS(zx_pager_create_vmo(pager, 0, port, 0, HUGE, NULL), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_pager_create_vmo(pager, 0, port, 0, HUGE + 1, NULL), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_pager_create_vmo(pager, 0, port, 0, UINT64_MAX, NULL),
		      ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_pager_create_vmo(pager, 0, port, 0, PAGE, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_pager_create_vmo(pager, 0, port, 0, PAGE, BAD_POINTER),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(vmo, 77);
	zx_handle_close(reader);
	zx_handle_close(event);
	zx_handle_close(port);
	zx_handle_close(pager);
}

JX_TEST(pager_create_vmo_fresh_state)
{
	struct paging p;
	zx_info_vmo_t info = { 0 };
	zx_signals_t seen = 0;
	uint64_t size = 0;

	ASSERT_TRUE(paging_create(&p, 0, ZX_VMO_RESIZABLE));
	EXPECT_TRUE(paging_expect_none(&p));
	EXPECT_EQ(basic(p.vmo).rights, ZX_DEFAULT_VMO_RIGHTS |
				       (jx_era() == JX_ERA_LATEST ? ZX_RIGHT_RESIZE : 0));
	EXPECT_STATUS(zx_object_get_info(p.vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	EXPECT_EQ(info.size_bytes, 0);
	EXPECT_EQ(info.committed_bytes, 0);
	EXPECT_EQ(info.name[0], 0);
	EXPECT_TRUE((info.flags & ZX_INFO_VMO_PAGER_BACKED) != 0);
	EXPECT_TRUE((info.flags & ZX_INFO_VMO_RESIZABLE) != 0);
	EXPECT_STATUS(zx_object_wait_one(p.vmo, ZX_VMO_ZERO_CHILDREN, 0, &seen), ZX_OK);
	zx_handle_close(p.vmo);
	EXPECT_TRUE(paging_expect_complete(&p));
	/* Sizes round up; what is not resizable keeps its size. */
	ASSERT_STATUS(zx_pager_create_vmo(p.pager, 0, p.port, PAGING_KEY, PAGE + 1, &p.vmo), ZX_OK);
	EXPECT_STATUS(zx_vmo_get_size(p.vmo, &size), ZX_OK);
	EXPECT_EQ(size, 2 * PAGE);
	EXPECT_STATUS(zx_vmo_set_size(p.vmo, PAGE), ZX_ERR_UNAVAILABLE);
	paging_drop(&p);
}

JX_TEST(pager_vmo_refuses_decommit)
{
	struct paging p;
	zx_vaddr_t at = 0;

	ASSERT_TRUE(paging_create(&p, 2, 0));
	EXPECT_STATUS(paging_supply(&p, 0, 2), ZX_OK);
	for (int round = 0; round < 2; round++) {
		EXPECT_STATUS(zx_vmo_op_range(p.vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0),
			      ZX_ERR_NOT_SUPPORTED);
		EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, p.vmo, 0, PAGE, &at),
			      ZX_OK);
		EXPECT_STATUS(zx_vmar_op_range(zx_vmar_root_self(), ZX_VMO_OP_DECOMMIT, at, PAGE,
					       NULL, 0), ZX_ERR_NOT_SUPPORTED);
		EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), at, PAGE), ZX_OK);
		EXPECT_STATUS(zx_pager_detach_vmo(p.pager, p.vmo), ZX_OK);
	}
	EXPECT_STATUS(zx_vmo_op_range(p.vmo, ZX_VMO_OP_LOCK, 0, PAGE, NULL, 0),
		      ZX_ERR_NOT_SUPPORTED);
	paging_drop(&p);
}

/* Two VMOs with different ports, two with one port: each has its own requests. */
JX_TEST(pager_vmos_and_ports_mix)
{
	struct page_access a[3];
	struct paging p, second, third;

	ASSERT_TRUE(paging_create(&p, 4, 0));
	second = third = p;
	ASSERT_STATUS(zx_port_create(0, &second.port), ZX_OK);
	ASSERT_STATUS(zx_pager_create_vmo(p.pager, 0, second.port, PAGING_KEY, 4 * PAGE,
					  &second.vmo), ZX_OK);
	ASSERT_STATUS(zx_pager_create_vmo(p.pager, 0, p.port, PAGING_KEY, 4 * PAGE, &third.vmo),
		      ZX_OK);
	ASSERT_TRUE(access_start_blocked(&a[0], &p, ACCESS_VMO_READ, 0, 1));
	ASSERT_TRUE(access_start_blocked(&a[1], &second, ACCESS_VMO_READ, 1, 1));
	ASSERT_TRUE(access_start_blocked(&a[2], &third, ACCESS_VMO_READ, 2, 1));
	EXPECT_TRUE(paging_expect_read(&second, 1, 1));
	EXPECT_TRUE(paging_expect_none(&second));
	/* One packet a VMO, so both are in the port, in the order of sending. */
	EXPECT_TRUE(paging_expect_read(&p, 0, 1));
	EXPECT_TRUE(paging_expect_read(&third, 2, 1));
	EXPECT_STATUS(paging_supply(&third, 2, 1), ZX_OK);
	EXPECT_STATUS(paging_supply(&second, 1, 1), ZX_OK);
	EXPECT_STATUS(paging_supply(&p, 0, 1), ZX_OK);
	for (int i = 0; i < 3; i++)
		EXPECT_TRUE(access_expect(&a[i], ZX_OK));
	paging_close(&third.vmo);
	paging_close(&second.vmo);
	EXPECT_TRUE(paging_expect_complete(&second));
	paging_close(&second.port);
	EXPECT_TRUE(paging_expect_complete(&p));
	paging_drop(&p);
}

struct closing {
	zx_handle_t pager;
	zx_handle_t port;
	zx_status_t status;
};

static int create_vmo(void *arg)
{
	struct closing *c = arg;
	zx_handle_t vmo = 0;

	c->status = zx_pager_create_vmo(c->pager, 0, c->port, 1, PAGE, &vmo);
	zx_handle_close(vmo);
	return 0;
}

/* 1.3: made and orphaned, or refused; nothing in between. */
JX_TEST(pager_create_vmo_races_with_close)
{
	zx_handle_t port = 0;
	zx_port_packet_t packet;

	ASSERT_STATUS(zx_port_create(0, &port), ZX_OK);
	for (int i = 0; i < 60; i++) {
		struct closing c = { .port = port };
		struct jx_thread thread;

		ASSERT_STATUS(zx_pager_create(0, &c.pager), ZX_OK);
		ASSERT_STATUS(jx_thread_create(&thread, "create", create_vmo, &c), ZX_OK);
		EXPECT_STATUS(zx_handle_close(c.pager), ZX_OK);
		ASSERT_TRUE(task_join(&thread, NULL));
		EXPECT_TRUE(c.status == ZX_OK || c.status == ZX_ERR_BAD_HANDLE ||
			    c.status == ZX_ERR_BAD_STATE);
		/* Made and closed again before the pager went: COMPLETE. */
		while (zx_port_wait(port, 0, &packet) == ZX_OK)
			EXPECT_EQ(packet.page_request.command, ZX_PAGER_VMO_COMPLETE);
	}
	zx_handle_close(port);
}

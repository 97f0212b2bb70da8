/* See pair_util.h. */
#include "pair_util.h"

struct pair pair_channel(void)
{
	struct pair p = { 0, 0 };

	EXPECT_STATUS(zx_channel_create(0, &p.a, &p.b), ZX_OK);
	return p;
}

struct pair pair_event(void)
{
	struct pair p = { 0, 0 };

	EXPECT_STATUS(zx_eventpair_create(0, &p.a, &p.b), ZX_OK);
	return p;
}

void pair_close(struct pair p)
{
	EXPECT_STATUS(zx_handle_close(p.a), ZX_OK);
	EXPECT_STATUS(zx_handle_close(p.b), ZX_OK);
}

zx_handle_t pair_make_event(void)
{
	zx_handle_t event = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_event_create(0, &event), ZX_OK);
	return event;
}

zx_signals_t pair_signals(zx_handle_t handle)
{
	zx_signals_t seen = 0;

	EXPECT_STATUS(zx_object_wait_one(handle, 0, 0, &seen), ZX_ERR_TIMED_OUT);
	return seen;
}

zx_status_t pair_send(zx_handle_t channel, uint32_t word, zx_handle_t handle)
{
	return zx_channel_write(channel, 0, &word, sizeof(word), &handle, handle ? 1 : 0);
}

zx_status_t pair_receive(zx_handle_t channel, uint32_t *word, zx_handle_t *handle)
{
	*word = 0;
	*handle = ZX_HANDLE_INVALID;
	return zx_channel_read(channel, 0, word, handle, sizeof(*word), 1, NULL, NULL);
}

bool pair_expect(zx_handle_t channel, uint32_t word)
{
	zx_handle_t handle;
	uint32_t got;

	return EXPECT_STATUS(pair_receive(channel, &got, &handle), ZX_OK) &&
	       EXPECT_EQ(got, word) && EXPECT_EQ(handle, 0);
}

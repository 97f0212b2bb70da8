/* FIFOs, as Zircon's documentation has them; no specification of ours says more. */
#include "pair_util.h"

#define SIZE ((size_t)sizeof(uint64_t))

static struct pair make_fifo(size_t count)
{
	struct pair p = { 0, 0 };

	EXPECT_STATUS(zx_fifo_create(count, SIZE, 0, &p.a, &p.b), ZX_OK);
	return p;
}

JX_TEST(fifo_create_checks)
{
	zx_handle_t a, b;

	EXPECT_STATUS(zx_fifo_create(1, 8, 1, &a, &b), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_fifo_create(0, 8, 0, &a, &b), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_fifo_create(8, 0, 0, &a, &b), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_fifo_create(513, 8, 0, &a, &b), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_fifo_create(1ul << 61, 8, 0, &a, &b), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_fifo_create(512, 8, 0, NULL, &b), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_fifo_create(512, 8, 0, &a, PAIR_BAD_POINTER), ZX_ERR_INVALID_ARGS);
}

JX_TEST(fifo_transfer_checks)
{
	struct pair p = make_fifo(4);
	zx_handle_t bare = vm_dup(p.a, ZX_RIGHT_WAIT);
	uint64_t word = 1;

	EXPECT_STATUS(zx_fifo_write(0, 4, &word, 1, NULL), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_fifo_write(zx_process_self(), 4, &word, 1, NULL), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_fifo_write(bare, 4, &word, 1, NULL), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_fifo_read(bare, 4, &word, 1, NULL), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_fifo_write(p.a, 4, &word, 1, NULL), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_fifo_write(p.a, SIZE, &word, 0, NULL), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_fifo_read(p.a, SIZE, &word, 0, NULL), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_fifo_write(p.a, SIZE, NULL, 1, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(zx_fifo_read(p.a, SIZE, &word, 1, NULL), ZX_ERR_SHOULD_WAIT);
	EXPECT_EQ(pair_signals(p.b), ZX_FIFO_WRITABLE);
	zx_handle_close(bare);
	pair_close(p);
}

JX_TEST(fifo_goes_round_and_keeps_order)
{
	struct pair p = make_fifo(5);
	uint64_t out[8], in[8], next = 0, wanted = 0;
	size_t n;

	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 8; i++)
			out[i] = next + (uint64_t)i;
		EXPECT_STATUS(zx_fifo_write(p.a, SIZE, out, 1 + (size_t)round % 8, &n), ZX_OK);
		next += n;
		if (next - wanted == 5)
			EXPECT_EQ(pair_signals(p.a), 0);
		EXPECT_STATUS(zx_fifo_read(p.b, SIZE, in, 1 + (size_t)round % 3, &n), ZX_OK);
		for (size_t i = 0; i < n; i++)
			EXPECT_EQ(in[i], wanted++);
		EXPECT_EQ(pair_signals(p.a), ZX_FIFO_WRITABLE);
	}
	pair_close(p);
}

JX_TEST(fifo_full_and_closed)
{
	struct pair p = make_fifo(2);
	uint64_t words[3] = { 1, 2, 3 };
	size_t n = 0;

	EXPECT_STATUS(zx_fifo_write(p.a, SIZE, words, 3, &n), ZX_OK);
	EXPECT_EQ(n, 2);
	EXPECT_STATUS(zx_fifo_write(p.a, SIZE, words, 1, &n), ZX_ERR_SHOULD_WAIT);
	EXPECT_EQ(pair_signals(p.a), 0);
	EXPECT_EQ(pair_signals(p.b), ZX_FIFO_READABLE | ZX_FIFO_WRITABLE);
	zx_handle_close(p.a);
	EXPECT_STATUS(zx_fifo_write(p.b, SIZE, words, 1, NULL), ZX_ERR_PEER_CLOSED);
	EXPECT_STATUS(zx_fifo_read(p.b, SIZE, words, 3, &n), ZX_OK);
	EXPECT_EQ(n, 2);
	EXPECT_STATUS(zx_fifo_read(p.b, SIZE, words, 3, &n), ZX_ERR_PEER_CLOSED);
	EXPECT_EQ(pair_signals(p.b), ZX_FIFO_PEER_CLOSED);
	zx_handle_close(p.b);
}

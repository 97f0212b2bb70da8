/*
 * The ring of log records: order, contents, and what happens when it is full.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <kernel/logring.h>

/* Record n has this many bytes, each of them n. */
static u16 length_of(u32 n)
{
	return (u16)(n % (ZX_LOG_RECORD_DATA_MAX + 1));
}

/* ... and takes so many words. */
static u64 words_of(u32 n)
{
	return 4 + (length_of(n) + 7) / 8;
}

static void add_record(struct log_ring *ring, u32 n)
{
	union log_record r = { .header = { .pid = n } };

	r.header.datalen = length_of(n);
	memset(log_record_data(&r), (int)(n & 0xff), r.header.datalen);
	log_ring_add(ring, &r);
}

static void check_record(union log_record *r, u32 n)
{
	assert_int_equal(r->header.pid, n);
	assert_int_equal(r->header.datalen, length_of(n));
	for (u32 i = 0; i < r->header.datalen; i++)
		assert_int_equal((u8)log_record_data(r)[i], n & 0xff);
}

/* Reads all that is there; the last must be `last`; returns the first. */
static u32 check_all(const struct log_ring *ring, u32 last)
{
	union log_record r;
	u64 position = ring->tail;
	u32 first = 0, n = 0;

	while (position < ring->head) {
		u64 next = log_ring_next(ring, position);
		bool is_first = position == ring->tail;

		assert_int_equal(log_ring_copy(ring, position, &r), next);
		n = is_first ? (u32)r.header.pid : n + 1;
		if (is_first)
			first = n;
		check_record(&r, n);
		position = next;
	}
	assert_int_equal(position, ring->head);
	assert_int_equal(n, last);
	return first;
}

static void keeps_order_and_content(void **state)
{
	static struct log_ring ring;

	(void)state;
	for (u32 n = 1; n <= 60; n++)
		add_record(&ring, n);
	assert_int_equal(check_all(&ring, 60), 1);
}

/* Old records go, and no more of them than must. */
static void overwrites_the_oldest(void **state)
{
	static struct log_ring ring;

	(void)state;
	for (u32 n = 1; n <= 2000; n++) {
		u64 free = LOG_RING_WORDS - (ring.head - ring.tail);
		u64 tail = ring.tail;

		add_record(&ring, n);
		assert_true(ring.head - ring.tail <= LOG_RING_WORDS);
		if (words_of(n) <= free)
			assert_int_equal(ring.tail, tail);
		else
			assert_true(LOG_RING_WORDS - (ring.head - ring.tail) <
				    ZX_LOG_RECORD_MAX / 8);
		assert_true(check_all(&ring, n) <= n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_order_and_content),
		cmocka_unit_test(overwrites_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

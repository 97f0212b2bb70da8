/*
 * Ring of log records. See logring.h.
 */
#include <kernel/logring.h>

#define HEADER_WORDS (sizeof(zx_log_record_t) / sizeof(u64))
#define RECORD_WORDS_MAX (ZX_LOG_RECORD_MAX / sizeof(u64))

/* Never more than a record has room for, even if a panic reads the ring in the
 * middle of a change. */
static u32 words_of(u32 data_bytes)
{
	u64 count = HEADER_WORDS + (data_bytes + 7) / sizeof(u64);

	return (u32)(count < RECORD_WORDS_MAX ? count : RECORD_WORDS_MAX);
}

/* Size in words of the record at position. */
static u32 record_words(const struct log_ring *ring, u64 position)
{
	union log_record r;

	r.words[0] = ring->words[position % LOG_RING_WORDS];
	return words_of(r.header.datalen);
}

void log_ring_add(struct log_ring *ring, const union log_record *r)
{
	u32 i, count = words_of(r->header.datalen);

	while (ring->head + count - ring->tail > LOG_RING_WORDS)
		ring->tail += record_words(ring, ring->tail);
	for (i = 0; i < count; i++)
		ring->words[(ring->head + i) % LOG_RING_WORDS] = r->words[i];
	/* Relaxed: who acts on the value takes the lock first. */
	__atomic_store_n(&ring->head, ring->head + count, __ATOMIC_RELAXED);
}

u64 log_ring_copy(const struct log_ring *ring, u64 position,
		  union log_record *r)
{
	u32 i, count = record_words(ring, position);

	for (i = 0; i < count; i++)
		r->words[i] = ring->words[(position + i) % LOG_RING_WORDS];
	return position + count;
}

u64 log_ring_next(const struct log_ring *ring, u64 position)
{
	return position + record_words(ring, position);
}

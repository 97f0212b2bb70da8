/*
 * Ring of log records. Pure: the caller serialises.
 *
 * A record is 64-bit words: the four of zx_log_record_t, then the data, padded.
 * Positions count words from the start of time, so that a reader's place is
 * one number and "overtaken" one comparison. A new record pushes out as many
 * old ones as it needs room.
 */
#ifndef LOGRING_H
#define LOGRING_H

#include <kernel/types.h>
#include <zircon/syscalls/log.h>

#define LOG_RING_WORDS 2048u	/* 16 KiB; power of two */

struct log_ring {
	u64 words[LOG_RING_WORDS];
	u64 head;		/* where the next record goes */
	u64 tail;		/* the oldest record, or head */
};

/* Room for the largest record. */
union log_record {
	zx_log_record_t header;
	u64 words[ZX_LOG_RECORD_MAX / sizeof(u64)];
	char bytes[ZX_LOG_RECORD_MAX];
};

static inline char *log_record_data(union log_record *r)
{
	return r->bytes + sizeof(zx_log_record_t);
}

/* r->header.datalen is at most ZX_LOG_RECORD_DATA_MAX. */
void log_ring_add(struct log_ring *ring, const union log_record *r);
/* position: of a record, tail <= position < head. Return where the next one
 * is; the first copies the record. */
u64 log_ring_copy(const struct log_ring *ring, u64 position,
		  union log_record *r);
u64 log_ring_next(const struct log_ring *ring, u64 position);

#endif

/*
 * Readers on all other CPUs and in a second process, for the tests that take
 * memory away under their eyes. Every reader looks at one page through two
 * mappings of its process and judges what it sees by an epoch that the test
 * publishes:
 *
 *   2g		the page shows generation g or a later one, or zero
 *   2g + 1	the page cannot be accessed (probing readers only)
 *
 * The epoch is read before the page. What a reader may see is thus decided by
 * calls that had returned before it looked.
 */
#ifndef TESTS_COHERENCE_H
#define TESTS_COHERENCE_H

#include "vm_util.h"

/* First words at or above it belong to other VMOs: nobody may see them. */
#define FOREIGN (1ul << 60)

#define READERS_MAX 8

/* Written by one reader, on a cache line of its own. */
struct reader_slot {
	uint64_t sequence;	/* looks taken */
	uint64_t stale;		/* an older generation was seen */
	uint64_t foreign;	/* another VMO's content was seen */
	uint64_t forbidden;	/* an access succeeded that must not */
	uint64_t reserved[4];
};

/* In a VMO that both processes map. */
struct reader_control {
	uint64_t epoch;
	uint64_t stop;
	uint64_t probes;	/* look by system calls, which may fail */
	uint64_t writes;	/* and write instead of reading */
	zx_vaddr_t child_page[2];
	uint64_t reserved[2];
	struct reader_slot slot[READERS_MAX];	/* [0]: the child's */
};

struct race {
	struct reader_control *control;
	zx_handle_t control_vmo;
	zx_handle_t scratch;	/* for probes, a page for each reader */
	zx_handle_t vmo;	/* the page */
	zx_handle_t foreign;
	zx_vaddr_t page[2];	/* where this process maps it */
	struct vm_child child;
	uint32_t reader_count;
	uint64_t generation;
	/* Calls, and those during which some reader took a look. */
	uint64_t call_count;
	uint64_t open_count;
	uint64_t sequence_before;
	uint64_t look_count;
	zx_time_t end;
};

enum race_mode { RACE_LOADS, RACE_PROBES, RACE_PROBES_WRITE };

/* Maps a page everywhere and starts the readers; false: a failure was noted,
 * or the test is skipped because there is one CPU. */
bool race_start(struct race *r, enum race_mode mode);
/* Ends the readers; notes what they saw, and a race that was never open. */
void race_finish(struct race *r);

/*
 * One more round? 2000 of them, or what fits in some seconds: where more CPUs
 * are emulated than there are, each round waits for the host's scheduler.
 */
bool race_goes_on(const struct race *r);
/* Writes the next generation to the page, for readers to see. */
void race_renew(struct race *r);
/* Stand around the call that takes the page away. */
void race_begin(struct race *r);
void race_end(struct race *r);
/* Publishes what readers may see from now on. */
void race_publish(struct race *r, uint64_t epoch);
/* Waits, now and then, until readers have looked. */
void race_let_look(struct race *r);
/* Makes a VMO that takes up freed frames and writes FOREIGN to all of them; it
 * goes when readers have looked after race_renew(). */
void race_reuse_frames(struct race *r);

#endif

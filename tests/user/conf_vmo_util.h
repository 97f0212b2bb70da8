/*
 * What the conformance tests of VMOs share: sums of all that can be seen of one,
 * short forms of calls in pages, and charges in both eras' terms.
 */
#ifndef TESTS_CONF_VMO_UTIL_H
#define TESTS_CONF_VMO_UTIL_H

#include "conf_util.h"

#define CONF_MAX_SIZE 0xfffffffffffe0000ul	/* vmo.md 2.3 */
#define CONF_VMO_RIGHTS 0xd0efu			/* 2.5 */

/* A range operation, without a buffer. */
zx_status_t conf_op(zx_handle_t vmo, uint32_t op, uint64_t offset, uint64_t size);
/* A new VMO of so many bytes; what fails must not write its output, and what
 * succeeds is closed again. */
zx_status_t conf_try_create(uint64_t size, uint32_t options);
/* The same, to keep; nothing is written to it. */
zx_handle_t conf_vmo(uint64_t pages, uint32_t options);
uint64_t conf_size(zx_handle_t vmo);
uint64_t conf_committed(zx_handle_t vmo);
zx_signals_t conf_signals(zx_handle_t vmo);

/*
 * A sum over the record of ZX_INFO_VMO, the signals, and the content of the
 * first CONF_STATE_PAGES pages: other if a call has changed something.
 */
#define CONF_STATE_PAGES 8u
uint64_t conf_vmo_state(zx_handle_t vmo);
#define CONF_VMO_FAILS(vmo, call, wanted) \
	do { \
		uint64_t conf_before = conf_vmo_state(vmo); \
		\
		EXPECT_STATUS(call, wanted); \
		EXPECT_EQ(conf_vmo_state(vmo), conf_before); \
	} while (0)

/* The first words of the pages from 0 on are these. */
bool conf_shows(zx_handle_t vmo, const uint64_t *words, size_t count, struct jx_place place);
#define CONF_SHOWS(vmo, ...) \
	conf_shows(vmo, (const uint64_t[]){ __VA_ARGS__ }, \
		   sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t), JX_HERE)
/* Every byte of the pages [page, page + count) is this. */
bool conf_bytes_are(zx_handle_t vmo, uint64_t page, uint64_t count, uint8_t byte);
void conf_fill_page(zx_handle_t vmo, uint64_t page, uint8_t byte);

/* --- Children and charges --------------------------------------------------- */

#define CONF_SNAPSHOT ZX_VMO_CHILD_SNAPSHOT
#define CONF_SLICE ZX_VMO_CHILD_SLICE
#define CONF_ON_WRITE ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE

/* One call; a child is closed again, and a failure writes no output. */
zx_status_t conf_try_child(zx_handle_t vmo, uint32_t options, uint64_t offset, uint64_t size);
/* A child of pages [page, page + count), to keep. */
zx_handle_t conf_child(zx_handle_t vmo, uint32_t options, uint64_t page, uint64_t count);
static inline zx_handle_t conf_snap(zx_handle_t vmo, uint64_t page, uint64_t count)
{
	return conf_child(vmo, CONF_SNAPSHOT, page, count);
}

/* A resizable VMO of so many pages, their first words 1, 2, 3 ... */
zx_handle_t conf_numbered(uint64_t pages);

/*
 * committed_bytes, in pages: whole ones in 2020; in the latest era CONF_N(a, b)
 * is a/b of a page. A third of a page is no whole number of bytes: one less than
 * the exact figure will do there.
 */
#define CONF_N(a, b) ((a) * 840ul / (b))
bool conf_charged(zx_handle_t vmo, uint64_t whole, uint64_t parts, struct jx_place place);
#define CONF_CHARGED(vmo, whole, a, b) \
	EXPECT_TRUE(conf_charged(vmo, whole, CONF_N(a, b), JX_HERE))

/* --- A pager's VMO ----------------------------------------------------------- */

struct conf_pager {
	zx_handle_t pager;
	zx_handle_t port;
	zx_handle_t vmo;
};

bool conf_pager_make(struct conf_pager *p, uint64_t pages, uint32_t options);
/* Supplies pages [page, page + count), each with its stamp. */
void conf_pager_supply(const struct conf_pager *p, uint64_t page, uint64_t count);
/* Both: a VMO all of whose pages are there. */
bool conf_pager_full(struct conf_pager *p, uint64_t pages, uint32_t options);
void conf_pager_drop(struct conf_pager *p);

/* What an access of a child process through a mapping of `pages` pages of the
 * VMO comes to: 1 if it goes well, ZX_TASK_RETCODE_EXCEPTION_KILL if it is a
 * fatal fault. */
int64_t conf_child_access(zx_handle_t vmo, uint64_t pages, uint64_t offset, bool write);

#endif

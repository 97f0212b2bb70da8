/*
 * VMOs with names of one letter on the fake machine: short words for tests of
 * snapshots, by page number. A page's content is its first and its last word.
 */
#ifndef SNAP_ENV_H
#define SNAP_ENV_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <kernel/port.h>
#include <mm/vmo_info.h>

#include "fake.h"

#define SNAP_RAM (16ul << 20)
#define FIRST_WORD 0ul
#define LAST_WORD (PAGE_SIZE - 8)

/* Boots; once in a process. */
void snap_boot(u32 cpus, u64 seed);

/* Frames that VMOs hold, all of them. CPUs other than the caller's do not run;
 * it plays them for a moment. */
u64 snap_frames(void);

/* One word of a page, `where` bytes from its start. */
void snap_put_word(struct vmo *v, u64 page, u64 where, u64 value);
u64 snap_get_word(struct vmo *v, u64 page, u64 where);

/* ZX_OK, or what vmo_create_child() says. */
zx_status_t snap_try(struct vmo *parent, enum vmo_child_kind kind, u64 first,
		     u64 pages, bool resizable, struct vmo **out);

/* --- VMOs by letter, 'A' to 'Z' ------------------------------------------------- */

/* A new, resizable VMO. */
void make(char name, u64 pages);
/* A snapshot of pages [first, first + pages) of another. */
void snap(char name, char of, u64 first, u64 pages);
void drop(char name);
/* Gives all up that is left; then nothing may be left. */
void drop_all(void);
struct vmo *named(char name);

/* Writes value into both words of a page. */
void put(char name, u64 page, u64 value);
/* Fails unless both words of the page are value. */
void is(char name, u64 page, u64 value);
void zero(char name, u64 first, u64 pages);
void resize(char name, u64 pages);

/*
 * Fails unless the VMOs are charged so many whole pages: "V2 C1" names all that
 * there are. And the sum, whole as well as shared, is what they hold.
 */
void charges(const char *text);
/* The same for charges divided by viewers, in pages: "V13/6 C5/6". */
void shares(const char *text);

#endif

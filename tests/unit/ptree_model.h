/*
 * Pages for tests of the page tree, which count themselves and hold a number as
 * their content, and a look at a whole family of trees at once.
 */
#ifndef PTREE_MODEL_H
#define PTREE_MODEL_H

#include <mm/ptree.h>

/* Atomic: pages made and not put back, by threads of the tests. */
extern u64 model_page_live;

/* A page with one name. */
struct page *model_page_new(u64 content);
/* The last name is gone: the page must not be touched any more. */
void model_page_put(struct page *p);
/* Gives one name up. */
void model_page_unref(struct page *p);
/* Puts back what ptree_remove() and the like gave; returns how many. */
u64 model_free_list(struct page *list);

/* The content. A page is one number; empty slots and markers are zero. */
u64 model_content(struct pt_slot s);
void model_set_content(struct page *p, u64 content);

/*
 * Sets a page of content at index as a VMO would: in place if it is private,
 * else by the steps of <mm/ptree_cursor.h>. ZX_ERR_NO_MEMORY.
 */
zx_status_t model_write(struct ptree *t, u64 index, u64 content);

/* All of a tree goes, a few pages at a time. */
void model_tear_down(struct ptree *t);

/*
 * Fails the test unless, over all trees: each passes ptree_check(); each node
 * and page has exactly as many names as its count says; and there are no
 * others alive. No other thread is at work.
 */
void model_check_family(struct ptree *const *trees, u32 count);

#endif

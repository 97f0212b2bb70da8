/*
 * Intrusive doubly linked list with a head node. A node that is on no list
 * points at itself; list_node_init() and list_del() leave it so, which makes
 * list_is_linked() a test of one word.
 */
#ifndef KERNEL_LIST_H
#define KERNEL_LIST_H

#include <kernel/types.h>

struct list_node {
	struct list_node *prev;
	struct list_node *next;
};

#define LIST_INIT(name) { &(name), &(name) }

static inline void list_init(struct list_node *n)
{
	n->prev = n;
	n->next = n;
}

static inline bool list_is_empty(const struct list_node *head)
{
	return head->next == head;
}

/* One node and no more. */
static inline bool list_is_single(const struct list_node *head)
{
	return head->next == head->prev && head->next != head;
}

static inline bool list_is_linked(const struct list_node *n)
{
	return n->next != n;
}

static inline void list_insert_between(struct list_node *n,
				       struct list_node *prev,
				       struct list_node *next)
{
	n->prev = prev;
	n->next = next;
	prev->next = n;
	next->prev = n;
}

static inline void list_add_head(struct list_node *head, struct list_node *n)
{
	list_insert_between(n, head, head->next);
}

static inline void list_add_tail(struct list_node *head, struct list_node *n)
{
	list_insert_between(n, head->prev, head);
}

static inline void list_del(struct list_node *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	list_init(n);
}

static inline struct list_node *list_pop_head(struct list_node *head)
{
	struct list_node *n = head->next;

	if (n == head)
		return NULL;
	list_del(n);
	return n;
}

/* Moves all nodes of src to the tail of dst; src is empty afterwards. */
static inline void list_splice_tail(struct list_node *dst,
				    struct list_node *src)
{
	if (list_is_empty(src))
		return;
	src->next->prev = dst->prev;
	dst->prev->next = src->next;
	src->prev->next = dst;
	dst->prev = src->prev;
	list_init(src);
}

#define list_entry(node, type, member) container_of(node, type, member)

#define list_for_each(pos, head, member)                                    \
	for (pos = list_entry((head)->next, __typeof__(*pos), member);      \
	     &pos->member != (head);                                        \
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))

/* As list_for_each; the body may unlink and free pos. */
#define list_for_each_safe(pos, tmp, head, member)                          \
	for (pos = list_entry((head)->next, __typeof__(*pos), member),      \
	    tmp = list_entry(pos->member.next, __typeof__(*pos), member);   \
	     &pos->member != (head);                                        \
	     pos = tmp,                                                     \
	    tmp = list_entry(tmp->member.next, __typeof__(*tmp), member))

#endif

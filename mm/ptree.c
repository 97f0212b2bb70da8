/*
 * Page tree: nodes and their counts, looking, cursor, adding.
 *
 * A tree with height above 0 has a node as its root. Nodes may be empty for a
 * while: they were prepared, or their pages were taken out one by one.
 *
 * P1 A node's present bits and page count match its slots (counts above a
 *    cursor's leaf lag until it ends).
 * P2 A node is changed only by a member of the family that holds its own
 *    mutex and has seen count 1 on every node from its root down to it. Such a
 *    node is in no other tree: another tree could only name it through a name
 *    that exists, and the only one is ours.
 * P3 Who copies a shared node first adds a name to each child, then gives up
 *    its name of the node (release). A member that later sees count 1 on the
 *    node (acquire) also sees the raised counts of the children, and so does
 *    not take a child for its own that the copy names too.
 */
#include <kernel/string.h>
#include <mm/slab.h>

#include "ptree_node.h"

static struct slab_cache node_cache;

void ptree_init_module(void)
{
	slab_cache_init(&node_cache, "ptree_node", sizeof(struct pt_node));
}

/* Of one name, with slots that the caller fills. */
static struct pt_node *node_alloc(u64 resident_count, u64 present)
{
	struct pt_node *n = slab_alloc(&node_cache);

	if (n == NULL)
		return NULL;
	n->ref_count = 1;
	n->reserved = 0;
	n->resident_count = resident_count;
	n->present = present;
	return n;
}

struct pt_node *pt_node_alloc(void)
{
	struct pt_node *n = node_alloc(0, 0);

	if (n == NULL)
		return NULL;
	memset(n->slots, 0, sizeof(n->slots));
	return n;
}

void pt_node_free(struct pt_node *n)
{
	slab_free(&node_cache, n);
}

void pt_word_ref(u64 word)
{
	/* Relaxed: the caller has a name already, or P3 orders it. */
	if (pt_is_node(word))
		__atomic_fetch_add(&pt_node_of(word)->ref_count, 1,
				   __ATOMIC_RELAXED);
	else if (pt_is_page(word))
		page_ref(pt_page((struct pt_slot){ word }));
}

bool pt_node_unref(struct pt_node *n)
{
	if (pt_node_is_private(n))
		return true;
	/* Release: P3. Acquire: if we are last, all that others did to the
	 * node came before we change or free it. */
	if (__atomic_sub_fetch(&n->ref_count, 1, __ATOMIC_ACQ_REL) != 0)
		return false;
	__atomic_store_n(&n->ref_count, 1, __ATOMIC_RELAXED);
	return true;
}

/* All others have let go of n while we copied it: the copy names each child
 * as well, so none of these names is the last. */
static void node_drop_copied(struct pt_node *n)
{
	for (u64 bits = n->present; bits; bits &= bits - 1) {
		u64 word = n->slots[bit_lowest64(bits)];
		bool last = false;

		if (pt_is_node(word))
			last = pt_node_unref(pt_node_of(word));
		else if (pt_is_page(word))
			last = page_unref(pt_page((struct pt_slot){ word }));
		DEBUG_ASSERT(!last);
	}
	pt_node_free(n);
}

bool pt_unshare(u64 *slot)
{
	struct pt_node *n = pt_node_of(*slot);
	struct pt_node *copy = node_alloc(n->resident_count, n->present);

	if (copy == NULL)
		return false;
	memcpy(copy->slots, n->slots, sizeof(copy->slots));
	for (u64 bits = n->present; bits; bits &= bits - 1)
		pt_word_ref(n->slots[bit_lowest64(bits)]);
	*slot = pt_node_word(copy);
	if (pt_node_unref(n))
		node_drop_copied(n);
	return true;
}

/* --- Looking -------------------------------------------------------------- */

struct pt_slot ptree_get(const struct ptree *t, u64 index)
{
	u32 shift = PT_LEVEL_BITS * t->height;
	u64 word = t->root;

	if (index >> shift)
		return pt_slot_empty();
	while (pt_is_node(word)) {
		shift -= PT_LEVEL_BITS;
		word = pt_node_of(word)->slots[pt_cell(index, shift)];
	}
	return (struct pt_slot){ word };
}

void ptree_fill(struct ptree *t, u64 index, struct page *p)
{
	u32 shift = PT_LEVEL_BITS * t->height;
	u64 *slot = &t->root;

	while (shift) {
		struct pt_node *n = pt_node_of(*slot);

		DEBUG_ASSERT(pt_node_is_private(n));
		shift -= PT_LEVEL_BITS;
		n->resident_count++;
		/* In an inner node it is set already. */
		n->present |= 1ul << pt_cell(index, shift);
		slot = &n->slots[pt_cell(index, shift)];
	}
	DEBUG_ASSERT(!pt_is_page(*slot));
	*slot = pt_slot_page(p).word;
}

struct page *ptree_take(struct ptree *t, u64 index)
{
	u32 height = PT_LEVEL_BITS * t->height, shift = height;
	struct pt_slot s = { t->root };
	struct pt_node *n = NULL;
	u64 word = t->root;

	if (index >> shift)
		return NULL;
	/* From the root down: P3. */
	while (shift) {
		n = pt_slot_node(s);
		if (pt_slot_type(s) != PT_NODE || !pt_node_is_private(n))
			return NULL;
		shift -= PT_LEVEL_BITS;
		s.word = n->slots[pt_cell(index, shift)];
	}
	if (!n || pt_slot_type(s) != PT_PAGE ||
	    n->present == 1ul << index % PT_FANOUT)
		return NULL;
	for (shift = height; shift; word = n->slots[pt_cell(index, shift)]) {
		n = pt_node_of(word);
		shift -= PT_LEVEL_BITS;
		n->resident_count--;
	}
	pt_clear_slot(n, index % PT_FANOUT);
	return pt_page(s);
}

struct pt_slot ptree_get_private(const struct ptree *t, u64 index,
				 bool *private)
{
	u32 shift = PT_LEVEL_BITS * t->height;
	u64 word = t->root;
	u32 names = 1;

	*private = false;
	if (index >> shift)
		return pt_slot_empty();
	/* No count is 0, so the union is 1 only if all are. Acquire, and from
	 * the root down: P3. */
	while (pt_is_node(word)) {
		const struct pt_node *n = pt_node_of(word);

		names |= __atomic_load_n(&n->ref_count, __ATOMIC_ACQUIRE);
		shift -= PT_LEVEL_BITS;
		word = n->slots[pt_cell(index, shift)];
	}
	if (pt_is_page(word))
		names |= __atomic_load_n(
			&pt_page((struct pt_slot){ word })->ref_count,
			__ATOMIC_ACQUIRE);
	*private = names == 1;
	return (struct pt_slot){ word };
}

struct pt_slot ptree_next(const struct ptree *t, u64 index, u64 end,
			  u64 *found)
{
	u32 shift = PT_LEVEL_BITS * t->height;
	u64 word = t->root;

	while (index < end && !pt_beyond(t->height, index)) {
		struct pt_node *n;
		u64 bits;
		u32 cell;

		if (!pt_is_node(word)) {
			*found = index;
			return (struct pt_slot){ word };
		}
		n = pt_node_of(word);
		shift -= PT_LEVEL_BITS;
		cell = pt_cell(index, shift);
		bits = n->present & bits_from64(cell);
		if (bits == 0) {
			/* On behind this node, from the root again. */
			shift += PT_LEVEL_BITS;
			index = ((index >> shift) + 1) << shift;
			shift = PT_LEVEL_BITS * t->height;
			word = t->root;
			continue;
		}
		if (bit_lowest64(bits) != cell) {
			index >>= shift + PT_LEVEL_BITS;
			index = (index << PT_LEVEL_BITS | bit_lowest64(bits))
				<< shift;
		}
		word = n->slots[bit_lowest64(bits)];
	}
	return pt_slot_empty();
}

/* Pages of word, which stands for 1 << shift indices from base. Goes down only
 * along the two edges of the range: PT_MAX_HEIGHT deep. */
static u64 count_word(u64 word, u64 base, u32 shift, u64 start, u64 end)
{
	const struct pt_node *n = pt_node_of(word);
	u64 sum = 0;

	if (base >= end || base + (1ul << shift) <= start)
		return 0;
	if (!pt_is_node(word))
		return pt_is_page(word);
	if (base >= start && base + (1ul << shift) <= end)
		return n->resident_count;
	shift -= PT_LEVEL_BITS;
	for (u64 bits = n->present; bits; bits &= bits - 1) {
		u32 cell = bit_lowest64(bits);

		sum += count_word(n->slots[cell], base + ((u64)cell << shift),
				  shift, start, end);
	}
	return sum;
}

u64 ptree_count(const struct ptree *t, u64 start, u64 end)
{
	return count_word(t->root, 0, PT_LEVEL_BITS * t->height, start, end);
}

/* --- Cursor --------------------------------------------------------------- */

void ptree_cursor_flush(struct ptree_cursor *c)
{
	for (u32 i = 1; i < c->tree->height; i++)
		c->path[i]->resident_count += c->delta;
	c->delta = 0;
}

static void cursor_unload(struct ptree_cursor *c)
{
	ptree_cursor_end(c);
	ptree_cursor_init(c, c->tree);
}

void ptree_cursor_load(struct ptree_cursor *c, u64 index)
{
	u32 height = c->tree->height;
	u64 word = c->tree->root;
	bool private = true;

	cursor_unload(c);
	c->base = index & ~(u64)(PT_FANOUT - 1);
	if (pt_beyond(height, index))
		return;
	while (height && pt_is_node(word)) {
		struct pt_node *n = pt_node_of(word);

		private &= pt_node_is_private(n);
		c->path[--height] = n;
		word = n->slots[pt_cell(index, PT_LEVEL_BITS * height)];
	}
	/* A path that ends early has no leaf. */
	if (height || c->tree->height == 0)
		c->path[0] = NULL;
	else
		c->writable = private;
}

struct pt_slot ptree_cursor_seek(struct ptree_cursor *c, u64 index, u64 end,
				 u64 *found)
{
	struct pt_slot s = ptree_next(c->tree, index, end, found);

	if (pt_slot_type(s) != PT_EMPTY && !ptree_cursor_on(c, *found))
		ptree_cursor_load(c, *found);
	return s;
}

/* A root high enough for the index; ZX_OK with height 0 only for index 0. */
static zx_status_t raise_root(struct ptree *t, u64 index)
{
	while (pt_beyond(t->height, index)) {
		struct pt_node *n = pt_node_alloc();

		if (n == NULL)
			return ZX_ERR_NO_MEMORY;
		if (t->root == PT_EMPTY) {
			/* Nothing to keep: at once as high as needed. */
			while (pt_beyond(t->height + 1, index))
				t->height++;
		} else {
			pt_set_slot(n, 0, t->root);
			n->resident_count = pt_is_node(t->root) ?
				pt_node_of(t->root)->resident_count :
				pt_is_page(t->root);
		}
		t->root = pt_node_word(n);
		t->height++;
	}
	return ZX_OK;
}

/* Puts an empty node into an empty cell of n. */
static bool add_child(struct pt_node *n, u32 cell)
{
	struct pt_node *child = pt_node_alloc();

	if (child)
		pt_set_slot(n, cell, pt_node_word(child));
	return child != NULL;
}

/* Makes the path to index complete and private. */
static zx_status_t grow_path(struct ptree_cursor *c, u64 index)
{
	struct ptree *t = c->tree;
	u64 *slot = &t->root;
	struct pt_node *n;
	u32 level, cell;

	if (raise_root(t, index) != ZX_OK)
		return ZX_ERR_NO_MEMORY;
	for (level = t->height; level; level--) {
		if (!pt_node_is_private(pt_node_of(*slot)) && !pt_unshare(slot))
			return ZX_ERR_NO_MEMORY;
		n = pt_node_of(*slot);
		c->path[level - 1] = n;
		cell = pt_cell(index, PT_LEVEL_BITS * (level - 1));
		slot = &n->slots[cell];
		if (level > 1 && *slot == PT_EMPTY && !add_child(n, cell))
			return ZX_ERR_NO_MEMORY;
	}
	return ZX_OK;
}

zx_status_t ptree_cursor_grow(struct ptree_cursor *c, u64 index)
{
	cursor_unload(c);
	if (grow_path(c, index) != ZX_OK) {
		ptree_cursor_init(c, c->tree);
		ptree_prune(c->tree, index, index + 1);
		return ZX_ERR_NO_MEMORY;
	}
	/* A single slot has no leaf and so no shortcut to it. */
	c->writable = c->tree->height != 0;
	c->base = index & ~(u64)(PT_FANOUT - 1);
	return ZX_OK;
}

struct pt_slot ptree_cursor_exchange(struct ptree_cursor *c, u64 index,
				     struct pt_slot s)
{
	u32 cell = index % PT_FANOUT;
	struct pt_node *leaf;
	u64 old, change;

	if (!ptree_cursor_on(c, index))
		ptree_cursor_load(c, index);
	leaf = c->path[0];
	DEBUG_ASSERT(leaf != NULL && c->writable);
	old = leaf->slots[cell];
	if (s.word)
		pt_set_slot(leaf, cell, s.word);
	else
		pt_clear_slot(leaf, cell);
	change = (u64)pt_is_page(s.word) - (u64)pt_is_page(old);
	leaf->resident_count += change;
	c->delta += change;
	return (struct pt_slot){ old };
}

zx_status_t ptree_cursor_prepare_all(struct ptree_cursor *c, u64 start,
				     u64 end)
{
	/* The last first, so that the root is high enough from the start. Often
	 * the path is there, and loading it is less than growing it. */
	for (u64 i = end; i > start; i = (i - 1) & ~(u64)(PT_FANOUT - 1)) {
		(void)ptree_cursor_get(c, i - 1);
		if (ptree_cursor_prepare(c, i - 1) != ZX_OK) {
			ptree_prune(c->tree, start, end);
			return ZX_ERR_NO_MEMORY;
		}
	}
	return ZX_OK;
}

zx_status_t ptree_insert_prepare(struct ptree *t, u64 start, u64 end)
{
	struct ptree_cursor c;

	ptree_cursor_init(&c, t);
	return ptree_cursor_prepare_all(&c, start, end);
}

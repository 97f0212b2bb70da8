#include "ptree_model.h"

#include "tree_env.h"

u64 model_page_live;

/* `private` of the page is its content; `reserved` counts names while a family
 * is looked at. */
struct page *model_page_new(u64 content)
{
	struct page *p = calloc(1, sizeof(*p));

	p->ref_count = 1;
	p->private = content;
	__atomic_fetch_add(&model_page_live, 1, __ATOMIC_RELAXED);
	return p;
}

void model_page_put(struct page *p)
{
	if (p->ref_count != 1)
		panic("page freed with %u names", p->ref_count);
	memset(p, 0x5a, sizeof(*p));
	free(p);
	__atomic_fetch_sub(&model_page_live, 1, __ATOMIC_RELAXED);
}

void model_page_unref(struct page *p)
{
	if (page_unref(p))
		model_page_put(p);
}

u64 model_free_list(struct page *list)
{
	u64 count = 0;

	while (list) {
		struct page *next = list->next;

		model_page_put(list);
		list = next;
		count++;
	}
	return count;
}

u64 model_content(struct pt_slot s)
{
	return pt_slot_type(s) == PT_PAGE ? pt_page(s)->private : 0;
}

void model_set_content(struct page *p, u64 content)
{
	p->private = content;
}

zx_status_t model_write(struct ptree *t, u64 index, u64 content)
{
	struct ptree_cursor c;
	struct pt_slot s;
	struct page *p;
	bool private;

	ptree_cursor_init(&c, t);
	if (ptree_cursor_prepare(&c, index) != ZX_OK)
		return ZX_ERR_NO_MEMORY;
	s = ptree_cursor_get_private(&c, index, &private);
	if (pt_slot_type(s) == PT_PAGE && private) {
		model_set_content(pt_page(s), content);
		ptree_cursor_end(&c);
		return ZX_OK;
	}
	p = model_page_new(model_content(s));
	s = ptree_cursor_set(&c, index, pt_slot_page(p));
	ptree_cursor_end(&c);
	model_set_content(p, content);
	if (pt_slot_type(s) == PT_PAGE)
		model_page_unref(pt_page(s));
	return ZX_OK;
}

void model_tear_down(struct ptree *t)
{
	struct page *list = NULL;

	while (!ptree_teardown_step(t, 100, &list))
		continue;
	model_free_list(list);
}

/* --- Counts of a family ------------------------------------------------------- */

static struct pt_node *node_of(u64 word)
{
	return (struct pt_node *)(uintptr_t)(word & ~3ul);
}

/* Counts one name of what word names, and what is below at the first. */
static void count_names(u64 word)
{
	if ((word & 3) == PT_PAGE) {
		pt_page((struct pt_slot){ word })->reserved++;
	} else if ((word & 3) == PT_NODE && node_of(word)->reserved++ == 0) {
		for (u32 i = 0; i < PT_FANOUT; i++)
			count_names(node_of(word)->slots[i]);
	}
}

/* Compares, and forgets what was counted. */
static void compare_names(u64 word, u64 *nodes, u64 *pages)
{
	struct pt_node *n = node_of(word);
	struct page *p = pt_page((struct pt_slot){ word });

	if ((word & 3) == PT_PAGE && p->reserved) {
		assert_int_equal(p->ref_count, p->reserved);
		p->reserved = 0;
		++*pages;
	} else if ((word & 3) == PT_NODE && n->reserved) {
		assert_int_equal(n->ref_count, n->reserved);
		n->reserved = 0;
		++*nodes;
		for (u32 i = 0; i < PT_FANOUT; i++)
			compare_names(n->slots[i], nodes, pages);
	}
}

void model_check_family(struct ptree *const *trees, u32 count)
{
	u64 nodes = 0, pages = 0;

	for (u32 i = 0; i < count; i++) {
		ptree_check(trees[i], NULL);
		count_names(trees[i]->root);
	}
	for (u32 i = 0; i < count; i++)
		compare_names(trees[i]->root, &nodes, &pages);
	assert_int_equal(nodes, env_live_count);
	assert_int_equal(pages, model_page_live);
}

/*
 * The worked examples of spec/vmo.md 14.8, each a test: contents and charges at
 * every step. 2020: a page is charged whole to the oldest living VMO that sees it
 * (the note at the head of section 14), so that what an intermediate copy cost
 * there costs nothing here. Latest: to each of its n viewers 1/n.
 *
 * V is the original, C, D and E are snapshots; page i of V holds i + 1.
 */
#include "conf_vmo_util.h"

#define RESIZABLE ZX_VMO_CHILD_RESIZABLE

static void close_all(const zx_handle_t *handles, size_t count)
{
	for (size_t i = 0; i < count; i++)
		zx_handle_close(handles[i]);
}
#define CLOSE(...) \
	close_all((const zx_handle_t[]){ __VA_ARGS__ }, \
		  sizeof((const zx_handle_t[]){ __VA_ARGS__ }) / sizeof(zx_handle_t))

JX_TEST(vmo_14_8_r1_basic)
{
	zx_handle_t v = conf_numbered(2), c = conf_snap(v, 0, 2);

	CONF_CHARGED(v, 2, 1, 1);
	CONF_CHARGED(c, 0, 1, 1);
	vm_vmo_set(v, 0, 10);
	CONF_CHARGED(v, 2, 3, 2);
	CONF_CHARGED(c, 1, 3, 2);
	vm_vmo_set(c, 1, 20);
	CONF_CHARGED(v, 2, 2, 1);
	CONF_CHARGED(c, 2, 2, 1);
	for (uint64_t i = 0; i < 2; i++) {
		vm_vmo_set(v, i, 100 + i);
		vm_vmo_set(c, i, 200 + i);
	}
	CONF_CHARGED(v, 2, 2, 1);
	CONF_CHARGED(c, 2, 2, 1);
	EXPECT_TRUE(CONF_SHOWS(v, 100, 101));
	EXPECT_TRUE(CONF_SHOWS(c, 200, 201));
	CLOSE(v, c);
}

JX_TEST(vmo_14_8_r2_zero_page_writes)
{
	zx_handle_t v = conf_vmo(1, 0), c = conf_snap(v, 0, 1);

	CONF_CHARGED(v, 0, 0, 1);
	CONF_CHARGED(c, 0, 0, 1);
	vm_vmo_set(v, 0, 1);
	CONF_CHARGED(v, 1, 1, 1);
	CONF_CHARGED(c, 0, 0, 1);
	EXPECT_TRUE(CONF_SHOWS(c, 0));
	vm_vmo_set(c, 0, 2);
	CONF_CHARGED(v, 1, 1, 1);
	CONF_CHARGED(c, 1, 1, 1);
	EXPECT_TRUE(CONF_SHOWS(v, 1));
	CLOSE(v, c);
	v = conf_vmo(1, 0);
	c = conf_snap(v, 0, 1);
	vm_vmo_set(c, 0, 2);
	CONF_CHARGED(v, 0, 0, 1);
	CONF_CHARGED(c, 1, 1, 1);
	EXPECT_TRUE(CONF_SHOWS(v, 0));
	CLOSE(v, c);
}

JX_TEST(vmo_14_8_r3_three_generations)
{
	zx_handle_t v = conf_numbered(1), c = conf_snap(v, 0, 1), d = conf_snap(c, 0, 1);

	CONF_CHARGED(v, 1, 1, 3);
	CONF_CHARGED(c, 0, 1, 3);
	CONF_CHARGED(d, 0, 1, 3);
	vm_vmo_set(v, 0, 10);
	CONF_CHARGED(v, 1, 1, 1);
	CONF_CHARGED(c, 1, 1, 2);
	CONF_CHARGED(d, 0, 1, 2);
	vm_vmo_set(c, 0, 20);
	CONF_CHARGED(c, 1, 1, 1);
	CONF_CHARGED(d, 1, 1, 1);
	vm_vmo_set(d, 0, 30);
	CONF_CHARGED(d, 1, 1, 1);
	EXPECT_TRUE(CONF_SHOWS(v, 10) && CONF_SHOWS(c, 20) && CONF_SHOWS(d, 30));
	zx_handle_close(v);
	CONF_CHARGED(c, 1, 1, 1);
	CONF_CHARGED(d, 1, 1, 1);
	zx_handle_close(c);
	CONF_CHARGED(d, 1, 1, 1);
	EXPECT_TRUE(CONF_SHOWS(d, 30));
	CLOSE(d);
}

JX_TEST(vmo_14_8_r4_three_generations_unwritten)
{
	zx_handle_t v = conf_numbered(1), c = conf_snap(v, 0, 1), d = conf_snap(c, 0, 1);

	zx_handle_close(v);
	CONF_CHARGED(c, 1, 1, 2);
	CONF_CHARGED(d, 0, 1, 2);
	zx_handle_close(c);
	CONF_CHARGED(d, 1, 1, 1);
	EXPECT_TRUE(CONF_SHOWS(d, 1));
	CLOSE(d);
}

JX_TEST(vmo_14_8_r5_offset_window_past_the_end)
{
	zx_handle_t v = conf_numbered(3), c = conf_snap(v, 1, 3);

	EXPECT_TRUE(CONF_SHOWS(c, 2, 3, 0));
	CONF_CHARGED(v, 3, 2, 1);
	CONF_CHARGED(c, 0, 1, 1);
	vm_vmo_set(c, 1, 30);
	CONF_CHARGED(v, 3, 5, 2);
	CONF_CHARGED(c, 1, 3, 2);
	zx_handle_close(v);
	CONF_CHARGED(c, 2, 2, 1);
	EXPECT_TRUE(CONF_SHOWS(c, 2, 30, 0));
	CLOSE(c);
}

JX_TEST(vmo_14_8_r6_nested_windows)
{
	zx_handle_t v = conf_numbered(4), o = conf_snap(v, 1, 3);
	zx_handle_t c = conf_snap(o, 0, 2), d = conf_snap(o, 2, 1);

	vm_vmo_set(o, 1, 30);
	CONF_CHARGED(v, 4, 13, 6);
	CONF_CHARGED(o, 1, 5, 3);
	CONF_CHARGED(c, 0, 5, 6);
	CONF_CHARGED(d, 0, 1, 3);
	EXPECT_TRUE(CONF_SHOWS(o, 2, 30, 4));
	EXPECT_TRUE(CONF_SHOWS(c, 2, 3));
	EXPECT_TRUE(CONF_SHOWS(d, 4));
	zx_handle_close(o);
	CONF_CHARGED(v, 4, 5, 2);
	CONF_CHARGED(c, 0, 1, 1);
	CONF_CHARGED(d, 0, 1, 2);
	EXPECT_TRUE(CONF_SHOWS(c, 2, 3));
	zx_handle_close(c);
	CONF_CHARGED(v, 4, 7, 2);
	CONF_CHARGED(d, 0, 1, 2);
	EXPECT_TRUE(CONF_SHOWS(d, 4));
	EXPECT_TRUE(CONF_SHOWS(v, 1, 2, 3, 4));
	CLOSE(v, d);
}

JX_TEST(vmo_14_8_r7_repeat_writes)
{
	zx_handle_t v = conf_numbered(2), c = conf_snap(v, 1, 2), d;

	vm_vmo_set(c, 0, 20);
	d = conf_snap(c, 1, 1);
	for (int i = 0; i < 3; i++) {
		CONF_CHARGED(v, 2, 2, 1);
		CONF_CHARGED(c, 1, 1, 1);
		CONF_CHARGED(d, 0, 0, 1);
		vm_vmo_set(c, 0, 21);
	}
	EXPECT_TRUE(CONF_SHOWS(d, 0));
	CLOSE(v, d);
	CONF_CHARGED(c, 1, 1, 1);
	EXPECT_TRUE(CONF_SHOWS(c, 21, 0));
	CLOSE(c);
}

JX_TEST(vmo_14_8_r8_growing_chain)
{
	zx_handle_t v = conf_numbered(1), c = conf_snap(v, 0, 2), d;

	vm_vmo_set(c, 1, 20);
	d = conf_snap(c, 0, 3);
	vm_vmo_set(d, 2, 30);
	CONF_CHARGED(v, 1, 1, 3);
	CONF_CHARGED(c, 1, 5, 6);
	CONF_CHARGED(d, 1, 11, 6);
	vm_vmo_set(d, 0, 10);
	CONF_CHARGED(v, 1, 1, 2);
	CONF_CHARGED(c, 1, 1, 1);
	CONF_CHARGED(d, 2, 5, 2);
	vm_vmo_set(d, 1, 21);
	CONF_CHARGED(v, 1, 1, 2);
	CONF_CHARGED(c, 1, 3, 2);
	CONF_CHARGED(d, 3, 3, 1);
	EXPECT_TRUE(CONF_SHOWS(c, 1, 20));
	EXPECT_TRUE(CONF_SHOWS(d, 10, 21, 30));
	zx_handle_close(c);
	CONF_CHARGED(v, 1, 1, 1);
	CONF_CHARGED(d, 3, 3, 1);
	CLOSE(v, d);
}

JX_TEST(vmo_14_8_r9_window_wholly_outside)
{
	for (uint64_t page = 0; page < 2; page++) {
		zx_handle_t v = conf_numbered(1), c = conf_snap(v, 2, 2), d;

		EXPECT_TRUE(CONF_SHOWS(c, 0, 0));
		vm_vmo_set(c, page, 5);
		d = conf_snap(c, 0, 3);
		vm_vmo_set(d, 2, 6);
		CONF_CHARGED(v, 1, 1, 1);
		CONF_CHARGED(c, 1, 1, 2);
		CONF_CHARGED(d, 1, 3, 2);
		EXPECT_TRUE(CONF_SHOWS(d, page ? 0 : 5, page ? 5 : 0, 6));
		CLOSE(v, c, d);
	}
}

JX_TEST(vmo_14_8_r10_small_window)
{
	zx_handle_t v = conf_numbered(3), c = conf_snap(v, 1, 1), d;

	CONF_CHARGED(v, 3, 5, 2);
	CONF_CHARGED(c, 0, 1, 2);
	vm_vmo_set(v, 0, 10);
	vm_vmo_set(v, 2, 30);
	CONF_CHARGED(v, 3, 5, 2);
	CONF_CHARGED(c, 0, 1, 2);
	d = conf_snap(c, 0, 3);
	EXPECT_TRUE(CONF_SHOWS(d, 2, 0, 0));
	zx_handle_close(d);
	zx_handle_close(v);
	CONF_CHARGED(c, 1, 1, 1);
	EXPECT_TRUE(CONF_SHOWS(c, 2));
	CLOSE(c);
}

JX_TEST(vmo_14_8_r11_two_small_windows)
{
	zx_handle_t v = conf_numbered(3), c = conf_snap(v, 0, 2), d;

	vm_vmo_set(c, 1, 20);
	d = conf_snap(c, 0, 1);
	CONF_CHARGED(v, 3, 7, 3);
	CONF_CHARGED(c, 1, 4, 3);
	CONF_CHARGED(d, 0, 1, 3);
	zx_handle_close(v);
	CONF_CHARGED(c, 2, 3, 2);
	CONF_CHARGED(d, 0, 1, 2);
	EXPECT_TRUE(CONF_SHOWS(c, 1, 20));
	EXPECT_TRUE(CONF_SHOWS(d, 1));
	CLOSE(c, d);
}

/* V = 4, C all of it, V[1] and C[2] written. */
static void make_written(zx_handle_t *v, zx_handle_t *c)
{
	*v = conf_numbered(4);
	*c = conf_child(*v, CONF_SNAPSHOT | RESIZABLE, 0, 4);
	vm_vmo_set(*v, 1, 20);
	vm_vmo_set(*c, 2, 30);
	CONF_CHARGED(*v, 4, 3, 1);
	CONF_CHARGED(*c, 2, 3, 1);
}

JX_TEST(vmo_14_8_r12_shrink_of_the_clone)
{
	zx_handle_t v, c;

	make_written(&v, &c);
	EXPECT_STATUS(zx_vmo_set_size(c, PAGE), ZX_OK);
	CONF_CHARGED(v, 4, 7, 2);
	CONF_CHARGED(c, 0, 1, 2);
	EXPECT_STATUS(zx_vmo_set_size(c, 4 * PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(c, 1, 0, 0, 0));
	CONF_CHARGED(v, 4, 7, 2);
	CONF_CHARGED(c, 0, 1, 2);
	vm_vmo_set(v, 3, 40);
	CONF_CHARGED(v, 4, 7, 2);
	CONF_CHARGED(c, 0, 1, 2);
	EXPECT_TRUE(CONF_SHOWS(v, 1, 20, 3, 40));
	zx_handle_close(v);
	CONF_CHARGED(c, 1, 1, 1);
	EXPECT_TRUE(CONF_SHOWS(c, 1, 0, 0, 0));
	CLOSE(c);
}

JX_TEST(vmo_14_8_r13_shrink_of_the_original)
{
	zx_handle_t v, c;

	make_written(&v, &c);
	EXPECT_STATUS(zx_vmo_set_size(v, PAGE), ZX_OK);
	CONF_CHARGED(v, 1, 1, 2);
	CONF_CHARGED(c, 3, 7, 2);
	EXPECT_STATUS(zx_vmo_set_size(v, 4 * PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(v, 1, 0, 0, 0));
	EXPECT_TRUE(CONF_SHOWS(c, 1, 2, 30, 4));
	CONF_CHARGED(v, 1, 1, 2);
	zx_handle_close(c);
	CONF_CHARGED(v, 1, 1, 1);
	EXPECT_TRUE(CONF_SHOWS(v, 1, 0, 0, 0));
	CLOSE(v);
}

JX_TEST(vmo_14_8_r14_shrink_to_nothing)
{
	zx_handle_t v = conf_numbered(3), c = conf_snap(v, 1, 1);

	CONF_CHARGED(v, 3, 5, 2);
	EXPECT_STATUS(zx_vmo_set_size(v, 0), ZX_OK);
	CONF_CHARGED(v, 0, 0, 1);
	CONF_CHARGED(c, 1, 1, 1);
	EXPECT_STATUS(zx_vmo_set_size(v, 3 * PAGE), ZX_OK);
	EXPECT_TRUE(CONF_SHOWS(v, 0, 0, 0));
	EXPECT_TRUE(CONF_SHOWS(c, 2));
	CLOSE(v, c);
}

JX_TEST(vmo_14_8_r15_two_clones_shrink)
{
	zx_handle_t v = conf_numbered(3), c, d;

	c = conf_child(v, CONF_SNAPSHOT | RESIZABLE, 0, 3);
	d = conf_child(v, CONF_SNAPSHOT | RESIZABLE, 0, 3);
	CONF_CHARGED(v, 3, 1, 1);
	CONF_CHARGED(c, 0, 1, 1);
	CONF_CHARGED(d, 0, 1, 1);
	EXPECT_STATUS(zx_vmo_set_size(c, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_size(d, PAGE), ZX_OK);
	CONF_CHARGED(v, 3, 7, 3);
	CONF_CHARGED(c, 0, 1, 3);
	CONF_CHARGED(d, 0, 1, 3);
	EXPECT_STATUS(zx_vmo_set_size(v, PAGE), ZX_OK);
	CONF_CHARGED(v, 1, 1, 3);
	EXPECT_STATUS(zx_vmo_set_size(v, 0), ZX_OK);
	CONF_CHARGED(v, 0, 0, 1);
	CONF_CHARGED(c, 1, 1, 2);
	CONF_CHARGED(d, 0, 1, 2);
	EXPECT_TRUE(CONF_SHOWS(c, 1));
	EXPECT_TRUE(CONF_SHOWS(d, 1));
	CLOSE(v, c, d);
}

#define CLONES 5

/* Clone i is taken of V after clone i - 1 wrote its page, and writes page i. */
static void make_progressive(zx_handle_t *v, zx_handle_t *clones)
{
	*v = conf_numbered(6);
	for (uint64_t i = 0; i < CLONES; i++) {
		clones[i] = conf_snap(*v, 0, 6);
		vm_vmo_set(clones[i], i, 100 + i);
	}
	CONF_CHARGED(*v, 6, 7, 6);
	for (uint64_t i = 0; i < CLONES; i++)
		CONF_CHARGED(clones[i], 1, 59, 30);
}

/* The clones from `first` on are all that is left. The oldest of them pays for
 * all that it sees, the next for the page that the oldest wrote anew. */
static void check_rest(const zx_handle_t *clones, uint64_t first)
{
	static const uint64_t parts[] = { CONF_N(11, 5), CONF_N(5, 2), CONF_N(3, 1),
					  CONF_N(4, 1) };

	for (uint64_t i = first; i < CLONES; i++) {
		uint64_t whole = i == first ? 6 : i == first + 1 ? 2 : 1;

		EXPECT_TRUE(conf_charged(clones[i], whole, parts[first], JX_HERE));
		for (uint64_t page = 0; page < 6; page++)
			EXPECT_EQ(vm_vmo_get(clones[i], page), page == i ? 100 + i : page + 1);
	}
}

JX_TEST(vmo_14_8_r16_progressive)
{
	zx_handle_t v, clones[CLONES];

	make_progressive(&v, clones);
	zx_handle_close(v);
	for (uint64_t i = 0; i < CLONES - 1; i++) {
		check_rest(clones, i);
		zx_handle_close(clones[i]);
	}
	CONF_CHARGED(clones[CLONES - 1], 6, 6, 1);
	zx_handle_close(clones[CLONES - 1]);
}

JX_TEST(vmo_14_8_r17_progressive_by_shrinking)
{
	zx_handle_t v, clones[CLONES];

	make_progressive(&v, clones);
	EXPECT_STATUS(zx_vmo_set_size(v, 0), ZX_OK);
	CONF_CHARGED(v, 0, 0, 1);
	check_rest(clones, 0);
	close_all(clones, CLONES);
	CLOSE(v);
}

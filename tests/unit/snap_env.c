#include "snap_env.h"

#include <mm/pmm.h>

static struct vmo *by_letter[26];

void snap_boot(u32 cpus, u64 seed)
{
	fake_boot(&(struct fake_options){ .cpu_count = cpus, .asid_bits = 3,
					  .ram_bytes = SNAP_RAM,
					  .seed = seed });
	mm_init();
	port_init();
}

/* Frames that were executed are free only after an epoch, when each CPU has
 * passed by. */
static void settle(void)
{
	u32 here = arch_cpu_id();

	for (u32 i = 0; i < 4 * cpu_count(); i++) {
		fake_become(i % cpu_count());
		epoch_quiescent();
		epoch_poll_local();
	}
	fake_become(here);
}

u64 snap_frames(void)
{
	u64 count = 0;

	settle();
	for (u64 i = 0; i < SNAP_RAM / PAGE_SIZE; i++)
		count += page_map[i].state == PAGE_VMO ||
			 (page_map[i].state == PAGE_TEXT &&
			  &page_map[i] != zero_page);
	return count;
}

void snap_put_word(struct vmo *v, u64 page, u64 where, u64 value)
{
	assert_int_equal(vmo_write_kernel(v, &value, page * PAGE_SIZE + where,
					  8), ZX_OK);
}

u64 snap_get_word(struct vmo *v, u64 page, u64 where)
{
	u64 value = 0;

	assert_int_equal(vmo_read_kernel(v, &value, page * PAGE_SIZE + where,
					 8), ZX_OK);
	return value;
}

zx_status_t snap_try(struct vmo *parent, enum vmo_child_kind kind, u64 first,
		     u64 pages, bool resizable, struct vmo **out)
{
	struct vmo_child want = { .kind = kind, .resizable = resizable,
				  .offset = first * PAGE_SIZE,
				  .size = pages * PAGE_SIZE };

	return vmo_create_child(parent, &want, out);
}

/* --- By letter ---------------------------------------------------------------- */

struct vmo *named(char name)
{
	struct vmo *v = by_letter[name - 'A'];

	assert_non_null(v);
	return v;
}

void make(char name, u64 pages)
{
	assert_null(by_letter[name - 'A']);
	assert_int_equal(vmo_create(pages * PAGE_SIZE, ZX_VMO_RESIZABLE,
				    &by_letter[name - 'A']), ZX_OK);
}

void snap(char name, char of, u64 first, u64 pages)
{
	assert_null(by_letter[name - 'A']);
	assert_int_equal(snap_try(named(of), VMO_CHILD_SNAPSHOT, first, pages,
				  true, &by_letter[name - 'A']), ZX_OK);
}

void drop(char name)
{
	object_unref(&named(name)->object);
	by_letter[name - 'A'] = NULL;
}

void drop_all(void)
{
	for (char name = 'A'; name <= 'Z'; name++)
		if (by_letter[name - 'A'])
			drop(name);
	assert_int_equal(snap_frames(), 0);
}

void put(char name, u64 page, u64 value)
{
	snap_put_word(named(name), page, FIRST_WORD, value);
	snap_put_word(named(name), page, LAST_WORD, value);
}

void is(char name, u64 page, u64 value)
{
	assert_int_equal(snap_get_word(named(name), page, FIRST_WORD), value);
	assert_int_equal(snap_get_word(named(name), page, LAST_WORD), value);
}

void zero(char name, u64 first, u64 pages)
{
	assert_int_equal(vmo_zero_range(named(name), first * PAGE_SIZE,
					pages * PAGE_SIZE, false), ZX_OK);
}

void resize(char name, u64 pages)
{
	assert_int_equal(vmo_set_size(named(name), pages * PAGE_SIZE), ZX_OK);
}

/* --- Charges ------------------------------------------------------------------ */

static double bytes_scaled(const struct vmo_charge *c)
{
	return (double)c->scaled + (double)c->fraction * 0x1p-63;
}

/* Shares are cut, each by less than 2^-60 bytes. */
static void check_equal(double is, double want)
{
	assert_true(is > want - 1e-6 && is < want + 1e-6);
}

/* All that anybody is charged is what is held. */
static void check_sums(void)
{
	u64 whole = 0, held = snap_frames() * PAGE_SIZE;
	double scaled = 0;

	for (char name = 'A'; name <= 'Z'; name++) {
		struct vmo_charge c;

		if (!by_letter[name - 'A'])
			continue;
		vmo_get_charge(named(name), &c);
		whole += c.whole;
		scaled += bytes_scaled(&c);
		assert_true(c.own <= c.whole);
	}
	assert_int_equal(whole, held);
	check_equal(scaled, (double)held);
}

/* Reads "V13/6 " and goes on behind it. */
static char read_share(const char **text, u64 *over, u64 *under)
{
	char name = **text, *end;

	*over = strtoull(*text + 1, &end, 10);
	*under = 1;
	if (*end == '/')
		*under = strtoull(end + 1, &end, 10);
	while (*end == ' ')
		end++;
	*text = end;
	return name;
}

static u32 living(void)
{
	u32 count = 0;

	for (u32 i = 0; i < 26; i++)
		count += by_letter[i] != NULL;
	return count;
}

void charges(const char *text)
{
	u64 want, one;
	u32 count = 0;

	for (; *text; count++) {
		struct vmo *v = named(read_share(&text, &want, &one));
		struct vmo_charge c;

		vmo_get_charge(v, &c);
		assert_int_equal(c.whole / PAGE_SIZE, want);
		assert_int_equal(c.whole % PAGE_SIZE, 0);
		assert_int_equal(vmo_committed_pages(v, 0, vmo_get_size(v)),
				 want);
	}
	assert_int_equal(count, living());
	check_sums();
}

void shares(const char *text)
{
	u64 over, under;
	u32 count = 0;

	for (; *text; count++) {
		struct vmo *v = named(read_share(&text, &over, &under));
		struct vmo_charge c;

		vmo_get_charge(v, &c);
		check_equal(bytes_scaled(&c),
			    (double)(over * PAGE_SIZE) / (double)under);
	}
	assert_int_equal(count, living());
	check_sums();
}

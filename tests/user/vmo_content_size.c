/* Content and stream size: spec/vmo.md 8, spec/vmar.md 11. */
#include <string.h>

#include "dev_util.h"
#include "vm_util.h"

#define BEYOND (VM_RW | ZX_VM_ALLOW_FAULTS | ZX_VM_FAULT_BEYOND_STREAM_SIZE)

static uint64_t content(zx_handle_t vmo)
{
	uint64_t bytes = 0;

	EXPECT_STATUS(zx_object_get_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &bytes, 8), ZX_OK);
	return bytes;
}

static zx_status_t set_content(zx_handle_t vmo, uint64_t bytes)
{
	return zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &bytes, 8);
}

static uint64_t stream(zx_handle_t vmo)
{
	uint64_t bytes = ~0ul;

	EXPECT_STATUS(zx_vmo_get_stream_size(vmo, &bytes), ZX_OK);
	return bytes;
}

static zx_handle_t child_of(zx_handle_t vmo, uint32_t options, uint64_t offset, uint64_t bytes)
{
	zx_handle_t child = 0;

	EXPECT_STATUS(zx_vmo_create_child(vmo, options, offset, bytes, &child), ZX_OK);
	return child;
}

/* Bytes [first, end) of the VMO are all this. */
static bool are(zx_handle_t vmo, uint64_t first, uint64_t end, uint8_t byte)
{
	static uint8_t page[ZX_PAGE_SIZE];

	for (uint64_t at = first; at < end; at += sizeof(page)) {
		uint64_t count = end - at < sizeof(page) ? end - at : sizeof(page);

		if (!EXPECT_STATUS(zx_vmo_read(vmo, page, at, count), ZX_OK))
			return false;
		for (uint64_t i = 0; i < count; i++)
			if (page[i] != byte)
				return false;
	}
	return true;
}

static void fill(zx_handle_t vmo, uint64_t first, uint64_t end)
{
	static uint8_t page[ZX_PAGE_SIZE];

	memset(page, 7, sizeof(page));
	for (uint64_t at = first; at < end; at += sizeof(page))
		EXPECT_STATUS(zx_vmo_write(vmo, page, at,
					   end - at < sizeof(page) ? end - at : sizeof(page)),
			      ZX_OK);
}

/* A number beside the object: nothing else looks at it. */
JX_TEST_OF_2020(content_size_is_a_free_number)
{
	zx_handle_t vmo = 0, child;

	ASSERT_STATUS(zx_vmo_create(100, ZX_VMO_RESIZABLE, &vmo), ZX_OK);
	EXPECT_EQ(content(vmo), 0);
	fill(vmo, 0, PAGE);
	EXPECT_STATUS(set_content(vmo, UINT64_MAX), ZX_OK);
	EXPECT_STATUS(set_content(vmo, 10), ZX_OK);
	EXPECT_TRUE(are(vmo, 0, PAGE, 7));
	EXPECT_STATUS(zx_vmo_set_size(vmo, 3 * PAGE), ZX_OK);
	EXPECT_EQ(content(vmo), 10);
	child = child_of(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, PAGE);
	EXPECT_EQ(content(child), 0);
	zx_handle_close(child);
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(stream_size_begins_as_asked_for)
{
	zx_handle_t vmo, child;

	ASSERT_STATUS(zx_vmo_create(PAGE + 100, 0, &vmo), ZX_OK);
	EXPECT_EQ(stream(vmo), PAGE + 100);
	EXPECT_EQ(content(vmo), PAGE + 100);
	child = child_of(vmo, ZX_VMO_CHILD_SLICE, PAGE, PAGE);
	EXPECT_EQ(stream(child), PAGE);
	EXPECT_STATUS(zx_vmo_set_stream_size(child, 8), ZX_OK);
	EXPECT_EQ(stream(vmo), PAGE + 100);
	zx_handle_close(child);
	zx_handle_close(vmo);
	ASSERT_STATUS(zx_vmo_create(123, ZX_VMO_UNBOUNDED, &vmo), ZX_OK);
	EXPECT_EQ(stream(vmo), 123);
	EXPECT_STATUS(zx_vmo_set_size(vmo, PAGE), ZX_ERR_UNAVAILABLE);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, 1ul << 50), ZX_OK);
	EXPECT_EQ(stream(vmo), 1ul << 50);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, 0), ZX_OK);
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(stream_size_checks_in_order)
{
	zx_handle_t vmo = vm_vmo_make(2, 0), reader = vm_dup(vmo, ZX_RIGHTS_PROPERTY);
	zx_handle_t bti = dev_bti(), run;

	EXPECT_STATUS(zx_vmo_set_stream_size(0, UINT64_MAX), ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(zx_vmo_set_stream_size(bti, UINT64_MAX), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(zx_vmo_set_stream_size(reader, UINT64_MAX), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, 2 * PAGE + 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(stream(reader), 2 * PAGE);
	EXPECT_STATUS(set_content(reader, 0), ZX_ERR_ACCESS_DENIED);
	/* The property may be beyond the end; what it is now can be set again. */
	EXPECT_STATUS(set_content(vmo, 9 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, 9 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, 8 * PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(stream(vmo), 9 * PAGE);
	EXPECT_EQ(vm_vmo_get(vmo, 1), VM_STAMP(1));
	ASSERT_STATUS(zx_vmo_create_contiguous(bti, PAGE, 0, &run), ZX_OK);
	EXPECT_EQ(stream(run), 0);
	EXPECT_STATUS(zx_vmo_set_stream_size(run, 8), ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(run);
	dev_bti_drop(bti);
	zx_handle_close(reader);
	zx_handle_close(vmo);
}

/* Whichever way it goes: all from the smaller one on is cleared. */
JX_TEST_OF_LATEST(stream_size_clears)
{
	zx_handle_t vmo = 0;

	ASSERT_STATUS(zx_vmo_create(4 * PAGE, 0, &vmo), ZX_OK);
	fill(vmo, 0, 4 * PAGE);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, PAGE + 100), ZX_OK);
	EXPECT_TRUE(are(vmo, 0, PAGE + 100, 7) && are(vmo, PAGE + 100, 4 * PAGE, 0));
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 2 * PAGE);
	/* What is written behind it does not come into it. */
	fill(vmo, PAGE, 4 * PAGE);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, 2 * PAGE + 5), ZX_OK);
	EXPECT_TRUE(are(vmo, 0, PAGE + 100, 7) && are(vmo, PAGE + 100, 4 * PAGE, 0));
	fill(vmo, 2 * PAGE, 4 * PAGE);
	EXPECT_STATUS(set_content(vmo, PAGE), ZX_OK);
	EXPECT_TRUE(are(vmo, 0, PAGE, 7) && are(vmo, PAGE, 4 * PAGE, 0));
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(stream_size_follows_the_size)
{
	zx_handle_t vmo;

	ASSERT_STATUS(zx_vmo_create(PAGE, ZX_VMO_RESIZABLE, &vmo), ZX_OK);
	fill(vmo, 0, PAGE);
	/* The same size in pages, and yet it is cut. */
	EXPECT_STATUS(zx_vmo_set_size(vmo, 100), ZX_OK);
	EXPECT_EQ(stream(vmo), 100);
	EXPECT_TRUE(are(vmo, 0, 100, 7) && are(vmo, 100, PAGE, 0));
	fill(vmo, 200, PAGE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 3 * PAGE + 1), ZX_OK);
	EXPECT_EQ(stream(vmo), 3 * PAGE + 1);
	EXPECT_TRUE(are(vmo, 0, 100, 7) && are(vmo, 100, 4 * PAGE, 0));
	/* Shorter as a VMO, longer as a stream. */
	fill(vmo, 0, 4 * PAGE);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, 10), ZX_OK);
	fill(vmo, 10, 4 * PAGE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, PAGE + 10), ZX_OK);
	EXPECT_EQ(stream(vmo), PAGE + 10);
	EXPECT_TRUE(are(vmo, 0, 10, 7) && are(vmo, 10, 2 * PAGE, 0));
	zx_handle_close(vmo);
}

/* A pinned frame stays where it is, and is cleared; so nothing of a failed call
 * is cleared. */
JX_TEST_OF_LATEST(stream_size_and_pins)
{
	zx_handle_t vmo, bti = dev_bti(), pmt;

	ASSERT_STATUS(zx_vmo_create(3 * PAGE, ZX_VMO_RESIZABLE, &vmo), ZX_OK);
	fill(vmo, 0, 3 * PAGE);
	pmt = dev_pin(bti, vmo, 2, 1);
	EXPECT_STATUS(zx_vmo_set_size(vmo, PAGE + 1), ZX_ERR_BAD_STATE);
	EXPECT_TRUE(are(vmo, 0, 3 * PAGE, 7) && stream(vmo) == 3 * PAGE);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, PAGE), ZX_OK);
	EXPECT_TRUE(are(vmo, 0, PAGE, 7) && are(vmo, PAGE, 3 * PAGE, 0));
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, 2 * PAGE);
	EXPECT_STATUS(zx_pmt_unpin(pmt), ZX_OK);
	dev_bti_drop(bti);
	zx_handle_close(vmo);
}

/* A clone's stream is its own, and clearing it leaves the parent alone. */
JX_TEST_OF_LATEST(stream_size_of_relatives)
{
	zx_handle_t vmo, clone, alias;

	ASSERT_STATUS(zx_vmo_create(2 * PAGE, 0, &vmo), ZX_OK);
	fill(vmo, 0, 2 * PAGE);
	clone = child_of(vmo, ZX_VMO_CHILD_SNAPSHOT, 0, 2 * PAGE);
	alias = child_of(vmo, ZX_VMO_CHILD_REFERENCE, 0, 0);
	EXPECT_STATUS(zx_vmo_set_stream_size(clone, 100), ZX_OK);
	EXPECT_TRUE(are(clone, 0, 100, 7) && are(clone, 100, 2 * PAGE, 0));
	EXPECT_TRUE(are(vmo, 0, 2 * PAGE, 7) && stream(vmo) == 2 * PAGE);
	EXPECT_STATUS(zx_vmo_set_stream_size(alias, PAGE), ZX_OK);
	EXPECT_TRUE(stream(vmo) == PAGE && are(vmo, PAGE, 2 * PAGE, 0));
	zx_handle_close(alias);
	zx_handle_close(clone);
	zx_handle_close(vmo);
}

/* --- FAULT_BEYOND_STREAM_SIZE ---------------------------------------------- */

JX_TEST_OF_LATEST(stream_size_ends_a_mapping)
{
	zx_handle_t vmo = vm_vmo_make(4, 0);
	zx_vaddr_t beyond = vm_map(vmo, BEYOND, 4), plain = vm_map(vmo, VM_RW, 4);

	for (uint64_t i = 0; i < 4; i++) {
		EXPECT_EQ(vm_load(beyond + i * PAGE), VM_STAMP(i));
		EXPECT_EQ(vm_load(plain + i * PAGE), VM_STAMP(i));
	}
	/* The page in which it ends stays, those behind go at once. */
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, PAGE + 8), ZX_OK);
	EXPECT_EQ(vm_load(beyond + PAGE), VM_STAMP(1));
	vm_store(beyond + PAGE + 64, 5);
	EXPECT_STATUS(vm_probe_read(beyond + 2 * PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(vm_probe_write(beyond + 3 * PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(vm_load(plain + 3 * PAGE), 0);
	vm_store(plain + 3 * PAGE, 9);
	EXPECT_STATUS(vm_probe_read(beyond + 3 * PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, 3 * PAGE + 1), ZX_OK);
	EXPECT_EQ(vm_load(beyond + PAGE + 64), 0);
	EXPECT_EQ(vm_load(beyond + 3 * PAGE), 0);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, 0), ZX_OK);
	EXPECT_STATUS(vm_probe_read(beyond), ZX_ERR_OUT_OF_RANGE);
	vm_unmap(plain, 4);
	vm_unmap(beyond, 4);
	zx_handle_close(vmo);
}

/* A slice's mapping ends with the slice's stream, a reference's with that of
 * what it refers to. */
JX_TEST_OF_LATEST(stream_size_of_what_was_named)
{
	zx_handle_t vmo = vm_vmo_make(4, 0);
	zx_handle_t slice = child_of(vmo, ZX_VMO_CHILD_SLICE, PAGE, 2 * PAGE);
	zx_handle_t alias = child_of(vmo, ZX_VMO_CHILD_REFERENCE, 0, 0);
	zx_vaddr_t a = vm_map(slice, BEYOND, 2), b = vm_map(alias, BEYOND, 4);

	EXPECT_EQ(vm_load(a + PAGE), VM_STAMP(2));
	EXPECT_EQ(vm_load(b + 2 * PAGE), VM_STAMP(2));
	EXPECT_STATUS(zx_vmo_set_stream_size(slice, PAGE), ZX_OK);
	EXPECT_STATUS(vm_probe_read(a + PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(vm_load(a), VM_STAMP(1));
	EXPECT_EQ(vm_load(b + 2 * PAGE), 0);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, PAGE), ZX_OK);
	EXPECT_STATUS(vm_probe_read(b + PAGE), ZX_ERR_OUT_OF_RANGE);
	EXPECT_EQ(vm_load(a), 0);
	vm_unmap(b, 4);
	vm_unmap(a, 2);
	zx_handle_close(alias);
	zx_handle_close(slice);
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(stream_size_mapping_flags)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), bti = dev_bti(), run;
	zx_vaddr_t base = 0;

	ASSERT_STATUS(zx_vmo_create_contiguous(bti, PAGE, 0, &run), ZX_OK);
	EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), BEYOND, 0, run, 0, PAGE, &base),
		      ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), BEYOND & ~ZX_VM_ALLOW_FAULTS, 0, vmo, 0,
				  PAGE, &base), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(base, 0);
	zx_handle_close(run);
	dev_bti_drop(bti);
	zx_handle_close(vmo);
}

/* zx_vmo_create_child as its handles show it: spec/vmo.md 5.3, 5.4, 5.8, 5.9. */
#include <string.h>

#include "vm_util.h"

#define SNAPSHOT ZX_VMO_CHILD_SNAPSHOT
#define ON_WRITE ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE
#define MODIFIED ZX_VMO_CHILD_SNAPSHOT_MODIFIED
#define SLICE ZX_VMO_CHILD_SLICE
#define REFERENCE ZX_VMO_CHILD_REFERENCE
#define RESIZABLE ZX_VMO_CHILD_RESIZABLE
#define NO_WRITE ZX_VMO_CHILD_NO_WRITE

static zx_status_t child(zx_handle_t vmo, uint32_t options, uint64_t offset, uint64_t size)
{
	zx_handle_t out = ZX_HANDLE_INVALID;
	zx_status_t status = zx_vmo_create_child(vmo, options, offset, size, &out);

	if (status == ZX_OK)
		EXPECT_STATUS(zx_handle_close(out), ZX_OK);
	else
		EXPECT_EQ(out, ZX_HANDLE_INVALID);
	return status;
}

static zx_handle_t make(zx_handle_t vmo, uint32_t options, uint64_t offset, uint64_t size)
{
	zx_handle_t out = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_vmo_create_child(vmo, options, offset, size, &out), ZX_OK);
	return out;
}

static bool is_latest(void)
{
	return jx_era() == JX_ERA_LATEST;
}

JX_TEST(vmo_surface_child_checks_in_order)
{
	zx_handle_t vmo = vm_vmo_make(2, ZX_VMO_RESIZABLE);
	zx_handle_t no_read = vm_dup(vmo, ZX_RIGHT_DUPLICATE);
	zx_handle_t no_dup = vm_dup(vmo, ZX_RIGHT_READ), bare;
	zx_status_t late = is_latest() ? ZX_ERR_OUT_OF_RANGE : ZX_ERR_BAD_HANDLE;

	bare = vm_dup(vmo, ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ);
	EXPECT_STATUS(child(0, 0, 1, UINT64_MAX), late);
	EXPECT_STATUS(child(0, RESIZABLE | NO_WRITE, 1, 0),
		      is_latest() ? ZX_ERR_INVALID_ARGS : ZX_ERR_BAD_HANDLE);
	EXPECT_STATUS(child(zx_process_self(), 0, 1, 0), ZX_ERR_WRONG_TYPE);
	EXPECT_STATUS(child(no_read, 0, 1, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(child(no_dup, 0, 1, 0), ZX_ERR_ACCESS_DENIED);
	for (uint32_t bit = 0; bit < 32; bit++) {
		uint32_t known = SNAPSHOT | ON_WRITE | SLICE | RESIZABLE | NO_WRITE |
				 (is_latest() ? REFERENCE | MODIFIED : 0);

		if (known & 1u << bit)
			continue;
		EXPECT_STATUS(child(bare, 1u << bit, 0, 0), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(child(bare, SNAPSHOT | 1u << bit, 0, 0), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(child(bare, SLICE | 1u << bit, 0, 0), ZX_ERR_INVALID_ARGS);
	}
	EXPECT_STATUS(child(bare, SNAPSHOT | SLICE, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(child(bare, SNAPSHOT | ON_WRITE, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(child(bare, SLICE | RESIZABLE, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(child(bare, 0, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(child(bare, RESIZABLE, 0, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(child(bare, SNAPSHOT, 1, is_latest() ? 0 : UINT64_MAX),
		      ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(child(bare, SNAPSHOT, 0, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(child(bare, SLICE, 0, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
	/* Outside outranks resizable (5.8). */
	EXPECT_STATUS(child(bare, SLICE, 0, 3 * PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(child(bare, SLICE, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(child(bare, SNAPSHOT, 0, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_create_child(bare, SNAPSHOT, 0, PAGE, NULL), ZX_ERR_INVALID_ARGS);
	EXPECT_EQ(vm_vmo_info(vmo).num_children, 0);
	zx_handle_close(bare);
	zx_handle_close(no_dup);
	zx_handle_close(no_read);
	zx_handle_close(vmo);
}

/* 5.3, row by row, for handles that have much and little. */
JX_TEST(vmo_surface_child_rights_are_exact)
{
	const zx_rights_t least = ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ;
	const zx_rights_t parents[] = { 0xd0ef, least, least | ZX_RIGHT_EXECUTE,
					least | ZX_RIGHT_WRITE | ZX_RIGHT_EXECUTE | ZX_RIGHT_MAP };
	zx_handle_t vmo = vm_vmo_make(1, 0), exec = 0;

	ASSERT_STATUS(zx_vmo_replace_as_executable(vmo, 0, &exec), ZX_OK);
	for (size_t i = 0; i < 4; i++) {
		zx_handle_t from = vm_dup(exec, parents[i]), h;
		zx_rights_t base = parents[i] | ZX_RIGHTS_PROPERTY;

		h = make(from, SNAPSHOT, 0, PAGE);
		EXPECT_EQ(vm_vmo_info(h).handle_rights,
			  (base | ZX_RIGHT_WRITE) & ~ZX_RIGHT_EXECUTE);
		zx_handle_close(h);
		h = make(from, ON_WRITE | NO_WRITE, 0, PAGE);
		EXPECT_EQ(vm_vmo_info(h).handle_rights, base & ~ZX_RIGHT_WRITE);
		zx_handle_close(h);
		h = make(from, SLICE, 0, PAGE);
		EXPECT_EQ(vm_vmo_info(h).handle_rights, base);
		zx_handle_close(h);
		h = make(from, SLICE | NO_WRITE, 0, PAGE);
		EXPECT_EQ(vm_vmo_info(h).handle_rights, base & ~ZX_RIGHT_WRITE);
		zx_handle_close(h);
		h = make(from, SNAPSHOT | RESIZABLE, 0, PAGE);
		EXPECT_EQ(vm_vmo_info(h).handle_rights,
			  ((base | ZX_RIGHT_WRITE) & ~ZX_RIGHT_EXECUTE) |
				  (is_latest() ? ZX_RIGHT_RESIZE : 0));
		EXPECT_EQ(vm_vmo_info(h).flags, 0xf);
		zx_handle_close(h);
		zx_handle_close(from);
	}
	zx_handle_close(exec);
}

/* 10.3: what the record says of children; the last bit is of the latest era. */
JX_TEST(vmo_surface_child_flags)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), h;
	const struct {
		uint32_t options, flags, later;
	} kinds[] = {
		{ SNAPSHOT, 0xd, 0 }, { SLICE, 0x9, 0 }, { SLICE | NO_WRITE, 0x9, 0 },
		{ ON_WRITE | RESIZABLE, 0xf, 0 },
		{ SNAPSHOT | NO_WRITE, 0xd, ZX_INFO_VMO_IMMUTABLE },
	};

	for (size_t i = 0; i < 5; i++) {
		h = make(vmo, kinds[i].options, 0, PAGE);
		EXPECT_EQ(vm_vmo_info(h).flags,
			  kinds[i].flags | (is_latest() ? kinds[i].later : 0));
		zx_handle_close(h);
	}
	EXPECT_EQ(vm_vmo_info(vmo).flags, 0x9);
	zx_handle_close(vmo);
}

JX_TEST(vmo_surface_child_names)
{
	zx_handle_t vmo = vm_vmo_make(1, 0), mute, h;

	mute = vm_dup(vmo, ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ);
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, "mother", 6), ZX_OK);
	h = make(vmo, SNAPSHOT, 0, PAGE);
	EXPECT_STATUS(zx_object_set_property(vmo, ZX_PROP_NAME, "other", 5), ZX_OK);
	EXPECT_TRUE(strcmp(vm_vmo_info(h).name, "mother") == 0);
	zx_handle_close(h);
	h = make(mute, SLICE, 0, PAGE);
	EXPECT_EQ(vm_vmo_info(h).name[0], 0);
	zx_handle_close(h);
	zx_handle_close(mute);
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(vmo_surface_child_references)
{
	zx_handle_t vmo = vm_vmo_make(2, ZX_VMO_RESIZABLE), ref, fixed, slice;
	zx_handle_t no_resize = vm_dup(vmo, ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ);
	uint64_t size = 0;

	EXPECT_STATUS(child(vmo, REFERENCE, PAGE, 0), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(child(vmo, REFERENCE, 0, PAGE), ZX_ERR_INVALID_ARGS);
	EXPECT_STATUS(child(no_resize, REFERENCE | RESIZABLE, 0, 0), ZX_ERR_ACCESS_DENIED);
	ref = make(vmo, REFERENCE | RESIZABLE, 0, 0);
	fixed = make(vmo, REFERENCE, 0, 0);
	EXPECT_EQ(vm_vmo_info(ref).committed_bytes, 0);
	EXPECT_EQ(vm_vmo_info(vmo).num_children, 2);
	EXPECT_STATUS(zx_vmo_set_size(fixed, PAGE), ZX_ERR_ACCESS_DENIED);
	vm_vmo_set(ref, 1, 11);
	EXPECT_EQ(vm_vmo_get(vmo, 1), 11);
	EXPECT_STATUS(zx_vmo_set_size(ref, 5 * PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_get_size(vmo, &size), ZX_OK);
	EXPECT_EQ(size, 5 * PAGE);
	EXPECT_STATUS(zx_vmo_get_stream_size(fixed, &size), ZX_OK);
	EXPECT_EQ(size, 5 * PAGE);
	zx_handle_close(vmo);
	EXPECT_EQ(vm_vmo_get(fixed, 1), 11);
	EXPECT_STATUS(zx_vmo_set_size(ref, PAGE), ZX_OK);
	EXPECT_STATUS(zx_vmo_get_size(fixed, &size), ZX_OK);
	EXPECT_EQ(size, PAGE);
	zx_handle_close(ref);
	zx_handle_close(fixed);
	zx_handle_close(no_resize);
	/* Slices have none. */
	vmo = vm_vmo_make(2, 0);
	slice = make(vmo, SLICE, 0, PAGE);
	EXPECT_STATUS(child(slice, REFERENCE, 0, 0), ZX_ERR_NOT_SUPPORTED);
	zx_handle_close(slice);
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(vmo_surface_resize_is_a_right)
{
	zx_handle_t vmo = vm_vmo_make(1, ZX_VMO_RESIZABLE), fixed = vm_vmo_make(1, 0);
	zx_handle_t writer = vm_dup(vmo, ZX_RIGHT_WRITE);
	zx_handle_t reader = vm_dup(vmo, ZX_RIGHT_READ | ZX_RIGHT_RESIZE);

	EXPECT_EQ(vm_vmo_info(vmo).handle_rights, 0x40d0ef);
	EXPECT_EQ(vm_vmo_info(fixed).handle_rights, 0xd0ef);
	EXPECT_STATUS(zx_vmo_set_size(writer, UINT64_MAX), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_set_size(reader, UINT64_MAX), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_set_size(vmo, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_set_size(fixed, UINT64_MAX), ZX_ERR_UNAVAILABLE);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 2 * PAGE), ZX_OK);
	zx_handle_close(reader);
	zx_handle_close(writer);
	zx_handle_close(fixed);
	zx_handle_close(vmo);
}

/* --- Stream size ------------------------------------------------------------ */

JX_TEST_OF_2020(vmo_surface_stream_calls_are_later)
{
	zx_handle_t vmo = vm_vmo_make(1, 0);
	uint64_t size = 5;

	EXPECT_STATUS(zx_vmo_get_stream_size(vmo, &size), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, 1), ZX_ERR_NOT_SUPPORTED);
	EXPECT_STATUS(zx_vmo_transfer_data(vmo, 0, 0, 0, vmo, 0), ZX_ERR_NOT_SUPPORTED);
	EXPECT_EQ(size, 5);
	zx_handle_close(vmo);
}

static uint64_t stream_size(zx_handle_t vmo)
{
	uint64_t size = 77, property = 78;

	EXPECT_STATUS(zx_vmo_get_stream_size(vmo, &size), ZX_OK);
	EXPECT_STATUS(zx_object_get_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &property, 8), ZX_OK);
	EXPECT_EQ(size, property);
	return size;
}

JX_TEST_OF_LATEST(vmo_surface_stream_size)
{
	zx_handle_t vmo = 0, reader, h;
	uint64_t word = ~0ul;

	ASSERT_STATUS(zx_vmo_create(2 * PAGE - 5, ZX_VMO_RESIZABLE, &vmo), ZX_OK);
	reader = vm_dup(vmo, ZX_RIGHT_READ | ZX_RIGHT_SET_PROPERTY);
	EXPECT_EQ(stream_size(vmo), 2 * PAGE - 5);
	EXPECT_STATUS(zx_vmo_set_stream_size(reader, 0), ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_object_set_property(reader, ZX_PROP_VMO_CONTENT_SIZE, &word, 8),
		      ZX_ERR_ACCESS_DENIED);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, 2 * PAGE + 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(zx_vmo_write(vmo, &word, 100, 8), ZX_OK);
	EXPECT_STATUS(zx_vmo_write(vmo, &word, PAGE + 8, 8), ZX_OK);
	/* What lies behind it reads zero, and its pages are gone. */
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, 104), ZX_OK);
	EXPECT_EQ(stream_size(vmo), 104);
	EXPECT_EQ(vm_vmo_info(vmo).committed_bytes, PAGE);
	EXPECT_STATUS(zx_vmo_read(vmo, &word, 100, 8), ZX_OK);
	EXPECT_EQ(word, 0xffffffff);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 3 * PAGE + 1), ZX_OK);
	EXPECT_EQ(stream_size(vmo), 3 * PAGE + 1);
	h = make(vmo, SNAPSHOT, 0, PAGE + 9);
	EXPECT_EQ(stream_size(h), PAGE + 9);
	zx_handle_close(h);
	zx_handle_close(reader);
	zx_handle_close(vmo);
}

JX_TEST_OF_LATEST(vmo_surface_unbounded)
{
	zx_handle_t vmo = 0;
	uint64_t size = 0;

	EXPECT_STATUS(zx_vmo_create(UINT64_MAX, ZX_VMO_UNBOUNDED | ZX_VMO_RESIZABLE, &vmo),
		      ZX_ERR_INVALID_ARGS);
	ASSERT_STATUS(zx_vmo_create(5000, ZX_VMO_UNBOUNDED, &vmo), ZX_OK);
	EXPECT_STATUS(zx_vmo_get_size(vmo, &size), ZX_OK);
	EXPECT_EQ(size, 0xfffffffffffe0000ul);
	EXPECT_EQ(stream_size(vmo), 5000);
	EXPECT_STATUS(zx_vmo_set_size(vmo, 0), ZX_ERR_UNAVAILABLE);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, 1ul << 50), ZX_OK);
	EXPECT_EQ(stream_size(vmo), 1ul << 50);
	vm_vmo_set(vmo, 1, 1);
	EXPECT_STATUS(zx_vmo_set_stream_size(vmo, PAGE), ZX_OK);
	EXPECT_EQ(vm_vmo_get(vmo, 1), 0);
	zx_handle_close(vmo);
}

/* What the conformance tests share: calls that clean up behind themselves, and sums of states. */
#include <stdlib.h>
#include <string.h>

#include "conf_util.h"

zx_status_t conf_allocate(zx_handle_t parent, zx_vm_option_t options, uint64_t offset,
			  uint64_t size)
{
	const zx_handle_t live = zx_process_self();
	zx_handle_t vmar = live;
	zx_vaddr_t address = CONF_UNTOUCHED;
	zx_status_t status = zx_vmar_allocate(parent, options, offset, size, &vmar, &address);

	if (status == ZX_OK) {
		EXPECT_TRUE(address != 0 && address % PAGE == 0);
		EXPECT_STATUS(zx_vmar_destroy(vmar), ZX_OK);
		EXPECT_STATUS(zx_handle_close(vmar), ZX_OK);
	} else {
		EXPECT_EQ(vmar, live);
		EXPECT_EQ(address, CONF_UNTOUCHED);
	}
	return status;
}

zx_status_t conf_map(zx_handle_t vmar, zx_vm_option_t options, uint64_t offset, zx_handle_t vmo,
		     uint64_t vmo_offset, uint64_t len)
{
	zx_vaddr_t address = CONF_UNTOUCHED;
	zx_status_t status = zx_vmar_map(vmar, options, offset, vmo, vmo_offset, len, &address);

	if (status == ZX_OK) {
		EXPECT_TRUE(address != 0 && address % PAGE == 0);
		EXPECT_STATUS(zx_vmar_unmap(vmar, address, (len + PAGE - 1) & ~(PAGE - 1)), ZX_OK);
	} else {
		EXPECT_EQ(address, CONF_UNTOUCHED);
	}
	return status;
}

zx_status_t conf_map_at(zx_handle_t vmar, zx_vm_option_t options, uint64_t page, zx_handle_t vmo,
			uint64_t vmo_page, uint64_t count)
{
	zx_vaddr_t address;

	return zx_vmar_map(vmar, options | ZX_VM_SPECIFIC, page * PAGE, vmo, vmo_page * PAGE,
			   count * PAGE, &address);
}

zx_status_t conf_alive(zx_handle_t vmar)
{
	zx_info_vmar_t range = conf_range(vmar);
	zx_status_t status = zx_vmar_protect(vmar, 0, range.base + range.len, PAGE);

	/* A live one looks at the range, which lies just outside. */
	return status == ZX_ERR_INVALID_ARGS ? ZX_OK : status;
}

static zx_info_handle_basic_t basic(zx_handle_t handle)
{
	zx_info_handle_basic_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL,
					 NULL), ZX_OK);
	return info;
}

zx_rights_t conf_rights(zx_handle_t handle)
{
	return basic(handle).rights;
}

zx_koid_t conf_koid(zx_handle_t handle)
{
	return basic(handle).koid;
}

zx_info_vmar_t conf_range(zx_handle_t vmar)
{
	zx_info_vmar_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(vmar, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	return info;
}

uint64_t conf_state(const struct vm_area *a)
{
	uint64_t sum = 14695981039346656037ul;
	size_t count;
	zx_info_maps_t *maps = vm_maps(zx_process_self(), &count);

	for (size_t i = 0; maps && i < count; i++) {
		const uint64_t *words = (const uint64_t *)&maps[i].base;
		const uint64_t *end = (const uint64_t *)(&maps[i] + 1);

		if (maps[i].base < a->base || maps[i].base >= a->base + a->pages * PAGE)
			continue;
		while (words < end)
			sum = (sum ^ *words++) * 1099511628211ul;
	}
	free(maps);
	return sum;
}

bool conf_subject_make(struct conf_subject *s)
{
	s->vmo = vm_vmo_make(4, 0);
	return EXPECT_STATUS(zx_vmo_op_range(s->vmo, ZX_VMO_OP_DECOMMIT, 2 * PAGE, PAGE, NULL, 0),
			     ZX_OK) &&
	       EXPECT_STATUS(zx_process_create(zx_job_default(), "later", 5, 0, &s->process,
					       &s->vmar), ZX_OK) &&
	       EXPECT_STATUS(conf_map_at(s->vmar, VM_RW, 1, s->vmo, 1, 3), ZX_OK);
}

void conf_subject_drop(struct conf_subject *s)
{
	zx_handle_close(s->vmar);
	zx_handle_close(s->process);
	zx_handle_close(s->vmo);
}

uint64_t conf_word(const uint8_t *record, size_t offset)
{
	uint64_t value;

	memcpy(&value, record + offset, sizeof(value));
	return value;
}

/* Helpers of the conformance tests of VMOs. */
#include <string.h>

#include "conf_vmo_util.h"

zx_status_t conf_op(zx_handle_t vmo, uint32_t op, uint64_t offset, uint64_t size)
{
	return zx_vmo_op_range(vmo, op, offset, size, NULL, 0);
}

zx_status_t conf_try_create(uint64_t size, uint32_t options)
{
	const zx_handle_t live = zx_process_self();
	zx_handle_t vmo = live;
	zx_status_t status = zx_vmo_create(size, options, &vmo);

	if (status == ZX_OK)
		EXPECT_STATUS(zx_handle_close(vmo), ZX_OK);
	else
		EXPECT_EQ(vmo, live);
	return status;
}

zx_handle_t conf_vmo(uint64_t pages, uint32_t options)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_vmo_create(pages * PAGE, options, &vmo), ZX_OK);
	return vmo;
}

uint64_t conf_size(zx_handle_t vmo)
{
	uint64_t size = CONF_UNTOUCHED;

	EXPECT_STATUS(zx_vmo_get_size(vmo, &size), ZX_OK);
	return size;
}

uint64_t conf_committed(zx_handle_t vmo)
{
	return vm_vmo_info(vmo).committed_bytes;
}

zx_signals_t conf_signals(zx_handle_t vmo)
{
	zx_signals_t signals = 0;
	zx_status_t status = zx_object_wait_one(vmo, 0, 0, &signals);

	EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_TIMED_OUT);
	return signals;
}

static uint64_t sum(uint64_t from, const void *data, size_t bytes)
{
	const uint64_t *words = data;

	for (size_t i = 0; i < bytes / sizeof(*words); i++)
		from = (from ^ words[i]) * 1099511628211ul;
	return from;
}

uint64_t conf_vmo_state(zx_handle_t vmo)
{
	static uint64_t page[ZX_PAGE_SIZE / sizeof(uint64_t)];
	zx_info_vmo_t info = vm_vmo_info(vmo);
	uint64_t result = sum(conf_signals(vmo), &info, sizeof(info));

	for (uint64_t i = 0; i < CONF_STATE_PAGES && i < info.size_bytes / PAGE; i++) {
		zx_status_t status = zx_vmo_read(vmo, page, i * PAGE, PAGE);

		/* Not every VMO, and not every handle, can be read. */
		result = status == ZX_OK ? sum(result, page, PAGE) : result + (uint64_t)status;
	}
	return result;
}

bool conf_shows(zx_handle_t vmo, const uint64_t *words, size_t count, struct jx_place place)
{
	bool good = true;

	for (size_t i = 0; i < count; i++) {
		uint64_t got = 0;

		good &= jx_expect_status(zx_vmo_read(vmo, &got, i * PAGE, sizeof(got)), ZX_OK,
					 "read of a page", place) &&
			jx_expect_equal(got, words[i], "word of a page", "wanted", place);
	}
	return good;
}

bool conf_bytes_are(zx_handle_t vmo, uint64_t page, uint64_t count, uint8_t byte)
{
	static uint8_t bytes[ZX_PAGE_SIZE];
	uint64_t wrong = 0;

	for (uint64_t i = page; i < page + count; i++) {
		memset(bytes, (uint8_t)~byte, sizeof(bytes));
		if (!EXPECT_STATUS(zx_vmo_read(vmo, bytes, i * PAGE, PAGE), ZX_OK))
			return false;
		for (uint64_t b = 0; b < PAGE; b++)
			wrong += bytes[b] != byte;
	}
	return EXPECT_EQ(wrong, 0);
}

void conf_fill_page(zx_handle_t vmo, uint64_t page, uint8_t byte)
{
	static uint8_t bytes[ZX_PAGE_SIZE];

	memset(bytes, byte, sizeof(bytes));
	EXPECT_STATUS(zx_vmo_write(vmo, bytes, page * PAGE, PAGE), ZX_OK);
}

int64_t conf_child_access(zx_handle_t vmo, uint64_t pages, uint64_t offset, bool write)
{
	struct vm_child c;
	zx_vaddr_t base;

	if (!vm_child_make(&c))
		return 0;
	base = vm_child_map(&c, vmo, VM_RW, pages);
	if (!vm_child_start(&c, write ? vm_child_write : vm_child_read, base + offset))
		return 0;
	return vm_child_finish(&c);
}

zx_status_t conf_try_child(zx_handle_t vmo, uint32_t options, uint64_t offset, uint64_t size)
{
	const zx_handle_t live = zx_process_self();
	zx_handle_t child = live;
	zx_status_t status = zx_vmo_create_child(vmo, options, offset, size, &child);

	if (status == ZX_OK)
		EXPECT_STATUS(zx_handle_close(child), ZX_OK);
	else
		EXPECT_EQ(child, live);
	return status;
}

zx_handle_t conf_child(zx_handle_t vmo, uint32_t options, uint64_t page, uint64_t count)
{
	zx_handle_t child = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_vmo_create_child(vmo, options, page * PAGE, count * PAGE, &child), ZX_OK);
	return child;
}

zx_handle_t conf_numbered(uint64_t pages)
{
	zx_handle_t vmo = conf_vmo(pages, ZX_VMO_RESIZABLE);

	for (uint64_t i = 0; i < pages; i++)
		vm_vmo_set(vmo, i, i + 1);
	return vmo;
}

bool conf_charged(zx_handle_t vmo, uint64_t whole, uint64_t parts, struct jx_place place)
{
	uint64_t got = conf_committed(vmo), exact = parts * PAGE / 840;

	if (jx_era() == JX_ERA_2020)
		return jx_expect_equal(got, whole * PAGE, "charge", "wanted", place);
	if (got + 1 == exact)
		return true;
	return jx_expect_equal(got, exact, "charge", "wanted", place);
}

bool conf_pager_make(struct conf_pager *p, uint64_t pages, uint32_t options)
{
	return EXPECT_STATUS(zx_pager_create(0, &p->pager), ZX_OK) &&
	       EXPECT_STATUS(zx_port_create(0, &p->port), ZX_OK) &&
	       EXPECT_STATUS(zx_pager_create_vmo(p->pager, options, p->port, 0, pages * PAGE,
						 &p->vmo), ZX_OK);
}

void conf_pager_supply(const struct conf_pager *p, uint64_t page, uint64_t count)
{
	zx_handle_t aux = conf_vmo(count, 0);

	for (uint64_t i = 0; i < count; i++)
		vm_vmo_set(aux, i, VM_STAMP(page + i));
	EXPECT_STATUS(zx_pager_supply_pages(p->pager, p->vmo, page * PAGE, count * PAGE, aux, 0),
		      ZX_OK);
	zx_handle_close(aux);
}

bool conf_pager_full(struct conf_pager *p, uint64_t pages, uint32_t options)
{
	if (!conf_pager_make(p, pages, options))
		return false;
	conf_pager_supply(p, 0, pages);
	return true;
}

void conf_pager_drop(struct conf_pager *p)
{
	zx_handle_close(p->vmo);
	zx_handle_close(p->pager);
	zx_handle_close(p->port);
}

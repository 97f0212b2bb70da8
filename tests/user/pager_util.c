#include <string.h>

#include <jx/ktap.h>
#include <zircon/process.h>

#include "pager_util.h"

bool paging_create(struct paging *p, uint64_t pages, uint32_t options)
{
	memset(p, 0, sizeof(*p));
	return EXPECT_STATUS(zx_pager_create(0, &p->pager), ZX_OK) &&
	       EXPECT_STATUS(zx_port_create(0, &p->port), ZX_OK) &&
	       EXPECT_STATUS(zx_pager_create_vmo(p->pager, options, p->port, PAGING_KEY,
						 pages * PAGE, &p->vmo), ZX_OK);
}

void paging_close(zx_handle_t *handle)
{
	EXPECT_STATUS(zx_handle_close(*handle), ZX_OK);
	*handle = ZX_HANDLE_INVALID;
}

void paging_drop(struct paging *p)
{
	paging_close(&p->vmo);
	paging_close(&p->pager);
	paging_close(&p->port);
}

uint64_t paging_word(uint64_t index)
{
	return (index + 1) * 0x9e3779b97f4a7c15ul;
}

static void fill(zx_handle_t aux, uint64_t first, uint64_t count)
{
	uint64_t words[64];

	for (uint64_t i = 0; i < count; i++) {
		for (size_t w = 0; w < 64; w++)
			words[w] = paging_word(first + i);
		for (size_t at = 0; at < PAGE; at += sizeof(words))
			EXPECT_STATUS(zx_vmo_write(aux, words, i * PAGE + at, sizeof(words)),
				      ZX_OK);
	}
}

zx_status_t paging_supply(struct paging *p, uint64_t first, uint64_t count)
{
	zx_handle_t aux = ZX_HANDLE_INVALID;
	zx_status_t status;

	if (!EXPECT_STATUS(zx_vmo_create(count * PAGE, 0, &aux), ZX_OK))
		return ZX_ERR_INTERNAL;
	fill(aux, first, count);
	status = zx_pager_supply_pages(p->pager, p->vmo, first * PAGE, count * PAGE, aux, 0);
	zx_handle_close(aux);
	return status;
}

static bool expect_packet(struct paging *p, uint16_t command, uint64_t offset, uint64_t length)
{
	zx_port_packet_t got, wanted;

	memset(&got, 0xee, sizeof(got));
	memset(&wanted, 0, sizeof(wanted));
	wanted.key = PAGING_KEY;
	wanted.type = ZX_PKT_TYPE_PAGE_REQUEST;
	wanted.page_request.command = command;
	wanted.page_request.offset = offset;
	wanted.page_request.length = length;
	if (!EXPECT_STATUS(zx_port_wait(p->port, zx_deadline_after(TASK_PATIENCE), &got), ZX_OK))
		return false;
	if (memcmp(&got, &wanted, sizeof(got)) == 0)
		return true;
	jx_fail("wanted command %u [0x%llx, +0x%llx), got %u [0x%llx, +0x%llx), type %u, key %llu",
		command, (unsigned long long)offset, (unsigned long long)length,
		got.page_request.command, (unsigned long long)got.page_request.offset,
		(unsigned long long)got.page_request.length, got.type,
		(unsigned long long)got.key);
	return false;
}

bool paging_expect_read(struct paging *p, uint64_t first, uint64_t count)
{
	return expect_packet(p, ZX_PAGER_VMO_READ, first * PAGE, count * PAGE);
}

bool paging_expect_request(struct paging *p, uint16_t command, uint64_t first, uint64_t count)
{
	return expect_packet(p, command, first * PAGE, count * PAGE);
}

bool paging_expect_complete(struct paging *p)
{
	return expect_packet(p, ZX_PAGER_VMO_COMPLETE, 0, 0);
}

bool paging_expect_none(struct paging *p)
{
	zx_port_packet_t packet;

	return EXPECT_STATUS(zx_port_wait(p->port, 0, &packet), ZX_ERR_TIMED_OUT);
}

uint64_t paging_committed(struct paging *p)
{
	zx_info_vmo_t info = { 0 };

	EXPECT_STATUS(zx_object_get_info(p->vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL),
		      ZX_OK);
	return info.committed_bytes;
}

/* One word at the start of each page is what tells pages apart. */
static zx_status_t read_pages(struct page_access *a)
{
	/* A quarter of a thread's stack. */
	uint8_t bytes[4 * PAGE];
	zx_status_t status = ZX_OK;

	a->right = true;
	for (uint64_t at = 0; at < a->bytes && status == ZX_OK; at += sizeof(bytes)) {
		uint64_t count = a->bytes - at < sizeof(bytes) ? a->bytes - at : sizeof(bytes);

		status = zx_vmo_read(a->vmo, bytes, a->offset + at, count);
		for (uint64_t i = 0; status == ZX_OK && i < count; i += PAGE) {
			uint64_t word;

			memcpy(&word, bytes + i, sizeof(word));
			a->right &= word == paging_word((a->offset + at + i) / PAGE);
		}
	}
	return status;
}

static zx_status_t write_pages(struct page_access *a)
{
	zx_status_t status = ZX_OK;

	for (uint64_t at = 0; at < a->bytes && status == ZX_OK; at += PAGE) {
		uint64_t word = paging_word((a->offset + at) / PAGE);

		status = zx_vmo_write(a->vmo, &word, a->offset + at, sizeof(word));
	}
	return status;
}

static zx_status_t use_mapping(struct page_access *a, bool write)
{
	a->right = true;
	for (uint64_t at = 0; at < a->bytes; at += PAGE) {
		volatile uint64_t *word = (volatile uint64_t *)(a->base + a->offset + at);
		uint64_t wanted = paging_word((a->offset + at) / PAGE);

		if (write)
			*word = wanted;
		else
			a->right &= *word == wanted;
	}
	return ZX_OK;
}

static int run_access(void *arg)
{
	struct page_access *a = arg;

	switch (a->kind) {
	case ACCESS_VMO_READ:
		return read_pages(a);
	case ACCESS_VMO_WRITE:
		return write_pages(a);
	case ACCESS_COMMIT:
		return zx_vmo_op_range(a->vmo, ZX_VMO_OP_COMMIT, a->offset, a->bytes, NULL, 0);
	case ACCESS_ZERO:
		return zx_vmo_op_range(a->vmo, ZX_VMO_OP_ZERO, a->offset, a->bytes, NULL, 0);
	case ACCESS_ALWAYS_NEED:
		return zx_vmo_op_range(a->vmo, ZX_VMO_OP_ALWAYS_NEED, a->offset, a->bytes, NULL,
				       0);
	default:
		return use_mapping(a, a->kind == ACCESS_STORE);
	}
}

static bool prepare(struct page_access *a, struct paging *p, enum access_kind kind, uint64_t first,
		    uint64_t count)
{
	memset(a, 0, sizeof(*a));
	a->vmo = p->vmo;
	a->kind = kind;
	a->offset = first * PAGE;
	a->bytes = count * PAGE;
	if (kind != ACCESS_LOAD && kind != ACCESS_STORE)
		return true;
	return EXPECT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, p->vmo, 0,
					 a->offset + a->bytes, &a->base), ZX_OK);
}

static void unprepare(struct page_access *a)
{
	if (a->base)
		EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), a->base, a->offset + a->bytes),
			      ZX_OK);
}

bool access_start(struct page_access *a, struct paging *p, enum access_kind kind, uint64_t first,
		  uint64_t count)
{
	return prepare(a, p, kind, first, count) &&
	       EXPECT_STATUS(jx_thread_create(&a->thread, "access", run_access, a), ZX_OK);
}

bool access_start_blocked(struct page_access *a, struct paging *p, enum access_kind kind,
			  uint64_t first, uint64_t count)
{
	return access_start(a, p, kind, first, count) &&
	       task_await_state(a->thread.handle, ZX_THREAD_STATE_BLOCKED_PAGER);
}

bool access_end(struct page_access *a, int *status)
{
	if (!task_join(&a->thread, status))
		return false;
	unprepare(a);
	return true;
}

bool access_expect(struct page_access *a, zx_status_t status)
{
	bool reads = a->kind == ACCESS_VMO_READ || a->kind == ACCESS_LOAD;
	int result = 1;

	return access_end(a, &result) &&
	       EXPECT_STATUS(result, status) &&
	       (status != ZX_OK || !reads || EXPECT_TRUE(a->right));
}

zx_status_t access_now(struct paging *p, enum access_kind kind, uint64_t first, uint64_t count)
{
	zx_status_t status;
	struct page_access a;

	if (!prepare(&a, p, kind, first, count))
		return ZX_ERR_INTERNAL;
	status = run_access(&a);
	unprepare(&a);
	return status;
}

static void child_load(uintptr_t none, uintptr_t address)
{
	(void)none;
	zx_process_exit((int64_t)(*(volatile uint64_t *)address & 0xffff));
}

static void child_store(uintptr_t none, uintptr_t address)
{
	(void)none;
	/* Not the word that readers look at. */
	((volatile uint64_t *)address)[1] = 77;
	zx_process_exit(77);
}

bool fault_child_start(struct task_child *c, zx_handle_t image, struct paging *p, uint64_t pages,
		       uint64_t first, bool write)
{
	zx_vaddr_t at = 0;

	return task_child_create(c, image) && task_child_map(c, p->vmo, pages * PAGE, &at) &&
	       task_child_start(c, write ? child_store : child_load, at + first * PAGE);
}

bool fault_child_expect(struct task_child *c, int64_t code)
{
	int64_t got = 0;
	bool good = task_child_await(c, &got) && EXPECT_EQ(got, code);

	task_child_drop(c);
	return good;
}

int64_t fault_child_code(uint64_t index)
{
	return (int64_t)(paging_word(index) & 0xffff);
}

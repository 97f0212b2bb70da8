/*
 * zx_pager_op_range and what a service asks about its VMOs: checks of handles and
 * pure values in the order of spec/pager-port.md 7.7 and 7.8. The work is in
 * mm/pager.c and mm/pager_dirty.c.
 */
#include <kernel/handle.h>
#include <mm/pager.h>
#include <syscall_protos.h>
#include <syscalls/user.h>

#include "era.h"
#include "pager.h"

static const struct pager_dirty_rules dirty_rules = {
	.detached_refused = ERA_PAGER_DIRTY_REFUSES_DETACHED,
	.gaps_are_independent = ERA_PAGER_GAPS_ARE_INDEPENDENT,
};

/* The statuses that a service may give. The word is a sign-extended one. */
static bool is_failure(u64 data)
{
	zx_status_t status = (zx_status_t)data;

	if ((u64)(s64)status != data)
		return false;
	return status == ZX_ERR_IO || status == ZX_ERR_IO_DATA_INTEGRITY ||
	       status == ZX_ERR_BAD_STATE || status == ZX_ERR_NO_SPACE ||
	       status == ZX_ERR_BUFFER_TOO_SMALL;
}

/* 7.7 checks 5 and 6. */
static zx_status_t check_op(u32 op, u64 data)
{
	bool good;

	switch (op) {
	case ZX_PAGER_OP_FAIL:
		good = is_failure(data);
		break;
	case ZX_PAGER_OP_WRITEBACK_BEGIN:
		good = data == 0 || data == ZX_VMO_DIRTY_RANGE_IS_ZERO;
		break;
	case ZX_PAGER_OP_DIRTY:
	case ZX_PAGER_OP_WRITEBACK_END:
		good = data == 0;
		break;
	default:
		return ZX_ERR_NOT_SUPPORTED;
	}
	return good ? ZX_OK : ZX_ERR_INVALID_ARGS;
}

/* 7.7 checks 7 and 8. */
static zx_status_t op_range(struct vmo *v, u32 op, u64 offset, u64 bytes,
			    u64 data)
{
	switch (op) {
	case ZX_PAGER_OP_DIRTY:
		return pager_dirty_pages(v, offset, bytes, &dirty_rules);
	case ZX_PAGER_OP_WRITEBACK_BEGIN:
		return pager_begin_writeback(v, offset, bytes, data != 0,
					     &dirty_rules);
	case ZX_PAGER_OP_WRITEBACK_END:
		return pager_end_writeback(v, offset, bytes, &dirty_rules);
	default:
		return pager_fail_pages(v, offset, bytes, (zx_status_t)data,
					ERA_PAGER_FAIL_REFUSES_DETACHED);
	}
}

zx_status_t sys_pager_op_range(zx_handle_t pager, uint32_t op,
			       zx_handle_t pager_vmo, uint64_t offset,
			       uint64_t length, uint64_t data)
{
	bool writes = op > ZX_PAGER_OP_FAIL && op <= ZX_PAGER_OP_WRITEBACK_END;
	zx_rights_t rights = writes ? ERA_PAGER_WRITES_VMO_RIGHTS : 0;
	struct pager_vmo pv;
	zx_status_t status;

	if (!is_page_aligned(offset | length))
		return ZX_ERR_INVALID_ARGS;
	status = pager_vmo_get(pager, pager_vmo, rights, &pv);
	if (status != ZX_OK)
		return status;
	status = check_op(op, data);
	if (status == ZX_OK)
		status = op_range(vmo_from_object(pv.vmo), op, offset, length,
				  data);
	pager_vmo_put(&pv);
	return status;
}

/* --- What is dirty -------------------------------------------------------- */

/* Entries to the buffer as long as it has room; counts all if asked to. */
static zx_status_t copy_ranges(struct dirty_query *q, uaddr_t buffer,
			       u64 room, u64 *written, u64 *total, bool counts)
{
	zx_vmo_dirty_range_t range;

	*written = 0;
	*total = 0;
	while ((counts || *total < room) && pager_query_next(q, &range)) {
		if (*total < room) {
			if (user_write(buffer + *total * sizeof(range), &range,
				       sizeof(range)) != ZX_OK)
				return ZX_ERR_INVALID_ARGS;
			*written += 1;
		}
		*total += 1;
	}
	return ZX_OK;
}

zx_status_t sys_pager_query_dirty_ranges(zx_handle_t pager,
					 zx_handle_t pager_vmo,
					 uint64_t offset, uint64_t length,
					 uaddr_t buffer, size_t buffer_size,
					 uaddr_t actual, uaddr_t avail)
{
	u64 room = buffer_size / sizeof(zx_vmo_dirty_range_t);
	struct dirty_query q;
	struct pager_vmo pv;
	zx_status_t status;
	u64 written, total;

	status = pager_vmo_get(pager, pager_vmo, 0, &pv);
	if (status != ZX_OK)
		return status;
	status = pager_query_start(&q, vmo_from_object(pv.vmo), offset, length);
	if (status == ZX_OK)
		status = copy_ranges(&q, buffer, room, &written, &total,
				     avail != 0);
	pager_vmo_put(&pv);
	if (status == ZX_OK)
		status = user_put_optional(actual, written);
	if (status == ZX_OK)
		status = user_put_optional(avail, total);
	return status;
}

/* --- Was it written? ------------------------------------------------------ */

/* The buffer is written before a flag is cleared: a call that fails clears
 * nothing. */
static zx_status_t query_stats(struct vmo *v, u32 options, uaddr_t buffer,
			       size_t buffer_size)
{
	zx_pager_vmo_stats_t stats = { 0 };

	if (buffer_size < sizeof(stats))
		return ZX_ERR_BUFFER_TOO_SMALL;
	if (options & ~ZX_PAGER_RESET_VMO_STATS)
		return ZX_ERR_INVALID_ARGS;
	if (user_write(buffer, &stats, sizeof(stats)) != ZX_OK)
		return ZX_ERR_INVALID_ARGS;
	if (pager_query_modified(v, options & ZX_PAGER_RESET_VMO_STATS))
		stats.modified = ZX_PAGER_VMO_STATS_MODIFIED;
	return user_write(buffer, &stats, sizeof(stats));
}

zx_status_t sys_pager_query_vmo_stats(zx_handle_t pager, zx_handle_t pager_vmo,
				      uint32_t options, uaddr_t buffer,
				      size_t buffer_size)
{
	struct pager_vmo pv;
	zx_status_t status = pager_vmo_get(pager, pager_vmo, 0, &pv);

	if (status != ZX_OK)
		return status;
	status = query_stats(vmo_from_object(pv.vmo), options, buffer,
			     buffer_size);
	pager_vmo_put(&pv);
	return status;
}

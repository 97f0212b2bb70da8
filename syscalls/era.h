/*
 * ABI eras: every result that differs between the seeds, 2020 and later
 * Zircon, as one named constant. mm and kernel speak one neutral language
 * (ALREADY_EXISTS for a collision, NO_RESOURCES for no gap, NOT_FOUND for
 * nothing mapped); the system-call layer turns it into the era's answer here.
 * D1-D18 are the decision table of spec/vmar.md 0.3; V-n is line n of the
 * table in vmo.md 1; P-... are of pager-port.md 13.
 */
#ifndef SYSCALLS_ERA_H
#define SYSCALLS_ERA_H

#include <kernel/types.h>

#define ERA_IS_LATEST IS_ENABLED(CONFIG_ERA_LATEST)

/* D1 unmap: a length that is not a page multiple is refused (else rounded). */
#define ERA_UNMAP_REFUSES_UNALIGNED_LEN (!ERA_IS_LATEST)
/* D2 unmap of a range that holds nothing. */
#define ERA_UNMAP_NOTHING (ERA_IS_LATEST ? ZX_OK : ZX_ERR_NOT_FOUND)
/* D3, D4 op_range: the later operations, of which some (DECOMMIT too) do not
 * enter sub-VMARs; else DECOMMIT alone, which does. */
#define ERA_OP_RANGE_IS_EXTENDED ERA_IS_LATEST
/* vmar.md 9: OUT_OF_RANGE before the BAD_STATE of a dead VMAR. */
#define ERA_OP_RANGE_LOOKS_AT_RANGE_FIRST ERA_IS_LATEST
/* D6 op_range: a size that is not a page multiple is refused. */
#define ERA_OP_RANGE_REFUSES_UNALIGNED_SIZE (!ERA_IS_LATEST)
/* D7 op_range: an operation of zx_vmo_op_range that is not DECOMMIT. */
#define ERA_OP_RANGE_OTHER_OP (ERA_IS_LATEST ? ZX_ERR_INVALID_ARGS \
					     : ZX_ERR_NOT_SUPPORTED)
/* D9 map: vmo_offset + length wraps. */
#define ERA_MAP_OFFSET_WRAPS (ERA_IS_LATEST ? ZX_ERR_OUT_OF_RANGE \
					    : ZX_ERR_INVALID_ARGS)
/* D10 SPECIFIC placement collides. */
#define ERA_PLACE_COLLIDES (ERA_IS_LATEST ? ZX_ERR_ALREADY_EXISTS \
					  : ZX_ERR_NO_MEMORY)
/* D11 no free spot. */
#define ERA_NO_GAP (ERA_IS_LATEST ? ZX_ERR_NO_RESOURCES : ZX_ERR_NO_MEMORY)
/* D12 process_read/write_memory where nothing is mapped. */
#define ERA_PROCESS_MEMORY_UNMAPPED (ERA_IS_LATEST ? ZX_ERR_NOT_FOUND \
						   : ZX_ERR_NO_MEMORY)
/* spec/README 2: read_memory past the VMO's end is trimmed (else refused). */
#define ERA_PROCESS_MEMORY_TRIMS ERA_IS_LATEST
/* vmar.md 16: write_memory through a mapping that is read-only for good goes to
 * a private copy (else to the VMO). */
#define ERA_PROCESS_WRITE_IS_PRIVATE ERA_IS_LATEST
/* D13 protect enters sub-VMARs. */
#define ERA_PROTECT_DESCENDS ERA_IS_LATEST
/* vmar.md 6-9: OP_CHILDREN is needed for what lies in sub-VMARs; and for any
 * destroy. */
#define ERA_OP_CHILDREN_COUNTS ERA_IS_LATEST
#define ERA_DESTROY_RIGHTS (ERA_IS_LATEST ? ZX_RIGHT_OP_CHILDREN : 0)
/* vmar.md 11: flags that 2020 does not know. */
#define ERA_VM_LATER_FLAGS (ERA_IS_LATEST ? \
			    ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED | \
			    ZX_VM_FAULT_BEYOND_STREAM_SIZE : 0u)
/* D14 destroying the root VMAR. */
#define ERA_DESTROY_ROOT_REFUSED ERA_IS_LATEST
/* V-1 COMMIT, DECOMMIT, ZERO: a length past the end is trimmed (else
 * OUT_OF_RANGE). */
#define ERA_VMO_RANGE_TRIMS (!ERA_IS_LATEST)
/* P-13 zx_pager_supply_pages: aux that has relatives or is of another kind, and a
 * detached VMO. */
#define ERA_SUPPLY_REFUSES_RELATED_AUX (!ERA_IS_LATEST)
#define ERA_SUPPLY_ODD_AUX (ERA_IS_LATEST ? ZX_ERR_NOT_SUPPORTED \
					  : ZX_ERR_BAD_STATE)
#define ERA_SUPPLY_REFUSES_DETACHED ERA_IS_LATEST
#define ERA_PAGER_FAIL_REFUSES_DETACHED ERA_IS_LATEST
/* pager-port.md 1.4, 7.6: ZERO to the end of a pager's VMO is like cutting it
 * there and growing it again (else like a write of zeroes). */
#define ERA_PAGER_ZERO_MAKES_TAIL ERA_IS_LATEST
/* pager-port.md 7.9, 7.10, and 4.1, 7.7 check 3. */
#define ERA_PAGER_DIRTY_REFUSES_DETACHED ERA_IS_LATEST
#define ERA_PAGER_GAPS_ARE_INDEPENDENT ERA_IS_LATEST
#define ERA_PAGER_WRITES_VMO_RIGHTS (ERA_IS_LATEST ? ZX_RIGHT_WRITE : 0u)
/* P-13 zx_vmo_read and zx_vmo_write ask the pager for runs; a waiter goes on
 * when the first page that it needs has come (else with all it asked for). */
#define ERA_PAGER_COPIES_ASK_FOR_RUNS ERA_IS_LATEST
#define ERA_PAGER_FIRST_PAGE_DECIDES ERA_IS_LATEST
/* pager-port.md 5.3: ZX_VMO_OP_ALWAYS_NEED too (else page by page). */
#define ERA_ALWAYS_NEED_IN_RUNS ERA_IS_LATEST
/* tasks.md 15: zx_debuglog_create without a resource. abi.md 8: zx_clock_get
 * knows the time that a thread has run. */
#define ERA_DEBUGLOG_WANTS_RESOURCE ERA_IS_LATEST
#define ERA_CLOCK_GET_KNOWS_THREADS (!ERA_IS_LATEST)
/* pager-port.md 10.2: user packets that a port holds; the next one is refused,
 * in 2020 by a status alone. */
#define ERA_PORT_USER_PACKETS (ERA_IS_LATEST ? 4096u : 2049u)
/* tasks.md 12.3: options of writes to channels. */
#define ERA_CHANNEL_WRITE_OPTIONS \
	(ERA_IS_LATEST ? ZX_CHANNEL_WRITE_USE_IOVEC : 0u)
/* pager-port.md 12.3: too many registrations are a policy error (else NO_MEMORY
 * alone). */
#define ERA_WAIT_ASYNC_LIMIT_IS_POLICY ERA_IS_LATEST
/* pager-port.md 10.4: there is zx_port_cancel_key. */
#define ERA_HAS_PORT_CANCEL_KEY ERA_IS_LATEST
/* pager-port.md 12.8: timers on the boot clock, which is the monotonic one. */
#define ERA_TIMER_KNOWS_BOOT_CLOCK ERA_IS_LATEST
#define TIMER_CLOCK_BOOT 1
/* V-15 replace_as_executable: a bad handle outranks a bad resource. */
#define ERA_MARK_EXEC_HANDLE_FIRST ERA_IS_LATEST
/* abi.md 5: rights of a fresh BTI. */
#define ERA_BTI_RIGHTS (ZX_DEFAULT_BTI_RIGHTS | \
			(ERA_IS_LATEST ? ZX_RIGHTS_PROPERTY : 0))
/* vmo.md 3.1: options of zx_vmo_create, and whether a size that is out of range
 * outranks one that is unknown. */
#define ERA_VMO_CREATE_OPTIONS (ZX_VMO_RESIZABLE | ZX_VMO_DISCARDABLE | \
				(ERA_IS_LATEST ? ZX_VMO_UNBOUNDED : 0))
#define ERA_VMO_CREATE_SIZE_FIRST ERA_IS_LATEST
/* V-5 committed_bytes counts 1/n of what n VMOs share (else all of it with the
 * oldest). */
#define ERA_VMO_CHARGE_IS_SPLIT ERA_IS_LATEST
/* V-6 there is a stream size, which follows the size (else a free number). */
#define ERA_VMO_HAS_STREAM_SIZE ERA_IS_LATEST
/* vmo.md 7: there is zx_vmo_transfer_data. */
#define ERA_HAS_TRANSFER_DATA ERA_IS_LATEST
/* V-8 to resize is a right of its own; rights of a fresh VMO's handle. */
#define ERA_VMO_RESIZE_IS_A_RIGHT ERA_IS_LATEST
#define ERA_VMO_RIGHTS(options) \
	(ZX_DEFAULT_VMO_RIGHTS | \
	 (ERA_VMO_RESIZE_IS_A_RIGHT && ((options) & ZX_VMO_RESIZABLE) \
		  ? ZX_RIGHT_RESIZE : 0))
/* V-9, V-19 create_child: size, and NO_WRITE with RESIZABLE, are looked at
 * before the handle (else the one later, the other not at all). */
#define ERA_VMO_CHILD_SIZE_FIRST ERA_IS_LATEST
/* vmo.md 5.4: create_child looks at the cache policy first, at pins last. */
#define ERA_VMO_CHILD_LATER_ORDER ERA_IS_LATEST
/* vmo.md 5.1: all that create_child knows. */
#define ERA_VMO_CHILD_OPTIONS \
	(ZX_VMO_CHILD_SNAPSHOT | ZX_VMO_CHILD_SLICE | \
	 ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE | ZX_VMO_CHILD_RESIZABLE | \
	 ZX_VMO_CHILD_NO_WRITE | \
	 (ERA_IS_LATEST ? ZX_VMO_CHILD_REFERENCE | \
			  ZX_VMO_CHILD_SNAPSHOT_MODIFIED : 0))
/* V-10 a VMO with pages may become CACHED again. */
#define ERA_VMO_POLICY_MAY_RETURN ERA_IS_LATEST
/* V-11, V-12 cache operations: on physical VMOs; INVALIDATE only for those who
 * booted with kernel.enable-debugging-syscalls. */
#define ERA_VMO_CACHE_OPS_ON_PHYSICAL (!ERA_IS_LATEST)
#define ERA_VMO_INVALIDATE_IS_DEBUG ERA_IS_LATEST
/* tasks.md 7.5: debug registers are written only by those who booted so. */
#define ERA_DEBUG_REGS_ARE_DEBUG ERA_IS_LATEST
/* V-14 set_size of a physical VMO. */
#define ERA_VMO_PHYSICAL_RESIZE (ERA_IS_LATEST ? ZX_ERR_UNAVAILABLE \
					       : ZX_ERR_NOT_SUPPORTED)
/* vmo.md 4.5: LOCK and UNLOCK look at rights before they refuse. */
#define ERA_VMO_LOCK_RIGHTS_FIRST ERA_IS_LATEST
/* vmo.md 10.3: snapshots that nobody was to write to are told apart. */
#define ERA_VMO_TELLS_IMMUTABLE ERA_IS_LATEST
/* V-18 a property that no object has. */
#define ERA_UNKNOWN_PROPERTY (ERA_IS_LATEST ? ZX_ERR_NOT_SUPPORTED \
					    : ZX_ERR_INVALID_ARGS)
/* abi.md 11: HANDLE_BASIC tells whether an object can be waited for. */
#define ERA_BASIC_HAS_PROPS (!ERA_IS_LATEST)
/* abi.md 12: what a handler may answer; later also that the thread ends. */
#define ERA_EXCEPTION_STATE_MAX \
	(ERA_IS_LATEST ? ZX_EXCEPTION_STATE_THREAD_EXIT \
		       : ZX_EXCEPTION_STATE_HANDLED)
/* abi.md 13: conditions of job policy. Latest has NEW_PAGER, which moves the one
 * behind it. */
#define ERA_POL_HAS_NEW_PAGER ERA_IS_LATEST
#define ERA_POL_NEW_PAGER 14u
#define ERA_POL_AMBIENT_MARK_VMO_EXEC (ERA_IS_LATEST ? 15u : 14u)
#define ERA_POL_MAX (ERA_IS_LATEST ? 16u : 15u)
/* NEW_VMO to NEW_PROFILE, NEW_PAGER. */
#define ERA_POL_NEW_CONDITIONS (ERA_IS_LATEST ? 0x7ff0u : 0x3ff0u)
/* V-16 parent_koid after the parent's end: the grandparent's or 0 (else as at
 * birth). */
#define ERA_VMO_PARENT_KOID_MOVES ERA_IS_LATEST

#endif

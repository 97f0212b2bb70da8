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
/* P-13 zx_pager_supply_pages: aux that is mapped, and a detached VMO. */
#define ERA_SUPPLY_REFUSES_MAPPED_AUX (!ERA_IS_LATEST)
#define ERA_SUPPLY_REFUSES_DETACHED ERA_IS_LATEST
/* V-15 replace_as_executable: a bad handle outranks a bad resource. */
#define ERA_MARK_EXEC_HANDLE_FIRST ERA_IS_LATEST
/* abi.md 5: rights of a fresh BTI. */
#define ERA_BTI_RIGHTS (ZX_DEFAULT_BTI_RIGHTS | \
			(ERA_IS_LATEST ? ZX_RIGHTS_PROPERTY : 0))

#endif

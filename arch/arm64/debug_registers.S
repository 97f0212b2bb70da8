/*
 * Breakpoint and watchpoint registers, which instructions name by number.
 */
#include "asm.h"
#include "offsets.h"

	.text

/* x0 = struct arch_debug, w1 and w2 = how many of both there are, each at most
 * 16. The registers count from the next context synchronisation on, while
 * MDSCR_EL1.MDE is set. */
FUNCTION(debug_load_registers)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	cmp	w1, #\n
	b.ls	1f
	ldr	x9, [x0, #(DEBUG_BVR + 8 * \n)]
	ldr	w10, [x0, #(DEBUG_BCR + 4 * \n)]
	msr	dbgbvr\n\()_el1, x9
	msr	dbgbcr\n\()_el1, x10
	.endr
1:
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	cmp	w2, #\n
	b.ls	2f
	ldr	x9, [x0, #(DEBUG_WVR + 8 * \n)]
	ldr	w10, [x0, #(DEBUG_WCR + 4 * \n)]
	msr	dbgwvr\n\()_el1, x9
	msr	dbgwcr\n\()_el1, x10
	.endr
2:	ret
END(debug_load_registers)

/*
 * The functions of <arch/usercopy.h>.
 *
 * A fault on the user's side of a copy goes through exception.c: the faulting
 * forms are resolved and the instruction runs again, or the function ends with
 * the status in x0. The _nofault forms go on byte by byte from what is known
 * to be copied, so that the count is exact.
 *
 * Where the CPU has PAN, user memory is open between the two MSRs only; an
 * exception in between closes it for its own duration.
 */
#include "asm.h"
#include "extable.h"
#include "features.h"

#define NOT_FOUND -25

.macro user_open
	alternative FEATURE_PAN, INSN_PAN_CLEAR, nop
.endm

.macro user_close
	alternative FEATURE_PAN, INSN_PAN_SET, nop
.endm

/* To \bad unless [\start, \start + x2) lies below 2^48. Clobbers x3, x4. */
.macro check_range start, bad
	adds	x3, \start, x2
	b.cs	\bad
	mov	x4, #(1 << 48)
	cmp	x3, x4
	b.hi	\bad
.endm

.macro copy_64 at
	ldp	x4, x5, [x1, #\at]
	ldp	x6, x7, [x1, #\at + 16]
	ldp	x8, x9, [x1, #\at + 32]
	ldp	x10, x11, [x1, #\at + 48]
	stp	x4, x5, [x0, #\at]
	stp	x6, x7, [x0, #\at + 16]
	stp	x8, x9, [x0, #\at + 32]
	stp	x10, x11, [x0, #\at + 48]
.endm

.macro copy_256 at
	copy_64	\at
	copy_64	\at + 64
	copy_64	\at + 128
	copy_64	\at + 192
.endm

/* x2 bytes from x1 to x0; both advance, x0 only past what is stored. Clobbers
 * x3-x11; the low bits of x2 are the rest after the turns of 512 and 128. The
 * former are for whole pages: an instruction per 8 bytes is what pairs of
 * registers can do, and the turn's own four weigh little. */
.macro copy_bytes
	subs	x3, x2, #512
	b.lo	20f
10:	copy_256 0
	copy_256 256
	add	x1, x1, #512
	add	x0, x0, #512
	subs	x3, x3, #512
	b.hs	10b
20:	add	x3, x3, #512
	subs	x3, x3, #128
	b.lo	12f
11:	copy_64	0
	copy_64	64
	add	x1, x1, #128
	add	x0, x0, #128
	subs	x3, x3, #128
	b.hs	11b
12:	tbz	x2, #6, 19f
	copy_64	0
	add	x1, x1, #64
	add	x0, x0, #64
19:	tbz	x2, #5, 13f
	ldp	x4, x5, [x1]
	ldp	x6, x7, [x1, #16]
	add	x1, x1, #32
	stp	x4, x5, [x0]
	stp	x6, x7, [x0, #16]
	add	x0, x0, #32
13:	tbz	x2, #4, 14f
	ldp	x4, x5, [x1], #16
	stp	x4, x5, [x0], #16
14:	tbz	x2, #3, 15f
	ldr	x4, [x1], #8
	str	x4, [x0], #8
15:	tbz	x2, #2, 16f
	ldr	w4, [x1], #4
	str	w4, [x0], #4
16:	tbz	x2, #1, 17f
	ldrh	w4, [x1], #2
	strh	w4, [x0], #2
17:	tbz	x2, #0, 18f
	ldrb	w4, [x1], #1
	strb	w4, [x0], #1
18:
.endm

.macro copy_function name, user
FUNCTION(\name)
	hint	#34			/* bti c */
	check_range \user, 3f
	user_open
1:	copy_bytes
2:	user_close
	mov	w0, wzr
	ret
3:	mov	w0, #NOT_FOUND
	ret
4:	user_close
	ret
	extable	1b, 2b, 4b, EXTABLE_RESOLVE
END(\name)
.endm

/* What was copied for sure is x0 - x12: from there by bytes, until one faults
 * again. x12-x14 are x0-x2 as they came. */
.macro copy_nofault_function name, user
FUNCTION(\name)
	hint	#34			/* bti c */
	check_range \user, 3f
	mov	x12, x0
	mov	x13, x1
	mov	x14, x2
	user_open
1:	copy_bytes
2:	user_close
	mov	x0, xzr
	ret
3:	mov	x0, x2
	ret
4:	sub	x4, x0, x12
	add	x1, x13, x4
	sub	x2, x14, x4
5:	ldrb	w4, [x1], #1
	strb	w4, [x0], #1
6:	subs	x2, x2, #1
	b.ne	5b
7:	user_close
	mov	x0, x2
	ret
	extable	1b, 2b, 4b, EXTABLE_FIXUP
	extable	5b, 6b, 7b, EXTABLE_FIXUP
END(\name)
.endm

	.text

	copy_function copy_from_user, x1
	copy_function copy_to_user, x0
	copy_nofault_function copy_from_user_nofault, x1
	copy_nofault_function copy_to_user_nofault, x0

.macro put_function name, bytes, reg
FUNCTION(\name)
	hint	#34			/* bti c */
	mov	x3, #((1 << 48) - \bytes)
	cmp	x0, x3
	b.hi	3f
	user_open
1:	str	\reg, [x0]
2:	user_close
	mov	w0, wzr
	ret
3:	mov	w0, #NOT_FOUND
	ret
4:	user_close
	ret
	extable	1b, 2b, 4b, EXTABLE_RESOLVE
END(\name)
.endm

	put_function put_user_u32, 4, w1
	put_function put_user_u64, 8, x1

FUNCTION(get_user_u32)
	hint	#34			/* bti c */
	mov	x3, #((1 << 48) - 4)
	cmp	x1, x3
	b.hi	3f
	user_open
1:	ldr	w2, [x1]
2:	user_close
	str	w2, [x0]
	mov	w0, wzr
	ret
3:	mov	w0, #NOT_FOUND
	ret
4:	user_close
	ret
	extable	1b, 2b, 4b, EXTABLE_RESOLVE
END(get_user_u32)

FUNCTION(get_user_u32_nofault)
	hint	#34			/* bti c */
	mov	x3, #((1 << 48) - 4)
	cmp	x1, x3
	b.hi	3f
	user_open
1:	ldr	w2, [x1]
2:	user_close
	str	w2, [x0]
	mov	w0, #1
	ret
3:	mov	w0, wzr
	ret
4:	user_close
	b	3b
	extable	1b, 2b, 4b, EXTABLE_FIXUP
END(get_user_u32_nofault)

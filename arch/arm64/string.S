/*
 * memcpy, memmove, memset and arch_copy_page on normal memory, MMU on. Instructions are what is
 * counted: pairs of registers, 64 bytes a turn, and no SIMD. Accesses need not
 * be aligned.
 */
#include "asm.h"

#define ZVA_MIN 512	/* bytes from which on it is worth the look */

	.text

/* Fewer than 64 bytes (x2) from x1 to x3, all loads before all stores of each
 * piece, so that it serves memmove too; x0 stays. Clobbers x4-x11. */
.macro copy_small
	cmp	x2, #16
	b.lo	22f
	/* 16..63: head and tail overlap in the middle. */
	add	x10, x1, x2
	add	x11, x3, x2
	cmp	x2, #32
	b.hi	21f
	ldp	x4, x5, [x1]
	ldp	x6, x7, [x10, #-16]
	stp	x4, x5, [x3]
	stp	x6, x7, [x11, #-16]
	ret
21:	ldp	x4, x5, [x1]
	ldp	x6, x7, [x1, #16]
	ldp	x8, x9, [x10, #-16]
	ldp	x14, x15, [x10, #-32]
	stp	x4, x5, [x3]
	stp	x6, x7, [x3, #16]
	stp	x8, x9, [x11, #-16]
	stp	x14, x15, [x11, #-32]
	ret
22:	tbz	x2, #3, 23f
	add	x10, x1, x2
	add	x11, x3, x2
	ldr	x4, [x1]
	ldr	x5, [x10, #-8]
	str	x4, [x3]
	str	x5, [x11, #-8]
	ret
23:	tbz	x2, #2, 24f
	add	x10, x1, x2
	add	x11, x3, x2
	ldr	w4, [x1]
	ldr	w5, [x10, #-4]
	str	w4, [x3]
	str	w5, [x11, #-4]
	ret
24:	cbz	x2, 26f
	/* 1..3 bytes: first, last, and the one at half. */
	lsr	x5, x2, #1
	sub	x6, x2, #1
	ldrb	w4, [x1]
	ldrb	w7, [x1, x5]
	ldrb	w8, [x1, x6]
	strb	w4, [x3]
	strb	w7, [x3, x5]
	strb	w8, [x3, x6]
26:	ret
.endm

.macro copy_64 src, dst
	ldp	x4, x5, [\src]
	ldp	x6, x7, [\src, #16]
	ldp	x8, x9, [\src, #32]
	ldp	x10, x11, [\src, #48]
	stp	x4, x5, [\dst]
	stp	x6, x7, [\dst, #16]
	stp	x8, x9, [\dst, #32]
	stp	x10, x11, [\dst, #48]
.endm

/* Destination below the source, or apart, may be copied upwards: memcpy is the
 * same code. */
FUNCTION(memmove)
	hint	#34			/* bti c */
	sub	x4, x0, x1
	cmp	x4, x2
	b.lo	memmove_down		/* src <= dst < src + n */
	b	1f
END(memmove)

FUNCTION(memcpy)
	hint	#34			/* bti c */
1:	mov	x3, x0
	subs	x12, x2, #64
	b.lo	3f
2:	copy_64	x1, x3
	add	x1, x1, #64
	add	x3, x3, #64
	subs	x12, x12, #64
	b.hs	2b
	add	x2, x12, #64
3:	copy_small
END(memcpy)

memmove_down:
	mov	x3, x0
	cbz	x4, 3f			/* same place: any order is right */
	add	x12, x1, x2
	add	x13, x3, x2
	cmp	x2, #64
	b.lo	3f
2:	sub	x12, x12, #64
	sub	x13, x13, #64
	sub	x2, x2, #64
	ldp	x4, x5, [x12]
	ldp	x6, x7, [x12, #16]
	ldp	x8, x9, [x12, #32]
	ldp	x10, x11, [x12, #48]
	stp	x4, x5, [x13]
	stp	x6, x7, [x13, #16]
	stp	x8, x9, [x13, #32]
	stp	x10, x11, [x13, #48]
	cmp	x2, #64
	b.hs	2b
3:	cmp	x2, #64
	b.lo	4f
	ret
4:	copy_small

/* x0 = destination, w1 = byte, x2 = count. */
FUNCTION(memset)
	hint	#34			/* bti c */
	and	x1, x1, #0xff
	mov	x4, #0x0101010101010101
	mul	x1, x1, x4
	mov	x3, x0
	cmp	x2, #ZVA_MIN
	ccmp	x1, #0, #0, hs
	b.eq	memset_zva
memset_by_pairs:
	subs	x5, x2, #64
	b.lo	2f
1:	stp	x1, x1, [x3]
	stp	x1, x1, [x3, #16]
	stp	x1, x1, [x3, #32]
	stp	x1, x1, [x3, #48]
	add	x3, x3, #64
	subs	x5, x5, #64
	b.hs	1b
	add	x2, x5, #64
2:	tbz	x2, #5, 3f
	stp	x1, x1, [x3]
	stp	x1, x1, [x3, #16]
	add	x3, x3, #32
3:	tbz	x2, #4, 4f
	stp	x1, x1, [x3], #16
4:	tbz	x2, #3, 5f
	str	x1, [x3], #8
5:	tbz	x2, #2, 6f
	str	w1, [x3], #4
6:	tbz	x2, #1, 7f
	strh	w1, [x3], #2
7:	tbz	x2, #0, 8f
	strb	w1, [x3]
8:	ret
END(memset)

/* Much to be zeroed: whole 64-byte blocks by DC ZVA, 256 bytes a turn, head and
 * tail by overlapping stores. x0 and x3 = destination, x2 = count. */
memset_zva:
	mrs	x4, dczid_el0
	and	x4, x4, #0x1f
	cmp	x4, #4			/* permitted, blocks of 64 bytes */
	b.ne	memset_by_pairs
	stp	xzr, xzr, [x3]
	stp	xzr, xzr, [x3, #16]
	stp	xzr, xzr, [x3, #32]
	stp	xzr, xzr, [x3, #48]
	add	x5, x3, x2		/* end */
	add	x3, x3, #64
	and	x3, x3, #~63
	sub	x4, x5, x3
	subs	x4, x4, #256
	b.lo	2f
1:	dc	zva, x3
	add	x3, x3, #64
	dc	zva, x3
	add	x3, x3, #64
	dc	zva, x3
	add	x3, x3, #64
	dc	zva, x3
	add	x3, x3, #64
	subs	x4, x4, #256
	b.hs	1b
2:	sub	x2, x5, x3
	b	memset_by_pairs

/* 128 bytes by eight pairs of registers. */
.macro load_128 at
	ldp	x2, x3, [x1, #\at]
	ldp	x4, x5, [x1, #\at + 16]
	ldp	x6, x7, [x1, #\at + 32]
	ldp	x8, x9, [x1, #\at + 48]
	ldp	x10, x11, [x1, #\at + 64]
	ldp	x12, x13, [x1, #\at + 80]
	ldp	x14, x15, [x1, #\at + 96]
	ldp	x16, x17, [x1, #\at + 112]
.endm

.macro store_128 at
	stp	x2, x3, [x0, #\at]
	stp	x4, x5, [x0, #\at + 16]
	stp	x6, x7, [x0, #\at + 32]
	stp	x8, x9, [x0, #\at + 48]
	stp	x10, x11, [x0, #\at + 64]
	stp	x12, x13, [x0, #\at + 80]
	stp	x14, x15, [x0, #\at + 96]
	stp	x16, x17, [x0, #\at + 112]
.endm

/* One page: 512 loads and stores of pairs, and four instructions for each 1024
 * bytes, as far as an offset reaches below and above. The page at x0 is aligned,
 * so bits 10 and 11 say when it is through. */
FUNCTION(arch_copy_page)
	hint	#34			/* bti c */
	add	x1, x1, #512
	add	x0, x0, #512
1:	.irp	at, -512, -384, -256, -128, 0, 128, 256, 384
	load_128 \at
	store_128 \at
	.endr
	add	x1, x1, #1024
	add	x0, x0, #1024
	tst	x0, #0xc00
	b.ne	1b
	ret
END(arch_copy_page)

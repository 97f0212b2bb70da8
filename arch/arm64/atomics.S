/*
 * The outline atomics that -moutline-atomics calls: one function for each
 * operation, size and order, __aarch64_<op><bytes>_<order>. By agreement of the
 * compilers x0 (x1) are operands, the last argument is the address, x0 the old
 * value; only x15-x17 and the flags may change otherwise.
 *
 * Written for LL/SC; where the CPU has LSE, boot patches the first instruction
 * of each into a branch to the single instruction that stands behind. Order
 * comes from the acquire and release forms of the instructions (Arm ARM
 * B2.3.10), as the names say.
 */
#include "asm.h"
#include "features.h"

	.arch	armv8-a+lse
	.text

/* name, first instruction of the LL/SC form, and its length in words. */
.macro begin name, words, first:vararg
	.global	\name
	.hidden	\name
	.type	\name, %function
	.balign	16
\name:
	alternative FEATURE_LSE, INSN_BRANCH(\words), \first
.endm

/* r: register letter, s: size letter of the instruction, a, l: acquire and
 * release letters of the order. */
.macro make_cas bytes, r, s, extend, order, a, l
	begin	__aarch64_cas\bytes\()_\order, 7, mov \r\()16, \r\()0
1:	ld\a\()xr\s	\r\()0, [x2]
	cmp	\r\()0, \r\()16 \extend
	b.ne	2f
	st\l\()xr\s	w17, \r\()1, [x2]
	cbnz	w17, 1b
2:	ret
	cas\a\l\s	\r\()0, \r\()1, [x2]
	ret
.endm

.macro make_swp bytes, r, s, order, a, l
	begin	__aarch64_swp\bytes\()_\order, 5, mov \r\()16, \r\()0
1:	ld\a\()xr\s	\r\()0, [x1]
	st\l\()xr\s	w17, \r\()16, [x1]
	cbnz	w17, 1b
	ret
	swp\a\l\s	\r\()0, \r\()0, [x1]
	ret
.endm

.macro make_op name, op, bytes, r, s, order, a, l
	begin	__aarch64_\name\bytes\()_\order, 6, mov \r\()16, \r\()0
1:	ld\a\()xr\s	\r\()0, [x1]
	\op	\r\()17, \r\()0, \r\()16
	st\l\()xr\s	w15, \r\()17, [x1]
	cbnz	w15, 1b
	ret
	\name\a\l\s	\r\()0, \r\()0, [x1]
	ret
.endm

.macro make_order bytes, r, s, extend, order, a, l
	make_cas	\bytes, \r, \s, "\extend", \order, \a, \l
	make_swp	\bytes, \r, \s, \order, \a, \l
	make_op		ldadd, add, \bytes, \r, \s, \order, \a, \l
	make_op		ldclr, bic, \bytes, \r, \s, \order, \a, \l
	make_op		ldeor, eor, \bytes, \r, \s, \order, \a, \l
	make_op		ldset, orr, \bytes, \r, \s, \order, \a, \l
.endm

.macro make_size bytes, r, s, extend
	make_order	\bytes, \r, \s, "\extend", relax, ,
	make_order	\bytes, \r, \s, "\extend", acq, a,
	make_order	\bytes, \r, \s, "\extend", rel, , l
	make_order	\bytes, \r, \s, "\extend", acq_rel, a, l
.endm

	make_size	1, w, b, ", uxtb"
	make_size	2, w, h, ", uxth"
	make_size	4, w, , ""
	make_size	8, x, , ""

/*
 * What all assembly files share.
 */
#ifndef ARM64_ASM_H
#define ARM64_ASM_H

#define FUNCTION(name)		\
	.global name;		\
	.hidden name;		\
	.type name, %function;	\
	.balign 16;		\
name:

#define END(name) .size name, . - name

/*
 * One instruction that boot replaces by the one encoded as \new if the CPUs
 * have the feature (alternative.h). The site stands in .text.
 */
.macro alternative feature, new, old:vararg
	.pushsection .altinstr, "a"
	.balign 4
	.long 771f - .
	.long \feature
	.long \new
	.popsection
771:	\old
.endm

/* An exception at [start, end) continues at `to`; kind as in extable.h. */
.macro extable start, end, to, kind
	.pushsection .extable, "a"
	.balign 4
	.long \start - .
	.long \end - .
	.long \to - .
	.long \kind
	.popsection
.endm

/* \reg = address of \symbol, within 4 GiB. */
.macro address reg, symbol
	adrp	\reg, \symbol
	add	\reg, \reg, :lo12:\symbol
.endm

#endif

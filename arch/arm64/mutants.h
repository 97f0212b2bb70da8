/*
 * Mutants: deliberate bugs that the checkers must stop. A build with
 * -DMUTANT=number has exactly one; tests/unit/mutants runs them all on the
 * modelled TLBs, tests/bad/mutants in QEMU. docs/invariants.md says which rule
 * each breaks. Without -DMUTANT every test below is the constant false.
 */
#ifndef ARM64_MUTANTS_H
#define ARM64_MUTANTS_H

enum mutant {
	MUTANT_NONE,
	MUTANT_NO_DSB_ISHST,		/* 1: I1 */
	MUTANT_NO_TLBI_PAGE,		/* 2: I2 */
	MUTANT_NO_TLBI_RANGE,		/* 3: I2 */
	MUTANT_NO_TLBI_ASID,		/* 4: I2 */
	MUTANT_NO_TLBI_ALL,		/* 5: I2 */
	MUTANT_NO_DSB_ISH,		/* 6: I3 */
	MUTANT_NO_ISB,			/* 7: I4 */
	MUTANT_EXEC_FREE_AT_ONCE,	/* 8: I4, no epoch */
	MUTANT_REPLACE_IN_PLACE,	/* 9: I5 */
	MUTANT_NO_TLBI_WIDEN,		/* 10: I6, loops on a good entry */
	MUTANT_DIRTY_TABLE,		/* 11: I7, not zeroed */
	MUTANT_NO_DMB,			/* 12: I7, zeroes not ordered */
	MUTANT_LEAF_ONLY,		/* 13: I2, I8 */
	MUTANT_TABLE_FREE_EARLY,	/* 14: I8 */
	MUTANT_ROOT_NO_FLUSH,		/* 15: I9 */
	MUTANT_NO_LOCAL_FLUSH,		/* 16: I10 */
	MUTANT_NO_RESERVED_ASIDS,	/* 17: I10 */
	MUTANT_FREE_BEFORE_FLUSH,	/* 18: I3, I11 */
	MUTANT_TLBI_OF_CURRENT,		/* 19: I13 */
	MUTANT_NO_SYNC_ICACHE,		/* 20: I14 */
	MUTANT_ALLOC_IN_BATCH,		/* 21: I15 */
	MUTANT_PREEMPTIBLE_BATCH,	/* 22: I16 */
	MUTANT_SHORT_NOTE,		/* 23: I2, one page forgotten */
	MUTANT_FORGET_OVERFLOW,		/* 24: I2 */
	MUTANT_BREAK_NO_FLUSH,		/* 25: I5, a table for a block */
	MUTANT_NOTE_OTHER_BLOCK,	/* 26: I2 */
	MUTANT_FORGET_RIGHTS,		/* 27: I2, pt_protect() looks away */
	MUTANT_LATE_PART_FLUSH,		/* 28: I3, the rest of a block */
	MUTANT_NO_ACCESS_FLAG,		/* 29: I6, loops on an unused entry */
	MUTANT_COUNT,
};

#ifndef MUTANT
#define MUTANT MUTANT_NONE
#endif

#define MUTATED(name) (MUTANT == MUTANT_##name)

#endif

/*
 * enum arch_feature for assembly; cpu.c checks that they agree. And the
 * instructions that alternatives patch in.
 */
#ifndef ARM64_FEATURES_H
#define ARM64_FEATURES_H

#define FEATURE_PAN 0
#define FEATURE_LSE 1
#define FEATURE_PAUTH 5

#define INSN_NOP 0xd503201f
#define INSN_PAN_CLEAR 0xd500409f	/* msr pan, #0 */
#define INSN_PAN_SET 0xd500419f		/* msr pan, #1 */
#define INSN_BRANCH(words) (0x14000000 + (words))	/* forwards */

#endif

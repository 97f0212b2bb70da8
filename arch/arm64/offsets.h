/*
 * Offsets and sizes for assembly; exception.c and boot_early.c check them.
 */
#ifndef ARM64_OFFSETS_H
#define ARM64_OFFSETS_H

#define FRAME_X(n) ((n) * 8)
#define FRAME_SP 248
#define FRAME_PC 256
#define FRAME_SPSR 264
#define FRAME_ESR 272
#define FRAME_SIZE 304

#define THREAD_RESCHED_PENDING 0
#define PENDING_UNWIND_BIT 3
#define THREAD_CPU 16
#define THREAD_STACK_TOP 24
#define THREAD_CONTEXT 32
#define THREAD_ASPACE 200
#define THREAD_FPU 432

#define CONTEXT_SP 96
#define CONTEXT_TPIDR_EL0 104

#define FPU_FPCR 512
#define FPU_LOADED 528

#define DEBUG_BVR 0
#define DEBUG_WVR 128
#define DEBUG_BCR 256
#define DEBUG_WCR 320

#define PERCPU_ID 0
#define PERCPU_STAT_SYSCALLS 72

#define HANDOFF_TTBR1 0
#define HANDOFF_TCR 8
#define HANDOFF_SCTLR 16
#define HANDOFF_IMAGE_VA 24
#define HANDOFF_KEY 32
#define HANDOFF_IDMAP 48

#define BOOT_STACK_SIZE KSTACK_BYTES
#define KSTACK_BYTES 16384
#define EMERGENCY_STACK_SIZE 4096

#endif

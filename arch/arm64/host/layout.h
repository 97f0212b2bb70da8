/*
 * What assembly knows of host.h; main.c checks it.
 */
#ifndef ARM64_HOST_LAYOUT_H
#define ARM64_HOST_LAYOUT_H

#define HOST_CPU_MPIDR 0
#define HOST_CPU_STACK 8
#define HOST_CPU_BYTES 256
#define HOST_TREE_BYTES 0x20000	/* as in kernel.ld */
#define HOST_CPU_MAX CONFIG_MAX_CPUS

#endif

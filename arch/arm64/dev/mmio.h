/*
 * Access to device registers: one load or store of the register's size, which
 * the compiler neither splits, merges nor moves, and which a hypervisor can
 * decode (no writeback form). Device memory keeps the order within a device;
 * order towards memory or another device needs a barrier of the caller's.
 */
#ifndef ARM64_DEV_MMIO_H
#define ARM64_DEV_MMIO_H

#include <kernel/types.h>

static inline u32 mmio_read32(const void *base, u32 offset)
{
	u32 value;

	__asm__ volatile("ldr %w0, [%1]"
			 : "=r"(value) : "r"((u64)base + offset) : "memory");
	return value;
}

static inline void mmio_write32(void *base, u32 offset, u32 value)
{
	__asm__ volatile("str %w0, [%1]"
			 : : "r"(value), "r"((u64)base + offset) : "memory");
}

static inline u64 mmio_read64(const void *base, u32 offset)
{
	u64 value;

	__asm__ volatile("ldr %0, [%1]"
			 : "=r"(value) : "r"((u64)base + offset) : "memory");
	return value;
}

static inline void mmio_write64(void *base, u32 offset, u64 value)
{
	__asm__ volatile("str %0, [%1]"
			 : : "r"(value), "r"((u64)base + offset) : "memory");
}

static inline void mmio_write8(void *base, u32 offset, u8 value)
{
	__asm__ volatile("strb %w0, [%1]"
			 : : "r"(value), "r"((u64)base + offset) : "memory");
}

#endif

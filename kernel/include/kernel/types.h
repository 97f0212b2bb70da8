/*
 * Base types of the kernel.
 *
 * Physical addresses are a one-member struct, so that a physical address
 * cannot be used where a pointer or a user address is meant. User addresses
 * are plain 64-bit numbers (uaddr_t): they are computed with everywhere and
 * never dereferenced; only the copy functions of <arch/usercopy.h> touch what
 * they name.
 */
#ifndef KERNEL_TYPES_H
#define KERNEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kernel/config.h>
#include <zircon/errors.h>
#include <zircon/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

typedef struct {
	u64 v;
} paddr_t;

typedef u64 uaddr_t;		/* address in user space, never dereferenced */

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096ul
#define PAGE_MASK (PAGE_SIZE - 1)

#define MUST_CHECK __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define PRINTFLIKE(f, a) __attribute__((format(printf, f, a)))
#define CACHE_LINE 64

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))

static inline paddr_t paddr(u64 v)
{
	return (paddr_t){ v };
}

static inline bool is_page_aligned(u64 v)
{
	return (v & PAGE_MASK) == 0;
}

static inline u64 round_down_page(u64 v)
{
	return v & ~(u64)PAGE_MASK;
}

/* Rounds up to a page; false if the result does not fit into 64 bits. */
static inline MUST_CHECK bool round_up_page(u64 v, u64 *out)
{
	u64 sum;

	if (__builtin_add_overflow(v, PAGE_MASK, &sum))
		return false;
	*out = sum & ~(u64)PAGE_MASK;
	return true;
}

/* For the rare status that decides nothing; say at the call why. */
static inline void status_ignore(zx_status_t status)
{
	(void)status;
}

static inline u64 min_u64(u64 a, u64 b)
{
	return a < b ? a : b;
}

static inline u64 max_u64(u64 a, u64 b)
{
	return a > b ? a : b;
}

#endif

/* Records of the debug log. */
#ifndef ZIRCON_SYSCALLS_LOG_H_
#define ZIRCON_SYSCALLS_LOG_H_

#include <zircon/types.h>

__BEGIN_CDECLS

#define ZX_LOG_RECORD_MAX 256
#define ZX_LOG_RECORD_DATA_MAX (ZX_LOG_RECORD_MAX - 32)

/* C++ knows the open end of a record as an extension. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
typedef struct zx_log_record {
	uint32_t rollout;
	uint16_t datalen;
	uint8_t severity;
	uint8_t flags;
	zx_time_t timestamp;
	uint64_t pid;
	uint64_t tid;
	/* datalen bytes, no NUL. */
	char data[];
} zx_log_record_t;
#pragma GCC diagnostic pop
__ZX_STATIC_ASSERT(sizeof(zx_log_record_t) == 32, "zx_log_record_t");

/* zx_debuglog_create: the handle may read, from the oldest record on. */
#define ZX_LOG_FLAG_READABLE ((uint32_t)0x40000000u)

#define ZX_LOG_TRACE ((uint8_t)0x10u)
#define ZX_LOG_DEBUG ((uint8_t)0x20u)
#define ZX_LOG_INFO ((uint8_t)0x30u)
#define ZX_LOG_WARNING ((uint8_t)0x40u)
#define ZX_LOG_ERROR ((uint8_t)0x50u)
#define ZX_LOG_FATAL ((uint8_t)0x60u)

/* zx_debuglog_write. */
#define ZX_LOG_LOCAL ((uint32_t)0x10u)
#define ZX_LOG_FLAGS_MASK ((uint32_t)0x10u)

__END_CDECLS

#endif

/* Packets that a port queues, and the words of the calls around it. */
#ifndef ZIRCON_SYSCALLS_PORT_H_
#define ZIRCON_SYSCALLS_PORT_H_

#include <zircon/types.h>

__BEGIN_CDECLS

/* zx_object_wait_async. */
#define ZX_WAIT_ASYNC_ONCE ((uint32_t)0u)
#define ZX_WAIT_ASYNC_TIMESTAMP ((uint32_t)1u)
/* Only a signal that becomes active later triggers. */
#define ZX_WAIT_ASYNC_EDGE ((uint32_t)2u)

/* zx_port_create. */
#define ZX_PORT_BIND_TO_INTERRUPT ((uint32_t)1u)

/* Packet types: the low byte of the packet's type. */
#define ZX_PKT_TYPE_USER ((uint32_t)0u)
#define ZX_PKT_TYPE_SIGNAL_ONE ((uint32_t)1u)
#define ZX_PKT_TYPE_GUEST_BELL ((uint32_t)3u)
#define ZX_PKT_TYPE_GUEST_MEM ((uint32_t)4u)
#define ZX_PKT_TYPE_GUEST_IO ((uint32_t)5u)
#define ZX_PKT_TYPE_GUEST_VCPU ((uint32_t)6u)
#define ZX_PKT_TYPE_INTERRUPT ((uint32_t)7u)
#define ZX_PKT_TYPE_PAGE_REQUEST ((uint32_t)9u)
#define ZX_PKT_TYPE_MASK ((uint32_t)0xffu)

/* These take the type field, not the packet. */
#define ZX_PKT_IS_USER(type) ((type) == ZX_PKT_TYPE_USER)
#define ZX_PKT_IS_SIGNAL_ONE(type) (((type) & ZX_PKT_TYPE_MASK) == ZX_PKT_TYPE_SIGNAL_ONE)
#define ZX_PKT_IS_GUEST_BELL(type) ((type) == ZX_PKT_TYPE_GUEST_BELL)
#define ZX_PKT_IS_GUEST_MEM(type) ((type) == ZX_PKT_TYPE_GUEST_MEM)
#define ZX_PKT_IS_GUEST_IO(type) ((type) == ZX_PKT_TYPE_GUEST_IO)
#define ZX_PKT_IS_GUEST_VCPU(type) ((type) == ZX_PKT_TYPE_GUEST_VCPU)
#define ZX_PKT_IS_INTERRUPT(type) ((type) == ZX_PKT_TYPE_INTERRUPT)
#define ZX_PKT_IS_PAGE_REQUEST(type) ((type) == ZX_PKT_TYPE_PAGE_REQUEST)

/* Commands of a page request packet. */
#define ZX_PAGER_VMO_READ ((uint16_t)0u)
#define ZX_PAGER_VMO_COMPLETE ((uint16_t)1u)
#define ZX_PAGER_VMO_DIRTY ((uint16_t)2u)

/* Whatever zx_port_queue's caller put in. */
typedef union zx_packet_user {
	uint64_t u64[4];
	uint32_t u32[8];
	uint16_t u16[16];
	uint8_t c8[32];
} zx_packet_user_t;
__ZX_STATIC_ASSERT(sizeof(zx_packet_user_t) == 32, "zx_packet_user_t");

/* An object's signals matched a zx_object_wait_async registration. */
typedef struct zx_packet_signal {
	zx_signals_t trigger;
	zx_signals_t observed;
	uint64_t count;
	/* 0 unless ZX_WAIT_ASYNC_TIMESTAMP was asked for. */
	zx_time_t timestamp;
	uint64_t reserved1;
} zx_packet_signal_t;
__ZX_STATIC_ASSERT(sizeof(zx_packet_signal_t) == 32, "zx_packet_signal_t");

typedef struct zx_packet_interrupt {
	zx_time_t timestamp;
	uint64_t reserved0;
	uint64_t reserved1;
	uint64_t reserved2;
} zx_packet_interrupt_t;
__ZX_STATIC_ASSERT(sizeof(zx_packet_interrupt_t) == 32, "zx_packet_interrupt_t");

/* Of hypervisors' guests; this kernel makes none. */
typedef struct zx_packet_guest_bell {
	zx_gpaddr_t addr;
	uint64_t reserved0;
	uint64_t reserved1;
	uint64_t reserved2;
} zx_packet_guest_bell_t;
__ZX_STATIC_ASSERT(sizeof(zx_packet_guest_bell_t) == 32, "zx_packet_guest_bell_t");

typedef struct zx_packet_guest_mem {
	zx_gpaddr_t addr;
	uint8_t access_size;
	bool sign_extend;
	uint8_t xt;
	bool read;
	uint8_t padding1[4];
	uint64_t data;
	uint64_t reserved;
} zx_packet_guest_mem_t;
__ZX_STATIC_ASSERT(sizeof(zx_packet_guest_mem_t) == 32, "zx_packet_guest_mem_t");
__ZX_STATIC_ASSERT(__offsetof(zx_packet_guest_mem_t, data) == 16, "data");

typedef struct zx_packet_guest_io {
	uint16_t port;
	uint8_t access_size;
	bool input;
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint8_t data[4];
	};
	uint64_t reserved0;
	uint64_t reserved1;
	uint64_t reserved2;
} zx_packet_guest_io_t;
__ZX_STATIC_ASSERT(sizeof(zx_packet_guest_io_t) == 32, "zx_packet_guest_io_t");

/* With names: C++ has no types inside of a union that has none. */
typedef struct zx_packet_guest_vcpu_interrupt {
	uint64_t mask;
	uint8_t vector;
	uint8_t padding1[7];
} zx_packet_guest_vcpu_interrupt_t;

typedef struct zx_packet_guest_vcpu_startup {
	uint64_t id;
	zx_gpaddr_t entry;
} zx_packet_guest_vcpu_startup_t;

typedef struct zx_packet_guest_vcpu {
	union {
		zx_packet_guest_vcpu_interrupt_t interrupt;
		zx_packet_guest_vcpu_startup_t startup;
	};
	uint8_t type;
	uint8_t padding1[7];
	uint64_t reserved;
} zx_packet_guest_vcpu_t;
__ZX_STATIC_ASSERT(sizeof(zx_packet_guest_vcpu_t) == 32, "zx_packet_guest_vcpu_t");
__ZX_STATIC_ASSERT(__offsetof(zx_packet_guest_vcpu_t, type) == 16, "type");

/* A pager-backed VMO wants pages, or wants no more. */
typedef struct zx_packet_page_request {
	uint16_t command;
	uint16_t flags;
	uint32_t reserved0;
	uint64_t offset;
	uint64_t length;
	uint64_t reserved1;
} zx_packet_page_request_t;
__ZX_STATIC_ASSERT(sizeof(zx_packet_page_request_t) == 32, "zx_packet_page_request_t");
__ZX_STATIC_ASSERT(__offsetof(zx_packet_page_request_t, offset) == 8, "offset");

typedef struct zx_port_packet {
	uint64_t key;
	uint32_t type;
	zx_status_t status;
	union {
		zx_packet_user_t user;
		zx_packet_signal_t signal;
		zx_packet_interrupt_t interrupt;
		zx_packet_page_request_t page_request;
		zx_packet_guest_bell_t guest_bell;
		zx_packet_guest_mem_t guest_mem;
		zx_packet_guest_io_t guest_io;
		zx_packet_guest_vcpu_t guest_vcpu;
	};
} zx_port_packet_t;
__ZX_STATIC_ASSERT(sizeof(zx_port_packet_t) == 48, "zx_port_packet_t");
__ZX_STATIC_ASSERT(__offsetof(zx_port_packet_t, user) == 16, "user");

__END_CDECLS

#endif

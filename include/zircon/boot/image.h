/*
 * Boot items, as the VMO behind PA_VMO_BOOTDATA holds them: a container whose
 * header stands first, and in it one item after the other, each a header and
 * `length` bytes, filled up to ZBI_ALIGNMENT.
 */
#ifndef ZIRCON_BOOT_IMAGE_H_
#define ZIRCON_BOOT_IMAGE_H_

#include <stdint.h>

#include <zircon/compiler.h>

__BEGIN_CDECLS

#define ZBI_ALIGNMENT ((uint32_t)8u)
#define ZBI_CONTAINER_MAGIC ((uint32_t)0x868cf7e6u)
#define ZBI_ITEM_MAGIC ((uint32_t)0xb5781729u)
#define ZBI_FLAG_VERSION ((uint32_t)0x00010000u)
/* Stands in crc32 where nothing is summed up. */
#define ZBI_ITEM_NO_CRC32 ((uint32_t)0x4a87e8d6u)

#define ZBI_TYPE_CONTAINER ((uint32_t)0x544f4f42u)
/* A flattened device tree; also how its own first word reads, big-endian. */
#define ZBI_TYPE_DEVICETREE ((uint32_t)0xd00dfeedu)

typedef struct zbi_header {
	uint32_t type;
	uint32_t length;	/* of what follows, without the filling */
	uint32_t extra;		/* of the container: ZBI_CONTAINER_MAGIC */
	uint32_t flags;
	uint32_t reserved0;
	uint32_t reserved1;
	uint32_t magic;		/* ZBI_ITEM_MAGIC */
	uint32_t crc32;
} zbi_header_t;
__ZX_STATIC_ASSERT(sizeof(zbi_header_t) == 32, "zbi_header_t");

__END_CDECLS

#endif

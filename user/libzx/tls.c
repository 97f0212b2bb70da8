/* Layout of a thread's block: TCB, thread pointer, 16 bytes, variables. */
#include <string.h>

#include <jx/runtime.h>
#include <zircon/tls.h>

__ZX_STATIC_ASSERT(__offsetof(struct jx_tcb, stack_guard) ==
		   sizeof(struct jx_tcb) + ZX_TLS_STACK_GUARD_OFFSET, "stack guard");
__ZX_STATIC_ASSERT(__offsetof(struct jx_tcb, unsafe_sp) ==
		   sizeof(struct jx_tcb) + ZX_TLS_UNSAFE_SP_OFFSET, "unsafe sp");

/* AAPCS64: the first variable stands at least 16 bytes above the pointer. */
#define RESERVED_BYTES 16

static size_t alignment(void)
{
	size_t align = (size_t)__tls_align;

	return align > RESERVED_BYTES ? align : RESERVED_BYTES;
}

static uintptr_t round_up(uintptr_t value, size_t align)
{
	return (value + align - 1) & ~(align - 1);
}

size_t jx_tls_bytes(void)
{
	size_t align = alignment();

	return round_up(sizeof(struct jx_tcb), align) + align + round_up(RESERVED_BYTES, align) +
	       round_up((size_t)__tls_size, RESERVED_BYTES);
}

uintptr_t jx_tls_init(void *memory, zx_handle_t thread)
{
	uintptr_t tp = round_up((uintptr_t)memory + sizeof(struct jx_tcb), alignment());
	struct jx_tcb *tcb = (struct jx_tcb *)tp - 1;

	tcb->thread = thread;
	memcpy((char *)tp + round_up(RESERVED_BYTES, alignment()), __tdata_start,
	       (size_t)__tdata_size);
	return tp;
}

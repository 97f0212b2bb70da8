/*
 * Fixed places around the thread pointer, TPIDR_EL0, that compilers of the
 * Fuchsia ABI use. Safe for assembly.
 */
#ifndef ZIRCON_TLS_H_
#define ZIRCON_TLS_H_

#define ZX_TLS_STACK_GUARD_OFFSET (-0x10)
#define ZX_TLS_UNSAFE_SP_OFFSET (-0x8)

#endif

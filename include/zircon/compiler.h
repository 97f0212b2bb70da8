/*
 * Portability macros for GCC and clang, in C and in C++. A macro that the
 * C library (or the kernel) has already defined is left alone.
 */
#ifndef ZIRCON_COMPILER_H_
#define ZIRCON_COMPILER_H_

#ifdef __cplusplus
#define __BEGIN_CDECLS extern "C" {
#define __END_CDECLS }
/* Compile-time checks of the layouts that abi.md fixes. */
#define __ZX_STATIC_ASSERT(cond, text) static_assert(cond, text)
#else
#define __BEGIN_CDECLS
#define __END_CDECLS
#define __ZX_STATIC_ASSERT(cond, text) _Static_assert(cond, text)
#endif

#ifndef __has_feature
#define __has_feature(x) 0
#endif

#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#endif
#ifndef unlikely
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

#ifndef __offsetof
#define __offsetof(type, field)	 __builtin_offsetof(type, field)
#endif

#define __NO_RETURN __attribute__((__noreturn__))
#define __NO_INLINE __attribute__((__noinline__))
#ifndef __ALWAYS_INLINE
#define __ALWAYS_INLINE __attribute__((__always_inline__))
#endif
#define __UNUSED __attribute__((__unused__))
#define __USED __attribute__((__used__))
#ifndef __PACKED
#define __PACKED __attribute__((__packed__))
#endif
#define __ALIGNED(n) __attribute__((__aligned__(n)))
#ifndef __WEAK
#define __WEAK __attribute__((__weak__))
#endif
#define __ALIAS(s) __attribute__((__alias__(s)))
#define __WEAK_ALIAS(s) __attribute__((__weak__, __alias__(s)))
#ifndef __EXPORT
#define __EXPORT __attribute__((__visibility__("default")))
#endif
#define __LOCAL __attribute__((__visibility__("hidden")))
#define __THREAD __thread
#define __SECTION(s) __attribute__((__section__(s)))
#define __PURE __attribute__((__pure__))
#ifndef __CONST
#define __CONST __attribute__((__const__))
#endif
#define __MALLOC __attribute__((__malloc__))
#define __MAY_ALIAS __attribute__((__may_alias__))
#define __RESTRICT __restrict
#define __CONSTRUCTOR __attribute__((__constructor__))
#define __DESTRUCTOR __attribute__((__destructor__))
/* Takes a parenthesised list: __NONNULL((1, 3)). */
#ifndef __NONNULL
#define __NONNULL(list) __attribute__((__nonnull__ list))
#endif
#define __PRINTFLIKE(fmt, args) __attribute__((__format__(__printf__, fmt, args)))
#define __SCANFLIKE(fmt, args) __attribute__((__format__(__scanf__, fmt, args)))
#define __WARN_UNUSED_RESULT __attribute__((__warn_unused_result__))
#define __FALLTHROUGH __attribute__((__fallthrough__))

#define __UNREACHABLE __builtin_unreachable()
#define __ISCONSTANT(x) __builtin_constant_p(x)
#define __GET_CALLER(x) __builtin_return_address(0)
#define __GET_FRAME(x) __builtin_frame_address(0)

/* True when the mathematical result does not fit *result. */
#define add_overflow(a, b, result) __builtin_add_overflow(a, b, result)
#define sub_overflow(a, b, result) __builtin_sub_overflow(a, b, result)
#define mul_overflow(a, b, result) __builtin_mul_overflow(a, b, result)

/* GCC for AArch64 has no naked functions: such code stands in .S files. */
#ifdef __clang__
#define __LEAF_FN
#define __NAKED __attribute__((__naked__))
#define __NO_SAFESTACK __attribute__((__no_sanitize__("safe-stack")))
#define __ZX_TA(x) __attribute__((x))
#else
#define __LEAF_FN __attribute__((__leaf__))
#define __NAKED
#define __NO_SAFESTACK
#define __ZX_TA(x)
#endif

/* Thread-safety annotations: clang checks them, GCC sees nothing. */
#define __TA_CAPABILITY(x) __ZX_TA(__capability__(x))
#define __TA_SCOPED_CAPABILITY __ZX_TA(__scoped_lockable__)
#define __TA_GUARDED(x) __ZX_TA(__guarded_by__(x))
#define __TA_ACQUIRE(...) __ZX_TA(__acquire_capability__(__VA_ARGS__))
#define __TA_TRY_ACQUIRE(...) __ZX_TA(__try_acquire_capability__(__VA_ARGS__))
#define __TA_ACQUIRED_BEFORE(...) __ZX_TA(__acquired_before__(__VA_ARGS__))
#define __TA_ACQUIRED_AFTER(...) __ZX_TA(__acquired_after__(__VA_ARGS__))
#define __TA_RELEASE(...) __ZX_TA(__release_capability__(__VA_ARGS__))
#define __TA_REQUIRES(...) __ZX_TA(__requires_capability__(__VA_ARGS__))
#define __TA_REQUIRES_SHARED(...) __ZX_TA(__requires_shared_capability__(__VA_ARGS__))
#define __TA_EXCLUDES(...) __ZX_TA(__locks_excluded__(__VA_ARGS__))
#define __TA_ASSERT(...) __ZX_TA(__assert_capability__(__VA_ARGS__))
#define __TA_RETURN_CAPABILITY(x) __ZX_TA(__lock_returned__(x))
#define __TA_NO_THREAD_SAFETY_ANALYSIS __ZX_TA(__no_thread_safety_analysis__)

#endif

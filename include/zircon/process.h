/*
 * Handles of the running program, from the message it was started with.
 * The values are borrowed: do not close them.
 */
#ifndef ZIRCON_PROCESS_H_
#define ZIRCON_PROCESS_H_

#include <stdint.h>

#include <zircon/types.h>

__BEGIN_CDECLS

/*
 * Hands over the start-up handle with this PA_HND() word, once; later calls
 * and unknown words give ZX_HANDLE_INVALID.
 */
zx_handle_t zx_take_startup_handle(uint32_t hnd_info);
zx_handle_t _zx_take_startup_handle(uint32_t hnd_info);

zx_handle_t zx_process_self(void);
zx_handle_t _zx_process_self(void);

/* The calling thread; invalid in a thread that the runtime did not start. */
zx_handle_t zx_thread_self(void);
zx_handle_t _zx_thread_self(void);

zx_handle_t zx_vmar_root_self(void);
zx_handle_t _zx_vmar_root_self(void);

zx_handle_t zx_job_default(void);
zx_handle_t _zx_job_default(void);

__END_CDECLS

#endif

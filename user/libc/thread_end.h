/* What a thread leaves behind, and who takes it away when the thread ends. */
#ifndef LIBC_THREAD_END_H
#define LIBC_THREAD_END_H

/*
 * Runs the calling thread's destructors: of C++ variables with thread storage,
 * youngest first, then of thread-specific storage. Before each end of a thread
 * that the runtime started, and at the beginning of exit().
 */
void jx_thread_end(void);
/* The part for thread-specific storage: only where the program has tss.c. */
void jx_tss_end(void) __attribute__((__weak__));
/* Prints what the thread has in its unfinished line; in user/crt/stdio.c. */
void jx_stdio_thread_end(void);

#endif

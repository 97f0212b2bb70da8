/* One stub per system call, made from syscalls/syscalls.tbl. */
#include <zx_stubs.S>

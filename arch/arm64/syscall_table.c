/*
 * The handler of each system call by number, for exception_entry.S.
 */
#include <syscall_numbers.h>
#include <syscall_protos.h>

#define SYSCALL(number, name, argument_count) [number] = (void *)sys_##name,

const void *const syscall_table[SYSCALL_COUNT] = {
#include <syscall_dispatch.inc>
};

/*
 * Kernel stacks are the host's.
 */
#include <mm/kstack.h>

void kstack_init(void)
{
}

/* Outside this kernel; <zircon/syscalls.h> and programs name the file. */
#ifndef ZIRCON_SYSCALLS_PCI_H_
#define ZIRCON_SYSCALLS_PCI_H_

#include <zircon/types.h>

#endif

/*
 * Every call that this kernel and its stub library have. Programs that use
 * packets, exceptions, registers, policy, resources, log records or clocks
 * include their <zircon/syscalls/...> header themselves.
 */
#ifndef ZIRCON_SYSCALLS_H_
#define ZIRCON_SYSCALLS_H_

#include <zircon/compiler.h>
#include <zircon/internal/absent.h>
#include <zircon/internal/prototypes.h>
#include <zircon/string_view.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/pager.h>
#include <zircon/syscalls/pci.h>
#include <zircon/syscalls/profile.h>
#include <zircon/syscalls/types.h>
#include <zircon/types.h>

#endif

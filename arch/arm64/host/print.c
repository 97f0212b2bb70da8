/*
 * Words of the host on the board's UART: polled, for a reader of the serial
 * line. A PL011, or the 16550-like mini UART of a Raspberry Pi, as the firmware
 * or the kernel has left it.
 */
#include <kernel/printk.h>
#include <kernel/symbols.h>

#include "host.h"

#define LINE_MAX 300		/* a record of the log, and a few words */

#define PL011_DR 0x00
#define PL011_FR 0x18
#define PL011_FR_FULL 0x20u
#define PL011_CR 0x30
#define PL011_CR_ON 0x101u

#define MINI_IO 0x00
#define MINI_LSR 0x14
#define MINI_LSR_ROOM 0x20u

static u32 read32(u64 address)
{
	return *(volatile u32 *)address;
}

static void write32(u64 address, u32 value)
{
	*(volatile u32 *)address = value;
}

static void put(char c)
{
	u64 uart = host_machine.uart.base;

	if (uart == 0)
		return;
	if (host_machine.uart_is_mini) {
		while (!(read32(uart + MINI_LSR) & MINI_LSR_ROOM))
			;
		write32(uart + MINI_IO, (u8)c);
		return;
	}
	if ((read32(uart + PL011_CR) & PL011_CR_ON) != PL011_CR_ON)
		write32(uart + PL011_CR, PL011_CR_ON);
	while (read32(uart + PL011_FR) & PL011_FR_FULL)
		;
	write32(uart + PL011_DR, (u8)c);
}

void host_print(const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list args;
	u32 i;

	va_start(args, fmt);
	kvsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	for (i = 0; line[i] != '\0'; i++) {
		if (line[i] == '\n')
			put('\r');
		put(line[i]);
	}
}

/* For %pS, which the host does not use: it carries no names. */
bool symbol_find(u64 address, struct symbol *found)
{
	(void)address;
	(void)found;
	return false;
}

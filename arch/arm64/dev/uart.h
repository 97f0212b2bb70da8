/*
 * Private to dev/: the two kinds of UART as the console sees them.
 */
#ifndef ARM64_DEV_UART_H
#define ARM64_DEV_UART_H

#include <kernel/types.h>

struct uart_ops {
	u32 data;		/* offset of the register that sends a byte */
	/* Interrupts off; line speed as it was. */
	void (*init)(void *regs);
	/* Waits until a byte fits; returns how many do for sure. */
	u32 (*wait_for_room)(const void *regs);
	void (*start_rx)(void *regs);
	/* Ends the interrupt: what comes from here on raises it again. */
	void (*acknowledge)(void *regs);
	/* The next byte received; false: there is none. */
	bool (*take)(void *regs, char *c);
};
extern const struct uart_ops pl011_ops, mini_uart_ops;

/* Leads the UART of the tree to pins 14 and 15 of a Raspberry Pi's header, and
 * gives it 115200 bits a second. Nothing on other boards. */
void raspi_route_uart(void *uart);

#endif

/*
 * The console's UART, whichever kind the device tree names: polled output,
 * received bytes by interrupt.
 */
#include "uart.h"

#include <arch/irq.h>
#include <arch/kmap.h>
#include <kernel/boot.h>
#include <kernel/printk.h>

#include "../dt.h"
#include "devices.h"
#include "gic.h"
#include "mmio.h"

/* Fixed after uart_init(). NULL: there is no UART. */
static void *regs;
static const struct uart_ops *ops;

void uart_init(void)
{
	if (dt_devices.uart.size == 0)
		return;
	regs = arch_map_device(paddr(dt_devices.uart.base),
			       dt_devices.uart.size);
	if (!regs)
		return;
	ops = dt_devices.uart_kind == UART_MINI ? &mini_uart_ops : &pl011_ops;
	raspi_route_uart(regs);
	ops->init(regs);
	console_start();
}

void arch_console_put(const char *s, size_t bytes)
{
	u32 room = 0;

	if (!regs)
		return;
	for (; bytes > 0; bytes--) {
		if (room == 0)
			room = ops->wait_for_room(regs);
		mmio_write32(regs, ops->data, (u8)*s++);
		room--;
	}
}

void arch_console_start_rx(void)
{
	if (!regs)
		return;
	ops->start_rx(regs);
	irqc_enable(dt_devices.uart_irq);
}

void uart_interrupt(void)
{
	char c;

	ops->acknowledge(regs);
	while (ops->take(regs, &c))
		console_receive(c);
}

/*
 * PL011 UART: polled output, received bytes by interrupt.
 *
 * Speed and format of the line stay as the firmware set them: the tree names a
 * clock, not a rate.
 */
#include <arch/irq.h>
#include <arch/kmap.h>
#include <kernel/boot.h>
#include <kernel/printk.h>

#include "../dt.h"
#include "devices.h"
#include "gic.h"
#include "mmio.h"

#define UART_DR 0x00
#define UART_FR 0x18
#define UART_LCRH 0x2c
#define UART_CR 0x30
#define UART_IMSC 0x38
#define UART_MIS 0x40
#define UART_ICR 0x44

#define DR_ERRORS 0xf00u
#define FR_BUSY 0x08u
#define FR_RX_EMPTY 0x10u
#define FR_TX_FULL 0x20u
#define FR_TX_EMPTY 0x80u
#define LCRH_8_BITS 0x60u
#define LCRH_FIFO 0x10u
#define CR_ENABLE 0x301u	/* the UART, its transmitter, its receiver */
#define INT_RX 0x10u		/* FIFO filled to its mark */
#define INT_RX_TIMEOUT 0x40u	/* not filled, and nothing more came */
#define INT_ALL 0x7ffu

#define FIFO_DEPTH 16u		/* 32 from revision r1p5 on */

/* Fixed after uart_init(). NULL: there is no UART. */
static void *uart;

void uart_init(void)
{
	if (dt_devices.uart.size == 0)
		return;
	uart = arch_map_device(paddr(dt_devices.uart.base),
			       dt_devices.uart.size);
	if (!uart)
		return;
	mmio_write32(uart, UART_IMSC, 0);
	/* Line control is changed with the UART idle and off. */
	while (mmio_read32(uart, UART_FR) & FR_BUSY)
		;
	mmio_write32(uart, UART_CR, 0);
	mmio_write32(uart, UART_ICR, INT_ALL);
	mmio_write32(uart, UART_LCRH, LCRH_8_BITS | LCRH_FIFO);
	mmio_write32(uart, UART_CR, CR_ENABLE);
	console_start();
}

/* Waits until at least one byte fits; returns how many do for sure. */
static u32 wait_for_room(void)
{
	u32 flags;

	do {
		flags = mmio_read32(uart, UART_FR);
	} while (flags & FR_TX_FULL);
	return flags & FR_TX_EMPTY ? FIFO_DEPTH : 1;
}

void arch_console_put(const char *s, size_t bytes)
{
	u32 room = 0;

	if (!uart)
		return;
	for (; bytes > 0; bytes--) {
		if (room == 0)
			room = wait_for_room();
		mmio_write32(uart, UART_DR, (u8)*s++);
		room--;
	}
}

void arch_console_start_rx(void)
{
	if (!uart)
		return;
	mmio_write32(uart, UART_IMSC, INT_RX | INT_RX_TIMEOUT);
	irqc_enable(dt_devices.uart_irq);
}

void uart_interrupt(void)
{
	u32 data;

	/* Cleared first: what comes from here on raises it again. */
	mmio_write32(uart, UART_ICR, mmio_read32(uart, UART_MIS));
	while (!(mmio_read32(uart, UART_FR) & FR_RX_EMPTY)) {
		data = mmio_read32(uart, UART_DR);
		/* Break, parity, framing: not what was sent. An overrun (the
		 * highest bit) lost other bytes, not this one. */
		if (!(data & DR_ERRORS & ~0x800u))
			console_receive((char)data);
	}
}

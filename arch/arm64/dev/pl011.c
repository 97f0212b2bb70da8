/*
 * PL011 UART.
 *
 * Speed and format of the line stay as the firmware set them: the tree names a
 * clock, not a rate.
 */
#include "mmio.h"
#include "uart.h"

#define UART_DR 0x00
#define UART_FR 0x18
#define UART_LCRH 0x2c
#define UART_CR 0x30
#define UART_IMSC 0x38
#define UART_MIS 0x40
#define UART_ICR 0x44

#define DR_ERRORS 0xf00u
#define DR_OVERRUN 0x800u
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

static void init(void *regs)
{
	mmio_write32(regs, UART_IMSC, 0);
	/* Line control is changed with the UART idle and off. */
	while (mmio_read32(regs, UART_FR) & FR_BUSY)
		;
	mmio_write32(regs, UART_CR, 0);
	mmio_write32(regs, UART_ICR, INT_ALL);
	mmio_write32(regs, UART_LCRH, LCRH_8_BITS | LCRH_FIFO);
	mmio_write32(regs, UART_CR, CR_ENABLE);
}

static u32 wait_for_room(const void *regs)
{
	u32 flags;

	do {
		flags = mmio_read32(regs, UART_FR);
	} while (flags & FR_TX_FULL);
	return flags & FR_TX_EMPTY ? FIFO_DEPTH : 1;
}

static void start_rx(void *regs)
{
	mmio_write32(regs, UART_IMSC, INT_RX | INT_RX_TIMEOUT);
}

static void acknowledge(void *regs)
{
	mmio_write32(regs, UART_ICR, mmio_read32(regs, UART_MIS));
}

static bool take(void *regs, char *c)
{
	u32 data;

	while (!(mmio_read32(regs, UART_FR) & FR_RX_EMPTY)) {
		data = mmio_read32(regs, UART_DR);
		*c = (char)data;
		/* Break, parity, framing: not what was sent. An overrun lost
		 * other bytes, not this one. */
		if (!(data & DR_ERRORS & ~DR_OVERRUN))
			return true;
	}
	return false;
}

const struct uart_ops pl011_ops = {
	.data = UART_DR,
	.init = init,
	.wait_for_room = wait_for_room,
	.start_rx = start_rx,
	.acknowledge = acknowledge,
	.take = take,
};

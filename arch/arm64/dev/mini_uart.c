/*
 * The mini UART of a Raspberry Pi (BCM2835 ARM Peripherals, 2.2): like a 16550,
 * with 8 bytes each way. The firmware has set its speed, which hangs on the
 * clock of the GPU's core (config.txt: enable_uart=1).
 */
#include "mmio.h"
#include "uart.h"

#define MU_IO 0x00
#define MU_IER 0x04
#define MU_IIR 0x08
#define MU_LCR 0x0c
#define MU_LSR 0x14
#define MU_CNTL 0x20

#define IER_RX 5u		/* the data sheet's 2 is wrong; see its errata */
#define IIR_CLEAR_FIFOS 6u
#define LCR_8_BITS 3u
#define LSR_RX_READY 0x01u
#define LSR_TX_ROOM 0x20u
#define LSR_TX_IDLE 0x40u
#define CNTL_ENABLE 3u		/* transmitter and receiver */

#define FIFO_DEPTH 8u

static void init(void *regs)
{
	mmio_write32(regs, MU_IER, 0);
	mmio_write32(regs, MU_LCR, LCR_8_BITS);
	mmio_write32(regs, MU_CNTL, CNTL_ENABLE);
}

static u32 wait_for_room(const void *regs)
{
	u32 status;

	do {
		status = mmio_read32(regs, MU_LSR);
	} while (!(status & LSR_TX_ROOM));
	return status & LSR_TX_IDLE ? FIFO_DEPTH : 1;
}

static void start_rx(void *regs)
{
	mmio_write32(regs, MU_IIR, IIR_CLEAR_FIFOS);
	mmio_write32(regs, MU_IER, IER_RX);
}

/* Reading the bytes ends the interrupt. */
static void acknowledge(void *regs)
{
	(void)regs;
}

static bool take(void *regs, char *c)
{
	if (!(mmio_read32(regs, MU_LSR) & LSR_RX_READY))
		return false;
	*c = (char)mmio_read32(regs, MU_IO);
	return true;
}

const struct uart_ops mini_uart_ops = {
	.data = MU_IO,
	.init = init,
	.wait_for_room = wait_for_room,
	.start_rx = start_rx,
	.acknowledge = acknowledge,
	.take = take,
};

/*
 * Pins 14 and 15 of a Raspberry Pi's header, where one plugs a serial cable:
 * both UARTs can be led there, and the one that is the console is. So a change
 * of /chosen/stdout-path needs no change of cables.
 */
#include <arch/kmap.h>

#include "../dt.h"
#include "mmio.h"
#include "uart.h"

#define GPFSEL1 0x04		/* three bits a pin, from pin 10 */
#define PIN14_SHIFT 12
#define PIN15_SHIFT 15
#define FUNCTION_MASK 7u
#define FUNCTION_ALT0 4u	/* PL011 */
#define FUNCTION_ALT5 2u	/* mini UART */

/* 48 MHz / (16 x 115200) = 26.04, in 64ths: the clock that the firmware gives
 * the PL011 unless config.txt has another init_uart_clock. */
#define PL011_IBRD 0x24
#define PL011_FBRD 0x28
#define PL011_CR 0x30
#define IBRD_115200 26u
#define FBRD_115200 3u

static void select_function(void *gpio, u32 function)
{
	u32 value = mmio_read32(gpio, GPFSEL1);

	value &= ~(FUNCTION_MASK << PIN14_SHIFT | FUNCTION_MASK << PIN15_SHIFT);
	value |= function << PIN14_SHIFT | function << PIN15_SHIFT;
	mmio_write32(gpio, GPFSEL1, value);
}

void raspi_route_uart(void *uart)
{
	void *gpio;

	if (dt_devices.raspi_gpio.size == 0)
		return;
	gpio = arch_map_device(paddr(dt_devices.raspi_gpio.base),
			       dt_devices.raspi_gpio.size);
	if (!gpio)
		return;
	if (dt_devices.uart_kind == UART_MINI) {
		select_function(gpio, FUNCTION_ALT5);
		return;
	}
	/* The speed is taken over by the write of line control that follows;
	 * the UART is off meanwhile. */
	mmio_write32(uart, PL011_CR, 0);
	mmio_write32(uart, PL011_IBRD, IBRD_115200);
	mmio_write32(uart, PL011_FBRD, FBRD_115200);
	select_function(gpio, FUNCTION_ALT0);
}

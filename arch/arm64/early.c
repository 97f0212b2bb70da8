/*
 * Last words of the boot phase. See early.h.
 */
#include <arch/cpu.h>
#include <arch/irq.h>
#include <arch/mmu_impl.h>
#include <kernel/boot.h>
#include <kernel/printk.h>

#include "boot.h"
#include "dt.h"
#include "early.h"
#include "psci.h"

/* The mini UART of a Raspberry Pi: the firmware has set it up. */
#define MINI_IO 0x00
#define MINI_LSR 0x14
#define MINI_LSR_ROOM 0x20

/* PL011, enough to send text at the speed that firmware left set. */
#define PL011_DR 0x00
#define PL011_FR 0x18
#define PL011_FR_TXFF (1u << 5)
#define PL011_LCRH 0x2c
#define PL011_LCRH_8BIT_FIFO 0x70
#define PL011_CR 0x30
#define PL011_CR_TX_ON 0x101

#define MESSAGE_MAX 256

/* Boot CPU only. */
static u64 uart;		/* 0: none */
static enum dt_uart_kind uart_kind;
static bool said;		/* the sentence is out */
static bool failing;

static void uart_write(u32 reg, u32 value)
{
	*(volatile u32 *)(uart + reg) = value;
}

void early_console_set(u64 uart_paddr, enum dt_uart_kind kind)
{
	idmap_add(uart_paddr, MAIR_INDEX_DEVICE);
	uart = uart_paddr;
	uart_kind = kind;
	if (kind == UART_MINI)
		return;
	uart_write(PL011_LCRH, PL011_LCRH_8BIT_FIFO);
	uart_write(PL011_CR, PL011_CR_TX_ON);
}

static bool uart_has_room(void)
{
	if (uart_kind == UART_MINI)
		return *(volatile u32 *)(uart + MINI_LSR) & MINI_LSR_ROOM;
	return !(*(volatile u32 *)(uart + PL011_FR) & PL011_FR_TXFF);
}

static void uart_print(const char *text)
{
	for (; *text != '\0'; text++) {
		while (!uart_has_room())
			;
		uart_write(uart_kind == UART_MINI ? MINI_IO : PL011_DR,
			   (u8)*text);
	}
}

void early_fail(const char *fmt, ...)
{
	char text[MESSAGE_MAX] = "jacinth: cannot start: ";
	size_t used = __builtin_strlen(text);
	va_list args;

	va_start(args, fmt);
	used += kvsnprintf(text + used, sizeof(text) - used - 1, fmt, args);
	va_end(args);
	text[used] = '\n';
	text[used + 1] = '\0';
	if (uart != 0)
		uart_print(text);
	else
		semihosting_print(text);
	said = true;
	arch_power_off(1);
}

/* From boot.S: an exception before the real vectors are in place. */
void boot_exception(u64 esr, u64 elr, u64 far)
{
	/* Semihosting is an undefined instruction where it is not enabled. */
	if (said)
		psci_system_off();
	/* The report itself may be what fails; then this CPU just stops. */
	while (failing)
		arch_cpu_wait();
	failing = true;
	early_fail("exception in the boot code: ESR %lx, at image + 0x%lx, "
		   "address %lx", esr, elr - (u64)image_start, far);
}

/*
 * Last words of the boot phase. See early.h.
 */
#include <arch/cpu.h>
#include <arch/irq.h>
#include <arch/mmu_impl.h>
#include <kernel/boot.h>
#include <kernel/printk.h>

#include "boot.h"
#include "dev/mmio.h"
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

/* What each PL011 says it is, a byte a word. */
#define PRIMECELL_ID 0xfe0
#define PRIMECELL_ID_MASK 0xff0fffffu	/* without its revision */
#define PRIMECELL_ID_PL011 0x00041011u

#define MESSAGE_MAX 256
#define PREFIX "jacinth: cannot start: "

/* Where machines of ours have a PL011, for a sentence when there is no tree:
 * QEMU's virt, Raspberry Pi 4 and 3. */
static const u64 likely_uarts[] = { 0x9000000, 0xfe201000, 0x3f201000 };

/* Boot CPU only. */
static u64 uart;		/* 0: none */
static enum dt_uart_kind uart_kind;
static char text[MESSAGE_MAX] = PREFIX;
static u32 likely_count;	/* of likely_uarts, tried so far */
static bool said;		/* the sentence is out */
static bool failing;

static void uart_write(u32 reg, u32 value)
{
	mmio_write32((void *)uart, reg, value);
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
	void *base = (void *)uart;

	if (uart_kind == UART_MINI)
		return mmio_read32(base, MINI_LSR) & MINI_LSR_ROOM;
	return !(mmio_read32(base, PL011_FR) & PL011_FR_TXFF);
}

static void uart_print(const char *s)
{
	for (; *s != '\0'; s++) {
		while (!uart_has_room())
			;
		uart_write(uart_kind == UART_MINI ? MINI_IO : PL011_DR, (u8)*s);
	}
}

static bool is_pl011(u64 pa)
{
	u32 i, id = 0;

	idmap_add(pa, MAIR_INDEX_DEVICE);
	for (i = 0; i < 4; i++)
		id |= (mmio_read32((void *)pa, PRIMECELL_ID + 4 * i) & 0xff) <<
		      8 * i;
	return (id & PRIMECELL_ID_MASK) == PRIMECELL_ID_PL011;
}

/* Where nothing is, the read may end in boot_exception(), which goes on here. */
static void find_uart(void)
{
	u64 pa;

	while (uart == 0 && likely_count < ARRAY_SIZE(likely_uarts)) {
		pa = likely_uarts[likely_count++];
		if (is_pl011(pa))
			early_console_set(pa, UART_PL011);
	}
}

static void say_and_stop(void) NORETURN;
static void say_and_stop(void)
{
	find_uart();
	if (uart != 0)
		uart_print(text);
	else
		semihosting_print(text);
	said = true;
	arch_power_off(1);
}

void early_fail(const char *fmt, ...)
{
	size_t used = sizeof(PREFIX) - 1;
	va_list args;

	va_start(args, fmt);
	used += kvsnprintf(text + used, sizeof(text) - used - 1, fmt, args);
	va_end(args);
	text[used] = '\n';
	text[used + 1] = '\0';
	say_and_stop();
}

/* From boot.S: an exception before the real vectors are in place. */
void boot_exception(u64 esr, u64 elr, u64 far)
{
	/* In find_uart(). */
	if (uart == 0 && likely_count != 0 && !said)
		say_and_stop();
	/* Semihosting is an undefined instruction where it is not enabled. */
	if (said && !failing) {
		failing = true;
		psci_system_off();
	}
	/* The report itself may be what fails; then this CPU just stops. */
	while (failing)
		arch_cpu_wait();
	failing = true;
	early_fail("exception in the boot code: ESR %lx, at image + 0x%lx, "
		   "address %lx", esr, elr - (u64)image_start, far);
}

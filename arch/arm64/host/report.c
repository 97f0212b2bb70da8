/*
 * Last words: why, the registers of EL1, the walk of the address that it failed
 * at, the last of its log; then power off. By the first CPU that comes here;
 * others stop, so that one report stands alone.
 *
 * Every access to EL1's memory is checked to be RAM: what is reported on may be
 * arbitrarily broken.
 */
#include <kernel/logring.h>
#include "abi.h"
#include "host.h"
#include "regs.h"

#define LOG_BYTES_SHOWN 2048
#define ENTRY_VALID 1ul
#define ENTRY_TABLE 2ul
#define ENTRY_ADDRESS 0xfffffffff000ul
#define SCTLR_M 1ul
#define SEMIHOSTING_EXIT_EXTENDED 0x20
#define SEMIHOSTING_APPLICATION_EXIT 0x20026

/* Atomic: taken once and for all. */
static u32 reporting;
/* Fixed by the kernel's call; 0: none. */
static u64 log_ring;

s64 report_set_log(u64 ring)
{
	if (ring % 8 != 0 || !stage2_is_ram(ring, sizeof(struct log_ring)))
		return HOST_BAD_ARGUMENT;
	log_ring = ring;
	return 0;
}

static void print_registers(const struct host_regs *regs)
{
	u32 i;

	for (i = 0; i < 31; i++)
		host_print("%sx%u=%016lx", i % 4 == 0 ? "\nhost:   " : " ", i,
			   regs->x[i]);
	host_print("\nhost:   pc=%016lx pstate=%08lx sp_el1=%016lx sp_el0=%016lx\n",
		   regs->pc, regs->pstate, READ_REG("sp_el1"),
		   READ_REG("sp_el0"));
	host_print("host:   esr_el1=%08lx elr_el1=%016lx far_el1=%016lx "
		   "vbar_el1=%016lx\n", READ_REG("esr_el1"),
		   READ_REG("elr_el1"), READ_REG("far_el1"),
		   READ_REG("vbar_el1"));
}

/* EL1's tables for va, level by level, as its registers stand: 48-bit halves
 * and pages of 4 KiB, or nothing is said. */
static void print_walk(u64 va)
{
	bool high = va >> 55 & 1;
	u64 tcr = READ_REG("tcr_el1");
	u64 table = high ? READ_REG("ttbr1_el1") : READ_REG("ttbr0_el1");
	u64 size = (high ? tcr >> 16 : tcr) & 63;
	u64 entry = 0;
	u32 level;

	if (!(READ_REG("sctlr_el1") & SCTLR_M) || size != 16)
		return;
	host_print("host: walk of %016lx:", va);
	for (level = 0; level < 4; level++) {
		u64 at = (table & ENTRY_ADDRESS) +
			 (va >> (39 - 9 * level) & 511) * 8;

		if (!stage2_is_ram(at, 8)) {
			host_print(" table at %lx is no RAM", at);
			break;
		}
		entry = *(volatile u64 *)at;
		host_print(" L%u %016lx", level, entry);
		if (!(entry & ENTRY_VALID) || !(entry & ENTRY_TABLE))
			break;
		table = entry;
	}
	host_print("\n");
}

/* The records from `position` to the head. Bounded: a ring that makes no sense
 * ends after as many records as could fit. */
static void print_records(const struct log_ring *ring, u64 position)
{
	union log_record r;
	u32 left = LOG_RING_WORDS / 4;

	for (; position < ring->head && left > 0; left--) {
		position = log_ring_copy(ring, position, &r);
		host_print("host: | %.*s\n",
			   (int)min_u64(r.header.datalen,
					ZX_LOG_RECORD_DATA_MAX),
			   r.header.data);
	}
}

static void print_log(void)
{
	const struct log_ring *ring = (const struct log_ring *)log_ring;
	u64 position;

	if (!ring)
		return;
	position = ring->tail;
	if (position > ring->head || ring->head - position > LOG_RING_WORDS)
		return;
	while (ring->head - position > LOG_BYTES_SHOWN / sizeof(u64))
		position = log_ring_next(ring, position);
	host_print("host: the last of its log:\n");
	print_records(ring, position);
}

static bool is_abort(u64 esr)
{
	return ESR_CLASS(esr) == CLASS_FETCH_BELOW ||
	       ESR_CLASS(esr) == CLASS_DATA_BELOW;
}

/* By semihosting if the boot arguments ask for it, so that whoever started the
 * emulator sees a failure; else there is only power off. */
static void end_with_failure(void) NORETURN;
static void end_with_failure(void)
{
	static const u64 block[2] = { SEMIHOSTING_APPLICATION_EXIT, 1 };

	host_print("host: the end\n");
	if (host_machine.has_semihosting) {
		register u64 operation __asm__("x0") = SEMIHOSTING_EXIT_EXTENDED;
		register const u64 *argument __asm__("x1") = block;

		__asm__ volatile("hlt #0xf000"
				 : "+r"(operation) : "r"(argument) : "memory");
	}
	psci_system_off();
}

/* One CPU goes on; acquire is not needed, nothing is handed over. */
static void be_the_one(void)
{
	if (__atomic_exchange_n(&reporting, 1, __ATOMIC_RELAXED) != 0)
		for (;;)
			__asm__ volatile("wfi");
}

void host_fail(const char *why, u64 value)
{
	be_the_one();
	host_print("\nhost: %s 0x%lx\n", why, value);
	end_with_failure();
}

void report_and_end(const struct host_regs *regs, const char *why, u64 value)
{
	be_the_one();
	host_print("\nhost: CPU %u: %s 0x%lx",
		   (u32)(host_cpu() - host_cpus), why, value);
	print_registers(regs);
	vgic_print();
	if (is_abort(READ_REG("esr_el2")))
		print_walk(READ_REG("far_el2"));
	print_walk(READ_REG("far_el1"));
	print_walk(regs->pc);
	print_log();
	end_with_failure();
}

/* entry.S: an exception of the host's own. */
void host_own_fault(u64 esr, u64 elr, u64 far) NORETURN;
void host_own_fault(u64 esr, u64 elr, u64 far)
{
	be_the_one();
	host_print("\nhost: it failed itself: ESR 0x%lx at 0x%lx, address 0x%lx, "
		   "loaded at 0x%lx\n", esr, elr, far, (u64)host_start);
	end_with_failure();
}

/* libfdt.a was compiled with the stack protector. */
u64 __stack_chk_guard = 0x6a61636e4b2e7468ul;
void __stack_chk_fail(void) NORETURN;
void __stack_chk_fail(void)
{
	host_fail("libfdt wrote past an array on its stack", 0);
}

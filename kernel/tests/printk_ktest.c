/*
 * The kernel's voice: formats, symbols, records.
 */
#include <kernel/ktest.h>
#include <kernel/printk.h>
#include <kernel/symbols.h>

static bool same_text(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static bool begins_with(const char *text, const char *prefix)
{
	while (*prefix != '\0' && *text == *prefix) {
		text++;
		prefix++;
	}
	return *prefix == '\0';
}

/* The compiler's va_list of this machine, and the widths that are used. */
KTEST(printk_formats_numbers_and_text)
{
	const char *want = "-5 7 fedcba9876543210 text c 0a|   42|42   |";
	char buf[64];
	int length;

	length = ksnprintf(buf, sizeof(buf), "%d %u %lx %s %c %02x|%5d|%-5d|",
			   -5, 7u, 0xfedcba9876543210ul, "text", 'c', 10, 42,
			   42);
	KEXPECT_TRUE(t, same_text(buf, want));
	KEXPECT_EQ(t, length, 44);
	/* More arguments than registers hold. */
	ksnprintf(buf, sizeof(buf), "%d%d%d%d%d%d%d%d%ld%d", 1, 2, 3, 4, 5, 6,
		  7, 8, 9l, 10);
	KEXPECT_TRUE(t, same_text(buf, "12345678910"));
	KEXPECT_EQ(t, ksnprintf(buf, 4, "%s", "abcdef"), 3);
}

KTEST(printk_names_functions)
{
	char buf[64];
	struct symbol s;

	KEXPECT_TRUE(t, symbol_find((u64)&ktest_run_all, &s));
	KEXPECT_TRUE(t, same_text(s.name, "ktest_run_all"));
	KEXPECT_EQ(t, s.offset, 0);
	KEXPECT_TRUE(t, symbol_find((u64)&ktest_run_all + 4, &s));
	KEXPECT_TRUE(t, same_text(s.name, "ktest_run_all"));
	KEXPECT_EQ(t, s.offset, 4);
	KEXPECT_TRUE(t, !symbol_find((u64)buf, &s));
	KEXPECT_TRUE(t, !symbol_find(0, &s));
	ksnprintf(buf, sizeof(buf), "%pS", (void *)&ktest_run_all);
	KEXPECT_TRUE(t, begins_with(buf, "ktest_run_all+0x0"));
}

/* Room for any record, aligned as its words are. */
union buffer {
	zx_log_record_t header;
	char bytes[ZX_LOG_RECORD_MAX];
};

/* Reads on until a record of this pid comes; false if there is none. */
static bool find_record(u64 *sequence, union buffer *r, u64 pid)
{
	while (printk_read(sequence, &r->header) > 0)
		if (r->header.pid == pid)
			return true;
	return false;
}

#define MARK_PID 0x6b74657374ul		/* no process has this koid */

/* What is written is read: whole, in order, stamped. */
KTEST(log_keeps_records)
{
	const char text[] = "ktest: a record of the log";
	const size_t length = sizeof(text) - 1;
	union buffer r;
	u64 sequence = 0;

	KEXPECT_TRUE(t, !find_record(&sequence, &r, MARK_PID));
	log_write_user(MARK_PID, 77, ZX_LOG_WARNING, text, length);
	KEXPECT_TRUE(t, printk_is_readable(sequence));
	KEXPECT_TRUE(t, find_record(&sequence, &r, MARK_PID));
	KEXPECT_EQ(t, r.header.datalen, length);
	KEXPECT_EQ(t, r.header.tid, 77);
	KEXPECT_EQ(t, r.header.severity, ZX_LOG_WARNING);
	KEXPECT_TRUE(t, r.header.timestamp > 0);
	r.bytes[sizeof(zx_log_record_t) + length] = '\0';
	KEXPECT_TRUE(t, same_text(r.bytes + sizeof(zx_log_record_t), text));
	KEXPECT_TRUE(t, !find_record(&sequence, &r, MARK_PID));
}

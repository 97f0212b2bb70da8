/*
 * kernel/format.c against what the C library prints, and on its own terms where
 * the two differ: %p, %pS, the return value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <kernel/printk.h>
#include <kernel/symbols.h>

/* The symbol table of this test: one function at 0x1000. */
bool symbol_find(u64 address, struct symbol *found)
{
	if (address < 0x1000 || address >= 0x2000)
		return false;
	found->offset = address - 0x1000;
	strcpy(found->name, "some_function");
	return true;
}

/* Formats by both and compares text and length. */
static void same_as_libc(int line, const char *fmt, ...)
{
	char ours[256], theirs[256];
	va_list args;
	int length;

	va_start(args, fmt);
	length = kvsnprintf(ours, sizeof(ours), fmt, args);
	va_end(args);
	va_start(args, fmt);
	vsnprintf(theirs, sizeof(theirs), fmt, args);
	va_end(args);
	if (strcmp(ours, theirs) != 0)
		fail_msg("line %d: \"%s\" gives \"%s\", not \"%s\"", line, fmt,
			 ours, theirs);
	assert_int_equal(length, strlen(theirs));
}

#define SAME(...) same_as_libc(__LINE__, __VA_ARGS__)

static void numbers(void **state)
{
	(void)state;
	SAME("%d %i %u", 0, -1, 4000000000u);
	SAME("%d %d", INT32_MIN, INT32_MAX);
	SAME("%ld %ld %lu", INT64_MIN, INT64_MAX, UINT64_MAX);
	SAME("%lld %llu", (long long)INT64_MIN, (unsigned long long)UINT64_MAX);
	SAME("%x %X %lx %#x %#lx", 0xdeadbeefu, 0xdeadbeefu, UINT64_MAX, 0x10u,
	     0x123456789abcdeful);
	SAME("%zu %zd %zx", (size_t)12345, (ssize_t)-5, (size_t)0xabc);
	SAME("%c%c%c", 'a', '%', 'z');
}

static void widths(void **state)
{
	(void)state;
	SAME("[%5d] [%-5d] [%05d]", 42, 42, 42);
	SAME("[%5d] [%-5d] [%05d]", -42, -42, -42);
	SAME("[%02x] [%08lx] [%#010x]", 7u, 0xabcul, 0x1fu);
	SAME("[%3d] [%03d]", 123456, 123456);
	SAME("[%*d] [%-*d]", 7, 1, 7, 2);
	SAME("[%4c] [%-4c]", 'x', 'y');
	SAME("[%20lu]", UINT64_MAX);
	SAME("[%30lu] [%030ld]", UINT64_MAX, INT64_MIN);
}

static void strings(void **state)
{
	const char open_ended[4] = { 'a', 'b', 'c', 'd' };

	(void)state;
	SAME("%s|%s", "", "text");
	SAME("[%8s] [%-8s] [%2s]", "abc", "abc", "abc");
	SAME("[%.2s] [%.0s] [%8.2s]", "abc", "abc", "abc");
	SAME("[%.*s]", 4, open_ended);
	SAME("100%% of %s", "it");
}

static void pointers_and_symbols(void **state)
{
	char buf[64];

	(void)state;
	ksnprintf(buf, sizeof(buf), "%p", (void *)0xffff000000001234);
	assert_string_equal(buf, "0xffff000000001234");
	ksnprintf(buf, sizeof(buf), "%p", NULL);
	assert_string_equal(buf, "0x0000000000000000");
	ksnprintf(buf, sizeof(buf), "<%pS>", (void *)0x1024);
	assert_string_equal(buf, "<some_function+0x24>");
	ksnprintf(buf, sizeof(buf), "<%pS>", (void *)0x2000);
	assert_string_equal(buf, "<0x2000>");
}

/* Text that does not fit is cut, closed, and its length is what is stored. */
static void buffers(void **state)
{
	char buf[8];

	(void)state;
	memset(buf, 'x', sizeof(buf));
	assert_int_equal(ksnprintf(buf, 5, "%s", "abcdefgh"), 4);
	assert_memory_equal(buf, "abcd\0xxx", 8);
	assert_int_equal(ksnprintf(buf, 5, "%20d", 1), 4);
	assert_memory_equal(buf, "    \0xxx", 8);
	assert_int_equal(ksnprintf(buf, 1, "%d", 1), 0);
	assert_int_equal(buf[0], 0);
	buf[0] = 'k';
	assert_int_equal(ksnprintf(buf, 0, "%d", 1), 0);
	assert_int_equal(buf[0], 'k');
}

/* What a careless format holds does no harm. */
static void odd_formats(void **state)
{
	/* Not constants: the compiler would refuse them. */
	const char *volatile open = "ab%", *volatile width = "ab%-08",
		   *volatile unknown = "%q%5k.", *volatile null = "%s";
	char buf[32];

	(void)state;
	ksnprintf(buf, sizeof(buf), open);
	assert_string_equal(buf, "ab");
	ksnprintf(buf, sizeof(buf), width);
	assert_string_equal(buf, "ab");
	ksnprintf(buf, sizeof(buf), unknown);
	assert_string_equal(buf, "qk.");
	ksnprintf(buf, sizeof(buf), null, NULL);
	assert_string_equal(buf, "(null)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(widths),
		cmocka_unit_test(strings),
		cmocka_unit_test(pointers_and_symbols),
		cmocka_unit_test(buffers),
		cmocka_unit_test(odd_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

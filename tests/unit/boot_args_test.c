/*
 * Boot arguments: what is found, what is not, and where init's part begins.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <kernel/boot.h>

static void set_args(const char *args)
{
	snprintf(boot_info.args, sizeof(boot_info.args), "%s", args);
}

static void finds_values(void **state)
{
	char buf[16];

	(void)state;
	set_args("  ktest panic=exit seed=12  empty= panic=halt");
	assert_true(boot_get_arg("panic", buf, sizeof(buf)));
	assert_string_equal(buf, "halt");	/* the last one */
	assert_true(boot_get_arg("seed", buf, sizeof(buf)));
	assert_string_equal(buf, "12");
	assert_true(boot_get_arg("empty", buf, sizeof(buf)));
	assert_string_equal(buf, "");
	assert_false(boot_get_arg("ktest", buf, sizeof(buf)));
	assert_true(boot_has_arg("ktest"));
	assert_true(boot_has_arg("seed"));
}

/* Neither a part of a name nor a value counts as the name. */
static void wants_whole_names(void **state)
{
	char buf[16];

	(void)state;
	set_args("panics=1 xpanic=2 a=panic");
	assert_false(boot_has_arg("panic"));
	assert_false(boot_get_arg("panic", buf, sizeof(buf)));
	assert_false(boot_has_arg("pani"));
}

static void cuts_long_values(void **state)
{
	char buf[4] = "xxx";

	(void)state;
	set_args("name=abcdef");
	assert_true(boot_get_arg("name", buf, sizeof(buf)));
	assert_string_equal(buf, "abc");
	assert_false(boot_get_arg("name", buf, 0));
}

static void stops_at_the_dashes(void **state)
{
	(void)state;
	set_args("one --two=2 --  three  -- four");
	assert_true(boot_has_arg("--two"));
	assert_false(boot_has_arg("three"));
	assert_string_equal(boot_init_args(), "three  -- four");
	set_args("-- x");
	assert_string_equal(boot_init_args(), "x");
	set_args("one --");
	assert_string_equal(boot_init_args(), "");
	set_args("one two");
	assert_string_equal(boot_init_args(), "");
	set_args("");
	assert_string_equal(boot_init_args(), "");
	assert_false(boot_has_arg("one"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_values),
		cmocka_unit_test(wants_whole_names),
		cmocka_unit_test(cuts_long_values),
		cmocka_unit_test(stops_at_the_dashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

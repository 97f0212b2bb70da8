/*
 * The bootstrap message: what is made can be read, and whatever a hostile starter
 * sends is refused without a look beyond the message (ASan guards its ends).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jx/procargs.h>

static const char *const args[] = { "program", "", "two words" };
static const char *const environ_strings[] = { "A=1", "B=" };
static const char *const names[] = { "/data" };
static const uint32_t words[] = { PA_PROC_SELF, PA_HND(PA_USER0, 7) };

static const struct jx_procargs_plan plan = {
	.handle_info = words, .handle_count = 2,
	.args = { args, 3 }, .environ = { environ_strings, 2 }, .names = { names, 1 },
};

/* The plan's message in a block of just its size. */
static char *make(size_t *size)
{
	char *bytes;

	*size = jx_procargs_bytes(&plan);
	assert_int_not_equal(*size, 0);
	bytes = malloc(*size);
	jx_procargs_write(&plan, bytes);
	return bytes;
}

static void made_is_read(void **state)
{
	struct jx_procargs found;
	char *list[4];
	size_t size;
	char *bytes = make(&size);

	(void)state;
	assert_int_equal(jx_procargs_parse(bytes, size, 2, &found), ZX_OK);
	assert_int_equal(found.handle_info[1], PA_HND(PA_USER0, 7));
	jx_string_area_list(&found.args, list);
	for (int i = 0; i < 3; i++)
		assert_string_equal(list[i], args[i]);
	assert_null(list[3]);
	jx_string_area_list(&found.environ, list);
	assert_string_equal(list[1], "B=");
	assert_null(list[2]);
	jx_string_area_list(&found.names, list);
	assert_string_equal(list[0], "/data");
	free(bytes);
}

/* An area without strings may lie anywhere. */
static void empty_areas(void **state)
{
	zx_proc_args_t head = {
		.protocol = ZX_PROCARGS_PROTOCOL, .version = ZX_PROCARGS_VERSION,
		.handle_info_off = 36, .args_off = UINT32_MAX, .environ_off = 1,
		.names_off = 1u << 31,
	};
	struct jx_procargs found;
	char *list[1] = { (char *)&head };

	(void)state;
	assert_int_equal(jx_procargs_parse(&head, sizeof(head), 0, &found), ZX_OK);
	jx_string_area_list(&found.args, list);
	assert_null(list[0]);
}

static void refused(const char *bytes, size_t size, uint32_t handle_count)
{
	struct jx_procargs found = { .handle_count = 77 };
	char *copy = malloc(size ? size : 1);

	memcpy(copy, bytes, size);
	assert_int_equal(jx_procargs_parse(copy, size, handle_count, &found),
			 ZX_ERR_INVALID_ARGS);
	assert_int_equal(found.handle_count, 77);
	free(copy);
}

/* Each field with values that it must not have, one at a time. */
static void wrong_fields(void **state)
{
	static const struct {
		size_t field;
		uint32_t value;
	} wrong[] = {
		{ offsetof(zx_proc_args_t, protocol), 0 },
		{ offsetof(zx_proc_args_t, version), 0x2000 },
		{ offsetof(zx_proc_args_t, handle_info_off), 37 },
		{ offsetof(zx_proc_args_t, handle_info_off), UINT32_MAX - 3 },
		{ offsetof(zx_proc_args_t, args_off), UINT32_MAX },
		{ offsetof(zx_proc_args_t, args_num), 100 },
		{ offsetof(zx_proc_args_t, args_num), UINT32_MAX },
		{ offsetof(zx_proc_args_t, environ_off), 1u << 31 },
		{ offsetof(zx_proc_args_t, environ_num), UINT32_MAX },
		{ offsetof(zx_proc_args_t, names_num), 2 },
		{ offsetof(zx_proc_args_t, names_off), 100000 },
	};
	size_t size;
	char *bytes = make(&size);

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint32_t good;

		memcpy(&good, bytes + wrong[i].field, sizeof(good));
		memcpy(bytes + wrong[i].field, &wrong[i].value, sizeof(good));
		refused(bytes, size, 2);
		memcpy(bytes + wrong[i].field, &good, sizeof(good));
	}
	free(bytes);
}

/* Cut off anywhere, and with more handles than words. */
static void short_messages(void **state)
{
	size_t size;
	char *bytes = make(&size);

	(void)state;
	for (size_t shorter = 0; shorter < size; shorter++)
		refused(bytes, shorter, 2);
	refused(bytes, size, 64);
	refused(bytes, size, UINT32_MAX);
	/* The last string without its end. */
	bytes[size - 1] = 'x';
	refused(bytes, size, 2);
	free(bytes);
}

/* Random damage: either refused, or all that it tells lies inside. */
static void random_damage(void **state)
{
	size_t size;
	char *bytes = make(&size), *copy = malloc(size);

	(void)state;
	srand(1);
	for (int round = 0; round < 200000; round++) {
		struct jx_procargs found;
		char **list;

		memcpy(copy, bytes, size);
		for (int n = rand() % 4; n >= 0; n--)
			copy[(size_t)rand() % size] = (char)rand();
		if (jx_procargs_parse(copy, size, (uint32_t)rand() % 8, &found) != ZX_OK)
			continue;
		assert_true(found.args.count <= size);
		list = calloc(found.args.count + 1ul, sizeof(*list));
		jx_string_area_list(&found.args, list);
		for (uint32_t i = 0; i < found.args.count; i++)
			assert_true(list[i] + strlen(list[i]) < copy + size);
		free(list);
	}
	free(copy);
	free(bytes);
}

/* What no channel would carry is not made. */
static void too_large(void **state)
{
	static char long_string[ZX_CHANNEL_MAX_MSG_BYTES + 1];
	const char *one[] = { long_string };
	struct jx_procargs_plan large = { .args = { one, 1 } };

	(void)state;
	memset(long_string, 'a', sizeof(long_string) - 1);
	assert_int_equal(jx_procargs_bytes(&large), 0);
	long_string[ZX_CHANNEL_MAX_MSG_BYTES - sizeof(zx_proc_args_t) - 1] = 0;
	assert_int_equal(jx_procargs_bytes(&large), ZX_CHANNEL_MAX_MSG_BYTES);
	large.handle_count = ZX_CHANNEL_MAX_MSG_HANDLES + 1;
	large.args.count = 0;
	assert_int_equal(jx_procargs_bytes(&large), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_is_read),
		cmocka_unit_test(empty_areas),
		cmocka_unit_test(wrong_fields),
		cmocka_unit_test(short_messages),
		cmocka_unit_test(random_damage),
		cmocka_unit_test(too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

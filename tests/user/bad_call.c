/*
 * Every system call with one wrong argument at a time: the documented error,
 * nothing changed, nothing leaked (issue 2, section 6; tasks.md 1).
 */
#include <string.h>

#include <jx/ktap.h>
#include <syscall_numbers.h>
#include <zircon/jx.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#include "bad_call_util.h"
#include "task_util.h"

#define HUGE_COUNT 4
#define BAD_COUNT 8

static void fill_good(struct sandbox *s, const struct bad_call *call, uint64_t *args)
{
	for (size_t i = 0; i < 8; i++)
		args[i] = sandbox_good(s, &call->args[i]);
	if (call->number == SYS_process_read_memory || call->number == SYS_process_write_memory)
		args[1] = s->in_child;
	if (call->number == SYS_object_wait_many) {
		zx_wait_item_t item = { s->objects[OBJ_EVENT], ZX_USER_SIGNAL_0, 0 };

		memcpy((void *)s->buffer, &item, sizeof(item));
	}
}

/* The call with argument `at` replaced must give this status. */
static void expect(struct sandbox *s, const struct bad_call *call, size_t at, uint64_t value,
		   zx_status_t wanted)
{
	uint64_t args[8];
	int64_t got;

	memset((void *)s->buffer, 0, 64);
	fill_good(s, call, args);
	/* A duplicate that is not used after all. */
	if (call->args[at].kind == ARG_FRESH)
		zx_handle_close((zx_handle_t)args[at]);
	args[at] = value;
	got = bad_call_enter(call->number, args);
	if (got != wanted)
		jx_fail("%s: argument %u = 0x%llx gave %lld, expected %d", call->name,
			(unsigned int)at, (unsigned long long)value, (long long)got, wanted);
}

static bool is_handle(const struct bad_arg *arg)
{
	return arg->kind >= ARG_HANDLE && arg->kind <= ARG_FRESH;
}

static bool is_pointer(const struct bad_arg *arg)
{
	return arg->kind >= ARG_IN;
}

/* In one era a log needs no resource. */
static bool may_be_0(const struct bad_call *call, const struct bad_arg *arg)
{
	return arg->kind == ARG_HANDLE_OR_0 || call->number == SYS_handle_close ||
	       call->number == SYS_debuglog_create;
}

JX_TEST(bad_call_handles)
{
	struct sandbox s;

	ASSERT_TRUE(sandbox_create(&s));
	const zx_handle_t bad[BAD_COUNT] = { 0, 1, 2, 3, 0xffffffff, 0x7ffffffc,
				    s.objects[OBJ_EVENT] ^ 1, s.objects[OBJ_EVENT] ^ 0x40000000 };

	for (size_t c = 0; c < bad_call_count; c++) {
		for (size_t a = 0; a < 8; a++) {
			const struct bad_arg *arg = &bad_calls[c].args[a];

			for (size_t b = 0; is_handle(arg) && b < BAD_COUNT; b++) {
				if (bad[b] == 0 && may_be_0(&bad_calls[c], arg))
					continue;
				expect(&s, &bad_calls[c], a, bad[b], ZX_ERR_BAD_HANDLE);
			}
		}
	}
	sandbox_drop(&s);
}

static bool same_type(int a, int b)
{
	return a == b || ((a == OBJ_VMO || a == OBJ_PAGED_VMO) &&
			  (b == OBJ_VMO || b == OBJ_PAGED_VMO));
}

/* Type before rights: what has no right at all is of the wrong type first. */
JX_TEST(bad_call_types)
{
	struct sandbox s;

	ASSERT_TRUE(sandbox_create(&s));
	for (size_t c = 0; c < bad_call_count; c++) {
		for (size_t a = 0; a < 8; a++) {
			const struct bad_arg *arg = &bad_calls[c].args[a];

			if (arg->kind != ARG_HANDLE && arg->kind != ARG_HANDLE_OR_0)
				continue;
			for (int o = 0; o < OBJ_COUNT; o++) {
				if (same_type(o, (int)arg->object))
					continue;
				expect(&s, &bad_calls[c], a, s.objects[o], ZX_ERR_WRONG_TYPE);
				if (s.bare[o])
					expect(&s, &bad_calls[c], a, s.bare[o], ZX_ERR_WRONG_TYPE);
			}
		}
	}
	sandbox_drop(&s);
}

JX_TEST(bad_call_rights)
{
	struct sandbox s;

	ASSERT_TRUE(sandbox_create(&s));
	for (size_t c = 0; c < bad_call_count; c++) {
		for (size_t a = 0; a < 8; a++) {
			const struct bad_arg *arg = &bad_calls[c].args[a];

			if (is_handle(arg) && arg->needs_right)
				expect(&s, &bad_calls[c], a, s.bare[arg->object],
				       ZX_ERR_ACCESS_DENIED);
		}
	}
	sandbox_drop(&s);
}

/* spec/README 1: a VMO's copy tells why; all else is INVALID_ARGS. */
static zx_status_t pointer_status(const struct bad_call *call, const struct bad_arg *arg,
				  uint64_t pointer)
{
	bool memory = arg->kind == ARG_IN_MEMORY || arg->kind == ARG_OUT_MEMORY;

	if (!memory)
		return ZX_ERR_INVALID_ARGS;
	if (pointer == 0 && call->number != SYS_vmo_read && call->number != SYS_vmo_write)
		return ZX_ERR_INVALID_ARGS;
	return ZX_ERR_NOT_FOUND;
}

static void try_pointers(struct sandbox *s, const struct bad_call *call, size_t at)
{
	const struct bad_arg *arg = &call->args[at];

	for (size_t i = 0; i < BAD_POINTER_COUNT; i++) {
		uint64_t pointer = sandbox_bad_pointer(s, i, arg->value);

		if (pointer == 0 && arg->kind == ARG_OUT_OR_NULL)
			continue;
		expect(s, call, at, pointer, pointer_status(call, arg, pointer));
	}
	if (arg->kind == ARG_OUT || arg->kind == ARG_OUT_HANDLE || arg->kind == ARG_OUT_OR_NULL)
		expect(s, call, at, s->read_only, ZX_ERR_INVALID_ARGS);
	if (arg->kind == ARG_OUT_MEMORY)
		expect(s, call, at, s->read_only, ZX_ERR_ACCESS_DENIED);
}

JX_TEST(bad_call_pointers)
{
	struct sandbox s;

	ASSERT_TRUE(sandbox_create(&s));
	for (size_t c = 0; c < bad_call_count; c++) {
		for (size_t a = 0; a < 8; a++) {
			if (is_pointer(&bad_calls[c].args[a]))
				try_pointers(&s, &bad_calls[c], a);
		}
	}
	sandbox_drop(&s);
}

/* Sizes far beyond what is there: an error, and never a success. */
JX_TEST_OF_2020(bad_call_huge_sizes)
{
	static const uint64_t huge[HUGE_COUNT] = { UINT64_MAX, 1ul << 63, 1ul << 48, 1ul << 32 };
	struct sandbox s;

	ASSERT_TRUE(sandbox_create(&s));
	for (int i = 0; i < HUGE_COUNT; i++) {
		void *buffer = (void *)s.buffer;
		zx_handle_t vmo = s.objects[OBJ_VMO], child = s.objects[OBJ_PROCESS], out = 0;
		zx_vaddr_t at;
		size_t actual;

		EXPECT_STATUS(zx_handle_close_many(buffer, huge[i]), ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_object_wait_many(buffer, huge[i], 0), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(zx_vmo_read(vmo, buffer, 0, huge[i]), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(zx_vmo_write(vmo, buffer, 0, huge[i]), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(zx_vmo_read(vmo, buffer, huge[i], 16), ZX_ERR_OUT_OF_RANGE);
		EXPECT_STATUS(zx_process_read_memory(child, s.in_child, buffer, huge[i], &actual),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_process_write_memory(child, s.in_child, buffer, huge[i], &actual),
			      ZX_ERR_INVALID_ARGS);
		EXPECT_STATUS(zx_process_read_memory(child, huge[i], buffer, 16, &actual),
			      ZX_ERR_NO_MEMORY);
		EXPECT_STATUS(jx_cprng_draw_once(buffer, huge[i]), ZX_ERR_INVALID_ARGS);
		EXPECT_TRUE(zx_vmar_map(s.objects[OBJ_VMAR], ZX_VM_PERM_READ, 0, vmo, 0,
					huge[i] & ~4095ul, &at) < 0);
		EXPECT_TRUE(zx_vmar_allocate(s.objects[OBJ_VMAR], ZX_VM_CAN_MAP_READ, 0,
					     huge[i] & ~4095ul, &out, &at) < 0);
		EXPECT_TRUE(zx_vmar_unmap(s.objects[OBJ_VMAR], s.vmar_base, huge[i]) < 0);
	}
	sandbox_drop(&s);
}

/* Numbers that are no call, and bits above the number. */
JX_TEST(bad_call_numbers)
{
	static const uint32_t numbers[] = { SYSCALL_COUNT, SYSCALL_COUNT + 1, 1000, 0x7fffffff,
					    0x80000000, 0xffffffff };
	const uint64_t args[8] = { 0 };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		EXPECT_STATUS(bad_call_enter(numbers[i], args), ZX_ERR_BAD_SYSCALL);
}

/*
 * Calls for tests of the stubs (abi.md 21): sums of their arguments, and a call
 * that makes a handle and answers what it is told to.
 */
#include <kernel/event.h>
#include <kernel/handle.h>
#include <syscall_protos.h>
#include <syscalls/user.h>

/* Unsigned: a sum that wraps is no error. */
static zx_status_t sum(const int *values, u32 count)
{
	u32 total = 0;

	for (u32 i = 0; i < count; i++)
		total += (u32)values[i];
	return (zx_status_t)total;
}

zx_status_t sys_syscall_test_0(void)
{
	return 0;
}

zx_status_t sys_syscall_test_1(int a)
{
	return sum((const int[]){ a }, 1);
}

zx_status_t sys_syscall_test_2(int a, int b)
{
	return sum((const int[]){ a, b }, 2);
}

zx_status_t sys_syscall_test_3(int a, int b, int c)
{
	return sum((const int[]){ a, b, c }, 3);
}

zx_status_t sys_syscall_test_4(int a, int b, int c, int d)
{
	return sum((const int[]){ a, b, c, d }, 4);
}

zx_status_t sys_syscall_test_5(int a, int b, int c, int d, int e)
{
	return sum((const int[]){ a, b, c, d, e }, 5);
}

zx_status_t sys_syscall_test_6(int a, int b, int c, int d, int e, int f)
{
	return sum((const int[]){ a, b, c, d, e, f }, 6);
}

zx_status_t sys_syscall_test_7(int a, int b, int c, int d, int e, int f, int g)
{
	return sum((const int[]){ a, b, c, d, e, f, g }, 7);
}

zx_status_t sys_syscall_test_8(int a, int b, int c, int d, int e,
				int f, int g, int h)
{
	return sum((const int[]){ a, b, c, d, e, f, g, h }, 8);
}

/* A failed call leaves no handle, whatever was made before it failed: the
 * handle's value is written for OK alone. */
zx_status_t sys_syscall_test_handle_create(zx_status_t return_value,
					   uaddr_t out)
{
	struct object *o;
	zx_status_t status = event_create(&o);

	if (status != ZX_OK)
		return status;
	status = return_value;
	if (status == ZX_OK)
		status = handle_make(o, ZX_DEFAULT_EVENT_RIGHTS, out);
	object_unref(o);
	return status;
}

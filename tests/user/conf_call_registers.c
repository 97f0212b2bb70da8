/* What a system call leaves as it was, and what it does not look at: spec/abi.md 19, 22. */
#include <string.h>

#include "conf_util.h"

#define FLAGS 0xa0000000ul
/* In the upper half of a register that holds a 32-bit argument. */
#define DIRT 0xdeadbeef00000000ul

/* Offsets are those of probe_call(). */
struct registers {
	uint64_t x[30];
	uint64_t flags;
	uint64_t reserved;
	uint64_t v[32][2];
};

/* Calls a function with all registers as in *in, and tells them behind it. x16 and
 * x17, which any call may change, hold nothing. */
void probe_call(const struct registers *in, struct registers *out, void *function);

#define TO_15 "2,3,4,5,6,7," SAVED_D
#define SAVED_D "8,9,10,11,12,13,14,15"
#define SAVED_X "19,20,21,22,23,24,25,26,27,28"
#define OWN_X TO_15 ",18," SAVED_X ",29"
#define EACH_V "0,1," TO_15 ",16,17,18," SAVED_X ",29,30,31"

__asm__(
"	.pushsection .text.probe_call, \"ax\", %progbits\n"
"probe_call:\n"
"	stp	x29, x30, [sp, #-176]!\n"
"	.irp	n, " SAVED_X "\n"
"	str	x\\n, [sp, #16 + 8 * (\\n - 19)]\n"
"	.endr\n"
"	.irp	n, " SAVED_D "\n"
"	str	d\\n, [sp, #96 + 8 * (\\n - 8)]\n"
"	.endr\n"
"	stp	x1, x2, [sp, #160]\n"
"	add	x3, x0, #256\n"
"	.irp	n, " EACH_V "\n"
"	ldr	q\\n, [x3], #16\n"
"	.endr\n"
"	ldr	x3, [x0, #240]\n"
"	msr	nzcv, x3\n"
"	mov	x30, x0\n"
"	mov	x16, x2\n"
"	.irp	n, " OWN_X "\n"
"	ldr	x\\n, [x30, #8 * \\n]\n"
"	.endr\n"
"	ldp	x0, x1, [x30]\n"
"	blr	x16\n"
"	ldr	x30, [sp, #160]\n"
"	.irp	n, 0, 1, " OWN_X "\n"
"	str	x\\n, [x30, #8 * \\n]\n"
"	.endr\n"
"	mrs	x3, nzcv\n"
"	str	x3, [x30, #240]\n"
"	add	x3, x30, #256\n"
"	.irp	n, " EACH_V "\n"
"	str	q\\n, [x3], #16\n"
"	.endr\n"
"	.irp	n, " SAVED_X "\n"
"	ldr	x\\n, [sp, #16 + 8 * (\\n - 19)]\n"
"	.endr\n"
"	.irp	n, " SAVED_D "\n"
"	ldr	d\\n, [sp, #96 + 8 * (\\n - 8)]\n"
"	.endr\n"
"	ldp	x29, x30, [sp], #176\n"
"	ret\n"
"	.popsection\n");

static void fill(struct registers *r, const uint64_t *arguments)
{
	memset(r, 0, sizeof(*r));
	for (uint64_t n = 0; n < 30; n++)
		r->x[n] = n < 4 ? arguments[n] : n == 16 || n == 17 ? 0 : 0xa5a5ul << 32 | n;
	for (uint64_t n = 0; n < 32; n++) {
		r->v[n][0] = 0x7777ul << 32 | n;
		r->v[n][1] = ~r->v[n][0];
	}
	r->flags = FLAGS;
}

/* A call with these arguments answers `wanted`, and changes nothing else. */
static void expect_call(void *function, zx_status_t wanted, uint64_t a, uint64_t b, uint64_t c,
			uint64_t d)
{
	static struct registers in, out;

	fill(&in, (uint64_t[]){ a, b, c, d });
	memset(&out, 0, sizeof(out));
	probe_call(&in, &out, function);
	EXPECT_STATUS((zx_status_t)out.x[0], wanted);
	for (int n = 1; n < 30; n++)
		EXPECT_EQ(out.x[n], in.x[n]);
	EXPECT_EQ(out.flags, in.flags);
	EXPECT_EQ(memcmp(out.v, in.v, sizeof(in.v)), 0);
}

JX_TEST(abi_19_r1_other_registers_are_preserved)
{
	uint64_t soon = (uint64_t)zx_deadline_after(ZX_MSEC(2));
	zx_vaddr_t fresh = 0;
	zx_handle_t vmo, event;

	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	ASSERT_STATUS(zx_vmo_create(PAGE, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), VM_RW, 0, vmo, 0, PAGE, &fresh), ZX_OK);
	expect_call(zx_handle_close, ZX_ERR_BAD_HANDLE, 0x7f3, 0, 0, 0);
	expect_call(zx_object_signal, ZX_OK, event, 0, ZX_USER_SIGNAL_0, 0);
	expect_call(zx_object_wait_one, ZX_ERR_TIMED_OUT, event, ZX_EVENT_SIGNALED, soon, 0);
	expect_call(zx_nanosleep, ZX_OK, 0, 0, 0, 0);
	expect_call(zx_nanosleep, ZX_OK, (uint64_t)zx_deadline_after(ZX_MSEC(2)), 0, 0, 0);
	/* The kernel faults the page in. */
	expect_call(zx_vmo_read, ZX_OK, vmo, fresh, 0, 8);
	ASSERT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), fresh, PAGE), ZX_OK);
	zx_handle_close(vmo);
	zx_handle_close(event);
}

JX_TEST(abi_22_r5_upper_halves_do_not_matter)
{
	zx_handle_t event, copy = 0;

	ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
	expect_call(zx_handle_duplicate, ZX_OK, DIRT | event, DIRT | ZX_RIGHT_SAME_RIGHTS,
		    (uint64_t)&copy, 0);
	expect_call(zx_object_signal, ZX_OK, DIRT | copy, DIRT, DIRT | ZX_EVENT_SIGNALED, 0);
	expect_call(_zx_object_wait_one, ZX_OK, DIRT | event, DIRT | ZX_EVENT_SIGNALED, 0, 0);
	expect_call(_zx_handle_close, ZX_OK, DIRT | copy, 0, 0, 0);
	/* But those of 64 bits count whole. */
	expect_call(zx_vmo_create, ZX_ERR_OUT_OF_RANGE, UINT64_MAX, DIRT, (uint64_t)&copy, 0);
	expect_call(zx_vmo_create, ZX_OK, PAGE, DIRT, (uint64_t)&copy, 0);
	zx_handle_close(copy);
	zx_handle_close(event);
}

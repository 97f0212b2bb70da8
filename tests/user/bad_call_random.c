/*
 * Calls with arguments in random mixtures, and with memory that another thread
 * unmaps meanwhile: any documented error, no harm (issue 2, section 6).
 */
#include <stdlib.h>
#include <string.h>

#include <jx/ktap.h>
#include <syscall_numbers.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#include "bad_call_util.h"
#include "task_util.h"

#define ROUNDS 8
#define CALLS 500
#define RECORD_MAX 512

struct chance {
	uint64_t state;
};

static uint64_t draw(struct chance *c, uint64_t bound)
{
	c->state ^= c->state >> 12;
	c->state ^= c->state << 25;
	c->state ^= c->state >> 27;
	return ((c->state * 0x2545f4914f6cdd1dul) >> 33) % bound;
}

static uint64_t random_value(struct chance *c)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 7, 16, 0x1000, 0x1001, 0xfff, 0x10000, 0x80000000, 0xffffffff,
		1ul << 32, 1ul << 47, 1ul << 48, 1ul << 63, UINT64_MAX, UINT64_MAX - 4095,
	};

	return draw(c, 3) ? values[draw(c, sizeof(values) / sizeof(values[0]))] :
			    1ul << draw(c, 64);
}

static uint64_t random_arg(struct sandbox *s, struct chance *c, const struct bad_arg *arg)
{
	if (arg->kind == ARG_END)
		return random_value(c);
	/* Nobody would end a wait. */
	if (arg->kind == ARG_DEADLINE)
		return draw(c, 2) ? 0 : 1ul << 63;
	if (draw(c, 2))
		return sandbox_good(s, arg);
	if (arg->kind == ARG_VALUE)
		return random_value(c);
	if (arg->kind < ARG_IN) {
		/* The resource would open the console, which blocks. */
		uint64_t o = draw(c, OBJ_RESOURCE);

		return draw(c, 4) ? s->objects[o] : s->bare[o];
	}
	return draw(c, 2) ? sandbox_bad_pointer(s, draw(c, BAD_POINTER_COUNT), arg->value) :
			    s->buffer + draw(c, 4096);
}

/* Closes what a successful call has made. */
static void close_new(const struct bad_call *call, const uint64_t *args)
{
	for (size_t i = 0; i < 8; i++) {
		zx_handle_t handle;

		if (call->args[i].kind != ARG_OUT_HANDLE)
			continue;
		memcpy(&handle, (const void *)args[i], sizeof(handle));
		EXPECT_STATUS(zx_handle_close(handle), ZX_OK);
	}
}

static bool is_documented(const struct bad_call *call, int64_t status)
{
	if (status > 0)
		return call->number == SYS_debuglog_read && status <= RECORD_MAX;
	/* INTERNAL and the statuses of the kernel's own use never come out. */
	return status == ZX_OK || (status < ZX_ERR_INTERNAL && status >= ZX_ERR_ADDRESS_IN_USE &&
				   status != ZX_ERR_INTERNAL_INTR_RETRY &&
				   status != ZX_ERR_INTERNAL_INTR_KILLED);
}

static void call_at_random(struct sandbox *s, struct chance *c)
{
	const struct bad_call *call = &bad_calls[draw(c, bad_call_count)];
	uint64_t args[8];
	int64_t status;

	if (!call->random)
		return;
	for (size_t i = 0; i < 8; i++)
		args[i] = random_arg(s, c, &call->args[i]);
	status = bad_call_enter(call->number, args);
	if (!is_documented(call, status))
		jx_fail("%s(0x%llx, 0x%llx, 0x%llx, 0x%llx, ...) gave %lld", call->name,
			(unsigned long long)args[0], (unsigned long long)args[1],
			(unsigned long long)args[2], (unsigned long long)args[3],
			(long long)status);
	if (status == ZX_OK)
		close_new(call, args);
}

JX_TEST(bad_call_random_arguments)
{
	const char *wanted = getenv("JX_SEED");
	struct chance c = { 0 };
	struct sandbox s;

	zx_cprng_draw(&c.state, sizeof(c.state));
	if (wanted)
		c.state = strtoull(wanted, NULL, 0);
	c.state |= 1;
	jx_note("seed 0x%llx (JX_SEED sets it)", (unsigned long long)c.state);
	for (int round = 0; round < ROUNDS; round++) {
		ASSERT_TRUE(sandbox_create(&s));
		for (int i = 0; i < CALLS; i++)
			call_at_random(&s, &c);
		sandbox_drop(&s);
	}
}

/* A buffer that comes and goes while calls use it. */
struct flicker {
	zx_handle_t vmo;
	zx_vaddr_t at;
	size_t offset;		/* in the root VMAR */
	_Atomic bool stop;
};

static int unmap_and_map(void *arg)
{
	struct flicker *f = arg;
	zx_vaddr_t at;
	int changes = 0;

	while (!f->stop) {
		if (zx_vmar_unmap(zx_vmar_root_self(), f->at, 4096) != ZX_OK ||
		    zx_vmar_map(zx_vmar_root_self(), TASK_RW | ZX_VM_SPECIFIC, f->offset, f->vmo, 0,
				4096, &at) != ZX_OK)
			return -1;
		changes++;
	}
	return changes;
}

static void use_buffer(struct flicker *f, zx_handle_t vmo, int *failed, int *done)
{
	void *buffer = (void *)f->at;
	zx_status_t status;

	status = zx_object_get_info(vmo, ZX_INFO_HANDLE_BASIC, buffer, 32, NULL, NULL);
	EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_INVALID_ARGS);
	*failed += status != ZX_OK;
	*done += status == ZX_OK;
	status = zx_vmo_read(vmo, buffer, 0, 4096);
	EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_NOT_FOUND);
	status = zx_vmo_write(vmo, buffer, 0, 4096);
	EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_NOT_FOUND);
	status = zx_futex_wait(buffer, -1, ZX_HANDLE_INVALID, 0);
	EXPECT_TRUE(status == ZX_ERR_BAD_STATE || status == ZX_ERR_INVALID_ARGS);
	status = zx_object_set_property(vmo, ZX_PROP_NAME, buffer, 8);
	EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_INVALID_ARGS);
}

JX_TEST(bad_call_buffer_unmapped_meanwhile)
{
	struct flicker f = { 0 };
	struct jx_thread thread;
	zx_info_vmar_t root;
	zx_handle_t vmo = 0;
	int failed = 0, done = 0, changes = 0;

	ASSERT_STATUS(zx_vmo_create(4096, 0, &f.vmo), ZX_OK);
	ASSERT_STATUS(zx_vmo_create(4096, 0, &vmo), ZX_OK);
	ASSERT_STATUS(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &root, sizeof(root),
					 NULL, NULL), ZX_OK);
	ASSERT_STATUS(zx_vmar_map(zx_vmar_root_self(), TASK_RW, 0, f.vmo, 0, 4096, &f.at), ZX_OK);
	f.offset = f.at - root.base;
	ASSERT_STATUS(jx_thread_create(&thread, "flicker", unmap_and_map, &f), ZX_OK);
	/* Until both happened, which on one CPU takes some time slices. */
	for (int i = 0; (i < 200 || failed == 0 || done == 0) && i < 1000000; i++)
		use_buffer(&f, vmo, &failed, &done);
	f.stop = true;
	ASSERT_TRUE(task_join(&thread, &changes));
	EXPECT_TRUE(changes > 0);
	EXPECT_TRUE(done > 0 && failed > 0);
	EXPECT_STATUS(zx_vmar_unmap(zx_vmar_root_self(), f.at, 4096), ZX_OK);
	zx_handle_close(vmo);
	zx_handle_close(f.vmo);
}

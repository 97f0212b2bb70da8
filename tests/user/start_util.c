#include <string.h>

#include <jx/elf_load.h>
#include <jx/initrd.h>
#include <jx/ktap.h>
#include <jx/procargs.h>
#include <jx/vdso.h>
#include <zircon/process.h>

#include "start_util.h"
#include "task_util.h"

#define STACK_BYTES (64ul << 10)
#define HANDLES_MAX 8

bool probe_start(struct probe *p, const struct jx_launch *program)
{
	struct jx_launch_handle handles[HANDLES_MAX + 1];
	struct jx_launch mine = *program;
	const char *why = "";
	zx_handle_t theirs;

	*p = (struct probe){ ZX_HANDLE_INVALID, ZX_HANDLE_INVALID };
	if (!EXPECT_TRUE(program->handle_count <= HANDLES_MAX) ||
	    !EXPECT_STATUS(zx_channel_create(0, &p->channel, &theirs), ZX_OK))
		return false;
	if (program->handle_count)
		memcpy(handles, program->handles, program->handle_count * sizeof(handles[0]));
	handles[program->handle_count] = (struct jx_launch_handle){ PA_HND(PA_USER0, 0), theirs };
	mine.path = program->path ? program->path : "/bin/probe";
	mine.handles = handles;
	mine.handle_count++;
	return EXPECT_STATUS(jx_launch(&mine, &p->process, &why), ZX_OK);
}

bool probe_ask(struct probe *p, const void *question, uint32_t bytes, struct probe_answer *out)
{
	memset(out, 0, sizeof(*out));
	return EXPECT_STATUS(zx_channel_write(p->channel, 0, question, bytes, NULL, 0), ZX_OK) &&
	       task_await_signal(p->channel, ZX_CHANNEL_READABLE) &&
	       EXPECT_STATUS(zx_channel_read(p->channel, 0, out->text, out->handles,
					     sizeof(out->text), 4, &out->bytes,
					     &out->handle_count), ZX_OK);
}

bool probe_says(struct probe *p, char which, uint8_t index, const char *text)
{
	const uint8_t question[] = { (uint8_t)which, index };
	struct probe_answer answer;

	if (!probe_ask(p, question, sizeof(question), &answer))
		return false;
	if (!text)
		return EXPECT_EQ(answer.bytes, 0);
	return EXPECT_EQ(answer.bytes, strlen(text) + 1) &&
	       EXPECT_TRUE(strcmp(answer.text, text) == 0);
}

zx_handle_t probe_take(struct probe *p, uint32_t word)
{
	uint8_t question[5] = { 'h' };
	struct probe_answer answer;

	memcpy(question + 1, &word, sizeof(word));
	if (!probe_ask(p, question, sizeof(question), &answer))
		return ZX_HANDLE_INVALID;
	return answer.handles[0];
}

void probe_end(struct probe *p, uint8_t code)
{
	const uint8_t question[] = { 'x', code };

	if (p->process && p->channel) {
		EXPECT_STATUS(zx_channel_write(p->channel, 0, question, sizeof(question), NULL, 0),
			      ZX_OK);
		if (task_await_signal(p->process, ZX_PROCESS_TERMINATED))
			EXPECT_EQ(task_process_info(p->process).return_code, code);
	}
	zx_handle_close(p->process);
	zx_handle_close(p->channel);
}

static bool make_stack(zx_handle_t vmar, zx_vaddr_t *top)
{
	zx_handle_t vmo = ZX_HANDLE_INVALID;
	zx_vaddr_t base = 0;
	bool good = EXPECT_STATUS(zx_vmo_create(STACK_BYTES, 0, &vmo), ZX_OK) &&
		    EXPECT_STATUS(zx_vmar_map(vmar, TASK_RW, 0, vmo, 0, STACK_BYTES, &base), ZX_OK);

	zx_handle_close(vmo);
	*top = base + STACK_BYTES;
	return good;
}

/* A process with the probe's image, not started. */
static bool make_process(struct task_child *c, zx_handle_t vdso_vmo, zx_vaddr_t *entry,
			 zx_vaddr_t *stack_top, zx_vaddr_t *vdso)
{
	struct jx_file file;
	const char *why;

	*vdso = 0;

	return EXPECT_STATUS(jx_initrd_find("/bin/probe", &file), ZX_OK) &&
	       EXPECT_STATUS(zx_process_create(zx_job_default(), "raw", 3, 0, &c->process,
					       &c->vmar), ZX_OK) &&
	       EXPECT_STATUS(jx_elf_load(file.data, file.size, "raw", c->vmar, entry, &why),
			     ZX_OK) &&
	       EXPECT_STATUS(jx_vdso_map(vdso_vmo, c->vmar, vdso), ZX_OK) &&
	       make_stack(c->vmar, stack_top) &&
	       EXPECT_STATUS(zx_thread_create(c->process, "raw", 3, 0, &c->thread), ZX_OK);
}

static zx_handle_t copy_of(zx_handle_t handle)
{
	zx_handle_t copy = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_handle_duplicate(handle, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK);
	return copy;
}

/* The message in a channel; returns the end to read it from. */
static zx_handle_t message_in_channel(const void *bytes, uint32_t size,
				      const zx_handle_t *handles, uint32_t handle_count)
{
	zx_handle_t ours = ZX_HANDLE_INVALID, theirs = ZX_HANDLE_INVALID;

	EXPECT_STATUS(zx_channel_create(0, &ours, &theirs), ZX_OK);
	EXPECT_STATUS(zx_channel_write(ours, 0, bytes, size, handles, handle_count), ZX_OK);
	zx_handle_close(ours);
	return theirs;
}

bool probe_start_by_hand(struct probe *p, zx_handle_t vdso_vmo)
{
	static const uint32_t words[] = {
		PA_HND(PA_USER0, 0), PA_JOB_DEFAULT, PA_VMAR_ROOT, PA_THREAD_SELF, PA_PROC_SELF,
	};
	const struct jx_procargs_plan plan = { .handle_info = words, .handle_count = 5 };
	uint32_t bytes[64];
	zx_handle_t theirs;
	struct task_child c = { 0 };
	zx_vaddr_t entry, stack_top, vdso;
	bool good;

	*p = (struct probe){ ZX_HANDLE_INVALID, ZX_HANDLE_INVALID };
	if (!make_process(&c, vdso_vmo, &entry, &stack_top, &vdso) ||
	    !EXPECT_STATUS(zx_channel_create(0, &p->channel, &theirs), ZX_OK))
		return false;
	const zx_handle_t handles[] = {
		theirs, copy_of(zx_job_default()), copy_of(c.vmar), copy_of(c.thread),
		copy_of(c.process),
	};

	jx_procargs_write(&plan, bytes);
	good = EXPECT_STATUS(zx_process_start(c.process, c.thread, entry, stack_top,
					      message_in_channel(bytes,
							(uint32_t)jx_procargs_bytes(&plan),
							handles, 5), vdso), ZX_OK);
	p->process = c.process;
	zx_handle_close(c.vmar);
	zx_handle_close(c.thread);
	return good;
}

int64_t start_with_message(const void *bytes, uint32_t size, const zx_handle_t *handles,
			   uint32_t handle_count)
{
	zx_handle_t bootstrap = message_in_channel(bytes, size, handles, handle_count);
	zx_vaddr_t entry = 0, stack_top = 0, vdso = 0;
	struct task_child c = { 0 };
	int64_t code = 0;

	if (make_process(&c, jx_vdso_vmo(), &entry, &stack_top, &vdso) &&
	    EXPECT_STATUS(zx_process_start(c.process, c.thread, entry, stack_top, bootstrap,
					   vdso), ZX_OK))
		task_child_await(&c, &code);
	task_child_drop(&c);
	return code;
}

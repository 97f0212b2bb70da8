/*
 * What a loader does for a program: process, segments, vDSO, stack, thread,
 * message, start (tasks.md 18.2).
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jx/elf_load.h>
#include <jx/initrd.h>
#include <jx/procargs.h>
#include <jx/runtime.h>
#include <jx/spawn.h>
#include <jx/vdso.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#include "region.h"

extern char **environ;

/* A process under construction; handles that are 0 do not exist yet. */
struct child {
	zx_handle_t process;
	zx_handle_t root_vmar;
	zx_handle_t thread;
	struct jx_region stack;
	zx_vaddr_t entry;
	zx_vaddr_t vdso;
	/* What its message will carry, and the words for it. */
	uint32_t handle_count;
	uint32_t info[ZX_CHANNEL_MAX_MSG_HANDLES];
	zx_handle_disposition_t handles[ZX_CHANNEL_MAX_MSG_HANDLES];
	/* The caller's handles among them have left this program's table. */
	bool sent;
	/* The end of the channel that it reads from. */
	zx_handle_t bootstrap;
};

static void add(struct child *child, uint32_t info, zx_handle_t handle, zx_handle_op_t op)
{
	if (handle == ZX_HANDLE_INVALID)
		return;
	child->info[child->handle_count] = info;
	child->handles[child->handle_count++] = (zx_handle_disposition_t){
		.operation = op,
		.handle = handle,
		.type = ZX_OBJ_TYPE_NONE,
		.rights = ZX_RIGHT_SAME_RIGHTS,
	};
}

static zx_handle_t job_of(const struct jx_launch *program)
{
	return program->job ? program->job : zx_job_default();
}

/* Copies of what the child shares with this program, which a flag may keep back. */
static void add_own(struct child *child, const struct jx_launch *program)
{
	const struct {
		uint32_t info;
		zx_handle_t handle;
		uint32_t flag;
	} list[] = {
		{ PA_PROC_SELF, child->process, 0 },
		{ PA_THREAD_SELF, child->thread, 0 },
		{ PA_VMAR_ROOT, child->root_vmar, 0 },
		{ PA_VMO_STACK, child->stack.vmo, 0 },
		{ PA_HND(PA_VMO_VDSO, 0), jx_vdso_vmo(), 0 },
		{ PA_JOB_DEFAULT, job_of(program), JX_LAUNCH_NO_JOB },
		{ PA_RESOURCE, jx_startup_handle(PA_RESOURCE), JX_LAUNCH_NO_RESOURCE },
		{ PA_VMO_BOOTFS, jx_startup_handle(PA_VMO_BOOTFS), JX_LAUNCH_NO_BOOTFS },
		{ PA_VMO_BOOTDATA, jx_startup_handle(PA_VMO_BOOTDATA), JX_LAUNCH_NO_BOOTFS },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (!(program->flags & list[i].flag))
			add(child, list[i].info, list[i].handle, ZX_HANDLE_OP_DUPLICATE);
	}
}

#define OWN_HANDLES_MAX 9u

static zx_status_t add_given(struct child *child, const struct jx_launch *program)
{
	if (program->handle_count > ZX_CHANNEL_MAX_MSG_HANDLES - OWN_HANDLES_MAX)
		return ZX_ERR_OUT_OF_RANGE;
	for (uint32_t i = 0; i < program->handle_count; i++)
		add(child, program->handles[i].info, program->handles[i].handle,
		    ZX_HANDLE_OP_MOVE);
	return ZX_OK;
}

static uint32_t count_strings(const char *const *strings)
{
	uint32_t count = 0;

	while (strings[count])
		count++;
	return count;
}

static struct jx_procargs_plan plan_of(const struct child *child, const struct jx_launch *program)
{
	const char *const *envp = program->envp ? program->envp : (const char *const *)environ;

	return (struct jx_procargs_plan){
		.handle_info = child->info,
		.handle_count = child->handle_count,
		.args = { program->argv, program->argc },
		.environ = { envp, count_strings(envp) },
		.names = { program->names, program->name_count },
	};
}

/* Writes the message to a new channel, whose other end is the child's. Takes the
 * handles that the child is to get, whatever the result. */
static zx_status_t send_message(struct child *child, const struct jx_launch *program)
{
	struct jx_procargs_plan plan = plan_of(child, program);
	size_t bytes = jx_procargs_bytes(&plan);
	zx_handle_t end = ZX_HANDLE_INVALID;
	char *message = bytes ? malloc(bytes) : NULL;
	zx_status_t status = bytes ? ZX_ERR_NO_MEMORY : ZX_ERR_OUT_OF_RANGE;

	if (message) {
		jx_procargs_write(&plan, message);
		status = zx_channel_create(0, &end, &child->bootstrap);
	}
	if (status == ZX_OK) {
		status = zx_channel_write_etc(end, 0, message, (uint32_t)bytes, child->handles,
					      child->handle_count);
		child->sent = true;
	}
	zx_handle_close(end);
	free(message);
	return status;
}

/* Everything but message and start. What exists when it fails is in *child. */
static zx_status_t build(struct child *child, const struct jx_launch *program,
			 const char **why)
{
	zx_status_t status;

	status = zx_process_create(job_of(program), program->name, strlen(program->name), 0,
				   &child->process, &child->root_vmar);
	if (status != ZX_OK)
		return status;
	status = jx_elf_load(program->image, program->image_bytes, program->name,
			     child->root_vmar, &child->entry, why);
	if (status != ZX_OK)
		return status;
	status = jx_vdso_map(jx_vdso_vmo(), child->root_vmar, &child->vdso);
	if (status != ZX_OK)
		return status;
	status = jx_region_map(child->root_vmar, "stack", JX_MAIN_STACK_BYTES, &child->stack);
	if (status != ZX_OK)
		return status;
	return zx_thread_create(child->process, "main", 4, 0, &child->thread);
}

static zx_status_t start(struct child *child)
{
	zx_vaddr_t stack_top = child->stack.base + child->stack.bytes;
	zx_handle_t bootstrap = child->bootstrap;

	/* Moves that end into the child, or closes it. */
	child->bootstrap = ZX_HANDLE_INVALID;
	return zx_process_start(child->process, child->thread, child->entry, stack_top, bootstrap,
				child->vdso);
}

static zx_status_t launch(struct child *child, const struct jx_launch *program, const char **why)
{
	zx_status_t status = build(child, program, why);

	if (status != ZX_OK)
		return status;
	add_own(child, program);
	status = add_given(child, program);
	if (status == ZX_OK)
		status = send_message(child, program);
	return status == ZX_OK ? start(child) : status;
}

/* Closing 0 is allowed, so this serves a half-built child too. */
static void close_parts(struct child *child, const struct jx_launch *program)
{
	for (uint32_t i = 0; i < program->handle_count && !child->sent; i++)
		zx_handle_close(program->handles[i].handle);
	zx_handle_close(child->bootstrap);
	zx_handle_close(child->thread);
	zx_handle_close(child->stack.vmar);
	zx_handle_close(child->stack.vmo);
	zx_handle_close(child->root_vmar);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Fills in what the caller left out. */
static zx_status_t complete(struct jx_launch *program, const char **why)
{
	struct jx_file file;
	zx_status_t status;

	if (!program->name)
		program->name = program->path ? base_name(program->path) : "program";
	if (program->image)
		return ZX_OK;
	*why = "there is no such program in the initrd";
	status = program->path ? jx_initrd_find(program->path, &file) : ZX_ERR_INVALID_ARGS;
	if (status != ZX_OK)
		return status;
	if (file.is_folder)
		return ZX_ERR_NOT_FILE;
	program->image = file.data;
	program->image_bytes = file.size;
	*why = NULL;
	return ZX_OK;
}

zx_status_t jx_launch(const struct jx_launch *wanted, zx_handle_t *process, const char **why)
{
	struct child child = { .process = ZX_HANDLE_INVALID };
	struct jx_launch program = *wanted;
	const char *reason = NULL;
	zx_status_t status = complete(&program, &reason);

	if (status == ZX_OK)
		status = launch(&child, &program, &reason);
	close_parts(&child, &program);
	if (status == ZX_OK) {
		*process = child.process;
		return ZX_OK;
	}
	/* The last handle to a process that never started ends it. */
	zx_handle_close(child.process);
	if (why)
		*why = reason ? reason : "the kernel refused a step of starting it";
	return status;
}

zx_status_t jx_spawn(const char *path, int argc, const char *const argv[], zx_handle_t *process,
		     const char **why)
{
	const struct jx_launch program = {
		.path = path, .argc = (uint32_t)argc, .argv = argv,
	};

	return jx_launch(&program, process, why);
}

zx_status_t jx_process_wait(zx_handle_t process, int64_t *code)
{
	zx_info_process_t info;
	zx_status_t status;

	status = zx_object_wait_one(process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE, NULL);
	if (status != ZX_OK)
		return status;
	status = zx_object_get_info(process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL);
	*code = info.return_code;
	return status;
}

/*
 * What a loader does for a program: process, segments, stack, thread, handles,
 * message, start (tasks.md 18.2; the message rides in a VMO, <zircon/jx.h>).
 */
#include <stdlib.h>
#include <string.h>

#include <jx/initrd.h>
#include <jx/runtime.h>
#include <jx/spawn.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#include "elf_load.h"
#include "region.h"

extern char **environ;

/* A process under construction; handles that are 0 do not exist yet. */
struct child {
	zx_handle_t process;
	zx_handle_t root_vmar;
	zx_handle_t thread;
	struct jx_region stack;
	zx_vaddr_t entry;
	uint32_t handle_count;
	uint32_t info[JX_BOOTSTRAP_MAX_HANDLES];
	zx_handle_t values[JX_BOOTSTRAP_MAX_HANDLES];
};

/* Gives the child a copy of a handle; nothing to do if there is none. */
static zx_status_t give(struct child *child, uint32_t info, zx_handle_t handle)
{
	zx_status_t status;

	if (handle == ZX_HANDLE_INVALID)
		return ZX_OK;
	status = jx_process_give(child->process, handle, ZX_RIGHT_SAME_RIGHTS,
				 &child->values[child->handle_count]);
	if (status == ZX_OK)
		child->info[child->handle_count++] = info;
	return status;
}

static zx_status_t give_all(struct child *child)
{
	const struct {
		uint32_t info;
		zx_handle_t handle;
	} list[] = {
		{ PA_PROC_SELF, child->process },
		{ PA_THREAD_SELF, child->thread },
		{ PA_VMAR_ROOT, child->root_vmar },
		{ PA_VMO_STACK, child->stack.vmo },
		{ PA_JOB_DEFAULT, zx_job_default() },
		{ PA_RESOURCE, jx_startup_handle(PA_RESOURCE) },
		{ PA_VMO_BOOTFS, jx_startup_handle(PA_VMO_BOOTFS) },
	};
	zx_status_t status = ZX_OK;

	for (size_t i = 0; status == ZX_OK && i < sizeof(list) / sizeof(list[0]); i++)
		status = give(child, list[i].info, list[i].handle);
	return status;
}

static size_t strings_bytes(int count, const char *const *strings)
{
	size_t bytes = 0;

	for (int i = 0; i < count; i++)
		bytes += strlen(strings[i]) + 1;
	return bytes;
}

static char *put_strings(char *at, int count, const char *const *strings)
{
	for (int i = 0; i < count; i++)
		at = stpcpy(at, strings[i]) + 1;
	return at;
}

/* The whole message in a new VMO. */
static zx_status_t make_message(const struct child *child, int argc, const char *const *argv,
				int envc, const char *const *envp, zx_handle_t *out)
{
	size_t table_bytes = child->handle_count * sizeof(uint32_t);
	size_t args_off = sizeof(jx_bootstrap_t) + 2 * table_bytes;
	size_t environ_off = args_off + strings_bytes(argc, argv);
	size_t total = environ_off + strings_bytes(envc, envp);
	jx_bootstrap_t head = { .handle_count = child->handle_count };
	zx_status_t status = ZX_ERR_NO_MEMORY;
	char *bytes;

	if (total > JX_BOOTSTRAP_MAX_BYTES)
		return ZX_ERR_OUT_OF_RANGE;
	bytes = malloc(total);
	if (!bytes)
		return status;
	head.args = (zx_proc_args_t){
		.protocol = ZX_PROCARGS_PROTOCOL,
		.version = ZX_PROCARGS_VERSION,
		.handle_info_off = sizeof(head),
		.args_off = (uint32_t)args_off,
		.args_num = (uint32_t)argc,
		.environ_off = (uint32_t)environ_off,
		.environ_num = (uint32_t)envc,
	};
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), child->info, table_bytes);
	memcpy(bytes + sizeof(head) + table_bytes, child->values, table_bytes);
	put_strings(put_strings(bytes + args_off, argc, argv), envc, envp);
	status = zx_vmo_create(total, 0, out);
	if (status == ZX_OK) {
		zx_object_set_property(*out, ZX_PROP_NAME, "arguments", 9);
		status = zx_vmo_write(*out, bytes, 0, total);
		if (status != ZX_OK)
			zx_handle_close(*out);
	}
	free(bytes);
	return status;
}

/* Everything but the start. What exists when it fails is in *child. */
static zx_status_t build(struct child *child, const struct jx_file *file, const char *name,
			 const char **why)
{
	zx_status_t status;

	status = zx_process_create(zx_job_default(), name, strlen(name), 0, &child->process,
				   &child->root_vmar);
	if (status != ZX_OK)
		return status;
	status = jx_elf_load(file->data, file->size, name, child->root_vmar, &child->entry, why);
	if (status != ZX_OK)
		return status;
	status = jx_region_map(child->root_vmar, "stack", JX_MAIN_STACK_BYTES, &child->stack);
	if (status != ZX_OK)
		return status;
	status = zx_thread_create(child->process, "main", 4, 0, &child->thread);
	if (status != ZX_OK)
		return status;
	return give_all(child);
}

static zx_status_t start(struct child *child, int argc, const char *const *argv)
{
	zx_vaddr_t stack_top = child->stack.base + child->stack.bytes;
	zx_handle_t message;
	zx_status_t status;
	int envc = 0;

	while (environ[envc])
		envc++;
	status = make_message(child, argc, argv, envc, (const char *const *)environ, &message);
	if (status != ZX_OK)
		return status;
	/* Moves the message into the child, whatever the answer. */
	return zx_process_start(child->process, child->thread, child->entry, stack_top, message, 0);
}

/* Closing 0 is allowed, so this serves a half-built child too. */
static void close_parts(struct child *child)
{
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

zx_status_t jx_spawn(const char *path, int argc, const char *const argv[], zx_handle_t *process,
		     const char **why)
{
	struct child child = { .process = ZX_HANDLE_INVALID };
	const char *reason = NULL;
	struct jx_file file;
	zx_status_t status;

	status = jx_initrd_find(path, &file);
	if (status != ZX_OK || file.is_folder) {
		status = status == ZX_OK ? ZX_ERR_NOT_FILE : status;
		reason = "there is no such program in the initrd";
	} else {
		status = build(&child, &file, base_name(path), &reason);
	}
	if (status == ZX_OK)
		status = start(&child, argc, argv);
	close_parts(&child);
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

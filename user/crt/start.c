/*
 * From the bootstrap VMO to main(): handles, thread-local storage, arguments,
 * constructors. Until jx_set_thread_pointer() nothing may touch errno.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jx/runtime.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

extern char **environ;
extern void __libc_init_array(void);
extern int main(int argc, char **argv, char **envp);
void jx_start(zx_handle_t bootstrap, uintptr_t arg2) __NO_RETURN;

struct message {
	const char *bytes;
	size_t size;
	const jx_bootstrap_t *head;
};

/* The value behind an info word, from the tables of a message. */
static zx_handle_t find_handle(const uint32_t *info, const uint32_t *values, uint32_t count,
			       uint32_t word)
{
	for (uint32_t i = 0; i < count; i++) {
		if (info[i] == word)
			return values[i];
	}
	return ZX_HANDLE_INVALID;
}

/*
 * Reads the head and the handle tables by copying, since mapping the VMO
 * needs the handle of the root VMAR, which stands in it.
 */
static zx_status_t read_handles(zx_handle_t vmo)
{
	uint32_t tables[2 * JX_BOOTSTRAP_MAX_HANDLES];
	jx_bootstrap_t head;
	uint32_t count;
	zx_status_t status;

	status = zx_vmo_read(vmo, &head, 0, sizeof(head));
	if (status != ZX_OK)
		return status;
	count = head.handle_count;
	if (head.args.protocol != ZX_PROCARGS_PROTOCOL ||
	    head.args.version != ZX_PROCARGS_VERSION ||
	    head.args.handle_info_off % sizeof(uint32_t) != 0 || count > JX_BOOTSTRAP_MAX_HANDLES)
		return ZX_ERR_INVALID_ARGS;
	status = zx_vmo_read(vmo, tables, head.args.handle_info_off, 2 * count * sizeof(uint32_t));
	if (status != ZX_OK)
		return status;
	jx_startup_set(tables, tables + count, count);
	return find_handle(tables, tables + count, count, PA_VMAR_ROOT) ? ZX_OK : ZX_ERR_NOT_FOUND;
}

/* Maps the message for good: argv and environ point into it. */
static zx_status_t map_message(zx_handle_t vmo, struct message *message)
{
	zx_vaddr_t address = 0;
	uint64_t size = 0;
	zx_status_t status;

	status = zx_vmo_get_size(vmo, &size);
	if (status != ZX_OK)
		return status;
	status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, size, &address);
	message->bytes = (const char *)address;
	message->size = size;
	message->head = (const jx_bootstrap_t *)address;
	return status;
}

/*
 * Array of pointers to count strings laid end to end at offset, ended by
 * NULL; NULL if they do not lie inside the message.
 */
static char **string_array(const struct message *message, uint32_t offset, uint32_t count)
{
	char **array = count < message->size ? calloc(count + 1, sizeof(*array)) : NULL;
	size_t at = offset;

	if (!array)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		if (at >= message->size)
			return NULL;
		array[i] = (char *)message->bytes + at;
		at += strnlen(array[i], message->size - at) + 1;
	}
	return at <= message->size || count == 0 ? array : NULL;
}

/*
 * Every program has this variable, so that its TLS segment always begins with
 * .tdata at the alignment that user.ld gives; and its value proves that the
 * linker and jx_tls_init() agree on where variables stand.
 */
#define TLS_PROOF 0x6a616369u
static _Thread_local uint32_t tls_proof __ALIGNED(64) = TLS_PROOF;

/* Not inlined: nothing may be read through the thread pointer before its call. */
static __NO_INLINE bool tls_works(void)
{
	return *(volatile uint32_t *)&tls_proof == TLS_PROOF;
}

/* Gives the first thread its block. The heap's first bytes are zero. */
static zx_status_t start_tls(void)
{
	void *block = sbrk((ptrdiff_t)jx_tls_bytes());

	if (block == (void *)-1)
		return ZX_ERR_NO_MEMORY;
	jx_set_thread_pointer(jx_tls_init(block, jx_startup_handle(PA_THREAD_SELF)));
	return tls_works() ? ZX_OK : ZX_ERR_INTERNAL;
}

void jx_start(zx_handle_t bootstrap, uintptr_t arg2)
{
	struct message message;
	const zx_proc_args_t *args;
	char **argv, **envp;
	zx_status_t status;

	(void)arg2;
	status = read_handles(bootstrap);
	if (status == ZX_OK)
		status = map_message(bootstrap, &message);
	if (status == ZX_OK)
		status = start_tls();
	if (status != ZX_OK)
		zx_process_exit(status);
	zx_handle_close(bootstrap);

	args = &message.head->args;
	argv = string_array(&message, args->args_off, args->args_num);
	envp = string_array(&message, args->environ_off, args->environ_num);
	if (!argv || !envp)
		zx_process_exit(ZX_ERR_INVALID_ARGS);
	environ = envp;
	__libc_init_array();
	exit(main((int)args->args_num, argv, envp));
}

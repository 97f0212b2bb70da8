/*
 * From the bootstrap message to main(): handles, thread-local storage, arguments,
 * constructors (tasks.md 18.3). Until jx_set_thread_pointer() nothing may touch
 * errno.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jx/procargs.h>
#include <jx/runtime.h>
#include <jx/vdso.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

extern char **environ;
extern void __libc_init_array(void);
extern int main(int argc, char **argv, char **envp);
void jx_start(zx_handle_t bootstrap, uintptr_t vdso_base) __NO_RETURN;

/* For good: argv and environ point into it. No message is larger, so nothing has
 * to be got for it before the root VMAR's handle is known. */
static char message[ZX_CHANNEL_MAX_MSG_BYTES] __ALIGNED(8);

/* Whoever started the program can mend this, so it is a sentence. */
static void refuse(zx_status_t status, const char *why) __NO_RETURN;
static void refuse(zx_status_t status, const char *why)
{
	static const char before[] = "a program cannot start: ";

	zx_debug_write(before, sizeof(before) - 1);
	zx_debug_write(why, strlen(why));
	zx_debug_write("\n", 1);
	zx_process_exit(status);
}

/* Reads the message and keeps its handles. */
static void read_message(zx_handle_t bootstrap, struct jx_procargs *out)
{
	zx_handle_t handles[ZX_CHANNEL_MAX_MSG_HANDLES];
	uint32_t bytes = 0, count = 0;
	zx_status_t status;

	status = zx_channel_read(bootstrap, 0, NULL, NULL, 0, 0, &bytes, &count);
	if (status != ZX_ERR_BUFFER_TOO_SMALL)
		refuse(status == ZX_OK ? ZX_ERR_INVALID_ARGS : status,
		       "there is no bootstrap message");
	status = zx_channel_read(bootstrap, 0, message, handles, sizeof(message),
				 ZX_CHANNEL_MAX_MSG_HANDLES, &bytes, &count);
	if (status != ZX_OK)
		refuse(status, "the bootstrap message cannot be read");
	status = jx_procargs_parse(message, bytes, count, out);
	if (status != ZX_OK)
		refuse(status, "the bootstrap message is none");
	jx_startup_set(out, handles);
	if (zx_vmar_root_self() == ZX_HANDLE_INVALID)
		refuse(ZX_ERR_NOT_FOUND, "the bootstrap message has no root VMAR");
}

/* Array of pointers to the strings of an area, ended by NULL. */
static char **string_array(const struct jx_string_area *area)
{
	char **array = malloc((area->count + 1ul) * sizeof(*array));

	if (!array)
		refuse(ZX_ERR_NO_MEMORY, "no memory for its arguments");
	jx_string_area_list(area, array);
	return array;
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

/* Gives the first thread its block. */
static void start_tls(void)
{
	void *block = calloc(1, jx_tls_bytes());

	if (!block)
		refuse(ZX_ERR_NO_MEMORY, "no memory for thread-local storage");
	jx_set_thread_pointer(jx_tls_init(block, jx_startup_thread()));
	if (!tls_works())
		refuse(ZX_ERR_INTERNAL, "its thread-local storage does not work");
}

void jx_start(zx_handle_t bootstrap, uintptr_t vdso_base)
{
	struct jx_procargs args;
	char **argv;

	/* Without system calls there is no way to say why, nor to end. */
	if (!jx_vdso_bind((const void *)vdso_base))
		__builtin_trap();
	read_message(bootstrap, &args);
	zx_handle_close(bootstrap);
	if (jx_vdso_seal() != ZX_OK)
		refuse(ZX_ERR_INTERNAL, "its table of system calls cannot be sealed");
	start_tls();
	argv = string_array(&args.args);
	environ = string_array(&args.environ);
	__libc_init_array();
	exit(main((int)args.args.count, argv, environ));
}

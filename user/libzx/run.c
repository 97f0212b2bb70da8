#include <stdio.h>

#include <jx/run.h>
#include <jx/spawn.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

/* As shells number them: 128 + the signal that would have ended it. */
#define STATUS_NOT_STARTED 127
#define STATUS_KILLED 137
#define STATUS_EXCEPTION 139

static int exit_status(const char *name, int64_t code)
{
	switch (code) {
	case ZX_TASK_RETCODE_EXCEPTION_KILL:
		printf("%s: ended by an exception\n", name);
		return STATUS_EXCEPTION;
	case ZX_TASK_RETCODE_SYSCALL_KILL:
	case ZX_TASK_RETCODE_OOM_KILL:
	case ZX_TASK_RETCODE_POLICY_KILL:
		printf("%s: killed (%lld)\n", name, (long long)code);
		return STATUS_KILLED;
	default:
		return code != 0 && (code & 0xff) == 0 ? 1 : (int)(code & 0xff);
	}
}

int jx_run(const char *path, int argc, const char *const argv[])
{
	zx_handle_t process;
	const char *why = "";
	int64_t code = 0;
	zx_status_t status;

	/* What this program has printed comes before what that one prints. */
	fflush(stdout);
	status = jx_spawn(path, argc, argv, &process, &why);
	if (status != ZX_OK) {
		printf("%s: cannot be run: %s (%s)\n", path, why, zx_status_get_string(status));
		return STATUS_NOT_STARTED;
	}
	status = jx_process_wait(process, &code);
	zx_handle_close(process);
	if (status == ZX_OK)
		return exit_status(argv[0], code);
	printf("%s: cannot be waited for (%s)\n", argv[0], zx_status_get_string(status));
	return STATUS_NOT_STARTED;
}

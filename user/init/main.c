/*
 * The first program. It runs what the boot arguments behind " -- " ask for and
 * then powers the machine off with the status of that:
 *
 *	(nothing)		the demonstration, then a shell on the console
 *	-d			the demonstration alone
 *	-c COMMANDS		commands of the shell, separated by ';'
 *	-p PROGRAM ARGS		that program alone
 *
 * Words NAME=VALUE before it go into the environment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jx/run.h>
#include <jx/runtime.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/system.h>

#define COMMANDS_MAX 2048

static int run_one(const char *path, const char *name)
{
	const char *argv[] = { name, NULL };

	return jx_run(path, 1, argv);
}

/*
 * The boot line reaches init word by word: joins them again, without the
 * quotation marks somebody may have put around the whole.
 */
static const char *join(int count, char *const words[])
{
	static char text[COMMANDS_MAX];
	size_t used = 0;
	char *start = text;

	for (int i = 0; i < count; i++) {
		size_t length = strlen(words[i]);

		if (used + length + 2 > sizeof(text))
			break;
		if (used != 0)
			text[used++] = ' ';
		memcpy(text + used, words[i], length);
		used += length;
	}
	if (used >= 2 && text[0] == '"' && text[used - 1] == '"') {
		text[used - 1] = 0;
		start++;
	}
	return start;
}

static int run_commands(const char *commands)
{
	const char *argv[] = { "shell", "-c", commands, NULL };

	return jx_run("/bin/shell", 3, argv);
}

static int run_request(int argc, char *argv[])
{
	if (argc < 2) {
		run_one("/bin/demo", "demo");
		return run_one("/bin/shell", "shell");
	}
	if (strcmp(argv[1], "-d") == 0)
		return run_one("/bin/demo", "demo");
	if (strcmp(argv[1], "-c") == 0)
		return run_commands(join(argc - 2, argv + 2));
	if (strcmp(argv[1], "-p") == 0 && argc > 2)
		return jx_run(argv[2], argc - 2, (const char *const *)argv + 2);
	printf("init: I know -d, -c COMMANDS and -p PROGRAM ARGS, not %s\n", argv[1]);
	return 2;
}

/* For the benchmarks: the counter as it stands when the first program begins,
 * less the few hundred instructions of its start-up code. */
static void note_boot_ticks(void)
{
	char ticks[24];

	snprintf(ticks, sizeof(ticks), "%lld", (long long)zx_ticks_get());
	setenv("BOOT_TICKS", ticks, 1);
}

/* Returns how many of the words are the environment's. */
static int take_environment(int argc, char *argv[])
{
	int count = 0;

	while (count + 1 < argc && argv[count + 1][0] != '-' && strchr(argv[count + 1], '='))
		putenv(argv[++count]);
	return count;
}

int main(int argc, char *argv[])
{
	zx_system_powerctl_arg_t arg = { .exit_status = 0 };
	zx_status_t status;
	int taken;

	note_boot_ticks();
	taken = take_environment(argc, argv);
	arg.exit_status = run_request(argc - taken, argv + taken);
	fflush(stdout);
	status = zx_system_powerctl(jx_startup_handle(PA_RESOURCE), ZX_SYSTEM_POWERCTL_SHUTDOWN,
				    &arg);
	printf("init: the machine cannot be powered off (%s)\n", zx_status_get_string(status));
	return arg.exit_status;
}

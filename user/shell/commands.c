/* The table of built-in commands, and the short ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jx/initrd.h>
#include <jx/run.h>

#include "shell.h"

static int command_help(int argc, char *argv[])
{
	(void)argc;
	(void)argv;
	for (const struct command *c = commands; c->name; c++)
		printf("  %-5s %-14s %s\n", c->name, c->usage, c->help);
	printf("Anything else is a program of /bin (`ls bin`). `;` separates commands.\n");
	printf("Keys: arrows, Home, End, Delete, Ctrl-U (clear), Ctrl-C (new line),"
	       " Ctrl-D (leave).\n");
	return 0;
}

static int command_echo(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++)
		printf("%s%s", i == 1 ? "" : " ", argv[i]);
	printf("\n");
	return 0;
}

static int cat_one(const char *path)
{
	struct jx_file file;

	if (jx_initrd_find(path, &file) != ZX_OK || file.is_folder) {
		printf("cat: %s: no such file\n", path);
		return 1;
	}
	fwrite(file.data, 1, file.size, stdout);
	return 0;
}

static int command_cat(int argc, char *argv[])
{
	int status = 0;

	if (argc < 2) {
		printf("usage: cat FILE...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++)
		status |= cat_one(argv[i]);
	return status;
}

/* Whether the name stands directly in the folder ("" is the root). */
static bool is_child(const char *folder, const char *name)
{
	size_t length = strlen(folder);

	if (strncmp(name, folder, length) != 0)
		return false;
	name += length;
	if (length != 0 && *name++ != '/')
		return false;
	return *name != 0 && !strchr(name, '/');
}

static int command_ls(int argc, char *argv[])
{
	char folder[LINE_MAX_BYTES] = "";
	struct jx_file file;
	size_t cursor = 0, length;
	int found = 0;

	if (argc > 1)
		snprintf(folder, sizeof(folder), "%s", argv[1] + strspn(argv[1], "/"));
	length = strlen(folder);
	while (length > 0 && folder[length - 1] == '/')
		folder[--length] = 0;
	while (jx_initrd_next(&cursor, &file) == ZX_OK) {
		found += length == 0 || strcmp(file.name, folder) == 0;
		if (is_child(folder, file.name) && file.is_folder)
			printf("%10s  %s/\n", "", file.name);
		else if (is_child(folder, file.name))
			printf("%10zu  %s\n", file.size, file.name);
	}
	if (found)
		return 0;
	printf("ls: %s: no such file or folder\n", argv[1]);
	return 1;
}

/* Runs a program of /bin with this command's arguments. */
static int run_in_bin(const char *program, int argc, char *argv[])
{
	char path[32];

	snprintf(path, sizeof(path), "/bin/%s", program);
	return jx_run(path, argc, (const char *const *)argv);
}

static int command_test(int argc, char *argv[])
{
	return run_in_bin("utest", argc, argv);
}

static int command_bench(int argc, char *argv[])
{
	return run_in_bin("bench", argc, argv);
}

static int command_exit(int argc, char *argv[])
{
	exit(argc > 1 ? atoi(argv[1]) : 0);
}

const struct command commands[] = {
	{ "help", "", "this list", command_help },
	{ "ps", "", "processes: koid, state, mappings, resident memory, name", command_ps },
	{ "maps", "[PROCESS]", "VMAR tree of a process (koid or name)", command_maps },
	{ "vmo", "[PROCESS]", "VMOs mapped by a process, or by all", command_vmo },
	{ "stat", "[latency]", "what each CPU has counted since boot, and memory", command_stat },
	{ "test", "[REGEX...]", "run the user tests whose names match", command_test },
	{ "bench", "[NAME...]", "run the benchmarks", command_bench },
	{ "echo", "[WORD...]", "print words", command_echo },
	{ "cat", "FILE...", "print files of the initrd", command_cat },
	{ "ls", "[FOLDER]", "list a folder of the initrd", command_ls },
	{ "exit", "[STATUS]", "leave the shell", command_exit },
	{ NULL, NULL, NULL, NULL },
};

/* The shell: `shell -c COMMANDS`, or a prompt on the console. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell.h"

static int interactive(void)
{
	char line[LINE_MAX_BYTES];

	printf("Type `help` for the commands, `exit` to power off.\n");
	while (edit_line("jacinth> ", line, sizeof(line)) >= 0)
		evaluate(line);
	return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	if (argc == 3 && strcmp(argv[1], "-c") == 0)
		return evaluate(argv[2]);
	if (argc == 1)
		return interactive();
	printf("usage: shell [-c COMMANDS]\n");
	return 2;
}

/* From a line to commands: words, quotes, built-ins, programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jx/initrd.h>
#include <jx/run.h>

#include "shell.h"

#define STATUS_BAD_LINE 2

/*
 * Splits text, up to an unquoted ';' or the end, into words in place. Words are
 * separated by blanks; '...' and "..." keep blanks and ';'. *rest is what
 * follows. Returns the number of words, -1 if there are too many or a quote
 * is not closed.
 */
static int split(char *text, char *words[WORDS_MAX + 1], char **rest)
{
	char *in = text, *out = text;
	int count = 0;

	*rest = NULL;
	for (;;) {
		char quote = 0;

		in += strspn(in, " \t\n");
		if (*in == 0 || *in == ';')
			break;
		if (count == WORDS_MAX)
			return -1;
		words[count++] = out;
		while (*in && (quote || !strchr(" \t\n;", *in))) {
			if (*in == quote)
				quote = 0;
			else if (!quote && (*in == '"' || *in == '\''))
				quote = *in;
			else
				*out++ = *in;
			in++;
		}
		if (quote)
			return -1;
		/* What ended the word is looked at before it is overwritten. */
		if (*in == ';' || *in == 0)
			break;
		in++;
		*out++ = 0;
	}
	if (*in == ';')
		*rest = in + 1;
	*out = 0;
	words[count] = NULL;
	return count;
}

/* A name without '/' is a program of /bin. */
static int run_program(int argc, char *argv[])
{
	char path[LINE_MAX_BYTES + 8];
	struct jx_file file;

	snprintf(path, sizeof(path), "%s%s", strchr(argv[0], '/') ? "" : "/bin/", argv[0]);
	if (jx_initrd_find(path, &file) == ZX_OK && !file.is_folder)
		return jx_run(path, argc, (const char *const *)argv);
	printf("%s: no such command or program; `help` lists them\n", argv[0]);
	return 127;
}

static int run_words(int argc, char *argv[])
{
	for (const struct command *c = commands; c->name; c++) {
		if (strcmp(c->name, argv[0]) == 0)
			return c->run(argc, argv);
	}
	return run_program(argc, argv);
}

int evaluate(const char *line)
{
	char *words[WORDS_MAX + 1];
	char *copy = strdup(line);
	char *rest = copy;
	int status = 0;

	while (rest) {
		int count = split(rest, words, &rest);
		int one = count > 0 ? run_words(count, words) : count < 0 ? STATUS_BAD_LINE : 0;

		if (count < 0)
			printf("shell: too many words, or a quotation mark without its pair\n");
		if (one != 0)
			status = one;
	}
	free(copy);
	fflush(stdout);
	return status;
}

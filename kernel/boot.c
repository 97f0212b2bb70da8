/*
 * Boot arguments: words separated by blanks, `name` or `name=value`, up to
 * " -- "; what follows belongs to init. See <kernel/boot.h>.
 */
#include <kernel/boot.h>

struct boot_info boot_info;

/* One word of the arguments: [start, end). */
struct word {
	const char *start;
	const char *end;
};

/* The next word at or after p; false at the end or at "--". */
static bool next_word(const char *p, struct word *w)
{
	while (*p == ' ')
		p++;
	w->start = p;
	while (*p != ' ' && *p != '\0')
		p++;
	w->end = p;
	if (w->end - w->start == 2 && w->start[0] == '-' && w->start[1] == '-')
		return false;
	return w->end > w->start;
}

/* What follows `name` in the word, if it is `name` or `name=...`. */
static const char *match_name(const struct word *w, const char *name)
{
	const char *p = w->start;

	while (p < w->end && *name != '\0' && *p == *name) {
		p++;
		name++;
	}
	if (*name != '\0' || (p < w->end && *p != '='))
		return NULL;
	return p;
}

/* The last word that fits, so that what is added overrides what was there;
 * *rest is what follows its name. */
static bool find_word(const char *name, struct word *found, const char **rest)
{
	const char *p = boot_info.args;
	const char *match;
	struct word w;

	*rest = NULL;
	for (; next_word(p, &w); p = w.end) {
		match = match_name(&w, name);
		if (match) {
			*found = w;
			*rest = match;
		}
	}
	return *rest != NULL;
}

bool boot_get_arg(const char *name, char *buf, size_t size)
{
	struct word w;
	const char *rest;
	size_t i = 0;

	if (size == 0 || !find_word(name, &w, &rest) || rest == w.end)
		return false;
	for (rest++; rest < w.end && i < size - 1; rest++)
		buf[i++] = *rest;
	buf[i] = '\0';
	return true;
}

bool boot_has_arg(const char *name)
{
	struct word w;
	const char *rest;

	return find_word(name, &w, &rest);
}

const char *boot_init_args(void)
{
	const char *p = boot_info.args;
	struct word w;

	while (next_word(p, &w))
		p = w.end;
	/* Stands at "--", or at the end with an empty word. */
	p = w.end;
	while (*p == ' ')
		p++;
	return p;
}

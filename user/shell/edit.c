/*
 * Line editing on a raw terminal (VT100 sequences). After each key the line is
 * drawn again from the prompt on: simple, and short lines are cheap.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jx/console.h>

#include "shell.h"

#define CTRL(letter) ((letter) & 0x1f)
#define KEY_BACKSPACE 0x08
#define KEY_ESCAPE 0x1b
#define KEY_DELETE 0x7f
#define HISTORY_COUNT 32

/* Keys that the terminal sends as sequences. */
enum special_key {
	KEY_UP = 256,
	KEY_DOWN,
	KEY_RIGHT,
	KEY_LEFT,
	KEY_HOME,
	KEY_END,
	KEY_ERASE,
	KEY_UNKNOWN,
};

struct editor {
	const char *prompt;
	char *text;
	size_t size;		/* of text, the NUL included */
	size_t length;
	size_t cursor;
	unsigned int shown;	/* history line shown: 0 is the one being typed */
};

/* The newest is history[(history_end - 1) % HISTORY_COUNT]. */
static char *history[HISTORY_COUNT];
static unsigned int history_end;

static void remember(const char *text)
{
	char **slot = &history[history_end % HISTORY_COUNT];

	if (*text == 0)
		return;
	if (history_end > 0 && strcmp(history[(history_end - 1) % HISTORY_COUNT], text) == 0)
		return;
	free(*slot);
	*slot = strdup(text);
	history_end++;
}

static void redraw(const struct editor *e)
{
	printf("\r%s%.*s\x1b[K", e->prompt, (int)e->length, e->text);
	if (e->cursor < e->length)
		printf("\x1b[%uD", (unsigned int)(e->length - e->cursor));
	fflush(stdout);
}

/* After ESC: "[" or "O", digits, a final byte. */
static int read_sequence(void)
{
	int introducer = jx_console_getc(), c, number = 0;

	if (introducer != '[' && introducer != 'O')
		return KEY_UNKNOWN;
	for (c = jx_console_getc(); c >= '0' && c <= '9'; c = jx_console_getc())
		number = number * 10 + c - '0';
	switch (c) {
	case 'A': return KEY_UP;
	case 'B': return KEY_DOWN;
	case 'C': return KEY_RIGHT;
	case 'D': return KEY_LEFT;
	case 'H': return KEY_HOME;
	case 'F': return KEY_END;
	case '~': return number == 3 ? KEY_ERASE : KEY_UNKNOWN;
	default: return c < 0 ? c : KEY_UNKNOWN;
	}
}

static int read_key(void)
{
	int c = jx_console_getc();

	return c == KEY_ESCAPE ? read_sequence() : c;
}

static void insert(struct editor *e, char c)
{
	if (e->length + 1 >= e->size)
		return;
	memmove(e->text + e->cursor + 1, e->text + e->cursor, e->length - e->cursor);
	e->text[e->cursor++] = c;
	e->length++;
}

/* Takes away the character at `at`, if there is one. */
static void erase(struct editor *e, size_t at)
{
	if (at >= e->length)
		return;
	memmove(e->text + at, e->text + at + 1, e->length - at - 1);
	e->length--;
	e->cursor = at;
}

/* Replaces the line by an older (step 1) or newer (step -1) one. */
static void show_history(struct editor *e, int step)
{
	unsigned int kept = history_end < HISTORY_COUNT ? history_end : HISTORY_COUNT;
	unsigned int wanted = e->shown + (unsigned int)step;
	const char *text = "";

	if ((e->shown == 0 && step < 0) || wanted > kept)
		return;
	if (wanted > 0)
		text = history[(history_end - wanted) % HISTORY_COUNT];
	e->shown = wanted;
	snprintf(e->text, e->size, "%s", text);
	e->length = strlen(e->text);
	e->cursor = e->length;
}

static void clear(struct editor *e)
{
	e->length = 0;
	e->cursor = 0;
	e->shown = 0;
}

/* A key that neither ends nor abandons the line. */
static void edit_key(struct editor *e, int key)
{
	switch (key) {
	case KEY_BACKSPACE:
	case KEY_DELETE:
		if (e->cursor > 0)
			erase(e, e->cursor - 1);
		break;
	case KEY_ERASE:
		erase(e, e->cursor);
		break;
	case CTRL('U'):
		clear(e);
		break;
	case CTRL('A'):
	case KEY_HOME:
		e->cursor = 0;
		break;
	case CTRL('E'):
	case KEY_END:
		e->cursor = e->length;
		break;
	case KEY_LEFT:
		e->cursor -= e->cursor > 0;
		break;
	case KEY_RIGHT:
		e->cursor += e->cursor < e->length;
		break;
	case KEY_UP:
		show_history(e, 1);
		break;
	case KEY_DOWN:
		show_history(e, -1);
		break;
	default:
		if (key >= ' ' && key < KEY_UP)
			insert(e, (char)key);
		break;
	}
}

int edit_line(const char *prompt, char *buf, size_t size)
{
	struct editor e = { .prompt = prompt, .text = buf, .size = size };

	for (;;) {
		int key;

		redraw(&e);
		key = read_key();
		if (key < 0 || (key == CTRL('D') && e.length == 0)) {
			printf("\n");
			return -1;
		}
		if (key == CTRL('C')) {
			printf("^C\n");
			clear(&e);
		} else if (key == '\r' || key == '\n') {
			break;
		} else {
			edit_key(&e, key);
		}
	}
	buf[e.length] = 0;
	printf("\n");
	remember(buf);
	return (int)e.length;
}

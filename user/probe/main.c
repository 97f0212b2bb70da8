/*
 * `probe`: tells the one who started it what it was started with, for tests. Runs
 * as long as the channel that it got as PA_USER0, of which it answers each message
 * with one: the first byte is the question.
 *
 *	a N	argument N (a byte), or nothing
 *	e N	string N of the environment
 *	n N	name N
 *	h W	a word of a handle (4 bytes): the handle, taken; nothing if there is none
 *	s	the handles of the program itself: process, thread, root VMAR, job, copied
 *	c	what zx_event_create says (a status)
 *	x N	no answer: ends with N
 */
#include <string.h>

#include <jx/runtime.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

extern char **environ;

static zx_handle_t channel;

static void answer(const char *text, const zx_handle_t *handles, uint32_t count)
{
	zx_channel_write(channel, 0, text, text ? (uint32_t)strlen(text) + 1 : 0, handles, count);
}

static const char *string_of(char *const *list, uint8_t index)
{
	for (uint8_t i = 0; list[i]; i++) {
		if (i == index)
			return list[i];
	}
	return NULL;
}

static void take(const uint8_t *word)
{
	zx_handle_t handle;
	uint32_t info;

	memcpy(&info, word, sizeof(info));
	handle = zx_take_startup_handle(info);
	answer(NULL, &handle, handle != ZX_HANDLE_INVALID);
}

static void copy_own(void)
{
	const zx_handle_t own[] = {
		zx_process_self(), zx_thread_self(), zx_vmar_root_self(), zx_job_default(),
	};
	zx_handle_t copies[4];

	for (int i = 0; i < 4; i++)
		zx_handle_duplicate(own[i], ZX_RIGHT_SAME_RIGHTS, &copies[i]);
	answer(NULL, copies, 4);
}

static void try_call(void)
{
	zx_handle_t event = ZX_HANDLE_INVALID;
	zx_status_t status = zx_event_create(0, &event);

	zx_handle_close(event);
	zx_channel_write(channel, 0, &status, sizeof(status), NULL, 0);
}

/* Returns the exit code, or -1 to go on. */
static int obey(const uint8_t *question, char *argv[])
{
	switch (question[0]) {
	case 'a':
		answer(string_of(argv, question[1]), NULL, 0);
		break;
	case 'e':
		answer(string_of(environ, question[1]), NULL, 0);
		break;
	case 'n':
		answer(jx_startup_name(question[1]), NULL, 0);
		break;
	case 'h':
		take(question + 1);
		break;
	case 's':
		copy_own();
		break;
	case 'c':
		try_call();
		break;
	case 'x':
		return question[1];
	}
	return -1;
}

int main(int argc, char *argv[])
{
	uint8_t question[8] = { 0 };
	int code = -1;

	(void)argc;
	channel = zx_take_startup_handle(PA_HND(PA_USER0, 0));
	while (code < 0) {
		uint32_t bytes, handles;

		if (zx_object_wait_one(channel, ZX_CHANNEL_READABLE, ZX_TIME_INFINITE, NULL) !=
			    ZX_OK ||
		    zx_channel_read(channel, 0, question, NULL, sizeof(question), 0, &bytes,
				    &handles) != ZX_OK)
			return 255;
		code = obey(question, argv);
	}
	return code;
}

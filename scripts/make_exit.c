/*
 * A function for make: $(exit-with N) ends make with status N, unless N is 0
 * or empty. Without it make turns every failure into status 2, and `make run`
 * could not pass on the status of the program it ran.
 */
#include <gnumake.h>
#include <stdlib.h>

int plugin_is_GPL_compatible; /* GNU make refuses to load what lacks this. */
int make_exit_gmk_setup(void);

static char *exit_with(const char *name, unsigned int count, char **values)
{
	int status = atoi(values[0]);

	(void)name;
	(void)count;
	if (status)
		exit(status);
	return NULL;
}

int make_exit_gmk_setup(void)
{
	gmk_add_function("exit-with", exit_with, 1, 1, GMK_FUNC_DEFAULT);
	return 1;
}

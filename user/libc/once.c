/* call_once() of <threads.h>. */
#include <threads.h>

#include "once.h"

void call_once(once_flag *flag, void (*function)(void))
{
	if (!once_begin(&flag->word))
		return;
	function();
	once_end(&flag->word, ONCE_DONE);
}

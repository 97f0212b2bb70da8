/*
 * Between channel.c and channel_call.c.
 */
#ifndef CHANNEL_INTERNAL_H
#define CHANNEL_INTERNAL_H

#include <kernel/channel.h>

/* Under the lock of c, which calls wait on: gives m to the call that waits for
 * it, if there is one. */
bool channel_answer_call_locked(struct channel *c, struct message *m);
/* Ends all calls: the peer is gone. */
void channel_end_calls_locked(struct channel *c);

#endif

/*
 * What the files of exceptions share: slots, and the question to one handler.
 */
#ifndef KERNEL_EXCEPTION_INTERNAL_H
#define KERNEL_EXCEPTION_INTERNAL_H

#include <kernel/channel.h>
#include <kernel/exception.h>
#include <kernel/process.h>

struct exception;

/* The kernel's end of the channel in the slot, with a reference for the caller,
 * and the rights of who registered it; NULL: nobody listens. */
struct channel *exception_slot_get(struct object *task,
				   struct exception_slot *slot,
				   zx_rights_t *rights);

/* One exception of the running thread on its way through the handlers. */
struct exception_inquiry {
	const struct user_exception *what;
	/* Made for the first handler that there is. */
	struct exception *exception;
	/* The handler that was asked last wants to be asked again. */
	bool second_chance;
};

/*
 * Asks the handler behind this slot, if there is one, and sleeps until it has
 * decided. channel_type: ZX_EXCEPTION_CHANNEL_TYPE_*. No lock held.
 */
enum exception_result exception_ask(struct exception_inquiry *q,
				    struct object *task,
				    struct exception_slot *slot,
				    u32 channel_type);
/* Ends the inquiry; the object lives on while its handle does. */
void exception_inquiry_end(struct exception_inquiry *q);

#endif

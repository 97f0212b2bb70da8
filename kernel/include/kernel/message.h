/*
 * Messages of channels: bytes and handles in the kernel's memory. Handles in a
 * message belong to no process; they count as handles of their objects.
 *
 * Memory: what a process has written and nobody has read is charged to it, and
 * to all together. Beyond an eighth and a quarter of the machine's memory a
 * message is not made (NO_MEMORY).
 */
#ifndef KERNEL_MESSAGE_H
#define KERNEL_MESSAGE_H

#include <kernel/handle.h>

struct process;

struct message_handle {
	struct handle_taken taken;
	struct handle_slot slot;	/* the reader's, while it is delivered */
};

struct message {
	struct list_node node;		/* under the lock of what holds it */
	/* Fixed after creation. */
	struct process *writer;		/* charged and counted; NULL: kernel */
	u32 byte_count;
	/* Handles that it owns; the first so many of the array. */
	u32 handle_count;
	u8 *data;			/* 8-byte aligned */
	size_t alloc_bytes;		/* of this block */
	struct message_handle handles[];
};

void message_init(void);
/* A message with so many bytes, yet to be filled in, room for so many handles,
 * and none. Charged to the running thread's process. NO_MEMORY. */
MUST_CHECK zx_status_t message_create(u32 byte_count, u32 handle_limit,
				      struct message **out);
/* The same for the kernel's own messages, which are charged to nobody: what
 * bounds them is how many a channel holds unread. */
MUST_CHECK zx_status_t message_create_kernel(u32 byte_count, u32 handle_limit,
					     struct message **out);
/* Gives the memory back; the handles, if any, must have been moved on. */
void message_discard(struct message *m);
/*
 * Frees all messages of the list and closes their handles. What that closes
 * may be channels with messages that hold channels ...: a thread that is at it
 * already only puts the list behind its own. Thread context, no lock held.
 */
void messages_free(struct list_node *messages);
/* The same for one that is on no list. */
void message_free(struct message *m);

#endif

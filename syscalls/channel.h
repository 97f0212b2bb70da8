/*
 * Between the calls on channels: messages from and to user memory.
 */
#ifndef SYSCALLS_CHANNEL_H
#define SYSCALLS_CHANNEL_H

#include <kernel/channel.h>
#include <syscalls/user.h>

/* What zx_channel_write and zx_channel_call send. */
struct channel_write {
	uaddr_t bytes;		/* or zx_channel_iovec_t[num_bytes] if `iovec` */
	uaddr_t handles;	/* values, or dispositions if `etc` */
	u32 num_bytes;
	u32 num_handles;
	u32 min_bytes;		/* a shorter message is refused */
	bool etc;
	bool iovec;
};

/*
 * The array of a message that is gathered, and the message's length: steps 3 and
 * 4 of tasks.md 12.3. INVALID_ARGS: it cannot be read, or `reserved` is not 0;
 * OUT_OF_RANGE: the sum; NO_MEMORY. Then its bytes: INVALID_ARGS.
 */
MUST_CHECK zx_status_t channel_iovec_read(const struct channel_write *w,
					  zx_channel_iovec_t **out, u32 *bytes);
MUST_CHECK zx_status_t channel_iovec_gather(const struct channel_write *w,
					    const zx_channel_iovec_t *v,
					    u8 *to);
void channel_iovec_free(const struct channel_write *w, zx_channel_iovec_t *v);

/* The handles that a failed write takes from its caller nonetheless; nothing
 * happens if the array cannot be read. Returns status. */
zx_status_t channel_consume(const struct channel_write *w, zx_status_t status);
/*
 * The message that w describes, to be sent through the end `self`: steps 3 to 6
 * of tasks.md 12.3. Consumes the handles also if it fails.
 */
MUST_CHECK zx_status_t channel_collect(const struct channel_write *w,
				       struct object *self,
				       struct message **out);
/* Sends and takes m. A writer that lets too much lie unread is stopped. */
zx_status_t channel_send_or_free(struct channel *c, struct message *m);
/* What becomes of one who would have more than CHANNEL_MAX_MESSAGES unread: a
 * policy error, and SHOULD_WAIT if a handler lets it go on. */
zx_status_t channel_stop_writer(void);

/* Where a reader wants a message. */
struct channel_read {
	uaddr_t bytes;
	uaddr_t handles;	/* values, or zx_handle_info_t if `etc` */
	uaddr_t actual_bytes;
	uaddr_t actual_handles;
	bool etc;
};

/* Copies sizes, bytes and handle values out, then makes the handles. Frees m,
 * which is lost if the status is not OK. */
MUST_CHECK zx_status_t channel_deliver(const struct channel_read *r,
				       struct message *m);
/* The two sizes; 0 pointers are left out. INVALID_ARGS. */
MUST_CHECK zx_status_t channel_put_sizes(const struct channel_read *r,
					 u32 bytes, u32 handles);

#endif

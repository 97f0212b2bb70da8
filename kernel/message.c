/*
 * Messages. See <kernel/message.h>.
 *
 * One block holds the header, the handles and, if they fit into half a page,
 * the bytes; else the bytes have a block of their own.
 */
#include <kernel/message.h>
#include <kernel/process.h>
#include <mm/page.h>
#include <mm/pmm.h>
#include <mm/slab.h>

#define MESSAGE_INLINE_BYTES 2048

/* Fixed after message_init(). */
static u64 process_limit;
static u64 total_limit;
/* Atomic: bytes of all messages; relaxed, a limit. */
static u64 total_bytes;

void message_init(void)
{
	total_limit = pmm_total_count() * PAGE_SIZE / 4;
	process_limit = total_limit / 2;
}

static void uncharge(struct process *p, u64 bytes)
{
	arch_add64(&total_bytes, -bytes);
	if (!p)
		return;
	arch_add64(&p->message_bytes, -bytes);
	object_unref(&p->object);
}

static bool charge(struct process *p, u64 bytes)
{
	bool fits = arch_add64(&total_bytes, bytes) <= total_limit;

	if (p) {
		object_ref(&p->object);
		fits &= arch_add64(&p->message_bytes, bytes) <= process_limit;
	}
	if (!fits)
		uncharge(p, bytes);
	return fits;
}

static inline bool has_own_data(const struct message *m)
{
	return m->byte_count && m->alloc_bytes + m->byte_count >
					MESSAGE_INLINE_BYTES;
}

static inline u64 charge_of(const struct message *m)
{
	return sizeof(*m) + m->alloc_bytes + m->byte_count;
}

/* alloc_bytes is without the bytes: the block's size follows from both. */
static inline size_t block_bytes(const struct message *m)
{
	return m->alloc_bytes + (has_own_data(m) ? 0 : m->byte_count);
}

/* In line in the way of every message; the kernel's own are rare. */
static inline struct message *message_alloc(u32 byte_count, u32 handle_limit)
{
	struct message shape = {
		.byte_count = byte_count,
		.alloc_bytes = sizeof(struct message) +
			       handle_limit * sizeof(struct message_handle),
	};
	struct message *m = kmalloc(block_bytes(&shape));

	if (!m)
		return NULL;
	m->byte_count = byte_count;
	m->handle_count = 0;
	m->alloc_bytes = shape.alloc_bytes;
	m->data = (u8 *)m + m->alloc_bytes;
	if (!has_own_data(m))
		return m;
	m->data = kmalloc(byte_count);
	if (m->data)
		return m;
	kfree(m, block_bytes(m));
	return NULL;
}

static void message_dealloc(struct message *m)
{
	if (has_own_data(m))
		kfree(m->data, m->byte_count);
	kfree(m, block_bytes(m));
}

zx_status_t message_create(u32 byte_count, u32 handle_limit,
			   struct message **out)
{
	struct message *m = message_alloc(byte_count, handle_limit);

	if (!m)
		return ZX_ERR_NO_MEMORY;
	m->writer = thread_current()->process;
	if (!charge(m->writer, charge_of(m))) {
		message_dealloc(m);
		return ZX_ERR_NO_MEMORY;
	}
	list_init(&m->node);
	*out = m;
	return ZX_OK;
}

zx_status_t message_create_kernel(u32 byte_count, u32 handle_limit,
				  struct message **out)
{
	struct message *m = message_alloc(byte_count, handle_limit);

	if (!m)
		return ZX_ERR_NO_MEMORY;
	m->writer = NULL;
	arch_add64(&total_bytes, charge_of(m));
	list_init(&m->node);
	*out = m;
	return ZX_OK;
}

void message_discard(struct message *m)
{
	struct process *writer = m->writer;
	u64 bytes = charge_of(m);

	message_dealloc(m);
	uncharge(writer, bytes);
}

static void free_one(struct message *m)
{
	for (u32 i = 0; i < m->handle_count; i++)
		handle_release_taken(&m->handles[i].taken);
	message_discard(m);
}

void messages_free(struct list_node *messages)
{
	struct thread *t = thread_current();
	struct list_node work, *n;

	if (list_is_empty(messages))
		return;
	if (t->dying_messages) {
		list_splice_tail(t->dying_messages, messages);
		return;
	}
	list_init(&work);
	list_splice_tail(&work, messages);
	t->dying_messages = &work;
	while ((n = list_pop_head(&work)) != NULL)
		free_one(list_entry(n, struct message, node));
	t->dying_messages = NULL;
}

void message_free(struct message *m)
{
	struct list_node one;

	list_init(&one);
	list_add_tail(&one, &m->node);
	messages_free(&one);
}

/*
 * Pairs of objects. See <kernel/peer.h>.
 */
#include <arch/usercopy.h>
#include <kernel/handle.h>
#include <kernel/peer.h>

static void end_init(struct peer *p, struct peer *other, u32 type,
		     const struct object_ops *ops, zx_signals_t signals)
{
	object_init(&p->object, type, ops, signals);
	p->other = other;
	p->closed = false;
	p->end_count = 2;
}

void peer_init(struct peer *a, struct peer *b, u32 type,
	       const struct object_ops *ops, zx_signals_t signals)
{
	end_init(a, b, type, ops, signals);
	end_init(b, a, type, ops, signals);
}

bool peer_drop(struct peer *p)
{
	/* Acquire and release: the freer comes behind all that the other end's
	 * last user did. */
	return __atomic_fetch_sub(&peer_first(p)->end_count, 1,
				  __ATOMIC_ACQ_REL) == 1;
}

zx_status_t peer_signal(struct peer *p, zx_signals_t clear, zx_signals_t set)
{
	struct peer *to = p->other;
	zx_status_t status = ZX_ERR_PEER_CLOSED;

	spin_lock(&to->object.lock);
	if (!to->closed) {
		object_update_signals_locked(&to->object, clear, set);
		status = ZX_OK;
	}
	spin_unlock(&to->object.lock);
	return status;
}

static zx_status_t reserve_two(struct handle_slot *slots)
{
	zx_status_t status = handle_reserve(handle_table_current(), &slots[0]);

	if (status != ZX_OK)
		return status;
	status = handle_reserve(handle_table_current(), &slots[1]);
	if (status != ZX_OK)
		handle_cancel(&slots[0]);
	return status;
}

/* Both values go out before a handle comes to be. */
static zx_status_t make_two(struct peer *a, struct peer *b, zx_rights_t rights,
			    uaddr_t out0, uaddr_t out1)
{
	struct handle_slot slots[2];
	zx_status_t status = reserve_two(slots);

	if (status != ZX_OK)
		return status;
	if (put_user_u32(out0, slots[0].value) != ZX_OK ||
	    put_user_u32(out1, slots[1].value) != ZX_OK) {
		handle_cancel(&slots[0]);
		handle_cancel(&slots[1]);
		return ZX_ERR_INVALID_ARGS;
	}
	handle_publish(&slots[0], &a->object, rights);
	handle_publish(&slots[1], &b->object, rights);
	return ZX_OK;
}

zx_status_t peer_make_handles(struct peer *a, struct peer *b,
			      zx_rights_t rights, uaddr_t out0, uaddr_t out1)
{
	zx_status_t status = make_two(a, b, rights, out0, out1);

	object_unref(&a->object);
	object_unref(&b->object);
	return status;
}

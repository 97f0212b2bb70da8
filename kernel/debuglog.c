/*
 * Debug log objects.
 *
 * Each holds its reader's place in the kernel log, under object.lock. The
 * signal READABLE follows the log with a short delay: printk tells of new
 * records in a thread of its own, which walks all readable objects. list_lock
 * (a mutex, outermost like LOCK_JOB) guards their list; an object is on it
 * until its destruction, which waits for the walk.
 */
#include <kernel/debuglog.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <mm/slab.h>

struct debuglog {
	struct object object;
	/* Under object.lock: of the next record to be read. */
	u64 sequence;
	/* Under list_lock; points at itself if the object is not readable. */
	struct list_node node;
};

static struct slab_cache debuglog_cache;
static struct mutex list_lock;
static struct list_node readers = LIST_INIT(readers);

static struct debuglog *debuglog_from_object(struct object *o)
{
	return container_of(o, struct debuglog, object);
}

static bool is_readable(struct debuglog *d)
{
	bool readable;

	spin_lock(&d->object.lock);
	readable = printk_is_readable(d->sequence);
	spin_unlock(&d->object.lock);
	return readable;
}

static void signal_readers(void)
{
	struct debuglog *d;

	mutex_lock(&list_lock);
	list_for_each(d, &readers, node)
		if (is_readable(d))
			object_update_signals(&d->object, 0, ZX_LOG_READABLE);
	mutex_unlock(&list_lock);
}

void debuglog_init(void)
{
	slab_cache_init(&debuglog_cache, "debuglog", sizeof(struct debuglog));
	mutex_init(&list_lock, LOCK_JOB);
	if (printk_set_notify(signal_readers) != ZX_OK)
		panic("no memory for the thread that tells log readers");
}

static void debuglog_destroy(struct object *o)
{
	struct debuglog *d = debuglog_from_object(o);

	mutex_lock(&list_lock);
	list_del(&d->node);
	mutex_unlock(&list_lock);
	slab_free(&debuglog_cache, d);
}

static const struct object_ops debuglog_ops = {
	.destroy = debuglog_destroy,
};

zx_status_t debuglog_create(bool readable, struct object **out)
{
	struct debuglog *d = slab_alloc(&debuglog_cache);

	if (!d)
		return ZX_ERR_NO_MEMORY;
	object_init(&d->object, ZX_OBJ_TYPE_LOG, &debuglog_ops,
		    ZX_LOG_WRITABLE);
	d->sequence = 0;
	list_init(&d->node);
	if (readable) {
		mutex_lock(&list_lock);
		list_add_tail(&readers, &d->node);
		mutex_unlock(&list_lock);
		if (is_readable(d))
			object_update_signals(&d->object, 0, ZX_LOG_READABLE);
	}
	*out = &d->object;
	return ZX_OK;
}

zx_status_t debuglog_read(struct object *o, zx_log_record_t *out,
			  size_t *bytes)
{
	struct debuglog *d = debuglog_from_object(o);

	spin_lock(&o->lock);
	*bytes = printk_read(&d->sequence, out);
	spin_unlock(&o->lock);
	if (!is_readable(d)) {
		object_update_signals(o, ZX_LOG_READABLE, 0);
		/* A record that came before the clearing, and whose signal we
		 * have just cleared, is found here. */
		if (is_readable(d))
			object_update_signals(o, 0, ZX_LOG_READABLE);
	}
	return *bytes ? ZX_OK : ZX_ERR_SHOULD_WAIT;
}

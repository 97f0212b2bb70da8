#include <string.h>

#include <jx/thread.h>

#include "coherence.h"

#define ROUNDS 2000
#define TIME_LIMIT ZX_SEC(4)
/* One in so many waits for readers is made, the other calls follow each other
 * as fast as they can. No divisor of the number of waits in any round. */
#define LOOKS_SKIPPED 7
/* Polls before the CPU is given up for a moment, and that moment. */
#define POLLS 200
#define POLL_PAUSE ZX_USEC(20)

#define ORDERED_LOAD(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define ORDERED_STORE(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

/* What one reader knows; it runs in the child as well, without variables. */
struct reader {
	struct reader_control *control;
	struct reader_slot *slot;
	zx_vaddr_t page[2];
	zx_handle_t scratch;
	uint64_t scratch_offset;
};

static struct reader readers[READERS_MAX];
static struct jx_thread threads[READERS_MAX];

/* Reads or writes the word as a system call's buffer. */
static zx_status_t probe(const struct reader *r, zx_vaddr_t page, uint64_t *value)
{
	zx_status_t status;

	if (r->control->writes)
		return zx_vmo_read(r->scratch, (void *)page, r->scratch_offset, 8);
	status = zx_vmo_write(r->scratch, (const void *)page, r->scratch_offset, 8);
	if (status == ZX_OK)
		zx_vmo_read(r->scratch, value, r->scratch_offset, 8);
	return status;
}

/* One look at one mapping. */
static void look(const struct reader *r, zx_vaddr_t page)
{
	uint64_t epoch = ORDERED_LOAD(&r->control->epoch);
	uint64_t value = 0;

	if (!r->control->probes) {
		value = vm_load(page);
	} else if (probe(r, page, &value) != ZX_OK) {
		value = 0;
	} else if ((epoch & 1) && ORDERED_LOAD(&r->control->epoch) == epoch) {
		r->slot->forbidden++;
	}
	if (value >= FOREIGN)
		r->slot->foreign++;
	else if (value != 0 && value < epoch / 2)
		r->slot->stale++;
}

static void read_on(const struct reader *r)
{
	while (!ORDERED_LOAD(&r->control->stop)) {
		look(r, r->page[0]);
		look(r, r->page[1]);
		ORDERED_STORE(&r->slot->sequence, r->slot->sequence + 1);
	}
}

static int thread_reads(void *arg)
{
	read_on(arg);
	return 0;
}

static void child_reads(zx_handle_t scratch, uintptr_t arg)
{
	struct reader_control *control = (struct reader_control *)arg;
	struct reader r;

	r.control = control;
	r.slot = &control->slot[0];
	r.page[0] = control->child_page[0];
	r.page[1] = control->child_page[1];
	r.scratch = scratch;
	r.scratch_offset = 0;
	read_on(&r);
	zx_process_exit(7);
}

static bool start_child(struct race *r)
{
	zx_handle_t scratch = vm_dup(r->scratch, ZX_RIGHT_SAME_RIGHTS);
	zx_vaddr_t control;

	if (!vm_child_make(&r->child))
		return false;
	r->control->child_page[0] = vm_child_map(&r->child, r->vmo, VM_RW, 1);
	r->control->child_page[1] = vm_child_map(&r->child, r->vmo, VM_RW, 1);
	control = vm_child_map(&r->child, r->control_vmo, VM_RW, 1);
	return EXPECT_STATUS(zx_process_start(r->child.process, r->child.thread,
					      (zx_vaddr_t)child_reads, r->child.stack_top, scratch,
					      control), ZX_OK);
}

static bool start_threads(struct race *r)
{
	for (uint32_t i = 1; i < r->reader_count; i++) {
		readers[i] = (struct reader){ r->control, &r->control->slot[i],
					      { r->page[0], r->page[1] }, r->scratch, i * PAGE };
		if (!EXPECT_STATUS(jx_thread_create(&threads[i], "reader", thread_reads,
						    &readers[i]), ZX_OK))
			return false;
	}
	return true;
}

bool race_start(struct race *r, enum race_mode mode)
{
	uint32_t cpus = zx_system_get_num_cpus();

	_Static_assert(sizeof(struct reader_control) <= ZX_PAGE_SIZE, "one page");
	memset(r, 0, sizeof(*r));
	if (cpus == 1) {
		jx_skip("one CPU cannot race");
		return false;
	}
	/* All other CPUs; the test itself must not wait for a turn on its own. */
	r->reader_count = cpus > 3 ? cpus - 1 : 2;
	r->control_vmo = vm_vmo_make(1, 0);
	r->scratch = vm_vmo_make(READERS_MAX, 0);
	r->vmo = vm_vmo_make(1, ZX_VMO_RESIZABLE);
	r->control = (struct reader_control *)vm_map(r->control_vmo, VM_RW, 1);
	r->page[0] = vm_map(r->vmo, VM_RW, 1);
	r->page[1] = vm_map(r->vmo, VM_RW, 1);
	memset(r->control, 0, sizeof(*r->control));
	r->control->probes = mode != RACE_LOADS;
	r->control->writes = mode == RACE_PROBES_WRITE;
	vm_vmo_set(r->vmo, 0, 0);
	if (!start_child(r) || !start_threads(r))
		return false;
	/* The child too must be at it before the first call is counted. */
	while (ORDERED_LOAD(&r->control->slot[0].sequence) == 0)
		zx_nanosleep(zx_deadline_after(POLL_PAUSE));
	r->end = zx_deadline_after(TIME_LIMIT);
	return true;
}

static void report(const struct race *r)
{
	uint64_t looks = 0;

	for (uint32_t i = 0; i < r->reader_count; i++) {
		const struct reader_slot *s = &r->control->slot[i];

		EXPECT_TRUE(s->sequence != 0);
		EXPECT_EQ(s->stale, 0);
		EXPECT_EQ(s->foreign, 0);
		EXPECT_EQ(s->forbidden, 0);
		looks += s->sequence;
	}
	jx_note("%llu calls, a reader looked during %llu of them, %llu looks by %u readers",
		(unsigned long long)r->call_count, (unsigned long long)r->open_count,
		(unsigned long long)looks, r->reader_count);
	if (r->open_count == 0)
		jx_fail("the race was never open");
}

void race_finish(struct race *r)
{
	ORDERED_STORE(&r->control->stop, 1);
	for (uint32_t i = 1; i < r->reader_count; i++)
		EXPECT_STATUS(jx_thread_join(&threads[i], NULL), ZX_OK);
	EXPECT_EQ(vm_child_finish(&r->child), 7);
	report(r);
	vm_unmap((zx_vaddr_t)r->control, 1);
	vm_unmap(r->page[0], 1);
	vm_unmap(r->page[1], 1);
	zx_handle_close(r->control_vmo);
	zx_handle_close(r->scratch);
	zx_handle_close(r->foreign);
	zx_handle_close(r->vmo);
}

static uint64_t looks_taken(const struct race *r)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < r->reader_count; i++)
		sum += ORDERED_LOAD(&r->control->slot[i].sequence);
	return sum;
}

bool race_goes_on(const struct race *r)
{
	return r->call_count < ROUNDS && zx_clock_get_monotonic() < r->end;
}

/* Two looks for each reader, whoever takes them: one that is not running now
 * need not hold up the others. */
void race_let_look(struct race *r)
{
	uint64_t wanted = looks_taken(r) + 2 * r->reader_count;

	if (++r->look_count % LOOKS_SKIPPED != 0)
		return;
	for (uint32_t spins = 1; looks_taken(r) < wanted; spins++) {
		if (spins % POLLS == 0)
			zx_nanosleep(zx_deadline_after(POLL_PAUSE));
	}
}

void race_renew(struct race *r)
{
	r->generation++;
	vm_vmo_set(r->vmo, 0, r->generation);
	race_let_look(r);
	zx_handle_close(r->foreign);
	r->foreign = ZX_HANDLE_INVALID;
}

void race_begin(struct race *r)
{
	r->call_count++;
	r->sequence_before = looks_taken(r);
}

void race_end(struct race *r)
{
	r->open_count += looks_taken(r) != r->sequence_before;
}

void race_publish(struct race *r, uint64_t epoch)
{
	ORDERED_STORE(&r->control->epoch, epoch);
}

void race_reuse_frames(struct race *r)
{
	enum { PAGES = 4 };

	zx_handle_close(r->foreign);
	if (!EXPECT_STATUS(zx_vmo_create(PAGES * PAGE, 0, &r->foreign), ZX_OK))
		return;
	for (uint64_t i = 0; i < PAGES; i++)
		vm_vmo_set(r->foreign, i, FOREIGN + i);
}

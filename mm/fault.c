/*
 * Page faults (spec/vmar.md 14.2): find the mapping without a lock, take its
 * VMO's lock, look whether the mapping still stands, get the page, install the
 * entry. What has to wait (a pager, a writer that is half way) waits with
 * nothing held, and then all starts over.
 *
 * Why the common path needs no reference on the mapping: it is found inside an
 * epoch, and the VMO's lock is tried and the mapping's state read inside the
 * same epoch. While that lock is held a mapping that was seen alive stays on
 * the VMO's list, so neither it nor the VMO can go away; struct vmo itself is
 * freed through the epoch, so that releasing the lock is safe as well.
 */
#include <arch/mmu.h>
#include <kernel/panic.h>
#include <kernel/percpu.h>
#include <kernel/suspend.h>
#include <mm/fault.h>
#include <mm/pager.h>
#include <mm/reclaim.h>
#include <mm/vmo_stream.h>

#include "vmar_internal.h"

/* Entries that one fault installs at most: the page and those behind it in the
 * same aligned block. */
#define AROUND_PAGES 16ul

/* Entries that a call makes before the lock is given up for a moment. */
#define ENTRIES_A_TURN 256

/* Frames that one fault takes at most: the page, tables, and nodes. */
#define FAULT_FRAMES 8

/* What the steps of one attempt share. */
struct fault {
	struct aspace *as;
	uaddr_t va;		/* page address */
	u32 access;		/* PT_READ, PT_WRITE or PT_EXEC */
	struct mapping *m;
	bool referenced;	/* m carries a reference of ours */
	struct pt_reserve reserve;
	struct page_request request;
};

/* The protection that an access demands (spec 14.2, step 2). */
static bool prot_allows(u32 prot, u32 access)
{
	u32 needed = ZX_VM_PERM_READ;

	if (access & PT_WRITE)
		needed = ZX_VM_PERM_WRITE;
	if (access & PT_EXEC)
		needed |= ZX_VM_PERM_EXECUTE;
	return (prot & needed) == needed;
}

static void unlock_mapping(struct fault *f)
{
	struct mapping *m = f->m;

	mutex_unlock(m->vmo->lock);
	if (__builtin_expect(f->referenced, 0))
		mapping_unref(m);
}

/* The lock was not free: a reference carries the mapping over the sleep. Ends
 * the caller's epoch. */
static __attribute__((noinline)) zx_status_t
sleep_for_mapping(struct fault *f)
{
	bool kept = mapping_ref(f->m);

	epoch_exit();
	if (!kept)
		return ZX_ERR_SHOULD_WAIT;
	f->referenced = true;
	mutex_lock(f->m->vmo->lock);
	if (f->m->state == MAPPING_ALIVE)
		return ZX_OK;
	unlock_mapping(f);
	return ZX_ERR_SHOULD_WAIT;
}

/*
 * The mapping at va, or NULL. Most faults of a thread fall where its last one
 * did: that mapping is known without the tree as long as its aspace has retired
 * none. For it goes to the epoch after the number has grown: as long as we read
 * the old number inside ours it has not been freed. Acquire: what the tree says
 * then is no older than the number that is noted with it.
 */
static inline struct mapping *find_mapping(struct aspace *as, uaddr_t va)
{
	u64 retired = __atomic_load_n(&as->retired, __ATOMIC_ACQUIRE);
	struct thread *t = thread_current();
	struct mapping *m = t->fault_mapping;
	u64 page = va >> PAGE_SHIFT;

	DEBUG_ASSERT(as == t->aspace);
	if (m && t->fault_retired == retired && page >= m->region.start &&
	    page < m->region.end)
		return m;
	t->fault_retired = retired;
	t->fault_mapping = aspace_lookup_mapping(as, va);
	return t->fault_mapping;
}

/*
 * Finds the mapping, which is alive, and takes its VMO's lock. NOT_FOUND;
 * SHOULD_WAIT: the mapping is coming or going away. Its state is read inside
 * the epoch: a mapping that died before we had the lock may be off the list
 * already, and then nothing but the epoch keeps it and the VMO.
 */
static zx_status_t lock_mapping(struct fault *f)
{
	struct aspace *as = f->as;
	uaddr_t va = f->va;
	struct mapping *m;

	epoch_enter();
	m = find_mapping(as, va);
	if (!m) {
		epoch_exit();
		return ZX_ERR_NOT_FOUND;
	}
	f->m = m;
	if (!mutex_trylock(m->vmo->lock))
		return sleep_for_mapping(f);
	f->referenced = false;
	if (__builtin_expect(m->state != MAPPING_ALIVE, 0)) {
		mutex_unlock(m->vmo->lock);
		epoch_exit();
		return ZX_ERR_SHOULD_WAIT;
	}
	epoch_exit();
	return ZX_OK;
}

/* A writer is between steps 2 and 6 of change.c: wait until it is through. */
static void wait_for_writer(struct aspace *as)
{
	mutex_lock(&as->lock);
	mutex_unlock(&as->lock);
}

/* Permissions that a mapping gives to a page: write only where a write needs
 * no work, execute only to an access that executes (I14). */
static u32 entry_flags(const struct mapping *m, bool writable, u32 access)
{
	u32 flags = PT_READ | m->vmo->cache_policy << PT_TYPE_SHIFT;

	if (writable && (m->prot & ZX_VM_PERM_WRITE)) {
		m->vmo->write_mapped = true;
		flags |= PT_WRITE;
	}
	return flags | (access & PT_EXEC);
}

/* What the mapping shows ends here, or the VMO does: an index. */
static u64 limit_locked(const struct mapping *m)
{
	u64 end = vmo_index(m->vmo, m->vmo->size);

	if (__builtin_expect(m->fault_beyond_stream, 0))
		end = min_u64(vmo_stream_end_locked(m->named), end);
	return m->named == m->vmo ? end :
				    min_u64(vmo_end_locked(m->named), end);
}

/* --- Memory in one run: contiguous and physical VMOs ---------------------- */

/* Its address at an index, which lies in the VMO. */
static paddr_t run_paddr_locked(const struct vmo *v, u64 index)
{
	if (v->kind == VMO_CONTIGUOUS)
		return page_to_paddr(pt_page(ptree_get(&v->pages, index)));
	return paddr(v->paddr.v + ((index - v->shift) << PAGE_SHIFT));
}

/* The block around va is inside the mapping and the VMO, and aligned alike in
 * both spaces. */
static bool block_fits(const struct mapping *m, uaddr_t va, u64 index,
		       paddr_t pa)
{
	uaddr_t start = va & ~(PT_BLOCK_BYTES - 1);
	u64 before = (va - start) >> PAGE_SHIFT;

	return ((va ^ pa.v) & (PT_BLOCK_BYTES - 1)) == 0 &&
	       start >= mapping_base(m) &&
	       mapping_end(m) - start >= PT_BLOCK_BYTES &&
	       index - before + PT_BLOCK_PAGES <= limit_locked(m);
}

/* I14. The frames of a physical VMO are somebody else's: nothing is noted about
 * them, as their owner does not free them for us (I4). */
static void sync_run_page(const struct vmo *v, paddr_t pa)
{
	if (v->kind == VMO_CONTIGUOUS)
		arch_sync_icache_page(paddr_to_page(pa));
	else if (arch_is_ram(pa, PAGE_SIZE))
		arch_cache_sync(phys_to_virt(pa), PAGE_SIZE);
}

/* Maps the page at va, in a block if it can. *count: pages mapped behind va. */
static zx_status_t map_run_locked(struct mapping *m, uaddr_t va, u32 access,
				  struct pt_reserve *reserve, u64 *count)
{
	u64 index = m->index + ((va - mapping_base(m)) >> PAGE_SHIFT);
	struct arch_aspace *as = &m->vmar->aspace->arch;
	paddr_t pa = run_paddr_locked(m->vmo, index);
	u32 flags = entry_flags(m, true, access);
	u64 into = va & (PT_BLOCK_BYTES - 1);
	zx_status_t status = ZX_ERR_ALREADY_EXISTS;

	/* A block of instructions would have to be made coherent as a whole. */
	if (!(access & PT_EXEC) && block_fits(m, va, index, pa))
		status = pt_map_block(as, va - into, paddr(pa.v - into), flags,
				      reserve);
	*count = PT_BLOCK_PAGES - (into >> PAGE_SHIFT);
	if (status != ZX_ERR_ALREADY_EXISTS)
		return status;
	*count = 1;
	if (access & PT_EXEC)
		sync_run_page(m->vmo, pa);
	return pt_map(as, va, pa, flags, reserve);
}

/* --- Pages ---------------------------------------------------------------- */

static inline zx_status_t map_page_locked(struct mapping *m, uaddr_t va, u32 access,
				   struct page *page, bool writable,
				   struct pt_reserve *reserve)
{
	if (access & PT_EXEC)
		arch_sync_icache_page(page);
	return pt_map(&m->vmar->aspace->arch, va, page_to_paddr(page),
		      entry_flags(m, writable, access), reserve);
}

/*
 * Entries for the resident pages that follow, to the end of the aligned block,
 * the mapping or the VMO: they save the faults of a program that walks on.
 * Those before were walked over already. Read-only, so that nothing about a
 * neighbour has to be known but that it is there.
 */
static __attribute__((noinline)) void install_around(struct fault *f,
						     u64 index)
{
	u64 page = f->va >> PAGE_SHIFT;
	u64 last = min_u64((page | (AROUND_PAGES - 1)) + 1, f->m->region.end);
	struct page *frames[AROUND_PAGES];
	u64 count = min_u64(last - page, limit_locked(f->m) - index);

	if (count < 2)
		return;
	count = vmo_get_resident_locked(f->m->vmo, index + 1, count - 1,
					frames);
	if (count)
		pt_map_neighbours(&f->as->arch, f->va + PAGE_SIZE, frames,
				  (u32)count, entry_flags(f->m, false, 0));
}

/* Table pages were missing: gets some. False: *status says why not. */
static bool get_tables(struct pt_reserve *reserve, zx_status_t *status)
{
	*status = pt_reserve_fill(reserve, PT_RESERVE_MAX);
	return *status == ZX_OK;
}

static __attribute__((noinline)) zx_status_t
map_with_tables_locked(struct fault *f, struct page *page, bool writable)
{
	zx_status_t status = ZX_ERR_NO_RESOURCES;

	while (status == ZX_ERR_NO_RESOURCES && get_tables(&f->reserve, &status))
		status = map_page_locked(f->m, f->va, f->access, page, writable,
					 &f->reserve);
	return status;
}

static inline zx_status_t resolve_page_locked(struct fault *f,
					      struct mapping *m, u64 index)
{
	u32 access = f->access;
	struct page *page;
	bool writable;
	zx_status_t status = vmo_get_page_locked(m->vmo, index,
						 access & PT_WRITE,
						 &f->request, &page, &writable);

	if (status != ZX_OK)
		return status;
	status = map_page_locked(m, f->va, access, page, writable, NULL);
	if (__builtin_expect(status == ZX_ERR_NO_RESOURCES, 0))
		status = map_with_tables_locked(f, page, writable);
	if (access == PT_READ && status == ZX_OK && page != zero_page)
		install_around(f, index);
	return status;
}

static __attribute__((noinline)) zx_status_t
resolve_run_locked(struct fault *f, u64 index)
{
	zx_status_t status;
	u64 count;

	if (index >= limit_locked(f->m))
		return ZX_ERR_OUT_OF_RANGE;
	do {
		status = map_run_locked(f->m, f->va, f->access, &f->reserve,
					&count);
	} while (status == ZX_ERR_NO_RESOURCES && get_tables(&f->reserve, &status));
	return status;
}

/* Steps 2 to 5 of the resolver, under the VMO's lock. SHOULD_WAIT: the pager
 * is asked; BAD_STATE is never returned for that reason. */
static inline zx_status_t resolve_locked(struct fault *f, struct mapping *m)
{
	u64 index = m->index + ((f->va - mapping_base(m)) >> PAGE_SHIFT);

	if (!prot_allows(m->prot, f->access))
		return ZX_ERR_ACCESS_DENIED;
	if (m->named != m->vmo && index >= vmo_end_locked(m->named))
		return ZX_ERR_OUT_OF_RANGE;
	if (__builtin_expect(m->fault_beyond_stream, 0) &&
	    index >= vmo_stream_end_locked(m->named))
		return ZX_ERR_OUT_OF_RANGE;
	if (m->vmo->kind != VMO_PAGED)
		return resolve_run_locked(f, index);
	return resolve_page_locked(f, m, index);
}

/* One attempt. true: *status is the answer; false: start over. */
static bool fault_attempt(struct fault *f, zx_status_t *status)
{
	*status = lock_mapping(f);
	if (*status == ZX_ERR_NOT_FOUND)
		return true;
	if (__builtin_expect(*status != ZX_OK, 0)) {
		wait_for_writer(f->as);
		return false;
	}
	*status = resolve_locked(f, f->m);
	unlock_mapping(f);
	if (__builtin_expect(*status != ZX_ERR_SHOULD_WAIT, 1))
		return true;
	stat_add(STAT_FAULTS_PAGER, 1);
	*status = page_request_wait_once(&f->request);
	return *status != ZX_OK;
}

zx_status_t mm_page_fault(struct aspace *as, uaddr_t va, u32 access)
{
	struct fault f;
	zx_status_t status;

	stat_add(STAT_FAULTS, 1);
	f.as = as;
	f.va = round_down_page(va);
	f.access = access;
	f.reserve.pages = NULL;
	f.reserve.count = 0;
	do {
		while (!fault_attempt(&f, &status)) {
			if (thread_is_killed()) {
				status = ZX_ERR_INTERNAL_INTR_KILLED;
				break;
			}
		}
	} while (mm_try_again(status, FAULT_FRAMES));
	if (__builtin_expect(f.reserve.count != 0, 0))
		pt_reserve_release(&f.reserve);
	return status;
}

zx_status_t mm_kernel_page_fault(struct aspace *as, uaddr_t va, u32 access)
{
	zx_status_t status;

	do {
		status = mm_page_fault(as, va, access);
	} while (status == ZX_ERR_INTERNAL_INTR_RETRY &&
		 thread_stop_in_call() == ZX_OK);
	return status;
}

/* One entry or block, at the first resident page at or after *index. False when
 * there is none below end. */
static bool populate_step_locked(struct mapping *m, u64 *index, u64 end,
				 struct pt_reserve *r, zx_status_t *status)
{
	struct page *page = NULL;
	bool writable;
	u64 count = 1;
	uaddr_t va;

	if (m->vmo->kind == VMO_PAGED &&
	    !vmo_next_resident_locked(m->vmo, index, end, &page))
		return false;
	if (*index >= end)
		return false;
	va = mapping_base(m) + ((*index - m->index) << PAGE_SHIFT);
	if (!page) {
		*status = map_run_locked(m, va, PT_READ, r, &count);
	} else {
		*status = vmo_get_page_locked(m->vmo, *index, false, NULL,
					      &page, &writable);
		if (*status == ZX_OK)
			*status = map_page_locked(m, va, PT_READ, page,
						  writable, r);
	}
	if (*status == ZX_ERR_NO_RESOURCES)
		return get_tables(r, status);
	*index += count;
	return *status == ZX_OK;
}

/* Entries for pages of indices [*index, end) that the VMO holds, some in one hold.
 * False: that was all, or *status says why not. */
static bool populate_turn_locked(struct mapping *m, u64 *index, u64 end,
				 struct pt_reserve *r, zx_status_t *status)
{
	u64 stop = min_u64(end, limit_locked(m));

	for (u32 i = 0; i < ENTRIES_A_TURN; i++)
		if (!populate_step_locked(m, index, stop, r, status))
			return false;
	return true;
}

zx_status_t mapping_populate(struct mapping *m, u64 start, u64 end)
{
	u64 index = m->index + (start - m->region.start);
	u64 stop = index + (end - start);
	struct pt_reserve reserve = { NULL, 0 };
	zx_status_t status = ZX_OK;
	bool more = m->prot & ZX_VM_PERM_READ;

	while (more && status == ZX_OK) {
		mutex_lock(m->vmo->lock);
		more = m->state == MAPPING_ALIVE &&
		       populate_turn_locked(m, &index, stop, &reserve,
					    &status);
		mutex_unlock(m->vmo->lock);
		if (more && thread_is_killed())
			status = ZX_ERR_INTERNAL_INTR_KILLED;
	}
	pt_reserve_release(&reserve);
	return status;
}

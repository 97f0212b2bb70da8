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
#include <kernel/percpu.h>
#include <mm/fault.h>
#include <mm/pager.h>
#include <mm/vmo.h>

#include "vmar_internal.h"

/* Entries that one fault installs at most: the page and those behind it in the
 * same aligned block. */
#define AROUND_PAGES 16ul

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
	mutex_unlock(&f->m->vmo->lock);
	if (f->referenced)
		mapping_unref(f->m);
}

/* The lock was not free: a reference carries the mapping over the sleep. Ends
 * the caller's epoch. */
static zx_status_t sleep_for_mapping(struct fault *f)
{
	bool kept = mapping_ref(f->m);

	epoch_exit();
	if (!kept)
		return ZX_ERR_SHOULD_WAIT;
	f->referenced = true;
	mutex_lock(&f->m->vmo->lock);
	if (f->m->state == MAPPING_ALIVE)
		return ZX_OK;
	unlock_mapping(f);
	return ZX_ERR_SHOULD_WAIT;
}

/*
 * Finds the mapping, which is alive, and takes its VMO's lock. NOT_FOUND;
 * SHOULD_WAIT: the mapping is coming or going away. Its state is read inside
 * the epoch: a mapping that died before we had the lock may be off the list
 * already, and then nothing but the epoch keeps it and the VMO.
 */
static zx_status_t lock_mapping(struct fault *f)
{
	struct mapping *m;

	epoch_enter();
	m = aspace_lookup_mapping(f->as, f->va);
	if (!m) {
		epoch_exit();
		return ZX_ERR_NOT_FOUND;
	}
	f->m = m;
	if (!mutex_trylock(&m->vmo->lock))
		return sleep_for_mapping(f);
	f->referenced = false;
	if (__builtin_expect(m->state != MAPPING_ALIVE, 0)) {
		mutex_unlock(&m->vmo->lock);
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

/*
 * Installs the entry, getting table pages as they are found missing. Execute
 * permission is given only to an access that executes, after the page's
 * instruction stream was made coherent (I14).
 */
static zx_status_t install(struct fault *f, struct page *page, bool writable)
{
	u32 flags = PT_READ;
	zx_status_t status;

	if (writable && (f->m->prot & ZX_VM_PERM_WRITE))
		flags |= PT_WRITE;
	if (f->access & PT_EXEC) {
		arch_sync_icache_page(page);
		flags |= PT_EXEC;
	}
	for (;;) {
		status = pt_map(&f->as->arch, f->va, page_to_paddr(page),
				flags, &f->reserve);
		if (status != ZX_ERR_NO_RESOURCES)
			return status;
		status = pt_reserve_fill(&f->reserve, PT_RESERVE_MAX);
		if (status != ZX_OK)
			return status;
	}
}

/*
 * Entries for the resident pages that follow, to the end of the aligned block,
 * the mapping or the VMO: they save the faults of a program that walks on.
 * Those before were walked over already. Read-only, so that nothing about a
 * neighbour has to be known but that it is there.
 */
static void install_around(struct fault *f, u64 offset)
{
	u64 page = f->va >> PAGE_SHIFT;
	u64 last = min_u64((page | (AROUND_PAGES - 1)) + 1, f->m->region.end);
	struct page *frames[AROUND_PAGES];
	u64 count;

	if (last - page < 2)
		return;
	count = vmo_get_resident_locked(f->m->vmo, (offset >> PAGE_SHIFT) + 1,
					last - page - 1, frames);
	if (count)
		pt_map_neighbours(&f->as->arch, f->va + PAGE_SIZE, frames,
				  (u32)count, PT_READ);
}

/* Steps 2 to 5 of the resolver, under the VMO's lock. SHOULD_WAIT: the pager
 * is asked; BAD_STATE is never returned for that reason. */
static zx_status_t resolve_locked(struct fault *f)
{
	struct mapping *m = f->m;
	struct page *page;
	bool writable;
	zx_status_t status;
	u64 offset = m->vmo_offset + (f->va - mapping_base(m));

	if (!prot_allows(m->prot, f->access))
		return ZX_ERR_ACCESS_DENIED;
	status = vmo_get_page_locked(m->vmo, offset, f->access & PT_WRITE,
				     &f->request, &page, &writable);
	if (status != ZX_OK)
		return status;
	status = install(f, page, writable);
	if (status == ZX_OK && f->access == PT_READ && page != zero_page)
		install_around(f, offset);
	return status;
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
	*status = resolve_locked(f);
	unlock_mapping(f);
	if (__builtin_expect(*status != ZX_ERR_SHOULD_WAIT, 1))
		return true;
	stat_add(STAT_FAULTS_PAGER, 1);
	*status = page_request_wait(&f->request);
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
	while (!fault_attempt(&f, &status)) {
		if (thread_is_killed()) {
			status = ZX_ERR_INTERNAL_INTR_KILLED;
			break;
		}
	}
	if (__builtin_expect(f.reserve.count != 0, 0))
		pt_reserve_release(&f.reserve);
	return status;
}

/* Entries for all resident pages from *index on; false when through. */
static zx_status_t populate_locked(struct mapping *m, struct pt_reserve *r)
{
	struct arch_aspace *as = &m->vmar->aspace->arch;
	u64 first = m->vmo_offset >> PAGE_SHIFT;
	u64 end = first + (m->region.end - m->region.start);
	u64 index = first;
	struct page *page;

	while (vmo_next_resident_locked(m->vmo, &index, end, &page)) {
		uaddr_t va = mapping_base(m) + ((index - first) << PAGE_SHIFT);
		zx_status_t status = pt_map(as, va, page_to_paddr(page),
					    PT_READ, r);

		if (status == ZX_ERR_NO_RESOURCES)
			status = pt_reserve_fill(r, PT_RESERVE_MAX);
		else
			index++;
		if (status != ZX_OK)
			return status;
	}
	return ZX_OK;
}

zx_status_t mapping_populate(struct mapping *m)
{
	struct pt_reserve reserve = { NULL, 0 };
	zx_status_t status = ZX_OK;

	if (!(m->prot & ZX_VM_PERM_READ))
		return ZX_OK;
	mutex_lock(&m->vmo->lock);
	if (m->state == MAPPING_ALIVE)
		status = populate_locked(m, &reserve);
	mutex_unlock(&m->vmo->lock);
	pt_reserve_release(&reserve);
	return status;
}

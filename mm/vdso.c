/* The code of the vDSO in address spaces: see <mm/vdso.h>. */
#include <kernel/lock.h>
#include <mm/vdso.h>

/* Fixed after boot. */
static const struct vmo *vdso_vmo;
static u64 code_first, code_count;

void mm_set_vdso(struct vmo *v, u64 first, u64 count)
{
	vdso_vmo = v;
	code_first = first;
	code_count = count;
}

/* Slices and references show the same pages. */
bool vmo_is_vdso(const struct vmo *v)
{
	return v->base == vdso_vmo;
}

zx_status_t aspace_check_code(const struct aspace *as, const struct vmo *v,
			      u64 offset, u64 bytes, u32 prot, u32 *max_prot,
			      bool *is_code)
{
	*is_code = false;
	if (!vmo_is_vdso(v))
		return ZX_OK;
	if (!(prot & ZX_VM_PERM_EXECUTE)) {
		*max_prot &= ~ZX_VM_PERM_EXECUTE;
		return ZX_OK;
	}
	if (as->code_end || vmo_index(v, offset) !=
				    vmo_index(vdso_vmo, 0) + code_first ||
	    bytes != code_count << PAGE_SHIFT)
		return ZX_ERR_ACCESS_DENIED;
	*is_code = true;
	return ZX_OK;
}

uaddr_t aspace_vdso_base(struct aspace *as)
{
	uaddr_t base = 0;

	mutex_lock(&as->lock);
	if (as->code_end)
		base = (as->code_start - code_first) << PAGE_SHIFT;
	mutex_unlock(&as->lock);
	return base;
}

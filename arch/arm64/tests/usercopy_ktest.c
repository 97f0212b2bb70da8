/*
 * The copy functions at the edge of what is mapped, in an address space of the
 * test's own: one page, with nothing after it.
 */
#include <arch/cpu.h>
#include <arch/mmu.h>
#include <arch/usercopy.h>
#include <kernel/ktest.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <mm/vmar.h>
#include <mm/vmo.h>

#define PAGE_OFFSET 0x40000000ul	/* in the root VMAR */

static struct aspace *aspace;
static struct vmo *vmo;
static uaddr_t user_page, user_end;
static u8 buffer[512];

static u8 pattern(u64 offset)
{
	return (u8)(offset * 3);
}

static void map_page(struct ktest_run *t, u32 prot)
{
	struct vmar_placement where = { ZX_VM_SPECIFIC, PAGE_OFFSET,
					PAGE_SIZE };
	u32 i, at;

	KEXPECT_EQ(t, vmo_create(PAGE_SIZE, 0, &vmo), ZX_OK);
	for (at = 0; at < PAGE_SIZE; at += sizeof(buffer)) {
		for (i = 0; i < sizeof(buffer); i++)
			buffer[i] = pattern(at + i);
		KEXPECT_EQ(t, vmo_write_kernel(vmo, buffer, at,
					       sizeof(buffer)), ZX_OK);
	}
	KEXPECT_EQ(t, vmar_map(aspace->root, &where, vmo, 0, prot, prot, false,
			       &user_page), ZX_OK);
	user_end = user_page + PAGE_SIZE;
}

/* The test's thread runs in the aspace as a program's would. */
static bool enter(struct ktest_run *t, u32 prot)
{
	KEXPECT_EQ(t, aspace_create("usercopy", &aspace), ZX_OK);
	if (t->failure_count != 0)
		return false;
	map_page(t, prot);
	preempt_disable();
	thread_current()->aspace = aspace;
	arch_aspace_activate(&aspace->arch);
	preempt_enable();
	return t->failure_count == 0;
}

static void leave(void)
{
	thread_current()->aspace = NULL;
	preempt_disable();
	arch_aspace_activate(NULL);
	preempt_enable();
	aspace_destroy(aspace);		/* drops the creator's reference */
	object_unref(&vmo->object);
}

/* Copies of n bytes that run `over` bytes past the page. */
static void check_from_user(struct ktest_run *t, u32 n, u32 over)
{
	u64 src = user_end - (n - over);
	u32 i, bad = 0;

	memset(buffer, 0xee, sizeof(buffer));
	KEXPECT_EQ(t, copy_from_user_nofault(buffer, src, n), over);
	for (i = 0; i < n - over; i++)
		bad += buffer[i] != pattern(src + i - user_page);
	KEXPECT_EQ(t, bad, 0);
	KEXPECT_EQ(t, buffer[n], 0xee);
}

static void check_to_user(struct ktest_run *t, u32 n, u32 over)
{
	u64 at = PAGE_SIZE - (n - over);
	u32 i, bad = 0;

	memset(buffer, 0x11, sizeof(buffer));
	KEXPECT_EQ(t, copy_to_user(user_end - 256, buffer, 256), ZX_OK);
	for (i = 0; i < n; i++)
		buffer[i] = (u8)(i + 100);
	KEXPECT_EQ(t, copy_to_user_nofault(user_page + at, buffer, n), over);
	KEXPECT_EQ(t, vmo_read_kernel(vmo, buffer, PAGE_SIZE - 256, 256),
		   ZX_OK);
	for (i = 0; i < 256; i++)
		bad += buffer[i] != (i < 256 - (n - over) ? 0x11 :
				     (u8)(i - (256 - (n - over)) + 100));
	KEXPECT_EQ(t, bad, 0);
}

KTEST(usercopy_counts_exactly)
{
	u32 n, over;

	if (!enter(t, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE))
		return;
	KEXPECT_EQ(t, copy_from_user(buffer, user_page, 1), ZX_OK);
	for (n = 1; n <= 250; n += n < 140 ? 1 : 13)
		for (over = 0; over <= n; over += over < 20 ? 1 : 17)
			check_from_user(t, n, over);
	for (n = 1; n <= 250; n += n < 140 ? 1 : 13)
		for (over = 0; over <= n; over += over < 20 ? 1 : 17)
			check_to_user(t, n, over);
	leave();
}

KTEST(usercopy_refuses_kernel_addresses)
{
	u64 kernel = (u64)buffer;
	u32 word = 7;

	KEXPECT_EQ(t, copy_from_user(buffer, kernel, 8), ZX_ERR_NOT_FOUND);
	KEXPECT_EQ(t, copy_to_user(kernel, buffer, 8), ZX_ERR_NOT_FOUND);
	KEXPECT_EQ(t, copy_from_user(buffer, USER_ASPACE_TOP - 4, 8),
		   ZX_ERR_NOT_FOUND);
	KEXPECT_EQ(t, copy_from_user(buffer, ~0ul - 3, 8), ZX_ERR_NOT_FOUND);
	KEXPECT_EQ(t, copy_from_user_nofault(buffer, kernel, 8), 8);
	KEXPECT_EQ(t, copy_to_user_nofault(kernel, buffer, 8), 8);
	KEXPECT_EQ(t, put_user_u32(kernel, 1), ZX_ERR_NOT_FOUND);
	KEXPECT_EQ(t, put_user_u32(USER_ASPACE_TOP - 3, 1), ZX_ERR_NOT_FOUND);
	KEXPECT_EQ(t, put_user_u64(USER_ASPACE_TOP - 7, 1), ZX_ERR_NOT_FOUND);
	KEXPECT_EQ(t, get_user_u32(&word, kernel), ZX_ERR_NOT_FOUND);
	KEXPECT_TRUE(t, !get_user_u32_nofault(&word, kernel));
	KEXPECT_EQ(t, word, 7);
}

KTEST(usercopy_words)
{
	u32 word = 0;

	if (!enter(t, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE))
		return;
	KEXPECT_EQ(t, put_user_u32(user_page + 1, 0x01020304), ZX_OK);
	KEXPECT_EQ(t, put_user_u64(user_end - 8, 0x1112131415161718), ZX_OK);
	KEXPECT_EQ(t, get_user_u32(&word, user_end - 8), ZX_OK);
	KEXPECT_EQ(t, word, 0x15161718);
	KEXPECT_TRUE(t, get_user_u32_nofault(&word, user_end - 4));
	KEXPECT_EQ(t, word, 0x11121314);
	KEXPECT_TRUE(t, !get_user_u32_nofault(&word, user_end));
	KEXPECT_EQ(t, put_user_u32(user_end, 1), ZX_ERR_NOT_FOUND);
	KEXPECT_EQ(t, copy_to_user(user_end - 4, buffer, 8), ZX_ERR_NOT_FOUND);
	KEXPECT_EQ(t, copy_from_user(buffer, user_end - 4, 8),
		   ZX_ERR_NOT_FOUND);
	leave();
}

KTEST(usercopy_obeys_read_only)
{
	u32 word = 0;

	if (!enter(t, ZX_VM_PERM_READ))
		return;
	/* Nothing is resolved before somebody may. */
	KEXPECT_TRUE(t, !get_user_u32_nofault(&word, user_page));
	KEXPECT_EQ(t, get_user_u32(&word, user_page), ZX_OK);
	KEXPECT_EQ(t, word, 0x09060300);
	KEXPECT_TRUE(t, get_user_u32_nofault(&word, user_page));
	KEXPECT_EQ(t, copy_to_user_nofault(user_page, buffer, 100), 100);
	KEXPECT_EQ(t, put_user_u64(user_page, 1), ZX_ERR_ACCESS_DENIED);
	KEXPECT_EQ(t, copy_to_user(user_page, buffer, 100),
		   ZX_ERR_ACCESS_DENIED);
	leave();
}

/* Outside the copy functions user memory is closed where the CPU can. */
KTEST(usercopy_closes_user_memory)
{
	u64 pan;

	if (!arch_has_feature(ARCH_FEATURE_PAN))
		return;
	(void)copy_from_user_nofault(buffer, user_page, 1);
	__asm__ volatile("mrs %0, s3_0_c4_c2_3" : "=r"(pan));
	KEXPECT_EQ(t, pan, 1ul << 22);
}

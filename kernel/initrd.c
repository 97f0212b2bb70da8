/*
 * The initrd: finding a file in a cpio archive of the newc form.
 *
 * A member is a header of 110 characters (magic and 13 hexadecimal fields of 8
 * digits), the name with its NUL, padding to 4, the content, padding to 4. The
 * last one is called TRAILER!!!. Nothing in the archive is trusted.
 */
#include <arch/mmu.h>
#include <kernel/boot.h>
#include <kernel/panic.h>

#include "initrd.h"

#define HEADER_BYTES 110u
#define FIELD_BYTES 8u
#define FIELD_SIZE 6
#define FIELD_NAME_SIZE 11

struct member {
	const char *name;	/* closed by NUL */
	struct initrd_file content;
	u64 next;		/* offset of the next member */
};

/* False if a character is no digit. */
static bool parse_field(const u8 *header, u32 field, u64 *out)
{
	const u8 *p = header + 6 + field * FIELD_BYTES;
	u64 value = 0;

	for (u32 i = 0; i < FIELD_BYTES; i++) {
		u8 c = p[i] | 0x20;	/* letters to lower case */

		if (p[i] >= '0' && p[i] <= '9')
			value = value << 4 | (u64)(p[i] - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (u64)(c - 'a' + 10);
		else
			return false;
	}
	*out = value;
	return true;
}

static u64 pad4(u64 v)
{
	return (v + 3) & ~3ul;
}

/* The member at offset; false if it is damaged or cut off. Fields have 32 bits
 * and offsets stay below the archive's size: no sum overflows. */
static bool read_member(struct initrd_file archive, u64 offset,
			struct member *out)
{
	const u8 *header = archive.data + offset;
	u64 name_size, size, content;

	if (archive.size - offset < HEADER_BYTES ||
	    __builtin_memcmp(header, "070701", 6) != 0 ||
	    !parse_field(header, FIELD_SIZE, &size) ||
	    !parse_field(header, FIELD_NAME_SIZE, &name_size))
		return false;
	content = pad4(offset + HEADER_BYTES + name_size);
	if (name_size == 0 || content + size > archive.size ||
	    header[HEADER_BYTES + name_size - 1] != '\0')
		return false;
	out->name = (const char *)header + HEADER_BYTES;
	out->content.data = archive.data + content;
	out->content.size = size;
	out->next = pad4(content + size);
	return true;
}

struct initrd_file initrd_archive(void)
{
	struct boot_range r = boot_info.initrd;

	if (r.size == 0)
		panic_stop("there is no initrd: give one to the boot loader "
			   "(QEMU: -initrd build/initrd)");
	return (struct initrd_file){ phys_to_virt(paddr(r.base)), r.size };
}

static bool names_equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* The walk goes on to the trailer after the file was found: a first program
 * that starts with half of its files missing is worse than a sentence. */
struct initrd_file initrd_find(const char *path)
{
	struct initrd_file archive = initrd_archive();
	struct initrd_file found = { .data = NULL };
	struct member m = { .next = 0 };

	while (*path == '/')
		path++;
	do {
		if (m.next > archive.size || !read_member(archive, m.next, &m))
			panic_stop("the initrd is damaged or cut off: no member of a "
				   "newc cpio archive at byte %lu of %lu",
				   m.next, archive.size);
		if (!found.data && names_equal(m.name, path))
			found = m.content;
	} while (!names_equal(m.name, "TRAILER!!!"));
	if (!found.data)
		panic_stop("the initrd has no file %s: the boot argument init= "
			   "names the first program", path);
	return found;
}

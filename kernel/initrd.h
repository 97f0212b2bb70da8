/* The initrd: a cpio archive of the newc form; for userboot.c alone. */
#ifndef KERNEL_INITRD_H
#define KERNEL_INITRD_H

#include <kernel/types.h>

struct initrd_file {
	const u8 *data;
	u64 size;
};

/* The whole archive; stops the machine with a sentence if there is none. */
struct initrd_file initrd_archive(void);
/* The file of that path (a leading '/' is ignored); stops the machine with a
 * sentence if the archive is damaged or does not hold it. */
struct initrd_file initrd_find(const char *path);

#endif

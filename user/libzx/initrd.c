#include <string.h>

#include <jx/initrd.h>
#include <jx/runtime.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

/* A cpio header in newc form: a magic and 13 fields of 8 hex digits. */
#define HEADER_BYTES 110
#define FIELD_MODE 1
#define FIELD_SIZE 6
#define FIELD_NAME_SIZE 11

static struct jx_lock archive_lock;
/* Written once under archive_lock. */
static const char *archive;
static size_t archive_size;

static zx_status_t map_locked(void)
{
	zx_handle_t vmo = jx_startup_handle(PA_VMO_BOOTFS);
	zx_vaddr_t address = 0;
	uint64_t size = 0;
	zx_status_t status;

	if (archive)
		return ZX_OK;
	status = zx_vmo_get_size(vmo, &size);
	if (status != ZX_OK)
		return status;
	status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, size, &address);
	if (status != ZX_OK)
		return status;
	archive_size = size;
	archive = (const char *)address;
	return ZX_OK;
}

static zx_status_t map_archive(void)
{
	zx_status_t status;

	jx_lock_acquire(&archive_lock);
	status = map_locked();
	jx_lock_release(&archive_lock);
	return status;
}

/* Value of a header field, or -1 if it is no hexadecimal number. */
static int64_t field(const char *header, int which)
{
	const char *digits = header + 6 + 8 * which;
	int64_t value = 0;

	for (int i = 0; i < 8; i++) {
		char c = digits[i];
		int digit = c >= '0' && c <= '9' ? c - '0' :
			    c >= 'A' && c <= 'F' ? c - 'A' + 10 :
			    c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static size_t round_up_4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

zx_status_t jx_initrd_next(size_t *cursor, struct jx_file *out)
{
	int64_t mode, size, name_size;
	const char *header;
	size_t name_at, data_at;
	zx_status_t status = map_archive();

	if (status != ZX_OK)
		return status;
	if (*cursor > archive_size || archive_size - *cursor < HEADER_BYTES)
		return ZX_ERR_NOT_FOUND;
	header = archive + *cursor;
	mode = field(header, FIELD_MODE);
	size = field(header, FIELD_SIZE);
	name_size = field(header, FIELD_NAME_SIZE);
	if (memcmp(header, "070701", 6) != 0 || mode < 0 || size < 0 || name_size < 1)
		return ZX_ERR_IO_DATA_INTEGRITY;
	/* All sums stay far below 2^64: the fields have 32 bits. */
	name_at = *cursor + HEADER_BYTES;
	data_at = round_up_4(name_at + (size_t)name_size);
	if (data_at + (size_t)size > archive_size || archive[name_at + (size_t)name_size - 1] != 0)
		return ZX_ERR_IO_DATA_INTEGRITY;
	if (strcmp(archive + name_at, "TRAILER!!!") == 0)
		return ZX_ERR_NOT_FOUND;
	*out = (struct jx_file){
		.name = archive + name_at,
		.data = archive + data_at,
		.size = (size_t)size,
		.is_folder = (mode & 0170000) == 0040000,
	};
	*cursor = round_up_4(data_at + (size_t)size);
	return ZX_OK;
}

static const char *skip_root(const char *path)
{
	if (strncmp(path, "./", 2) == 0)
		path += 2;
	while (*path == '/')
		path++;
	return path;
}

zx_status_t jx_initrd_find(const char *path, struct jx_file *out)
{
	size_t cursor = 0;
	zx_status_t status;

	path = skip_root(path);
	do {
		status = jx_initrd_next(&cursor, out);
	} while (status == ZX_OK && strcmp(skip_root(out->name), path) != 0);
	return status;
}

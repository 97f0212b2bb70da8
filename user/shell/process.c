/* Finding processes and reading what the kernel tells about them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/process.h>

#include "shell.h"

/* The koids of the default job's processes, malloc()ed. */
static zx_koid_t *read_koids(size_t *count)
{
	zx_koid_t *koids = NULL;
	size_t room = 16, actual = 0, avail = 0;

	for (;;) {
		free(koids);
		koids = malloc(room * sizeof(*koids));
		if (!koids || zx_object_get_info(zx_job_default(), ZX_INFO_JOB_PROCESSES, koids,
						 room * sizeof(*koids), &actual, &avail) != ZX_OK)
			break;
		*count = actual;
		if (avail <= room)
			return koids;
		room = avail + 16;
	}
	free(koids);
	return NULL;
}

static int compare_koids(const void *a, const void *b)
{
	zx_koid_t first = *(const zx_koid_t *)a, second = *(const zx_koid_t *)b;

	return (first > second) - (first < second);
}

int for_each_process(int (*fn)(zx_handle_t process, zx_koid_t koid, void *arg), void *arg)
{
	size_t count = 0;
	zx_koid_t *koids = read_koids(&count);
	int result = 0;

	if (!koids) {
		printf("shell: the list of processes cannot be read\n");
		return 1;
	}
	qsort(koids, count, sizeof(*koids), compare_koids);
	for (size_t i = 0; i < count && result == 0; i++) {
		zx_handle_t process;

		/* One that has ended meanwhile is no longer found. */
		if (zx_object_get_child(zx_job_default(), koids[i], ZX_RIGHT_SAME_RIGHTS,
					&process) != ZX_OK)
			continue;
		result = fn(process, koids[i], arg);
		zx_handle_close(process);
	}
	free(koids);
	return result;
}

struct search {
	const char *which;
	zx_handle_t found;
};

static int match(zx_handle_t process, zx_koid_t koid, void *arg)
{
	struct search *search = arg;
	char name[ZX_MAX_NAME_LEN] = "";
	char *end;

	zx_object_get_property(process, ZX_PROP_NAME, name, sizeof(name));
	if (strcmp(name, search->which) != 0 &&
	    (strtoull(search->which, &end, 10) != koid || *end != 0))
		return 0;
	return zx_handle_duplicate(process, ZX_RIGHT_SAME_RIGHTS, &search->found) == ZX_OK;
}

zx_handle_t find_process(const char *which)
{
	struct search search = { .which = which };

	for_each_process(match, &search);
	if (search.found == ZX_HANDLE_INVALID)
		printf("shell: there is no process %s\n", which);
	return search.found;
}

zx_info_maps_t *read_maps(zx_handle_t process, size_t *count)
{
	zx_info_maps_t *maps = NULL;
	size_t room = 64, actual = 0, avail = 0;

	for (;;) {
		free(maps);
		maps = malloc(room * sizeof(*maps));
		if (!maps || zx_object_get_info(process, ZX_INFO_PROCESS_MAPS, maps,
						room * sizeof(*maps), &actual, &avail) != ZX_OK)
			break;
		*count = actual;
		if (avail <= room)
			return maps;
		room = avail + 16;
	}
	free(maps);
	return NULL;
}

const char *format_bytes(uint64_t bytes, char buf[static 24])
{
	const char *unit = "BKMGT", *about = "";

	/* Four digits are read at a glance; more are rounded to the next unit. */
	while (unit[1] && (bytes >= 10000 || (bytes >= 1024 && bytes % 1024 == 0))) {
		if (bytes % 1024 != 0)
			about = "~";
		bytes = (bytes + 512) / 1024;
		unit++;
	}
	snprintf(buf, 24, "%s%llu%c", about, (unsigned long long)bytes, *unit);
	return buf;
}

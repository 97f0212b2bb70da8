/* `vmo`: the VMOs that processes map, one line for each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell.h"

#define VMOS_MAX 512

struct seen_vmo {
	zx_koid_t koid;
	char name[ZX_MAX_NAME_LEN];
	size_t mappings;
	size_t processes;
	size_t mapped_bytes;
	size_t pages;		/* resident, as its mappings count them */
	zx_koid_t last_process;
};

struct survey {
	struct seen_vmo vmos[VMOS_MAX];
	size_t count;
	bool overflowed;
};

static struct seen_vmo *entry_of(struct survey *survey, const zx_info_maps_t *map)
{
	struct seen_vmo *vmo;

	for (size_t i = 0; i < survey->count; i++) {
		if (survey->vmos[i].koid == map->u.mapping.vmo_koid)
			return &survey->vmos[i];
	}
	if (survey->count == VMOS_MAX) {
		survey->overflowed = true;
		return NULL;
	}
	vmo = &survey->vmos[survey->count++];
	*vmo = (struct seen_vmo){ .koid = map->u.mapping.vmo_koid };
	memcpy(vmo->name, map->name, sizeof(vmo->name));
	return vmo;
}

static int count_process(zx_handle_t process, zx_koid_t koid, void *arg)
{
	struct survey *survey = arg;
	size_t count = 0;
	zx_info_maps_t *maps = read_maps(process, &count);

	for (size_t i = 0; i < count; i++) {
		struct seen_vmo *vmo;

		if (maps[i].type != ZX_INFO_MAPS_TYPE_MAPPING)
			continue;
		vmo = entry_of(survey, &maps[i]);
		if (!vmo)
			break;
		vmo->mappings++;
		vmo->processes += vmo->last_process != koid;
		vmo->last_process = koid;
		vmo->mapped_bytes += maps[i].size;
		vmo->pages += maps[i].u.mapping.committed_pages;
	}
	free(maps);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct seen_vmo *first = a, *second = b;

	return (first->koid > second->koid) - (first->koid < second->koid);
}

static void print(struct survey *survey)
{
	char mapped[24];

	qsort(survey->vmos, survey->count, sizeof(survey->vmos[0]), compare);
	printf("    koid  mappings  processes    mapped     pages  name\n");
	for (size_t i = 0; i < survey->count; i++) {
		const struct seen_vmo *vmo = &survey->vmos[i];

		printf("%8llu  %8zu  %9zu  %8s  %8zu  %s\n", (unsigned long long)vmo->koid,
		       vmo->mappings, vmo->processes, format_bytes(vmo->mapped_bytes, mapped),
		       vmo->pages, vmo->name);
	}
	if (survey->overflowed)
		printf("more than %d VMOs: the rest is not shown\n", VMOS_MAX);
}

static int survey_process(struct survey *survey, const char *which)
{
	zx_handle_t process = find_process(which);

	if (process == ZX_HANDLE_INVALID)
		return 1;
	count_process(process, 1, survey);
	zx_handle_close(process);
	return 0;
}

int command_vmo(int argc, char *argv[])
{
	struct survey *survey = calloc(1, sizeof(*survey));
	int status = 1;

	if (survey)
		status = argc > 1 ? survey_process(survey, argv[1]) :
				    for_each_process(count_process, survey);
	if (status == 0)
		print(survey);
	free(survey);
	return status;
}

/* `ps`: a line per process. */
#include <stdio.h>
#include <stdlib.h>

#include "shell.h"

static const char *state_of(zx_handle_t process)
{
	zx_info_process_t info;

	if (zx_object_get_info(process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL) != ZX_OK)
		return "?";
	return info.exited ? "dead" : info.started ? "running" : "new";
}

static int show(zx_handle_t process, zx_koid_t koid, void *arg)
{
	char name[ZX_MAX_NAME_LEN] = "", size[24];
	size_t count = 0, mappings = 0, pages = 0;
	zx_info_maps_t *maps = read_maps(process, &count);

	(void)arg;
	for (size_t i = 0; i < count; i++) {
		if (maps[i].type != ZX_INFO_MAPS_TYPE_MAPPING)
			continue;
		mappings++;
		pages += maps[i].u.mapping.committed_pages;
	}
	free(maps);
	zx_object_get_property(process, ZX_PROP_NAME, name, sizeof(name));
	printf("%8llu  %-8s %8zu  %8s  %s\n", (unsigned long long)koid, state_of(process), mappings,
	       format_bytes(pages * ZX_PAGE_SIZE, size), name);
	return 0;
}

int command_ps(int argc, char *argv[])
{
	(void)argc;
	(void)argv;
	printf("%8s  %-8s %8s  %8s  %s\n", "koid", "state", "mappings", "resident", "name");
	return for_each_process(show, NULL);
}

/*
 * `maps`: the VMAR tree of a process, drawn. The records come in pre-order with
 * their depth; a record is its parent's last child if no record of its depth
 * follows before one that is less deep.
 */
#include <stdio.h>
#include <stdlib.h>

#include <zircon/process.h>

#include "shell.h"

/* Deeper levels are drawn without lines: one bit each in a word. */
#define DEPTH_MAX 63

static unsigned int depth_of(const zx_info_maps_t *map)
{
	return map->depth < DEPTH_MAX ? (unsigned int)map->depth : DEPTH_MAX;
}

/* Fills is_last[] from the end backwards; see above. */
static void find_last_children(const zx_info_maps_t *maps, size_t count, bool *is_last)
{
	uint64_t seen = 0;

	for (size_t i = count; i-- > 0;) {
		unsigned int depth = depth_of(&maps[i]);

		is_last[i] = !(seen & (1ull << depth));
		seen |= 1ull << depth;
		/* What is deeper belongs to subtrees that begin here. */
		seen &= (2ull << depth) - 1;
	}
}

static void draw_lines(unsigned int depth, bool last, uint64_t *open)
{
	for (unsigned int level = 1; level < depth; level++)
		printf("%s", *open & (1ull << level) ? "│  " : "   ");
	if (depth > 0)
		printf("%s", last ? "└─ " : "├─ ");
	*open = last ? *open & ~(1ull << depth) : *open | (1ull << depth);
}

static void describe_mapping(const zx_info_maps_t *map)
{
	const zx_info_maps_mapping_t *m = &map->u.mapping;

	printf(" %c%c%c", m->mmu_flags & ZX_VM_PERM_READ ? 'r' : '-',
	       m->mmu_flags & ZX_VM_PERM_WRITE ? 'w' : '-',
	       m->mmu_flags & ZX_VM_PERM_EXECUTE ? 'x' : '-');
	printf("  %zu of %zu pages  vmo %llu+%llx  %s", m->committed_pages,
	       map->size / ZX_PAGE_SIZE, (unsigned long long)m->vmo_koid,
	       (unsigned long long)m->vmo_offset, map->name);
}

static const char *kind_of(const zx_info_maps_t *map)
{
	return map->type == ZX_INFO_MAPS_TYPE_VMAR ? "VMAR" : "address space";
}

static void draw(const zx_info_maps_t *maps, size_t count, const bool *is_last)
{
	uint64_t open = 0;
	char size[24];

	for (size_t i = 0; i < count; i++) {
		const zx_info_maps_t *map = &maps[i];

		draw_lines(depth_of(map), is_last[i], &open);
		printf("%012lx-%012lx %5s", (unsigned long)map->base,
		       (unsigned long)(map->base + map->size), format_bytes(map->size, size));
		if (map->type == ZX_INFO_MAPS_TYPE_MAPPING)
			describe_mapping(map);
		else
			printf(" %s  %s", kind_of(map), map->name);
		printf("\n");
	}
}

static int show(zx_handle_t process)
{
	char name[ZX_MAX_NAME_LEN] = "";
	size_t count = 0;
	zx_info_maps_t *maps = read_maps(process, &count);
	bool *is_last = calloc(count + 1, sizeof(*is_last));
	int status = maps && is_last ? 0 : 1;

	if (status == 0) {
		zx_object_get_property(process, ZX_PROP_NAME, name, sizeof(name));
		printf("%s\n", name);
		find_last_children(maps, count, is_last);
		draw(maps, count, is_last);
	} else {
		printf("maps: the process has no address space any more\n");
	}
	free(is_last);
	free(maps);
	return status;
}

int command_maps(int argc, char *argv[])
{
	zx_handle_t process;
	int status;

	if (argc < 2)
		return show(zx_process_self());
	process = find_process(argv[1]);
	if (process == ZX_HANDLE_INVALID)
		return 1;
	status = show(process);
	zx_handle_close(process);
	return status;
}

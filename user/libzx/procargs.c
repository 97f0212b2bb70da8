/*
 * The bootstrap message: see <jx/procargs.h>. What is parsed is not trusted:
 * bounds are checked by subtraction from the size, so that no sum can overflow.
 */
#include <stdbool.h>
#include <string.h>

#include <jx/procargs.h>

#define AREA_COUNT 3

/* So many strings, each with its end, lie in the message from `offset` on. */
static bool holds_strings(const char *bytes, size_t size, size_t offset, uint32_t count)
{
	if (offset > size)
		return false;
	while (count-- != 0) {
		const char *end = memchr(bytes + offset, 0, size - offset);

		if (!end)
			return false;
		offset = (size_t)(end + 1 - bytes);
	}
	return true;
}

static bool find_area(const char *bytes, size_t size, uint32_t offset, uint32_t count,
		      struct jx_string_area *out)
{
	*out = (struct jx_string_area){ NULL, count };
	if (count == 0)
		return true;
	out->at = bytes + offset;
	return holds_strings(bytes, size, offset, count);
}

static bool handles_fit(const zx_proc_args_t *head, size_t size, uint32_t handle_count)
{
	uint32_t offset = head->handle_info_off;

	return offset % sizeof(uint32_t) == 0 && offset <= size &&
	       handle_count <= (size - offset) / sizeof(uint32_t);
}

zx_status_t jx_procargs_parse(const void *message, size_t size, uint32_t handle_count,
			      struct jx_procargs *out)
{
	const zx_proc_args_t *head = message;
	const char *bytes = message;
	struct jx_procargs found;

	if (size < sizeof(*head) || head->protocol != ZX_PROCARGS_PROTOCOL ||
	    head->version != ZX_PROCARGS_VERSION || !handles_fit(head, size, handle_count))
		return ZX_ERR_INVALID_ARGS;
	if (!find_area(bytes, size, head->args_off, head->args_num, &found.args) ||
	    !find_area(bytes, size, head->environ_off, head->environ_num, &found.environ) ||
	    !find_area(bytes, size, head->names_off, head->names_num, &found.names))
		return ZX_ERR_INVALID_ARGS;
	found.handle_info = (const uint32_t *)(bytes + head->handle_info_off);
	found.handle_count = handle_count;
	*out = found;
	return ZX_OK;
}

void jx_string_area_list(const struct jx_string_area *area, char **to)
{
	const char *at = area->at;

	for (uint32_t i = 0; i < area->count; i++) {
		to[i] = (char *)at;
		at += strlen(at) + 1;
	}
	to[area->count] = NULL;
}

static const struct jx_string_list *area_of(const struct jx_procargs_plan *plan, int index)
{
	const struct jx_string_list *areas[AREA_COUNT] = {
		&plan->args, &plan->environ, &plan->names,
	};

	return areas[index];
}

static size_t list_bytes(const struct jx_string_list *list)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < list->count; i++)
		bytes += strlen(list->strings[i]) + 1;
	return bytes;
}

static size_t head_bytes(const struct jx_procargs_plan *plan)
{
	return sizeof(zx_proc_args_t) + plan->handle_count * sizeof(uint32_t);
}

size_t jx_procargs_bytes(const struct jx_procargs_plan *plan)
{
	size_t bytes = head_bytes(plan);

	for (int i = 0; i < AREA_COUNT; i++)
		bytes += list_bytes(area_of(plan, i));
	if (bytes > ZX_CHANNEL_MAX_MSG_BYTES || plan->handle_count > ZX_CHANNEL_MAX_MSG_HANDLES)
		return 0;
	return bytes;
}

/* Returns the offset behind what it wrote. */
static size_t put_list(const struct jx_string_list *list, char *bytes, size_t offset)
{
	for (uint32_t i = 0; i < list->count; i++) {
		size_t length = strlen(list->strings[i]) + 1;

		memcpy(bytes + offset, list->strings[i], length);
		offset += length;
	}
	return offset;
}

void jx_procargs_write(const struct jx_procargs_plan *plan, void *to)
{
	size_t at[AREA_COUNT + 1] = { head_bytes(plan) };

	for (int i = 0; i < AREA_COUNT; i++)
		at[i + 1] = put_list(area_of(plan, i), to, at[i]);
	*(zx_proc_args_t *)to = (zx_proc_args_t){
		.protocol = ZX_PROCARGS_PROTOCOL,
		.version = ZX_PROCARGS_VERSION,
		.handle_info_off = sizeof(zx_proc_args_t),
		.args_off = (uint32_t)at[0],
		.args_num = plan->args.count,
		.environ_off = (uint32_t)at[1],
		.environ_num = plan->environ.count,
		.names_off = (uint32_t)at[2],
		.names_num = plan->names.count,
	};
	if (plan->handle_count)
		memcpy((char *)to + sizeof(zx_proc_args_t), plan->handle_info,
		       plan->handle_count * sizeof(uint32_t));
}

/*
 * The first program: out of the initrd into a process, without any help of user
 * space. It is started as any other, by a message in a channel (docs/start.md).
 *
 * Whatever is wrong with initrd or program is a sentence and a stop. When the
 * program ends, the machine does, with its return code as status.
 */
#include <arch/irq.h>
#include <kernel/boot.h>
#include <kernel/channel.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/resource.h>
#include <kernel/vdso.h>
#include <kernel/wait_object.h>
#include <mm/pmm.h>
#include <mm/slab.h>
#include <mm/vmar.h>
#include <mm/vmo.h>
#include <zircon/boot/image.h>
#include <zircon/processargs.h>

#include "initrd.h"
#include "userboot_elf.h"

#define STACK_BYTES (256u * 1024)
#define HANDLE_MAX 9u
/* Behind the head: words of handles, then path and boot arguments. */
#define ARGS_MAX (256u + BOOT_MAX_ARGS + 1)

struct userboot {
	char path[256];
	const char *name;		/* last part of the path */
	struct process *process;
	struct thread *thread;
	/* For its message. */
	u32 handle_count;
	u32 infos[HANDLE_MAX];
	struct handle_taken handles[HANDLE_MAX];
	char args[ARGS_MAX];
};

/* Whoever boots can mend all of this, so it is a sentence and no panic. */
static void must(zx_status_t status, const char *what)
{
	if (status != ZX_OK)
		panic_stop("the first program cannot be started: %s (status %d)",
			   what, status);
}

static void give(struct userboot *u, u32 info, struct object *o,
		 zx_rights_t rights)
{
	ASSERT(u->handle_count < HANDLE_MAX);
	u->infos[u->handle_count] = info;
	handle_make_taken(o, rights, &u->handles[u->handle_count++]);
}

static struct vmo *make_vmo(const char *name, u64 bytes)
{
	struct vmo *v;
	u64 size;

	if (!round_up_page(bytes, &size))
		panic_stop("the first program's %s is too large", name);
	must(vmo_create(size, 0, &v), "no memory for a VMO");
	vmo_set_name(v, name, __builtin_strlen(name));
	return v;
}

/* Each segment is a VMO of its own, named after the program; what the file does
 * not fill stays uncommitted and reads as zero. */
static void load_segment(struct userboot *u, const struct elf_segment *s)
{
	struct vmo *v = make_vmo(u->name, s->skip + s->memory_bytes);
	struct vmar *root = process_root_vmar(u->process);
	struct vmar_placement where = {
		.options = ZX_VM_SPECIFIC,
		.offset = s->base - root->base,
		.size = vmo_get_size(v),
	};
	uaddr_t at;

	must(vmo_write_kernel(v, s->data, s->skip, s->file_bytes),
	     "no memory for its segments");
	must(vmar_map(root, &where, v, 0, s->prot, s->prot, false, &at),
	     "its segments overlap, or lie outside user space");
	object_unref(&v->object);
}

/* Returns the entry point. */
static uaddr_t load_program(struct userboot *u)
{
	struct initrd_file file = initrd_find(u->path);
	struct elf_segment segment;
	struct elf_program elf;
	const char *wrong = elf_open(file.data, file.size, &elf);

	for (u32 i = 0; !wrong && i < elf.header_count; i++) {
		wrong = elf_segment(&elf, i, &segment);
		if (!wrong && segment.memory_bytes)
			load_segment(u, &segment);
	}
	if (wrong)
		panic_stop("%s in the initrd is no program for this machine: %s",
			   u->path, wrong);
	return elf.entry;
}

static void map_vdso_part(struct vmar *v, u64 offset, u64 bytes, u32 prot)
{
	struct vmar_placement where = {
		.options = ZX_VM_SPECIFIC, .offset = offset, .size = bytes,
	};
	uaddr_t at;

	must(vmar_map(v, &where, vdso.vmo, offset, prot,
		      ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE, true, &at),
	     "the vDSO cannot be mapped");
}

/* Read-only up to its code. Returns where it begins. */
static uaddr_t map_vdso(struct userboot *u)
{
	struct vmar_placement where = { .size = vmo_get_size(vdso.vmo) };
	struct vmar *v;
	uaddr_t base;

	must(vmar_allocate(process_root_vmar(u->process), &where,
			   ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_EXECUTE |
				   ZX_VM_CAN_MAP_SPECIFIC, &v),
	     "no room for the vDSO");
	base = v->base;
	map_vdso_part(v, 0, vdso.code_offset, ZX_VM_PERM_READ);
	map_vdso_part(v, vdso.code_offset, vdso.code_bytes,
		      ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE);
	object_unref(&v->object);
	give(u, PA_HND(PA_VMO_VDSO, 0), &vdso.vmo->object, VDSO_RIGHTS);
	return base;
}

/* Returns the initial stack pointer. */
static uaddr_t make_stack(struct userboot *u)
{
	struct vmo *v = make_vmo("stack", STACK_BYTES);
	struct vmar_placement where = { .size = STACK_BYTES };
	u32 prot = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE;
	uaddr_t at;

	must(vmar_map(process_root_vmar(u->process), &where, v, 0, prot, prot,
		      false, &at), "no room for a stack");
	give(u, PA_VMO_STACK, &v->object, ZX_DEFAULT_VMO_RIGHTS);
	object_unref(&v->object);
	return at + STACK_BYTES;
}

/* The initrd as a VMO; the memory it came in is used for other things then. */
static void give_initrd(struct userboot *u)
{
	struct initrd_file archive = initrd_archive();
	struct boot_range r = boot_info.initrd;
	struct vmo *v = make_vmo("initrd", archive.size);
	u64 first = round_down_page(r.base + PAGE_MASK);
	u64 end = round_down_page(r.base + r.size);

	must(vmo_write_kernel(v, archive.data, 0, archive.size),
	     "no memory for the initrd");
	give(u, PA_VMO_BOOTFS, &v->object,
	     (ZX_DEFAULT_VMO_RIGHTS | ZX_RIGHT_EXECUTE) &
		     ~(ZX_RIGHT_WRITE | ZX_RIGHT_SET_PROPERTY));
	object_unref(&v->object);
	boot_info.initrd.size = 0;
	if (first < end)
		pmm_give_back(first, end - first);
}

/*
 * The boot items: the device tree, by which a program finds devices; it may be
 * absent where it does not lie in memory that we know.
 */
static void give_boot_items(struct userboot *u)
{
	struct boot_range tree = boot_info.device_tree;
	u64 padded = (tree.size + ZBI_ALIGNMENT - 1) & -(u64)ZBI_ALIGNMENT;
	zbi_header_t heads[2] = {
		{ .type = ZBI_TYPE_CONTAINER, .extra = ZBI_CONTAINER_MAGIC },
		{ .type = ZBI_TYPE_DEVICETREE, .length = (u32)tree.size },
	};
	struct vmo *v;

	if (tree.size == 0 || !arch_is_ram(paddr(tree.base), tree.size))
		return;
	heads[0].length = (u32)(sizeof(heads[1]) + padded);
	for (u32 i = 0; i < ARRAY_SIZE(heads); i++) {
		heads[i].flags = ZBI_FLAG_VERSION;
		heads[i].magic = ZBI_ITEM_MAGIC;
		heads[i].crc32 = ZBI_ITEM_NO_CRC32;
	}
	v = make_vmo("boot items", sizeof(heads) + padded);
	must(vmo_write_kernel(v, (const u8 *)heads, 0, sizeof(heads)),
	     "no memory for the boot items");
	must(vmo_write_kernel(v, phys_to_virt(paddr(tree.base)), sizeof(heads),
			      tree.size), "no memory for the boot items");
	give(u, PA_VMO_BOOTDATA, &v->object,
	     ZX_DEFAULT_VMO_RIGHTS & ~(ZX_RIGHT_WRITE | ZX_RIGHT_SET_PROPERTY));
	object_unref(&v->object);
}

static void give_handles(struct userboot *u)
{
	give(u, PA_PROC_SELF, &u->process->object, ZX_DEFAULT_PROCESS_RIGHTS);
	give(u, PA_THREAD_SELF, &u->thread->object, ZX_DEFAULT_THREAD_RIGHTS);
	give(u, PA_VMAR_ROOT, &process_root_vmar(u->process)->object,
	     VMAR_ROOT_RIGHTS);
	give(u, PA_JOB_DEFAULT, &root_job->object, ZX_DEFAULT_JOB_RIGHTS);
	give(u, PA_RESOURCE, root_resource, ZX_DEFAULT_RESOURCE_RIGHTS);
}

/*
 * Appends program name and arguments: the words behind " -- ", but all that
 * follows a word `-c` is one argument. Returns their number.
 */
static u32 append_args(const struct userboot *u, char *to, u32 *bytes)
{
	const char *p = boot_init_args();
	u32 n = (u32)__builtin_strlen(u->path) + 1;
	u32 count = 1;
	bool rest = false;

	__builtin_memcpy(to, u->path, n);
	while (*p) {
		u32 start = n;

		while (*p && (rest || *p != ' '))
			to[n++] = *p++;
		to[n++] = '\0';
		count++;
		rest = n - start == 3 && to[start] == '-' &&
		       to[start + 1] == 'c';
		while (*p == ' ')
			p++;
	}
	*bytes = n;
	return count;
}

static void fill_message(struct userboot *u, struct message *m, u32 arg_count)
{
	zx_proc_args_t *head = (zx_proc_args_t *)m->data;
	u32 table_bytes = u->handle_count * sizeof(u32);
	u32 args_off = sizeof(*head) + table_bytes;

	*head = (zx_proc_args_t){
		.protocol = ZX_PROCARGS_PROTOCOL,
		.version = ZX_PROCARGS_VERSION,
		.handle_info_off = sizeof(*head),
		.args_off = args_off,
		.args_num = arg_count,
	};
	__builtin_memcpy(m->data + sizeof(*head), u->infos, table_bytes);
	__builtin_memcpy(m->data + args_off, u->args, m->byte_count - args_off);
	for (u32 i = 0; i < u->handle_count; i++)
		m->handles[i].taken = u->handles[i];
	m->handle_count = u->handle_count;
}

/* Sends the bootstrap message; returns the value of the end to read it from. */
static zx_handle_t send_message(struct userboot *u)
{
	struct channel *ours, *theirs;
	struct handle_taken end;
	struct handle_slot slot;
	struct message *m;
	u32 arg_bytes, arg_count = append_args(u, u->args, &arg_bytes);

	must(channel_create(&ours, &theirs), "no memory for a channel");
	must(message_create(sizeof(zx_proc_args_t) +
			    u->handle_count * sizeof(u32) + arg_bytes,
			    u->handle_count, &m),
	     "no memory for its arguments");
	fill_message(u, m, arg_count);
	must(channel_send(ours, m), "its message is not taken");
	must(handle_reserve(u->process->handles, &slot),
	     "no memory for handles");
	handle_publish(&slot, &theirs->peer.object,
		       ZX_DEFAULT_CHANNEL_RIGHTS);
	object_unref(&theirs->peer.object);
	/* Closes our end; the message is in the other one's queue. */
	handle_make_taken(&ours->peer.object, 0, &end);
	object_unref(&ours->peer.object);
	handle_release_taken(&end);
	return slot.value;
}

/* A kernel thread of its own: the machine ends with the first program. */
static void watch(void *arg)
{
	struct process *p = arg;
	struct handle_ref ref = { .object = &p->object };
	zx_signals_t seen;
	zx_info_process_t info;

	while (object_wait_one(&ref, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE,
			       &seen) != ZX_OK)
		;
	process_get_info(p, &info);
	printk("the first program has ended with code %ld: power off",
	       info.return_code);
	/* Exit statuses have 8 bits; a failure must not look like success. */
	if (info.return_code != 0 && (info.return_code & 0xff) == 0)
		arch_power_off(1);
	arch_power_off((int)(info.return_code & 0xff));
}

/* init= in the boot arguments, else /bin/init. */
static void choose_program(struct userboot *u)
{
	if (!boot_get_arg("init", u->path, sizeof(u->path)))
		__builtin_strcpy(u->path, "/bin/init");
	u->name = u->path;
	for (const char *p = u->path; *p; p++)
		if (*p == '/' && p[1])
			u->name = p + 1;
}

static void make_process(struct userboot *u)
{
	char name[ZX_MAX_NAME_LEN] = "";

	for (u32 i = 0; i < sizeof(name) - 1 && u->name[i]; i++)
		name[i] = u->name[i];
	must(process_create(root_job, name, &u->process),
	     "no memory for a process");
	must(process_create_thread(u->process, name, &u->thread),
	     "no memory for a thread");
}

void userboot_start(void)
{
	struct userboot *u = kzalloc(sizeof(*u));
	uaddr_t entry, sp, vdso_base;
	zx_handle_t bootstrap;

	if (!u)
		must(ZX_ERR_NO_MEMORY, "no memory");
	choose_program(u);
	make_process(u);
	entry = load_program(u);
	vdso_base = map_vdso(u);
	sp = make_stack(u);
	give_handles(u);
	give_initrd(u);
	give_boot_items(u);
	bootstrap = send_message(u);
	/* Our reference on the process is the watcher's from here on. */
	must(thread_create_kernel("init-watch", watch, u->process,
				  THREAD_PRIORITY_DEFAULT),
	     "no memory for a thread");
	must(process_start(u->process, u->thread, entry, sp, bootstrap,
			   vdso_base),
	     "its entry point is no user address");
	object_unref(&u->thread->object);
	kfree(u, sizeof(*u));
}

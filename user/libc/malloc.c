/*
 * malloc(): a stretch of address space in units of 64 KiB, each of them free,
 * full of objects of one size (a slab), or part of one large object. Every step
 * takes constant time, but the search for room for a large object, which reads
 * the table of units.
 *
 * Pages come into being when they are touched: a slab hands out its objects
 * from the bottom up, and of a large object nothing is touched here. Those of
 * very large objects go back to the kernel; others are used again soon.
 */
#include "malloc.h"

#include <string.h>

#include <jx/runtime.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#define HEAP_BYTES (4ul << 30)
#define UNIT_BYTES (64ul << 10)
#define UNIT_COUNT (HEAP_BYTES / UNIT_BYTES)
#define SMALL_MAX (16ul << 10)
#define GRAIN 16ul
/* A freed object of so many units gives its pages back. */
#define RETURN_UNITS 8

/* Sizes of slabs: by 16 to 128, then four to each power of two. */
#define FINE_CLASSES 8u
#define CLASS_COUNT (FINE_CLASSES + 4 * 7)

struct object {
	struct object *next;
};

/* The head of a unit that is a slab; objects follow. */
struct slab {
	struct slab *next, *previous;
	struct object *free;
	/* Where objects begin that were never handed out. */
	uint32_t fresh;
	uint32_t used;
	uint32_t class;
};

#define SLAB_HEAD 64u
_Static_assert(sizeof(struct slab) <= SLAB_HEAD, "objects are aligned behind the head");

static struct jx_lock heap_lock;
/* All under heap_lock. */
static uintptr_t heap;
static zx_handle_t heap_vmo;
/* In its first unit, the units of an object or a slab; 0 in the others and in free ones. */
static uint32_t unit_counts[UNIT_COUNT];
/* Bit set: taken. */
static uint64_t unit_map[UNIT_COUNT / 64];
/* No unit below is free. */
static size_t first_free;
/* Slabs of each size that have room. */
static struct slab *partial[CLASS_COUNT];

static size_t round_up(size_t bytes, size_t step)
{
	return (bytes + step - 1) & ~(step - 1);
}

static unsigned int class_of(size_t bytes)
{
	unsigned int log;

	if (bytes <= FINE_CLASSES * GRAIN)
		return bytes == 0 ? 0 : (unsigned int)((bytes - 1) / GRAIN);
	/* 129..160 is the first quarter above 128. */
	log = 63 - (unsigned int)__builtin_clzl(bytes - 1);
	return FINE_CLASSES + 4 * (log - 7) + (unsigned int)((bytes - 1) >> (log - 2) & 3);
}

static size_t class_bytes(unsigned int class)
{
	unsigned int coarse = class - FINE_CLASSES;

	if (class < FINE_CLASSES)
		return (class + 1) * GRAIN;
	return (5ul + coarse % 4) << (coarse / 4 + 5);
}

static zx_status_t heap_map(void)
{
	zx_status_t status = zx_vmo_create(HEAP_BYTES, 0, &heap_vmo);

	if (status != ZX_OK)
		return status;
	zx_object_set_property(heap_vmo, ZX_PROP_NAME, "heap", 4);
	/* Aligned as its size, so that objects in it can be. */
	return zx_vmar_map(zx_vmar_root_self(),
			   ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_ALIGN_4GB, 0, heap_vmo, 0,
			   HEAP_BYTES, &heap);
}

static bool unit_taken(size_t unit)
{
	return unit_map[unit / 64] >> (unit % 64) & 1;
}

static void mark_units(size_t first, size_t count, bool taken)
{
	for (size_t i = first; i < first + count; i++) {
		uint64_t bit = 1ull << (i % 64);

		if (taken)
			unit_map[i / 64] |= bit;
		else
			unit_map[i / 64] &= ~bit;
	}
}

/* The lowest run of free units that begins at a multiple of align; UNIT_COUNT: none. */
static size_t find_units(size_t count, size_t align)
{
	size_t run = 0;

	while (first_free < UNIT_COUNT && unit_taken(first_free))
		first_free++;
	for (size_t i = first_free; i < UNIT_COUNT; i++) {
		if (unit_taken(i) || (run == 0 && i % align != 0))
			run = 0;
		else if (++run == count)
			return i + 1 - count;
	}
	return UNIT_COUNT;
}

static void *take_units(size_t count, size_t align)
{
	size_t first;

	if (heap == 0 && heap_map() != ZX_OK)
		return NULL;
	first = find_units(count, align);
	if (first == UNIT_COUNT)
		return NULL;
	mark_units(first, count, true);
	unit_counts[first] = (uint32_t)count;
	return (void *)(heap + first * UNIT_BYTES);
}

static size_t unit_of(const void *memory)
{
	return ((uintptr_t)memory - heap) / UNIT_BYTES;
}

static void return_units(size_t first, size_t count)
{
	if (count >= RETURN_UNITS)
		zx_vmo_op_range(heap_vmo, ZX_VMO_OP_DECOMMIT, first * UNIT_BYTES,
				count * UNIT_BYTES, NULL, 0);
	mark_units(first, count, false);
	if (first < first_free)
		first_free = first;
}

static void list_add(struct slab *slab)
{
	struct slab *head = partial[slab->class];

	slab->previous = NULL;
	slab->next = head;
	if (head)
		head->previous = slab;
	partial[slab->class] = slab;
}

static void list_remove(struct slab *slab)
{
	if (slab->next)
		slab->next->previous = slab->previous;
	if (slab->previous)
		slab->previous->next = slab->next;
	else
		partial[slab->class] = slab->next;
}

static struct slab *slab_make(unsigned int class)
{
	struct slab *slab = take_units(1, 1);

	if (!slab)
		return NULL;
	*slab = (struct slab){ .fresh = SLAB_HEAD, .class = class };
	/* Marks it as a slab: a large object has at least one unit. */
	unit_counts[unit_of(slab)] = 0;
	list_add(slab);
	return slab;
}

static bool slab_full(const struct slab *slab)
{
	return !slab->free && slab->fresh + class_bytes(slab->class) > UNIT_BYTES;
}

static void *small_alloc(size_t bytes)
{
	unsigned int class = class_of(bytes);
	struct slab *slab = partial[class] ? partial[class] : slab_make(class);
	struct object *object;

	if (!slab)
		return NULL;
	object = slab->free;
	if (object) {
		slab->free = object->next;
	} else {
		object = (struct object *)((uintptr_t)slab + slab->fresh);
		slab->fresh += (uint32_t)class_bytes(class);
	}
	slab->used++;
	if (slab_full(slab))
		list_remove(slab);
	return object;
}

/* The slab that an object lies in; NULL if it is a large one. */
static struct slab *slab_of(const void *memory)
{
	size_t unit = unit_of(memory);

	return unit_counts[unit] == 0 ? (struct slab *)(heap + unit * UNIT_BYTES) : NULL;
}

/* Where the object begins that an aligned address lies in. */
static uintptr_t small_start(const struct slab *slab, const void *memory)
{
	uintptr_t first = (uintptr_t)slab + SLAB_HEAD;
	size_t bytes = class_bytes(slab->class);

	return first + ((uintptr_t)memory - first) / bytes * bytes;
}

static void small_free(struct slab *slab, void *memory)
{
	struct object *object = (struct object *)small_start(slab, memory);
	bool was_full = slab_full(slab);

	object->next = slab->free;
	slab->free = object;
	slab->used--;
	if (was_full)
		list_add(slab);
	/* The last slab of a size stays: the next object would make it again. */
	if (slab->used != 0 || (partial[slab->class] == slab && !slab->next))
		return;
	list_remove(slab);
	return_units(unit_of(slab), 1);
}

void *heap_alloc(size_t bytes, size_t align)
{
	void *memory;

	if (bytes > HEAP_BYTES || align > HEAP_BYTES)
		return NULL;
	if (bytes == 0)
		bytes = 1;
	jx_lock_acquire(&heap_lock);
	if (align <= GRAIN && bytes <= SMALL_MAX)
		memory = small_alloc(bytes);
	else if (bytes + align <= SMALL_MAX)
		memory = (void *)round_up((uintptr_t)small_alloc(bytes + align), align);
	else
		memory = take_units(round_up(bytes, UNIT_BYTES) / UNIT_BYTES,
				    round_up(align, UNIT_BYTES) / UNIT_BYTES);
	jx_lock_release(&heap_lock);
	return memory;
}

void heap_free(void *memory)
{
	struct slab *slab;
	size_t unit;

	jx_lock_acquire(&heap_lock);
	unit = unit_of(memory);
	slab = slab_of(memory);
	if (slab) {
		small_free(slab, memory);
	} else {
		size_t count = unit_counts[unit];

		unit_counts[unit] = 0;
		return_units(unit, count);
	}
	jx_lock_release(&heap_lock);
}

/* Moves the end of a large object; false if there is no room behind it. */
static bool large_resize(size_t unit, size_t count)
{
	size_t old = unit_counts[unit];

	for (size_t i = unit + old; i < unit + count; i++) {
		if (i >= UNIT_COUNT || unit_taken(i))
			return false;
	}
	if (count > old)
		mark_units(unit + old, count - old, true);
	else if (count < old)
		return_units(unit + count, old - count);
	unit_counts[unit] = (uint32_t)count;
	return true;
}

bool heap_resize(void *memory, size_t bytes)
{
	const struct slab *slab;
	bool fits = false;

	if (bytes > HEAP_BYTES)
		return false;
	jx_lock_acquire(&heap_lock);
	slab = slab_of(memory);
	if (slab)
		fits = bytes <= SMALL_MAX && class_of(bytes) == slab->class &&
		       small_start(slab, memory) == (uintptr_t)memory;
	else if (bytes > SMALL_MAX)
		fits = large_resize(unit_of(memory), round_up(bytes, UNIT_BYTES) / UNIT_BYTES);
	jx_lock_release(&heap_lock);
	return fits;
}

size_t heap_usable(const void *memory)
{
	const struct slab *slab;
	size_t bytes;

	jx_lock_acquire(&heap_lock);
	slab = slab_of(memory);
	if (slab)
		bytes = small_start(slab, memory) + class_bytes(slab->class) - (uintptr_t)memory;
	else
		bytes = unit_counts[unit_of(memory)] * UNIT_BYTES;
	jx_lock_release(&heap_lock);
	return bytes;
}

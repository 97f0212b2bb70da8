/* Before <regex.h>, which wants size_t and does not ask for it everywhere. */
#include <stddef.h>

#include <regex.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jx/ktap.h>
#include <zircon/jx.h>
#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#include "ktap_watch.h"

/* Lines that one test may print about its failures. */
#define NOTES_MAX 30
/*
 * Runs after which a test that loses frames every time is said to leak: caches
 * of the kernel, one per CPU, fill for a while. Slow tests get fewer.
 */
#define RUNS_MAX 16
#define RUNS_MIN 4
#define RUNS_TIME ZX_SEC(10)
/* How long objects may take to go after their last handle, and frames then. */
#define OBJECTS_SETTLE ZX_MSEC(500)
#define FRAMES_SETTLE ZX_MSEC(20)

/* From user.ld. */
extern const struct jx_test __tests_start[], __tests_end[];

/* About the running test; atomic since its threads report as well. */
static atomic_uint failure_count;
static _Atomic(const char *) skip_reason;

static void print_note(const char *prefix, const char *format, va_list args)
{
	char text[200];

	vsnprintf(text, sizeof(text), format, args);
	/* One call is one line: notes of several threads do not mix. */
	printf("# %s%s\n", prefix, text);
}

void jx_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_note("", format, args);
	va_end(args);
}

void jx_fail(const char *format, ...)
{
	va_list args;

	if (atomic_fetch_add(&failure_count, 1) >= NOTES_MAX)
		return;
	va_start(args, format);
	print_note("", format, args);
	va_end(args);
}

void jx_skip(const char *reason)
{
	atomic_store(&skip_reason, reason);
}

bool jx_expect_true(bool value, const char *text, struct jx_place place)
{
	if (!value)
		jx_fail("%s:%d: not true: %s", place.file, place.line, text);
	return value;
}

bool jx_expect_equal(uint64_t a, uint64_t b, const char *a_text, const char *b_text,
		     struct jx_place place)
{
	if (a != b)
		jx_fail("%s:%d: %s is %lld (0x%llx), %s is %lld (0x%llx)", place.file, place.line,
			a_text, (long long)a, (unsigned long long)a, b_text, (long long)b,
			(unsigned long long)b);
	return a == b;
}

bool jx_expect_status(zx_status_t got, zx_status_t wanted, const char *text,
		      struct jx_place place)
{
	if (got != wanted)
		jx_fail("%s:%d: %s gave %s (%d), expected %s (%d)", place.file, place.line, text,
			zx_status_get_string(got), got, zx_status_get_string(wanted), wanted);
	return got == wanted;
}

/* What the kernel holds, for comparison. */
struct census {
	uint64_t objects[ZX_OBJ_TYPE_UPPER_BOUND];
	jx_memory_stats_t memory;
};

static bool take_census(struct census *census)
{
	return jx_stat(JX_STAT_OBJECTS, census->objects, sizeof(census->objects), NULL) == ZX_OK &&
	       jx_stat(JX_STAT_MEMORY, &census->memory, sizeof(census->memory), NULL) == ZX_OK;
}

/*
 * A census when nothing is about to go any more: at the start, and after a test
 * that failed. A thread of those before that went in the middle of a test would
 * be missed after it.
 */
static bool take_quiet_census(struct census *census)
{
	struct census last;
	bool good = take_census(census);

	for (int tries = 0; good && tries < 25; tries++) {
		last = *census;
		zx_nanosleep(zx_deadline_after(FRAMES_SETTLE));
		good = take_census(census);
		if (memcmp(last.objects, census->objects, sizeof(last.objects)) == 0)
			break;
	}
	return good;
}

static uint64_t shortage(uint64_t before, uint64_t after)
{
	return after < before ? before - after : 0;
}

/* Frames that are neither free nor in a cache any more, and objects of caches
 * that were not there before. */
static uint64_t missing_memory(const struct census *before, const struct census *after)
{
	return shortage(before->memory.free_pages + before->memory.cached_pages,
			after->memory.free_pages + after->memory.cached_pages) +
	       shortage(after->memory.slab_objects, before->memory.slab_objects);
}

/* How long to wait for a difference to go away; 0 if there is none. */
static zx_duration_t patience(const struct census *before, const struct census *after)
{
	if (memcmp(before->objects, after->objects, sizeof(before->objects)) != 0)
		return OBJECTS_SETTLE;
	return missing_memory(before, after) ? FRAMES_SETTLE : 0;
}

/* Takes the census again until it is as before or the time is up. */
static void settle(const struct census *before, struct census *after)
{
	zx_time_t start = zx_clock_get_monotonic();

	while (take_census(after) && zx_clock_get_monotonic() - start < patience(before, after))
		zx_nanosleep(zx_deadline_after(ZX_MSEC(2)));
}

static void report_objects(const struct census *before, const struct census *after)
{
	for (uint32_t type = 0; type < ZX_OBJ_TYPE_UPPER_BOUND; type++) {
		if (before->objects[type] != after->objects[type])
			jx_fail("objects of type %u: %llu before, %llu after", type,
				(unsigned long long)before->objects[type],
				(unsigned long long)after->objects[type]);
	}
}

/*
 * One run and its census. Returns how much memory is missing after it; 0
 * also if the test failed, which then needs no other verdict.
 */
static uint64_t run_once(const struct jx_test *test)
{
	static bool is_quiet;
	struct census before, after;
	bool counted = is_quiet ? take_census(&before) : take_quiet_census(&before);

	is_quiet = false;
	test->run();
	if (!counted || atomic_load(&failure_count) != 0)
		return 0;
	settle(&before, &after);
	report_objects(&before, &after);
	is_quiet = atomic_load(&failure_count) == 0;
	return missing_memory(&before, &after);
}

/* Runs a test to its verdict, which failure_count and skip_reason hold. */
static void run_test(const struct jx_test *test)
{
	zx_time_t end = zx_deadline_after(RUNS_TIME);
	uint64_t missing;
	int runs = 0;

	atomic_store(&failure_count, 0);
	atomic_store(&skip_reason, NULL);
	do {
		missing = run_once(test);
		runs++;
		if (missing == 0)
			return;
	} while (runs < RUNS_MIN || (runs < RUNS_MAX && zx_clock_get_monotonic() < end));
	jx_fail("each of %d runs lost frames or kernel objects, the last %llu", runs,
		(unsigned long long)missing);
}

static void skip_test(const struct jx_test *test)
{
	atomic_store(&failure_count, 0);
	atomic_store(&skip_reason, test->eras == JX_ERA_2020 ? "pins an answer of the 2020 era"
							     : "pins an answer of the latest era");
}

/* The eras differ in where user space begins (spec/README 5). */
uint32_t jx_era(void)
{
	zx_info_vmar_t root = { 0, 0 };

	zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &root, sizeof(root), NULL, NULL);
	return root.base == 0x200000 ? JX_ERA_LATEST : JX_ERA_2020;
}

static bool report(const struct jx_test *test, unsigned int number)
{
	const char *reason = atomic_load(&skip_reason);

	if (atomic_load(&failure_count) != 0)
		printf("not ok %u %s\n", number, test->name);
	else if (reason)
		printf("ok %u %s # SKIP %s\n", number, test->name, reason);
	else
		printf("ok %u %s\n", number, test->name);
	return atomic_load(&failure_count) == 0;
}

static bool matches(const char *name, int count, char *const patterns[])
{
	bool found = count == 0;

	for (int i = 0; !found && i < count; i++) {
		regex_t regex;

		if (regcomp(&regex, patterns[i], REG_EXTENDED | REG_NOSUB) != 0)
			continue;
		found = regexec(&regex, name, 0, NULL, 0) == 0;
		regfree(&regex);
	}
	return found;
}

static int compare_places(const void *a, const void *b)
{
	const struct jx_test *first = *(const struct jx_test *const *)a;
	const struct jx_test *second = *(const struct jx_test *const *)b;
	int files = strcmp(first->file, second->file);

	return files != 0 ? files : (first->line > second->line) - (first->line < second->line);
}

/* The tests to run, in order, ended by NULL; compilers emit them in any. */
static const struct jx_test **choose(int count, char *const patterns[], unsigned int *planned)
{
	size_t total = (size_t)(__tests_end - __tests_start);
	const struct jx_test **chosen = calloc(total + 1, sizeof(const struct jx_test *));

	*planned = 0;
	for (size_t i = 0; chosen && i < total; i++) {
		if (matches(__tests_start[i].name, count, patterns))
			chosen[(*planned)++] = &__tests_start[i];
	}
	if (chosen)
		qsort(chosen, *planned, sizeof(const struct jx_test *), compare_places);
	return chosen;
}

/* The main() of a program that has tests and none of its own. */
int main(int argc, char *argv[])
{
	unsigned int planned = 0, failed = 0;
	const struct jx_test **chosen = choose(argc - 1, argv + 1, &planned);

	if (!chosen || !ktap_watch_start())
		return EXIT_FAILURE;
	printf("KTAP version 1\n1..%u\n", planned);
	for (unsigned int i = 0; i < planned; i++) {
		ktap_watch_test(i + 1, chosen[i]->name);
		if (!(chosen[i]->eras & jx_era()))
			skip_test(chosen[i]);
		else
			run_test(chosen[i]);
		failed += !report(chosen[i], i + 1);
	}
	free(chosen);
	if (planned == 0)
		printf("# no test has a name that matches\n");
	return failed == 0 && planned != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

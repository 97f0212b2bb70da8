/*
 * User tests that report in KTAP. A test is a function; the library's main()
 * runs all of the program whose names match the arguments (extended regular
 * expressions; none means all) and exits with 0 if none failed.
 *
 *	JX_TEST(event_wakes_waiter)
 *	{
 *		zx_handle_t event;
 *
 *		ASSERT_STATUS(zx_event_create(0, &event), ZX_OK);
 *		...
 *	}
 *
 * After each test the number of live kernel objects must be what it was, and
 * no frames may be missing; a test that leaves fewer free frames is run again,
 * and fails if every run loses some (first runs fill caches, leaks go on). So
 * tests must not depend on being run once.
 *
 * A test that takes longer than JX_TEST_SECONDS (300) ends the program, with a
 * report of where its threads are.
 *
 * EXPECT_* note a failure and go on; ASSERT_* also return from the function
 * they stand in, which is void. Both may be used in any thread.
 */
#ifndef JX_KTAP_H
#define JX_KTAP_H

#include <stdbool.h>

#include <zircon/compiler.h>
#include <zircon/types.h>

struct jx_test {
	const char *name;
	void (*run)(void);
	/* Tests run in the order of their files' names and their lines. */
	const char *file;
	uint32_t line;
	/* Of JX_ERA_: where it runs; in the other era it is skipped, since there
	 * the answers it pins are others. */
	uint32_t eras;
};

#define JX_ERA_2020 1u
#define JX_ERA_LATEST 2u

#define JX_TEST(test) JX_TEST_IN(test, JX_ERA_2020 | JX_ERA_LATEST)
#define JX_TEST_OF_2020(test) JX_TEST_IN(test, JX_ERA_2020)
#define JX_TEST_OF_LATEST(test) JX_TEST_IN(test, JX_ERA_LATEST)
#define JX_TEST_IN(test, eras) \
	static void test(void); \
	static const struct jx_test test##_entry __USED __SECTION(".tests") \
		__ALIGNED(sizeof(struct jx_test)) = { #test, test, __FILE__, __LINE__, eras }; \
	static void test(void)

/* Where an expectation stands. */
struct jx_place {
	const char *file;
	int line;
};
#define JX_HERE ((struct jx_place){ __FILE__, __LINE__ })

/* These print "# file:line: ..." and mark the test as failed if it is not so. */
bool jx_expect_true(bool value, const char *text, struct jx_place place);
bool jx_expect_equal(uint64_t a, uint64_t b, const char *a_text, const char *b_text,
		     struct jx_place place);
bool jx_expect_status(zx_status_t got, zx_status_t wanted, const char *text,
		      struct jx_place place);

#define EXPECT_TRUE(cond) jx_expect_true(cond, #cond, JX_HERE)
#define EXPECT_EQ(a, b) jx_expect_equal((uint64_t)(a), (uint64_t)(b), #a, #b, JX_HERE)
#define EXPECT_STATUS(call, wanted) jx_expect_status(call, wanted, #call, JX_HERE)
#define ASSERT_TRUE(cond) JX_OR_RETURN(EXPECT_TRUE(cond))
#define ASSERT_EQ(a, b) JX_OR_RETURN(EXPECT_EQ(a, b))
#define ASSERT_STATUS(call, wanted) JX_OR_RETURN(EXPECT_STATUS(call, wanted))
#define JX_OR_RETURN(good) do { if (!(good)) return; } while (0)

/* The era of the kernel that this runs on, JX_ERA_2020 or JX_ERA_LATEST, for
 * tests in which one answer of many differs. */
uint32_t jx_era(void);

/* A line of explanation in the report. */
void jx_note(const char *format, ...) __PRINTFLIKE(1, 2);
/* Marks the running test as failed, with a line of explanation. */
void jx_fail(const char *format, ...) __PRINTFLIKE(1, 2);
/* Marks it as skipped; return from the test after it. A failure outranks it. */
void jx_skip(const char *reason);

#endif

/* <threads.h>: threads, mutexes, conditions, once, thread-specific storage. */
#include <stdatomic.h>
#include <string.h>
#include <threads.h>

#include <jx/ktap.h>
#include <zircon/syscalls.h>
#include <zircon/threads.h>

#define THREADS 6
#define ROUNDS 400

static int return_argument(void *argument)
{
	return (int)(uintptr_t)argument;
}

JX_TEST(libc_thrd_join_gives_the_result)
{
	thrd_t thread;
	int result = 0;

	ASSERT_EQ(thrd_create(&thread, return_argument, (void *)-77l), thrd_success);
	ASSERT_EQ(thrd_join(thread, &result), thrd_success);
	EXPECT_EQ(result, -77);
}

static _Thread_local int initialised = 41;
static _Thread_local int zeroed;
static _Thread_local struct { _Alignas(64) char bytes[64]; } aligned;

static int look_at_own_variables(void *argument)
{
	bool fresh = initialised == 41 && zeroed == 0 && ((uintptr_t)&aligned & 63) == 0;

	(void)argument;
	initialised++;
	zeroed = 5;
	memset(aligned.bytes, 1, sizeof(aligned.bytes));
	return fresh;
}

JX_TEST(libc_thread_local_variables_are_each_threads_own)
{
	int result = 0;
	thrd_t thread;

	zeroed = 9;
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(thrd_create(&thread, look_at_own_variables, NULL), thrd_success);
		ASSERT_EQ(thrd_join(thread, &result), thrd_success);
		EXPECT_TRUE(result);
	}
	EXPECT_EQ(zeroed, 9);
	EXPECT_EQ(initialised, 41);
}

static int exit_early(void *argument)
{
	EXPECT_TRUE(thrd_equal(thrd_current(), *(thrd_t *)argument));
	thrd_exit(12);
}

JX_TEST(libc_thrd_exit_ends_the_thread_with_its_result)
{
	static thrd_t thread;
	zx_info_thread_t info;
	int result = 0;

	ASSERT_EQ(thrd_create_with_name(&thread, exit_early, &thread, "early"), thrd_success);
	EXPECT_STATUS(zx_object_get_info(thrd_get_zx_handle(thread), ZX_INFO_THREAD, &info,
					 sizeof(info), NULL, NULL), ZX_OK);
	ASSERT_EQ(thrd_join(thread, &result), thrd_success);
	EXPECT_EQ(result, 12);
}

static atomic_int ended_detached;

static int count_and_end(void *argument)
{
	zx_handle_t last = (zx_handle_t)(uintptr_t)argument;

	if (atomic_fetch_add(&ended_detached, 1) + 1 == THREADS)
		zx_object_signal(last, 0, ZX_EVENT_SIGNALED);
	return 0;
}

/* The leak check behind each test sees a region or a handle that stays; it is
 * retried while the last of them ends. */
JX_TEST(libc_thrd_detached_threads_free_themselves)
{
	zx_handle_t last, threads[THREADS];

	ended_detached = 0;
	ASSERT_STATUS(zx_event_create(0, &last), ZX_OK);
	for (int i = 0; i < THREADS; i++) {
		thrd_t thread;

		ASSERT_EQ(thrd_create(&thread, count_and_end, (void *)(uintptr_t)last),
			  thrd_success);
		ASSERT_STATUS(zx_handle_duplicate(thrd_get_zx_handle(thread), ZX_RIGHT_SAME_RIGHTS,
						  &threads[i]), ZX_OK);
		ASSERT_EQ(thrd_detach(thread), thrd_success);
	}
	EXPECT_STATUS(zx_object_wait_one(last, ZX_EVENT_SIGNALED, ZX_TIME_INFINITE, NULL), ZX_OK);
	for (int i = 0; i < THREADS; i++) {
		EXPECT_STATUS(zx_object_wait_one(threads[i], ZX_THREAD_TERMINATED,
						 ZX_TIME_INFINITE, NULL), ZX_OK);
		zx_handle_close(threads[i]);
	}
	zx_handle_close(last);
}

struct shared {
	mtx_t mutex;
	int depth;
	/* Under mutex. */
	long count;
};

static int count_under_mutex(void *argument)
{
	struct shared *shared = argument;

	for (int i = 0; i < ROUNDS; i++) {
		for (int d = 0; d < shared->depth; d++)
			mtx_lock(&shared->mutex);
		shared->count++;
		for (int d = 0; d < shared->depth; d++)
			mtx_unlock(&shared->mutex);
	}
	return 0;
}

static void count_with(int type, int depth)
{
	struct shared shared = { .depth = depth };
	thrd_t threads[THREADS];

	ASSERT_EQ(mtx_init(&shared.mutex, type), thrd_success);
	for (int i = 0; i < THREADS; i++)
		ASSERT_EQ(thrd_create(&threads[i], count_under_mutex, &shared), thrd_success);
	for (int i = 0; i < THREADS; i++)
		EXPECT_EQ(thrd_join(threads[i], NULL), thrd_success);
	EXPECT_EQ(shared.count, THREADS * ROUNDS);
	EXPECT_EQ(mtx_trylock(&shared.mutex), thrd_success);
	mtx_unlock(&shared.mutex);
	mtx_destroy(&shared.mutex);
}

JX_TEST(libc_mtx_excludes)
{
	count_with(mtx_plain, 1);
	count_with(mtx_plain | mtx_recursive, 3);
}

JX_TEST(libc_mtx_refuses_an_unknown_kind)
{
	mtx_t mutex;

	EXPECT_EQ(mtx_init(&mutex, 64), thrd_error);
}

static int try_and_wait(void *argument)
{
	struct timespec soon;
	mtx_t *mutex = argument;

	EXPECT_EQ(mtx_trylock(mutex), thrd_busy);
	EXPECT_EQ(timespec_get(&soon, TIME_UTC), TIME_UTC);
	return mtx_timedlock(mutex, &soon);
}

JX_TEST(libc_mtx_timedlock_gives_up_at_its_deadline)
{
	const struct timespec never = { .tv_sec = INT64_MAX };
	thrd_t thread;
	int result = 0;
	mtx_t mutex;

	ASSERT_EQ(mtx_init(&mutex, mtx_timed), thrd_success);
	ASSERT_EQ(mtx_timedlock(&mutex, &never), thrd_success);
	ASSERT_EQ(thrd_create(&thread, try_and_wait, &mutex), thrd_success);
	ASSERT_EQ(thrd_join(thread, &result), thrd_success);
	EXPECT_EQ(result, thrd_timedout);
	/* The one who gave up has left it usable. */
	mtx_unlock(&mutex);
	EXPECT_EQ(mtx_trylock(&mutex), thrd_success);
	mtx_unlock(&mutex);
}

/* A ring of one place between makers and takers. */
struct ring {
	mtx_t mutex;
	cnd_t filled, emptied;
	/* Under mutex. */
	long item, taken;
};

static int take_items(void *argument)
{
	struct ring *ring = argument;
	long item;

	do {
		mtx_lock(&ring->mutex);
		while (ring->item == 0)
			cnd_wait(&ring->filled, &ring->mutex);
		item = ring->item;
		/* -1 stays, for the next taker. */
		if (item > 0) {
			ring->taken += item;
			ring->item = 0;
			cnd_signal(&ring->emptied);
		}
		mtx_unlock(&ring->mutex);
	} while (item > 0);
	return 0;
}

static void put_item(struct ring *ring, long item)
{
	mtx_lock(&ring->mutex);
	while (ring->item != 0)
		cnd_wait(&ring->emptied, &ring->mutex);
	ring->item = item;
	if (item < 0)
		cnd_broadcast(&ring->filled);
	else
		cnd_signal(&ring->filled);
	mtx_unlock(&ring->mutex);
}

JX_TEST(libc_cnd_hands_every_item_over)
{
	thrd_t threads[THREADS];
	struct ring ring = { 0 };

	for (int i = 0; i < THREADS; i++)
		ASSERT_EQ(thrd_create(&threads[i], take_items, &ring), thrd_success);
	for (long i = 1; i <= ROUNDS; i++)
		put_item(&ring, i);
	put_item(&ring, -1);
	for (int i = 0; i < THREADS; i++)
		EXPECT_EQ(thrd_join(threads[i], NULL), thrd_success);
	EXPECT_EQ(ring.taken, ROUNDS * (ROUNDS + 1) / 2);
}

JX_TEST(libc_cnd_timedwait_gives_up_with_the_mutex_held)
{
	const struct timespec past = { 0 };
	mtx_t mutex;
	cnd_t cnd;

	ASSERT_EQ(mtx_init(&mutex, mtx_plain), thrd_success);
	ASSERT_EQ(cnd_init(&cnd), thrd_success);
	mtx_lock(&mutex);
	EXPECT_EQ(cnd_timedwait(&cnd, &mutex, &past), thrd_timedout);
	EXPECT_EQ(mtx_trylock(&mutex), thrd_busy);
	mtx_unlock(&mutex);
	cnd_destroy(&cnd);
}

static once_flag once_each_run;
static atomic_int once_count;
static atomic_bool once_done;

static void be_called_once(void)
{
	atomic_fetch_add(&once_count, 1);
	thrd_yield();
	atomic_store(&once_done, true);
}

static int call_it(void *argument)
{
	(void)argument;
	call_once(&once_each_run, be_called_once);
	return atomic_load(&once_done);
}

JX_TEST(libc_call_once_calls_once_and_the_others_wait)
{
	thrd_t threads[THREADS];
	int result;

	once_each_run = (once_flag)ONCE_FLAG_INIT;
	once_count = 0;
	once_done = false;
	for (int i = 0; i < THREADS; i++)
		ASSERT_EQ(thrd_create(&threads[i], call_it, NULL), thrd_success);
	for (int i = 0; i < THREADS; i++) {
		ASSERT_EQ(thrd_join(threads[i], &result), thrd_success);
		EXPECT_TRUE(result);
	}
	EXPECT_EQ(once_count, 1);
}

static tss_t key;
static int destroyed;

/* Sets the value again, as often as the standard lets it. */
static void destroy_again(void *value)
{
	destroyed++;
	tss_set(key, value);
}

static int set_value(void *argument)
{
	bool empty = tss_get(key) == NULL;

	tss_set(key, argument);
	return empty && tss_get(key) == argument;
}

JX_TEST(libc_tss_is_each_threads_own_and_is_destroyed_at_its_end)
{
	thrd_t thread;
	int result = 0;
	tss_t next;

	destroyed = 0;
	ASSERT_EQ(tss_create(&key, destroy_again), thrd_success);
	tss_set(key, &key);
	ASSERT_EQ(thrd_create(&thread, set_value, &thread), thrd_success);
	ASSERT_EQ(thrd_join(thread, &result), thrd_success);
	EXPECT_TRUE(result);
	EXPECT_EQ(destroyed, TSS_DTOR_ITERATIONS);
	EXPECT_TRUE(tss_get(key) == &key);
	tss_delete(key);
	/* A new key in the same place has no value. */
	ASSERT_EQ(tss_create(&next, NULL), thrd_success);
	EXPECT_TRUE(tss_get(next) == NULL);
	tss_delete(next);
}

JX_TEST(libc_thrd_results_are_statuses)
{
	EXPECT_EQ(thrd_status_to_zx_status(thrd_success), ZX_OK);
	EXPECT_EQ(thrd_status_to_zx_status(thrd_busy), ZX_ERR_SHOULD_WAIT);
	EXPECT_EQ(thrd_status_to_zx_status(thrd_nomem), ZX_ERR_NO_MEMORY);
	EXPECT_EQ(thrd_status_to_zx_status(thrd_timedout), ZX_ERR_TIMED_OUT);
	EXPECT_EQ(thrd_status_to_zx_status(99), ZX_ERR_INTERNAL);
}

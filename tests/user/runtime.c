/* The user runtime: what libzx and the start-up code do without the kernel's
 * help, or on top of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jx/initrd.h>
#include <jx/ktap.h>
#include <jx/runtime.h>
#include <jx/spawn.h>
#include <jx/thread.h>
#include <zircon/process.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

static _Thread_local int own = 42;
static _Thread_local char own_zeros[100];

static int change_own(void *arg)
{
	int before = own;

	own = (int)(intptr_t)arg;
	errno = own;
	for (size_t i = 0; i < sizeof(own_zeros); i++)
		before += own_zeros[i];
	own_zeros[5] = 1;
	return errno == own ? before : -1;
}

JX_TEST(runtime_thread_storage_is_per_thread)
{
	struct jx_thread threads[4];
	int result = 0;

	own = 7;
	errno = 5;
	for (intptr_t i = 0; i < 4; i++)
		ASSERT_STATUS(jx_thread_create(&threads[i], "tls", change_own, (void *)(100 + i)),
			      ZX_OK);
	for (int i = 0; i < 4; i++) {
		ASSERT_STATUS(jx_thread_join(&threads[i], &result), ZX_OK);
		EXPECT_EQ(result, 42);
	}
	EXPECT_EQ(own, 7);
	EXPECT_EQ(errno, 5);
}

static int tell_self(void *arg)
{
	*(zx_handle_t *)arg = zx_thread_self();
	return 3;
}

JX_TEST(runtime_thread_knows_its_handle)
{
	struct jx_thread thread;
	zx_handle_t seen = 0, handle;
	int result = 0;

	ASSERT_STATUS(jx_thread_create(&thread, "self", tell_self, &seen), ZX_OK);
	handle = thread.handle;
	ASSERT_STATUS(jx_thread_join(&thread, &result), ZX_OK);
	EXPECT_EQ(result, 3);
	EXPECT_EQ(seen, handle);
	EXPECT_TRUE(seen != zx_thread_self());
}

#define BLOCKS 64

static int use_heap(void *arg)
{
	char *blocks[BLOCKS];
	char mark = (char)(intptr_t)arg;
	int wrong = 0;

	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < BLOCKS; i++) {
			blocks[i] = malloc(i * 7 + 1);
			if (!blocks[i])
				return -1;
			memset(blocks[i], mark, i * 7 + 1);
		}
		for (size_t i = 0; i < BLOCKS; i++) {
			wrong += blocks[i][0] != mark || blocks[i][i * 7] != mark;
			free(blocks[i]);
		}
	}
	return wrong;
}

JX_TEST(runtime_heap_serves_threads_at_once)
{
	struct jx_thread threads[4];
	int result = 0;

	for (intptr_t i = 0; i < 4; i++)
		ASSERT_STATUS(jx_thread_create(&threads[i], "heap", use_heap, (void *)(i + 1)),
			      ZX_OK);
	for (int i = 0; i < 4; i++) {
		ASSERT_STATUS(jx_thread_join(&threads[i], &result), ZX_OK);
		EXPECT_EQ(result, 0);
	}
}

struct counter {
	struct jx_lock lock;
	unsigned long value;
};

static int count_up(void *arg)
{
	struct counter *counter = arg;

	for (int i = 0; i < 10000; i++) {
		jx_lock_acquire(&counter->lock);
		counter->value++;
		jx_lock_release(&counter->lock);
	}
	return 0;
}

JX_TEST(runtime_lock_excludes)
{
	struct counter counter = { .value = 0 };
	struct jx_thread threads[4];

	for (int i = 0; i < 4; i++)
		ASSERT_STATUS(jx_thread_create(&threads[i], "lock", count_up, &counter), ZX_OK);
	for (int i = 0; i < 4; i++)
		ASSERT_STATUS(jx_thread_join(&threads[i], NULL), ZX_OK);
	EXPECT_EQ(counter.value, 40000);
}

JX_TEST(runtime_start_up_handles)
{
	const zx_handle_t handles[] = { zx_process_self(), zx_thread_self(), zx_vmar_root_self(),
					zx_job_default() };
	const zx_obj_type_t types[] = { ZX_OBJ_TYPE_PROCESS, ZX_OBJ_TYPE_THREAD, ZX_OBJ_TYPE_VMAR,
					ZX_OBJ_TYPE_JOB };

	for (size_t i = 0; i < 4; i++) {
		zx_info_handle_basic_t info = { .type = 0 };

		EXPECT_STATUS(zx_object_get_info(handles[i], ZX_INFO_HANDLE_BASIC, &info,
						 sizeof(info), NULL, NULL), ZX_OK);
		EXPECT_EQ(info.type, types[i]);
		EXPECT_EQ(handles[i] & ZX_HANDLE_FIXED_BITS_MASK, 3);
	}
	EXPECT_EQ(zx_take_startup_handle(PA_HND(PA_USER0, 5)), ZX_HANDLE_INVALID);
}

JX_TEST(runtime_clock_agrees_with_the_kernel)
{
	zx_time_t before, kernel = 0, after;

	for (int i = 0; i < 100; i++) {
		before = zx_clock_get_monotonic();
		ASSERT_STATUS(zx_clock_get(ZX_CLOCK_MONOTONIC, &kernel), ZX_OK);
		after = zx_clock_get_monotonic();
		EXPECT_TRUE(before <= kernel && kernel <= after);
	}
	EXPECT_EQ(zx_deadline_after(INT64_MAX), ZX_TIME_INFINITE);
	EXPECT_TRUE(zx_deadline_after(-ZX_SEC(1)) < zx_clock_get_monotonic());
	EXPECT_TRUE(zx_ticks_per_second() > 0);
}

JX_TEST(runtime_system_queries)
{
	zx_string_view_t version = zx_system_get_version_string();
	char copy[80] = "";
	uint32_t line = zx_system_get_dcache_line_size();

	EXPECT_EQ(zx_system_get_page_size(), 4096);
	EXPECT_TRUE(zx_system_get_num_cpus() >= 1 && zx_system_get_num_cpus() <= 8);
	EXPECT_TRUE(zx_system_get_physmem() >= (16u << 20));
	EXPECT_EQ(zx_system_get_physmem() % 4096, 0);
	EXPECT_TRUE(line >= 16 && (line & (line - 1)) == 0);
	EXPECT_EQ(strlen(version.c_str), version.length);
	EXPECT_STATUS(zx_system_get_version(copy, version.length), ZX_ERR_BUFFER_TOO_SMALL);
	EXPECT_STATUS(zx_system_get_version(copy, version.length + 1), ZX_OK);
	EXPECT_EQ(strcmp(copy, version.c_str), 0);
}

JX_TEST(runtime_random_numbers_fill_any_length)
{
	unsigned char bytes[1000];
	unsigned int counts[256] = { 0 }, most = 0;

	memset(bytes, 0, sizeof(bytes));
	zx_cprng_draw(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		if (++counts[bytes[i]] > most)
			most = counts[bytes[i]];
	}
	/* About 4 each; 40 of one value has a chance far below 2^-64. */
	EXPECT_TRUE(most < 40);
	zx_cprng_draw(bytes, 0);
}

JX_TEST(runtime_cache_flush_options)
{
	static char code[256];
	const uint32_t good[] = { 1, 2, 3, 6, 7 }, bad[] = { 0, 4, 5, 8, 9 };

	for (size_t i = 0; i < 5; i++) {
		EXPECT_STATUS(zx_cache_flush(code, sizeof(code), good[i]), ZX_OK);
		EXPECT_STATUS(zx_cache_flush(code, sizeof(code), bad[i]), ZX_ERR_INVALID_ARGS);
	}
}

JX_TEST(runtime_status_names)
{
	EXPECT_EQ(strcmp(zx_status_get_string(ZX_OK), "ZX_OK"), 0);
	EXPECT_EQ(strcmp(zx_status_get_string(ZX_ERR_BAD_STATE), "ZX_ERR_BAD_STATE"), 0);
	EXPECT_EQ(strcmp(zx_status_get_string(ZX_ERR_STOP), "ZX_ERR_STOP"), 0);
	EXPECT_EQ(strcmp(zx_status_get_string(-5), "(UNKNOWN)"), 0);
}

JX_TEST(runtime_files_of_the_initrd)
{
	char head[4] = "";
	int fd = open("/bin/utest", O_RDONLY);

	ASSERT_TRUE(fd >= 3);
	EXPECT_EQ(read(fd, head, 4), 4);
	EXPECT_EQ(memcmp(head, "\177ELF", 4), 0);
	EXPECT_EQ(lseek(fd, 1, SEEK_SET), 1);
	EXPECT_EQ(read(fd, head, 3), 3);
	EXPECT_EQ(memcmp(head, "ELF", 3), 0);
	EXPECT_TRUE(lseek(fd, 0, SEEK_END) > 1000);
	EXPECT_EQ(read(fd, head, 4), 0);
	EXPECT_EQ(lseek(fd, -1, SEEK_SET), -1);
	EXPECT_EQ(close(fd), 0);
	EXPECT_EQ(close(fd), -1);
	EXPECT_EQ(errno, EBADF);
	EXPECT_EQ(open("/bin/nothing", O_RDONLY), -1);
	EXPECT_EQ(errno, ENOENT);
	EXPECT_EQ(open("/bin/utest", O_WRONLY), -1);
	EXPECT_EQ(errno, EROFS);
}

JX_TEST(runtime_spawn_tells_the_status)
{
	const char *argv[] = { "shell", "-c", "exit 7", NULL };
	zx_handle_t process;
	int64_t code = 0;

	ASSERT_STATUS(jx_spawn("/bin/shell", 3, argv, &process, NULL), ZX_OK);
	EXPECT_STATUS(jx_process_wait(process, &code), ZX_OK);
	EXPECT_EQ(code, 7);
	zx_handle_close(process);
}

JX_TEST(runtime_spawn_says_why_not)
{
	const char *argv[] = { "x", NULL };
	zx_handle_t process;
	const char *why = NULL;

	EXPECT_STATUS(jx_spawn("/bin/nothing", 1, argv, &process, &why), ZX_ERR_NOT_FOUND);
	EXPECT_TRUE(why && strstr(why, "no such program"));
	EXPECT_STATUS(jx_spawn("/bin", 1, argv, &process, &why), ZX_ERR_NOT_FILE);
}

/* The file pager of the runtime: pages come when touched, and go back by sync. */
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include <jx/initrd.h>
#include <jx/ktap.h>
#include <jx/paged_file.h>
#include <zircon/syscalls.h>

#define NAME "bin/init"
#define CAPACITY (1ul << 20)
#define THREADS 4
#define PAGES 24ul
#define ROUNDS 60

static bool image_is(struct jx_paged_file *file, size_t offset, const char *text, size_t bytes)
{
	char *buffer = malloc(bytes);
	bool same = buffer && jx_paged_file_read_image(file, offset, buffer, bytes) == ZX_OK &&
		    memcmp(buffer, text, bytes) == 0;

	free(buffer);
	return same;
}

JX_TEST(paged_file_supplies_what_is_touched)
{
	struct jx_paged_file file;
	struct jx_file from;

	ASSERT_STATUS(jx_initrd_find(NAME, &from), ZX_OK);
	ASSERT_STATUS(jx_paged_file_open(NAME, CAPACITY, &file), ZX_OK);
	EXPECT_EQ(file.size, from.size);
	EXPECT_EQ(jx_paged_file_supplied(&file), 0);
	EXPECT_EQ(memcmp(file.base + ZX_PAGE_SIZE, from.data + ZX_PAGE_SIZE, ZX_PAGE_SIZE), 0);
	EXPECT_EQ(jx_paged_file_supplied(&file), 1);
	EXPECT_EQ(memcmp(file.base, from.data, from.size), 0);
	EXPECT_EQ(jx_paged_file_supplied(&file), (from.size + ZX_PAGE_MASK) / ZX_PAGE_SIZE);
	EXPECT_STATUS(jx_paged_file_close(&file), ZX_OK);
}

JX_TEST(paged_file_writes_back_what_has_changed)
{
	struct jx_paged_file file;
	size_t pages = 0;

	ASSERT_STATUS(jx_paged_file_open(NAME, CAPACITY, &file), ZX_OK);
	memcpy(file.base + 5, "first", 5);
	memcpy(file.base + 3 * ZX_PAGE_SIZE - 2, "across", 6);
	EXPECT_TRUE(!image_is(&file, 5, "first", 5));
	EXPECT_STATUS(jx_paged_file_sync(&file, &pages), ZX_OK);
	EXPECT_EQ(pages, 3);
	EXPECT_TRUE(image_is(&file, 5, "first", 5));
	EXPECT_TRUE(image_is(&file, 3 * ZX_PAGE_SIZE - 2, "across", 6));
	EXPECT_STATUS(jx_paged_file_sync(&file, &pages), ZX_OK);
	EXPECT_EQ(pages, 0);
	file.base[5] = 'F';
	EXPECT_STATUS(jx_paged_file_sync(&file, &pages), ZX_OK);
	EXPECT_EQ(pages, 1);
	EXPECT_TRUE(image_is(&file, 5, "First", 5));
	EXPECT_STATUS(jx_paged_file_close(&file), ZX_OK);
}

JX_TEST(paged_file_grows_and_shrinks_with_zeros)
{
	struct jx_paged_file file;
	char zeros[100] = "";

	ASSERT_STATUS(jx_paged_file_open("no such file", CAPACITY, &file), ZX_OK);
	EXPECT_EQ(file.size, 0);
	ASSERT_STATUS(jx_paged_file_resize(&file, 3 * ZX_PAGE_SIZE + 100), ZX_OK);
	EXPECT_EQ(memcmp(file.base + 3 * ZX_PAGE_SIZE, zeros, 100), 0);
	memset(file.base, 1, file.size);
	EXPECT_STATUS(jx_paged_file_sync(&file, NULL), ZX_OK);
	ASSERT_STATUS(jx_paged_file_resize(&file, 10), ZX_OK);
	ASSERT_STATUS(jx_paged_file_resize(&file, 3 * ZX_PAGE_SIZE), ZX_OK);
	EXPECT_EQ(file.base[9], 1);
	EXPECT_EQ(memcmp(file.base + 10, zeros, 100), 0);
	EXPECT_EQ(memcmp(file.base + 2 * ZX_PAGE_SIZE, zeros, 100), 0);
	EXPECT_STATUS(jx_paged_file_sync(&file, NULL), ZX_OK);
	EXPECT_TRUE(image_is(&file, 10, zeros, 100));
	EXPECT_STATUS(jx_paged_file_resize(&file, CAPACITY + 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(jx_paged_file_read_image(&file, file.size, zeros, 1), ZX_ERR_OUT_OF_RANGE);
	EXPECT_STATUS(jx_paged_file_close(&file), ZX_OK);
}

/* The kernel knows that new bytes are 0, and asks nobody for them. */
JX_TEST(paged_file_growth_is_written_back_once)
{
	struct jx_paged_file file;
	size_t pages = 0;

	ASSERT_STATUS(jx_paged_file_open("no such file", CAPACITY, &file), ZX_OK);
	ASSERT_STATUS(jx_paged_file_resize(&file, 40 * ZX_PAGE_SIZE), ZX_OK);
	file.base[9 * ZX_PAGE_SIZE] = 7;
	EXPECT_STATUS(jx_paged_file_sync(&file, &pages), ZX_OK);
	EXPECT_EQ(pages, 40);
	EXPECT_TRUE(image_is(&file, 9 * ZX_PAGE_SIZE, "\7", 2));
	EXPECT_STATUS(jx_paged_file_sync(&file, &pages), ZX_OK);
	EXPECT_EQ(pages, 0);
	EXPECT_EQ(jx_paged_file_supplied(&file), 0);
	EXPECT_STATUS(jx_paged_file_close(&file), ZX_OK);
}

JX_TEST(paged_file_must_fit_its_capacity)
{
	struct jx_paged_file file;

	EXPECT_STATUS(jx_paged_file_open(NAME, 10, &file), ZX_ERR_BUFFER_TOO_SMALL);
}

struct writer {
	struct jx_paged_file *file;
	uint32_t number;
};

/* Counts in its own word of each page, in an order of its own. */
static int count_in_pages(void *argument)
{
	const struct writer *writer = argument;
	uint32_t seed = writer->number;

	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < PAGES; i++) {
			size_t page = (i * 7 + seed) % PAGES;
			uint32_t *words = (uint32_t *)(writer->file->base + page * ZX_PAGE_SIZE);

			words[writer->number]++;
		}
		seed = seed * 1664525u + 1013904223u;
	}
	return 0;
}

JX_TEST(paged_file_loses_nothing_while_threads_write)
{
	struct writer writers[THREADS];
	struct jx_paged_file file;
	thrd_t threads[THREADS];
	uint32_t words[THREADS];

	ASSERT_STATUS(jx_paged_file_open("no such file", CAPACITY, &file), ZX_OK);
	ASSERT_STATUS(jx_paged_file_resize(&file, PAGES * ZX_PAGE_SIZE), ZX_OK);
	for (uint32_t i = 0; i < THREADS; i++) {
		writers[i] = (struct writer){ &file, i };
		ASSERT_EQ(thrd_create(&threads[i], count_in_pages, &writers[i]), thrd_success);
	}
	for (int i = 0; i < 10; i++)
		EXPECT_STATUS(jx_paged_file_sync(&file, NULL), ZX_OK);
	for (int i = 0; i < THREADS; i++)
		EXPECT_EQ(thrd_join(threads[i], NULL), thrd_success);
	EXPECT_STATUS(jx_paged_file_sync(&file, NULL), ZX_OK);
	for (size_t page = 0; page < PAGES; page++) {
		EXPECT_STATUS(jx_paged_file_read_image(&file, page * ZX_PAGE_SIZE, words,
						       sizeof(words)), ZX_OK);
		for (int i = 0; i < THREADS; i++)
			EXPECT_EQ(words[i], ROUNDS);
	}
	EXPECT_STATUS(jx_paged_file_close(&file), ZX_OK);
}

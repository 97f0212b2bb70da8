/*
 * A test of ours: a database of the initrd behind a file pager. It is read
 * through the mapping, changed and grown in transactions, and after each
 * commit the pager's image, opened as a database of its own, must hold it all.
 * Arguments: how many rows data/shop.db has, and the sum of their prices.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jx/paged_file.h>
#include <zircon/status.h>

#include "file.h"
#include "sqlite3.h"

#define NAME "data/shop.db"
#define NEW_ROWS 4000

static void fail(const char *what, sqlite3 *db)
{
	printf("%s: %s\n", what, db ? sqlite3_errmsg(db) : "wrong");
	exit(1);
}

static void run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail(sql, db);
}

/* True if the query's one answer is this text. */
static bool says(sqlite3 *db, const char *sql, const char *wanted)
{
	sqlite3_stmt *statement = NULL;
	bool same;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK ||
	    sqlite3_step(statement) != SQLITE_ROW)
		fail(sql, db);
	same = strcmp((const char *)sqlite3_column_text(statement, 0), wanted) == 0;
	if (!same)
		printf("%s: %s, not %s\n", sql, sqlite3_column_text(statement, 0), wanted);
	sqlite3_finalize(statement);
	return same;
}

static bool is_sound(sqlite3 *db, long rows, long sum)
{
	char text[64];

	snprintf(text, sizeof(text), "%ld rows, %ld", rows, sum);
	return says(db, "PRAGMA integrity_check", "ok") &&
	       says(db, "SELECT count(*) || ' rows, ' || sum(price) FROM item", text);
}

/* Opens what the pager has been given back, and nothing else. */
static bool image_is_sound(long rows, long sum)
{
	struct jx_paged_file *file = vfs_paged_file(NAME);
	unsigned char *bytes = sqlite3_malloc64(file->size);
	sqlite3 *db = NULL;
	bool good;

	if (!bytes || jx_paged_file_read_image(file, 0, bytes, file->size) != ZX_OK)
		fail("read the image", NULL);
	if (sqlite3_open(":memory:", &db) != SQLITE_OK ||
	    sqlite3_deserialize(db, "main", bytes, (sqlite3_int64)file->size,
				(sqlite3_int64)file->size, SQLITE_DESERIALIZE_FREEONCLOSE) !=
		    SQLITE_OK)
		fail("open the image", db);
	good = is_sound(db, rows, sum);
	sqlite3_close(db);
	return good;
}

static sqlite3 *open_paged(void)
{
	sqlite3 *db = NULL;

	if (sqlite3_open_v2("file:" NAME "?vfs=paged", &db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, NULL) != SQLITE_OK)
		fail("open", db);
	/* Pages are read where they are mapped, and few are kept elsewhere. */
	run(db, "PRAGMA mmap_size = 67108864");
	run(db, "PRAGMA cache_size = 20");
	return db;
}

static void add_rows(sqlite3 *db, long first)
{
	char sql[160];

	run(db, "BEGIN");
	for (long i = first; i < first + NEW_ROWS; i++) {
		sqlite3_snprintf(sizeof(sql), sql,
				 "INSERT INTO item VALUES (%ld, hex(randomblob(300)), 3)", i);
		run(db, sql);
	}
	run(db, "COMMIT");
}

int main(int argc, char **argv)
{
	long rows = argc > 1 ? atol(argv[1]) : 0, sum = argc > 2 ? atol(argv[2]) : 0;
	sqlite3 *db = open_paged();
	size_t size = vfs_paged_file(NAME)->size, grown, supplied;

	if (!is_sound(db, rows, sum))
		fail("the database at first", NULL);
	supplied = jx_paged_file_supplied(vfs_paged_file(NAME));
	printf("paged: %zu bytes, %zu pages supplied\n", size, supplied);
	if (supplied < size / 4096)
		fail("pages supplied", NULL);
	run(db, "UPDATE item SET price = price + 1");
	sum += rows;
	if (!is_sound(db, rows, sum) || !image_is_sound(rows, sum))
		fail("after an update", NULL);
	run(db, "BEGIN; DELETE FROM item; ROLLBACK");
	if (!is_sound(db, rows, sum) || !image_is_sound(rows, sum))
		fail("after a rollback", NULL);
	add_rows(db, rows);
	rows += NEW_ROWS;
	sum += 3l * NEW_ROWS;
	if (!is_sound(db, rows, sum) || !image_is_sound(rows, sum))
		fail("after growth", NULL);
	grown = vfs_paged_file(NAME)->size;
	run(db, "DELETE FROM item WHERE price = 3");
	run(db, "VACUUM");
	printf("paged: grown to %zu bytes, cut to %zu\n", grown, vfs_paged_file(NAME)->size);
	if (grown <= size || vfs_paged_file(NAME)->size >= grown)
		fail("the sizes", NULL);
	if (!says(db, "SELECT count(*) FROM item WHERE price = 3", "0") ||
	    !says(db, "PRAGMA integrity_check", "ok"))
		fail("after the deletion", NULL);
	sqlite3_close(db);
	printf("paged: the image holds every change\n");
	return 0;
}

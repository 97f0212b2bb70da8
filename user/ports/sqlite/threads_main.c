/*
 * A test of ours: threads, each with a connection of its own, move money
 * between accounts of one database with a write-ahead log, while others read.
 * Every reader and the end must see the same sum.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>

#include "sqlite3.h"

#define WRITERS 3
#define READERS 3
#define ACCOUNTS 50
#define TRANSFERS 150
#define SUM (ACCOUNTS * 100)

static atomic_int errors;
static atomic_int writers_left = WRITERS;

static void complain(sqlite3 *db, const char *what)
{
	printf("%s: %s\n", what, sqlite3_errmsg(db));
	errors++;
}

static sqlite3 *open_database(void)
{
	sqlite3 *db = NULL;

	if (sqlite3_open("bank.db", &db) != SQLITE_OK) {
		complain(db, "open");
		exit(1);
	}
	sqlite3_busy_timeout(db, 60000);
	return db;
}

static void run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		complain(db, sql);
}

static int number_of(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int number = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int(statement, 0);
	else
		complain(db, sql);
	sqlite3_finalize(statement);
	return number;
}

static int write_transfers(void *argument)
{
	unsigned int seed = (unsigned int)(size_t)argument;
	sqlite3 *db = open_database();
	char sql[200];

	for (int i = 0; i < TRANSFERS; i++) {
		int from = (int)(seed % ACCOUNTS), to = (int)(seed / 64 % ACCOUNTS);

		seed = seed * 1103515245u + 12345u;
		sqlite3_snprintf(sizeof(sql), sql,
				 "BEGIN IMMEDIATE;"
				 "UPDATE account SET balance = balance - 7 WHERE id = %d;"
				 "UPDATE account SET balance = balance + 7 WHERE id = %d;"
				 "COMMIT", from, to);
		run(db, sql);
	}
	sqlite3_close(db);
	writers_left--;
	return 0;
}

static int read_sums(void *argument)
{
	sqlite3 *db = open_database();
	int reads = 0;

	(void)argument;
	while (writers_left > 0 || reads == 0) {
		if (number_of(db, "SELECT sum(balance) FROM account") != SUM) {
			printf("a reader saw another sum\n");
			errors++;
		}
		reads++;
	}
	sqlite3_close(db);
	return reads;
}

static void make_accounts(sqlite3 *db)
{
	char sql[100];

	run(db, "PRAGMA journal_mode = wal");
	run(db, "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER)");
	run(db, "BEGIN");
	for (int i = 0; i < ACCOUNTS; i++) {
		sqlite3_snprintf(sizeof(sql), sql, "INSERT INTO account VALUES (%d, 100)", i);
		run(db, sql);
	}
	run(db, "COMMIT");
}

int main(void)
{
	sqlite3 *db = open_database();
	thrd_t threads[WRITERS + READERS];
	int reads = 0, result = 0;

	make_accounts(db);
	for (size_t i = 0; i < WRITERS + READERS; i++) {
		if (thrd_create(&threads[i], i < WRITERS ? write_transfers : read_sums,
				(void *)(i + 1)) != thrd_success)
			return 1;
	}
	for (int i = 0; i < WRITERS + READERS; i++) {
		thrd_join(threads[i], &result);
		reads += result;
	}
	if (number_of(db, "SELECT sum(balance) FROM account") != SUM)
		errors++;
	run(db, "PRAGMA integrity_check");
	sqlite3_close(db);
	printf("threads: %d errors, %d transfers, reads: %s\n", errors, WRITERS * TRANSFERS,
	       reads > 0 ? "some" : "none");
	return errors == 0 ? 0 : 1;
}

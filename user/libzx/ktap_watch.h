/* A test that never ends must not keep the run from ending. */
#ifndef LIBZX_KTAP_WATCH_H
#define LIBZX_KTAP_WATCH_H

/* Starts the thread that watches; false if there is no memory for it. */
bool ktap_watch_start(void);
/*
 * A test begins, by its number in the report. If the next does not begin within
 * JX_TEST_SECONDS of the environment (300 if that is not set), the watch prints
 * where the process's threads are, reports the test as failed, and ends the
 * process.
 */
void ktap_watch_test(unsigned int number, const char *name);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_INIT_FAKE_THREAD_H
#define TESTS_UNIT_INIT_FAKE_THREAD_H

/* Private to the fake: the second thread of contain-init, which runs only while the first one lets it. */

#include <stdbool.h>

void fake_thread_reset(void);
void fake_thread_start(int (*fn)(void *), void *arg);
/* Is it there, and does it run? */
bool fake_thread_exists(void);
bool fake_thread_runs(void);
/* Runs it until it waits. Returns true when it has ended. */
bool fake_thread_continue(void);
/* In it: waits. */
void fake_thread_wait(void);

#endif

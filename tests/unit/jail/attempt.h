/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "jail/group.h"

/*
 * Attempts of a program (intruder.c) to get out of its jail, or to do what it may.  One jail is
 * there at a time.
 */

struct attempt {
	const char *what;
	const char *program; /* NULL: intruder.c's */
	int log_fd;	     /* borrowed */
	int file;	     /* what it finds as "hello"; borrowed */
};

/** attempts_init() - @argc, @argv: main()'s, with the program and a library for it.  Return: were
 * they there? */
bool attempts_init(int argc, char **argv);

/** attempt_spawn() - begin one, in place of the last one.  Return: 0; as jail_spawn(). */
int attempt_spawn(const struct attempt *a, pid_t *ret_pid, struct err *err);

/** attempt() - one from its beginning to its end.  Return: as waitpid() gives it. */
int attempt(const char *what);

/** attempt_group() - of the last one; borrowed */
const struct jail_group *attempt_group(void);

/** attempt_remove_group() - of the last one, which has ended.  @state: not looked at.  Return: 0.
 */
int attempt_remove_group(void **state);

/** assert_works(), assert_fails(), assert_killed() - how an attempt ends: well, with one of two
 * errors of errno's, or by the filter */
void assert_works(const char *what);
void assert_fails(const char *what, int error, int or_error);
void assert_killed(const char *what);

/** hello_file() - a file that its path leads to, with "hello" in it; remove_file() */
int hello_file(void);
void remove_file(int fd);

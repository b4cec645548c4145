/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "jail/group.h"
#include "jail/jail.h"

/*
 * Processes that can be talked to (kin.c), among them zygotes and what is forked of them.
 */

#define TALK_FD JAIL_FD_FIRST

struct talker {
	pid_t pid;
	int pidfd, talk_fd;
	int forks_fd; /* of a zygote */
	int life_fd;  /* of what was forked */
	struct jail_group group;
};

/** talkers_init() - @argc, @argv: main()'s, with the program and the library that forks it.
 * Return: were they there? */
bool talkers_init(int argc, char **argv);

/** bounds() - of the jail of what is forked */
struct jail bounds(void);

/** spawn_talker() - a process that can be asked for forks, and answers with the library only */
void spawn_talker(bool with_library, struct talker *ret);

/** talk() - say one letter (see kin.c).  @ret: the answer.  Return: 0; -EPIPE: none came. */
int talk(const struct talker *t, char command, char *ret, size_t size);

/** ask() - the same.  Return: the number that was the answer; -EPIPE. */
int ask(const struct talker *t, char command);

/** begin_zygote() - one that is ready to be forked; the test is skipped where none can be.
 * end_zygote() */
void begin_zygote(struct talker *z);
void end_zygote(struct talker *z);

/** try_fork() - have one forked.  Return: 0, with @ret for end_forked(); as zygote_fork(). */
int try_fork(const struct talker *z, struct talker *ret, struct err *err);

/** fork_of() - the same, and it has to succeed; the test is skipped where the host permits none */
void fork_of(const struct talker *z, struct talker *ret);

/** expect_end() - wait for its end */
void expect_end(const struct talker *t);

/** end_forked() - let go of what was forked, and wait for its end */
void end_forked(struct talker *t);

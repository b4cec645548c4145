/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A program to execute; all is borrowed. */
struct spawn {
	const char *program;	    /* its path */
	const char *const *argv;    /* ends with NULL */
	const char *const *environ; /* the same; NULL: that of this program */
	const int *fds; /* its descriptors from 0 on, and it has no others; -1: /dev/null */
	size_t n_fds;
	bool detached; /* in a session of its own, and in the root folder */
};

/**
 * spawn_start() - execute a program in a new process, with no signal blocked, ignored or handled
 *
 * May be called with other threads around.
 *
 * Return: 0, @ret_pid is a child of the caller, who reaps it; -errno, and no process.
 */
int spawn_start(const struct spawn *s, pid_t *ret_pid);

/** spawn_argv() - cast a vector for posix_spawn(3) and execve(2), which do not change it but take a
 * type that could be changed.  Return: @v. */
char *const *spawn_argv(const char *const *v);

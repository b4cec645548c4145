/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/*
 * The namespaces that can be made before there is a process to live in them, by descriptor: host
 * name (uts), System V and POSIX IPC, and cgroups.  A container's pid and mount namespaces are made
 * with its first process.
 */
struct namespaces {
	int fds[3]; /* -1: not open */
};

#define NAMESPACES_NONE ((struct namespaces){ { -1, -1, -1 } })

/** namespaces_open() - open those of the calling process.  @ret: namespaces_close(), also after a
 * failure.  Return: 0; -errno. */
int namespaces_open(struct namespaces *ret);

/**
 * namespaces_make() - make new ones, and leave the calling process in them
 * @ret: as namespaces_open()
 *
 * The root of the cgroup namespace is the cgroup that the calling process is in.
 *
 * Return: 0; -errno.
 */
int namespaces_make(struct namespaces *ret);

/** namespaces_join() - bring the calling process into all of them.  Return: 0; -errno. */
int namespaces_join(const struct namespaces *n);

/** namespaces_close() - those in which nobody lives are gone with that */
void namespaces_close(struct namespaces *n);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/*
 * Namespaces that can be made before there is a process for them, by descriptor: host name (uts),
 * System V and POSIX IPC, and cgroups.  A container's first process makes its pid and mount
 * namespaces.
 */
struct namespaces {
	int fds[3]; /* -1: not open */
};

#define NAMESPACES_NONE ((struct namespaces){ { -1, -1, -1 } })

/** namespaces_open() - open the calling process's namespaces.  @ret: namespaces_close(), also after
 * a failure.  Return: 0; -errno. */
int namespaces_open(struct namespaces *ret);

/**
 * namespaces_make() - make new namespaces, with the calling process in them
 * @ret: as namespaces_open()
 *
 * The root of the cgroup namespace is the cgroup that the calling process is in.
 *
 * Return: 0; -errno.
 */
int namespaces_make(struct namespaces *ret);

/** namespaces_join() - bring the calling process into all of them.  Return: 0; -errno. */
int namespaces_join(const struct namespaces *n);

/** namespaces_close() - close them; those without a process are gone then */
void namespaces_close(struct namespaces *n);

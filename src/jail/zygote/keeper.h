/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <linux/filter.h>
#include <stddef.h>

/*
 * Process namespaces for what is forked, each with a keeper as its process 1.  A keeper waits for
 * the end of the socket of whoever asked for the fork; when it ends then, the kernel ends all that
 * is in its namespace, whatever that has become.
 */

/** keeper_begin() - from the library's constructor, while the process is small: make the process
 * that makes keepers.  @filter: theirs, too; stays.  Return: 0; -errno. */
int keeper_begin(const struct sock_filter *filter, size_t n);

/**
 * keeper_make() - a namespace for the next process that this thread makes
 * @life_fd: a socket, of which the keeper gets a duplicate
 *
 * Return: 0; -EPERM where the host refuses; -errno.
 */
int keeper_make(int life_fd);

/** keeper_leave() - in what was forked: it has no way to any keeper */
void keeper_leave(void);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <linux/filter.h>
#include <stddef.h>

/*
 * Process namespaces for forks, each with a keeper as its process 1.  A keeper waits for the end of
 * the socket of whoever asked for the fork, and ends with it; then the kernel ends all processes of
 * its namespace, whatever they have become.
 */

/** keeper_begin() - make the process that makes keepers; from the library's constructor, while the
 * process is small.  @filter: the keepers', too; stays.  Return: 0; -errno. */
int keeper_begin(const struct sock_filter *filter, size_t n);

/**
 * keeper_make() - make a namespace for the next process that this thread makes
 * @life_fd: a socket, of which the keeper gets a duplicate
 *
 * Return: 0; -EPERM where the host refuses; -errno.
 */
int keeper_make(int life_fd);

/** keeper_leave() - give up the way to keepers, in a forked process */
void keeper_leave(void);

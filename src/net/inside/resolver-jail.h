/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/**
 * resolver_jail_start() - execute dnsmasq with as little as it can do with
 * @argv:      ends with NULL
 * @output_fd: becomes its standard output and error; borrowed
 * @sets:      it fills sets of the rules: it keeps what that takes
 * @ret_pid:   to be reaped by the caller
 *
 * For a process of one thread.  What fails behind the fork is a line of the output, and status 127.
 *
 * Return: 0; -errno of fork(2).
 */
int resolver_jail_start(const char *const *argv, int output_fd, bool sets, pid_t *ret_pid);

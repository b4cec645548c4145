/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "jail/zygote-request.h"

/* Packets with descriptors, for a library that uses only the C library. */

/** message_send() - send a packet.  Return: 0; -errno. */
int message_send(int fd, const void *data, size_t len, const int *fds, size_t n);

/** message_receive() - receive a packet.  @fds: room for @max, at most ZYGOTE_FDS_MAX;
 * close-on-exec, owned.  Return: bytes; 0 at the end; -EBADMSG for one that is longer; -errno. */
ssize_t message_receive(int fd, void *data, size_t len, int *fds, size_t max, size_t *ret_n);

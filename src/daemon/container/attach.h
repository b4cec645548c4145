/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* Handing clients' connections to shims, so that no byte of a workload passes through moatd. */

/**
 * attach_early() - put bytes that came before the 101 back in front of a connection
 * @fd: the client's connection, taken over
 *
 * The HTTP library may have read some of the client's input already.  Then the connection is
 * relayed by a thread here, which writes these bytes first; without any, @fd itself is returned.
 *
 * Return: the descriptor to hand to the shim, owned by the caller; -errno, with @fd closed.
 */
int attach_early(int fd, const void *early, size_t len);

/* Bytes between a client and one end of a socket pair, for as long as the other end writes. */
struct relay;

/**
 * relay_new() - prepare a relay
 * @fd:  the client's connection; taken over, closed on failure too
 * @ret: to be given to relay_start()
 *
 * Return: the other end of the pair, owned by the caller; -errno.
 */
int relay_new(int fd, struct relay **ret);

/** relay_start() - relay in a thread until the output ends; takes @r over.  @ret: to be joined.
 * Return: 0; -errno. */
int relay_start(struct relay *r, pthread_t *ret);

/** attach_error() - write a message into a hijacked connection, framed as standard output where
 * asked, and end it, whoever else has it */
void attach_error(int fd, bool framed, const char *text);

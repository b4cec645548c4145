/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stddef.h>

/* Relays bytes between a connection and one end of a socket pair, for as long as the other end
 * writes. */
struct relay;

/**
 * relay_new() - prepare a relay
 * @fd:  the connection; taken over, closed on failure too
 * @ret: to be given to relay_start(), or relay_free()
 *
 * Return: the other end of the pair, owned by the caller; -errno.
 */
int relay_new(int fd, struct relay **ret);

/** relay_free() - free a relay that was not started */
void relay_free(struct relay *r);

/** relay_feed() - pass these bytes to the pair's other end before those of the connection.  Return:
 * 0; -ENOMEM. */
int relay_feed(struct relay *r, const void *data, size_t len);

/** relay_start() - relay in a thread until the output ends; takes @r over.  @ret: to be joined;
 * NULL: no one waits for the thread.  Return: 0; -errno. */
int relay_start(struct relay *r, pthread_t *ret);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/daemon.h"
#include "daemon/http/route.h"

/*
 * HTTP on a unix socket: accepts on the main loop, checks who connects, and gives every
 * connection a thread that runs the handlers of its requests one after the other.
 */
struct server;

/**
 * server_new() - serve a table of routes
 * @listen_fd: listening stream socket; borrowed, made non-blocking
 * @routes:    ends with a NULL method; lives as long as the server
 * @ret:       owned, server_free()
 *
 * Return: 0; -errno with a message.
 */
int server_new(struct daemon *d, int listen_fd, const struct route *routes, struct server **ret,
	       struct err *err);

/** server_stop() - accept no more; requests under way are cut off when the program ends */
void server_stop(struct server *s);

/** server_peer_allowed() - may this process use the socket?  Its user must be ours, or root. */
bool server_peer_allowed(int fd);

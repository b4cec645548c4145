/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/http/route.h"
#include "loop/loop.h"

/*
 * HTTP on a unix socket: accepts on the main loop, checks who connects, and gives every
 * connection a thread that runs the handlers of its requests one after the other.
 */
struct server;

/**
 * server_new() - serve a table of routes
 * @loop:      accepts; borrowed
 * @listen_fd: listening stream socket; borrowed, made non-blocking
 * @service:   copied
 * @ret:       owned, server_free()
 *
 * Return: 0; -errno with a message.
 */
int server_new(struct loop *loop, int listen_fd, const struct service *service, struct server **ret,
	       struct err *err);

/** server_stop() - accept no more; requests under way are cut off when the program ends */
void server_stop(struct server *s);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/machine/machine.h"

/**
 * session_prepare() - make what can be made before the host is there: the loop, and the
 * surroundings of the first container
 *
 * Return: 0; -errno with a message.
 */
int session_prepare(struct machine *m, struct err *err);

/**
 * session_run() - serve the host
 * @fd: the port; taken over
 *
 * Says HELLO and does what the host asks.  The host is told of failures, so this only returns when
 * there is nobody left to tell.
 *
 * Return: -errno with a message.
 */
int session_run(struct machine *m, int fd, struct err *err);

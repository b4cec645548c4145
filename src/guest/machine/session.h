/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/machine/machine.h"
#include "loop/loop.h"

enum session_end {
	SESSION_GONE,  /* the link has ended */
	SESSION_RESET, /* this container is over, the machine is to be ready for another one */
};

/**
 * session_run() - serve the host for the life of one container
 * @fd: the port; borrowed
 *
 * Says HELLO and does what the host asks.  Failures of what it asks are told the host; so
 * this only returns when there is nobody to tell, or nothing left to do.
 *
 * Return: enum session_end; -errno when the link broke, or memory for it is lacking.
 */
int session_run(struct machine *m, int fd);

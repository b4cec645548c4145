/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "guest/machine.h"
#include "loop/loop.h"

/**
 * session_run() - serve the host until the link ends
 * @fd: the port; taken over
 *
 * Says HELLO and does what the host asks.  Failures of what it asks are told the host; so
 * this only returns when there is nobody to tell.
 *
 * Return: 0 when the host has gone; -errno when the link broke, or memory for it is lacking.
 */
int session_run(struct machine *m, int fd);

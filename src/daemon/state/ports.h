/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/state/state.h"

/* Ports of the host that containers were given. */

/** state_put_ports() - store a container's text about its ports, in place of an earlier one.
 * Return: 0; -ENOSPC, -EIO with a message. */
int state_put_ports(struct state *st, const char *container, const char *text, struct err *err);

/** state_get_ports() - read this text.  @ret: owned; NULL where there is none.  Return: 0; -EIO
 * with a message. */
int state_get_ports(struct state *st, const char *container, char **ret, struct err *err);

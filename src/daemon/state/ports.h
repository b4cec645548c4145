/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/state/state.h"

/* The ports of the host that a container was given. */

/** state_put_ports() - text that is kept with a container, until it is another one.  Return: 0;
 * -ENOSPC, -EIO with a message. */
int state_put_ports(struct state *st, const char *container, const char *text, struct err *err);

/** state_get_ports() - @ret: owned; NULL where there is none.  Return: 0; -EIO with a message. */
int state_get_ports(struct state *st, const char *container, char **ret, struct err *err);

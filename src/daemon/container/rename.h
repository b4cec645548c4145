/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/** container_rename() - give a container another name.  Return: 0; -EINVAL, -EEXIST with docker's
 * message; -errno with a message. */
int container_rename(struct container *c, const char *name, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/container/container.h"

/* Names of containers. */

#define NAME_MAX_LEN 128

/**
 * name_check() - is this a name docker would take: [a-zA-Z0-9][a-zA-Z0-9_.-]+
 *
 * One leading slash is accepted, as clients of the API write it.
 *
 * Return: 0, with @ret_name behind the slash, borrowed; -EINVAL with docker's message.
 */
int name_check(const char *name, const char **ret_name, struct err *err);

/** name_random() - "adjective_thing", with a number behind it from the third @attempt on.  Return:
 * owned; NULL on failure. */
char *name_random(unsigned attempt);

/** container_rename() - give a container another name.  Return: 0; -EINVAL, -EEXIST with docker's
 * message; -errno with a message. */
int container_rename(struct container *c, const char *name, struct err *err);

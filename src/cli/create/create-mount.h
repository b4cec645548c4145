/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_put_mounts() - every --volume, --mount, --volumes-from and --volume-driver.  @body: the
 * request, with @host in it.  Return: 0; -EINVAL or -ENOMEM with a message. */
int create_put_mounts(const struct options *o, json_t *body, json_t *host, struct err *err);

/**
 * create_mount() - "type=bind,source=/srv,target=/data,readonly" as docker's Mount object
 * @ret: owned
 *
 * Return: 0; -EINVAL with docker's message; -ENOMEM.
 */
int create_mount(const char *text, json_t **ret, struct err *err);

/** create_volume() - "-v": a bind, as an array's member, or a path in @volumes.  Return: 0; -EINVAL
 * with docker's message; -ENOMEM. */
int create_volume(const char *text, json_t *volumes, json_t *binds, struct err *err);

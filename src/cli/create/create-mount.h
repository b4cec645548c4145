/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_put_mounts() - add every --volume, --mount, --volumes-from and --volume-driver.  @body:
 * the request, with @host in it.  Return: 0; -EINVAL or -ENOMEM with a message. */
int create_put_mounts(const struct options *o, json_t *body, json_t *host, struct err *err);

/**
 * create_mount() - make docker's Mount object of "type=bind,source=/srv,target=/data,readonly"
 * @ret: owned
 *
 * Return: 0; -EINVAL with docker's message; -ENOMEM.
 */
int create_mount(const char *text, json_t **ret, struct err *err);

/** create_volume() - add "-v": a bind to the array @binds, or a path to the object @volumes.
 * Return: 0; -EINVAL with docker's message; -ENOMEM. */
int create_volume(const char *text, json_t *volumes, json_t *binds, struct err *err);

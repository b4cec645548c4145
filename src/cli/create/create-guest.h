/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "cli/table/options.h"

/** create_put_guest() - what changes the surroundings the container's processes see */
int create_put_guest(const struct options *o, json_t *host, struct err *err);

/**
 * create_paths() - the paths given for --masked-path or --read-only-path, behind the usual ones
 * @defaults: the usual ones, up to NULL; "NONE" clears them and all before it
 * @ret:      an array, owned; NULL when the option was not given
 *
 * Return: 0; -EINVAL or -ENOMEM with a message.
 */
int create_paths(const struct options *o, const char *option, const char *const *defaults,
		 json_t **ret, struct err *err);

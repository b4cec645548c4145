/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/** mount_key_set() - put one field of "--mount", KEY[=VALUE], into docker's Mount object.  Return:
 * 0; -EINVAL with docker's message; -ENOMEM. */
int mount_key_set(json_t *mount, const char *field, struct err *err);

/** mount_key_check() - do the fields go together?  Return: 0; -EINVAL with docker's message. */
int mount_key_check(const json_t *mount, struct err *err);

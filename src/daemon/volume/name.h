/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

#define VOLUME_NAME_MAX 200u /* bytes; folders' names contain it */

/** volume_name_is_valid() - a letter or digit, and one or more of these, "_", "." and "-" */
bool volume_name_is_valid(const char *name);

/** volume_name_check() - volume_name_is_valid() with an error.  Return: 0; -EINVAL with docker's
 * message. */
int volume_name_check(const char *name, struct err *err);

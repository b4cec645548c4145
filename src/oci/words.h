/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/json.h"

/** words_next() - the next word of a line, quotes and backslashes resolved as in a Dockerfile
 * @at:  moved behind it
 * @ret: owned; NULL when there is none any more
 * Return: 0; -EINVAL with a message for a quote that does not end; -ENOMEM. */
int words_next(const char **at, char **ret, struct err *err);

/** words_array() - ["a", "b"], all of them strings.  Return: a new reference; NULL when it is not
 * that. */
json_t *words_array(const char *text);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/json.h"

/**
 * words_next() - read the next word of a line, with quotes and backslashes as in a Dockerfile
 * @at:  moved behind it
 * @ret: owned; NULL at the end
 * Return: 0; -EINVAL with a message for a quote that does not end; -ENOMEM.
 */
int words_next(const char **at, char **ret, struct err *err);

/** words_array() - read ["a", "b"], all strings.  Return: a new reference; NULL when the text is
 * anything else. */
json_t *words_array(const char *text);

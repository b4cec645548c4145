/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/**
 * moment_parse() - a point in time as --since and --until take it
 * @text:     "10m", "1h30m", "1.5s": so long before now; anything else is left for moatd to read
 * @now_nsec: nanoseconds since 1970
 * @ret:      "SECONDS.NANOSECONDS" or a copy of @text; owned; NULL where @text is
 *
 * Return: 0; -EINVAL with a message for a duration out of range; -ENOMEM.
 */
int moment_parse(const char *text, int64_t now_nsec, char **ret, struct err *err);

/** moment_duration() - "30s", "1m30s" in nanoseconds.  Return: 0; -EINVAL with a message. */
int moment_duration(const char *text, int64_t *ret_nsec, struct err *err);

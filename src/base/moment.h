/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/**
 * moment_parse() - read a point in time as --since, --until and filters take it
 * @text:     "10m", "1h30m", "1.5s": so long before now; "2006-01-02T15:04:05.9", or less of it
 *            from the end: a time, of this host's zone unless one follows; anything else is left
 *            for moatd to read
 * @now_nsec: nanoseconds since 1970
 * @ret:      "SECONDS.NANOSECONDS", a time in RFC 3339, or a copy of @text; owned; NULL where @text
 *            is
 *
 * Return: 0; -ENOMEM with a message.
 */
int moment_parse(const char *text, int64_t now_nsec, char **ret, struct err *err);

/** moment_duration() - read "30s", "1m30s" or "0" as nanoseconds.  Return: 0; -EINVAL with a
 * message. */
int moment_duration(const char *text, int64_t *ret_nsec, struct err *err);

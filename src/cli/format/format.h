/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/*
 * Figures as docker prints them.
 */

#define FORMAT_MAX 64

/** format_duration() - "2 minutes", "About an hour"; negative counts as 0.  @ret: FORMAT_MAX
 * bytes */
void format_duration(int64_t seconds, char *ret);

/** format_ago() - "2 minutes ago", from nanoseconds since 1970.  @ret: FORMAT_MAX bytes */
void format_ago(int64_t then_nsec, int64_t now_nsec, char *ret);

/** format_since() - "2 weeks ago" for when an image was made, in seconds since 1970; "N/A" where
 * that is
 * @unknown or before.  @ret: FORMAT_MAX bytes */
void format_since(int64_t seconds, int64_t unknown, char *ret);

/** format_date() - "2026-01-02 03:04:05 +0100 CET", local time.  @ret: FORMAT_MAX bytes */
void format_date(int64_t seconds, char *ret);

/** format_size() - "12.3MB", decimal units, three digits.  @ret: FORMAT_MAX bytes */
void format_size(uint64_t bytes, char *ret);

/** format_binary_size() - "12.3MiB", binary units, four digits.  @ret: FORMAT_MAX bytes */
void format_binary_size(uint64_t bytes, char *ret);

/** format_ellipsis() - copy, cut to @width characters of UTF-8 with "…" as the last.  Return:
 * owned; NULL when out of memory. */
char *format_ellipsis(const char *s, unsigned width);

/** format_short_id() - the first 12 digits of an id, without "sha256:".  @ret: FORMAT_MAX bytes */
void format_short_id(const char *id, char *ret);

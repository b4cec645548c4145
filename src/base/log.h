/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/macro.h"

/*
 * The log of a program: lines "TIME LEVEL MESSAGE" on standard error.  Only
 * programs log; libraries return errors.
 */

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/** log_set_level() - drop messages below @level; LOG_INFO until called */
void log_set_level(enum log_level level);

/** log_write() - write one line; a newline in the message becomes a space.  After lines that could
 * not be written, as on a full disk, the next one is preceded by their number. */
void log_write(enum log_level level, const char *fmt, ...) printf_like(2, 3);

#define log_debug(...)	 log_write(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)	 log_write(LOG_INFO, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_error(...)	 log_write(LOG_ERROR, __VA_ARGS__)

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/** daemon_dial() - connect to moatd (an api_dial_fn).  Return: 0; -ECONNREFUSED with a message when
 * none runs. */
int daemon_dial(void *arg, int *ret_fd, struct err *err);

/**
 * daemon_dial_or_start() - connect to moatd, starting one when none runs (an api_dial_fn)
 *
 * The new moatd is in a session of its own and writes to moatd.log in the data root.  When
 * several start one at once, one wins and all connect to it.
 *
 * Return: 0; negative errno with a message that has the last line of the log.
 */
int daemon_dial_or_start(void *arg, int *ret_fd, struct err *err);

/** daemon_log_path() - the log file of a moatd started here.  @ret: owned.  Return: 0; negative
 * errno with a message. */
int daemon_log_path(char **ret, struct err *err);

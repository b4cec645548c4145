/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/table/options.h"

/* Options of run and exec that docker and Apple's container spell differently. */

/**
 * process_user() - docker's "USER[:GROUP]" from --user, or from --uid and --gid
 * @ret: owned; NULL where none was given
 *
 * Return: 0; -ENOMEM with a message.
 */
int process_user(const struct options *o, char **ret, struct err *err);

/** process_dir() - --workdir or --cwd; borrowed; NULL where none was given */
const char *process_dir(const struct options *o);

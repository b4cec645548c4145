/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "link/query.h"

/**
 * process_table() - a container's processes as ps(1) shows them
 * @options: of ps, separated by spaces: which columns are shown (-ef, aux, -o pid,comm); NULL or ""
 *           for those of -ef.  Which processes there are is no choice: all of the container's.
 * @ret:     {"Titles":[text], "Processes":[[text]]}; owned
 *
 * Return: 0; -EINVAL with a message for an option or a column that is not known; -ENOMEM.
 */
int process_table(const struct link_proc *procs, size_t n, const char *options, json_t **ret,
		  struct err *err);

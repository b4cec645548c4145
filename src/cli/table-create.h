/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/table.h"

/* Options that are the same wherever they are. */
#define DETACH_KEYS_OPTION                                                                         \
	{                                                                                          \
		0, "detach-keys", "KEYS",                                                          \
			"Keys that leave the container running, e.g. ctrl-a,d; ctrl-p,ctrl-q"      \
	}

/* The options of commands that describe a container or a process in one. */
extern const struct option_def create_options[];
extern const struct option_def run_options[];
extern const struct option_def update_options[];
extern const struct option_def exec_options[];

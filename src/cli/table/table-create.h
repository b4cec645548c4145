/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/table/table.h"

/* Options of commands that describe a container, or a process in one. */
extern const struct option_def create_options[];
extern const struct option_def run_options[];
extern const struct option_def update_options[];
extern const struct option_def exec_options[];

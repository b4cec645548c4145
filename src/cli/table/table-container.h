/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/table/table.h"

/* Options of commands on containers that exist. */
extern const struct option_def attach_options[];
extern const struct option_def commit_options[];
extern const struct option_def container_inspect_options[];
extern const struct option_def cp_options[];
extern const struct option_def diff_options[];
extern const struct option_def events_options[];
extern const struct option_def export_options[];
extern const struct option_def inspect_options[];
extern const struct option_def kill_options[];
extern const struct option_def logs_options[];
extern const struct option_def prune_options[];
extern const struct option_def ps_options[];
extern const struct option_def rm_options[];
extern const struct option_def start_options[];
extern const struct option_def stats_options[];
extern const struct option_def stop_options[];
extern const struct option_def top_options[];

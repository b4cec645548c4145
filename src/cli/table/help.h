/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/table/table.h"

/* Help is printed on standard output, from the table of commands. */

/** help_all() - the list of commands */
void help_all(void);

/** help_group() - the commands that begin with a word, such as "image" */
void help_group(const char *word);

/** help_command() - one command in full */
void help_command(const struct command *cmd);

/** help_options() - the options of one command or of moat itself, in two columns */
void help_options(const struct option_def *options);

/* moat's own options, before the command. */
extern const struct option_def global_options[];

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/table/table.h"

/* All print on standard output, from the table. */

/** help_all() - the list of commands */
void help_all(void);

/** help_group() - the commands that begin with a word, such as "image" */
void help_group(const char *word);

/** help_command() - one command in full */
void help_command(const struct command *cmd);

/** help_options() - the options of one command or of moat itself, in two columns */
void help_options(const struct option_def *options);

/** man_page() - a command's manual page as roff; NULL for moat(1) itself */
void man_page(const struct command *cmd);

/** completion_bash(), completion_zsh() - the completion script of a shell */
void completion_bash(void);
void completion_zsh(void);

/* moat's own options, before the command. */
extern const struct option_def global_options[];

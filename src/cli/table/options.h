/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "cli/table/table.h"

struct option_value {
	const struct option_def *def;
	const char *value; /* of a flag: "true" or "false"; borrowed from the arguments */
};

/* A parsed command line.  Everything but the two arrays is borrowed from argv. */
struct options {
	const struct command *command;
	struct option_value *values;
	size_t n_values;
	char **args; /* NULL-terminated */
	size_t n_args;
	bool help;
};

/**
 * options_parse() - parse the words that follow a command's name
 * @argv: NULL-terminated; borrowed for the life of @ret
 * @ret:  options_reset() when done
 *
 * As docker does it: -it, -eA=B, -e A=B, --env=A=B, --env A=B, --flag=false, "--" ends the options.
 * Options and arguments may be mixed unless the command stops at its first argument.  With --help
 * the number of arguments is not checked.
 *
 * Return: 0; -EINVAL or -ENOMEM with a message.
 */
int options_parse(const struct command *cmd, char **argv, struct options *ret, struct err *err);

/** options_reset() - free what options_parse() made */
void options_reset(struct options *o);

/** options_flag() - is a flag of this long name set?  The last one counts. */
bool options_flag(const struct options *o, const char *name);

/** options_flag_or() - as options_flag(); @otherwise for a flag that was not given */
bool options_flag_or(const struct options *o, const char *name, bool otherwise);

/** options_value() - the last value given for an option; borrowed; NULL when it was not given */
const char *options_value(const struct options *o, const char *name);

/** options_next() - the values of a repeatable option in order; start with *@cursor 0.  Return:
 * borrowed; NULL after the last. */
const char *options_next(const struct options *o, const char *name, size_t *cursor);

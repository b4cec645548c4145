/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * The only description of the command line.  Parsing, --help, man pages and shell completions are
 * made from it.
 */

struct cli;
struct err;

struct option_def {
	char letter;	  /* short form; 0 for none */
	const char *name; /* long form, without dashes */
	const char *arg;  /* name of the value; NULL for a flag */
	const char *help;
};

/* The kind of object that a command's arguments name, for completions. */
enum arg_kind {
	ARG_NONE,
	ARG_CONTAINER,
	ARG_RUNNING, /* containers that run */
	ARG_STOPPED, /* containers that do not run */
	ARG_IMAGE,
	ARG_OBJECT, /* containers, images, networks or volumes */
	ARG_NETWORK,
	ARG_VOLUME,
	ARG_FILE,
	ARG_COMMAND,
};

struct example {
	const char *command;
	const char *what;
};

struct command {
	const char *name; /* one or two words, as typed after "moat" */
	const char *synopsis;
	const char *summary;		  /* one line, no full stop */
	const char *description;	  /* paragraphs, separated by an empty line */
	const struct option_def *options; /* ends with a NULL name; NULL for none */
	const struct example *examples;	  /* ends with a NULL command; NULL for none */
	/** run() - Return: exit status; a negative errno with a message */
	int (*run)(struct cli *c, struct err *err);
	size_t min_args, max_args;
	enum arg_kind args;
	bool stops_at_argument; /* what follows the first argument belongs to the workload */
	bool never_starts;	/* does not start moatd when none answers */
	int failure_status;	/* exit status when moat itself failed; 0: 1, as most have it */
};

struct command_alias {
	const char *name;
	const char *command;
};

struct command_group {
	const char *name;  /* may stand before the commands' own */
	const char *title; /* in the help */
	const struct command *commands;
};

#define ARGS_ANY ((size_t)-1)

/* Every command, in the order of the help; grouped by file. The groups end with a NULL name. */
extern const struct command container_commands[];
extern const struct command image_commands[];
extern const struct command registry_commands[];
extern const struct command secret_commands[];
extern const struct command network_commands[];
extern const struct command system_commands[];
extern const struct command volume_commands[];

/* Both end with a NULL name. */
extern const struct command_alias command_aliases[];
extern const struct command_group command_groups[];

/** command_next() - walk over all commands; start with NULL.  Return: NULL after the last. */
const struct command *command_next(const struct command *cmd);

/**
 * command_find() - find the command that words begin with
 * @words:  NULL-terminated; borrowed
 * @ret_n:  how many words its name took
 *
 * Aliases are followed, and a group's name before one of its commands is accepted.  Return: NULL
 * when there is none.
 */
const struct command *command_find(char *const *words, size_t *ret_n);

/** command_in_group() - does a command belong to this group? */
bool command_in_group(const struct command *cmd, const struct command_group *group);

/** command_is_group() - can @word be followed by a command: is it a group's name, or the first word
 * of a command of two? */
bool command_is_group(const char *word);

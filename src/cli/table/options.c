/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/table/missing.h"

static const struct option_def help_option = { 'h', "help", NULL, "Show this help" };

/* A command's own option wins: -h of run is the hostname. */
static const struct option_def *find_option(const struct command *cmd, const char *name,
					    size_t name_len, char letter)
{
	const struct option_def *d = cmd->options;

	for (; d && d->name; d++) {
		if (letter ? d->letter == letter
			   : strlen(d->name) == name_len && strncmp(d->name, name, name_len) == 0)
			return d;
	}
	if (letter ? letter == 'h' : name_len == 4 && strncmp(name, "help", 4) == 0)
		return &help_option;
	return NULL;
}

static void add_value(struct options *o, const struct option_def *def, const char *value)
{
	if (def == &help_option)
		o->help = true;
	else
		o->values[o->n_values++] = (struct option_value){ def, value };
}

static int unknown_option(const struct command *cmd, const char *dashes, const char *name, int len,
			  struct err *err)
{
	const char *why = missing_option(cmd->name, name, (size_t)len);

	if (why)
		return err_set(err, -EOPNOTSUPP, "%s%.*s is not supported: %s", dashes, len, name,
			       why);
	return err_set(err, -EINVAL, "unknown option %s%.*s; see 'moat %s --help'", dashes, len,
		       name, cmd->name);
}

static int no_value(const struct command *cmd, const struct option_def *d, struct err *err)
{
	return err_set(err, -EINVAL, "option --%s needs a value (%s); see 'moat %s --help'",
		       d->name, d->arg, cmd->name);
}

static int flag_value(const struct option_def *d, const char *text, const char **ret,
		      struct err *err)
{
	if (streq(text, "true") || streq(text, "1"))
		*ret = "true";
	else if (streq(text, "false") || streq(text, "0"))
		*ret = "false";
	else
		return err_set(err, -EINVAL, "option --%s is true or false, not \"%s\"", d->name,
			       text);
	return 0;
}

/* @argv: points at "--…".  Return: how many words it took; negative errno. */
static int parse_long(struct options *o, char **argv, struct err *err)
{
	const char *name = argv[0] + 2, *value = "true";
	size_t n = strcspn(name, "=");
	const struct option_def *d = find_option(o->command, name, n, 0);
	int used = 1, r;

	if (!d)
		return unknown_option(o->command, "--", name, (int)n, err);
	if (!d->arg && name[n] == '=') {
		r = flag_value(d, name + n + 1, &value, err);
		if (r < 0)
			return r;
	} else if (d->arg && name[n] == '=') {
		value = name + n + 1;
	} else if (d->arg) {
		value = argv[1];
		used = 2;
		if (!value)
			return no_value(o->command, d, err);
	}
	add_value(o, d, value);
	return used;
}

/* @argv: points at "-…".  Return: as parse_long(). */
static int parse_short(struct options *o, char **argv, struct err *err)
{
	for (const char *s = argv[0] + 1; *s; s++) {
		const struct option_def *d = find_option(o->command, NULL, 0, *s);
		const char *value = "true";
		int r;

		if (!d)
			return unknown_option(o->command, "-", s, 1, err);
		if (d->arg && s[1]) {
			add_value(o, d, s[1] == '=' ? s + 2 : s + 1);
			return 1;
		}
		if (d->arg) {
			if (!argv[1])
				return no_value(o->command, d, err);
			add_value(o, d, argv[1]);
			return 2;
		}
		if (s[1] == '=') {
			r = flag_value(d, s + 2, &value, err);
			if (r < 0)
				return r;
			add_value(o, d, value);
			return 1;
		}
		add_value(o, d, value);
	}
	return 1;
}

static int check_count(const struct options *o, struct err *err)
{
	const struct command *cmd = o->command;
	bool few = o->n_args < cmd->min_args;
	size_t limit = few ? cmd->min_args : cmd->max_args;
	const char *bound = cmd->min_args == cmd->max_args ? "exactly"
			    : few			   ? "at least"
							   : "at most";

	if (o->help || (!few && (cmd->max_args == ARGS_ANY || o->n_args <= cmd->max_args)))
		return 0;
	if (cmd->max_args == 0)
		return err_set(err, -EINVAL, "'moat %s' takes no arguments; see 'moat %s --help'",
			       cmd->name, cmd->name);
	return err_set(err, -EINVAL, "'moat %s' takes %s %zu argument%s; see 'moat %s --help'",
		       cmd->name, bound, limit, limit == 1 ? "" : "s", cmd->name);
}

static int parse_words(struct options *o, char **argv, struct err *err)
{
	bool only_args = false;

	while (*argv) {
		int n = 1;

		if (!only_args && streq(*argv, "--")) {
			only_args = true;
		} else if (!only_args && str_starts(*argv, "--")) {
			n = parse_long(o, argv, err);
		} else if (!only_args && (*argv)[0] == '-' && (*argv)[1]) {
			n = parse_short(o, argv, err);
		} else {
			o->args[o->n_args++] = *argv;
			only_args = only_args || o->command->stops_at_argument;
		}
		if (n < 0)
			return n;
		argv += n;
	}
	return check_count(o, err);
}

int options_parse(const struct command *cmd, char **argv, struct options *ret, struct err *err)
{
	struct options o = { .command = cmd };
	size_t n = 1;
	int r;

	/* Room for the worst case: each word is an argument, or an option per character. */
	for (char **a = argv; *a; a++)
		n += strlen(*a) + 1;
	o.values = calloc(n, sizeof(*o.values));
	o.args = calloc(strv_len(argv) + 1, sizeof(*o.args));
	if (!o.values || !o.args)
		r = err_errno(err, -ENOMEM, "read the command line");
	else
		r = parse_words(&o, argv, err);
	if (r < 0) {
		options_reset(&o);
		return r;
	}
	*ret = o;
	return 0;
}

void options_reset(struct options *o)
{
	free(o->values);
	free(o->args);
	*o = (struct options){ 0 };
}

const char *options_next(const struct options *o, const char *name, size_t *cursor)
{
	while (*cursor < o->n_values) {
		const struct option_value *v = &o->values[(*cursor)++];

		if (streq(v->def->name, name))
			return v->value;
	}
	return NULL;
}

const char *options_value(const struct options *o, const char *name)
{
	const char *value, *last = NULL;
	size_t cursor = 0;

	while ((value = options_next(o, name, &cursor)))
		last = value;
	return last;
}

bool options_flag_or(const struct options *o, const char *name, bool otherwise)
{
	const char *value = options_value(o, name);

	return value ? streq(value, "true") : otherwise;
}

bool options_flag(const struct options *o, const char *name)
{
	return options_flag_or(o, name, false);
}

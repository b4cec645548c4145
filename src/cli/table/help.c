/* SPDX-License-Identifier: Apache-2.0 */
/* moat help, and --help of every command */
#include "cli/table/help.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/table/completion.h"
#include "cli/table/man.h"

#define WIDTH 78

const struct option_def global_options[] = { { 'H', "host", "unix:///PATH",
					       "Socket of the moatd to use, instead of MOAT_HOST" },
					     { 'h', "help", NULL, "Show this help" },
					     { 'v', "version", NULL, "Show moat's version" },
					     { 0 } };

static void put_summary(const struct command *cmd, int width)
{
	printf("  %-*s  %s\n", width, cmd->name, cmd->summary);
}

static int name_width(void)
{
	size_t width = 0;

	for (const struct command *c = command_next(NULL); c; c = command_next(c))
		if (strlen(c->name) > width)
			width = strlen(c->name);
	return (int)width;
}

static void put_group(const char *title, const struct command *group)
{
	printf("\n%s:\n", title);
	for (; group->name; group++)
		put_summary(group, name_width());
}

void help_all(void)
{
	puts("Usage: moat [OPTIONS] COMMAND\n\n"
	     "Run OCI containers, each in a virtual machine of its own.");
	for (const struct command_group *g = command_groups; g->name; g++)
		put_group(g->title, g->commands);
	puts("\nOptions:");
	help_options(global_options);
	puts("\n'moat COMMAND --help' explains a command.");
}

/* Lists the commands that begin with @word: a group's name, or the first word of two. */
void help_group(const char *word)
{
	size_t n = strlen(word);

	printf("Usage: moat %s COMMAND\n\nCommands:\n", word);
	for (const struct command_group *g = command_groups; g->name; g++)
		for (const struct command *c = g->commands; c->name; c++)
			if (streq(g->name, word) ||
			    (strncmp(c->name, word, n) == 0 && c->name[n] == ' '))
				put_summary(c, name_width());
	printf("\n'moat %s COMMAND --help' explains a command.\n", word);
}

/* Prints paragraphs, broken between words. */
static void put_text(const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t word = strcspn(text, " \n"), lines;

		if (column > 0 && column + 1 + word > WIDTH) {
			putchar('\n');
			column = 0;
		}
		printf("%s%.*s", column > 0 ? " " : "", (int)word, text);
		column += word + (column > 0);
		text += word;
		lines = strspn(text, " \n");
		if (memchr(text, '\n', lines)) {
			fputs("\n\n", stdout);
			column = 0;
		}
		text += lines;
	}
	putchar('\n');
}

static int option_width(const struct option_def *d)
{
	return (int)(strlen(d->name) + (d->arg ? strlen(d->arg) + 1 : 0));
}

void help_options(const struct option_def *options)
{
	int width = 0;

	for (const struct option_def *d = options; d && d->name; d++)
		if (option_width(d) > width)
			width = option_width(d);
	for (const struct option_def *d = options; d && d->name; d++) {
		if (d->letter)
			printf("  -%c, ", d->letter);
		else
			printf("      ");
		printf("--%s%s%s%*s  %s\n", d->name, d->arg ? " " : "", d->arg ? d->arg : "",
		       width - option_width(d), "", d->help);
	}
}

static void put_aliases(const struct command *cmd)
{
	const char *title = "\nAlso: ";

	for (const struct command_group *g = command_groups; g->name; g++)
		if (command_in_group(cmd, g) && !strchr(cmd->name, ' ')) {
			printf("%smoat %s %s", title, g->name, cmd->name);
			title = ", ";
		}
	for (const struct command_alias *a = command_aliases; a->name; a++) {
		if (!streq(a->command, cmd->name))
			continue;
		printf("%smoat %s", title, a->name);
		title = ", ";
	}
	if (*title == ',')
		putchar('\n');
}

void help_command(const struct command *cmd)
{
	printf("Usage: moat %s%s%s\n\n", cmd->name, *cmd->synopsis ? " " : "", cmd->synopsis);
	put_text(cmd->description);
	put_aliases(cmd);
	if (cmd->options) {
		puts("\nOptions:");
		help_options(cmd->options);
	}
	if (cmd->examples)
		puts("\nExamples:");
	for (const struct example *e = cmd->examples; e && e->command; e++)
		printf("  %s\n      %s\n", e->command, e->what);
}

static int help_about(struct cli *c, struct err *err)
{
	const struct command *cmd;
	size_t n;

	if (c->opt.n_args == 0) {
		if (options_flag(&c->opt, "man"))
			man_page(NULL);
		else
			help_all();
		return 0;
	}
	cmd = command_find(c->opt.args, &n);
	if (cmd && n == c->opt.n_args) {
		if (options_flag(&c->opt, "man"))
			man_page(cmd);
		else
			help_command(cmd);
		return 0;
	}
	if (c->opt.n_args == 1 && command_is_group(c->opt.args[0])) {
		help_group(c->opt.args[0]);
		return 0;
	}
	return err_set(err, -EINVAL, "unknown command \"%s\"; see 'moat --help'", c->opt.args[0]);
}

int command_help(struct cli *c, struct err *err)
{
	const char *shell = options_value(&c->opt, "completion");

	if (!shell)
		return help_about(c, err);
	if (streq(shell, "bash")) {
		completion_bash();
	} else if (streq(shell, "zsh")) {
		completion_zsh();
	} else {
		return err_set(err, -EINVAL,
			       "no completion for \"%s\"; there is one for bash and zsh", shell);
	}
	return 0;
}

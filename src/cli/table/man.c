/* SPDX-License-Identifier: Apache-2.0 */
/* Manual pages as roff (man(7)), from the table. */
#include "cli/table/man.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/table/help.h"

/* Text with roff's special characters escaped; a line never begins with a control character. */
static void put_escaped(const char *s)
{
	for (; *s; s++) {
		if (*s == '\\')
			fputs("\\e", stdout);
		else if (*s == '-')
			fputs("\\-", stdout);
		else if (*s == '\'')
			fputs("\\(aq", stdout);
		else
			putchar(*s);
	}
}

static void put_paragraphs(const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t n = end ? (size_t)(end - text) : strlen(text);
		char c[2] = { 0 };

		for (size_t i = 0; i < n; i++) {
			c[0] = text[i] == '\n' ? ' ' : text[i];
			put_escaped(c);
		}
		text += n;
		if (*text) {
			fputs("\n.PP\n", stdout);
			text += 2;
		}
	}
	putchar('\n');
}

/* "moat-image-ls" */
static void put_page_name(const char *command, bool upper)
{
	fputs(upper ? "MOAT" : "moat", stdout);
	if (command)
		fputs("\\-", stdout);
	for (; command && *command; command++) {
		if (*command == ' ')
			fputs("\\-", stdout);
		else
			putchar(upper ? toupper((unsigned char)*command) : *command);
	}
}

static void put_title(const char *command, const char *summary)
{
	fputs(".TH \"", stdout);
	put_page_name(command, true);
	fputs("\" 1 \"\" \"moat " MOAT_VERSION "\" \"moat manual\"\n.SH NAME\n", stdout);
	put_page_name(command, false);
	fputs(" \\- ", stdout);
	put_escaped(summary);
	putchar('\n');
}

static void put_options(const struct option_def *d)
{
	if (!d)
		return;
	puts(".SH OPTIONS");
	for (; d->name; d++) {
		puts(".TP");
		if (d->letter)
			printf("\\fB\\-%c\\fR, ", d->letter);
		fputs("\\fB\\-\\-", stdout);
		put_escaped(d->name);
		fputs("\\fR", stdout);
		if (d->arg) {
			fputs(" \\fI", stdout);
			put_escaped(d->arg);
			fputs("\\fR", stdout);
		}
		putchar('\n');
		put_escaped(d->help);
		puts(".");
	}
}

static void put_examples(const struct example *e)
{
	if (!e)
		return;
	puts(".SH EXAMPLES");
	for (; e->command; e++) {
		puts(".TP");
		fputs("\\fB", stdout);
		put_escaped(e->command);
		puts("\\fR");
		put_escaped(e->what);
		putchar('\n');
	}
}

static void put_environment(void)
{
	static const char *const variables[][2] = {
		{ "MOAT_HOST", "The socket of moatd, as unix:///PATH." },
		{ "MOAT_ROOT", "The data root: images, containers, kernels and moatd's state." },
	};

	puts(".SH ENVIRONMENT");
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		printf(".TP\n\\fB%s\\fR\n%s\n", variables[i][0], variables[i][1]);
}

static void overview_page(void)
{
	put_title(NULL, "run OCI containers, each in a virtual machine of its own");
	puts(".SH SYNOPSIS\n\\fBmoat\\fR [OPTIONS] COMMAND\n.SH DESCRIPTION\n"
	     "moat pulls images and runs containers from them as docker does, but each one with a\n"
	     "kernel of its own. Its commands talk to moatd, which they start when it does not\n"
	     "run.\n.SH COMMANDS");
	for (const struct command *c = command_next(NULL); c; c = command_next(c)) {
		fputs(".TP\n\\fB", stdout);
		put_page_name(c->name, false);
		fputs("\\fR(1)\n", stdout);
		put_escaped(c->summary);
		puts(".");
	}
	put_options(global_options);
	put_environment();
}

void man_page(const struct command *cmd)
{
	if (!cmd) {
		overview_page();
		return;
	}
	put_title(cmd->name, cmd->summary);
	fputs(".SH SYNOPSIS\n\\fBmoat ", stdout);
	put_escaped(cmd->name);
	fputs("\\fR ", stdout);
	put_escaped(cmd->synopsis);
	fputs("\n.SH DESCRIPTION\n", stdout);
	put_paragraphs(cmd->description);
	put_options(cmd->options);
	put_examples(cmd->examples);
	put_environment();
	puts(".SH SEE ALSO\n\\fBmoat\\fR(1)");
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Completion scripts, from the table: a fixed part that finds the command on the line, and one case
 * per command: its options, those that take a value, and the kind of object that its arguments
 * name.  Names of containers and images are asked of moat itself.
 */
#include "cli/table/completion.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "base/str.h"

/* Values of options that have few of them, the same for every command. */
static const struct {
	const char *option, *values;
} known_values[] = {
	{ "format", "table json yaml" },
	{ "log-driver", "json-file none" },
	{ "progress", "auto plain none" },
	{ "pull", "missing always never" },
	{ "restart", "no on-failure always unless-stopped" },
	{ "type", "container image network volume" },
};

static const char *arg_words(enum arg_kind kind)
{
	switch (kind) {
	case ARG_CONTAINER:
		return "containers";
	case ARG_RUNNING:
		return "running";
	case ARG_STOPPED:
		return "stopped";
	case ARG_IMAGE:
		return "images";
	case ARG_OBJECT:
		return "objects";
	case ARG_NETWORK:
		return "networks";
	case ARG_VOLUME:
		return "volumes";
	case ARG_FILE:
		return "files";
	case ARG_COMMAND:
		return "commands";
	case ARG_NONE:
		break;
	}
	return "none";
}

static void put_option_words(const struct option_def *d)
{
	for (; d && d->name; d++) {
		if (d->letter)
			printf("-%c ", d->letter);
		printf("--%s ", d->name);
	}
	fputs("--help", stdout);
}

/* Lists each way to write an option that takes a value, with the value's name: "-s:signal". */
static void put_valued_options(const struct option_def *d)
{
	for (; d && d->name; d++) {
		if (d->arg && d->letter)
			printf("-%c:%s ", d->letter, d->name);
		if (d->arg)
			printf("--%s:%s ", d->name, d->name);
	}
}

/* Prints the values of the option named $1, where they are known. */
static void put_values(void)
{
	puts("_moat_values() {\n\tcase \"$1\" in");
	for (size_t i = 0; i < ARRAY_SIZE(known_values); i++)
		printf("\t%s) echo '%s' ;;\n", known_values[i].option, known_values[i].values);
	fputs("\tsignal | stop-signal) echo '", stdout);
	for (int i = 1; i < NSIG; i++)
		if (sigabbrev_np(i))
			printf("%s ", sigabbrev_np(i));
	puts("' ;;\n\tesac\n}");
}

static bool seen_before(const struct command *cmd, const char *word, size_t len)
{
	for (const struct command *c = command_next(NULL); c != cmd; c = command_next(c))
		if (strncmp(c->name, word, len) == 0 && (c->name[len] == ' ' || !c->name[len]))
			return true;
	return false;
}

static void put_first_words(void)
{
	for (const struct command *c = command_next(NULL); c; c = command_next(c)) {
		size_t n = strcspn(c->name, " ");

		if (!seen_before(c, c->name, n))
			printf("%.*s ", (int)n, c->name);
	}
	for (const struct command_alias *a = command_aliases; a->name; a++)
		if (!strchr(a->name, ' '))
			printf("%s ", a->name);
}

static void put_names_with_prefix(const char *prefix)
{
	for (const struct command *c = command_next(NULL); c; c = command_next(c)) {
		const char *rest = str_starts(c->name, prefix);

		if (rest && *rest == ' ')
			printf("%.*s ", (int)strcspn(rest + 1, " "), rest + 1);
	}
	for (const struct command_group *g = command_groups; g->name; g++)
		for (const struct command *c = g->commands; c->name && streq(g->name, prefix); c++)
			if (!strchr(c->name, ' '))
				printf("%s ", c->name);
}

static void put_case(const char *name, const struct command *c)
{
	printf("\t'%s') kind=%s; options='", name, arg_words(c->args));
	put_option_words(c->options);
	fputs("'; valued='", stdout);
	put_valued_options(c->options);
	puts("' ;;");
}

/* "container run" */
static void put_group_cases(void)
{
	for (const struct command_group *g = command_groups; g->name; g++)
		for (const struct command *c = g->commands; c->name; c++) {
			char name[64];

			snprintf(name, sizeof(name), "%s %s", g->name, c->name);
			if (!strchr(c->name, ' '))
				put_case(name, c);
		}
}

/* Sets $kind, $options and $valued for the command line in $line, in any shell. */
static void put_cases(void)
{
	puts("_moat_command() {\n\tkind=none options='--help' valued=''\n\tcase \"$1\" in");
	for (const struct command *c = command_next(NULL); c; c = command_next(c))
		put_case(c->name, c);
	for (const struct command_alias *a = command_aliases; a->name; a++)
		for (const struct command *c = command_next(NULL); c; c = command_next(c))
			if (streq(c->name, a->command))
				put_case(a->name, c);
	put_group_cases();
	fputs("\t'') kind=words; names='", stdout);
	put_first_words();
	puts("'; options='--host --version --help' ;;");
	for (const char *const *group =
		     (const char *const[]){ "container", "image", "system", "system kernel",
					    "system template", "system spare", NULL };
	     *group; group++) {
		printf("\t'%s') kind=words; names='", *group);
		put_names_with_prefix(*group);
		puts("' ;;");
	}
	puts("\t*) return 1 ;;\n\tesac\n}");
}

/* Prints the functions that ask moat for names. */
static void put_helpers(void)
{
	puts("_moat_containers() {\n"
	     "\tmoat ps \"$@\" --format json 2>/dev/null |\n"
	     "\t\tsed -n 's/.*\"Names\":\"\\([^\"]*\\)\".*/\\1/p'\n}\n"
	     "_moat_images() {\n"
	     "\tmoat image ls --format json 2>/dev/null |\n"
	     "\t\tsed -n "
	     "'s/.*\"Repository\":\"\\([^\"]*\\)\".*\"Tag\":\"\\([^\"]*\\)\".*/\\1:\\2/p'\n}\n"
	     "_moat_networks() {\n\tmoat network ls --format '{{.Name}}' 2>/dev/null\n}\n"
	     "_moat_volumes() {\n\tmoat volume ls -q 2>/dev/null\n}\n"
	     "_moat_names() {\n\tcase \"$kind\" in\n"
	     "\tcontainers) _moat_containers -a ;;\n"
	     "\trunning) _moat_containers ;;\n"
	     "\tstopped) _moat_containers -a --filter status=created --filter status=exited ;;\n"
	     "\timages) _moat_images ;;\n"
	     "\tobjects) _moat_containers -a; _moat_images; _moat_networks; _moat_volumes ;;\n"
	     "\tnetworks) _moat_networks ;;\n"
	     "\tvolumes) _moat_volumes ;;\n"
	     "\twords) echo \"$names\" ;;");
	fputs("\tcommands) echo '", stdout);
	put_first_words();
	puts("' ;;\n\tesac\n}");
}

static void put_function(void)
{
	puts("_moat() {\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	     "\tlocal line='' try kind options valued names option='' i\n"
	     "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	     "\t\ttry=\"${line:+$line }${COMP_WORDS[i]}\"\n"
	     "\t\t_moat_command \"$try\" && line=$try\n"
	     "\tdone\n"
	     "\t_moat_command \"$line\"\n"
	     "\t# bash takes --option=value for three words.\n"
	     "\tif [[ $cur == '=' ]]; then\n"
	     "\t\tcur=''\n"
	     "\telif [[ $prev == '=' ]]; then\n"
	     "\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n"
	     "\tfi\n"
	     "\tfor i in $(echo \"$valued\"); do\n"
	     "\t\t[[ ${i%%:*} == \"$prev\" ]] && option=${i#*:}\n"
	     "\tdone\n"
	     "\tif [[ -n $option ]]; then\n"
	     "\t\tCOMPREPLY=($(compgen -W \"$(_moat_values \"$option\")\" -- \"$cur\"))\n"
	     "\telif [[ $cur == -* ]]; then\n"
	     "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
	     "\telif [[ $kind == files ]]; then\n"
	     "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	     "\telse\n"
	     "\t\tCOMPREPLY=($(compgen -W \"$(_moat_names)\" -- \"$cur\"))\n"
	     "\t\ttype __ltrim_colon_completions >/dev/null 2>&1 &&\n"
	     "\t\t\t__ltrim_colon_completions \"$cur\"\n"
	     "\tfi\n"
	     "\treturn 0\n"
	     "}\n"
	     "complete -o bashdefault -F _moat moat");
}

void completion_bash(void)
{
	puts("# bash completion for moat; written by 'moat help --completion bash'");
	put_cases();
	put_helpers();
	put_values();
	put_function();
}

/* zsh can run bash's kind of completion. */
void completion_zsh(void)
{
	puts("#compdef moat\n# zsh completion for moat; written by 'moat help --completion zsh'\n"
	     "autoload -U +X bashcompinit && bashcompinit");
	put_cases();
	put_helpers();
	put_values();
	put_function();
}

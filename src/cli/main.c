/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moat, the command line: finds the command in the table, parses its options and runs it. All
 * work is done by moatd; see docs/ARCHITECTURE.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/private.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/table/help.h"
#include "cli/table/missing.h"

static int run_command(const struct command *cmd, char **argv)
{
	struct cli c = { .command = cmd };
	struct err err = { 0 };
	int status;

	if (options_parse(cmd, argv, &c.opt, &err) < 0)
		return cli_fail(&c, &err);
	if (c.opt.help) {
		help_command(cmd);
		status = cli_flush(&c, 0);
	} else if (cli_new_api(&c, &c.api, &err) < 0) {
		status = cli_fail(&c, &err);
	} else {
		int r = cmd->run(&c, &err);

		status = r < 0 ? cli_fail(&c, &err) : cli_flush(&c, r);
	}
	api_free(c.api);
	options_reset(&c.opt);
	return status;
}

static int unknown_command(char *const *words)
{
	const char *why = missing_command(words[0]);
	cleanup_free char *message = NULL;
	bool group = command_is_group(words[0]);

	if (group && !words[1]) {
		help_group(words[0]);
		return 1;
	}
	if (group)
		message = str_printf("unknown command \"%s %s\"; see 'moat %s --help'", words[0],
				     words[1], words[0]);
	else if (why)
		message = str_printf("%s is not supported: %s", words[0], why);
	else
		message = str_printf("unknown command \"%s\"; see 'moat --help'", words[0]);
	cli_print_error(message ? message : "unknown command");
	return 1;
}

/* -H sets what locate_socket() reads, so that a moatd started here uses it too. */
static int set_host(const char *value)
{
	if (value && setenv("MOAT_HOST", value, 1) == 0)
		return 0;
	cli_print_error("option --host needs the socket's address: unix:///PATH");
	return 1;
}

static bool is_help(const char *word)
{
	return word && (streq(word, "--help") || streq(word, "-h"));
}

int main(int argc, char **argv)
{
	const struct command *cmd;
	const char *host;
	size_t n;

	(void)argc;
	if (fd_open_std() < 0)
		return EXIT_FAILURE;
	private_memory();
	for (argv++; *argv && **argv == '-'; argv++) {
		if (streq(*argv, "-H") || streq(*argv, "--host")) {
			if (set_host(argv[1]) != 0)
				return 1;
			argv++;
		} else if ((host = str_starts(*argv, "--host="))) {
			if (set_host(host) != 0)
				return 1;
		} else if (streq(*argv, "-v") || streq(*argv, "--version")) {
			puts("moat version " MOAT_VERSION);
			return 0;
		} else if (is_help(*argv)) {
			help_all();
			return 0;
		} else {
			cleanup_free char *message =
				str_printf("unknown option %s; see 'moat --help'", *argv);

			cli_print_error(message ? message : "unknown option");
			return 1;
		}
	}
	if (!*argv) {
		help_all();
		return 0;
	}
	if (command_is_group(argv[0]) && is_help(argv[1])) {
		help_group(argv[0]);
		return 0;
	}
	cmd = command_find(argv, &n);
	return cmd ? run_command(cmd, argv + n) : unknown_command(argv);
}

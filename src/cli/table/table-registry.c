/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/table/table-options.h"
#include "cli/table/table.h"

static const struct option_def login_options[] = {
	{ 0, "password-stdin", NULL, "Read the password from standard input" },
	SCHEME_OPTION,
	{ 0, "store", "STORE",
	  "Keep the password in secretservice, with docker-credential-STORE, or in a file" },
	{ 'u', "username", "NAME", "User at the registry" },
	{ 0 }
};

static const struct option_def ls_options[] = { FORMAT_OPTION,
						{ 'q', "quiet", NULL, "Show registries only" },
						{ 0 } };

static const struct example login_examples[] = {
	{ "moat login", "To Docker Hub; name and password are asked for." },
	{ "pass show registry | moat login -u me --password-stdin registry.example.org",
	  "With a password from elsewhere." },
	{ 0 }
};

const struct command registry_commands[] = {
	{ .name = "login",
	  .synopsis = "[OPTIONS] [REGISTRY]",
	  .summary = "Log in to a registry",
	  .description =
		  "Asks the registry whether name and password are right, and keeps them for "
		  "pull, push and run: with the credential helper that docker's config.json "
		  "names, or in the session's Secret Service, where docker's own helper finds "
		  "them, too. Without a registry it is Docker Hub.\n\n"
		  "A password is never an argument, which everybody on the host could read.",
	  .options = login_options,
	  .examples = login_examples,
	  .run = command_login,
	  .max_args = 1 },
	{ .name = "logout",
	  .synopsis = "[REGISTRY]",
	  .summary = "Remove the login for a registry",
	  .description = "Removes what `moat login` kept. Without a registry it is Docker Hub.",
	  .run = command_logout,
	  .max_args = 1,
	  .never_starts = true },
	{ .name = "registry ls",
	  .synopsis = "[OPTIONS]",
	  .summary = "List registries with a login",
	  .description = "Lists logins with moat, and those of docker's that moat uses, with where "
			 "the password is kept.",
	  .options = ls_options,
	  .run = command_registry_ls,
	  .never_starts = true },
	{ 0 },
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/table/table-options.h"
#include "cli/table/table.h"

static const struct option_def create_options[] = {
	{ 'l', "label", "KEY[=VALUE]", "Set a label" },
	{ 0, "store", "STORE",
	  "Keep it in secretservice, with docker-credential-STORE, or in a file of the data root" },
	{ 0 }
};

static const struct option_def ls_options[] = { FORMAT_OPTION,
						{ 'q', "quiet", NULL, "Show ids only" },
						{ 0 } };

static const struct option_def inspect_options[] = { FORMAT_OPTION_('f'), { 0 } };

static const struct example create_examples[] = {
	{ "pass show db | moat secret create db -", "With a value from elsewhere." },
	{ "moat run --rm --secret db,mode=0400 alpine cat /run/secrets/db",
	  "A container that has it." },
	{ 0 }
};

const struct command secret_commands[] = {
	{ .name = "secret create",
	  .synopsis = "[OPTIONS] NAME FILE|-",
	  .summary = "Keep a secret for containers",
	  .description =
		  "Reads the value from a file or from standard input, and keeps it in the "
		  "session's Secret Service, where moatd finds it when a container that is to "
		  "have it starts. The container has it in memory alone, and for as long as it "
		  "runs.",
	  .options = create_options,
	  .examples = create_examples,
	  .run = command_secret_create,
	  .min_args = 2,
	  .max_args = 2,
	  .args = ARG_FILE },
	{ .name = "secret ls",
	  .synopsis = "[OPTIONS]",
	  .summary = "List secrets",
	  .description = "Shows what there is and where it is kept, never a value.",
	  .options = ls_options,
	  .run = command_secret_ls },
	{ .name = "secret inspect",
	  .synopsis = "[OPTIONS] SECRET...",
	  .summary = "Show everything about secrets but their values",
	  .description = "Prints a JSON array with an object for each secret.",
	  .options = inspect_options,
	  .run = command_secret_inspect,
	  .min_args = 1,
	  .max_args = ARGS_ANY },
	{ .name = "secret rm",
	  .synopsis = "SECRET...",
	  .summary = "Remove secrets",
	  .description = "Removes them from where they are kept. One that a container is to have "
			 "is kept.",
	  .run = command_secret_rm,
	  .min_args = 1,
	  .max_args = ARGS_ANY },
	{ 0 },
};

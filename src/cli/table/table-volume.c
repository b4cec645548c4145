/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/table/table-options.h"
#include "cli/table/table.h"

static const struct option_def create_options[] = {
	{ 'd', "driver", "DRIVER", "local, the one that there is" },
	{ 'l', "label", "KEY[=VALUE]", "Set a label" },
	{ 'o', "opt", "KEY=VALUE", "An option: size=SIZE, or type=none, o=bind and device=/PATH" },
	{ 's', "size", "SIZE", "As --opt size=: what containers can write to it at most" },
	{ 0 }
};

static const struct option_def ls_options[] = {
	FILTER_OPTION, FORMAT_OPTION, { 'q', "quiet", NULL, "Show names only" }, { 0 }
};

static const struct option_def inspect_options[] = { FORMAT_OPTION_('f'), { 0 } };

static const struct option_def rm_options[] = {
	{ 'f', "force", NULL, "One that is not there is no error" }, { 0 }
};

static const struct option_def prune_options[] = {
	{ 'a', "all", NULL, "Remove those that have a name, too" },
	{ 0, "filter", "KEY=VALUE", "Remove only what matches: label=KEY, label!=KEY" },
	FORCE_OPTION,
	{ 0 }
};

static const struct example create_examples[] = {
	{ "moat volume create data && moat run -v data:/var/lib/data alpine",
	  "The container's files below /var/lib/data outlive it." },
	{ "moat volume create --size 2g cache", "Writing more than that fails." },
	{ "moat volume create -o type=none -o o=bind -o device=/srv/www www",
	  "A folder of the host's by a name." },
	{ 0 }
};

static const struct example prune_examples[] = {
	{ "moat volume prune", "Those that nobody named and no container has." }, { 0 }
};

const struct command volume_commands[] = {
	{ .name = "volume create",
	  .synopsis = "[OPTIONS] [VOLUME]",
	  .summary = "Make a volume",
	  .description =
		  "A volume is a folder of the host's that containers share and that outlives "
		  "them. Its files are in the Mountpoint that inspect shows, where any program "
		  "can back them up. Where it is empty, the first container that mounts it puts "
		  "in what its image has there. One that is there already is left as it is. "
		  "Without a name it gets one. Prints the name.\n\n"
		  "A size takes root and loop devices: the volume is a file system of its own.",
	  .options = create_options,
	  .examples = create_examples,
	  .run = command_volume_create,
	  .max_args = 1 },
	{ .name = "volume ls",
	  .synopsis = "[OPTIONS]",
	  .summary = "List volumes",
	  .description = "Filters: name, label, label!, driver, dangling (no container has it).",
	  .options = ls_options,
	  .run = command_volume_ls },
	{ .name = "volume inspect",
	  .synopsis = "[OPTIONS] VOLUME...",
	  .summary = "Show all about volumes",
	  .description = "Prints JSON, an array with an object for each.",
	  .options = inspect_options,
	  .run = command_volume_inspect,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_VOLUME },
	{ .name = "volume rm",
	  .synopsis = "[OPTIONS] VOLUME...",
	  .summary = "Remove volumes with all that is in them",
	  .description = "One that a container has is not removed, even where the container "
			 "does not run: the container has to be removed first.",
	  .options = rm_options,
	  .run = command_volume_rm,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_VOLUME },
	{ .name = "volume prune",
	  .synopsis = "[OPTIONS]",
	  .summary = "Remove volumes that nobody named and no container has",
	  .description = "With -a those that have a name, too. Prints what was removed.",
	  .options = prune_options,
	  .examples = prune_examples,
	  .run = command_volume_prune },
	{ 0 }
};

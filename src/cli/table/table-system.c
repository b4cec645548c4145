/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/table/table-options.h"
#include "cli/table/table.h"

static const struct option_def logs_options[] = { { 'f', "follow", NULL, "Go on as lines come" },
						  { 'n', "tail", "LINES",
						    "Show only the last lines" },
						  { 0 } };

static const struct option_def format_options[] = { FORMAT_OPTION_('f'), { 0 } };

static const struct option_def df_options[] = {
	FORMAT_OPTION, { 'v', "verbose", NULL, "List every image, container and volume" }, { 0 }
};

static const struct option_def prune_options[] = {
	{ 'a', "all", NULL, "Remove images that have a name too" },
	PRUNE_FILTER_OPTION,
	FORCE_OPTION,
	{ 0, "volumes", NULL, "Remove volumes that nobody named, too" },
	{ 0 }
};

static const struct option_def template_ls_options[] = {
	FORMAT_OPTION, NO_TRUNC_OPTION, { 'q', "quiet", NULL, "Print only the keys" }, { 0 }
};

static const struct option_def kernel_set_options[] = {
	{ 0, "modules", "DIR", "The kernel's modules, lib/modules/RELEASE of its package" },
	{ 0, "recommended", NULL, "Use moat's own kernel where it was built, else fetch Debian's" },
	{ 0 }
};

static const struct option_def help_options[] = {
	{ 0, "completion", "SHELL", "Print the completion script for bash or zsh" },
	{ 0, "man", NULL, "Print the manual page of a command, or of moat, as roff" },
	{ 0 }
};

static const struct example kernel_examples[] = {
	{ "moat system kernel set --recommended", "The newest again, with new modules." },
	{ "moat system kernel set /boot/vmlinuz-6.1 --modules /lib/modules/6.1",
	  "A kernel of your own." },
	{ 0 }
};

static const struct example help_examples[] = {
	{ "moat help run", "The same as moat run --help." },
	{ "moat help --completion bash > /etc/bash_completion.d/moat", "Completion for bash." },
	{ "moat help --man run | man -l -", "The manual page, without installing it." },
	{ 0 }
};

const struct command system_commands[] = {
	{ .name = "system start",
	  .synopsis = "",
	  .summary = "Start moatd",
	  .description = "Seldom needed: every command that needs moatd starts it. It goes on "
			 "running and writes to moatd.log in the data root. In the background it "
			 "makes the template of a container without limits, if there is none, so "
			 "that the first one starts as quickly as the others.",
	  .run = command_system_start },
	{ .name = "system stop",
	  .synopsis = "",
	  .summary = "Stop moatd",
	  .description = "Containers go on running; the next moatd finds them again.",
	  .run = command_system_stop,
	  .never_starts = true },
	{ .name = "system status",
	  .synopsis = "",
	  .summary = "Say whether moatd runs",
	  .description = "The exit status is 0 when it does, else 1. Never starts it.",
	  .run = command_system_status,
	  .never_starts = true },
	{ .name = "system info",
	  .synopsis = "[OPTIONS]",
	  .summary = "Show the engine, kernel, folders and counts",
	  .description = "Says which engine runs the machines and why it was chosen, with the "
			 "figure that was measured, and what the isolation rests on.",
	  .options = format_options,
	  .run = command_system_info },
	{ .name = "system logs",
	  .synopsis = "[OPTIONS]",
	  .summary = "Show moatd's log",
	  .description = "Reads moatd.log in the data root; works whether moatd runs or not.",
	  .options = logs_options,
	  .run = command_system_logs,
	  .never_starts = true },
	{ .name = "system kernel set",
	  .synopsis = "PATH [--modules DIR] | --recommended",
	  .summary = "Choose the kernel new machines boot",
	  .description = "The kernel is copied into the data root. Its modules are needed unless "
			 "virtio, EROFS, ext4 and overlayfs are built into it. Running machines "
			 "keep the kernel they have.",
	  .options = kernel_set_options,
	  .examples = kernel_examples,
	  .run = command_kernel_set,
	  .max_args = 1,
	  .args = ARG_FILE },
	{ .name = "system kernel show",
	  .synopsis = "[OPTIONS]",
	  .summary = "Show the kernel new machines boot",
	  .description = "Prints its path, release and modules.",
	  .options = format_options,
	  .run = command_kernel_show },
	{ .name = "system template ls",
	  .synopsis = "[OPTIONS]",
	  .summary = "List the templates machines are restored from",
	  .description = "There is one for each kind of machine that was started lately: each "
			 "kernel, engine, number of processors and size of memory.",
	  .options = template_ls_options,
	  .run = command_template_ls },
	{ .name = "system template rm",
	  .synopsis = "KEY...",
	  .summary = "Remove templates",
	  .description = "The beginning of a key will do. Running machines are not affected; the "
			 "next start of such a machine makes a new one.",
	  .run = command_template_rm,
	  .min_args = 1,
	  .max_args = ARGS_ANY },
	{ .name = "system template build",
	  .synopsis = "",
	  .summary = "Make the template of a container without limits, if there is none",
	  .description = "Else the first start does. Prints its key.",
	  .run = command_template_build },
	{ .name = "system spare ls",
	  .synopsis = "[OPTIONS]",
	  .summary = "List the machines that wait for a container",
	  .description =
		  "A spare machine is restored and has rehearsed before anybody asks for it: a "
		  "start has only to give it its container. There are some of one kind: that of "
		  "the first start, then of whichever was started twice in a row, for ten minutes "
		  "after the last start.",
	  .options = template_ls_options,
	  .run = command_spare_ls },
	{ .name = "system spare set",
	  .synopsis = "NUMBER[-NUMBER]",
	  .summary = "Choose how many machines wait for a container; 0 for none",
	  .description =
		  "Of two numbers the first is for quiet times; after starts in a row that found "
		  "no machine there are more, up to the second, and one less for each minute "
		  "without such starts. It holds until moatd ends; moatd --spares or MOAT_SPARES "
		  "set it for good. Else it is 1-4, or less than 4 on a host with less than 16 "
		  "GiB.",
	  .run = command_spare_set,
	  .min_args = 1,
	  .max_args = 1 },
	{ .name = "version",
	  .synopsis = "[OPTIONS]",
	  .summary = "Show the versions of moat and moatd",
	  .description = "moatd's is shown when it runs; it is not started.",
	  .options = format_options,
	  .run = command_version,
	  .never_starts = true },
	{ .name = "help",
	  .synopsis = "[OPTIONS] [COMMAND]",
	  .summary = "Explain moat or a command",
	  .description = "Without a command it lists the commands.",
	  .options = help_options,
	  .examples = help_examples,
	  .run = command_help,
	  .max_args = 3,
	  .args = ARG_COMMAND,
	  .never_starts = true },
	{ .name = "system df",
	  .synopsis = "[OPTIONS]",
	  .summary = "Show how much space images, containers and volumes take",
	  .description = "What can be reclaimed is what nothing uses that runs.",
	  .options = df_options,
	  .run = command_system_df },
	{ .name = "system prune",
	  .synopsis = "[OPTIONS]",
	  .summary = "Remove stopped containers and images without a name",
	  .description = "With -a every image is removed that no container uses.",
	  .options = prune_options,
	  .run = command_system_prune },
	{ 0 }
};

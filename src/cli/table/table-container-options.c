/* SPDX-License-Identifier: Apache-2.0 */
/* Options of commands on containers that exist. */
#include "cli/table/table-container.h"

#include "cli/table/table-options.h"

const struct option_def stats_options[] = { { 'a', "all", NULL,
					      "Show containers that do not run too" },
					    FORMAT_OPTION,
					    { 0, "no-stream", NULL, "Show the figures once" },
					    NO_TRUNC_OPTION,
					    { 0 } };

const struct option_def cp_options[] = {
	{ 'a', "archive", NULL, "Keep owners and extended attributes; as root, devices too" },
	{ 'L', "follow-link", NULL, "Copy what a symbolic link leads to, not the link" },
	{ 'q', "quiet", NULL, "Do not say how much was copied" },
	{ 0 }
};

const struct option_def export_options[] = {
	{ 'o', "output", "FILE", "Write to a file instead of standard output" }, { 0 }
};

const struct option_def diff_options[] = { FORMAT_OPTION, { 0 } };

const struct option_def commit_options[] = {
	{ 'a', "author", "TEXT", "Who made the image" },
	{ 'c', "change", "INSTRUCTION",
	  "Change the image's configuration: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, "
	  "ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR; may be repeated" },
	{ 'm', "message", "TEXT", "What the image's history says" },
	{ 'p', "pause", NULL, "Let the container's processes stand still; on unless =false" },
	{ 0 }
};

const struct option_def prune_options[] = { PRUNE_FILTER_OPTION, FORCE_OPTION, { 0 } };

const struct option_def ps_options[] = {
	{ 'a', "all", NULL, "Show all containers, not only running ones" },
	FILTER_OPTION,
	FORMAT_OPTION,
	{ 'n', "last", "NUMBER", "Show the last created containers, in all states" },
	{ 'l', "latest", NULL, "Show the last created container, in all states" },
	NO_TRUNC_OPTION,
	{ 'q', "quiet", NULL, "Show ids only" },
	{ 's', "size", NULL, "Show how much each has written, and its image's size" },
	{ 0 }
};

const struct option_def start_options[] = {
	{ 'a', "attach", NULL, "Attach to the output, and pass signals on" },
	DETACH_KEYS_OPTION,
	{ 'i', "interactive", NULL, "Attach standard input too" },
	SIG_PROXY_OPTION,
	{ 0 }
};

const struct option_def attach_options[] = { DETACH_KEYS_OPTION,
					     { 0, "no-stdin", NULL,
					       "Do not attach standard input" },
					     SIG_PROXY_OPTION,
					     { 0 } };

const struct option_def logs_options[] = {
	{ 0, "boot", NULL, "Show the console of the container's machine instead" },
	{ 'f', "follow", NULL, "Go on as output comes" },
	{ 0, "since", "TIME",
	  "Show what came after: a time in RFC 3339, here where it names no zone, or 10m for ten "
	  "minutes ago" },
	{ 'n', "tail", "LINES", "Show only the last lines" },
	{ 't', "timestamps", NULL, "Show when each line came" },
	{ 0, "until", "TIME", "Show what came before" },
	{ 0 }
};

const struct option_def stop_options[] = {
	{ 's', "signal", "SIGNAL", "Signal to stop it with, instead of its own" },
	{ 't', "timeout", "SECONDS",
	  "Time to stop before the container is killed; -1 waits for ever" },
	{ 0, "time", "SECONDS", "The same as --timeout" },
	{ 0 }
};

const struct option_def kill_options[] = {
	{ 's', "signal", "SIGNAL", "Signal to send, by name or number (default KILL)" }, { 0 }
};

const struct option_def rm_options[] = { { 'f', "force", NULL, "Kill a running container first" },
					 { 'v', "volumes", NULL,
					   "Remove the container's anonymous volumes too" },
					 { 0 } };

const struct option_def inspect_options[] = { FORMAT_OPTION_('f'),
					      { 's', "size", NULL, "Add the sizes of containers" },
					      { 0, "type", "TYPE",
						"Look only for this: container, image or network" },
					      { 0 } };

const struct option_def container_inspect_options[] = { FORMAT_OPTION_('f'),
							{ 's', "size", NULL, "Add the sizes" },
							{ 0 } };

const struct option_def top_options[] = { FORMAT_OPTION, { 0 } };

const struct option_def events_options[] = { FILTER_OPTION,
					     FORMAT_OPTION,
					     { 0, "since", "TIME",
					       "Begin with what happened after" },
					     { 0, "until", "TIME", "End there" },
					     { 0 } };

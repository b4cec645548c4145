/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table/table-container.h"
#include "cli/commands.h"
#include "cli/table/table-create.h"

static const struct example cp_examples[] = {
	{ "moat cp web:/etc/nginx/nginx.conf .", "Copy a file out" },
	{ "moat cp site/. web:/srv/www", "Copy what is in a folder into another" },
	{ "moat cp web:/var/log - | tar -tf -", "List a folder of the container" },
	{ 0 }
};

static const struct example run_examples[] = {
	{ "moat run --rm debian uname -r", "Show the kernel the container runs on: its own." },
	{ "moat run --rm -it debian bash",
	  "A shell on a terminal; ctrl-p ctrl-q leaves it running." },
	{ "moat run -d --name web -m 256m --cpus 2 nginx", "A service in the background." },
	{ "tar c . | moat run --rm -i debian tar tv",
	  "Standard input goes through, byte for byte." },
	{ 0 }
};

static const struct example exec_examples[] = {
	{ "moat exec -it web sh", "A shell in a running container." },
	{ "moat exec -u nobody -w /tmp web id", "A command as another user." },
	{ 0 }
};

static const struct example logs_examples[] = {
	{ "moat logs -f -n 10 web", "The last ten lines, and what follows." },
	{ "moat logs --boot web", "How the machine booted." },
	{ 0 }
};

static const struct example top_examples[] = {
	{ "moat top web -o pid,etime,args", "Other columns." }, { 0 }
};

#define EXIT_STATUS_TEXT                                                                           \
	"The exit status is that of the command; 128 and the signal's number when a signal ended " \
	"it; 125 when moat failed, 126 when the command cannot be run, 127 when it is not found."

#define PATIENCE_TEXT                                                                              \
	"the third SIGINT (Ctrl-C) or SIGTERM leaves a command that ignores them, with status 1."

const struct command container_commands[] = {
	{ .name = "run",
	  .synopsis = "[OPTIONS] IMAGE [COMMAND [ARGUMENT...]]",
	  .summary = "Run a command in a new container",
	  .description =
		  "Makes a container from an image, in a virtual machine of its own, and runs the "
		  "image's command or the one given. An image that is not there is pulled.\n\n"
		  "Without -d the container's output is shown, and signals to moat go to the "
		  "command; " PATIENCE_TEXT "\n\n" EXIT_STATUS_TEXT,
	  .options = run_options,
	  .examples = run_examples,
	  .run = command_run,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_IMAGE,
	  .stops_at_argument = true,
	  .failure_status = 125 },
	{ .name = "create",
	  .synopsis = "[OPTIONS] IMAGE [COMMAND [ARGUMENT...]]",
	  .summary = "Make a container without starting it",
	  .description = "As 'moat run', but the container is not started; prints its id. "
			 "'moat start' starts it.",
	  .options = create_options,
	  .run = command_create,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_IMAGE,
	  .stops_at_argument = true },
	{ .name = "start",
	  .synopsis = "[OPTIONS] CONTAINER...",
	  .summary = "Start stopped containers",
	  .description = "Starts containers that were created or have ended; their files are as "
			 "they were left. With -a or -i there can be only one, and the exit "
			 "status is that of its command.",
	  .options = start_options,
	  .run = command_start,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_STOPPED },
	{ .name = "ps",
	  .synopsis = "[OPTIONS]",
	  .summary = "List containers",
	  .description = "Lists running containers, or all of them with -a.",
	  .options = ps_options,
	  .run = command_ps },
	{ .name = "logs",
	  .synopsis = "[OPTIONS] CONTAINER",
	  .summary = "Show the output of a container",
	  .description = "Shows what the container's command wrote on standard output and error. "
			 "With --boot it shows the console of the virtual machine, which says why "
			 "one did not start.",
	  .options = logs_options,
	  .examples = logs_examples,
	  .run = command_logs,
	  .min_args = 1,
	  .max_args = 1,
	  .args = ARG_CONTAINER },
	{ .name = "exec",
	  .synopsis = "[OPTIONS] CONTAINER COMMAND [ARGUMENT...]",
	  .summary = "Run a command in a running container",
	  .description = "Runs another command in the container's machine, beside those that run "
			 "there. " EXIT_STATUS_TEXT,
	  .options = exec_options,
	  .examples = exec_examples,
	  .run = command_exec,
	  .min_args = 2,
	  .max_args = ARGS_ANY,
	  .args = ARG_RUNNING,
	  .stops_at_argument = true,
	  .failure_status = 125 },
	{ .name = "attach",
	  .synopsis = "[OPTIONS] CONTAINER",
	  .summary = "Attach to a running container",
	  .description = "Shows the output of a running container from now on, and passes standard "
			 "input and signals on to it; " PATIENCE_TEXT
			 " ctrl-p ctrl-q, or --detach-keys, leaves a container that has a terminal "
			 "without ending it.",
	  .options = attach_options,
	  .run = command_attach,
	  .min_args = 1,
	  .max_args = 1,
	  .args = ARG_RUNNING },
	{ .name = "stop",
	  .synopsis = "[OPTIONS] CONTAINER...",
	  .summary = "Stop running containers",
	  .description = "Sends the container's stop signal, TERM unless it has another, and kills "
			 "it when it has not ended after the time given, 10 seconds by default.",
	  .options = stop_options,
	  .run = command_stop,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_RUNNING },
	{ .name = "kill",
	  .synopsis = "[OPTIONS] CONTAINER...",
	  .summary = "Send a signal to running containers",
	  .description = "Sends a signal to the container's first process; KILL ends it at once.",
	  .options = kill_options,
	  .run = command_kill,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_RUNNING },
	{ .name = "restart",
	  .synopsis = "[OPTIONS] CONTAINER...",
	  .summary = "Stop containers and start them again",
	  .description =
		  "As 'moat stop' and 'moat start'; a container that does not run is started.",
	  .options = stop_options,
	  .run = command_restart,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_CONTAINER },
	{ .name = "pause",
	  .synopsis = "CONTAINER...",
	  .summary = "Stop the processors of running containers",
	  .description = "Nothing in a paused container goes on, time in it stands still, and no "
			 "command can be run in it, until 'moat unpause'. 'moat kill', 'moat stop' "
			 "and 'moat rm -f' end it as ever.",
	  .run = command_pause,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_RUNNING },
	{ .name = "unpause",
	  .synopsis = "CONTAINER...",
	  .summary = "Let paused containers go on",
	  .description = "Starts the processors of paused containers again.",
	  .run = command_unpause,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_RUNNING },
	{ .name = "wait",
	  .synopsis = "CONTAINER...",
	  .summary = "Wait until containers end",
	  .description = "Waits for one container after the other and prints the exit status of "
			 "each.",
	  .run = command_wait,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_CONTAINER },
	{ .name = "rm",
	  .synopsis = "[OPTIONS] CONTAINER...",
	  .summary = "Remove containers",
	  .description = "Removes containers with their files and logs. A running container is "
			 "removed only with -f.",
	  .options = rm_options,
	  .run = command_rm,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_CONTAINER },
	{ .name = "rename",
	  .synopsis = "CONTAINER NAME",
	  .summary = "Give a container another name",
	  .description = "The container may be running.",
	  .run = command_rename,
	  .min_args = 2,
	  .max_args = 2,
	  .args = ARG_CONTAINER },
	{ .name = "port",
	  .synopsis = "CONTAINER [PORT[/PROTO]]",
	  .summary = "Show where a container's ports are published",
	  .description = "Lists the addresses of the host, or those of one port.",
	  .run = command_port,
	  .min_args = 1,
	  .max_args = 2,
	  .args = ARG_CONTAINER },
	{ .name = "top",
	  .synopsis = "[OPTIONS] CONTAINER [PS OPTIONS]",
	  .summary = "List the processes of a container",
	  .description = "As ps -ef would in the container; the image needs no ps. Options of "
			 "ps choose other columns: aux, -o pid,comm and their like. Users are "
			 "shown by number.",
	  .examples = top_examples,
	  .options = top_options,
	  .run = command_top,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .stops_at_argument = true,
	  .args = ARG_RUNNING },
	{ .name = "cp",
	  .synopsis = "[OPTIONS] CONTAINER:PATH PATH|-  or  PATH|- CONTAINER:PATH",
	  .summary = "Copy files between a container and this host",
	  .description =
		  "The container may run or not. Folders are copied with all that is in them; into "
		  "an "
		  "existing folder the copy goes under its own name, or, where the source ends in "
		  "\"/.\", only what is in it. A path of this host with a colon in it begins with "
		  "/ "
		  "or ./.\n\nWhat is copied into a container belongs to root there, what is copied "
		  "out to you, and set-user-id bits and devices stay behind; -a keeps all that. "
		  "Files that the kernel makes up, as those of /proc and /sys, are copied as they "
		  "read at that moment; of a folder of such, those that can be read. Instead of a "
		  "path of this host, \"-\" is a tar archive on standard input or "
		  "output.",
	  .options = cp_options,
	  .examples = cp_examples,
	  .run = command_cp,
	  .min_args = 2,
	  .max_args = 2,
	  .args = ARG_FILE },
	{ .name = "diff",
	  .synopsis = "[OPTIONS] CONTAINER",
	  .summary = "Show which files of a container differ from its image",
	  .description = "A was added, C was changed, D was deleted.",
	  .options = diff_options,
	  .run = command_diff,
	  .min_args = 1,
	  .max_args = 1,
	  .args = ARG_CONTAINER },
	{ .name = "export",
	  .synopsis = "[OPTIONS] CONTAINER",
	  .summary = "Write all files of a container into a tar archive",
	  .description = "Of volumes and other mounts only the folders are in it. "
			 "`moat image import` makes an image of it.",
	  .options = export_options,
	  .run = command_export,
	  .min_args = 1,
	  .max_args = 1,
	  .args = ARG_CONTAINER },
	{ .name = "commit",
	  .synopsis = "[OPTIONS] CONTAINER [NAME[:TAG]]",
	  .summary = "Make an image of a container",
	  .description = "The image is the container's, with a layer on top that holds what the "
			 "container has changed, and the container's configuration. Its processes "
			 "stand still while the layer is read.",
	  .options = commit_options,
	  .run = command_commit,
	  .min_args = 1,
	  .max_args = 2,
	  .args = ARG_CONTAINER },
	{ .name = "stats",
	  .synopsis = "[OPTIONS] [CONTAINER...]",
	  .summary = "Show what containers use",
	  .description =
		  "Shows processor, memory, disk and processes of the containers named, or "
		  "of all that run, every second until interrupted. CACHE is what "
		  "the guest keeps of files, HOST MEM what the container's virtual machine "
		  "takes of the host's memory, and GIVEN BACK what it had of that and has not "
		  "any more.",
	  .options = stats_options,
	  .run = command_stats,
	  .max_args = ARGS_ANY,
	  .args = ARG_RUNNING },
	{ .name = "update",
	  .synopsis = "[OPTIONS] CONTAINER...",
	  .summary = "Change restart policy and limits of containers",
	  .description = "Changes hold at once, and for later starts. The machine of a running "
			 "container keeps its size, 1 GiB of memory or the power of two above "
			 "its limit, and the number of its CPUs: beyond that limits can be raised "
			 "only while the container does not run.",
	  .options = update_options,
	  .run = command_update,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_CONTAINER },
	{ .name = "container prune",
	  .synopsis = "[OPTIONS]",
	  .summary = "Remove all stopped containers",
	  .description = "Removes every container that does not run, with its files and logs.",
	  .options = prune_options,
	  .run = command_container_prune },
	{ .name = "container inspect",
	  .synopsis = "[OPTIONS] CONTAINER...",
	  .summary = "Show everything about containers",
	  .description = "As 'moat inspect', for containers only.",
	  .options = container_inspect_options,
	  .run = command_container_inspect,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_CONTAINER },
	{ .name = "inspect",
	  .synopsis = "[OPTIONS] NAME...",
	  .summary = "Show everything about containers and images",
	  .description = "Prints a JSON array with an object for each name, looked for among the "
			 "containers first, then among the images.",
	  .options = inspect_options,
	  .run = command_inspect,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_OBJECT },
	{ .name = "events",
	  .synopsis = "[OPTIONS]",
	  .summary = "Show what happens, as it happens",
	  .description = "Prints a line for each event of a container or image, until interrupted "
			 "or --until is reached.",
	  .options = events_options,
	  .run = command_events },
	{ 0 }
};

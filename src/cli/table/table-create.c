/* SPDX-License-Identifier: Apache-2.0 */
/* Options of commands that describe a container, or a process in one. */
#include "cli/table/table-create.h"

#include "cli/table/table-options.h"

/* Options of both run and create. */
#define CREATE_OPTIONS                                                                             \
	{ 0, "add-host", "NAME:ADDRESS", "Add a line to /etc/hosts" },                             \
		{ 0, "arch", "ARCH", "Architecture of the image, e.g. amd64" },                    \
		{ 0, "cap-add", "CAPABILITY", "Add a Linux capability, or ALL" },                  \
		{ 0, "cap-drop", "CAPABILITY", "Drop a Linux capability, or ALL" },                \
		{ 0, "cidfile", "FILE", "Write the container's id to a new file" },                \
		{ 0, "cold", NULL, "Boot the machine instead of restoring it from a template" },   \
		{ 0, "cpu-shares", "NUMBER", "Weight of its CPU time, 2 to 262144" },              \
		{ 0, "cpus", "NUMBER", "Number of CPUs, e.g. 1.5" },                               \
		{ 0, "cpuset-cpus", "LIST", "Processors of the host it may use, e.g. 0-2,7" },     \
		{ 0, "cwd", "DIR", "As --workdir" },                                               \
		{ 0, "dns", "ADDRESS", "Name server for /etc/resolv.conf" },                       \
		{ 0, "dns-option", "OPTION", "Option for /etc/resolv.conf" },                      \
		{ 0, "dns-search", "DOMAIN", "Search domain for /etc/resolv.conf; . for none" },   \
		{ 0, "domainname", "NAME", "Domain name of the container" },                       \
		{ 0, "entrypoint", "PROGRAM", "Run this instead of the image's entrypoint" },      \
		{ 'e', "env", "KEY[=VALUE]",                                                       \
		  "Set an environment variable; without a value take moat's own" },                \
		{ 0, "env-file", "FILE", "Read environment variables from a file" },               \
		{ 0, "expose", "PORT", "Say that the container listens on a port, or a range" },   \
		{ 0, "gid", "GROUP", "Group to run as, with or without --uid" },                   \
		{ 0, "group-add", "GROUP", "Add a group, by name or id, to every process" },       \
		{ 0, "health-cmd", "COMMAND", "Command that checks the container's health" },      \
		{ 0, "health-interval", "TIME", "Time between checks, 30s by default" },           \
		{ 0, "health-retries", "NUMBER", "Failures in a row that make it unhealthy; 3" },  \
		{ 0, "health-start-interval", "TIME", "Time between checks in the start period" }, \
		{ 0, "health-start-period", "TIME", "Time to start, in which no failure counts" }, \
		{ 0, "health-timeout", "TIME", "Longest time of a check, 30s by default" },        \
		{ 'h', "hostname", "NAME", "Host name in the container" },                         \
		{ 0, "init", NULL,                                                                 \
		  "Put an init before the command that reaps and passes signals on" },             \
		{ 0, "init-image", "IMAGE", "Not supported: moat has its own init" },              \
		{ 'i', "interactive", NULL, "Keep standard input open" },                          \
		{ 0, "ip", "ADDRESS", "Address of IPv4 on the first network" },                    \
		{ 0, "ip6", "ADDRESS", "Address of IPv6 on the first network" },                   \
		{ 'k', "kernel", "PATH",                                                           \
		  "Boot this kernel: a file, or a folder that make kernel made" },                 \
		{ 'l', "label", "KEY[=VALUE]", "Set a label" },                                    \
		{ 0, "label-file", "FILE", "Read labels from a file" },                            \
		{ 0, "link", "CONTAINER[:ALIAS]", "A name for another container in /etc/hosts" },  \
		{ 0, "link-local-ip", "ADDRESS", "Not supported" },                                \
		{ 0, "log-driver", "DRIVER",                                                       \
		  "How output is kept: json-file (the default), none" },                           \
		{ 0, "log-opt", "KEY=VALUE",                                                       \
		  "max-size=SIZE of a log file (20m), max-file=NUMBER of them (5)" },              \
		{ 0, "mac-address", "ADDRESS", "MAC address on the first network" },               \
		{ 0, "masked-path", "PATH",                                                        \
		  "Hide a path from the container; NONE clears the usual ones" },                  \
		{ 'm', "memory", "SIZE", "Memory of the container, e.g. 512m or 2g" },             \
		{ 0, "memory-reservation", "SIZE", "Memory it keeps when memory is short" },       \
		{ 0, "memory-swap", "SIZE",                                                        \
		  "Memory and swap together, as docker takes it; there is no swap" },              \
		{ 0, "mount", "KEY=VALUE,...",                                                     \
		  "Mount: type=bind, volume or tmpfs; source, target, readonly and more" },        \
		{ 0, "name", "NAME", "Name of the container" },                                    \
		{ 0, "net", "NETWORK", "The same as --network" },                                  \
		{ 0, "net-alias", "NAME", "The same as --network-alias" },                         \
		{ 0, "network", "NETWORK[:KEY=VALUE,...]",                                         \
		  "Network to be on, with ip, ip6, mac-address, alias, driver-opt, gw-priority; "  \
		  "none for no network; may be repeated" },                                        \
		{ 0, "network-alias", "NAME",                                                      \
		  "Another name of the container on the first network" },                          \
		{ 0, "no-dns", NULL, "Leave the image's /etc/resolv.conf as it is" },              \
		{ 0, "no-healthcheck", NULL, "Do not check the container's health" },              \
		{ 0, "oom-score-adj", "NUMBER",                                                    \
		  "Whom to kill first for want of memory: -1000 to 1000" },                        \
		{ 0, "os", "OS", "Operating system of the image: linux" },                         \
		{ 0, "pids-limit", "NUMBER", "Largest number of processes; -1 for no limit" },     \
		{ 0, "platform", "OS/ARCH", "Platform of the image, e.g. linux/amd64" },           \
		{ 0, "privileged", NULL,                                                           \
		  "All capabilities and devices of the container's own machine" },                 \
		PROGRESS_OPTION,                                                                   \
		{ 'p', "publish", "[[IP:]HOST:]PORT[/PROTOCOL]",                                   \
		  "Publish a port of the container, or a range, on the host" },                    \
		{ 'P', "publish-all", NULL, "Publish all exposed ports on free ports" },           \
		{ 0, "publish-socket", "HOST:CONTAINER",                                           \
		  "Publish a unix socket of the container at a path of the host" },                \
		{ 0, "pull", "POLICY", "Pull the image first: missing, always or never" },         \
		{ 'q', "quiet", NULL, "Show no progress of a pull" },                              \
		{ 0, "read-only", NULL, "Make the root filesystem read-only" },                    \
		{ 0, "read-only-path", "PATH",                                                     \
		  "Make a path read-only; NONE clears the usual ones" },                           \
		{ 0, "restart", "POLICY",                                                          \
		  "Start it again when it ends: no, on-failure[:N], always, unless-stopped" },     \
		{ 0, "rm", NULL, "Remove the container when it ends" }, SCHEME_OPTION,             \
		{ 0, "secret", "NAME[,OPTION=VALUE]",                                              \
		  "Give it a secret: target=PATH, uid=N, gid=N, mode=OCTAL" },                     \
		{ 0, "security-opt", "OPTION",                                                     \
		  "no-new-privileges, seccomp=FILE or unconfined, systempaths=unconfined" },       \
		{ 0, "shm-size", "SIZE", "Size of /dev/shm, 64m by default" },                     \
		{ 0, "ssh", NULL, "Let the container use the SSH agent (SSH_AUTH_SOCK)" },         \
		{ 0, "stop-signal", "SIGNAL", "Signal that stops the container" },                 \
		{ 0, "stop-timeout", "SECONDS", "Time to stop before the container is killed" },   \
		{ 0, "storage-opt", "size=SIZE",                                                   \
		  "What can be written to the container's own files, e.g. size=2g" },              \
		{ 0, "sysctl", "KEY=VALUE", "Set a parameter of the container's own kernel" },     \
		{ 0, "tmpfs", "PATH[:OPTIONS]", "Mount a file system in memory" },                 \
		{ 't', "tty", NULL, "Give the container a terminal" },                             \
		{ 0, "uid", "USER", "User to run as" },                                            \
		{ 0, "ulimit", "NAME=SOFT[:HARD]", "Set a resource limit" },                       \
		{ 'u', "user", "USER[:GROUP]", "User name or id to run as" },                      \
		{ 'v', "volume", "[SOURCE:]TARGET[:OPTIONS]",                                      \
		  "Mount a folder of the host, or a volume; without a source a new volume" },      \
		{ 0, "volume-driver", "DRIVER", "local, the one that there is" },                  \
		{ 0, "volumes-from", "CONTAINER[:ro]", "Mount what another container mounts" },    \
	{                                                                                          \
		'w', "workdir", "DIR", "Working directory in the container"                        \
	}

const struct option_def create_options[] = { CREATE_OPTIONS, { 0 } };

const struct option_def run_options[] = {
	{ 'd', "detach", NULL, "Run in the background and print the container's id" },
	DETACH_KEYS_OPTION,
	SIG_PROXY_OPTION,
	{ 0, "trace-start", NULL, "Print when each step of the start was done" },
	CREATE_OPTIONS,
	{ 0 }
};

const struct option_def update_options[] = {
	{ 0, "cpu-shares", "NUMBER", "Weight of its CPU time, 2 to 262144" },
	{ 0, "cpus", "NUMBER", "Number of CPUs, e.g. 1.5" },
	{ 0, "cpuset-cpus", "LIST", "Processors of the host it may use, e.g. 0-2,7" },
	{ 'm', "memory", "SIZE", "Memory of the container, e.g. 512m or 2g" },
	{ 0, "memory-reservation", "SIZE", "Memory it keeps when memory is short" },
	{ 0, "memory-swap", "SIZE",
	  "Memory and swap together, as docker takes it; there is no swap" },
	{ 0, "pids-limit", "NUMBER", "Largest number of processes; -1 for no limit" },
	{ 0, "restart", "POLICY",
	  "Start it again when it ends: no, on-failure[:N], always, unless-stopped" },
	{ 0 }
};

const struct option_def exec_options[] = {
	{ 'd', "detach", NULL, "Run in the background" },
	{ 0, "cwd", "DIR", "As --workdir" },
	DETACH_KEYS_OPTION,
	{ 'e', "env", "KEY[=VALUE]",
	  "Set an environment variable; without a value take moat's own" },
	{ 0, "env-file", "FILE", "Read environment variables from a file" },
	{ 0, "gid", "GROUP", "Group to run as, with or without --uid" },
	{ 'i', "interactive", NULL, "Keep standard input open" },
	{ 0, "privileged", NULL, "Give the command all capabilities" },
	{ 't', "tty", NULL, "Give the command a terminal" },
	{ 0, "uid", "USER", "User to run as" },
	{ 'u', "user", "USER[:GROUP]", "User name or id to run as" },
	{ 'w', "workdir", "DIR", "Working directory in the container" },
	{ 0 }
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/table/table-options.h"
#include "cli/table/table.h"

static const struct option_def create_options[] = {
	{ 0, "attachable", NULL, "As docker's, for swarms; it is only kept" },
	{ 0, "aux-address", "NAME=ADDRESS", "An address that no container gets unasked" },
	{ 'd', "driver", "DRIVER", "bridge, the one that there is" },
	{ 0, "egress", "RULE",
	  "What is reached outside: allow=NAME[:PORT], allow=ADDRESS[/BITS][:PORT[/tcp]], deny" },
	{ 0, "gateway", "ADDRESS", "The network's own address in a subnet" },
	{ 0, "internal", NULL, "Reach nothing outside" },
	{ 0, "ip-range", "ADDRESS/BITS", "The part of a subnet that addresses are picked from" },
	{ 0, "ipv6", NULL, "Have addresses of IPv6, too" },
	{ 0, "label", "KEY[=VALUE]", "Set a label" },
	{ 'o', "opt", "KEY=VALUE", "An option, e.g. com.docker.network.driver.mtu=1400" },
	{ 0, "subnet", "ADDRESS/BITS", "A subnet, of each family at most one" },
	{ 0 }
};

static const struct option_def connect_options[] = {
	{ 0, "alias", "NAME", "Another name of the container on this network" },
	{ 0, "driver-opt", "KEY=VALUE", "An option, e.g. com.docker.network.endpoint.ifname=lan0" },
	{ 0, "gw-priority", "NUMBER", "The network with the highest has the default route" },
	{ 0, "ip", "ADDRESS", "Address of IPv4" },
	{ 0, "ip6", "ADDRESS", "Address of IPv6" },
	{ 0, "link", "CONTAINER:ALIAS", "A name for another container in /etc/hosts" },
	{ 0, "mac-address", "ADDRESS", "MAC address" },
	{ 0 }
};

static const struct option_def disconnect_options[] = {
	{ 'f', "force", NULL, "As docker's; it makes no difference" }, { 0 }
};

static const struct option_def ls_options[] = { FILTER_OPTION,
						FORMAT_OPTION,
						NO_TRUNC_OPTION,
						{ 'q', "quiet", NULL, "Show ids only" },
						{ 0 } };

static const struct option_def inspect_options[] = {
	FORMAT_OPTION_('f'), { 'v', "verbose", NULL, "As docker's, for swarms" }, { 0 }
};

static const struct option_def rm_options[] = {
	{ 'f', "force", NULL, "One that is not there is no error" }, { 0 }
};

static const struct option_def prune_options[] = { PRUNE_FILTER_OPTION, FORCE_OPTION, { 0 } };

static const struct example create_examples[] = {
	{ "moat network create web", "A network of its own, with a subnet that is free." },
	{ "moat network create --subnet 10.9.0.0/24 --ipv6 lab", "Addresses of one's own choice." },
	{ "moat network create --egress allow=example.org:443 --egress deny box",
	  "Its containers reach one name outside, and nothing else." },
	{ 0 }
};

static const struct example connect_examples[] = {
	{ "moat network connect --alias db backend postgres",
	  "The container postgres, under a second name." },
	{ 0 }
};

const struct command network_commands[] = {
	{ .name = "network create",
	  .synopsis = "[OPTIONS] NAME",
	  .summary = "Make a network",
	  .description = "Containers on a network reach each other by name, and what is outside; "
			 "those of different networks do not reach each other. Without --subnet a "
			 "subnet is picked that no other network and no route of this host has.",
	  .options = create_options,
	  .examples = create_examples,
	  .run = command_network_create,
	  .min_args = 1,
	  .max_args = 1 },
	{ .name = "network ls",
	  .synopsis = "[OPTIONS]",
	  .summary = "List networks",
	  .description =
		  "The network default is always there, and is also called bridge; on none a "
		  "container has nothing but a loopback.",
	  .options = ls_options,
	  .run = command_network_ls },
	{ .name = "network inspect",
	  .synopsis = "[OPTIONS] NETWORK...",
	  .summary = "Show everything about networks",
	  .description = "Prints a JSON array with an object for each network, which has the "
			 "containers that run on it.",
	  .options = inspect_options,
	  .run = command_network_inspect,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_NETWORK },
	{ .name = "network rm",
	  .synopsis = "[OPTIONS] NETWORK...",
	  .summary = "Remove networks",
	  .description = "A network on which a container runs is kept.",
	  .options = rm_options,
	  .run = command_network_rm,
	  .min_args = 1,
	  .max_args = ARGS_ANY,
	  .args = ARG_NETWORK },
	{ .name = "network prune",
	  .synopsis = "[OPTIONS]",
	  .summary = "Remove networks that no container is on",
	  .description = "Those of containers that do not run are kept, too.",
	  .options = prune_options,
	  .run = command_network_prune },
	{ .name = "network connect",
	  .synopsis = "[OPTIONS] NETWORK CONTAINER",
	  .summary = "Connect a container to a network",
	  .description = "Where the container runs it has one more interface at once.",
	  .options = connect_options,
	  .examples = connect_examples,
	  .run = command_network_connect,
	  .min_args = 2,
	  .max_args = 2,
	  .args = ARG_NETWORK },
	{ .name = "network disconnect",
	  .synopsis = "[OPTIONS] NETWORK CONTAINER",
	  .summary = "Disconnect a container from a network",
	  .description = "Where the container runs, it loses the interface at once.",
	  .options = disconnect_options,
	  .run = command_network_disconnect,
	  .min_args = 2,
	  .max_args = 2,
	  .args = ARG_NETWORK },
	{ 0 }
};

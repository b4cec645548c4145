/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other names of commands, as users of docker, podman and Apple's container type them.  The name of
 * a group may also stand before each of its commands: "moat container run".
 */
#include "cli/table/table.h"

const struct command_group command_groups[] = {
	{ "container", "Containers", container_commands },
	{ "image", "Images", image_commands },
	{ "registry", "Registries", registry_commands },
	{ "network", "Networks", network_commands },
	{ "secret", "Secrets", secret_commands },
	{ "volume", "Volumes", volume_commands },
	{ "system", "System", system_commands },
	{ 0 },
};

const struct command_alias command_aliases[] = {
	{ "ls", "ps" },
	{ "list", "ps" },
	{ "delete", "rm" },
	{ "remove", "rm" },
	{ "images", "image ls" },
	{ "rmi", "image rm" },
	{ "tag", "image tag" },
	{ "load", "image load" },
	{ "save", "image save" },
	{ "import", "image import" },
	{ "history", "image history" },
	{ "image pull", "pull" },
	{ "image push", "push" },
	{ "image list", "image ls" },
	{ "image remove", "image rm" },
	{ "image delete", "image rm" },
	{ "registry login", "login" },
	{ "registry logout", "logout" },
	{ "registry list", "registry ls" },
	{ "secret list", "secret ls" },
	{ "secret remove", "secret rm" },
	{ "network list", "network ls" },
	{ "network remove", "network rm" },
	{ "network delete", "network rm" },
	{ "volume list", "volume ls" },
	{ "volume remove", "volume rm" },
	{ "volume delete", "volume rm" },
	{ "info", "system info" },
	{ "system events", "events" },
	{ 0 },
};

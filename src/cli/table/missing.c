/* SPDX-License-Identifier: Apache-2.0 */
/* Commands and options that people know from docker or Apple's container and moat does not have:
 * refused by name. */
#include "cli/table/missing.h"

#include <string.h>

#include "base/macro.h"
#include "base/str.h"

#define NO_BUILD "images cannot be built yet; `moat commit` and `moat image import` make some"
#define NO_SWARM "moat is no cluster"

static const struct missing {
	const char *name;
	const char *why;
} commands[] = {
	{ "build", NO_BUILD },
	{ "builder", NO_BUILD },
	{ "buildx", NO_BUILD },
	{ "manifest",
	  "`skopeo inspect` shows what registries have; `moat image inspect` what is here" },
	{ "search", "registries are not searched" },
	{ "compose", "docker-compose works with DOCKER_HOST set to moatd's socket" },
	{ "context", "the environment's MOAT_HOST names another moatd" },
	{ "plugin", "there are no plugins" },
	{ "trust", "signatures are not checked" },
	{ "swarm", NO_SWARM },
	{ "node", NO_SWARM },
	{ "service", NO_SWARM },
	{ "stack", NO_SWARM },
	{ "config", NO_SWARM },
	{ "checkpoint", "machines of containers are not saved" },
};

static const struct {
	const char *command; /* run stands for create, too */
	const char *name;
	const char *why;
} options[] = {
	{ "run", "a", "`moat create` and `moat start -a` choose what is attached" },
	{ "run", "attach", "`moat create` and `moat start -a` choose what is attached" },
	{ "run", "device", "a container's devices are its machine's" },
	{ "run", "gpus", "a container's devices are its machine's" },
	{ "run", "blkio-weight", "reads and writes of disks are not limited" },
	{ "run", "device-read-bps", "reads and writes of disks are not limited" },
	{ "run", "device-write-bps", "reads and writes of disks are not limited" },
	{ "run", "cgroup-parent", "a container's cgroup is in its own machine" },
	{ "run", "cgroupns", "a container's cgroup is in its own machine" },
	{ "run", "ipc", "a container shares nothing with another, or with the host" },
	{ "run", "pid", "a container shares nothing with another, or with the host" },
	{ "run", "uts", "a container shares nothing with another, or with the host" },
	{ "run", "userns", "a container has a kernel of its own, and no need of user namespaces" },
	{ "run", "isolation", "each container has a virtual machine" },
	{ "run", "runtime", "there is one runtime, moat's" },
	{ "run", "disable-content-trust", "signatures are not checked" },
};

const char *missing_command(const char *name)
{
	const struct missing *m = STR_FIND(commands, name);

	return m ? m->why : NULL;
}

const char *missing_option(const char *command, const char *name, size_t name_len)
{
	if (streq(command, "create"))
		command = "run";
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (streq(options[i].command, command) && strlen(options[i].name) == name_len &&
		    strncmp(options[i].name, name, name_len) == 0)
			return options[i].why;
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */

#include "daemon/spec/field-table.h"

#include "base/str.h"

#define EFFECTIVE(n)                                                                               \
	{                                                                                          \
		.name = n, .effect = FIELD_EFFECTIVE                                               \
	}
#define PARTLY(n, note)                                                                            \
	{                                                                                          \
		.name = n, .effect = FIELD_EFFECTIVE, .why = note                                  \
	}
#define IGNORED(n, because)                                                                        \
	{                                                                                          \
		.name = n, .effect = FIELD_IGNORED, .why = because                                 \
	}
#define REFUSED(n, what)                                                                           \
	{                                                                                          \
		.name = n, .effect = FIELD_REFUSED, .why = what                                    \
	}
#define UNLESS(n, what, one, two)                                                                  \
	{                                                                                          \
		.name = n, .effect = FIELD_REFUSED, .why = what, .fine = { one, two }              \
	}

#define NAMESPACES "shared namespaces: every container has a kernel of its own"
#define OUTCOME	   "this is for the network to say"
#define THROTTLES  "a machine's disks are not throttled yet"
#define VERSION_2  "cgroups of version 2 do not have it"
#define WINDOWS	   "only Windows has it"

static const struct field config[] = {
	EFFECTIVE("Hostname"),
	EFFECTIVE("Domainname"),
	EFFECTIVE("User"),
	EFFECTIVE("AttachStdin"),
	EFFECTIVE("AttachStdout"),
	EFFECTIVE("AttachStderr"),
	PARTLY("ExposedPorts", "kept; nothing is reached by it, as in docker"),
	EFFECTIVE("Tty"),
	EFFECTIVE("OpenStdin"),
	EFFECTIVE("StdinOnce"),
	EFFECTIVE("Env"),
	EFFECTIVE("Cmd"),
	EFFECTIVE("Healthcheck"),
	IGNORED("ArgsEscaped", WINDOWS),
	EFFECTIVE("Image"),
	EFFECTIVE("Volumes"),
	EFFECTIVE("WorkingDir"),
	EFFECTIVE("Entrypoint"),
	EFFECTIVE("NetworkDisabled"),
	PARTLY("MacAddress", "of the first network, as in docker"),
	IGNORED("OnBuild", "it is for builds on an image"),
	EFFECTIVE("Labels"),
	EFFECTIVE("StopSignal"),
	EFFECTIVE("StopTimeout"),
	PARTLY("Shell", "for health checks, as in docker"),
	EFFECTIVE("HostConfig"),
	EFFECTIVE("NetworkingConfig"),
};

static const struct field host[] = {
	PARTLY("Binds", "propagation out of the container is refused"),
	PARTLY("ContainerIDFile", "kept, as in docker: the client writes it"),
	PARTLY("LogConfig", "json-file, local, none; a warning for options without effect"),
	PARTLY("NetworkMode",
	       "a network, default, bridge (the same), none; host and container:NAME are refused"),
	PARTLY("PortBindings", "of TCP and UDP; SCTP is refused"),
	EFFECTIVE("RestartPolicy"),
	EFFECTIVE("AutoRemove"),
	UNLESS("VolumeDriver", "other volume drivers", "local", NULL),
	EFFECTIVE("VolumesFrom"),
	PARTLY("Mounts", "bind, volume, tmpfs; others are refused, and binds that treat what is "
			 "mounted below the source in another way"),
	EFFECTIVE("ConsoleSize"),
	IGNORED("Annotations", "they are kept, and nothing in moat reads them"),
	EFFECTIVE("CapAdd"),
	EFFECTIVE("CapDrop"),
	UNLESS("CgroupnsMode", NAMESPACES, "private", NULL),
	EFFECTIVE("Dns"),
	EFFECTIVE("DnsOptions"),
	EFFECTIVE("DnsSearch"),
	PARTLY("ExtraHosts",
	       "a warning for host-gateway where the container has no network, or internal ones "
	       "alone"),
	EFFECTIVE("GroupAdd"),
	UNLESS("IpcMode", NAMESPACES, "private", "shareable"),
	REFUSED("Cgroup", "cgroups of other containers"),
	PARTLY("Links", "lines in /etc/hosts; no variables of the environment"),
	EFFECTIVE("OomScoreAdj"),
	REFUSED("PidMode", NAMESPACES),
	EFFECTIVE("Privileged"),
	EFFECTIVE("PublishAllPorts"),
	EFFECTIVE("ReadonlyRootfs"),
	PARTLY("SecurityOpt", "no-new-privileges, seccomp, systempaths; apparmor and label to turn "
			      "them off, else refused"),
	PARTLY("StorageOpt", "size, up to 64 GiB"),
	EFFECTIVE("Tmpfs"),
	REFUSED("UTSMode", NAMESPACES),
	REFUSED("UsernsMode", NAMESPACES),
	EFFECTIVE("ShmSize"),
	EFFECTIVE("Sysctls"),
	UNLESS("Runtime", "other runtimes", "moat", NULL),
	UNLESS("Isolation", "other kinds of isolation", "default", NULL),
	EFFECTIVE("MaskedPaths"),
	EFFECTIVE("ReadonlyPaths"),
	EFFECTIVE("CpuShares"),
	EFFECTIVE("Memory"),
	REFUSED("CgroupParent", "parent cgroups yet"),
	IGNORED("BlkioWeight", THROTTLES),
	IGNORED("BlkioWeightDevice", THROTTLES),
	IGNORED("BlkioDeviceReadBps", THROTTLES),
	IGNORED("BlkioDeviceWriteBps", THROTTLES),
	IGNORED("BlkioDeviceReadIOps", THROTTLES),
	IGNORED("BlkioDeviceWriteIOps", THROTTLES),
	EFFECTIVE("CpuPeriod"),
	EFFECTIVE("CpuQuota"),
	IGNORED("CpuRealtimePeriod", VERSION_2),
	IGNORED("CpuRealtimeRuntime", VERSION_2),
	EFFECTIVE("CpusetCpus"),
	IGNORED("CpusetMems", "a machine has one node of memory"),
	REFUSED("Devices", "devices yet"),
	REFUSED("DeviceCgroupRules", "device cgroup rules yet"),
	REFUSED("DeviceRequests", "devices yet"),
	IGNORED("KernelMemory", VERSION_2),
	IGNORED("KernelMemoryTCP", VERSION_2),
	EFFECTIVE("MemoryReservation"),
	PARTLY("MemorySwap",
	       "a container's machine has no swap: a warning where it is to have some"),
	IGNORED("MemorySwappiness", "a container's machine has no swap"),
	EFFECTIVE("NanoCpus"),
	IGNORED("OomKillDisable", VERSION_2),
	EFFECTIVE("Init"),
	EFFECTIVE("PidsLimit"),
	EFFECTIVE("Ulimits"),
	IGNORED("CpuCount", WINDOWS),
	IGNORED("CpuPercent", WINDOWS),
	IGNORED("IOMaximumIOps", WINDOWS),
	IGNORED("IOMaximumBandwidth", WINDOWS),
	PARTLY("Moat", "moat's own: Cold, Kernel, Modules, Secrets, NoDns, Sockets, SshAuthSock"),
};

static const struct field network[] = {
	EFFECTIVE("EndpointsConfig"),
};

static const struct field endpoint[] = {
	EFFECTIVE("IPAMConfig"),
	PARTLY("Links", "lines in /etc/hosts"),
	EFFECTIVE("MacAddress"),
	EFFECTIVE("Aliases"),
	PARTLY("DriverOpts", "com.docker.network.endpoint.sysctls and .ifname; others are refused"),
	EFFECTIVE("GwPriority"),
	IGNORED("NetworkID", OUTCOME),
	IGNORED("EndpointID", OUTCOME),
	IGNORED("Gateway", OUTCOME),
	IGNORED("IPAddress", OUTCOME),
	IGNORED("IPPrefixLen", OUTCOME),
	IGNORED("IPv6Gateway", OUTCOME),
	IGNORED("GlobalIPv6Address", OUTCOME),
	IGNORED("GlobalIPv6PrefixLen", OUTCOME),
	IGNORED("DNSNames", OUTCOME),
};

static const struct field address[] = {
	EFFECTIVE("IPv4Address"),
	EFFECTIVE("IPv6Address"),
	REFUSED("LinkLocalIPs", "link-local addresses of one's own choice"),
};

const struct field *fields_of(enum field_place place, size_t *ret_n)
{
	static const struct {
		const struct field *fields;
		size_t n;
	} places[FIELD_PLACES] = {
		[FIELD_CONFIG] = { config, ARRAY_SIZE(config) },
		[FIELD_HOST] = { host, ARRAY_SIZE(host) },
		[FIELD_NETWORK] = { network, ARRAY_SIZE(network) },
		[FIELD_ENDPOINT] = { endpoint, ARRAY_SIZE(endpoint) },
		[FIELD_ADDRESS] = { address, ARRAY_SIZE(address) },
	};

	*ret_n = places[place].n;
	return places[place].fields;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Clients read every member of HostConfig that docker has, whoever made the
 * container.  What is stored stays what was asked for; defaults are laid below it when it is shown,
 * so they hold for containers of older versions, too.
 */
#include "daemon/spec/host-defaults.h"

#include <errno.h>

#include "base/json-object.h"

#define SHM_BYTES MIB(64)

static json_t *guest_defaults(void)
{
	return JSON_OBJECT(
		member_json("ConsoleSize", json_pack("[i, i]", 0, 0)), member_null("CapAdd"),
		member_null("CapDrop"), member_text("CgroupnsMode", "private"),
		member_json("Dns", json_array()), member_json("DnsOptions", json_array()),
		member_json("DnsSearch", json_array()), member_null("ExtraHosts"),
		member_null("GroupAdd"), member_text("IpcMode", "private"),
		member_text("Cgroup", ""), member_int("OomScoreAdj", 0), member_text("PidMode", ""),
		member_bool("Privileged", false), member_bool("ReadonlyRootfs", false),
		member_null("SecurityOpt"), member_text("UTSMode", ""),
		member_text("UsernsMode", ""), member_int("ShmSize", SHM_BYTES),
		member_json("Devices", json_array()), member_null("DeviceCgroupRules"),
		member_null("DeviceRequests"), member_json("Ulimits", json_array()));
}

static json_t *host_defaults(void)
{
	return JSON_OBJECT(
		member_null("Binds"), member_text("ContainerIDFile", ""),
		member_json("LogConfig", JSON_OBJECT(member_text("Type", "json-file"),
						     member_json("Config", json_object()))),
		member_text("NetworkMode", "default"), member_json("PortBindings", json_object()),
		member_json("RestartPolicy", JSON_OBJECT(member_text("Name", "no"),
							 member_int("MaximumRetryCount", 0))),
		member_bool("AutoRemove", false), member_text("VolumeDriver", ""),
		member_null("VolumesFrom"), member_null("Links"),
		member_bool("PublishAllPorts", false), member_text("Runtime", "moat"),
		member_text("Isolation", ""));
}

static json_t *limit_defaults(void)
{
	return JSON_OBJECT(
		member_int("CpuShares", 0), member_int("Memory", 0), member_int("NanoCpus", 0),
		member_text("CgroupParent", ""), member_int("BlkioWeight", 0),
		member_json("BlkioWeightDevice", json_array()),
		member_json("BlkioDeviceReadBps", json_array()),
		member_json("BlkioDeviceWriteBps", json_array()),
		member_json("BlkioDeviceReadIOps", json_array()),
		member_json("BlkioDeviceWriteIOps", json_array()), member_int("CpuPeriod", 0),
		member_int("CpuQuota", 0), member_int("CpuRealtimePeriod", 0),
		member_int("CpuRealtimeRuntime", 0), member_text("CpusetCpus", ""),
		member_text("CpusetMems", ""), member_int("MemoryReservation", 0),
		member_int("MemorySwap", 0), member_null("PidsLimit"), member_int("CpuCount", 0),
		member_int("CpuPercent", 0), member_int("IOMaximumIOps", 0),
		member_int("IOMaximumBandwidth", 0));
}

/* Is the value one that docker's clients write where their user gave none? */
static bool is_unset(const json_t *v)
{
	return !v || json_is_null(v) || (json_is_integer(v) && json_integer_value(v) == 0) ||
	       (json_is_string(v) && json_string_length(v) == 0);
}

static int fill_defaults(json_t *obj, const json_t *defaults)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)defaults, key, value) {
		json_t *given = json_object_get(obj, key);
		int r = 0;

		if (is_unset(given))
			r = json_object_set(obj, key, value);
		else if (json_is_object(given) && json_is_object(value))
			r = fill_defaults(given, value);
		if (r < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Makes members null that cgroups of version 2 do not have, whatever was asked for. */
static int fill_missing_knobs(json_t *host)
{
	return json_object_set_new(host, "MemorySwappiness", json_null()) < 0 ||
			       json_object_set_new(host, "OomKillDisable", json_null()) < 0
		       ? -ENOMEM
		       : 0;
}

int host_config_fill(json_t *host)
{
	json_t *(*const parts[])(void) = { host_defaults, guest_defaults, limit_defaults };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		cleanup_json json_t *defaults = parts[i]();
		int r = defaults ? fill_defaults(host, defaults) : -ENOMEM;

		if (r < 0)
			return r;
	}
	return fill_missing_knobs(host);
}

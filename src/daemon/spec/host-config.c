/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  HostConfig is kept as the client sent it, but for paths that are hidden or
 * read-only by default; inspect fills in the rest (host-defaults.c).  Here limits and policies are
 * checked; what moat cannot honour was refused before (fields.h), and what becomes part of the
 * runtime-spec is checked where that is made.
 */
#include "daemon/spec/host-config.h"

#include <errno.h>

#include "base/cpuset.h"
#include "base/str.h"
#include "daemon/spec/config.h"
#include "daemon/spec/log-config.h"
#include "daemon/spec/options.h"
#include "daemon/spec/restart-policy.h"
#include "oci/paths.h"

#define MEMORY_MIN MIB(6)

/* Warns of names that are to lead to the host, where the container cannot reach it. */
static int warn_of_gateway(const json_t *host, const char *why, char ***ret)
{
	const json_t *item;
	size_t i;

	json_array_foreach (json_object_get(host, "ExtraHosts"), i, item) {
		const char *text = json_string_value(item);

		if (text && str_ends(text, ":" CONFIG_HOST_GATEWAY) &&
		    strv_addf(ret, "%s: %s there is no way to the host, so it is not in /etc/hosts",
			      text, why) < 0)
			return -ENOMEM;
	}
	return 0;
}

int host_config_warn_closed(const json_t *host, const char *network, char ***ret)
{
	cleanup_free char *why = str_printf("network %s is internal,", network);

	return why ? warn_of_gateway(host, why, ret) : -ENOMEM;
}

/* Warns of members that need a network, where the container is to have none. */
static int warn_of_no_network(const json_t *host, char ***ret)
{
	const char *mode = json_string_value(json_object_get(host, "NetworkMode"));

	if (!mode || !streq(mode, "none"))
		return 0;
	if (json_array_size(json_object_get(host, "Links")) > 0 &&
	    strv_add(ret, "Links has no effect: the container has no network") < 0)
		return -ENOMEM;
	return warn_of_gateway(host, "without a network", ret);
}

int host_config_warn(const json_t *host, char ***ret)
{
	if (json_integer_value(json_object_get(host, "MemorySwap")) > 0 &&
	    json_integer_value(json_object_get(host, "MemorySwap")) !=
		    json_integer_value(json_object_get(host, "Memory")) &&
	    strv_add(ret, "a container's machine has no swap: MemorySwap has no effect") < 0)
		return -ENOMEM;
	if (warn_of_no_network(host, ret) < 0)
		return -ENOMEM;
	return log_config_warn(host, ret);
}

static int check_limits(const json_t *host, unsigned host_cpus, struct err *err)
{
	int64_t memory = 0, nano_cpus = 0, quota = 0, period = 0, pids = 0;
	int r = json_get_i64(host, "Memory", &memory, err);

	if (r == 0)
		r = json_get_i64(host, "NanoCpus", &nano_cpus, err);
	if (r == 0)
		r = json_get_i64(host, "CpuQuota", &quota, err);
	if (r == 0)
		r = json_get_i64(host, "CpuPeriod", &period, err);
	if (r == 0)
		r = json_get_i64(host, "PidsLimit", &pids, err);
	if (r < 0)
		return r;
	if (memory != 0 && memory < (int64_t)MEMORY_MIN)
		return err_set(err, -EINVAL, "Minimum memory limit allowed is 6MB");
	if (memory > (int64_t)GIB(16384))
		return err_set(err, -EINVAL, "memory limit of more than 16 TiB");
	if (nano_cpus < 0 || nano_cpus > (int64_t)host_cpus * 1000000000)
		return err_set(err, -EINVAL,
			       "range of CPUs is from 0.01 to %u.00, as there are only %u CPUs "
			       "available",
			       host_cpus, host_cpus);
	if (nano_cpus && (quota || period))
		return err_set(err, -EINVAL,
			       "Conflicting options: Nano CPUs and CPU Period or Quota cannot "
			       "both be set");
	if ((period && (period < 1000 || period > 1000000)) || (quota > 0 && quota < 1000))
		return err_set(err, -EINVAL,
			       "CPU period must be 1 ms to 1 s and CPU quota at least 1 ms");
	return 0;
}

/* Checks memory's other members.  A machine has no swap, but docker has several ways to ask for
 * that, with rules of their own. */
static int check_more_memory(const json_t *host, struct err *err)
{
	int64_t memory = 0, swap = 0, reserved = 0;
	int r = json_get_i64(host, "Memory", &memory, err);

	if (r == 0)
		r = json_get_i64(host, "MemorySwap", &swap, err);
	if (r == 0)
		r = json_get_i64(host, "MemoryReservation", &reserved, err);
	if (r < 0)
		return r;
	if (swap < -1)
		return err_set(err, -EINVAL, "invalid memory swap limit %lld", (long long)swap);
	if (swap > 0 && memory == 0)
		return err_set(err, -EINVAL,
			       "You should always set the Memory limit when using Memoryswap "
			       "limit, see usage");
	if (swap > 0 && swap < memory)
		return err_set(err, -EINVAL,
			       "Minimum memoryswap limit should be larger than memory limit, see "
			       "usage");
	if (reserved != 0 && reserved < (int64_t)MEMORY_MIN)
		return err_set(err, -EINVAL, "Minimum memory reservation allowed is 6MB");
	if (memory > 0 && reserved > memory)
		return err_set(err, -EINVAL,
			       "Minimum memory limit can not be less than memory reservation "
			       "limit, see usage");
	return 0;
}

static int check_cpus(const json_t *host, unsigned host_cpus, struct err *err)
{
	const char *list;
	int64_t shares = 0;
	cpu_set_t set;
	int r = json_get_i64(host, "CpuShares", &shares, err);

	if (r == 0 && shares < 0)
		return err_set(err, -EINVAL,
			       "invalid CPU shares (%lld): value must be a positive integer",
			       (long long)shares);
	if (r == 0)
		r = json_get_str(host, "CpusetCpus", &list, err);
	if (r < 0 || !list || !*list)
		return r;
	if (cpuset_parse(list, &set) < 0)
		return err_set(err, -EINVAL, "Invalid value %s for cpuset cpus", list);
	for (unsigned i = host_cpus; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			return err_set(err, -EINVAL,
				       "Requested CPUs are not available - requested %s, "
				       "available: 0-%u",
				       list, host_cpus - 1);
	return 0;
}

static int check_restart(const json_t *host, struct err *err)
{
	struct restart_policy policy = { 0 };
	json_t *given;
	bool auto_remove = false;
	int r = json_get_object(host, "RestartPolicy", &given, err);

	if (r == 0)
		r = json_get_bool(host, "AutoRemove", &auto_remove, err);
	if (r == 0)
		r = restart_policy_read(given, &policy, err);
	if (r < 0)
		return r;
	if (auto_remove && policy.kind != RESTART_NO)
		return err_set(err, -EINVAL,
			       "can't create 'AutoRemove' container with restart policy");
	return 0;
}

static int fill_paths(json_t *host, const char *key, const char *const *paths, bool none)
{
	json_t *list;

	if (none)
		return json_object_set_new(host, key, json_array()) < 0 ? -ENOMEM : 0;
	if (json_is_array(json_object_get(host, key)))
		return 0;
	list = json_array();
	if (json_object_set_new(host, key, list) < 0)
		return -ENOMEM;
	for (; *paths; paths++)
		if (json_array_append_new(list, json_string(*paths)) < 0)
			return -ENOMEM;
	return 0;
}

static int fill_all_paths(json_t *host, struct err *err)
{
	const char *system_paths;
	bool none = json_is_true(json_object_get(host, "Privileged"));
	int r = spec_security_opt(host, "systempaths", &system_paths, err);

	if (r < 0)
		return r;
	none = none || (system_paths && streq(system_paths, "unconfined"));
	if (fill_paths(host, "MaskedPaths", oci_default_masked_paths, none) < 0 ||
	    fill_paths(host, "ReadonlyPaths", oci_default_readonly_paths, none) < 0)
		return err_nomem(err);
	return 0;
}

int host_config_check(const json_t *body, unsigned host_cpus, json_t **ret, struct err *err)
{
	cleanup_json json_t *out = NULL;
	struct log_config log;
	json_t *given;
	int r = json_get_object(body, "HostConfig", &given, err);

	if (r < 0)
		return r;
	out = given ? json_copy(given) : json_object();
	if (!out)
		return err_nomem(err);
	r = log_config_read(out, &log, err);
	if (r == 0)
		r = check_limits(out, host_cpus, err);
	if (r == 0)
		r = check_more_memory(out, err);
	if (r == 0)
		r = check_cpus(out, host_cpus, err);
	if (r == 0)
		r = check_restart(out, err);
	if (r == 0)
		r = fill_all_paths(out, err);
	if (r < 0)
		return r;
	*ret = take_ptr(out);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits as the guest's cgroup takes them.  host_config_check() has seen to their range.
 */
#include "daemon/spec/limits.h"

#include "base/str.h"

#define CPU_PERIOD_USEC 100000u
#define SHARES_MIN	2
#define SHARES_MAX	262144

static int make_cpu(const json_t *host, struct oci_runtime *rt, struct err *err)
{
	int64_t nano_cpus = 0, period = 0;
	int r = json_get_i64(host, "NanoCpus", &nano_cpus, err);

	if (r == 0)
		r = json_get_i64(host, "CpuQuota", &rt->cpu_quota_usec, err);
	if (r == 0)
		r = json_get_i64(host, "CpuPeriod", &period, err);
	if (r < 0)
		return r;
	if (rt->cpu_quota_usec < 0)
		rt->cpu_quota_usec = 0;
	rt->cpu_period_usec = period > 0 ? (uint64_t)period : CPU_PERIOD_USEC;
	if (nano_cpus > 0)
		rt->cpu_quota_usec = nano_cpus / 1000 * CPU_PERIOD_USEC / 1000000;
	if (rt->cpu_quota_usec > 0 && rt->cpu_quota_usec < 1000)
		rt->cpu_quota_usec = 1000; /* the kernel's least */
	return 0;
}

/* Converts cgroup v1's weight (2 to 262144) to v2's (1 to 10000), as all runtimes do. */
static int make_weight(const json_t *host, char ***cgroup, struct err *err)
{
	int64_t shares = 0;
	int r = json_get_i64(host, "CpuShares", &shares, err);

	if (r < 0 || shares <= 0)
		return r;
	if (shares < SHARES_MIN)
		shares = SHARES_MIN;
	if (shares > SHARES_MAX)
		shares = SHARES_MAX;
	return strv_addf(cgroup, "cpu.weight=%lld",
			 (long long)(1 +
				     (shares - SHARES_MIN) * 9999 / (SHARES_MAX - SHARES_MIN))) < 0
		       ? err_nomem(err)
		       : 0;
}

static int make_reservation(const json_t *host, char ***cgroup, struct err *err)
{
	int64_t bytes = 0;
	int r = json_get_i64(host, "MemoryReservation", &bytes, err);

	if (r < 0 || bytes <= 0)
		return r;
	return strv_addf(cgroup, "memory.low=%lld", (long long)bytes) < 0 ? err_nomem(err) : 0;
}

int spec_limits(const json_t *host, struct oci_runtime *rt, struct err *err)
{
	int r = json_get_i64(host, "Memory", &rt->memory_bytes, err);

	if (r == 0)
		r = json_get_i64(host, "PidsLimit", &rt->pids_max, err);
	if (r < 0)
		return r;
	if (rt->pids_max < 0)
		rt->pids_max = 0;
	r = make_cpu(host, rt, err);
	if (r == 0)
		r = make_weight(host, &rt->options.cgroup, err);
	return r == 0 ? make_reservation(host, &rt->options.cgroup, err) : r;
}

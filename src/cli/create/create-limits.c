/* SPDX-License-Identifier: Apache-2.0 */
/* Limits and restart policy, for run, create and update. */
#include "cli/create/create-limits.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cli/create/create-put.h"

/* "1.5" as billionths of a CPU. */
static int create_nano_cpus(const char *text, int64_t *ret, struct err *err)
{
	int64_t nano = 0, scale = (int64_t)NSEC_PER_SEC;
	bool fraction = false, digits = false;

	for (const char *s = text; *s; s++) {
		if (*s == '.' && !fraction) {
			fraction = true;
			continue;
		}
		if (*s < '0' || *s > '9' || nano > 1000000 * (int64_t)NSEC_PER_SEC)
			return err_set(err, -EINVAL, "invalid number of CPUs \"%s\"", text);
		digits = true;
		if (fraction)
			scale /= 10;
		nano = fraction ? nano + (*s - '0') * scale : nano * 10 + (*s - '0') * scale;
	}
	if (!digits)
		return err_set(err, -EINVAL, "invalid number of CPUs \"%s\"", text);
	*ret = nano;
	return 0;
}

static int parse_limit(const char *text, int64_t *ret)
{
	uint64_t v;

	if (streq(text, "-1") || streq(text, "unlimited")) {
		*ret = -1;
		return 0;
	}
	if (str_to_u64(text, &v) < 0 || v > INT64_MAX)
		return -EINVAL;
	*ret = (int64_t)v;
	return 0;
}

/* "nofile=1024:2048" as docker's Ulimit object; owned. */
static int create_ulimit(const char *text, json_t **ret, struct err *err)
{
	cleanup_free char *name = strdup(text);
	char *soft_text, *hard_text = NULL;
	int64_t soft, hard;
	json_t *obj;

	if (!name)
		return err_nomem(err);
	soft_text = strchr(name, '=');
	if (soft_text) {
		*soft_text++ = '\0';
		hard_text = strchr(soft_text, ':');
		if (hard_text)
			*hard_text++ = '\0';
	}
	if (!soft_text || !*name || parse_limit(soft_text, &soft) < 0 ||
	    parse_limit(hard_text ? hard_text : soft_text, &hard) < 0)
		return err_set(err, -EINVAL, "invalid ulimit \"%s\"; write NAME=SOFT[:HARD]", text);
	obj = json_pack("{s:s, s:I, s:I}", "Name", name, "Soft", (json_int_t)soft, "Hard",
			(json_int_t)hard);
	if (!obj)
		return err_nomem(err);
	*ret = obj;
	return 0;
}

int create_put_ulimits(const struct options *o, json_t *host, struct err *err)
{
	json_t *list = json_array(), *limit = NULL;
	const char *value;
	size_t cursor = 0;
	int r = create_put(host, "Ulimits", list, err);

	while (r == 0 && (value = options_next(o, "ulimit", &cursor))) {
		r = create_ulimit(value, &limit, err);
		if (r == 0 && json_array_append_new(list, limit) < 0)
			r = err_nomem(err);
	}
	return r;
}

static int put_size(const struct options *o, const char *option, const char *key, json_t *host,
		    struct err *err)
{
	const char *text = options_value(o, option);
	uint64_t bytes;

	if (!text)
		return 0;
	if (str_to_size(text, &bytes) < 0 || bytes > INT64_MAX)
		return err_set(err, -EINVAL, "invalid size \"%s\"; write 512m or 2g", text);
	return create_put(host, key, json_integer((json_int_t)bytes), err);
}

/* docker's limits beside CPUs, memory and processes. */
static int put_more_limits(const struct options *o, json_t *host, struct err *err)
{
	static const struct create_text texts[] = { { "cpuset-cpus", "CpusetCpus" }, { 0 } };
	const char *swap = options_value(o, "memory-swap"),
		   *shares = options_value(o, "cpu-shares");
	uint32_t n;
	int r = put_size(o, "memory-reservation", "MemoryReservation", host, err);

	if (r == 0 && swap && streq(swap, "-1"))
		r = create_put(host, "MemorySwap", json_integer(-1), err);
	else if (r == 0)
		r = put_size(o, "memory-swap", "MemorySwap", host, err);
	if (r == 0 && shares) {
		if (str_to_u32(shares, &n) < 0)
			return err_set(err, -EINVAL, "invalid CPU shares \"%s\"", shares);
		r = create_put(host, "CpuShares", json_integer(n), err);
	}
	return r < 0 ? r : create_put_texts(o, texts, host, err);
}

static int put_limits(const struct options *o, json_t *host, struct err *err)
{
	const char *cpus = options_value(o, "cpus"), *pids = options_value(o, "pids-limit");
	int64_t value = 0;
	int r = put_size(o, "memory", "Memory", host, err);

	if (r == 0 && cpus) {
		r = create_nano_cpus(cpus, &value, err);
		if (r == 0)
			r = create_put(host, "NanoCpus", json_integer(value), err);
	}
	if (r == 0 && pids) {
		if (parse_limit(pids, &value) < 0)
			return err_set(err, -EINVAL, "invalid number of processes \"%s\"", pids);
		r = create_put(host, "PidsLimit", json_integer(value), err);
	}
	return r;
}

/* "on-failure:3" as docker's RestartPolicy object; owned. */
static int create_restart_policy(const char *text, json_t **ret, struct err *err)
{
	size_t len = strcspn(text, ":");
	uint32_t retries = 0;
	json_t *policy;

	if (len == 0 ||
	    (text[len] && (str_to_u32(text + len + 1, &retries) < 0 || retries > INT32_MAX)))
		return err_set(err, -EINVAL,
			       "invalid restart policy \"%s\"; write no, on-failure[:N], always or "
			       "unless-stopped",
			       text);
	policy = json_pack("{s:s%, s:I}", "Name", text, len, "MaximumRetryCount",
			   (json_int_t)retries);
	if (!policy)
		return err_set(err, -EINVAL, "restart policy: not UTF-8 text, or out of memory");
	*ret = policy;
	return 0;
}

static int put_restart_policy(const struct options *o, json_t *host, struct err *err)
{
	const char *text = options_value(o, "restart");
	json_t *policy = NULL;
	int r = text ? create_restart_policy(text, &policy, err) : 0;

	return r < 0 || !text ? r : create_put(host, "RestartPolicy", policy, err);
}

int create_resources(const struct options *o, json_t *host, struct err *err)
{
	int r = put_limits(o, host, err);

	if (r == 0)
		r = put_more_limits(o, host, err);
	return r < 0 ? r : put_restart_policy(o, host, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a create request, from the command line. What moatd can check, it checks. */
#include "cli/create.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/envfile.h"

static int put(json_t *obj, const char *key, json_t *value, struct err *err)
{
	if (value && json_object_set_new(obj, key, value) == 0)
		return 0;
	return err_set(err, -EINVAL, "option for %s: not UTF-8 text, or out of memory", key);
}

static int put_strv(json_t *obj, const char *key, char *const *v, struct err *err)
{
	return v ? put(obj, key, json_from_strv(v), err) : 0;
}

/* Text members of @obj, for options that were given. */
struct text_option {
	const char *option, *key;
};

static int put_texts(const struct options *o, const struct text_option *texts, json_t *obj,
		     struct err *err)
{
	for (; texts->option; texts++) {
		const char *value = options_value(o, texts->option);
		int r = value ? put(obj, texts->key, json_string(value), err) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* Repeatable options become arrays of strings. */
static int put_lists(const struct options *o, const struct text_option *lists, json_t *obj,
		     struct err *err)
{
	for (; lists->option; lists++) {
		cleanup_strv char **v = NULL;
		const char *value;
		size_t cursor = 0;
		int r;

		while ((value = options_next(o, lists->option, &cursor)))
			if (strv_add(&v, value) < 0)
				return err_set(err, -ENOMEM, "out of memory");
		r = put_strv(obj, lists->key, v, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int put_env(const struct options *o, json_t *body, struct err *err)
{
	cleanup_strv char **env = NULL;
	const char *value;
	size_t cursor = 0;
	int r = 0;

	while (r == 0 && (value = options_next(o, "env-file", &cursor)))
		r = env_add_file(&env, value, err);
	cursor = 0;
	while (r == 0 && (value = options_next(o, "env", &cursor)))
		r = env_add(&env, value, err);
	return r < 0 ? r : put_strv(body, "Env", env, err);
}

static int put_labels(const struct options *o, json_t *body, struct err *err)
{
	json_t *labels = json_object();
	const char *value;
	size_t cursor = 0;
	int r = put(body, "Labels", labels, err);

	while (r == 0 && (value = options_next(o, "label", &cursor))) {
		size_t n = strcspn(value, "=");
		cleanup_free char *key = strndup(value, n);

		if (n == 0)
			r = err_set(err, -EINVAL, "invalid label \"%s\"; write KEY=VALUE", value);
		else if (!key)
			r = err_set(err, -ENOMEM, "out of memory");
		else
			r = put(labels, key, json_string(value[n] ? value + n + 1 : ""), err);
	}
	return r;
}

int create_nano_cpus(const char *text, int64_t *ret, struct err *err)
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

int create_ulimit(const char *text, json_t **ret, struct err *err)
{
	cleanup_free char *name = strdup(text);
	char *soft_text, *hard_text = NULL;
	int64_t soft, hard;
	json_t *obj;

	if (!name)
		return err_set(err, -ENOMEM, "out of memory");
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
		return err_set(err, -ENOMEM, "out of memory");
	*ret = obj;
	return 0;
}

static int put_ulimits(const struct options *o, json_t *host, struct err *err)
{
	json_t *list = json_array(), *limit;
	const char *value;
	size_t cursor = 0;
	int r = put(host, "Ulimits", list, err);

	while (r == 0 && (value = options_next(o, "ulimit", &cursor))) {
		r = create_ulimit(value, &limit, err);
		if (r == 0 && json_array_append_new(list, limit) < 0)
			r = err_set(err, -ENOMEM, "out of memory");
	}
	return r;
}

static int bad_port(const char *text, struct err *err)
{
	return err_set(err, -EINVAL, "invalid port \"%s\"; write [[IP:]HOST:]PORT[/PROTO]", text);
}

int create_publish(json_t *bindings, const char *text, struct err *err)
{
	cleanup_free char *copy = strdup(text), *key = NULL;
	char *port, *host = NULL, *ip = NULL, *proto;
	uint32_t number;
	json_t *list;

	if (!copy)
		return err_set(err, -ENOMEM, "out of memory");
	proto = strrchr(copy, '/');
	if (proto)
		*proto++ = '\0';
	port = strrchr(copy, ':');
	if (port) {
		*port++ = '\0';
		host = strrchr(copy, ':');
		ip = host ? copy : NULL;
		if (host)
			*host++ = '\0';
		else
			host = copy;
	}
	if (!port)
		port = copy;
	if (str_to_u32(port, &number) < 0 || number < 1 || number > 65535 ||
	    (host && *host && (str_to_u32(host, &number) < 0 || number > 65535)))
		return bad_port(text, err);
	if (ip && *ip == '[' && str_ends(ip, "]")) {
		ip++;
		ip[strlen(ip) - 1] = '\0';
	}
	key = str_printf("%s/%s", port, proto ? proto : "tcp");
	if (!key)
		return err_set(err, -ENOMEM, "out of memory");
	list = json_object_get(bindings, key);
	if (!list) {
		list = json_array();
		if (put(bindings, key, list, err) < 0)
			return -EINVAL;
	}
	if (json_array_append_new(list, json_pack("{s:s, s:s}", "HostIp", ip ? ip : "", "HostPort",
						  host ? host : "")) < 0)
		return bad_port(text, err);
	return 0;
}

static int put_ports(const struct options *o, json_t *host, struct err *err)
{
	json_t *bindings = json_object();
	const char *value;
	size_t cursor = 0;
	int r = put(host, "PortBindings", bindings, err);

	while (r == 0 && (value = options_next(o, "publish", &cursor)))
		r = create_publish(bindings, value, err);
	return r;
}

/* "-v /data" is a new volume; everything with a source is a bind. */
static int put_volumes(const struct options *o, json_t *body, json_t *host, struct err *err)
{
	json_t *volumes = json_object(), *binds = json_array();
	const char *value;
	size_t cursor = 0;
	int r = put(body, "Volumes", volumes, err), s = put(host, "Binds", binds, err);

	if (r < 0 || s < 0)
		return r < 0 ? r : s;
	while (r == 0 && (value = options_next(o, "volume", &cursor))) {
		if (!strchr(value, ':'))
			r = put(volumes, value, json_object(), err);
		else if (json_array_append_new(binds, json_string(value)) < 0)
			r = err_set(err, -EINVAL, "volume \"%s\" is not UTF-8", value);
	}
	return r;
}

static int put_limits(const struct options *o, json_t *host, struct err *err)
{
	const char *cpus = options_value(o, "cpus"), *memory = options_value(o, "memory");
	const char *pids = options_value(o, "pids-limit");
	int64_t value;
	uint64_t bytes;
	int r = 0;

	if (cpus) {
		r = create_nano_cpus(cpus, &value, err);
		if (r == 0)
			r = put(host, "NanoCpus", json_integer(value), err);
	}
	if (r == 0 && memory) {
		if (str_to_size(memory, &bytes) < 0 || bytes > INT64_MAX)
			return err_set(err, -EINVAL, "invalid size \"%s\"; write 512m or 2g",
				       memory);
		r = put(host, "Memory", json_integer((json_int_t)bytes), err);
	}
	if (r == 0 && pids) {
		if (parse_limit(pids, &value) < 0)
			return err_set(err, -EINVAL, "invalid number of processes \"%s\"", pids);
		r = put(host, "PidsLimit", json_integer(value), err);
	}
	return r;
}

int create_restart_policy(const char *text, json_t **ret, struct err *err)
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
	json_t *policy;
	int r = text ? create_restart_policy(text, &policy, err) : 0;

	return r < 0 || !text ? r : put(host, "RestartPolicy", policy, err);
}

int create_resources(const struct options *o, json_t *host, struct err *err)
{
	int r = put_limits(o, host, err);

	return r < 0 ? r : put_restart_policy(o, host, err);
}

static int put_host(const struct options *o, json_t *body, struct err *err)
{
	static const struct text_option texts[] = { { "network", "NetworkMode" }, { 0 } };
	static const struct text_option lists[] = { { "cap-add", "CapAdd" },
						    { "cap-drop", "CapDrop" },
						    { "security-opt", "SecurityOpt" },
						    { 0 } };
	json_t *host = json_object();
	int r = put(body, "HostConfig", host, err);

	if (r == 0)
		r = put(host, "AutoRemove", json_boolean(options_flag(o, "rm")), err);
	if (r == 0)
		r = put(host, "ReadonlyRootfs", json_boolean(options_flag(o, "read-only")), err);
	if (r == 0 && options_flag(o, "cold"))
		r = put(host, "Moat", json_pack("{s:b}", "Cold", 1), err);
	if (r == 0)
		r = put_texts(o, texts, host, err);
	if (r == 0)
		r = put_lists(o, lists, host, err);
	if (r == 0)
		r = create_resources(o, host, err);
	if (r == 0)
		r = put_ulimits(o, host, err);
	if (r == 0)
		r = put_ports(o, host, err);
	return r < 0 ? r : put_volumes(o, body, host, err);
}

static int put_flags(const struct options *o, json_t *body, struct err *err)
{
	bool attached = !options_flag(o, "detach"), in = options_flag(o, "interactive");
	const struct {
		const char *key;
		bool on;
	} flags[] = {
		{ "Tty", options_flag(o, "tty") }, { "OpenStdin", in },
		{ "StdinOnce", in && attached },   { "AttachStdin", in && attached },
		{ "AttachStdout", attached },	   { "AttachStderr", attached },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(flags); i++)
		r = put(body, flags[i].key, json_boolean(flags[i].on), err);
	return r;
}

/* --entrypoint "" clears the image's. */
static int put_command(const struct options *o, json_t *body, struct err *err)
{
	const char *entrypoint = options_value(o, "entrypoint"), *timeout;
	uint32_t seconds;
	int r = put(body, "Image", json_string(o->args[0]), err);

	if (r == 0 && o->n_args > 1)
		r = put_strv(body, "Cmd", o->args + 1, err);
	if (r == 0 && entrypoint)
		r = put(body, "Entrypoint", json_pack("[s]", entrypoint), err);
	timeout = options_value(o, "stop-timeout");
	if (r == 0 && timeout) {
		if (str_to_u32(timeout, &seconds) < 0 || seconds > INT32_MAX)
			return err_set(err, -EINVAL, "invalid number of seconds \"%s\"", timeout);
		r = put(body, "StopTimeout", json_integer(seconds), err);
	}
	return r;
}

int create_body(const struct options *o, json_t **ret, struct err *err)
{
	static const struct text_option texts[] = { { "workdir", "WorkingDir" },
						    { "user", "User" },
						    { "hostname", "Hostname" },
						    { "stop-signal", "StopSignal" },
						    { 0 } };
	cleanup_json json_t *body = json_object();
	json_t *health = NULL;
	int r = body ? put_command(o, body, err) : err_set(err, -ENOMEM, "out of memory");

	if (r == 0)
		r = put_flags(o, body, err);
	if (r == 0)
		r = put_texts(o, texts, body, err);
	if (r == 0)
		r = put_env(o, body, err);
	if (r == 0)
		r = put_labels(o, body, err);
	if (r == 0)
		r = put_host(o, body, err);
	if (r == 0)
		r = create_health(o, &health, err);
	if (r == 0 && health)
		r = put(body, "Healthcheck", health, err);
	if (r == 0)
		*ret = take_ptr(body);
	return r;
}

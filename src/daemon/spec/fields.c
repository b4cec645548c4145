/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each member of the request is looked up in the table, and refused or told
 * of by what is written there.  A member counts only where it says something: clients send all they
 * know, with empty strings, zeros and nulls for what nobody asked for.  What is effective is
 * checked where it is used.  Members that only in part can be honoured have a check of their own
 * here.
 *
 * The request is a client's.  What was stored is not checked again: another version took it.
 */
#include "daemon/spec/fields.h"

#include <errno.h>

#include "base/str.h"
#include "daemon/spec/field-table.h"

/* Does a member say anything?  docker writes -1 for "no number". */
static bool is_given(const json_t *v)
{
	if (json_is_string(v))
		return *json_string_value(v) != '\0';
	if (json_is_object(v))
		return json_object_size(v) > 0;
	if (json_is_number(v))
		return json_number_value(v) != 0 && json_number_value(v) != -1;
	return json_is_true(v) || json_array_size(v) > 0;
}

static const struct field *find_field(enum field_place place, const char *name)
{
	size_t n;
	const struct field *fields = fields_of(place, &n);

	return str_find(fields, n, sizeof(*fields), name);
}

static bool is_fine(const struct field *f, const char *text)
{
	for (size_t i = 0; text && i < FIELD_FINE_MAX && f->fine[i]; i++)
		if (streq(f->fine[i], text))
			return true;
	return false;
}

static int refuse_field(const char *name, const char *what, const char *value, struct err *err)
{
	if (!value)
		return err_set(err, -EOPNOTSUPP, "moat does not support %s (%s)", what, name);
	return err_set(err, -EOPNOTSUPP, "moat does not support %s (%s \"%s\")", what, name, value);
}

static int check_member(const struct field *f, const json_t *value, char ***ret_warnings,
			struct err *err)
{
	const char *text = json_string_value(value);

	if (f->effect == FIELD_EFFECTIVE || is_fine(f, text))
		return 0;
	if (f->effect == FIELD_REFUSED)
		return refuse_field(f->name, f->why, text, err);
	return strv_addf(ret_warnings, "%s has no effect: %s", f->name, f->why) < 0 ? err_nomem(err)
										    : 0;
}

static int check_members(enum field_place place, const json_t *obj, char ***ret_warnings,
			 struct err *err)
{
	const char *name;
	json_t *value;
	int r = 0;

	json_object_foreach ((json_t *)(size_t)obj, name, value) {
		const struct field *f = find_field(place, name);

		if (r < 0 || !is_given(value))
			continue;
		if (f)
			r = check_member(f, value, ret_warnings, err);
		else if (strv_addf(ret_warnings, "%s has no effect: moat does not know it", name) <
			 0)
			r = err_nomem(err);
	}
	return r;
}

/* Refuses docker's modes that name no network and make no sense for a machine. */
static int check_mode(const char *mode, struct err *err)
{
	if (streq(mode, "host"))
		return err_set(err, -EOPNOTSUPP,
			       "moat does not support the host's network (NetworkMode \"host\"): a "
			       "container has a machine of its own; publish its ports with -p, and "
			       "reach the host as host.docker.internal");
	if (str_starts(mode, "container:"))
		return err_set(
			err, -EOPNOTSUPP,
			"moat does not support the network of another container "
			"(NetworkMode \"%s\"): each has a machine of its own; put both on one "
			"network, where they reach each other by name",
			mode);
	return 0;
}

static int check_endpoint(const json_t *endpoint, char ***ret_warnings, struct err *err)
{
	json_t *address;
	int r = check_members(FIELD_ENDPOINT, endpoint, ret_warnings, err);

	if (r == 0)
		r = json_get_object(endpoint, "IPAMConfig", &address, err);
	return r == 0 ? check_members(FIELD_ADDRESS, address, ret_warnings, err) : r;
}

static int check_networking(const json_t *body, char ***ret_warnings, struct err *err)
{
	json_t *config, *endpoints = NULL, *value;
	const char *name;
	int r = json_get_object(body, "NetworkingConfig", &config, err);

	if (r == 0)
		r = check_members(FIELD_NETWORK, config, ret_warnings, err);
	if (r == 0)
		r = json_get_object(config, "EndpointsConfig", &endpoints, err);
	json_object_foreach (endpoints, name, value) {
		if (r == 0)
			r = check_endpoint(value, ret_warnings, err);
	}
	return r;
}

static int check_security_opt(const char *text, struct err *err)
{
	static const struct {
		const char *name, *fine, *what; /* no @fine: checked where it is used */
	} known[] = {
		{ "no-new-privileges", NULL, NULL },
		{ "seccomp", NULL, NULL },
		{ "systempaths", "unconfined", "other system paths" },
		{ "apparmor", "unconfined", "AppArmor: the kernel is the container's own" },
		{ "label", "disable", "SELinux: the kernel is the container's own" },
		{ "disable", "", "SELinux: the kernel is the container's own" },
	};
	size_t len = strcspn(text, "=:");
	const char *value = text[len] ? text + len + 1 : "";

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strlen(known[i].name) != len || strncmp(known[i].name, text, len) != 0)
			continue;
		if (!known[i].fine || streq(known[i].fine, value))
			return 0;
		return refuse_field("SecurityOpt", known[i].what, text, err);
	}
	return err_set(err, -EINVAL, "invalid --security-opt: \"%s\"", text);
}

static int check_security(const json_t *host, struct err *err)
{
	cleanup_strv char **opts = NULL;
	int r = json_get_strv(host, "SecurityOpt", &opts, err);

	for (char **o = opts; r == 0 && o && *o; o++)
		r = check_security_opt(*o, err);
	return r;
}

static int check_host(const json_t *host, char ***ret_warnings, struct err *err)
{
	const char *mode;
	int r = json_get_str(host, "NetworkMode", &mode, err);

	if (r == 0 && mode && *mode)
		r = check_mode(mode, err);
	if (r == 0)
		r = check_members(FIELD_HOST, host, ret_warnings, err);
	return r == 0 ? check_security(host, err) : r;
}

int fields_check(const json_t *body, char ***ret_warnings, struct err *err)
{
	json_t *host;
	int r = check_members(FIELD_CONFIG, body, ret_warnings, err);

	if (r == 0)
		r = json_get_object(body, "HostConfig", &host, err);
	if (r == 0 && host)
		r = check_host(host, ret_warnings, err);
	return r == 0 ? check_networking(body, ret_warnings, err) : r;
}

int fields_check_update(const json_t *body, const char *const *changeable, char ***ret_warnings,
			struct err *err)
{
	const char *name;
	json_t *value;
	int r = check_members(FIELD_HOST, body, ret_warnings, err);

	json_object_foreach ((json_t *)(size_t)body, name, value) {
		const struct field *f = find_field(FIELD_HOST, name);
		bool changes = !f || f->effect != FIELD_EFFECTIVE || streq(name, "RestartPolicy");

		for (const char *const *c = changeable; *c && !changes; c++)
			changes = streq(*c, name);
		if (r == 0 && !changes && is_given(value) &&
		    strv_addf(ret_warnings, "%s has no effect: it cannot be changed", name) < 0)
			r = err_nomem(err);
	}
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the body of a create request from the command line.  moatd checks all that it can check. */
#include "cli/create/create.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cli/create/create-health.h"
#include "cli/create/create-host.h"
#include "cli/create/create-put.h"
#include "cli/create/envfile.h"
#include "cli/create/process-options.h"

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
	return r < 0 ? r : create_put_strv(body, "Env", env, err);
}

static int put_labels(const struct options *o, json_t *body, struct err *err)
{
	cleanup_strv char **given = NULL;
	json_t *labels = json_object();
	const char *value;
	size_t cursor = 0;
	int r = create_put(body, "Labels", labels, err);

	while (r == 0 && (value = options_next(o, "label-file", &cursor)))
		r = label_add_file(&given, value, err);
	cursor = 0;
	while (r == 0 && (value = options_next(o, "label", &cursor)))
		r = strv_add(&given, value);
	for (char **l = given; r == 0 && l && *l; l++) {
		value = *l;
		size_t n = strcspn(value, "=");
		cleanup_free char *key = strndup(value, n);

		if (n == 0)
			r = err_set(err, -EINVAL, "invalid label \"%s\"; write KEY=VALUE", value);
		else if (!key)
			r = err_nomem(err);
		else
			r = create_put(labels, key, json_string(value[n] ? value + n + 1 : ""),
				       err);
	}
	return r;
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
		r = create_put(body, flags[i].key, json_boolean(flags[i].on), err);
	return r;
}

/* --entrypoint "" clears the image's entrypoint. */
static int put_command(const struct options *o, json_t *body, struct err *err)
{
	const char *entrypoint = options_value(o, "entrypoint"), *timeout;
	uint32_t seconds;
	int r = create_put(body, "Image", json_string(o->args[0]), err);

	if (r == 0 && o->n_args > 1)
		r = create_put_strv(body, "Cmd", o->args + 1, err);
	if (r == 0 && entrypoint)
		r = create_put(body, "Entrypoint", json_pack("[s]", entrypoint), err);
	timeout = options_value(o, "stop-timeout");
	if (r == 0 && timeout) {
		if (str_to_u32(timeout, &seconds) < 0 || seconds > INT32_MAX)
			return err_set(err, -EINVAL, "invalid number of seconds \"%s\"", timeout);
		r = create_put(body, "StopTimeout", json_integer(seconds), err);
	}
	return r;
}

static int put_process(const struct options *o, json_t *body, struct err *err)
{
	const char *dir = process_dir(o);
	cleanup_free char *user = NULL;
	int r = process_user(o, &user, err);

	if (r == 0 && user)
		r = create_put(body, "User", json_string(user), err);
	if (r == 0 && dir)
		r = create_put(body, "WorkingDir", json_string(dir), err);
	return r;
}

int create_body(const struct options *o, json_t **ret, struct err *err)
{
	static const struct create_text texts[] = { { "hostname", "Hostname" },
						    { "domainname", "Domainname" },
						    { "stop-signal", "StopSignal" },
						    { 0 } };
	cleanup_json json_t *body = json_object();
	json_t *health = NULL;
	int r = body ? put_command(o, body, err) : err_nomem(err);

	if (options_value(o, "init-image"))
		return err_set(err, -EOPNOTSUPP,
			       "moat does not support --init-image: the program that sets its "
			       "machines up is part of moat, and speaks a protocol of its own");
	if (r == 0)
		r = put_flags(o, body, err);
	if (r == 0)
		r = put_process(o, body, err);
	if (r == 0)
		r = create_put_texts(o, texts, body, err);
	if (r == 0)
		r = put_env(o, body, err);
	if (r == 0)
		r = put_labels(o, body, err);
	if (r == 0)
		r = create_put_host(o, body, err);
	if (r == 0)
		r = create_health(o, &health, err);
	if (r == 0 && health)
		r = create_put(body, "Healthcheck", health, err);
	if (r == 0)
		*ret = take_ptr(body);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The members docker knows are in one table, by type: each is taken from
 * the request, checked, and written into a new object, so nothing unknown gets through.  What
 * the request leaves out comes from the image, by docker's rules.
 */
#include "daemon/spec/config.h"

#include <errno.h>

#include "base/str.h"
#include "daemon/spec/health-config.h"
#include "daemon/spec/signals.h"
#include "oci/config.h"
#include "oci/descriptor.h"

#define SHORT_ID_LEN 12

static int put_member(json_t *obj, const char *key, json_t *value, struct err *err)
{
	return value && json_object_set_new(obj, key, value) == 0 ? 0 : err_nomem(err);
}

int config_strv(const json_t *obj, const char *key, char ***ret, struct err *err)
{
	const json_t *v = json_object_get(obj, key);
	cleanup_strv char **one = NULL;

	if (!json_is_string(v))
		return json_get_strv(obj, key, ret, err);
	if (strv_add(&one, json_string_value(v)) < 0)
		return err_nomem(err);
	*ret = take_ptr(one);
	return 0;
}

int config_env(const json_t *body, char ***ret, struct err *err)
{
	if (json_array_size(json_object_get(body, "Env")) > OCI_LIST_MAX)
		return err_set(err, -EINVAL, "more than %d environment variables", OCI_LIST_MAX);
	return json_get_strv(body, "Env", ret, err);
}

static int copy_flags(const json_t *body, json_t *out, struct err *err)
{
	static const char *const keys[] = { "AttachStdin", "AttachStdout", "AttachStderr",   "Tty",
					    "OpenStdin",   "StdinOnce",	   "NetworkDisabled" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		bool on = false;
		int r = json_get_bool(body, keys[i], &on, err);

		if (r == 0)
			r = put_member(out, keys[i], json_boolean(on), err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int copy_text(const struct config_source *src, json_t *out, struct err *err)
{
	const struct {
		const char *key, *otherwise;
	} texts[] = {
		{ "Domainname", "" },
		{ "User", src->image->user },
		{ "WorkingDir", src->image->working_dir },
		{ "StopSignal", src->image->stop_signal },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *s;
		int r = json_get_str(src->body, texts[i].key, &s, err);

		if (r < 0)
			return r;
		if (!s || !*s)
			s = texts[i].otherwise;
		r = put_member(out, texts[i].key, json_string(s ? s : ""), err);
		if (r < 0)
			return r;
	}
	return put_member(out, "Image", json_string(src->image_name), err);
}

/* Merges two objects: the request's members, and the image's that the request lacks. */
static int merge_object(const struct config_source *src, const char *key, const json_t *image,
			json_t *out, struct err *err)
{
	json_t *given, *merged;
	int r = json_get_object(src->body, key, &given, err);

	if (r < 0)
		return r;
	merged = given ? json_copy(given) : json_object();
	r = put_member(out, key, merged, err);
	if (r < 0)
		return r;
	return image && json_object_update_missing(merged, (json_t *)(size_t)image) < 0
		       ? err_nomem(err)
		       : 0;
}

static int merge_objects(const struct config_source *src, json_t *out, struct err *err)
{
	const struct oci_image_config *im = src->image;
	cleanup_json json_t *health = NULL;
	int r = merge_object(src, "ExposedPorts", im->exposed_ports, out, err);

	if (r == 0)
		r = merge_object(src, "Labels", im->labels, out, err);
	if (r == 0)
		r = merge_object(src, "Volumes", im->volumes, out, err);
	if (r == 0)
		r = health_merge(src->body, im->healthcheck, &health, err);
	if (r < 0)
		return r;
	return health ? put_member(out, "Healthcheck", take_ptr(health), err) : 0;
}

static int check_labels(const json_t *out, struct err *err)
{
	const char *key;
	json_t *value;

	json_object_foreach (json_object_get(out, "Labels"), key, value) {
		if (!json_is_string(value))
			return err_set(err, -EBADMSG, "label \"%s\" must be a string", key);
	}
	return 0;
}

/* docker lists the request's variables first, then the image's that were not set. */
static int merge_env(const struct config_source *src, json_t *out, struct err *err)
{
	cleanup_strv char **given = NULL, **env = NULL;
	int r = config_env(src->body, &given, err);

	if (r < 0 || strv_copy(given, &env) < 0)
		return r < 0 ? r : err_nomem(err);
	for (char **e = given; e && *e; e++)
		if (**e == '=' || **e == '\0')
			return err_set(err, -EINVAL, "invalid environment variable: %s", *e);
	for (char **e = src->image->env; e && *e; e++) {
		size_t len = strcspn(*e, "=");
		bool set = false;

		for (char **g = given; g && *g && !set; g++)
			set = strcspn(*g, "=") == len && strncmp(*g, *e, len) == 0;
		if (!set && strv_add(&env, *e) < 0)
			return err_nomem(err);
	}
	return put_member(out, "Env", json_from_strv(env), err);
}

static int merge_command(const struct config_source *src, json_t *out, struct err *err)
{
	cleanup_strv char **entrypoint = NULL, **cmd = NULL;
	char *const *use_entrypoint, *const *use_cmd;
	int r = config_strv(src->body, "Entrypoint", &entrypoint, err);

	if (r == 0)
		r = config_strv(src->body, "Cmd", &cmd, err);
	if (r < 0)
		return r;
	use_entrypoint = entrypoint;
	use_cmd = cmd;
	if (strv_len(entrypoint) == 0) {
		if (strv_len(cmd) == 0)
			use_cmd = src->image->cmd;
		if (!entrypoint)
			use_entrypoint = src->image->entrypoint;
	} else if (entrypoint[0][0] == '\0' && !entrypoint[1]) {
		use_entrypoint = NULL;
	}
	if (strv_len(use_entrypoint) + strv_len(use_cmd) == 0)
		return err_set(err, -EINVAL, "no command specified");
	r = put_member(out, "Entrypoint",
		       strv_len(use_entrypoint) ? json_from_strv(use_entrypoint) : json_null(),
		       err);
	return r < 0 ? r
		     : put_member(out, "Cmd",
				  strv_len(use_cmd) ? json_from_strv(use_cmd) : json_null(), err);
}

static int copy_stop(const json_t *body, json_t *out, struct err *err)
{
	int64_t timeout = -1;
	const char *signal = json_string_value(json_object_get(out, "StopSignal"));
	int signo, r = json_get_i64(body, "StopTimeout", &timeout, err);

	if (r == 0 && *signal)
		r = signal_parse(signal, &signo, err);
	if (r < 0 || !json_is_integer(json_object_get(body, "StopTimeout")))
		return r;
	return put_member(out, "StopTimeout", json_integer(timeout), err);
}

static int copy_hostname(const struct config_source *src, json_t *out, struct err *err)
{
	const char *name;
	int r = json_get_str(src->body, "Hostname", &name, err);

	if (r < 0)
		return r;
	if (!name || !*name)
		return put_member(out, "Hostname", json_stringn(src->id, SHORT_ID_LEN), err);
	if (strlen(name) > 63 || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					      "0123456789-._") != strlen(name))
		return err_set(err, -EINVAL, "invalid hostname format: %s", name);
	return put_member(out, "Hostname", json_string(name), err);
}

static int copy_mac(const json_t *body, json_t *out, struct err *err)
{
	const char *mac;
	int r = json_get_str(body, "MacAddress", &mac, err);

	return r < 0 || !mac || !*mac ? r : put_member(out, "MacAddress", json_string(mac), err);
}

/* Docker takes "Shell" from the request alone; health checks use it. */
static int copy_shell(const json_t *body, json_t *out, struct err *err)
{
	cleanup_strv char **shell = NULL;
	int r = json_get_strv(body, "Shell", &shell, err);

	return r < 0 || !shell ? r : put_member(out, "Shell", json_from_strv(shell), err);
}

int config_merge(const struct config_source *src, json_t **ret, struct err *err)
{
	cleanup_json json_t *out = json_object();
	int r = out ? copy_hostname(src, out, err) : err_nomem(err);

	if (r == 0)
		r = copy_text(src, out, err);
	if (r == 0)
		r = copy_flags(src->body, out, err);
	if (r == 0)
		r = merge_objects(src, out, err);
	if (r == 0)
		r = check_labels(out, err);
	if (r == 0)
		r = merge_env(src, out, err);
	if (r == 0)
		r = merge_command(src, out, err);
	if (r == 0)
		r = copy_stop(src->body, out, err);
	if (r == 0)
		r = copy_shell(src->body, out, err);
	if (r == 0)
		r = copy_mac(src->body, out, err);
	if (r == 0)
		r = put_member(out, "OnBuild", json_null(), err);
	if (r < 0)
		return r;
	*ret = take_ptr(out);
	return 0;
}

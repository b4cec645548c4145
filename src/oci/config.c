/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "oci/descriptor.h"

/*
 * Theory of operation: the config (image-spec config.md) says what an image runs and on which
 * platform.  The members that moat acts on are read and checked; Docker's Healthcheck and the
 * history are kept as JSON for those who show them.
 *
 * A hostile registry or archive writes the JSON.
 */

static int take_object(const json_t *obj, const char *key, json_t **ret, struct err *err)
{
	json_t *value;
	int r = json_get_object(obj, key, &value, err);

	if (r == 0)
		*ret = json_incref(value);
	return r;
}

/* Lists are bounded, as merging two compares every entry of one with every entry of the other. */
static int check_size(const char *key, size_t n, struct err *err)
{
	if (n <= OCI_LIST_MAX)
		return 0;
	return err_set(err, -EBADMSG, "\"%s\" has more than %d entries", key, OCI_LIST_MAX);
}

static int take_map(const json_t *obj, const char *key, json_t **ret, struct err *err)
{
	int r = take_object(obj, key, ret, err);

	return r < 0 ? r : check_size(key, json_object_size(*ret), err);
}

static int take_list(const json_t *obj, const char *key, char ***ret, struct err *err)
{
	int r = check_size(key, json_array_size(json_object_get(obj, key)), err);

	return r < 0 ? r : json_get_strv(obj, key, ret, err);
}

static int check_labels(const json_t *labels, struct err *err)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)labels, key, value) {
		if (!json_is_string(value))
			return err_set(err, -EBADMSG, "\"Labels\" must be strings");
	}
	return 0;
}

static int read_strings(const json_t *obj, struct oci_image_config *c, struct err *err)
{
	int r = json_get_text(obj, "User", &c->user, err);

	if (r == 0)
		r = json_get_text(obj, "WorkingDir", &c->working_dir, err);
	if (r == 0)
		r = json_get_text(obj, "StopSignal", &c->stop_signal, err);
	if (r == 0)
		r = take_list(obj, "Env", &c->env, err);
	if (r == 0)
		r = take_list(obj, "Entrypoint", &c->entrypoint, err);
	if (r == 0)
		r = take_list(obj, "Cmd", &c->cmd, err);
	return r;
}

/* Reads the "config" member: what to run, and how. */
static int read_execution(const json_t *doc, struct oci_image_config *c, struct err *err)
{
	int r = take_object(doc, "config", &c->config, err);

	if (r < 0 || !c->config)
		return r;
	r = read_strings(c->config, c, err);
	if (r == 0)
		r = take_map(c->config, "ExposedPorts", &c->exposed_ports, err);
	if (r == 0)
		r = take_map(c->config, "Volumes", &c->volumes, err);
	if (r == 0)
		r = take_map(c->config, "Labels", &c->labels, err);
	if (r == 0)
		r = take_object(c->config, "Healthcheck", &c->healthcheck, err);
	return r == 0 && c->labels ? check_labels(c->labels, err) : r;
}

static int read_rootfs(const json_t *doc, struct oci_image_config *c, struct err *err)
{
	struct digest checked;
	const char *type;
	json_t *rootfs;
	int r = json_get_object(doc, "rootfs", &rootfs, err);

	if (r < 0)
		return r;
	if (!rootfs)
		return err_set(err, -EBADMSG, "\"rootfs\" is missing");
	r = json_get_str(rootfs, "type", &type, err);
	if (r == 0)
		r = json_get_strv(rootfs, "diff_ids", &c->diff_ids, err);
	if (r < 0)
		return r;
	if (!type || !streq(type, "layers"))
		return err_set(err, -EBADMSG, "rootfs must be of type \"layers\"");
	if (strv_len(c->diff_ids) > OCI_LAYERS_MAX)
		return err_set(err, -EBADMSG, "more than %d layers", OCI_LAYERS_MAX);
	for (char **id = c->diff_ids; id && *id; id++)
		if (digest_parse(*id, &checked, NULL) < 0)
			return err_set(err, -EBADMSG,
				       "a diff_id is malformed or of an unknown kind");
	return 0;
}

static int read_document(const json_t *doc, struct oci_image_config *c, struct err *err)
{
	json_t *history;
	int r = platform_read(doc, &c->platform, err);

	if (r == 0)
		r = json_get_text(doc, "created", &c->created, err);
	if (r == 0)
		r = json_get_text(doc, "author", &c->author, err);
	if (r == 0)
		r = json_get_array(doc, "history", &history, err);
	if (r < 0)
		return r;
	c->history = json_incref(history);
	r = read_execution(doc, c, err);
	return r == 0 ? read_rootfs(doc, c, err) : r;
}

int oci_image_config_parse(const char *text, size_t len, struct oci_image_config **ret,
			   struct err *err)
{
	cleanup_oci_image_config struct oci_image_config *c = calloc(1, sizeof(*c));
	cleanup_json json_t *doc = NULL;
	int r;

	if (!c)
		return err_nomem(err);
	if (len > OCI_MANIFEST_MAX_BYTES)
		return err_set(err, -EBADMSG, "image config is larger than %u bytes",
			       OCI_MANIFEST_MAX_BYTES);
	r = json_read(text, len, "image config", &doc, err);
	if (r < 0)
		return r;
	if (!json_is_object(doc))
		return err_set(err, -EBADMSG, "image config must be a JSON object");
	r = read_document(doc, c, err);
	if (r == -ENOMEM)
		return err_set(err, r, "out of memory");
	if (r < 0) {
		err_wrap(err, "image config");
		return r;
	}
	*ret = take_ptr(c);
	return 0;
}

void oci_image_config_complete(struct oci_image_config *c, const struct oci_descriptor *manifest)
{
	const struct platform host = platform_host();

	if (manifest && manifest->has_platform)
		platform_complete(&c->platform, &manifest->platform);
	platform_complete(&c->platform, &host);
}

void oci_image_config_free(struct oci_image_config *c)
{
	if (!c)
		return;
	free(c->created);
	free(c->author);
	free(c->user);
	free(c->working_dir);
	free(c->stop_signal);
	strv_free(c->env);
	strv_free(c->entrypoint);
	strv_free(c->cmd);
	strv_free(c->diff_ids);
	json_decref(c->exposed_ports);
	json_decref(c->volumes);
	json_decref(c->labels);
	json_decref(c->healthcheck);
	json_decref(c->history);
	json_decref(c->config);
	free(c);
}

static bool copy_str(const char *from, char **to)
{
	*to = from ? strdup(from) : NULL;
	return !from || *to;
}

static bool copy_strv(char *const *from, char ***to)
{
	return !from || strv_copy(from, to) == 0;
}

static bool copy_json(const json_t *from, json_t **to)
{
	*to = from ? json_deep_copy(from) : NULL;
	return !from || *to;
}

struct oci_image_config *oci_image_config_copy(const struct oci_image_config *c)
{
	cleanup_oci_image_config struct oci_image_config *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->platform = c->platform;
	if (!copy_str(c->created, &n->created) || !copy_str(c->author, &n->author) ||
	    !copy_str(c->user, &n->user) || !copy_str(c->working_dir, &n->working_dir) ||
	    !copy_str(c->stop_signal, &n->stop_signal) || !copy_strv(c->env, &n->env) ||
	    !copy_strv(c->entrypoint, &n->entrypoint) || !copy_strv(c->cmd, &n->cmd) ||
	    !copy_strv(c->diff_ids, &n->diff_ids) || !copy_json(c->volumes, &n->volumes) ||
	    !copy_json(c->exposed_ports, &n->exposed_ports) || !copy_json(c->labels, &n->labels) ||
	    !copy_json(c->healthcheck, &n->healthcheck) || !copy_json(c->history, &n->history) ||
	    !copy_json(c->config, &n->config))
		return NULL;
	return take_ptr(n);
}

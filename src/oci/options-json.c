/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: the options in the runtime-spec's words: "domainname", "mounts",
 * process.oomScoreAdj, linux.sysctl, linux.resources.unified.  What the spec has no words for is
 * in an object of moat's own, "dev.moat": groups by name, the init process, lines of /etc/hosts
 * and the text of /etc/resolv.conf.
 *
 * moatd writes it for moat-shim; later also podman and containerd, on behalf of their user.
 */
#include "oci/options-json.h"

#include <errno.h>

#include "base/str.h"
#include "oci/mount.h"
#include "oci/mounts-json.h"

#define OURS "dev.moat"

/* Reads an object of texts into a vector of "KEY=VALUE". */
static int read_pairs(const json_t *obj, const char *key, char ***ret, struct err *err)
{
	json_t *pairs, *value;
	const char *name;
	int r = json_get_object(obj, key, &pairs, err);

	if (r < 0)
		return r;
	json_object_foreach (pairs, name, value) {
		if (!json_is_string(value))
			return err_set(err, -EBADMSG, "\"%s\" in \"%s\" must be a string", name,
				       key);
		if (strv_addf(ret, "%s=%s", name, json_string_value(value)) < 0)
			return err_nomem(err);
	}
	return 0;
}

static int write_pairs(json_t *obj, const char *key, char *const *pairs)
{
	json_t *out;

	if (strv_len(pairs) == 0)
		return 0;
	out = json_object();
	if (json_object_set_new(obj, key, out) < 0)
		return -ENOMEM;
	for (; *pairs; pairs++) {
		size_t len = strcspn(*pairs, "=");

		if (json_object_setn_new(out, *pairs, len, json_string(*pairs + len + 1)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int read_tmpfs(const json_t *mount, struct oci_options *o, struct err *err)
{
	cleanup_strv char **options = NULL;
	const char *path;
	int r = json_get_str(mount, "destination", &path, err);

	if (r == 0)
		r = json_get_strv(mount, "options", &options, err);
	if (r < 0)
		return r;
	if (!path || *path != '/')
		return err_set(err, -EBADMSG,
			       "each of \"mounts\" must have an absolute \"destination\"");
	return oci_tmpfs_add(o, path, options, err);
}

static int read_mount(const json_t *mount, struct oci_options *o, struct err *err)
{
	const char *type;
	int r = json_get_str(mount, "type", &type, err);

	if (r < 0)
		return r;
	if (type && streq(type, "tmpfs"))
		return read_tmpfs(mount, o, err);
	if (type && streq(type, "bind"))
		return oci_mounts_read(mount, &o->mounts, err);
	return err_set(err, -EBADMSG, "\"mounts\" may be of type \"bind\" or \"tmpfs\"");
}

static int read_mounts(const json_t *doc, struct oci_options *o, struct err *err)
{
	json_t *list = NULL, *mount;
	size_t i;
	int r = json_get_array(doc, "mounts", &list, err);

	json_array_foreach (list, i, mount) {
		if (r == 0)
			r = read_mount(mount, o, err);
	}
	return r;
}

static int read_sockets(const json_t *ours, struct oci_options *o, struct err *err)
{
	int r = json_get_strv(ours, "sockets", &o->sockets, err);

	if (r == 0 && strv_len(o->sockets) > OCI_SOCKETS_MAX)
		return err_set(err, -EBADMSG, "more than %u \"sockets\"", OCI_SOCKETS_MAX);
	for (char **path = o->sockets; r == 0 && path && *path; path++)
		if (**path != '/')
			r = err_set(err, -EBADMSG, "each of \"sockets\" must be absolute");
	return r;
}

static int read_ours(const json_t *doc, struct oci_options *o, struct err *err)
{
	json_t *ours;
	int r = json_get_object(doc, OURS, &ours, err);

	if (r == 0)
		r = json_get_bool(ours, "init", &o->init, err);
	if (r == 0)
		r = json_get_bool(ours, "privileged", &o->privileged, err);
	if (r == 0)
		r = json_get_strv(ours, "groups", &o->groups, err);
	if (r == 0)
		r = json_get_strv(ours, "hosts", &o->hosts, err);
	if (r == 0)
		r = read_sockets(ours, o, err);
	return r == 0 ? json_get_text(ours, "resolvConf", &o->resolv_conf, err) : r;
}

static int read_score(const json_t *doc, struct oci_options *o, struct err *err)
{
	int64_t score = 0;
	json_t *process;
	int r = json_get_object(doc, "process", &process, err);

	if (r == 0)
		r = json_get_i64(process, "oomScoreAdj", &score, err);
	if (r < 0)
		return r;
	if (score < -1000 || score > 1000)
		return err_set(err, -EBADMSG, "\"oomScoreAdj\" must be from -1000 to 1000");
	o->oom_score_adj = (int32_t)score;
	return 0;
}

int oci_options_read(const json_t *doc, struct oci_options *ret, struct err *err)
{
	json_t *linux_obj, *resources;
	int r = json_get_object(doc, "linux", &linux_obj, err);

	if (r == 0)
		r = json_get_object(linux_obj, "resources", &resources, err);
	if (r == 0)
		r = read_pairs(resources, "unified", &ret->cgroup, err);
	if (r == 0)
		r = read_pairs(linux_obj, "sysctl", &ret->sysctls, err);
	if (r == 0)
		r = json_get_text(doc, "domainname", &ret->domainname, err);
	if (r == 0)
		r = read_score(doc, ret, err);
	if (r == 0)
		r = read_mounts(doc, ret, err);
	return r == 0 ? read_ours(doc, ret, err) : r;
}

static json_t *write_tmpfs(const struct oci_tmpfs *t)
{
	cleanup_free char *data = strdup(t->data);
	cleanup_json json_t *options = json_array();
	uint64_t flags = t->flags;
	char *rest = data, *one;
	const char *name;

	if (!data || !options)
		return NULL;
	while ((name = oci_mount_flag_next(&flags)))
		if (json_array_append_new(options, json_string(name)) < 0)
			return NULL;
	while ((one = strsep(&rest, ",")))
		if (*one && json_array_append_new(options, json_string(one)) < 0)
			return NULL;
	return json_pack("{s:s, s:s, s:s, s:O}", "destination", t->path, "type", "tmpfs", "source",
			 "tmpfs", "options", options);
}

static int write_mounts(const struct oci_options *o, json_t *doc)
{
	json_t *list;

	if (o->n_tmpfs == 0 && o->mounts.n == 0)
		return 0;
	list = json_array();
	if (json_object_set_new(doc, "mounts", list) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < o->n_tmpfs; i++)
		if (json_array_append_new(list, write_tmpfs(&o->tmpfs[i])) < 0)
			return -ENOMEM;
	return oci_mounts_write(&o->mounts, list);
}

static int set_if_wanted(json_t *obj, const char *key, bool wanted, json_t *value)
{
	if (wanted)
		return json_object_set_new(obj, key, value) < 0 ? -ENOMEM : 0;
	json_decref(value);
	return 0;
}

static int write_ours(const struct oci_options *o, json_t *doc)
{
	cleanup_json json_t *ours = json_object();
	int r = ours ? set_if_wanted(ours, "init", o->init, json_true()) : -ENOMEM;

	if (r == 0)
		r = set_if_wanted(ours, "privileged", o->privileged, json_true());
	if (r == 0)
		r = set_if_wanted(ours, "groups", strv_len(o->groups) > 0,
				  json_from_strv(o->groups));
	if (r == 0)
		r = set_if_wanted(ours, "hosts", strv_len(o->hosts) > 0, json_from_strv(o->hosts));
	if (r == 0)
		r = set_if_wanted(ours, "sockets", strv_len(o->sockets) > 0,
				  json_from_strv(o->sockets));
	if (r == 0 && o->resolv_conf)
		r = set_if_wanted(ours, "resolvConf", *o->resolv_conf, json_string(o->resolv_conf));
	if (r == 0 && json_object_size(ours) > 0)
		r = json_object_set(doc, OURS, ours) < 0 ? -ENOMEM : 0;
	return r;
}

int oci_options_write(const struct oci_options *o, json_t *doc)
{
	json_t *linux_obj = json_object_get(doc, "linux");
	int r = write_pairs(json_object_get(linux_obj, "resources"), "unified", o->cgroup);

	if (r == 0)
		r = write_pairs(linux_obj, "sysctl", o->sysctls);
	if (r == 0 && o->domainname)
		r = set_if_wanted(doc, "domainname", *o->domainname, json_string(o->domainname));
	if (r == 0)
		r = set_if_wanted(json_object_get(doc, "process"), "oomScoreAdj",
				  o->oom_score_adj != 0, json_integer(o->oom_score_adj));
	if (r == 0)
		r = write_mounts(o, doc);
	return r == 0 ? write_ours(o, doc) : r;
}

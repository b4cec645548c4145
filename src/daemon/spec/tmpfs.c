/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A container's memory file systems, by docker's rules: nothing in them is a
 * device, gives privileges or is executed unless the options say so.  A size for /dev/shm makes one
 * more, in place of the machine's own.
 */
#include "daemon/spec/tmpfs.h"

#include <errno.h>

#include "base/str.h"
#include "oci/mount.h"

#define SHM_PATH  "/dev/shm"
#define SHM_BYTES MIB(64) /* size of the machine's own */
#define TMPFS_MAX 64u

static int add_tmpfs(struct oci_options *o, const char *path, char *const *options, struct err *err)
{
	int r;

	if (path[0] != '/' || streq(path, "/"))
		return err_set(err, -EINVAL,
			       "invalid mount path: '%s' mount path must be absolute, and not the "
			       "root",
			       path);
	if (o->n_tmpfs >= TMPFS_MAX)
		return err_set(err, -EINVAL, "more than %u tmpfs mounts", TMPFS_MAX);
	r = oci_tmpfs_add(o, path, options, err);
	return r == 0 || r == -ENOMEM ? r : err_wrap(err, "tmpfs %s", path);
}

static int start_options(char ***ret)
{
	static const char *const defaults[] = { "noexec", "nosuid", "nodev" };

	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		if (strv_add(ret, defaults[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int add_text(struct oci_options *o, const char *path, const char *text, struct err *err)
{
	cleanup_free char *copy = strdup(text);
	cleanup_strv char **options = NULL;
	char *rest = copy, *one;

	if (!copy || start_options(&options) < 0)
		return err_nomem(err);
	while ((one = strsep(&rest, ",")))
		if (*one && strv_add(&options, one) < 0)
			return err_nomem(err);
	return add_tmpfs(o, path, options, err);
}

/* [["exec"], ["uid", "5"]] */
static int add_pairs(const json_t *list, char ***options, struct err *err)
{
	const json_t *pair;
	size_t i;

	json_array_foreach (list, i, pair) {
		const char *key = json_string_value(json_array_get(pair, 0));
		const char *value = json_string_value(json_array_get(pair, 1));

		if (!key)
			return err_set(err, -EBADMSG,
				       "\"Options\" of a tmpfs must be arrays of strings");
		if (strv_addf(options, "%s%s%s", key, value ? "=" : "", value ? value : "") < 0)
			return err_nomem(err);
	}
	return 0;
}

static int read_mount(const json_t *mount, struct oci_options *o, struct err *err)
{
	cleanup_strv char **options = NULL;
	int64_t size = 0, mode = 0;
	bool read_only = false;
	json_t *extra, *list = NULL;
	const char *path;
	int r = json_get_str(mount, "Target", &path, err);

	if (r == 0)
		r = json_get_bool(mount, "ReadOnly", &read_only, err);
	if (r == 0)
		r = json_get_object(mount, "TmpfsOptions", &extra, err);
	if (r == 0)
		r = json_get_i64(extra, "SizeBytes", &size, err);
	if (r == 0)
		r = json_get_i64(extra, "Mode", &mode, err);
	if (r == 0)
		r = json_get_array(extra, "Options", &list, err);
	if (r < 0)
		return r;
	if (start_options(&options) < 0 ||
	    (size > 0 && strv_addf(&options, "size=%lld", (long long)size) < 0) ||
	    (mode > 0 && strv_addf(&options, "mode=%llo", (unsigned long long)mode & 07777) < 0) ||
	    (read_only && strv_add(&options, "ro") < 0))
		return err_nomem(err);
	r = add_pairs(list, &options, err);
	return r == 0 ? add_tmpfs(o, path ? path : "", options, err) : r;
}

/* Mounts of other types are in mounts.c. */
static bool is_tmpfs(const json_t *mount)
{
	const char *type = json_string_value(json_object_get(mount, "Type"));

	return type && streq(type, "tmpfs");
}

static int read_shm(const json_t *host, struct oci_options *o, struct err *err)
{
	cleanup_free char *text = NULL;
	int64_t bytes = 0;
	int r = json_get_i64(host, "ShmSize", &bytes, err);

	if (r < 0 || bytes == 0 || bytes == (int64_t)SHM_BYTES)
		return r;
	if (bytes < 0)
		return err_set(err, -EINVAL, "SHM size can not be less than 0");
	text = str_printf("mode=1777,size=%lld", (long long)bytes);
	return text ? add_text(o, SHM_PATH, text, err) : err_nomem(err);
}

int spec_tmpfs(const json_t *host, struct oci_options *o, struct err *err)
{
	json_t *map = NULL, *list = NULL, *value;
	const char *path;
	size_t i;
	int r = json_get_object(host, "Tmpfs", &map, err);

	if (r == 0)
		r = json_get_array(host, "Mounts", &list, err);
	if (r == 0)
		r = read_shm(host, o, err);
	json_object_foreach (map, path, value) {
		if (r == 0 && !json_is_string(value))
			r = err_set(err, -EBADMSG, "options of tmpfs %s must be a string", path);
		if (r == 0)
			r = add_text(o, path, json_string_value(value), err);
	}
	json_array_foreach (list, i, value) {
		if (r == 0 && is_tmpfs(value))
			r = read_mount(value, o, err);
	}
	return r;
}

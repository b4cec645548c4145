/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The options become what docker's client makes of them: moatd takes docker's
 * API.  A relative source is made absolute here, as moatd has another working directory; in "-v"
 * only one that begins with a dot is a path, and others are names of volumes.
 */
#include "cli/create/create-mount.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/path-text.h"
#include "base/str.h"
#include "cli/create/create-put.h"
#include "cli/create/csv.h"
#include "cli/create/mount-key.h"
#include "oci/volume-spec.h"

/* @ret: owned */
static int make_absolute(const char *path, char **ret, struct err *err)
{
	cleanup_free char *cwd = getcwd(NULL, 0), *whole = NULL;

	if (!cwd)
		return err_errno(err, -errno, "the working directory");
	whole = str_printf("%s/%s", cwd, path);
	*ret = whole ? path_plain(whole) : NULL;
	return *ret ? 0 : err_nomem(err);
}

static int append_bind(json_t *binds, const char *text, struct err *err)
{
	return json_array_append_new(binds, json_string(text)) < 0
		       ? err_set(err, -EINVAL, "volume \"%s\" is not UTF-8", text)
		       : 0;
}

int create_volume(const char *text, json_t *volumes, json_t *binds, struct err *err)
{
	cleanup(volume_spec_reset) struct volume_spec v = { 0 };
	cleanup_free char *source = NULL, *bind = NULL;
	int r = volume_spec_parse(text, &v, err);

	if (r < 0)
		return r;
	if (!*v.source)
		return create_put(volumes, v.target, json_object(), err);
	if (*v.source != '.')
		return append_bind(binds, text, err);
	r = make_absolute(v.source, &source, err);
	if (r < 0)
		return r;
	bind = str_printf("%s%s", source, text + strlen(v.source));
	return bind ? append_bind(binds, bind, err) : err_nomem(err);
}

/* "." and what begins with "./" are relative, as docker has it; others must be absolute. */
static int absolute_source(json_t *mount, struct err *err)
{
	const char *source = json_string_value(json_object_get(mount, "Source"));
	cleanup_free char *path = NULL;
	int r;

	if (!source || !(streq(source, ".") || str_starts(source, "./")))
		return 0;
	r = make_absolute(source, &path, err);
	return r == 0 ? create_put(mount, "Source", json_string(path), err) : r;
}

static int refuse_mixed(const char *prefix, const char *type, struct err *err)
{
	return err_set(err, -EINVAL, "cannot mix '%s-*' options with mount type '%s'", prefix,
		       type);
}

static int check_mount(const json_t *mount, struct err *err)
{
	static const struct {
		const char *type, *member;
	} kinds[] = { { "volume", "VolumeOptions" },
		      { "bind", "BindOptions" },
		      { "tmpfs", "TmpfsOptions" } };
	const char *type = json_string_value(json_object_get(mount, "Type"));

	if (!*type)
		return err_set(err, -EINVAL, "type is required");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (json_object_get(mount, kinds[i].member) && !streq(type, kinds[i].type))
			return refuse_mixed(kinds[i].type, type, err);
	if (!json_object_get(mount, "Target"))
		return err_set(err, -EINVAL, "target is required");
	return mount_key_check(mount, err);
}

int create_mount(const char *text, json_t **ret, struct err *err)
{
	cleanup_json json_t *mount = json_pack("{s:s}", "Type", "volume");
	cleanup_strv char **fields = NULL;
	int r = mount ? csv_split(text, &fields, err) : err_nomem(err);

	for (char **f = fields; r == 0 && f && *f; f++)
		r = mount_key_set(mount, *f, err);
	if (r == 0)
		r = absolute_source(mount, err);
	if (r == 0)
		r = check_mount(mount, err);
	if (r < 0)
		return r == -EINVAL ? err_wrap(err, "invalid argument \"%s\" for \"--mount\"", text)
				    : r;
	*ret = take_ptr(mount);
	return 0;
}

static int put_volumes(const struct options *o, json_t *body, json_t *host, struct err *err)
{
	json_t *volumes = json_object(), *binds = json_array();
	const char *value;
	size_t cursor = 0;
	int r = create_put(body, "Volumes", volumes, err),
	    s = create_put(host, "Binds", binds, err);

	if (r < 0 || s < 0)
		return r < 0 ? r : s;
	while (r == 0 && (value = options_next(o, "volume", &cursor)))
		r = create_volume(value, volumes, binds, err);
	return r;
}

static int put_mounts(const struct options *o, json_t *host, struct err *err)
{
	cleanup_json json_t *list = json_array();
	const char *value;
	size_t cursor = 0;
	int r = list ? 0 : err_nomem(err);

	while (r == 0 && (value = options_next(o, "mount", &cursor))) {
		json_t *mount;

		r = create_mount(value, &mount, err);
		if (r == 0 && json_array_append_new(list, mount) < 0)
			r = err_nomem(err);
	}
	if (r < 0 || json_array_size(list) == 0)
		return r;
	return create_put(host, "Mounts", json_incref(list), err);
}

int create_put_mounts(const struct options *o, json_t *body, json_t *host, struct err *err)
{
	static const struct create_text driver[] = { { "volume-driver", "VolumeDriver" }, { 0 } };
	static const struct create_text from[] = { { "volumes-from", "VolumesFrom" }, { 0 } };
	int r = put_volumes(o, body, host, err);

	if (r == 0)
		r = put_mounts(o, host, err);
	if (r == 0)
		r = create_put_texts(o, driver, host, err);
	return r == 0 ? create_put_lists(o, from, host, err) : r;
}

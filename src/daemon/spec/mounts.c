/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each of the three places where docker's API has mounts becomes a list of
 * struct mount_point.  "Binds" are texts, whose source is a path or a name; what is missing on the
 * host is made for them.  "Mounts" say what they are, and their source must be there.  "Volumes" of
 * Config are volumes without a name: the image's, and those of "-v /path".
 *
 * All of it is a client's.  Whether a source exists is checked elsewhere, with access to the disk.
 */
#include "daemon/spec/mounts.h"

#include <errno.h>

#include "base/path-text.h"
#include "base/str.h"
#include "daemon/spec/mount-check.h"
#include "daemon/spec/mount-object.h"
#include "oci/volume-spec.h"

static int duplicate_mount(const char *destination, struct err *err)
{
	return err_set(err, -EINVAL, "Duplicate mount point: %s", destination);
}

/* Moves the texts of @v into a mount point. */
static int fill_from_spec(struct volume_spec *v, struct mount_point *p, struct err *err)
{
	bool bind = *v->source == '/';
	const char *propagation = *v->propagation ? v->propagation : "rprivate";
	int r = mount_check_destination(v->target, &p->destination, err);

	if (r == 0)
		r = mount_check_propagation(propagation, err);
	if (r < 0)
		return r;
	p->type = bind ? MOUNT_BIND : MOUNT_VOLUME;
	p->read_only = v->read_only;
	p->no_copy = v->no_copy;
	p->make_source = bind;
	p->anonymous = !*v->source;
	p->source = bind ? path_plain(v->source) : take_ptr(v->source);
	p->subpath = strdup("");
	p->mode = !bind && !*v->mode ? strdup(MOUNT_VOLUME_MODE) : take_ptr(v->mode);
	p->propagation = strdup(bind ? propagation : "");
	return p->source && p->subpath && p->mode && p->propagation ? 0 : err_nomem(err);
}

static int read_bind(const char *text, struct mount_point *p, struct err *err)
{
	cleanup(volume_spec_reset) struct volume_spec v = { 0 };
	int r = volume_spec_parse(text, &v, err);

	if (r < 0)
		return r;
	r = fill_from_spec(&v, p, err);
	return r == -EINVAL ? err_wrap(err, "invalid volume specification: '%s'", text) : r;
}

/* Is there a tmpfs of "Tmpfs" at this destination?  Return: 1; 0; -ENOMEM. */
static int find_tmpfs(const json_t *host, const char *destination, struct err *err)
{
	const char *path;
	json_t *value;

	json_object_foreach (json_object_get(host, "Tmpfs"), path, value) {
		cleanup_free char *plain = path_plain(path);

		if (!plain)
			return err_nomem(err);
		if (streq(plain, destination))
			return 1;
	}
	return 0;
}

/* @taken: destinations of this request so far; this one is added.  @p: moved */
static int put_asked(const json_t *host, char ***taken, struct mount_points *m,
		     struct mount_point *p, struct err *err)
{
	int r = find_tmpfs(host, p->destination, err);

	if (r > 0 || (r == 0 && strv_has(*taken, p->destination)))
		return duplicate_mount(p->destination, err);
	if (r == 0 && strv_add(taken, p->destination) < 0)
		r = err_nomem(err);
	return r == 0 ? mount_points_put(m, p, err) : r;
}

static int add_binds(const json_t *host, char ***taken, struct mount_points *m, struct err *err)
{
	cleanup_strv char **binds = NULL;
	int r = json_get_strv(host, "Binds", &binds, err);

	for (char **b = binds; r == 0 && b && *b; b++) {
		cleanup(mount_point_reset) struct mount_point p = { 0 };

		r = read_bind(*b, &p, err);
		if (r == 0)
			r = put_asked(host, taken, m, &p, err);
	}
	return r;
}

static int add_objects(const json_t *host, char ***taken, struct mount_points *m, struct err *err)
{
	json_t *list = NULL, *item;
	size_t i;
	int r = json_get_array(host, "Mounts", &list, err);

	json_array_foreach (list, i, item) {
		cleanup(mount_point_reset) struct mount_point p = { 0 };

		if (r == 0)
			r = mount_object_read(item, &p, err);
		if (r == 0)
			r = put_asked(host, taken, m, &p, err);
	}
	return r;
}

static int add_volume(const char *path, struct mount_points *m, struct err *err)
{
	cleanup(mount_point_reset) struct mount_point p = {
		.type = MOUNT_VOLUME,
		.anonymous = true,
		.source = strdup(""),
		.subpath = strdup(""),
		.mode = strdup(""),
		.propagation = strdup(""),
	};
	int r = mount_check_destination(path, &p.destination, err);

	if (r < 0)
		return r;
	if (!p.source || !p.subpath || !p.mode || !p.propagation)
		return err_nomem(err);
	return mount_points_find(m, p.destination) ? 0 : mount_points_put(m, &p, err);
}

/* The image's volumes are added here, too, except where something else is mounted. */
static int add_volumes(const json_t *config, const json_t *host, struct mount_points *m,
		       struct err *err)
{
	json_t *map = NULL, *value;
	const char *path;
	int r = json_get_object(config, "Volumes", &map, err);

	json_object_foreach (map, path, value) {
		cleanup_free char *plain = path_plain(path);

		if (r == 0)
			r = plain ? find_tmpfs(host, plain, err) : err_nomem(err);
		if (r == 0)
			r = add_volume(path, m, err);
		r = r > 0 ? 0 : r;
	}
	return r;
}

int mounts_from_request(const json_t *config, const json_t *host, struct mount_points *m,
			struct err *err)
{
	cleanup_strv char **taken = NULL;
	json_t *tmpfs;
	int r = json_get_object(host, "Tmpfs", &tmpfs, err);

	if (r == 0)
		r = add_binds(host, &taken, m, err);
	if (r == 0)
		r = add_objects(host, &taken, m, err);
	if (r == 0)
		r = add_volumes(config, host, m, err);
	if (r == 0)
		mount_points_sort(m);
	return r;
}

int mounts_volumes_from(const char *text, char **ret_container, bool *ret_read_only,
			struct err *err)
{
	size_t len = strcspn(text, ":");
	const char *mode = text[len] ? text + len + 1 : "";

	if (len == 0)
		return err_set(err, -EINVAL, "malformed volumes-from specification: %s", text);
	/* docker accepts labels and copy modes here, too: they change nothing. */
	if (*mode && !streq(mode, "ro") && !streq(mode, "rw") && !streq(mode, "z") &&
	    !streq(mode, "Z") && !streq(mode, "nocopy"))
		return err_set(err, -EINVAL, "invalid mode: %s", mode);
	*ret_container = strndup(text, len);
	*ret_read_only = streq(mode, "ro");
	return *ret_container ? 0 : err_nomem(err);
}

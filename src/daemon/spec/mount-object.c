/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each type of mount has an object of options of its own, and what belongs to
 * another type is an error, as in docker: it would be lost without a word.
 */
#include "daemon/spec/mount-object.h"

#include <errno.h>

#include "base/path-text.h"
#include "base/str.h"
#include "daemon/spec/mount-check.h"

/* The members of a mount object, borrowed. */
struct object {
	const char *type, *source, *target;
	bool read_only;
	json_t *bind, *volume, *tmpfs; /* options; NULL: none */
};

static int read_object(const json_t *mount, struct object *o, struct err *err)
{
	int r = json_get_str(mount, "Type", &o->type, err);

	if (r == 0)
		r = json_get_str(mount, "Source", &o->source, err);
	if (r == 0)
		r = json_get_str(mount, "Target", &o->target, err);
	if (r == 0)
		r = json_get_bool(mount, "ReadOnly", &o->read_only, err);
	if (r == 0)
		r = json_get_object(mount, "BindOptions", &o->bind, err);
	if (r == 0)
		r = json_get_object(mount, "VolumeOptions", &o->volume, err);
	if (r == 0)
		r = json_get_object(mount, "TmpfsOptions", &o->tmpfs, err);
	o->source = o->source ? o->source : "";
	return r;
}

static int missing_field(const char *field, struct err *err)
{
	return err_set(err, -EINVAL, "field %s must not be empty", field);
}

static int extra_field(const char *field, struct err *err)
{
	return err_set(err, -EINVAL, "field %s must not be specified", field);
}

static int set_text(char **ret, const char *text, struct err *err)
{
	*ret = strdup(text);
	return *ret ? 0 : err_nomem(err);
}

/* Checks the options for mounts below the source, which docker calls recursion. */
static int check_recursion(const json_t *options, struct err *err)
{
	bool alone = false, writable = false;
	int r = json_get_bool(options, "NonRecursive", &alone, err);

	if (r == 0)
		r = json_get_bool(options, "ReadOnlyNonRecursive", &writable, err);
	if (r == 0 && (alone || writable))
		r = err_set(err, -EOPNOTSUPP,
			    "moat does not support binds that treat what is mounted below the "
			    "source in another way (%s)",
			    alone ? "NonRecursive" : "ReadOnlyNonRecursive");
	return r;
}

static int read_bind(const struct object *o, struct mount_point *p, struct err *err)
{
	const char *propagation = NULL;
	int r = json_get_str(o->bind, "Propagation", &propagation, err);

	if (!*o->source)
		return missing_field("Source", err);
	if (o->volume)
		return extra_field("VolumeOptions", err);
	if (*o->source != '/')
		return err_set(err, -EINVAL, "invalid mount path: '%s' mount path must be absolute",
			       o->source);
	propagation = propagation && *propagation ? propagation : "rprivate";
	if (r == 0)
		r = mount_check_propagation(propagation, err);
	if (r == 0)
		r = check_recursion(o->bind, err);
	if (r == 0)
		r = json_get_bool(o->bind, "CreateMountpoint", &p->make_source, err);
	if (r < 0)
		return r;
	p->type = MOUNT_BIND;
	p->source = path_plain(o->source);
	return p->source ? set_text(&p->propagation, propagation, err) : err_nomem(err);
}

/* Does a relative path stay below where it begins? */
static bool is_local(const char *path)
{
	size_t depth = 0;

	if (*path == '/')
		return false;
	while (*path) {
		size_t len = strcspn(path, "/");

		if (len == 2 && memcmp(path, "..", 2) == 0) {
			if (depth-- == 0)
				return false;
		} else if (len > 0 && !(len == 1 && *path == '.')) {
			depth++;
		}
		path += len;
		path += strspn(path, "/");
	}
	return true;
}

static int read_subpath(const struct object *o, struct mount_point *p, struct err *err)
{
	const char *path;
	cleanup_free char *plain = NULL;
	int r = json_get_str(o->volume, "Subpath", &path, err);

	if (r < 0)
		return r;
	path = path ? path : "";
	if (*path && !*o->source)
		return err_set(err, -EINVAL, "must not set Subpath when using anonymous volumes");
	if (!is_local(path))
		return err_set(err, -EINVAL, "subpath must be a relative path within the volume");
	plain = path_plain(path);
	return plain ? set_text(&p->subpath, plain + 1, err) : err_nomem(err);
}

/* Reads an object of texts that a new volume is to get.  @ret: a reference, or NULL */
static int read_texts(const json_t *obj, const char *key, json_t **ret, struct err *err)
{
	json_t *map = NULL, *value;
	const char *name;
	int r = json_get_object(obj, key, &map, err);

	if (r < 0)
		return r;
	json_object_foreach (map, name, value) {
		if (!json_is_string(value))
			return err_set(err, -EBADMSG, "\"%s\" of \"%s\" must be a string", name,
				       key);
	}
	*ret = json_object_size(map) > 0 ? json_incref(map) : NULL;
	return 0;
}

static int read_driver(const struct object *o, struct mount_point *p, struct err *err)
{
	json_t *driver = NULL;
	const char *name = NULL;
	int r = json_get_object(o->volume, "DriverConfig", &driver, err);

	if (r == 0)
		r = json_get_str(driver, "Name", &name, err);
	if (r == 0)
		r = mount_check_driver(name, err);
	return r == 0 ? read_texts(driver, "Options", &p->options, err) : r;
}

static int read_volume(const struct object *o, struct mount_point *p, struct err *err)
{
	int r = json_get_bool(o->volume, "NoCopy", &p->no_copy, err);

	if (o->bind)
		return extra_field("BindOptions", err);
	if (o->read_only && !*o->source)
		return err_set(err, -EINVAL,
			       "must not set ReadOnly mode when using anonymous volumes");
	if (r == 0)
		r = read_subpath(o, p, err);
	if (r == 0)
		r = read_texts(o->volume, "Labels", &p->labels, err);
	if (r == 0)
		r = read_driver(o, p, err);
	if (r == 0)
		r = set_text(&p->source, o->source, err);
	p->type = MOUNT_VOLUME;
	p->anonymous = !*o->source;
	return r;
}

static int read_tmpfs(const struct object *o, struct mount_point *p, struct err *err)
{
	if (o->bind)
		return extra_field("BindOptions", err);
	if (o->volume)
		return extra_field("VolumeOptions", err);
	if (*o->source)
		return extra_field("Source", err);
	p->type = MOUNT_TMPFS;
	return set_text(&p->source, "", err);
}

static int read_by_type(const struct object *o, struct mount_point *p, struct err *err)
{
	static const struct type {
		const char *name, *mode;
		int (*read)(const struct object *o, struct mount_point *p, struct err *err);
	} types[] = { { "bind", "", read_bind },
		      { "volume", MOUNT_VOLUME_MODE, read_volume },
		      { "tmpfs", "", read_tmpfs } };

	const struct type *type = STR_FIND(types, o->type);
	int r;

	if (!o->target || !*o->target)
		return missing_field("Target", err);
	if (!type)
		return err_set(err, -EINVAL, "mount type unknown");
	r = mount_check_destination(o->target, &p->destination, err);
	if (r == 0)
		r = type->read(o, p, err);
	return r == 0 ? set_text(&p->mode, type->mode, err) : r;
}

int mount_object_read(const json_t *mount, struct mount_point *ret, struct err *err)
{
	struct object o = { 0 };
	int r = read_object(mount, &o, err);

	if (r < 0)
		return r;
	ret->read_only = o.read_only;
	r = read_by_type(&o, ret, err);
	if (r == 0 && !ret->subpath)
		r = set_text(&ret->subpath, "", err);
	if (r == 0 && !ret->propagation)
		r = set_text(&ret->propagation, "", err);
	return r == -EINVAL
		       ? err_wrap(err, "invalid mount config for type \"%s\"", o.type ? o.type : "")
		       : r;
}

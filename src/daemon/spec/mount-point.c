/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/spec/mount-point.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json-object.h"
#include "base/str.h"

static const char *const type_names[] = {
	[MOUNT_BIND] = "bind",
	[MOUNT_VOLUME] = "volume",
	[MOUNT_TMPFS] = "tmpfs",
};

void mount_point_reset(struct mount_point *p)
{
	free(p->source);
	free(p->destination);
	free(p->subpath);
	free(p->mode);
	free(p->propagation);
	json_decref(p->labels);
	json_decref(p->options);
	*p = (struct mount_point){ 0 };
}

void mount_points_reset(struct mount_points *m)
{
	for (size_t i = 0; i < m->n; i++)
		mount_point_reset(&m->list[i]);
	free(m->list);
	*m = (struct mount_points){ 0 };
}

static struct mount_point *find_point(const struct mount_points *m, const char *destination)
{
	for (size_t i = 0; i < m->n; i++)
		if (streq(m->list[i].destination, destination))
			return &m->list[i];
	return NULL;
}

const struct mount_point *mount_points_find(const struct mount_points *m, const char *destination)
{
	return find_point(m, destination);
}

int mount_points_put(struct mount_points *m, struct mount_point *p, struct err *err)
{
	cleanup(mount_point_reset) struct mount_point given = *p;
	struct mount_point *old, *grown;

	*p = (struct mount_point){ 0 };
	old = find_point(m, given.destination);
	if (!old && m->n >= MOUNT_POINTS_MAX)
		return err_set(err, -EINVAL, "more than %u mounts", MOUNT_POINTS_MAX);
	if (!old) {
		grown = reallocarray(m->list, m->n + 1, sizeof(*grown));
		if (!grown)
			return err_nomem(err);
		m->list = grown;
		old = &grown[m->n++];
	} else {
		mount_point_reset(old);
	}
	*old = given;
	given = (struct mount_point){ 0 };
	return 0;
}

static int copy_point(const struct mount_point *from, struct mount_point *ret)
{
	struct mount_point copy = *from;

	copy.source = strdup(from->source);
	copy.destination = strdup(from->destination);
	copy.subpath = strdup(from->subpath);
	copy.mode = strdup(from->mode);
	copy.propagation = strdup(from->propagation);
	copy.labels = copy.options = NULL;
	if (!copy.source || !copy.destination || !copy.subpath || !copy.mode || !copy.propagation) {
		mount_point_reset(&copy);
		return -ENOMEM;
	}
	*ret = copy;
	return 0;
}

int mount_points_inherit(struct mount_points *m, const struct mount_points *from, bool read_only,
			 struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->n; i++) {
		struct mount_point p;

		if (copy_point(&from->list[i], &p) < 0)
			return err_nomem(err);
		p.read_only |= read_only;
		p.no_copy = true;
		r = mount_points_put(m, &p, err);
	}
	return r;
}

static int compare_points(const void *a, const void *b)
{
	const struct mount_point *p = a, *q = b;

	return strcmp(p->destination, q->destination);
}

/* In the order of text a path also comes before all that is below it. */
void mount_points_sort(struct mount_points *m)
{
	if (m->n > 0)
		qsort(m->list, m->n, sizeof(*m->list), compare_points);
}

static struct json_member text_if_any(const char *key, const char *text)
{
	return member_optional(key, *text ? json_string(text) : NULL);
}

static struct json_member flag_if_set(const char *key, bool set)
{
	return member_optional(key, set ? json_true() : NULL);
}

static json_t *write_point(const struct mount_point *p)
{
	return JSON_OBJECT(
		member_text("type", type_names[p->type]), text_if_any("source", p->source),
		member_text("destination", p->destination), text_if_any("subpath", p->subpath),
		text_if_any("mode", p->mode), text_if_any("propagation", p->propagation),
		flag_if_set("readOnly", p->read_only), flag_if_set("noCopy", p->no_copy),
		flag_if_set("anonymous", p->anonymous), flag_if_set("makeSource", p->make_source));
}

char *mount_points_write(const struct mount_points *m)
{
	cleanup_json json_t *list = json_array();

	for (size_t i = 0; i < m->n; i++)
		if (json_array_append_new(list, write_point(&m->list[i])) < 0)
			return NULL;
	return list ? json_write(list) : NULL;
}

static int read_type(const json_t *obj, enum mount_type *ret, struct err *err)
{
	const char *const *type, *name;
	int r = json_get_str(obj, "type", &name, err);

	if (r < 0)
		return r;
	type = STR_FIND(type_names, name);
	if (!type)
		return err_set(err, -EBADMSG, "mount of an unknown type");
	*ret = (enum mount_type)(type - type_names);
	return 0;
}

static int read_point(const json_t *obj, struct mount_point *p, struct err *err)
{
	int r = read_type(obj, &p->type, err);

	if (r == 0)
		r = json_get_copy(obj, "source", &p->source, err);
	if (r == 0)
		r = json_get_copy(obj, "destination", &p->destination, err);
	if (r == 0)
		r = json_get_copy(obj, "subpath", &p->subpath, err);
	if (r == 0)
		r = json_get_copy(obj, "mode", &p->mode, err);
	if (r == 0)
		r = json_get_copy(obj, "propagation", &p->propagation, err);
	if (r == 0)
		r = json_get_bool(obj, "readOnly", &p->read_only, err);
	if (r == 0)
		r = json_get_bool(obj, "noCopy", &p->no_copy, err);
	if (r == 0)
		r = json_get_bool(obj, "anonymous", &p->anonymous, err);
	return r == 0 ? json_get_bool(obj, "makeSource", &p->make_source, err) : r;
}

int mount_points_read(const char *text, struct mount_points *ret, struct err *err)
{
	cleanup(mount_points_reset) struct mount_points m = { 0 };
	cleanup_json json_t *list = NULL;
	json_t *item;
	size_t i;
	int r = json_read(text, strlen(text), "stored mounts", &list, err);

	if (r == 0 && !json_is_array(list))
		r = err_set(err, -EBADMSG, "stored mounts must be an array");
	json_array_foreach (list, i, item) {
		cleanup(mount_point_reset) struct mount_point p = { 0 };

		if (r == 0)
			r = read_point(item, &p, err);
		if (r == 0)
			r = mount_points_put(&m, &p, err);
	}
	if (r < 0)
		return r;
	*ret = take_struct(m);
	return 0;
}

static json_t *describe_point(const struct mount_point *p, const char *source)
{
	bool volume = p->type == MOUNT_VOLUME;

	return JSON_OBJECT(member_text("Type", type_names[p->type]),
			   member_optional("Name", volume ? json_string(p->source) : NULL),
			   member_text("Source", source),
			   member_text("Destination", p->destination),
			   member_optional("Driver", volume ? json_string("local") : NULL),
			   member_text("Mode", p->mode), member_bool("RW", !p->read_only),
			   member_text("Propagation", p->propagation));
}

json_t *mount_points_describe(const struct mount_points *m, mount_volume_path path_of, void *arg)
{
	cleanup_json json_t *list = json_array();

	for (size_t i = 0; i < m->n; i++) {
		const struct mount_point *p = &m->list[i];
		cleanup_free char *path =
			p->type == MOUNT_VOLUME ? path_of(p->source, arg) : strdup(p->source);

		if (!path || json_array_append_new(list, describe_point(p, path)) < 0)
			return NULL;
	}
	return take_ptr(list);
}

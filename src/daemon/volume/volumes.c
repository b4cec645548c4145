/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A table of all volumes, by name, and for each a row in the database and a
 * folder.  When moatd starts, the rows say what is to become of the folders that a crash left; a
 * folder that no crash can have left was put there by somebody, from a backup say, and becomes a
 * volume.
 *
 * Rows and folders are our own; what is in a folder is the containers'.
 */
#include "daemon/volume/volumes.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "daemon/state/hub.h"
#include "daemon/volume/disk.h"
#include "daemon/volume/folder.h"
#include "daemon/volume/volumes-inner.h"

void volume_free(struct volume *v)
{
	if (!v)
		return;
	volume_record_reset(&v->row);
	json_decref(v->labels);
	json_decref(v->options);
	strv_free(v->users);
	free(v);
}

int volume_new(struct volume_record *row, struct volume **ret, struct err *err)
{
	struct volume *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return err_nomem(err);
	r = json_read(row->labels, strlen(row->labels), "a volume's labels", &v->labels, err);
	if (r == 0)
		r = json_read(row->options, strlen(row->options), "a volume's options", &v->options,
			      err);
	if (r == 0)
		r = driver_options_read(v->options, &v->driver, err);
	if (r < 0) {
		volume_free(v);
		return r;
	}
	v->row = *row;
	*row = (struct volume_record){ 0 };
	*ret = v;
	return 0;
}

struct volume *volumes_get(const struct volumes *vs, const char *name)
{
	struct volume *v = vs->first;

	while (v && !streq(v->row.name, name))
		v = v->next;
	return v;
}

void volumes_add(struct volumes *vs, struct volume *v)
{
	struct volume **at = &vs->first;

	while (*at && strcmp((*at)->row.name, v->row.name) < 0)
		at = &(*at)->next;
	v->next = *at;
	*at = v;
}

void volumes_drop(struct volumes *vs, const struct volume *v)
{
	struct volume **at = &vs->first;

	while (*at && *at != v)
		at = &(*at)->next;
	if (*at)
		*at = v->next;
}

void volumes_publish(struct volumes *vs, const char *name, const char *action, json_t *extra)
{
	cleanup_json json_t *owned = extra;
	json_t *attributes = json_pack("{s:s}", "driver", "local");

	if (attributes && owned)
		json_object_update(attributes, owned);
	hub_publish(vs->hub, "volume", action, name, attributes);
}

void volume_view_reset(struct volume_view *v)
{
	free(v->name);
	free(v->path);
	json_decref(v->labels);
	json_decref(v->options);
	strv_free(v->users);
	*v = (struct volume_view){ 0 };
}

char *volumes_path(const struct volumes *vs, const struct volume *v)
{
	return v->driver.device ? strdup(v->driver.device)
				: str_printf("%s/%s/" VOLUME_DATA, vs->path, v->row.name);
}

int volumes_view(const struct volumes *vs, const struct volume *v, struct volume_view *ret)
{
	struct volume_view view = {
		.name = strdup(v->row.name),
		.path = volumes_path(vs, v),
		.created_nsec = v->row.created_nsec,
		.labels = json_incref(v->labels),
		.options = json_incref(v->options),
		.anonymous = v->row.anonymous,
	};

	if (!view.name || !view.path || strv_copy(v->users, &view.users) < 0) {
		volume_view_reset(&view);
		return -ENOMEM;
	}
	*ret = view;
	return 0;
}

int volumes_find(struct volumes *vs, const char *name, struct volume_view *ret, struct err *err)
{
	const struct volume *v;
	int r = -ENOENT;

	pthread_mutex_lock(&vs->lock);
	v = volumes_get(vs, name);
	if (v)
		r = volumes_view(vs, v, ret);
	pthread_mutex_unlock(&vs->lock);
	if (r == -ENOENT)
		return err_set(err, r, "get %s: no such volume", name);
	return r < 0 ? err_nomem(err) : 0;
}

static size_t count_volumes(const struct volumes *vs)
{
	size_t n = 0;

	for (const struct volume *v = vs->first; v; v = v->next)
		n++;
	return n;
}

int volumes_list(struct volumes *vs, struct volume_view **ret, size_t *ret_n)
{
	struct volume_view *list;
	size_t n = 0;
	int r = 0;

	pthread_mutex_lock(&vs->lock);
	list = calloc(count_volumes(vs) + 1, sizeof(*list));
	for (const struct volume *v = vs->first; list && v && r == 0; v = v->next) {
		r = volumes_view(vs, v, &list[n]);
		n += r == 0;
	}
	pthread_mutex_unlock(&vs->lock);
	if (!list || r < 0) {
		volumes_list_free(list, n);
		return -ENOMEM;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

void volumes_list_free(struct volume_view *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		volume_view_reset(&list[i]);
	free(list);
}

/* @arg: struct volumes */
static int load_row(struct volume_record *row, void *arg)
{
	cleanup_free char *name = strdup(row->name);
	struct volume *v;
	struct err err = { 0 };
	int r = volume_new(row, &v, &err);

	if (r == 0)
		volumes_add(arg, v);
	else if (r != -ENOMEM)
		log_error("volume %s cannot be read and is left out: %s", name ? name : "",
			  err.msg);
	return r == -ENOMEM ? r : 0;
}

static bool has_row(const char *name, void *arg)
{
	return volumes_get(arg, name) != NULL;
}

/* The options that the volume was made with: a size, where it has a disk of its own. */
static char *find_options(int fd)
{
	uint64_t bytes = volume_disk_size(fd);

	return bytes > 0 ? str_printf("{\"size\":\"%llu\"}", (unsigned long long)bytes)
			 : strdup("{}");
}

static void adopt_folder(const char *name, int fd, void *arg)
{
	struct volumes *vs = arg;
	cleanup(volume_record_reset) struct volume_record row = {
		.name = strdup(name),
		.created_nsec = clock_now_nsec(),
		.labels = strdup("{}"),
		.options = find_options(fd),
		.owner = strdup(""),
	};
	const struct volume_record *rows[] = { &row };
	struct err err = { 0 };
	int r = row.name && row.labels && row.options && row.owner ? 0 : err_nomem(&err);

	if (r == 0)
		r = state_add_volumes(vs->state, rows, 1, &err);
	if (r < 0)
		log_error("volumes/%s: %s", name, err.msg);
	else
		log_info("volumes/%s was put there: it is a volume from now on", name);
	if (r == 0)
		(void)load_row(&row, vs);
}

/* Mounts disks of volumes, for programs of the host that read their files, as backups do. */
static void mount_disks(struct volumes *vs)
{
	for (const struct volume *v = vs->first; v; v = v->next) {
		struct err err = { 0 };

		if (v->driver.size_bytes > 0 && volume_disk_mount(vs->path, v->row.name, &err) < 0)
			log_warning("volume %s: %s", v->row.name, err.msg);
	}
}

static int open_table(struct volumes *vs, int root_fd, struct err *err)
{
	const struct volume_records rows = { has_row, adopt_folder, vs };
	int r = path_open_dir(root_fd, "volumes", 0700, &vs->dir_fd);

	if (r < 0)
		return err_errno(err, r, "%s", vs->path);
	r = state_each_volume(vs->state, load_row, vs, err);
	if (r < 0)
		return r;
	r = volume_folders_tidy(vs->dir_fd, &rows);
	return r < 0 ? err_errno(err, r, "%s", vs->path) : 0;
}

static void init_locks(struct volumes *vs)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&vs->work, NULL);
	pthread_mutex_init(&vs->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&vs->changed, &attr);
	pthread_condattr_destroy(&attr);
}

int volumes_open(int root_fd, const char *root, struct state *st, struct hub *hub,
		 struct volumes **ret, struct err *err)
{
	struct volumes *vs = calloc(1, sizeof(*vs));
	int r;

	if (!vs)
		return err_nomem(err);
	*vs = (struct volumes){ .dir_fd = -1, .state = st, .hub = hub };
	init_locks(vs);
	vs->path = str_printf("%s/volumes", root);
	r = vs->path ? open_table(vs, root_fd, err) : err_nomem(err);
	if (r < 0) {
		volumes_close(vs);
		return r;
	}
	mount_disks(vs);
	*ret = vs;
	return 0;
}

void volumes_close(struct volumes *vs)
{
	if (!vs)
		return;
	pthread_mutex_lock(&vs->lock);
	while (vs->n_settling > 0)
		pthread_cond_wait(&vs->changed, &vs->lock);
	pthread_mutex_unlock(&vs->lock);
	while (vs->first) {
		struct volume *v = vs->first;

		vs->first = v->next;
		volume_free(v);
	}
	pthread_cond_destroy(&vs->changed);
	pthread_mutex_destroy(&vs->lock);
	pthread_mutex_destroy(&vs->work);
	fd_close(&vs->dir_fd);
	free(vs->path);
	free(vs);
}

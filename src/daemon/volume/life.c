/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  One mutex is held while a volume is made or removed, so that happens to one
 * at a time.  A volume is made in this order: folder under a passing name, row, name of the folder;
 * and removed in this: passing name, row, content.  A crash in between leaves what folder.h says.
 *
 * Names, labels and options are a client's.
 */
#include "daemon/volume/life.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/str.h"
#include "daemon/volume/disk.h"
#include "daemon/volume/folder.h"
#include "daemon/volume/name.h"
#include "daemon/volume/volumes-inner.h"

static int make_folder(struct volumes *vs, const struct volume *v, struct err *err)
{
	cleanup_close int fd = -1;
	int r = volume_folder_make(vs->dir_fd, v->row.name, &fd, err);

	if (r < 0 || v->driver.size_bytes == 0)
		return r;
	r = volume_disk_make(fd, v->driver.size_bytes, err);
	if (r < 0)
		volume_folder_drop(vs->dir_fd, v->row.name);
	return r;
}

/* The progress of making some volumes: how many have a folder, how many of these have their own
 * name, and whether their rows are written. */
struct progress {
	size_t made, settled;
	bool written;
};

static void undo_make(struct volumes *vs, struct volume *const *list, const struct progress *p)
{
	for (size_t i = 0; i < p->made; i++) {
		const char *name = list[i]->row.name;
		cleanup_free char *gone = NULL;

		if (i >= p->settled)
			volume_folder_drop(vs->dir_fd, name);
		else if (volume_folder_take(vs->dir_fd, name, &gone, NULL) == 0)
			(void)volume_folder_destroy(vs->dir_fd, gone);
		if (p->written)
			(void)state_remove_volume(vs->state, name, NULL);
	}
}

int volumes_make(struct volumes *vs, struct volume *const *list, size_t n, struct err *err)
{
	cleanup_free const struct volume_record **rows =
		calloc(n + 1, sizeof(struct volume_record *));
	struct progress p = { 0 };
	int r = rows ? 0 : err_nomem(err);

	while (r == 0 && p.made < n) {
		rows[p.made] = &list[p.made]->row;
		r = make_folder(vs, list[p.made], err);
		p.made += r == 0;
	}
	if (r == 0)
		r = state_add_volumes(vs->state, rows, n, err);
	p.written = r == 0;
	while (r == 0 && p.settled < n) {
		r = volume_folder_settle(vs->dir_fd, list[p.settled]->row.name, err);
		p.settled += r == 0;
	}
	if (r < 0)
		undo_make(vs, list, &p);
	return r;
}

/* On a full disk there may be no room to delete the row: removing content makes some. */
static int delete_row(struct volumes *vs, const char *name, const char *gone, struct err *err)
{
	int r = state_remove_volume(vs->state, name, err);

	if (r != -ENOSPC)
		return r;
	(void)volume_folder_destroy(vs->dir_fd, gone);
	return state_remove_volume(vs->state, name, err);
}

int volumes_retire(struct volumes *vs, struct volume *v, char **ret_gone, struct err *err)
{
	cleanup_free char *gone = NULL;
	int r = v->driver.size_bytes > 0 ? volume_disk_unmount(vs->path, v->row.name, err) : 0;

	if (r == 0)
		r = volume_folder_take(vs->dir_fd, v->row.name, &gone, err);
	if (r < 0)
		return r;
	r = delete_row(vs, v->row.name, gone, err);
	if (r < 0) {
		volume_folder_return(vs->dir_fd, gone, v->row.name);
		return r;
	}
	pthread_mutex_lock(&vs->lock);
	volumes_drop(vs, v);
	pthread_mutex_unlock(&vs->lock);
	volumes_publish(vs, v->row.name, "destroy", NULL);
	volume_free(v);
	*ret_gone = take_ptr(gone);
	return 0;
}

void volumes_clear(struct volumes *vs, const char *gone)
{
	int r = volume_folder_destroy(vs->dir_fd, gone);

	if (r < 0)
		log_warning("volumes/%s is left: %s", gone, strerror(-r));
}

/* Under @work.  @ret: borrowed */
static int find_unused(struct volumes *vs, const char *name, struct volume **ret, char ***ret_users,
		       struct err *err)
{
	int r = 0;

	mutex_hold(&vs->lock);
	*ret = volumes_get(vs, name);
	if (!*ret)
		r = err_set(err, -ENOENT, "get %s: no such volume", name);
	else if (strv_len((*ret)->users) > 0)
		r = strv_copy((*ret)->users, ret_users) < 0
			    ? err_nomem(err)
			    : err_set(err, -EBUSY, "remove %s: volume is in use", name);
	return r;
}

int volumes_remove(struct volumes *vs, const char *name, char ***ret_users, struct err *err)
{
	cleanup_free char *gone = NULL;
	struct volume *v;
	int r;

	*ret_users = NULL;
	pthread_mutex_lock(&vs->work);
	r = find_unused(vs, name, &v, ret_users, err);
	if (r == 0)
		r = volumes_retire(vs, v, &gone, err);
	pthread_mutex_unlock(&vs->work);
	if (r == 0)
		volumes_clear(vs, gone);
	return r;
}

/* @ret: owned; not made yet */
static int describe_new(const struct volume_request *rq, struct volume **ret, struct err *err)
{
	bool anonymous = !rq->name || !*rq->name;
	cleanup_json json_t *labels = rq->labels ? json_copy(rq->labels) : json_object();
	cleanup_json json_t *options = rq->options ? json_incref(rq->options) : json_object();
	cleanup(volume_record_reset) struct volume_record row = {
		.created_nsec = clock_now_nsec(),
		.anonymous = anonymous,
		.owner = strdup(""),
	};
	char id[ID_LEN + 1];
	int r = anonymous ? random_id(id) : 0;

	if (r < 0)
		return err_errno(err, r, "a volume's name");
	if (anonymous && labels &&
	    json_object_set_new(labels, VOLUME_ANONYMOUS_LABEL, json_string("")) < 0)
		return err_nomem(err);
	row.name = strdup(anonymous ? id : rq->name);
	row.labels = labels ? json_write(labels) : NULL;
	row.options = options ? json_write(options) : NULL;
	if (!row.name || !row.owner || !row.labels || !row.options)
		return err_nomem(err);
	return volume_new(&row, ret, err);
}

int volumes_prepare(const struct volume_request *rq, struct volume **ret, struct err *err)
{
	int r = rq->name && *rq->name ? volume_name_check(rq->name, err) : 0;

	if (r == 0)
		r = describe_new(rq, ret, err);
	return r < 0 && r != -ENOMEM && rq->name && *rq->name ? err_wrap(err, "create %s", rq->name)
							      : r;
}

/* Under @work. */
static int create_locked(struct volumes *vs, struct volume *v, struct volume_view *ret,
			 struct err *err)
{
	int r;

	pthread_mutex_lock(&vs->lock);
	r = volumes_get(vs, v->row.name) ? volumes_view(vs, volumes_get(vs, v->row.name), ret) : 1;
	pthread_mutex_unlock(&vs->lock);
	if (r <= 0) {
		volume_free(v);
		return r < 0 ? err_nomem(err) : 0;
	}
	r = volumes_make(vs, &v, 1, err);
	if (r < 0) {
		volume_free(v);
		return r;
	}
	pthread_mutex_lock(&vs->lock);
	volumes_add(vs, v);
	r = volumes_view(vs, v, ret);
	pthread_mutex_unlock(&vs->lock);
	volumes_publish(vs, v->row.name, "create", NULL);
	return r < 0 ? err_nomem(err) : 0;
}

int volumes_create(struct volumes *vs, const struct volume_request *rq, struct volume_view *ret,
		   struct err *err)
{
	struct volume *v;
	int r = volumes_prepare(rq, &v, err);

	if (r < 0)
		return r;
	mutex_hold(&vs->work);
	r = create_locked(vs, v, ret, err);
	return r;
}

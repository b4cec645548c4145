/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A volume knows the containers that have it; they take it when they are made
 * and release it when they are removed, under the mutex that is held while volumes are made and
 * removed: so no volume is removed while somebody takes it.
 *
 * A volume that nobody named has an owner in its row, the container it was made for.  The row is
 * there before the container's, and is left with its owner when that is removed together with its
 * volumes; a container that keeps its volumes gives them up in the transaction that deletes it
 * (record.h).  So a volume whose owner does not exist was left by a crash.
 */
#include "daemon/volume/use.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mutex.h"
#include "base/str.h"
#include "daemon/volume/life.h"
#include "daemon/volume/volumes-inner.h"

/* The new volumes of one container, to be made. */
struct fresh {
	struct volume *list[MOUNT_POINTS_MAX];
	size_t n;
};

static struct volume *fresh_get(const struct fresh *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (streq(f->list[i]->row.name, name))
			return f->list[i];
	return NULL;
}

static bool volume_exists(struct volumes *vs, const char *name)
{
	mutex_hold(&vs->lock);
	return volumes_get(vs, name) != NULL;
}

static int set_text(char **text, const char *value, struct err *err)
{
	return str_set(text, value) < 0 ? err_nomem(err) : 0;
}

static int prepare_volume(struct volumes *vs, const char *id, struct mount_point *p,
			  struct fresh *f, struct err *err)
{
	const struct volume_request rq = { p->source, p->labels, p->options };
	struct volume *v;
	int r;

	if (p->type != MOUNT_VOLUME ||
	    (*p->source && (volume_exists(vs, p->source) || fresh_get(f, p->source))))
		return 0;
	r = volumes_prepare(&rq, &v, err);
	if (r < 0)
		return r;
	f->list[f->n++] = v;
	if (*p->source)
		return 0;
	r = set_text(&v->row.owner, id, err);
	return r == 0 ? set_text(&p->source, v->row.name, err) : r;
}

static void free_fresh(struct fresh *f)
{
	for (size_t i = 0; i < f->n; i++)
		volume_free(f->list[i]);
	f->n = 0;
}

/* Under @lock. */
static int add_user(struct volumes *vs, const char *id, const struct mount_point *p)
{
	struct volume *v = p->type == MOUNT_VOLUME ? volumes_get(vs, p->source) : NULL;

	return v && !strv_has(v->users, id) ? strv_add(&v->users, id) : 0;
}

static void remove_user(struct volumes *vs, const char *id, const struct mount_point *p)
{
	struct volume *v = p->type == MOUNT_VOLUME ? volumes_get(vs, p->source) : NULL;

	if (v)
		strv_remove(v->users, id);
}

static int add_users(struct volumes *vs, const char *id, const struct mount_points *m,
		     struct err *err)
{
	int r = 0;

	mutex_hold(&vs->lock);
	for (size_t i = 0; r == 0 && i < m->n; i++)
		r = add_user(vs, id, &m->list[i]);
	for (size_t i = 0; r < 0 && i < m->n; i++)
		remove_user(vs, id, &m->list[i]);
	return r < 0 ? err_nomem(err) : 0;
}

static void publish_created(struct volumes *vs, const struct fresh *f)
{
	for (size_t i = 0; i < f->n; i++)
		volumes_publish(vs, f->list[i]->row.name, "create", NULL);
}

/* Under @work. */
static int take_volumes(struct volumes *vs, const char *id, struct mount_points *m, struct fresh *f,
			struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < m->n; i++)
		r = prepare_volume(vs, id, &m->list[i], f, err);
	if (r == 0)
		r = volumes_make(vs, f->list, f->n, err);
	if (r < 0) {
		free_fresh(f);
		return r;
	}
	pthread_mutex_lock(&vs->lock);
	for (size_t i = 0; i < f->n; i++)
		volumes_add(vs, f->list[i]);
	pthread_mutex_unlock(&vs->lock);
	publish_created(vs, f);
	return add_users(vs, id, m, err);
}

int volume_use_take(struct volumes *vs, const char *id, struct mount_points *m, struct err *err)
{
	struct fresh *f = m->n > 0 ? calloc(1, sizeof(*f)) : NULL;
	int r;

	if (m->n == 0)
		return 0;
	if (!f)
		return err_nomem(err);
	pthread_mutex_lock(&vs->work);
	r = take_volumes(vs, id, m, f, err);
	pthread_mutex_unlock(&vs->work);
	if (r < 0 && f->n > 0)
		volume_use_release(vs, id, m, true);
	free(f);
	return r;
}

void volume_use_find(struct volumes *vs, const char *id, const struct mount_points *m)
{
	mutex_hold(&vs->lock);
	for (size_t i = 0; i < m->n; i++) {
		const struct mount_point *p = &m->list[i];

		if (p->type == MOUNT_VOLUME && !volumes_get(vs, p->source))
			log_warning("container %.12s: its volume %s is missing", id, p->source);
		else if (add_user(vs, id, p) < 0)
			log_error("container %.12s: out of memory", id);
	}
}

/* Under @work.  A volume that is kept belongs to the next container that has it. */
static void pass_volume_on(struct volumes *vs, struct volume *v)
{
	struct err err = { 0 };

	if (set_text(&v->row.owner, v->users[0], &err) < 0 ||
	    state_own_volume(vs->state, v->row.name, v->row.owner, &err) < 0)
		log_warning("volume %s: %s", v->row.name, err.msg);
}

/* Under @work.  @gone: for volumes_clear() */
static void retire_volume(struct volumes *vs, struct volume *v, char ***gone)
{
	cleanup_free char *name = strdup(v->row.name), *folder = NULL;
	struct err err = { 0 };

	if (volumes_retire(vs, v, &folder, &err) < 0)
		log_warning("volume %s is not removed: %s", name ? name : "", err.msg);
	/* A folder that cannot be noted is removed by the next moatd. */
	else if (folder)
		(void)strv_add(gone, folder);
}

static void clear_volumes(struct volumes *vs, char *const *gone)
{
	for (; gone && *gone; gone++)
		volumes_clear(vs, *gone);
}

void volume_use_tidy(struct volumes *vs)
{
	cleanup_strv char **gone = NULL;
	struct volume *next;

	pthread_mutex_lock(&vs->work);
	for (struct volume *v = vs->first; v; v = next) {
		next = v->next;
		if (!*v->row.owner || strv_has(v->users, v->row.owner))
			continue;
		if (strv_len(v->users) > 0)
			pass_volume_on(vs, v);
		else
			retire_volume(vs, v, &gone);
	}
	pthread_mutex_unlock(&vs->work);
	clear_volumes(vs, gone);
}

/* Under @work.  @users: the containers that still have it */
static struct volume *release_volume(struct volumes *vs, const char *id,
				     const struct mount_point *p, size_t *users)
{
	struct volume *v;

	mutex_hold(&vs->lock);
	remove_user(vs, id, p);
	v = p->type == MOUNT_VOLUME ? volumes_get(vs, p->source) : NULL;
	*users = v ? strv_len(v->users) : 0;
	return v;
}

/* Under @work.  The row has lost its owner with the container's. */
static void disown_volume(struct volume *v, const char *id)
{
	if (streq(v->row.owner, id))
		v->row.owner[0] = '\0';
}

void volume_use_release(struct volumes *vs, const char *id, const struct mount_points *m,
			bool with_volumes)
{
	cleanup_strv char **gone = NULL;

	if (m->n == 0)
		return;
	pthread_mutex_lock(&vs->work);
	for (size_t i = 0; i < m->n; i++) {
		const struct mount_point *p = &m->list[i];
		size_t users;
		struct volume *v = release_volume(vs, id, p, &users);

		if (v && !with_volumes)
			disown_volume(v, id);
		if (!v || !with_volumes || !p->anonymous)
			continue;
		if (users == 0)
			retire_volume(vs, v, &gone);
		else if (streq(v->row.owner, id))
			pass_volume_on(vs, v);
	}
	pthread_mutex_unlock(&vs->work);
	clear_volumes(vs, gone);
}

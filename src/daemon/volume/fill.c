/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A volume that is empty is filled from the image of the container that
 * starts, in the guest, before its first process.  That may be cut off: the row says so from before
 * the copy until its result is on the disk, and then the next start copies what is missing.  While
 * one container may copy, others that have the volume wait.  A container claims all its volumes at
 * once or none, so no two wait for each other.
 */
#include "daemon/volume/fill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/str.h"
#include "base/thread.h"
#include "daemon/volume/volumes-inner.h"

#define CLAIM_USEC (60 * USEC_PER_SEC)

/* The volume of this mount point, if it may be filled; under @lock. */
static struct volume *find_fillable(struct volumes *vs, const struct mount_point *p)
{
	return p->type == MOUNT_VOLUME && !p->no_copy && !*p->subpath ? volumes_get(vs, p->source)
								      : NULL;
}

/* Finds a volume of the list that another container has claimed; NULL: there is none.  Under @lock.
 */
static const struct volume *find_claimed(struct volumes *vs, const char *id,
					 const struct mount_points *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct volume *v = find_fillable(vs, &m->list[i]);

		if (v && *v->copier && !streq(v->copier, id))
			return v;
	}
	return NULL;
}

int volume_fill_claim(struct volumes *vs, const char *id, const struct mount_points *m,
		      struct err *err)
{
	const struct timespec until = clock_timespec(clock_mono_usec() + CLAIM_USEC);
	const struct volume *taken;
	int r = 0;

	mutex_hold(&vs->lock);
	while ((taken = find_claimed(vs, id, m)) && r == 0)
		r = -pthread_cond_timedwait(&vs->changed, &vs->lock, &until);
	if (taken)
		r = err_set(err, -EBUSY,
			    "volume %s is being filled by container %.12s: try again when that is "
			    "done",
			    taken->row.name, taken->copier);
	for (size_t i = 0; !taken && i < m->n; i++) {
		struct volume *v = find_fillable(vs, &m->list[i]);

		if (v)
			memcpy(v->copier, id, strnlen(id, ID_LEN));
	}
	return taken ? r : 0;
}

void volume_fill_give_up(struct volumes *vs, const char *id, const char *name)
{
	struct volume *v;

	mutex_hold(&vs->lock);
	v = volumes_get(vs, name);
	if (v && streq(v->copier, id))
		memset(v->copier, 0, sizeof(v->copier));
	pthread_cond_broadcast(&vs->changed);
}

static void set_copying(struct volumes *vs, const char *name, bool copying)
{
	struct volume *v;

	mutex_hold(&vs->lock);
	v = volumes_get(vs, name);
	if (v)
		v->row.copying = copying;
}

static bool is_copying(struct volumes *vs, const char *name)
{
	const struct volume *v;

	mutex_hold(&vs->lock);
	v = volumes_get(vs, name);
	return v && v->row.copying;
}

int volume_fill_begin(struct volumes *vs, const char *name, struct err *err)
{
	int r = 0;

	mutex_hold(&vs->work);
	if (!is_copying(vs, name)) {
		r = state_copy_volume(vs->state, name, true, err);
		set_copying(vs, name, r == 0);
	}
	return r;
}

/* A volume whose copy is complete; its content may not be on the disk yet. */
struct settling {
	struct volumes *vs;
	int fd; /* of its folder; -1: we may not open it */
	char name[];
};

static void leave_settling(struct volumes *vs)
{
	mutex_hold(&vs->lock);
	vs->n_settling--;
	pthread_cond_broadcast(&vs->changed);
}

/* Without root the folder may belong to a subordinate id, and be closed to others. */
static int sync_folder(int fd)
{
	if (fd >= 0)
		return syncfs(fd) < 0 ? -errno : 0;
	sync();
	return 0;
}

static void *run_settling(void *arg)
{
	struct settling *one = arg;
	struct err err = { 0 };
	int r = sync_folder(one->fd) < 0 ? err_errno(&err, -errno, "syncfs") : 0;

	pthread_mutex_lock(&one->vs->work);
	/* The volume may have been emptied meanwhile, and another copy be under way. */
	if (r == 0 && !is_copying(one->vs, one->name))
		r = state_copy_volume(one->vs->state, one->name, false, &err);
	pthread_mutex_unlock(&one->vs->work);
	if (r < 0)
		log_warning("volume %s: %s", one->name, err.msg);
	leave_settling(one->vs);
	fd_close(&one->fd);
	free(one);
	return NULL;
}

static char *find_path(struct volumes *vs, const char *name)
{
	const struct volume *v;

	mutex_hold(&vs->lock);
	v = volumes_get(vs, name);
	return v ? volumes_path(vs, v) : NULL;
}

/* Syncs in a thread, as that can take long and nobody has to wait for it.  Where no thread can be
 * had the row stays as it is, and a later start finds nothing left to copy. */
static void settle_in_background(struct volumes *vs, const char *name)
{
	cleanup_free struct settling *one = calloc(1, sizeof(*one) + strlen(name) + 1);
	cleanup_free char *path = find_path(vs, name);
	int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (!one || (fd < 0 && (!path || errno != EACCES))) {
		fd_close(&fd);
		return;
	}
	one->vs = vs;
	one->fd = fd;
	memcpy(one->name, name, strlen(name) + 1);
	pthread_mutex_lock(&vs->lock);
	vs->n_settling++;
	pthread_mutex_unlock(&vs->lock);
	if (thread_start(NULL, run_settling, one) == 0) {
		(void)take_ptr(one);
		return;
	}
	leave_settling(vs);
	fd_close(&fd);
}

/* Return: is the volume's copy complete now? */
static bool settle_one(struct volumes *vs, const char *id, const struct mount_point *p, bool filled)
{
	struct volume *v;
	bool done = false;

	mutex_hold(&vs->lock);
	v = find_fillable(vs, p);
	/* After a crash of moatd nobody has claimed it. */
	if (v && (streq(v->copier, id) || !*v->copier)) {
		done = filled && v->row.copying;
		v->row.copying = v->row.copying && !done;
		memset(v->copier, 0, sizeof(v->copier));
	}
	pthread_cond_broadcast(&vs->changed);
	return done;
}

void volume_fill_settle(struct volumes *vs, const char *id, const struct mount_points *m,
			bool filled)
{
	for (size_t i = 0; i < m->n; i++)
		if (settle_one(vs, id, &m->list[i], filled))
			settle_in_background(vs, m->list[i].source);
}

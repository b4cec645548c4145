/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "base/random.h"
#include "daemon/state/volume.h"
#include "daemon/volume/driver-options.h"
#include "daemon/volume/life.h"

/* The table, for the files of this room that change it. */

struct volume {
	struct volume *next; /* by name */

	/* Fixed. */
	json_t *labels, *options;
	struct driver_options driver; /* borrows from @options */

	/* Guarded by @lock of the table; the row's owner by @work. */
	struct volume_record row;
	char **users;		 /* ids of containers */
	char copier[ID_LEN + 1]; /* one of @users that may fill it now; "": none */
};

struct volumes {
	char *path; /* $ROOT/volumes */
	int dir_fd;
	struct state *state; /* borrowed, as the next */
	struct hub *hub;

	pthread_mutex_t work;	/* held while volumes are made and removed; taken before @lock */
	pthread_mutex_t lock;	/* guards the table; held for moments only, never over I/O */
	pthread_cond_t changed; /* a volume was filled, or given up; monotonic */
	struct volume *first;
	unsigned n_settling; /* threads that sync copies to the disk; guarded by @lock */
};

/** volume_new() - make an object that is in no table.  @row: moved.  @ret: owned, volume_free().
 * Return: 0; -EBADMSG with a message; -ENOMEM. */
int volume_new(struct volume_record *row, struct volume **ret, struct err *err);
void volume_free(struct volume *v);

/** volumes_get() - find a volume by its name; under @lock.  Return: borrowed; NULL where there is
 * none. */
struct volume *volumes_get(const struct volumes *vs, const char *name);

/** volumes_add(), volumes_drop() - put an object into the table, or take it out; under @lock */
void volumes_add(struct volumes *vs, struct volume *v);
void volumes_drop(struct volumes *vs, const struct volume *v);

/** volumes_path() - the host's path of the folder that containers see; owned; NULL when out of
 * memory */
char *volumes_path(const struct volumes *vs, const struct volume *v);

/** volumes_view() - copy a volume; under @lock.  @ret: owned.  Return: 0; -ENOMEM. */
int volumes_view(const struct volumes *vs, const struct volume *v, struct volume_view *ret);

/**
 * volumes_make() - make folders and rows of new volumes, all or none; under @work
 * @list: borrowed; they are to be added by the caller
 *
 * Return: 0; -EEXIST, -errno with a message.
 */
int volumes_make(struct volumes *vs, struct volume *const *list, size_t n, struct err *err);

/**
 * volumes_retire() - take away a volume that nobody uses; under @work
 * @v:        freed on success
 * @ret_gone: owned; for volumes_clear(), which may take its time, without @work
 *
 * Return: 0; -errno with a message.
 */
int volumes_retire(struct volumes *vs, struct volume *v, char **ret_gone, struct err *err);

/** volumes_clear() - remove the content of a volume that was taken away */
void volumes_clear(struct volumes *vs, const char *gone);

/** volumes_prepare() - check a request.  @ret: owned, volume_free(); not made yet.  Return: 0;
 * -EINVAL, -EOPNOTSUPP with docker's message; -ENOMEM. */
int volumes_prepare(const struct volume_request *rq, struct volume **ret, struct err *err);

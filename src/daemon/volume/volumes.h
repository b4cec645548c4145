/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

struct hub;
struct state;

/*
 * Volumes: folders below $ROOT/volumes that outlive the containers which use them.  Thread-safe.
 */
struct volumes;

#define VOLUME_ANONYMOUS_LABEL "com.docker.volume.anonymous"

/* A copy of what readers see of a volume, made at one moment. */
struct volume_view {
	char *name;
	char *path; /* the host's path of the folder that containers see */
	int64_t created_nsec;
	json_t *labels, *options; /* objects of texts; references to what never changes */
	bool anonymous;
	char **users; /* ids of the containers that have it; NULL: none */
};

void volume_view_reset(struct volume_view *v);

/**
 * volumes_open() - load the volumes of a data root, and mend what a crash left of their folders
 * @root:  absolute; borrowed
 * @ret:   owned, volumes_close()
 *
 * Return: 0; -errno with a message.
 */
int volumes_open(int root_fd, const char *root, struct state *st, struct hub *hub,
		 struct volumes **ret, struct err *err);

/** volumes_close() - NULL is accepted */
void volumes_close(struct volumes *vs);

/** volumes_find() - copy a volume by its name.  @ret: owned.  Return: 0; -ENOENT with docker's
 * message; -ENOMEM. */
int volumes_find(struct volumes *vs, const char *name, struct volume_view *ret, struct err *err);

/** volumes_list() - copy all volumes, sorted by name.  @ret: owned array, volumes_list_free().
 * Return: 0; -ENOMEM. */
int volumes_list(struct volumes *vs, struct volume_view **ret, size_t *ret_n);
void volumes_list_free(struct volume_view *list, size_t n);

/** volumes_publish() - publish an event of a volume.  @extra: object of texts, taken over; NULL */
void volumes_publish(struct volumes *vs, const char *name, const char *action, json_t *extra);

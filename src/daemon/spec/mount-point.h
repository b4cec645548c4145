/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/*
 * Mounts of a container beside its root: folders and files of the host, volumes, and memory file
 * systems that were asked for as mounts.  Fixed when the container is made.
 */

#define MOUNT_POINTS_MAX 256u

enum mount_type { MOUNT_BIND, MOUNT_VOLUME, MOUNT_TMPFS };

struct mount_point {
	enum mount_type type;
	char *source;	   /* path on the host, or name of a volume; a volume's is "" until one is
			    * chosen, a tmpfs has none */
	char *destination; /* absolute, without "." and ".." */
	char *subpath;	   /* of a volume; "": all of it */
	char *mode, *propagation; /* as docker shows them */
	bool read_only;
	bool no_copy;	  /* an empty volume is not filled from the image */
	bool anonymous;	  /* a volume that nobody named */
	bool make_source; /* a missing folder of the host is made */
	/* Of a volume that is still to be made; not kept; NULL: none. */
	json_t *labels, *options;
};

/* At most one for each destination. */
struct mount_points {
	struct mount_point *list;
	size_t n;
};

/** mount_points_reset() - free a list */
void mount_points_reset(struct mount_points *m);

/** mount_point_reset() - free a mount point that is in no list */
void mount_point_reset(struct mount_point *p);

/** mount_points_put() - add a mount point, in place of one with the same destination.  @p: moved;
 * empty afterwards, also on failure.  Return: 0; -EINVAL past the limit, with a message; -ENOMEM.
 */
int mount_points_put(struct mount_points *m, struct mount_point *p, struct err *err);

/** mount_points_find() - find the mount point at a destination; NULL: none */
const struct mount_point *mount_points_find(const struct mount_points *m, const char *destination);

/** mount_points_inherit() - add another container's mount points, whose volumes are not filled
 * again.  Return: 0; as mount_points_put(). */
int mount_points_inherit(struct mount_points *m, const struct mount_points *from, bool read_only,
			 struct err *err);

/** mount_points_sort() - sort by name; a mount point that lies in another one comes after it */
void mount_points_sort(struct mount_points *m);

/** mount_points_write() - the text that is kept; owned; NULL when out of memory */
char *mount_points_write(const struct mount_points *m);

/** mount_points_read() - parse the text that is kept.  @ret: mount_points_reset(); untouched on
 * failure.  Return: 0; -EBADMSG with a message; -ENOMEM. */
int mount_points_read(const char *text, struct mount_points *ret, struct err *err);

/** mount_volume_path - where a volume is on the host.  Return: owned; NULL when out of memory. */
typedef char *(*mount_volume_path)(const char *name, void *arg);

/** mount_points_describe() - docker's list of them.  Return: owned; NULL when out of memory. */
json_t *mount_points_describe(const struct mount_points *m, mount_volume_path path_of, void *arg);

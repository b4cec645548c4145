/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/state/state.h"

/* Volumes. */

struct volume_record {
	char *name;
	int64_t created_nsec;
	char *labels, *options; /* JSON objects of texts */
	bool anonymous;		/* nobody gave it a name */
	char *owner;		/* container that an anonymous volume goes with; else "" */
	bool copying; /* the first copy into it was begun, and is not known to be complete */
};

/** volume_record_reset() - free what it holds */
void volume_record_reset(struct volume_record *v);

/** state_add_volumes() - add all of a list, or none.  Return: 0; -EEXIST when a name is taken;
 * -ENOSPC, -EIO with a message. */
int state_add_volumes(struct state *st, const struct volume_record *const *list, size_t n,
		      struct err *err);

/** state_own_volume(), state_copy_volume() - change the owner, or the state of the copy; an unknown
 * volume is no error.  Return: 0; -ENOSPC, -EIO with a message. */
int state_own_volume(struct state *st, const char *name, const char *owner, struct err *err);
int state_copy_volume(struct state *st, const char *name, bool copying, struct err *err);

/** state_remove_volume() - remove a volume; an unknown one is no error.  Return: 0; -ENOSPC, -EIO
 * with a message. */
int state_remove_volume(struct state *st, const char *name, struct err *err);

/** state_each_volume() - call @fn for each volume, sorted by name.  @fn: may move what @v holds;
 * must not use @st.  Return: 0; what @fn returned; -EIO with a message. */
int state_each_volume(struct state *st, int (*fn)(struct volume_record *v, void *arg), void *arg,
		      struct err *err);

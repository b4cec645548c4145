/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* The ids of a process.  `struct user u = { 0 };` is valid and empty. */
struct user {
	uid_t uid;
	gid_t gid;
	char *home;    /* owned; "/" where it is not known */
	gid_t *groups; /* owned; supplementary */
	size_t n_groups;
};

/**
 * user_lookup() - find a user by docker's rules
 * @spec:   "", "NAME", "UID", and each with ":GROUP" or ":GID" behind it
 * @passwd: contents of /etc/passwd; "" where there is none
 * @group:  contents of /etc/group
 * @ret:    user_reset(); untouched on failure
 *
 * A number that no line has is taken as it is, with group 0 and home "/".  The supplementary groups
 * are the user's own one and, where no group was given, those it is a member of.
 *
 * Return: 0; -EINVAL with a message for a name nobody has, or a number out of range; -ENOMEM.
 */
int user_lookup(const char *spec, const char *passwd, const char *group, struct user *ret,
		struct err *err);

/**
 * user_add_groups() - add supplementary groups
 * @names: names or numbers; NULL-terminated, or NULL
 * @group: contents of /etc/group
 *
 * Return: 0; -EINVAL with docker's message for a name nobody has; -ENOMEM.
 */
int user_add_groups(struct user *u, char *const *names, const char *group, struct err *err);

/** user_reset() - free what user_lookup() filled in */
void user_reset(struct user *u);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* A path on one side of a copy, and what is there. */
struct cp_side {
	char *path; /* owned */
	bool exists, is_dir;
};

/* Where a copy goes: into @dir, under @name; NULL: under its own. */
struct cp_target {
	char *dir, *name; /* owned */
};

/**
 * cp_plan() - find by docker's rules where a copy goes
 * @source_is_dir: also for a path that ends in "/."
 * @to:            the destination as it is now
 * @ret:           cp_target_reset()
 *
 * Pure.  Return: 0; -EISDIR, -ENOENT or -ENOMEM with docker's message.
 */
int cp_plan(bool source_is_dir, const struct cp_side *to, struct cp_target *ret, struct err *err);

void cp_side_reset(struct cp_side *s);
void cp_target_reset(struct cp_target *t);

/**
 * cp_split() - split "CONTAINER:PATH"; other texts are paths of this host
 * @ret_container: owned; NULL for a path of this host
 * @ret_path:      borrowed from @arg
 *
 * A text that begins with "/" or "." is a path of this host.
 *
 * Return: 0; -ENOMEM.
 */
int cp_split(const char *arg, char **ret_container, const char **ret_path);

#define CP_STAT_HEADER "X-Docker-Container-Path-Stat"

/* What moatd says about a path in a container. */
struct cp_stat {
	bool is_dir;
	char *target; /* where a symbolic link leads to; owned; NULL for none */
};

/** cp_stat_parse() - parse the value of moatd's header.  @ret: cp_stat_reset().  Pure.  Return: 0;
 * -EBADMSG with a message; -ENOMEM. */
int cp_stat_parse(const char *value, struct cp_stat *ret, struct err *err);
void cp_stat_reset(struct cp_stat *s);

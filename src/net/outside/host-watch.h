/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "loop/loop.h"

/* The host's interfaces, addresses, routes and rules, which others change: told of a moment after
 * the first change, together with those that came meanwhile. */

struct host_watch;

struct host_watch_what {
	const int *groups; /* RTNLGRP_LINK and the like; borrowed until host_watch_new() returns */
	size_t n_groups;
	const unsigned *table; /* number of moat's; borrowed, too; NULL: rules are not watched */
};

/** @table_gone: moat's own table of rules was removed; by moat itself, maybe */
typedef void (*host_watch_fn)(bool table_gone, void *arg);

/**
 * host_watch_new() - watch from now on
 *
 * What cannot be watched is logged, and not watched.
 *
 * Return: NULL where nothing is watched.
 */
struct host_watch *host_watch_new(struct loop *loop, const struct host_watch_what *what,
				  host_watch_fn fn, void *arg);

/** host_watch_free() - NULL is accepted */
void host_watch_free(struct host_watch *w);

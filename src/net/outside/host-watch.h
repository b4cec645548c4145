/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "loop/loop.h"

/* The host's interfaces and rules, which others change: told of a moment after the first change,
 * together with those that came meanwhile. */

struct host_watch;

/** @table_gone: moat's own table of rules was removed; by moat itself, maybe */
typedef void (*host_watch_fn)(bool table_gone, void *arg);

/**
 * host_watch_new() - watch from now on
 * @number: of moat's table
 *
 * What the kernel does not let anybody watch is logged, and not watched.
 *
 * Return: 0; -ENOMEM, -errno.
 */
int host_watch_new(struct loop *loop, unsigned number, host_watch_fn fn, void *arg,
		   struct host_watch **ret);

/** host_watch_free() - NULL is accepted */
void host_watch_free(struct host_watch *w);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "loop/loop.h"
#include "net/common/wire.h"

/* The host's resolvers, from its resolv.conf, now and whenever that changes. */

/**
 * resolv_parse() - read the resolvers of a resolv.conf(5)
 *
 * Entries that are no addresses are left out, and so are those after the first WIRE_RESOLVERS_MAX.
 * A file without any means the host itself, as in libc.
 *
 * Return: how many; at least 1.
 */
uint32_t resolv_parse(const char *text, size_t len, struct wire_resolver ret[WIRE_RESOLVERS_MAX]);

struct resolv;

/** @n: at least 1 */
typedef void (*resolv_fn)(const struct wire_resolver *list, uint32_t n, void *arg);

/** resolv_watch() - tell of the host's resolvers, at once and whenever they change.  Return: 0;
 * -errno. */
int resolv_watch(struct loop *loop, resolv_fn fn, void *arg, struct resolv **ret);
void resolv_free(struct resolv *r);

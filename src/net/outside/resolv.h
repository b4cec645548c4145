/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "loop/loop.h"
#include "net/common/wire.h"

/* The host's resolvers: what its resolv.conf says, now and whenever it changes. */

/**
 * resolv_parse() - the resolvers of a resolv.conf(5)
 *
 * Those that are no addresses are left out, and the rest where there are more than
 * WIRE_RESOLVERS_MAX.  Where there are none, the host itself is asked, as libc does it.
 *
 * Return: how many; at least 1.
 */
uint32_t resolv_parse(const char *text, size_t len, struct wire_resolver ret[WIRE_RESOLVERS_MAX]);

struct resolv;

/** @n: at least 1 */
typedef void (*resolv_fn)(const struct wire_resolver *list, uint32_t n, void *arg);

/** resolv_watch() - tell of the host's resolvers, at once and whenever they are others.  Return:
 * 0; -errno. */
int resolv_watch(struct loop *loop, resolv_fn fn, void *arg, struct resolv **ret);
void resolv_free(struct resolv *r);

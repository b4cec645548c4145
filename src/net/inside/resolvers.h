/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "net/inside/keeper.h"

/* The dnsmasqs of a namespace: one for each network, and one for each set of networks that a
 * machine is on. */

struct resolvers;

/** resolvers_new() - make the set, still empty.  Return: 0; -ENOENT with a message where there is
 * no dnsmasq; -ENOMEM. */
int resolvers_new(struct keeper *k, struct resolvers **ret, struct err *err);
void resolvers_free(struct resolvers *rs);

/**
 * resolvers_update() - make what they answer agree with the model
 * @text: changes of rules that follow from it are appended
 *
 * Failures are logged: containers that cannot look up names run all the same.
 */
void resolvers_update(struct resolvers *rs, struct buf *text);

/** resolvers_wait() - call back when all that are starting answer, or have ended; after a second in
 * any case.  @then: called once, with 0 */
void resolvers_wait(struct resolvers *rs, keeper_then_fn then, void *arg);

/** resolvers_went_on() - note that one of them answers, or has ended */
void resolvers_went_on(struct resolvers *rs);

/** resolvers_set_servers() - note how many resolvers the host has now; caches are emptied */
void resolvers_set_servers(struct resolvers *rs, uint32_t n);

/** resolvers_describe() - list them for "status".  Return: NULL when out of memory. */
json_t *resolvers_describe(const struct resolvers *rs);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "net/inside/keeper.h"

/* The dnsmasqs of a namespace: one for each network, and one for each set of networks that a
 * machine is on. */

struct resolvers;

/** resolvers_new() - Return: 0; -ENOENT with a message where there is no dnsmasq; -ENOMEM. */
int resolvers_new(struct keeper *k, struct resolvers **ret, struct err *err);
void resolvers_free(struct resolvers *rs);

/**
 * resolvers_update() - make what they answer agree with the model
 * @text: rules that change by that are appended
 *
 * What cannot be done is said in the log: containers that cannot look up names run all the same.
 */
void resolvers_update(struct resolvers *rs, struct buf *text);

/** resolvers_wait() - call back when those that are being started answer, or have ended; a second
 * later in any case.  @then: is called once, with 0 */
void resolvers_wait(struct resolvers *rs, keeper_then_fn then, void *arg);

/** resolvers_went_on() - one of them answers, or has ended */
void resolvers_went_on(struct resolvers *rs);

/** resolvers_set_servers() - how many resolvers the host has now; whatever is remembered of others
 * is forgotten */
void resolvers_set_servers(struct resolvers *rs, uint32_t n);

/** resolvers_describe() - a list for "status".  Return: NULL when out of memory. */
json_t *resolvers_describe(const struct resolvers *rs);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "net/inside/keeper.h"

/* Requests about published ports, each answered at once. */

#define PUBLISH_OWN "dns-" /* begins keys of moat-net's own */

void handle_publish(struct keeper *k, struct call *call);
void handle_unpublish(struct keeper *k, struct call *call);
void handle_published(struct keeper *k, struct call *call);

/** publishes_describe() - list what is published, for the status: an array; owned; NULL when out of
 * memory */
json_t *publishes_describe(const struct keeper *k);

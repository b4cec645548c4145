/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/inside/keeper.h"
#include "net/inside/rules.h"

/* The operations of requests. */

/** handle() - carry a request out.  @call: answered here, or when what it asks for is done */
void handle(struct keeper *k, struct call *call);

/** handle_idle() - nothing has been on a network for a while: remove all networks, and end if
 * nobody needs this process */
void handle_idle(struct keeper *k);

/** handle_reset() - free the model */
void handle_reset(struct keeper *k);

/* handle-network.c */
void handle_network(struct keeper *k, struct call *call);
void handle_network_remove(struct keeper *k, struct call *call);
void network_free(struct network *n);

/* handle-publish.c */
#define PUBLISH_OWN "dns-" /* begins keys of moat-net's own */
void handle_publish(struct keeper *k, struct call *call);
void handle_unpublish(struct keeper *k, struct call *call);
void handle_published(struct keeper *k, struct call *call);

/** publishes_describe() - list what is published, for the status: an array; owned; NULL when out of
 * memory */
json_t *publishes_describe(const struct keeper *k);

/* handle-port.c */
void handle_port(struct keeper *k, struct call *call);
void handle_port_remove(struct keeper *k, struct call *call);
void handle_tap_return(struct keeper *k, struct call *call);
void port_free(struct port *p);

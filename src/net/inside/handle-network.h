/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/inside/keeper.h"

/* Requests about networks.  Each is answered when what it asks for is done. */

void handle_network(struct keeper *k, struct call *call);
void handle_network_remove(struct keeper *k, struct call *call);

/** network_free() - take a network out of the model, and free it */
void network_free(struct network *n);

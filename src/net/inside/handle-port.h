/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/inside/keeper.h"

/* Requests about ports, and the taps that they are of.  Each is answered when what it asks for is
 * done, or as the request says. */

void handle_port(struct keeper *k, struct call *call);
void handle_port_remove(struct keeper *k, struct call *call);
void handle_tap_return(struct keeper *k, struct call *call);

/** port_free() - take a port out of the model, and free it */
void port_free(struct port *p);

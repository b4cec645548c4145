/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/inside/keeper.h"
#include "net/inside/names-log.h"

/* Tells those that watch what containers of limited networks were kept from reaching. */

struct refusals;

/** refusals_new() - begin to hear of packets that the rules refuse.  Return: 0; -errno with a
 * message. */
int refusals_new(struct keeper *k, struct refusals **ret, struct err *err);
void refusals_free(struct refusals *r);

/** refusals_name() - tell of a name that a container may not ask for */
void refusals_name(struct refusals *r, const struct names_refused *refused);

/** refusals_rotate() - begin or stop to empty the sets of allowed names' addresses in turn,
 * depending on whether there are such networks */
void refusals_rotate(struct refusals *r);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/inside/keeper.h"
#include "net/inside/names-log.h"

/* What limited networks' containers were not let out to: told to those that watch. */

struct refusals;

/** refusals_new() - hear of packets that the rules refuse.  Return: 0; -errno with a message. */
int refusals_new(struct keeper *k, struct refusals **ret, struct err *err);
void refusals_free(struct refusals *r);

/** refusals_name() - a name was asked for that may not be */
void refusals_name(struct refusals *r, const struct names_refused *refused);

/** refusals_rotate() - begin or stop to empty the sets of allowed names' addresses in turn, as
 * there are such networks or not */
void refusals_rotate(struct refusals *r);

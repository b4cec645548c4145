/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "net/inside/model.h"

/*
 * What a network's containers reach outside: its chain n_ID, which the forward chain leads to.
 *
 * Addresses of allowed names are elements of sets, which dnsmasq adds as it answers.  Each group of
 * rules has for each family two, both filled alike and emptied in turn.  So an address stays for
 * one turn at least after it was last an answer, and for two at most, without anybody having to
 * know when that was.
 */

#define EGRESS_GENERATIONS 2

#define EGRESS_SET_MAX 48

/** egress_add(), egress_remove() - write the chain and sets of a network, new or anew; remove them.
 * Return: 0; -ENOMEM. */
int egress_add(struct buf *b, const struct network *n);
int egress_remove(struct buf *b, const struct network *n);

/** egress_expire() - write what empties the sets of one generation.  Return: 0; -ENOMEM. */
int egress_expire(struct buf *b, const struct network *n, unsigned generation);

/** egress_set() - write the name of a group's set */
void egress_set(const struct network *n, int group, uint8_t family, unsigned generation,
		char ret[EGRESS_SET_MAX]);

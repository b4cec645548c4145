/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "net/inside/model.h"

/*
 * The rules of moat's namespace as texts for nft.  Pure.
 *
 * Three tables, all called moat: of family bridge, what a container may send at all; of family
 * inet, what reaches this namespace, other networks and the host; of family netdev, which network
 * a frame of a tap with several is for.
 */

#define RULES_MARK 1u /* of packets that are for one of our transparent sockets */

#define RULES_REFUSED_GROUP                                                                        \
	1 /* NFLOG, of what a limited network's containers were not let out to */

/**
 * rules_whole() - all of it, in the place of whatever there is
 * @keep: leave the addresses that allowed names were found to have; nft refuses that where the
 *        tables were made by a moat that had others
 *
 * Return: 0; -ENOMEM.
 */
int rules_whole(struct buf *b, const struct model *m, bool keep);

/** rules_add_network() - a network that is new.  Return: 0; -ENOMEM. */
int rules_add_network(struct buf *b, const struct network *n);
int rules_remove_network(struct buf *b, const struct network *n);

/** rules_add_port() - a port of a network that is there; its devices are.  Return: 0; -ENOMEM. */
int rules_add_port(struct buf *b, const struct port *p);
int rules_remove_port(struct buf *b, const struct port *p);

/** rules_set_resolver() - have a port's questions for names answered at another port of the
 * gateways; 0: the usual one.  Return: 0; -ENOMEM. */
int rules_set_resolver(struct buf *b, struct port *p, uint16_t names_port);

/** rules_set_hosts() - the host's addresses, as they are now.  Return: 0; -ENOMEM. */
int rules_set_hosts(struct buf *b, const struct wire_place *uplink);

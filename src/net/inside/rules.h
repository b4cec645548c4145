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

#define RULES_MARK 1u /* marks packets that are for one of our transparent sockets */

#define RULES_REFUSED_GROUP 1 /* an NFLOG group for packets that a limited network refused */

/**
 * rules_whole() - write all rules, in the place of whatever there is
 * @keep: leave the addresses that allowed names were found to have; nft refuses that where the
 *        tables are another version's
 *
 * Return: 0; -ENOMEM.
 */
int rules_whole(struct buf *b, const struct model *m, bool keep);

/** rules_add_network() - write what a new network adds.  Return: 0; -ENOMEM. */
int rules_add_network(struct buf *b, const struct network *n);
int rules_remove_network(struct buf *b, const struct network *n);

/** rules_add_port() - write what a port adds; its network is there.  Return: 0; -ENOMEM. */
int rules_add_port(struct buf *b, const struct port *p);
int rules_remove_port(struct buf *b, const struct port *p);

/** rules_set_resolver() - write what has a port's questions for names answered at another port of
 * the gateways; 0: the usual one.  Return: 0; -ENOMEM. */
int rules_set_resolver(struct buf *b, struct port *p, uint16_t names_port);

/** rules_set_hosts() - write the host's present addresses.  Return: 0; -ENOMEM. */
int rules_set_hosts(struct buf *b, const struct wire_place *uplink);

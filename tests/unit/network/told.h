/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/network/member.h"
#include "daemon/network/network.h"
#include "net/request.h"

/*
 * A data root's networks with a keeper of the tests' own: what moat-net would have been told is
 * noted as text, one line a request.
 */

/** told_set_up(), told_tear_down() - of each test; @state is not used */
int told_set_up(void **state);
int told_tear_down(void **state);

/** told_nets() - the networks that are open */
struct networks *told_nets(void);

/** told_reopen() - as if moatd had died: everything is read from the disk again */
struct networks *told_reopen(void);

/** told_text() - what was told since the last call; valid until the next */
const char *told_text(void);

/** told_fail() - requests of this kind fail from now on; NET_HELLO: none does */
void told_fail(enum net_op op, int code);

/** told_forbid() - containers can have no network on this host */
void told_forbid(bool forbidden);

/** told_idle() - moat-net has removed its networks, as nothing was on them */
void told_idle(void);

/** told_route() - the host has this route from now on; NULL: none */
void told_route(const char *net, const char *interface);

/** told_network() - make a network.  @body: docker's request */
void told_network(const char *body);

/** told_member() - make a container "cN" with the id of N repeated, on some networks.  @wishes:
 * "NETWORK" or "NETWORK {JSON}", ends with NULL.  Return: as member_add(). */
int told_member(char n, const char *const *wishes, struct err *err);

/** told_row() - have the container in the database */
void told_row(char n);

/** told_published() - moat-net has this socket of a container's Nth port; taken over */
void told_published(unsigned i, int fd);

/** told_id() - the id of container "cN"; valid until the next call */
const char *told_id(char n);

/** told_taps() - which tap moat-net gives next, and what it says of itself as JSON */
void told_taps(const char *next, const char *status);

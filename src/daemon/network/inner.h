/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "daemon/network/member.h"
#include "daemon/network/network.h"
#include "daemon/network/wiring.h"
#include "net/answer.h"
#include "net/request.h"

/*
 * The tables of networks and members, as the files of this room see them.
 *
 * Two locks, taken in this order: @changing is held over a change of what is stored, with its
 * writes to the disk; @lock guards the tables, for moments only.  The keeper has locks of its own
 * (keeper.c), taken before @lock and never with @changing held; but what is posted to it may be so
 * under either.
 */

struct keeper;
struct ports;

struct network {
	struct network *next; /* oldest first */
	struct network_record rec;
	struct network_config config;
	struct ip last[FAMILIES]; /* the address given away last */
};

struct endpoint {
	struct endpoint *next; /* in the order of their slots */
	struct member *member;
	struct endpoint_record rec;
	struct endpoint_config config;
};

struct member {
	struct member *next;
	char id[ID_LEN + 1]; /* of the container */
	char *name;	     /* NULL: nobody has said that it is there */
	char *hostname, *domainname;
	struct ip servers[NET_SERVERS_MAX]; /* asked in place of the host's; none */
	size_t n_servers;
	struct endpoint *endpoints;
	bool is_new;		   /* its container is being made */
	bool is_old;		   /* an earlier moatd's: it may have had ports when that died */
	bool active;		   /* its start has begun, and it has not ended */
	char tap[NET_TAP_MAX + 1]; /* of its machine; "": it is not there yet, or has none */
	unsigned told;		   /* a bit for each slot of the tap that moat-net knows */
	struct ports *ports;	   /* published, while it runs; NULL */
};

struct networks {
	char *root;
	uint64_t seed; /* where subnets are picked */
	struct state *state;
	struct hub *hub;
	struct keeper *keeper;
	pthread_mutex_t changing;
	pthread_mutex_t lock;
	struct network *first;
	struct member *members;
	char warning[NET_EVENT_TEXT_MAX + 1]; /* as moat-net has told; under the lock */
	bool warned;			      /* was a user told of it? */
	bool settling; /* moat-net is told what was there before; under the lock */
	pthread_cond_t settled;
	pthread_mutex_t taking; /* a tap, or looking which are in use; taken before the lock and the
				   keeper's */
	char **own_taps;	/* of this moatd, until that was looked at; under @taking */
	bool taps_settled;	/* it was; under @taking */
};

/** networks_find() - by exact name; under the lock; NULL */
struct network *networks_find(struct networks *nets, const char *name);

/** networks_find_any() - as network_resolve(); under the lock; NULL */
struct network *networks_find_any(struct networks *nets, const char *name, bool *ret_ambiguous);

/** network_not_found() - Return: -ENOENT or -EINVAL with a message. */
int network_not_found(const char *name, bool ambiguous, struct err *err);

/**
 * network_count_users() - who names a network; under the lock
 * @ret_active: how many of them run
 * @ret_names:  "a", "b": those; owned; may be NULL
 *
 * Return: how many there are.
 */
unsigned network_count_users(struct networks *nets, const char *name, unsigned *ret_active,
			     char **ret_names);

/** networks_member() - by a container's id; under the lock; NULL */
struct member *networks_member(struct networks *nets, const char *id);

/** member_endpoint() - on a network of this name; under the lock; NULL */
struct endpoint *member_endpoint(struct member *m, const char *network);

void network_free(struct network *n);
void member_free(struct member *m);

/** network_new() - an object that is not in the table.  @rec, @config: moved.  Return: NULL when
 * out of memory, and nothing is moved. */
struct network *network_new(struct network_record *rec, struct network_config *config);

/* Addresses that a new network must not have. */
struct users {
	struct ip_user *list; /* their names are owned */
	size_t n;
};

/** users_find() - those of other networks, and of the host's routes.  @but: left out; NULL.  @ret:
 * users_reset().  Under @changing.  Return: 0; -errno with a message. */
int users_find(struct networks *nets, const struct network *but, struct users *ret,
	       struct err *err);
void users_reset(struct users *u);

/** network_settle() - where a network has no subnet, or the host has routes to one that was picked,
 * and nobody runs on it, pick another.  Under @changing.  Return: 0; -errno with a message. */
int network_settle(struct networks *nets, struct network *n, struct err *err);

/** member_load_endpoint() - of the database.  @rec: moved.  Return: 0; -ENOMEM. */
int member_load_endpoint(struct endpoint_record *rec, void *arg);

/** member_put_endpoint() - have a member on one more network, with the addresses it asks for.
 * @wish: moved.  @ret: borrowed from the member.  Under @changing.  Return: 0; as member_add(). */
int member_put_endpoint(struct networks *nets, struct member *m, struct member_wish *wish,
			struct endpoint **ret, struct err *err);

/** member_drop_endpoint() - the other way.  Under @changing.  Return: 0; -ENOSPC, -EIO with a
 * message. */
int member_drop_endpoint(struct networks *nets, struct endpoint *e, struct err *err);

/** member_give_address() - see to it that an endpoint has all addresses it is to have.  Under
 * @changing.  Return: as address_give(). */
int member_give_address(struct networks *nets, struct endpoint *e, struct err *err);

/** member_give_links() - the same of what it is linked to, which keeps its address from then on,
 * whether it runs or not */
int member_give_links(struct networks *nets, const struct endpoint *e, struct err *err);

/** member_find_link() - the endpoint that a link "CONTAINER:ALIAS" leads to, on the same network;
 * under one of the locks.  @ret: NULL where both are on another one together.  Return: 0; -EINVAL
 * with a message, also where they have none in common; -ENOMEM. */
int member_find_link(struct networks *nets, const struct endpoint *e, const char *link,
		     struct endpoint **ret, struct err *err);

/** member_tell_networks() - have moat-net make a member's networks.  @ret_host: the host as the
 * first of them reaches it.  Return: 0; -errno with a message. */
int member_tell_networks(struct networks *nets, const char *id, struct ip *ret_host,
			 struct err *err);

/** member_wiring() - @ret: wiring_reset().  Return: 0; -EINVAL, -ENOMEM with a message. */
int member_wiring(struct networks *nets, const char *id, const struct ip *host, struct wiring *ret,
		  struct err *err);

/** tell_names() - what a container is called on a network, its own name first; what no resolver can
 * ask for is left out.  Under the lock.  Return: 0; -ENOMEM. */
int tell_names(const struct endpoint *e, char ***ret);

/** member_way_out() - the endpoint with the default route of a family, as its machine has it. @ret:
 * borrowed, under the lock.  Return: false where there is none. */
bool member_way_out(struct networks *nets, const struct member *m, int family, struct wire *ret);

/** network_publish() - an event.  @container: of a connect or disconnect; NULL */
void network_publish(struct networks *nets, const char *action, const struct network_record *rec,
		     const char *container);

/** address_give() - see to it that an endpoint has an address of each family its network has, and a
 * MAC.  Under @changing.  Return: 0; -ENOENT where the network is gone; -EBUSY for one that is
 * asked for and somebody else's; -EINVAL, -EADDRNOTAVAIL; -ENOSPC, -EIO; with a message. */
int address_give(struct networks *nets, struct endpoint *e, struct err *err);

/** address_ask() - the same of what is asked for alone.  As address_give(). */
int address_ask(struct networks *nets, struct endpoint *e, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "daemon/network/member.h"
#include "daemon/network/network.h"
#include "daemon/network/wiring.h"
#include "net/answer.h"
#include "net/request.h"

/*
 * The tables of networks and members, for the files of this room.
 *
 * Two locks, taken in this order: @changing is held while stored things are changed, with the
 * writes to the disk; @lock guards the tables, for moments only.  The keeper's own locks (keeper.c)
 * are taken before @lock and never with @changing held; but one may post to it under either.
 */

struct keeper;
struct ports;
struct settings_file;

struct network {
	struct network *next; /* oldest first */
	struct network_record rec;
	struct network_config config;
	struct ip last[FAMILIES]; /* per family, the address given out last */
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
	char *name;	     /* NULL: no container has claimed it yet */
	char *hostname, *domainname;
	struct ip servers[NET_SERVERS_MAX]; /* name servers in place of the host's; none */
	size_t n_servers;
	struct endpoint *endpoints;
	bool is_new;		   /* its container is being made */
	bool is_old;		   /* from an earlier moatd: it may have had ports when that died */
	bool active;		   /* from the beginning of a start to the end of the run */
	char tap[NET_TAP_MAX + 1]; /* of its machine; "": none, or none yet */
	unsigned told;		   /* one bit for each slot of the tap that moat-net was told of */
	struct ports *ports;	   /* published, while it runs; NULL */
};

struct networks {
	char *root;
	uint64_t seed; /* chooses where picking subnets begins */
	struct state *state;
	struct hub *hub;
	struct keeper *keeper;
	struct settings_file *settings; /* borrowed; NULL: the defaults count */
	pthread_mutex_t changing;
	pthread_mutex_t lock;
	struct network *first;
	struct member *members;
	char warning[NET_EVENT_TEXT_MAX + 1]; /* moat-net's last; under the lock */
	bool warned;			      /* a user was told of @warning */
	bool settling; /* moat-net is being told of earlier containers; under the lock */
	pthread_cond_t settled;
	pthread_mutex_t taking; /* held while taps are taken or looked for; before other locks */
	char **own_taps;	/* taken by this moatd before @taps_settled; under @taking */
	bool taps_settled;	/* taps in use were looked for; under @taking */
};

/** networks_find() - find a network by its exact name; under the lock; NULL */
struct network *networks_find(struct networks *nets, const char *name);

/** networks_find_any() - find a network as network_resolve() does; under the lock; NULL */
struct network *networks_find_any(struct networks *nets, const char *name, bool *ret_ambiguous);

/** network_not_found() - set the error for a network that was not found.  Return: -ENOENT or
 * -EINVAL with a message. */
int network_not_found(const char *name, bool ambiguous, struct err *err);

/**
 * network_count_users() - count the containers that name a network; under the lock
 * @ret_active: how many of them run
 * @ret_names:  their names, "a", "b"; owned; may be NULL
 *
 * Return: how many there are.
 */
unsigned network_count_users(struct networks *nets, const char *name, unsigned *ret_active,
			     char **ret_names);

/** networks_member() - find a member by its container's id; under the lock; NULL */
struct member *networks_member(struct networks *nets, const char *id);

/** member_endpoint() - find a member's endpoint on the network of this name; under the lock; NULL
 */
struct endpoint *member_endpoint(struct member *m, const char *network);

void network_free(struct network *n);
void member_free(struct member *m);

/** network_new() - make a network that is not in the table yet.  @rec, @config: moved.  Return:
 * NULL when out of memory, and nothing is moved. */
struct network *network_new(struct network_record *rec, struct network_config *config);

/* Addresses that a new network must not have. */
struct users {
	struct ip_user *list; /* their names are owned */
	size_t n;
};

/** users_find() - list addresses of other networks, and of the host's routes.  @but: a network that
 * is left out; NULL.  @ret: users_reset().  Under @changing.  Return: 0; -errno with a message. */
int users_find(struct networks *nets, const struct network *but, struct users *ret,
	       struct err *err);
void users_reset(struct users *u);

/** network_settle() - choose other subnets for a network that has none, or to whose chosen ones the
 * host has a route now, unless somebody runs on it.  Under @changing.  Return: 0; -errno with a
 * message. */
int network_settle(struct networks *nets, struct network *n, struct err *err);

/** member_load_endpoint() - add an endpoint of the database.  @rec: moved.  Return: 0; -ENOMEM. */
int member_load_endpoint(struct endpoint_record *rec, void *arg);

/** member_put_endpoint() - add an endpoint on one more network to a member, with the addresses it
 * asks for.  @wish: moved.  @ret: borrowed from the member.  Under @changing.  Return: 0; as
 * member_add(). */
int member_put_endpoint(struct networks *nets, struct member *m, struct member_wish *wish,
			struct endpoint **ret, struct err *err);

/** member_drop_endpoint() - remove an endpoint from its member.  Under @changing.  Return: 0;
 * -ENOSPC, -EIO with a message. */
int member_drop_endpoint(struct networks *nets, struct endpoint *e, struct err *err);

/** member_give_address() - give an endpoint all addresses it is to have.  Under @changing.  Return:
 * as address_give(). */
int member_give_address(struct networks *nets, struct endpoint *e, struct err *err);

/** member_give_links() - give addresses to the endpoints that an endpoint is linked to, which keep
 * them from then on, whether they run or not */
int member_give_links(struct networks *nets, const struct endpoint *e, struct err *err);

/** member_find_link() - find the endpoint that a link "CONTAINER:ALIAS" leads to, on the same
 * network; under one of the locks.  @ret: NULL where the two only share another network.  Return:
 * 0; -EINVAL with a message, also where they share no network; -ENOMEM. */
int member_find_link(struct networks *nets, const struct endpoint *e, const char *link,
		     struct endpoint **ret, struct err *err);

/** member_tell_networks() - have moat-net make a member's networks.  @ret_host: the host's address
 * as the first network reaches it.  Return: 0; -errno with a message. */
int member_tell_networks(struct networks *nets, const char *id, struct ip *ret_host,
			 struct err *err);

/** member_wiring() - make what a container has to know of its networks.  @ret: wiring_reset().
 * Return: 0; -EINVAL, -ENOMEM with a message. */
int member_wiring(struct networks *nets, const char *id, const struct ip *host, struct wiring *ret,
		  struct err *err);

/** tell_names() - list a container's names on a network, its own name first, without those that no
 * resolver can ask for.  Under the lock.  Return: 0; -ENOMEM. */
int tell_names(const struct endpoint *e, char ***ret);

/** member_way_out() - find the endpoint with the default route of a family, as the machine has it.
 * @ret: borrowed, under the lock.  Return: false where there is none. */
bool member_way_out(struct networks *nets, const struct member *m, int family, struct wire *ret);

/** network_publish() - publish an event.  @container: of a connect or disconnect; NULL */
void network_publish(struct networks *nets, const char *action, const struct network_record *rec,
		     const char *container);

/** address_give() - give an endpoint an address of each family its network has, and a MAC.  Under
 * @changing.  Return: 0; -ENOENT where the network is gone; -EBUSY for an address that it asks for
 * and somebody else has; -EINVAL, -EADDRNOTAVAIL; -ENOSPC, -EIO; with a message. */
int address_give(struct networks *nets, struct endpoint *e, struct err *err);

/** address_ask() - as address_give(), for addresses that the endpoint asks for alone */
int address_ask(struct networks *nets, struct endpoint *e, struct err *err);

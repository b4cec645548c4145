/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "net/common/nft.h"
#include "net/inside/links.h"
#include "net/inside/server.h"
#include "net/proxy/proxy.h"

/*
 * The keeper of a network namespace: what moatd tells of is put into the model, and the kernel,
 * nftables and dnsmasq are made to agree with it.
 */

#define IDLE_USEC (30 * USEC_PER_SEC)

struct keeper {
	struct loop *loop;
	struct netlink *nl;
	struct nft *nft;
	struct elements *elements;
	struct server *server;
	struct proxy *proxy; /* of published ports */
	struct resolvers *resolvers;
	struct outward *outward;
	struct refusals *refusals;
	struct shortcut_client *shortcuts;
	bool wants_shortcuts; /* some port is published that may have one */
	struct model model;
	bool settled;	     /* has moatd told of everything? */
	struct source *idle; /* a timer that ends when nothing has been on a network for a while */
};

struct keeper_start {
	int listen_fd; /* control socket; taken over */
	uid_t owner;   /* the user who may ask */
	bool adopted;  /* the namespace had another keeper before */
	int wire, ask; /* sockets to the outside; taken over */
};

/** keeper_run() - serve requests until there is nothing to do any more.  Return: 0; -errno with a
 * message. */
int keeper_run(const struct keeper_start *start, struct err *err);

/* Continues when nft has done a step. */
typedef void (*keeper_then_fn)(struct keeper *k, void *arg, int r, const struct err *err);

/** keeper_change() - have nft carry out a text; where that fails, all rules are written anew.
 * @then: called once, maybe before this returns, and also where memory is lacking; NULL: nobody
 * wants to know */
void keeper_change(struct keeper *k, struct buf *text, keeper_then_fn then, void *arg);

/** keeper_renew_rules() - write all rules anew, as the model has them.  @then: as for
 * keeper_change() */
void keeper_renew_rules(struct keeper *k, keeper_then_fn then, void *arg);

/** keeper_used() - note that something is on a network, or will be: nothing is removed for a
 * while */
void keeper_used(struct keeper *k);

/** keeper_leave() - end in good order, and leave nothing on the host */
void keeper_leave(struct keeper *k);

/** keeper_hosts() - put the host's addresses, as containers reach it, into an answer */
void keeper_hosts(const struct keeper *k, struct net_answer *ret);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/proxy/pair.h"
#include "net/proxy/proxy.h"

/* What the files of the proxy share. */

struct flow;
TAILQ_HEAD(flow_list, flow);
TAILQ_HEAD(forward_queue, forward);
LIST_HEAD(forward_list, forward);

#define FORWARD_BUCKETS 1024u

struct proxy {
	struct loop *loop;
	struct proxy_limits limits;
	struct forward_list buckets[FORWARD_BUCKETS]; /* by key */
	struct forward_list closed;   /* no longer published, with flows being ended */
	struct forward_queue waiting; /* forwards that take no connection until another one ends */
	struct pair_shared pairs;
	struct alarms retries;	     /* of connections to services */
	struct alarms breaths;	     /* of forwards that had to pause accepting */
	struct alarms idles;	     /* of clients that send datagrams */
	struct datagrams *datagrams; /* room for some; made at the first need */
	uint64_t seed;
	size_t n_flows;
};

struct forward {
	struct proxy *proxy;
	LIST_ENTRY(forward) link;
	TAILQ_ENTRY(forward) waiting_link;
	char *key;
	struct proxy_spec spec;
	int fd; /* owned; -1: no longer published */
	int family;
	struct source *source;
	struct alarm breath;
	bool is_waiting;	  /* is it in the proxy's queue? */
	bool has_shortcuts;	  /* connections may pass by */
	struct flow_list flows;	  /* of UDP, in the order of their last datagrams */
	struct flow_table *table; /* of UDP: flows by client */
	size_t n_flows;
	uint64_t total, failed, dropped;
};

/* What connections and clients of datagrams have in common. */
struct flow {
	struct forward *forward;
	TAILQ_ENTRY(flow) link;
	struct peer client;
	struct alarm alarm;
};

/** forward_may() - may the forward have another flow?  If not, the sender's next try comes when one
 * ends. */
bool forward_may(const struct forward *f);

/** forward_wait() - take no connection until another flow ends */
void forward_wait(struct forward *f);

/** flow_begin(), flow_end() - count a flow in, or out; with its last flow, a forward that is no
 * longer published is freed */
void flow_begin(struct forward *f, struct flow *flow);
void flow_end(struct flow *flow);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <net/if.h>
#include <sys/queue.h>

#include "net/common/wire.h"
#include "net/inside/egress-list.h"
#include "net/request.h"

/*
 * The taps, networks and ports that are to exist, as moatd has told; a port puts a tap on a
 * network.  The kernel, nftables and dnsmasq are made to agree with it.
 */

struct tap {
	LIST_ENTRY(tap) link;
	char name[NET_TAP_MAX + 1];
	int index;
	int fd;		  /* owned; -1: an earlier moat-net made the tap */
	bool pooled;	  /* no machine has the tap */
	bool returned;	  /* to be pooled once it is off its networks */
	unsigned leaving; /* how many removals of its ports are under way */
};

struct network {
	LIST_ENTRY(network) link;
	struct net_network spec;   /* owned */
	struct egress_list egress; /* its rules, parsed; owned */
	char bridge[IFNAMSIZ];
	int index;
	char *hosts;  /* the hosts file that its dnsmasqs have read; owned; NULL: none yet */
	bool renamed; /* has @hosts just changed? */
	uint64_t refused_names; /* count of names that its containers asked for and may not */
};

struct port {
	LIST_ENTRY(port) link;
	struct net_port spec; /* owned */
	struct tap *tap;
	struct network *network;
	char device[IFNAMSIZ]; /* the bridge's port: the tap itself, or one end of a pair */
	char inner[IFNAMSIZ];  /* the other end of the pair; "": the port is the tap */
	int index;	       /* of @device */
	uint16_t names_port; /* where its questions for names are answered; 0: at the usual port */
};

LIST_HEAD(tap_list, tap);
LIST_HEAD(network_list, network);
LIST_HEAD(port_list, port);

#define UPLINK_DEVICE "up0"

struct model {
	struct tap_list taps;
	struct network_list networks;
	struct port_list ports;
	uint32_t last_tap; /* the highest number that any tap had; 0: not looked for yet */
	struct wire_place uplink;
};

struct tap *model_tap(const struct model *m, const char *name);
struct network *model_network(const struct model *m, const char *id);
struct port *model_port(const struct model *m, const char *tap, int slot);

/** model_subnet() - get the subnet of a network that an address is in; NULL */
const struct net_subnet *model_subnet(const struct network *network, const struct ip *ip);

/** model_tap_used() - is a tap on any network? */
bool model_tap_used(const struct model *m, const struct tap *tap);

/** model_network_used() - is anything on a network? */
bool model_network_used(const struct model *m, const struct network *network);

/**
 * model_link_local() - compute the address that a guest's interface gives itself: EUI-64 of its MAC
 * (RFC 4291, appendix A)
 */
struct ip model_link_local(const uint8_t mac[6]);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/ip.h"
#include "base/json.h"

/* A network's name service, for the containers on it. */
struct resolver {
	char **servers;		  /* name servers */
	char **search, **options; /* those of the host */
};

void resolver_reset(struct resolver *r);

/** resolver_read() - search domains and options of a host's /etc/resolv.conf.  Return: 0; -ENOMEM.
 */
int resolver_read(const char *text, struct resolver *ret);

#define SPEC_SERVERS_MAX 8u /* further servers are not asked */

/**
 * spec_servers() - the servers of Dns that a network's resolver can ask for the container
 *
 * None where one of them is on the container's loopback or its link: then the container asks all of
 * them itself.
 *
 * Return: their number.
 */
size_t spec_servers(const json_t *host, struct ip ret[SPEC_SERVERS_MAX]);

/**
 * spec_resolv_conf() - /etc/resolv.conf of a container
 * @host: its HostConfig
 * @net:  NULL: it has no network
 * @ret:  owned; NULL: the image's stays
 *
 * Each of Dns, DnsSearch and DnsOptions takes the place of what the network and the host have; "."
 * is docker's way to search nowhere.  Servers that the network's resolver asks are left out:
 * containers ask that resolver, which also knows their names.
 *
 * Return: 0; -EINVAL or -EBADMSG with docker's message where it has one; -ENOMEM.
 */
int spec_resolv_conf(const json_t *host, const struct resolver *net, char **ret, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/* What a network has to offer to a container that asks for names. */
struct resolver {
	char **servers;		  /* name servers */
	char **search, **options; /* those of the host */
};

void resolver_reset(struct resolver *r);

/** resolver_read() - search domains and options of a host's /etc/resolv.conf.  Return: 0; -ENOMEM.
 */
int resolver_read(const char *text, struct resolver *ret);

/**
 * spec_resolv_conf() - /etc/resolv.conf of a container
 * @host: its HostConfig
 * @net:  NULL: it has no network
 * @ret:  owned; NULL: the image's stays
 *
 * Each of Dns, DnsSearch and DnsOptions takes the place of what the network and the host have; "."
 * is docker's way to search nowhere.
 *
 * Return: 0; -EINVAL or -EBADMSG with docker's message where it has one; -ENOMEM.
 */
int spec_resolv_conf(const json_t *host, const struct resolver *net, char **ret, struct err *err);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mac.h"
#include "net/request.h"

/* Parts of requests that are more than plain members: addresses, subnets, a MAC.  A missing part is
 * read as none. */

/** parts_put_ips() - add an array of addresses.  Return: 0; -ENOMEM. */
int parts_put_ips(json_t *obj, const char *key, const struct ip *ips, size_t n);

/** parts_get_ips() - read an array of addresses.  @max: longer arrays are refused.  Return: 0;
 * -EBADMSG, -EINVAL with a message. */
int parts_get_ips(const json_t *obj, const char *key, struct ip *ret, size_t max, size_t *ret_n,
		  struct err *err);

/** parts_put_nets(), parts_get_nets() - add and read addresses with the bits of their networks,
 * likewise */
int parts_put_nets(json_t *obj, const char *key, const struct ip_net *nets, size_t n);
int parts_get_nets(const json_t *obj, const char *key, struct ip_net *ret, size_t max,
		   size_t *ret_n, struct err *err);

/** parts_put_subnets(), parts_get_subnets() - add and read subnets, likewise; those that overlap
 * are refused, and gateways outside their subnet */
int parts_put_subnets(json_t *obj, const struct net_network *network);
int parts_get_subnets(const json_t *obj, struct net_network *ret, struct err *err);

/** parts_get_mac() - read a MAC that an interface may have.  Return: 0; -EBADMSG, -EINVAL with a
 * message. */
int parts_get_mac(const json_t *obj, const char *key, uint8_t ret[MAC_BYTES], struct err *err);

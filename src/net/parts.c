/* SPDX-License-Identifier: Apache-2.0 */
#include "net/parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

int parts_put_ips(json_t *obj, const char *key, const struct ip *ips, size_t n)
{
	json_t *list = json_array();

	if (json_object_set_new(obj, key, list) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		char text[IP_TEXT_MAX];

		ip_format(&ips[i], text);
		if (json_array_append_new(list, json_string(text)) < 0)
			return -ENOMEM;
	}
	return 0;
}

int parts_get_ips(const json_t *obj, const char *key, struct ip *ret, size_t max, size_t *ret_n,
		  struct err *err)
{
	json_t *list, *item;
	size_t i;
	int r = json_get_array(obj, key, &list, err);

	if (r < 0)
		return r;
	if (json_array_size(list) > max)
		return err_set(err, -EINVAL, "\"%s\" has more than %zu addresses", key, max);
	json_array_foreach (list, i, item) {
		const char *text = json_string_value(item);

		if (!text || ip_parse(text, &ret[i]) < 0)
			return err_set(err, -EINVAL, "\"%s\" has what is no address", key);
	}
	*ret_n = json_array_size(list);
	return 0;
}

int parts_put_nets(json_t *obj, const char *key, const struct ip_net *nets, size_t n)
{
	json_t *list = json_array();

	if (json_object_set_new(obj, key, list) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		char text[IP_TEXT_MAX];

		ip_net_format(&nets[i], text);
		if (json_array_append_new(list, json_string(text)) < 0)
			return -ENOMEM;
	}
	return 0;
}

int parts_get_nets(const json_t *obj, const char *key, struct ip_net *ret, size_t max,
		   size_t *ret_n, struct err *err)
{
	json_t *list, *item;
	size_t i;
	int r = json_get_array(obj, key, &list, err);

	if (r < 0)
		return r;
	if (json_array_size(list) > max)
		return err_set(err, -EINVAL, "\"%s\" has more than %zu addresses", key, max);
	json_array_foreach (list, i, item) {
		const char *text = json_string_value(item);

		if (!text || ip_net_parse(text, &ret[i]) < 0)
			return err_set(err, -EINVAL,
				       "\"%s\" has what is no address with its network's bits",
				       key);
	}
	*ret_n = json_array_size(list);
	return 0;
}

int parts_put_subnets(json_t *obj, const struct net_network *network)
{
	json_t *list = json_array();

	if (json_object_set_new(obj, "subnets", list) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < network->n_subnets; i++) {
		char subnet[IP_TEXT_MAX], gateway[IP_TEXT_MAX];

		ip_net_format(&network->subnets[i].net, subnet);
		ip_format(&network->subnets[i].gateway, gateway);
		if (json_array_append_new(list, json_pack("{s:s, s:s}", "subnet", subnet, "gateway",
							  gateway)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int get_subnet(const json_t *obj, struct net_subnet *ret, struct err *err)
{
	const char *subnet = NULL, *gateway = NULL;
	struct ip first;
	int r = json_get_str(obj, "subnet", &subnet, err);

	if (r == 0)
		r = json_get_str(obj, "gateway", &gateway, err);
	if (r < 0)
		return r;
	if (!subnet || ip_net_parse(subnet, &ret->net) < 0)
		return err_set(err, -EINVAL, "\"subnet\" is missing or no subnet");
	first = ip_net_first(&ret->net);
	if (!ip_equal(&first, &ret->net.ip))
		return err_set(err, -EINVAL, "%s is an address in a subnet, and not a subnet",
			       subnet);
	if (!gateway || ip_parse(gateway, &ret->gateway) < 0 ||
	    !ip_net_has(&ret->net, &ret->gateway))
		return err_set(err, -EINVAL, "the gateway of %s is not an address in it", subnet);
	return 0;
}

static int check_apart(const struct net_subnet *subnets, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (ip_net_overlap(&subnets[i].net, &subnets[n].net))
			return err_set(err, -EINVAL, "two subnets of a network overlap");
	return 0;
}

int parts_get_subnets(const json_t *obj, struct net_network *ret, struct err *err)
{
	json_t *list, *item;
	size_t i;
	int r = json_get_array(obj, "subnets", &list, err);

	if (r < 0)
		return r;
	if (json_array_size(list) > NET_SUBNETS_MAX)
		return err_set(err, -EINVAL, "more than %d subnets", NET_SUBNETS_MAX);
	json_array_foreach (list, i, item) {
		r = json_is_object(item) ? get_subnet(item, &ret->subnets[i], err)
					 : err_set(err, -EBADMSG, "a subnet is not an object");
		if (r == 0)
			r = check_apart(ret->subnets, i, err);
		if (r < 0)
			return r;
	}
	ret->n_subnets = json_array_size(list);
	return 0;
}

void parts_mac_format(const uint8_t mac[6], char ret[PARTS_MAC_TEXT_MAX])
{
	snprintf(ret, PARTS_MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static int parse_mac(const char *text, uint8_t ret[6])
{
	for (size_t i = 0; i < 6; i++, text += 3) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

int parts_get_mac(const json_t *obj, const char *key, uint8_t ret[6], struct err *err)
{
	static const uint8_t none[6];
	const char *text = NULL;
	uint8_t mac[6];
	int r = json_get_str(obj, key, &text, err);

	if (r < 0)
		return r;
	if (!text || parse_mac(text, mac) < 0)
		return err_set(err, -EINVAL, "\"%s\" is missing or no MAC address", key);
	if ((mac[0] & 1) || memcmp(mac, none, sizeof(mac)) == 0)
		return err_set(err, -EINVAL, "%s is not the address of one interface", text);
	memcpy(ret, mac, sizeof(mac));
	return 0;
}

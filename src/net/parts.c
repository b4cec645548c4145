/* SPDX-License-Identifier: Apache-2.0 */
#include "net/parts.h"

#include <errno.h>
#include <stdio.h>

/* A kind of what lists hold. */
struct kind {
	size_t size;
	void (*format)(const void *item, char *ret);
	int (*parse)(const char *text, void *ret);
	const char *wanted;
};

static void format_ip(const void *item, char *ret)
{
	ip_format(item, ret);
}

static int parse_ip(const char *text, void *ret)
{
	return ip_parse(text, ret);
}

static void format_net(const void *item, char *ret)
{
	ip_net_format(item, ret);
}

static int parse_net(const char *text, void *ret)
{
	return ip_net_parse(text, ret);
}

static const struct kind ip_kind = { sizeof(struct ip), format_ip, parse_ip, "address" };
static const struct kind net_kind = { sizeof(struct ip_net), format_net, parse_net,
				      "address with its network's bits" };

static int put_list(json_t *obj, const char *key, const struct kind *kind, const void *items,
		    size_t n)
{
	json_t *list = json_array();

	if (json_object_set_new(obj, key, list) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		char text[IP_TEXT_MAX];

		kind->format((const char *)items + i * kind->size, text);
		if (json_array_append_new(list, json_string(text)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int get_list(const json_t *obj, const char *key, const struct kind *kind, void *ret,
		    size_t max, size_t *ret_n, struct err *err)
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

		if (!text || kind->parse(text, (char *)ret + i * kind->size) < 0)
			return err_set(err, -EINVAL, "\"%s\" has what is no %s", key, kind->wanted);
	}
	*ret_n = json_array_size(list);
	return 0;
}

int parts_put_ips(json_t *obj, const char *key, const struct ip *ips, size_t n)
{
	return put_list(obj, key, &ip_kind, ips, n);
}

int parts_get_ips(const json_t *obj, const char *key, struct ip *ret, size_t max, size_t *ret_n,
		  struct err *err)
{
	return get_list(obj, key, &ip_kind, ret, max, ret_n, err);
}

int parts_put_nets(json_t *obj, const char *key, const struct ip_net *nets, size_t n)
{
	return put_list(obj, key, &net_kind, nets, n);
}

int parts_get_nets(const json_t *obj, const char *key, struct ip_net *ret, size_t max,
		   size_t *ret_n, struct err *err)
{
	return get_list(obj, key, &net_kind, ret, max, ret_n, err);
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

int parts_get_mac(const json_t *obj, const char *key, uint8_t ret[MAC_BYTES], struct err *err)
{
	const char *text = NULL;
	int r = json_get_str(obj, key, &text, err);

	if (r < 0)
		return r;
	if (!text || mac_parse(text, ret) < 0)
		return err_set(err, -EINVAL,
			       "\"%s\" is missing, or not the MAC address of one interface", key);
	return 0;
}

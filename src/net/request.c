/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each operation has a table of its plain members, and a pair of functions
 * for those that are not.  Requests are written by moatd of the same user, and by tests that mean
 * harm: whatever is read is checked, as it becomes rules and configurations.
 */
#include "net/request.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/fields.h"
#include "base/str.h"
#include "net/egress.h"
#include "net/parts.h"

/* Describes a member of one of the structures in a request. */
#define PART(part, member, field_type, ...)                                                        \
	{                                                                                          \
		.key = #member, .type = (field_type),                                              \
		.offset = offsetof(struct net_request, part.member), __VA_ARGS__                   \
	}

static const struct field tap_fields[] = {
	FIELD(net_request, tap, FIELD_NAME, .max = NET_TAP_MAX),
	FIELD(net_request, soon, FIELD_BOOL),
};

static const struct field id_fields[] = {
	FIELD(net_request, id, FIELD_NAME, .max = NET_ID_LEN),
};

static const struct field place_fields[] = {
	FIELD(net_request, tap, FIELD_NAME, .max = NET_TAP_MAX),
	FIELD(net_request, slot, FIELD_INT, .max = NET_SLOTS - 1),
	FIELD(net_request, soon, FIELD_BOOL),
};

static const struct field key_fields[] = {
	FIELD(net_request, key, FIELD_NAME, .max = NET_KEY_MAX),
};

static const struct field network_fields[] = {
	PART(network, id, FIELD_NAME, .max = NET_ID_LEN),
	PART(network, mtu, FIELD_U32, .max = NET_MTU_MAX),
	PART(network, internal, FIELD_BOOL),
	PART(network, limited, FIELD_BOOL),
};

static const struct field port_fields[] = {
	PART(port, tap, FIELD_NAME, .max = NET_TAP_MAX),
	PART(port, slot, FIELD_INT, .max = NET_SLOTS - 1),
	PART(port, network, FIELD_NAME, .max = NET_ID_LEN),
};

static const struct field publish_fields[] = {
	PART(publish, key, FIELD_NAME, .max = NET_KEY_MAX),
	PART(publish, target_port, FIELD_U16, .min = 1, .max = UINT16_MAX),
	PART(publish, shows_clients, FIELD_BOOL),
	PART(publish, shortcuts, FIELD_BOOL),
};

static const char *const protocol_names[] = { [NET_TCP] = "tcp", [NET_UDP] = "udp" };

void net_network_reset(struct net_network *network)
{
	strv_free(network->allow);
	*network = (struct net_network){ 0 };
}

void net_port_reset(struct net_port *port)
{
	strv_free(port->names);
	*port = (struct net_port){ 0 };
}

void net_request_reset(struct net_request *rq)
{
	net_network_reset(&rq->network);
	net_port_reset(&rq->port);
	*rq = (struct net_request){ 0 };
}

bool net_id_ok(const char *text)
{
	return strlen(text) == NET_ID_LEN && strspn(text, "0123456789abcdef") == NET_ID_LEN;
}

bool net_name_ok(const char *text)
{
	size_t part = 0;

	if (strlen(text) > EGRESS_NAME_MAX)
		return false;
	for (const char *p = text; *p; p++) {
		if (*p != '.' && !isalnum((unsigned char)*p) && *p != '-' && *p != '_')
			return false;
		if (*p == '.' && part == 0)
			return false;
		part = *p == '.' ? 0 : part + 1;
		if (part > 63)
			return false;
	}
	return part > 0;
}

static int check_id(const char *id, struct err *err)
{
	return net_id_ok(id)
		       ? 0
		       : err_set(err, -EINVAL, "a network's id must be %d lower-case hex digits",
				 NET_ID_LEN);
}

static int check_tap(const char *tap, struct err *err)
{
	return *tap ? 0 : err_set(err, -EINVAL, "\"tap\" is missing");
}

static int check_key(const char *key, struct err *err)
{
	return *key ? 0 : err_set(err, -EINVAL, "\"key\" is missing");
}

static int read_tap(const json_t *obj, struct net_request *ret, struct err *err)
{
	(void)obj;
	return check_tap(ret->tap, err);
}

static int read_id(const json_t *obj, struct net_request *ret, struct err *err)
{
	(void)obj;
	return check_id(ret->id, err);
}

static int read_key(const json_t *obj, struct net_request *ret, struct err *err)
{
	(void)obj;
	return check_key(ret->key, err);
}

static int read_allow(const json_t *obj, struct net_network *ret, struct err *err)
{
	int r = json_get_strv(obj, "allow", &ret->allow, err);

	if (r == 0 && strv_len(ret->allow) > NET_ALLOW_MAX)
		return err_set(err, -EINVAL, "more than %d egress rules", NET_ALLOW_MAX);
	for (char **rule = ret->allow; r == 0 && rule && *rule; rule++) {
		struct egress_rule parsed;

		r = egress_parse(*rule, &parsed, err);
	}
	return r;
}

static int read_network(const json_t *obj, struct net_request *ret, struct err *err)
{
	struct net_network *network = &ret->network;
	int r = check_id(network->id, err);

	if (r == 0 && network->mtu != 0 && network->mtu < NET_MTU_MIN)
		r = err_set(err, -EINVAL, "\"mtu\" must be from %d to %d", NET_MTU_MIN,
			    NET_MTU_MAX);
	if (r == 0)
		r = parts_get_subnets(obj, network, err);
	return r == 0 ? read_allow(obj, network, err) : r;
}

static int write_network(json_t *obj, const struct net_request *rq)
{
	int r = parts_put_subnets(obj, &rq->network);

	return r == 0 ? json_object_set_new(obj, "allow", json_from_strv(rq->network.allow)) : r;
}

static int read_names(const json_t *obj, struct net_port *ret, struct err *err)
{
	int r = json_get_strv(obj, "names", &ret->names, err);

	if (r == 0 && strv_len(ret->names) > NET_NAMES_MAX)
		return err_set(err, -EINVAL, "more than %d names", NET_NAMES_MAX);
	for (char **name = ret->names; r == 0 && name && *name; name++)
		if (!net_name_ok(*name))
			r = err_set(err, -EINVAL, "a name of %s is none that DNS can have",
				    ret->tap);
	return r;
}

static int read_servers(const json_t *obj, struct net_port *ret, struct err *err)
{
	int r = parts_get_ips(obj, "servers", ret->servers, NET_SERVERS_MAX, &ret->n_servers, err);

	for (size_t i = 0; r == 0 && i < ret->n_servers; i++)
		if (!ip_is_remote(&ret->servers[i]))
			r = err_set(err, -EINVAL, "a name server of %s can be asked by itself only",
				    ret->tap);
	return r;
}

static int read_port(const json_t *obj, struct net_request *ret, struct err *err)
{
	struct net_port *port = &ret->port;
	int r = check_tap(port->tap, err);

	if (r == 0)
		r = check_id(port->network, err);
	if (r == 0)
		r = parts_get_mac(obj, "mac", port->mac, err);
	if (r == 0)
		r = parts_get_ips(obj, "addresses", port->addresses, NET_ADDRESSES_MAX,
				  &port->n_addresses, err);
	if (r == 0)
		r = read_servers(obj, port, err);
	return r == 0 ? read_names(obj, port, err) : r;
}

static int write_port(json_t *obj, const struct net_request *rq)
{
	const struct net_port *port = &rq->port;
	char mac[MAC_TEXT_MAX];

	mac_format(port->mac, mac);
	if (json_object_set_new(obj, "mac", json_string(mac)) < 0 ||
	    parts_put_ips(obj, "addresses", port->addresses, port->n_addresses) < 0 ||
	    parts_put_ips(obj, "servers", port->servers, port->n_servers) < 0)
		return -ENOMEM;
	return json_object_set_new(obj, "names", json_from_strv(port->names));
}

static int read_protocol(const json_t *obj, enum net_protocol *ret, struct err *err)
{
	const char *const *at, *name;
	int r = json_get_str(obj, "protocol", &name, err);

	if (r < 0)
		return r;
	at = STR_FIND(protocol_names, name);
	if (!at)
		return err_set(err, -EINVAL, "\"protocol\" must be tcp or udp");
	*ret = (enum net_protocol)(at - protocol_names);
	return 0;
}

static int read_publish(const json_t *obj, struct net_request *ret, struct err *err)
{
	struct net_publish *p = &ret->publish;
	int r = check_key(p->key, err);

	if (r == 0)
		r = read_protocol(obj, &p->protocol, err);
	if (r == 0)
		r = parts_get_nets(obj, "targets", p->targets, ARRAY_SIZE(p->targets),
				   &p->n_targets, err);
	if (r == 0)
		r = parts_get_ips(obj, "gateways", p->gateways, ARRAY_SIZE(p->gateways),
				  &p->n_gateways, err);
	if (r == 0 && p->n_targets == 0)
		r = err_set(err, -EINVAL, "\"targets\" are missing");
	if (r == 0 && p->n_targets == 2 && p->targets[0].ip.family == p->targets[1].ip.family)
		r = err_set(err, -EINVAL, "two \"targets\" of one family");
	return r;
}

static int write_publish(json_t *obj, const struct net_request *rq)
{
	const struct net_publish *p = &rq->publish;

	if (json_object_set_new(obj, "protocol", json_string(protocol_names[p->protocol])) < 0 ||
	    parts_put_nets(obj, "targets", p->targets, p->n_targets) < 0)
		return -ENOMEM;
	return parts_put_ips(obj, "gateways", p->gateways, p->n_gateways);
}

#define FIELDS(table) (table), ARRAY_SIZE(table)

static const struct operation {
	const char *name;
	const struct field *fields;
	size_t n_fields;
	int (*read)(const json_t *obj, struct net_request *ret, struct err *err);
	int (*write)(json_t *obj, const struct net_request *rq);
} operations[] = {
	[NET_HELLO] = { "hello" },
	[NET_TAP] = { "tap" },
	[NET_TAP_RETURN] = { "tap-return", FIELDS(tap_fields), read_tap },
	[NET_NETWORK] = { "network", FIELDS(network_fields), read_network, write_network },
	[NET_NETWORK_REMOVE] = { "network-remove", FIELDS(id_fields), read_id },
	[NET_PORT] = { "port", FIELDS(port_fields), read_port, write_port },
	[NET_PORT_REMOVE] = { "port-remove", FIELDS(place_fields), read_tap },
	[NET_SETTLED] = { "settled" },
	[NET_PUBLISH] = { "publish", FIELDS(publish_fields), read_publish, write_publish },
	[NET_UNPUBLISH] = { "unpublish", FIELDS(key_fields), read_key },
	[NET_PUBLISHED] = { "published", FIELDS(key_fields), read_key },
	[NET_REFUSED] = { "refused", FIELDS(id_fields), read_id },
	[NET_STATUS] = { "status" },
	[NET_WATCH] = { "watch" },
	[NET_SHUTDOWN] = { "shutdown" },
};

char *net_request_write(const struct net_request *rq)
{
	const struct operation *op = &operations[rq->op];
	cleanup_json json_t *obj = json_pack("{s:s}", "op", op->name);

	if (!obj || fields_put(obj, op->fields, op->n_fields, rq) < 0 ||
	    (op->write && op->write(obj, rq) < 0))
		return NULL;
	return json_write(obj);
}

static int find_operation(const json_t *obj, enum net_op *ret, struct err *err)
{
	const struct operation *op;
	const char *name;
	int r = json_get_str(obj, "op", &name, err);

	if (r < 0)
		return r;
	if (!name)
		return err_set(err, -EINVAL, "\"op\" is missing");
	op = STR_FIND(operations, name);
	if (!op)
		return err_set(err, -EOPNOTSUPP, "the request is not known");
	*ret = (enum net_op)(op - operations);
	return 0;
}

int net_request_read(const char *text, size_t len, struct net_request *ret, struct err *err)
{
	cleanup(net_request_reset) struct net_request rq = { 0 };
	cleanup_json json_t *obj = NULL;
	const struct operation *op;
	int r = json_read(text, len, "request", &obj, err);

	if (r == 0 && !json_is_object(obj))
		r = err_set(err, -EBADMSG, "the request is not an object");
	if (r == 0)
		r = find_operation(obj, &rq.op, err);
	if (r < 0)
		return r;
	op = &operations[rq.op];
	r = fields_get(obj, op->fields, op->n_fields, &rq, err);
	if (r == 0 && op->read)
		r = op->read(obj, &rq, err);
	if (r < 0)
		return r;
	*ret = take_struct(rq);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each --network becomes an entry of EndpointsConfig; the first of them is
 * the NetworkMode too.  --ip and its like are for the first.  A network without options is sent as
 * the mode alone.
 */
#include "cli/create/create-network.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cli/create/create-put.h"

/* The member Key of an object, made where it is missing; borrowed; NULL when out of memory. */
static json_t *part_of(json_t *obj, const char *key, bool is_list)
{
	json_t *part = json_object_get(obj, key);

	if (part)
		return part;
	part = is_list ? json_array() : json_object();
	return json_object_set_new(obj, key, part) < 0 ? NULL : part;
}

static int put_address(json_t *endpoint, const char *key, const char *value, struct err *err)
{
	json_t *ipam = part_of(endpoint, "IPAMConfig", false);

	return ipam ? create_put(ipam, key, json_string(value), err) : err_nomem(err);
}

static int add_text(json_t *obj, const char *key, const char *value, struct err *err)
{
	json_t *list = part_of(obj, key, true);

	return list && json_array_append_new(list, json_string(value)) == 0
		       ? 0
		       : err_set(err, -EINVAL, "option for %s: not UTF-8 text, or out of memory",
				 key);
}

static int add_local(json_t *endpoint, const char *value, struct err *err)
{
	json_t *ipam = part_of(endpoint, "IPAMConfig", false);

	return ipam ? add_text(ipam, "LinkLocalIPs", value, err) : err_nomem(err);
}

static int put_driver_option(json_t *endpoint, const char *value, struct err *err)
{
	json_t *options = part_of(endpoint, "DriverOpts", false);
	size_t len = strcspn(value, "=");
	cleanup_free char *key = strndup(value, len);

	if (!options || !key)
		return err_nomem(err);
	if (len == 0 || !value[len])
		return err_set(err, -EINVAL, "invalid driver-opt \"%s\"; write KEY=VALUE", value);
	return create_put(options, key, json_string(value + len + 1), err);
}

static int put_priority(json_t *endpoint, const char *value, struct err *err)
{
	const char *digits = *value == '-' ? value + 1 : value;
	uint32_t n;

	if (str_to_u32(digits, &n) < 0 || n > INT32_MAX)
		return err_set(err, -EINVAL, "invalid gw-priority \"%s\"", value);
	return create_put(endpoint, "GwPriority",
			  json_integer(*value == '-' ? -(json_int_t)n : (json_int_t)n), err);
}

static int put_field(json_t *endpoint, const char *key, const char *value, struct err *err)
{
	if (streq(key, "ip"))
		return put_address(endpoint, "IPv4Address", value, err);
	if (streq(key, "ip6"))
		return put_address(endpoint, "IPv6Address", value, err);
	if (streq(key, "mac-address") || streq(key, "mac"))
		return create_put(endpoint, "MacAddress", json_string(value), err);
	if (streq(key, "alias"))
		return add_text(endpoint, "Aliases", value, err);
	if (streq(key, "link-local-ip"))
		return add_local(endpoint, value, err);
	if (streq(key, "driver-opt"))
		return put_driver_option(endpoint, value, err);
	if (streq(key, "gw-priority"))
		return put_priority(endpoint, value, err);
	return err_set(err, -EINVAL,
		       "unknown key \"%s\" of --network; there are ip, ip6, mac-address, alias, "
		       "driver-opt and gw-priority",
		       key);
}

/* Reads "key=value,key=value"; a name among them, as docker has it, goes to @ret_name. */
static int read_fields(char *text, char **ret_name, json_t *endpoint, struct err *err)
{
	char *field;
	int r = 0;

	while (r == 0 && (field = strsep(&text, ","))) {
		char *value = strchr(field, '=');

		if (!value)
			return err_set(err, -EINVAL, "invalid --network: \"%s\" is no KEY=VALUE",
				       field);
		*value++ = '\0';
		if (!streq(field, "name") || !ret_name)
			r = put_field(endpoint, field, value, err);
		else if (!*ret_name && !(*ret_name = strdup(value)))
			r = err_nomem(err);
	}
	return r;
}

/* Is the text in docker's form, which begins with a key?  A name has no "=" in it. */
static bool is_dockers(const char *text)
{
	size_t len = strcspn(text, "=:,");

	return text[len] == '=';
}

static int split_network(char *text, char **ret_name, json_t *endpoint, struct err *err)
{
	char *colon;

	if (is_dockers(text))
		return read_fields(text, ret_name, endpoint, err);
	/* "container:NAME" is one of docker's modes. */
	colon = str_starts(text, "container:") ? NULL : strchr(text, ':');
	if (colon)
		*colon++ = '\0';
	*ret_name = strdup(text);
	if (!*ret_name)
		return err_nomem(err);
	return colon ? read_fields(colon, NULL, endpoint, err) : 0;
}

int create_network(const char *text, char **ret_name, json_t **ret_endpoint, struct err *err)
{
	cleanup_free char *copy = strdup(text), *name = NULL;
	cleanup_json json_t *endpoint = json_object();
	int r = copy && endpoint ? split_network(copy, &name, endpoint, err) : err_nomem(err);

	if (r == 0 && (!name || !*name))
		r = err_set(err, -EINVAL, "invalid --network \"%s\": it names no network", text);
	if (r < 0)
		return r;
	*ret_name = take_ptr(name);
	*ret_endpoint = take_ptr(endpoint);
	return 0;
}

/* Options for the first network, under docker's names for the same. */
static const struct {
	const char *option, *key;
} of_first[] = { { "ip", "ip" },
		 { "ip6", "ip6" },
		 { "mac-address", "mac-address" },
		 { "network-alias", "alias" },
		 { "net-alias", "alias" },
		 { "link-local-ip", "link-local-ip" } };

static int put_first(const struct options *o, json_t *endpoint, struct err *err)
{
	const char *value;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(of_first); i++) {
		size_t cursor = 0;

		while (r == 0 && (value = options_next(o, of_first[i].option, &cursor)))
			r = put_field(endpoint, of_first[i].key, value, err);
	}
	return r;
}

/* @endpoint: taken over.  A network that is named twice is added once. */
static int add_network(json_t *endpoints, const char *name, json_t *endpoint, struct err *err)
{
	if (!json_object_get(endpoints, name))
		return create_put(endpoints, name, endpoint, err);
	json_decref(endpoint);
	return err_set(err, -EINVAL, "network \"%s\" is named twice", name);
}

/* @ret_first: the first network's name, borrowed from @endpoints; NULL: there is none */
static int read_networks(const struct options *o, json_t *endpoints, const char **ret_first,
			 struct err *err)
{
	static const char *const names[] = { "network", "net" };
	const char *text;
	int r = 0;

	*ret_first = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t cursor = 0;

		while (r == 0 && (text = options_next(o, names[i], &cursor))) {
			cleanup_free char *name = NULL;
			json_t *endpoint;

			r = create_network(text, &name, &endpoint, err);
			if (r == 0)
				r = add_network(endpoints, name, endpoint, err);
			if (r == 0 && !*ret_first)
				*ret_first =
					json_object_iter_key(json_object_iter_at(endpoints, name));
		}
	}
	return r;
}

/* Has any network options beside its name? */
static bool says_more(json_t *endpoints)
{
	const char *name;
	json_t *endpoint;

	json_object_foreach (endpoints, name, endpoint) {
		if (json_object_size(endpoint) > 0)
			return true;
	}
	return json_object_size(endpoints) > 1;
}

static int put_networking(json_t *body, json_t *endpoints, struct err *err)
{
	return create_put(body, "NetworkingConfig",
			  json_pack("{s:O}", "EndpointsConfig", endpoints), err);
}

int create_put_networks(const struct options *o, json_t *body, json_t *host, struct err *err)
{
	static const struct create_text links[] = { { "link", "Links" }, { 0 } };
	cleanup_json json_t *endpoints = json_object(), *first = json_object();
	const char *name = NULL;
	int r = endpoints && first ? read_networks(o, endpoints, &name, err) : err_nomem(err);

	if (r == 0)
		r = put_first(o, first, err);
	if (r == 0 && !name && json_object_size(first) > 0) {
		name = "default";
		r = create_put(endpoints, name, json_object(), err);
	}
	if (r == 0 && name && json_object_update(json_object_get(endpoints, name), first) < 0)
		r = err_nomem(err);
	if (r == 0 && name)
		r = create_put(host, "NetworkMode", json_string(name), err);
	if (r == 0)
		r = create_put_lists(o, links, host, err);
	return r == 0 && says_more(endpoints) ? put_networking(body, endpoints, err) : r;
}

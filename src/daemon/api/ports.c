/* SPDX-License-Identifier: Apache-2.0 */
/* Ports that are published, and those a container is only said to listen on. */
#include "daemon/api/ports.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json-object.h"
#include "base/str.h"
#include "daemon/network/ports.h"
#include "daemon/spec/ports.h"

static void port_key_of(const json_t *item, const char *member, char ret[PORT_TEXT_MAX])
{
	snprintf(ret, PORT_TEXT_MAX, "%u/%s",
		 (unsigned)json_integer_value(json_object_get(item, member)),
		 json_string_value(json_object_get(item, "Type")));
}

/* Lists ports that are published; none where the container does not run. */
static json_t *list_published(const struct container_view *v)
{
	return view_is_shown(v, STATES_RUNNING)
		       ? ports_describe(v->c->table->networks, v->c->rec.id)
		       : json_array();
}

static bool is_published(const json_t *list, const char *key)
{
	char have[PORT_TEXT_MAX];
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		port_key_of(item, "PrivatePort", have);
		if (streq(have, key))
			return true;
	}
	return false;
}

static int add_exposed(json_t *list, const char *key)
{
	struct port_spec spec;

	if (is_published(list, key) || port_spec_parse(key, &spec, NULL) < 0)
		return 0;
	return json_array_append_new(
		list, JSON_OBJECT(member_int("PrivatePort", spec.range.first),
				  member_text("Type", port_protocol_name(spec.protocol))));
}

static int compare_items(const void *a, const void *b)
{
	char x[PORT_TEXT_MAX], y[PORT_TEXT_MAX];
	struct port_spec p, q;

	port_key_of(*(json_t *const *)a, "PrivatePort", x);
	port_key_of(*(json_t *const *)b, "PrivatePort", y);
	if (port_spec_parse(x, &p, NULL) < 0 || port_spec_parse(y, &q, NULL) < 0)
		return 0;
	return port_compare(p.range.first, p.protocol, q.range.first, q.protocol);
}

/* Sorts by port; items of one port keep their order, as qsort(3) is a merge sort. */
static json_t *sort_items(const json_t *list)
{
	size_t n = json_array_size(list);
	cleanup_free json_t **items = calloc(n + 1, sizeof(json_t *));
	cleanup_json json_t *sorted = json_array();

	for (size_t i = 0; items && i < n; i++)
		items[i] = json_array_get(list, i);
	if (items)
		qsort(items, n, sizeof(json_t *), compare_items);
	for (size_t i = 0; items && i < n; i++)
		if (json_array_append(sorted, items[i]) < 0)
			return NULL;
	return items ? take_ptr(sorted) : NULL;
}

json_t *api_ports_list(const struct container_view *v)
{
	cleanup_json json_t *list = list_published(v);
	const char *key;
	json_t *value;
	int r = list ? 0 : -ENOMEM;

	if (!view_is_shown(v, STATES_RUNNING))
		return take_ptr(list);
	json_object_foreach (v->c->exposed, key, value) {
		if (r == 0)
			r = add_exposed(list, key);
	}
	return r == 0 ? sort_items(list) : NULL;
}

/* "80/tcp": [{"HostIp", "HostPort"}, …], or null where it is only exposed */
static int add_binding(json_t *map, const json_t *item)
{
	json_t *public = json_object_get(item, "PublicPort"), *list, *port;
	char key[PORT_TEXT_MAX];

	port_key_of(item, "PrivatePort", key);
	if (!public)
		return json_object_set_new(map, key, json_null());
	list = json_object_get(map, key);
	if (!list) {
		list = json_array();
		if (json_object_set_new(map, key, list) < 0)
			return -ENOMEM;
	}
	port = json_sprintf("%u", (unsigned)json_integer_value(public));
	return json_array_append_new(list,
				     JSON_OBJECT(member_ref("HostIp", json_object_get(item, "IP")),
						 member_json("HostPort", port)));
}

json_t *api_ports_map(const struct container_view *v)
{
	cleanup_json json_t *list = api_ports_list(v), *map = json_object();
	const json_t *item;
	size_t i;
	int r = list && map ? 0 : -ENOMEM;

	json_array_foreach (list, i, item)
		r = r == 0 ? add_binding(map, item) : r;
	return r == 0 ? take_ptr(map) : NULL;
}

int api_ports_check_filter(const struct filters *f, const char *key, struct err *err)
{
	struct port_spec spec;

	for (size_t i = 0; i < filters_count(f, key); i++)
		if (port_spec_parse(filters_value(f, key, i), &spec, NULL) < 0)
			return err_set(err, -EINVAL, "invalid filter '%s=%s'", key,
				       filters_value(f, key, i));
	return 0;
}

static bool has_port(const json_t *list, const char *member, const char *text)
{
	struct port_spec spec;
	const json_t *item;
	size_t i;

	if (port_spec_parse(text, &spec, NULL) < 0)
		return false;
	json_array_foreach (list, i, item) {
		json_int_t port = json_integer_value(json_object_get(item, member));
		const char *type = json_string_value(json_object_get(item, "Type"));

		if (port >= spec.range.first && port <= spec.range.last &&
		    streq(type, port_protocol_name(spec.protocol)))
			return true;
	}
	return false;
}

static bool has_any(const struct filters *f, const char *key, const json_t *list,
		    const char *member)
{
	for (size_t i = 0; i < filters_count(f, key); i++)
		if (has_port(list, member, filters_value(f, key, i)))
			return true;
	return false;
}

bool api_ports_fit(const struct filters *f, const struct container_view *v)
{
	cleanup_json json_t *list = NULL;

	if (filters_count(f, "publish") + filters_count(f, "expose") == 0)
		return true;
	list = api_ports_list(v);
	return has_any(f, "publish", list, "PublicPort") ||
	       has_any(f, "expose", list, "PrivatePort");
}

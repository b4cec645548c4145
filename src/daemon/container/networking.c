/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A create request names networks in two places: NetworkMode is the one a
 * container is on, EndpointsConfig says more of it, or of others.  As in docker, where the latter
 * names any, a mode that nobody said adds none.
 *
 * Requests come from clients.
 */
#include "daemon/container/networking.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mutex.h"
#include "base/str.h"
#include "daemon/container/names.h"
#include "daemon/container/stored.h"
#include "daemon/network/member-change.h"
#include "daemon/network/member-run.h"
#include "daemon/network/network.h"
#include "net/request.h"

const char *network_mode(const json_t *host)
{
	const char *mode = json_string_value(json_object_get(host, "NetworkMode"));

	return mode && *mode ? mode : NETWORK_MODE_DEFAULT;
}

static int resolve_network(struct networks *nets, const char *name, char **ret, struct err *err)
{
	int r = network_resolve(nets, name, ret, err);

	return r == -ENOENT ? -EINVAL : r;
}

static struct member_wish *find_wish(struct wishes *w, const char *network)
{
	for (size_t i = 0; i < w->n; i++)
		if (streq(w->list[i].network, network))
			return &w->list[i];
	return NULL;
}

/* @network: its name; taken over */
static int add_wish(struct wishes *w, char *network, const json_t *endpoint, struct err *err)
{
	struct member_wish *grown = reallocarray(w->list, w->n + 1, sizeof(*grown));

	if (!grown) {
		free(network);
		return err_nomem(err);
	}
	w->list = grown;
	w->list[w->n] = (struct member_wish){ .network = network };
	return endpoint_config_read(endpoint, &w->list[w->n++].config, err);
}

/* Adds a network that EndpointsConfig names; one that is in there by two names is added once. */
static int add_endpoint(struct wishes *w, const char *name, const json_t *endpoint, struct err *err)
{
	cleanup_free char *network = NULL;
	int r = resolve_network(w->nets, name, &network, err);

	if (r < 0)
		return r;
	if (streq(network, NETWORK_NONE))
		return err_set(err, -EINVAL,
			       "a container that is on networks cannot be on %s as well: say "
			       "NetworkMode \"none\"",
			       name);
	if (find_wish(w, network))
		return err_set(err, -EINVAL, "network %s is named twice",
			       network_said_name(network));
	return add_wish(w, take_ptr(network), endpoint, err);
}

/* Puts the mode's network first. */
static void put_first(struct wishes *w, const char *network)
{
	struct member_wish *found = find_wish(w, network), first;

	if (!found)
		return;
	first = *found;
	memmove(w->list + 1, w->list, (size_t)(found - w->list) * sizeof(*w->list));
	w->list[0] = first;
}

static int add_mode(struct wishes *w, const char *mode, struct err *err)
{
	cleanup_free char *network = NULL;
	int r = resolve_network(w->nets, mode, &network, err);

	if (r < 0)
		return r;
	if (!find_wish(w, network) && (w->n == 0 || !streq(mode, NETWORK_MODE_DEFAULT))) {
		r = add_wish(w, strdup(network), NULL, err);
		if (r == 0 && !w->list[w->n - 1].network)
			r = err_nomem(err);
	}
	if (r == 0)
		put_first(w, network);
	return r;
}

static int add_endpoints(struct wishes *w, const json_t *body, struct err *err)
{
	json_t *config, *endpoints = NULL, *value;
	const char *name;
	int r = json_get_object(body, "NetworkingConfig", &config, err);

	if (r == 0)
		r = json_get_object(config, "EndpointsConfig", &endpoints, err);
	json_object_foreach (endpoints, name, value) {
		if (r == 0 && !json_is_null(value) && !json_is_object(value))
			r = err_set(err, -EBADMSG, "EndpointsConfig: \"%s\" must be an object",
				    name);
		if (r == 0)
			r = add_endpoint(w, name, json_is_object(value) ? value : NULL, err);
	}
	return r;
}

/* Adds to the first network what docker keeps elsewhere: links, and a MAC address. */
static int add_to_first(struct wishes *w, const json_t *config, const json_t *host, struct err *err)
{
	cleanup_json json_t *more = json_object();
	cleanup(endpoint_config_reset) struct endpoint_config given = { 0 };
	json_t *links = json_object_get(host, "Links"),
	       *mac = json_object_get(config, "MacAddress");
	struct endpoint_config *first = &w->list[0].config;
	int r;

	if (!more || (links && json_object_set(more, "Links", links) < 0) ||
	    (mac && json_object_set(more, "MacAddress", mac) < 0))
		return err_nomem(err);
	r = endpoint_config_read(more, &given, err);
	if (r < 0)
		return r;
	if (!*first->mac)
		memcpy(first->mac, given.mac, sizeof(first->mac));
	for (char **link = given.links; link && *link; link++)
		if (!strv_has(first->links, *link) && strv_add(&first->links, *link) < 0)
			return err_nomem(err);
	return 0;
}

int container_wishes(struct wishes *w, const json_t *body, const json_t *config, const json_t *host,
		     struct err *err)
{
	const char *mode = network_mode(host);
	int r = 0;

	if (streq(mode, NETWORK_NONE) || json_is_true(json_object_get(config, "NetworkDisabled")))
		return 0;
	r = add_endpoints(w, body, err);
	if (r == 0)
		r = add_mode(w, mode, err);
	if (r == 0 && w->n > NET_SLOTS)
		return err_set(err, -EINVAL, "a container can be on %d networks at most",
			       NET_SLOTS);
	return r == 0 ? add_to_first(w, config, host, err) : r;
}

int container_tell_names(const struct container *c)
{
	return member_load(c->table->networks, &(struct member_names){ .id = c->rec.id,
								       .name = c->rec.name,
								       .hostname = c->hostname,
								       .domainname = c->domainname,
								       .servers = c->servers,
								       .n_servers = c->n_servers });
}

/* Refuses a container that was made without a network: as in docker, it cannot join one. */
static int check_mode(const struct container *c, const char *network, struct err *err)
{
	if (!streq(c->network_mode, NETWORK_NONE) && !streq(network, NETWORK_NONE))
		return 0;
	return err_set(err, -EPERM,
		       "container cannot be connected to multiple networks with one of the "
		       "networks in private (none) mode: make it with another --network than none");
}

/* Tells the machine of a container that runs what its networks are now. */
static int tell_machine(struct container *c, const struct wiring *w, struct err *err)
{
	cleanup(stored_reset) struct stored stored = { 0 };
	cleanup(container_names_reset) struct container_names names = { 0 };
	struct shim_call call = { .request = { .op = CONTROL_NETWORK },
				  .fd = -1,
				  .timeout_msec = SHIM_EXEC_TIMEOUT_MSEC };
	int r = stored_read(c->table->state, c->rec.id, &stored, err);

	if (r == 0)
		r = container_names_of(&stored, w, &names, err);
	if (r < 0)
		return r;
	call.request.network = w->network;
	call.request.hosts = names.hosts;
	call.request.resolv_conf = names.resolv_conf;
	return shim_call(container_shim(c), &call, NULL, err);
}

void container_renew_network(struct container *c)
{
	cleanup(wiring_reset) struct wiring w = { 0 };
	struct err err = { 0 };
	int r = member_renew(c->table->networks, c->rec.id, &w, &err);

	/* A paused machine was told before it was paused. */
	if (r == 0 && w.network.n > 0 && !container_is_paused(c))
		r = tell_machine(c, &w, &err);
	if (r < 0)
		log_warning("container %.12s: its networks: %s", c->rec.id, err.msg);
}

static int check_running(struct container *c, struct err *err)
{
	if (container_is_now(c, STATES_GONE))
		return err_set(err, -ENOENT, "No such container: %s", c->rec.id);
	return container_is_paused(c) ? err_set(err, -EBUSY,
						"container %s is paused, unpause it before its "
						"networks change",
						c->rec.name)
				      : 0;
}

/* @r: result of member_connect().  A container that has ended meanwhile needs no word. */
static int finish_change(struct container *c, int r, const struct wiring *w, struct err *err)
{
	if (r <= 0)
		return r;
	r = tell_machine(c, w, err);
	return r < 0 && !container_is_running(c) ? 0 : r;
}

static int connect_locked(struct container *c, struct member_wish *wish, struct err *err)
{
	cleanup(wiring_reset) struct wiring w = { 0 }, without = { 0 };
	struct networks *nets = c->table->networks;
	int r = check_running(c, err);

	if (r == 0)
		r = member_connect(nets, c->rec.id, wish, &w, err);
	if (r <= 0)
		return r;
	r = finish_change(c, r, &w, err);
	if (r < 0 && member_disconnect(nets, c->rec.id, wish->network, &without, NULL) > 0)
		(void)tell_machine(c, &without, NULL);
	return r;
}

/* The MAC that the container was made with is had on its mode's network, also when it comes back
 * there: docker-compose v1 disconnects and connects what it has made before it starts it. */
static int add_own_mac(struct container *c, struct member_wish *wish, struct err *err)
{
	cleanup(stored_reset) struct stored stored = { 0 };
	cleanup_free char *network = NULL;
	struct wishes w = { .list = wish, .n = 1 };
	int r;

	if (network_resolve(c->table->networks, c->network_mode, &network, NULL) < 0 ||
	    !streq(network, wish->network))
		return 0;
	r = stored_read(c->table->state, c->rec.id, &stored, err);
	return r == 0 ? add_to_first(&w, stored.config, NULL, err) : r;
}

int container_connect(struct container *c, const char *network, const json_t *endpoint,
		      struct err *err)
{
	struct member_wish wish = { 0 };
	int r = network_resolve(c->table->networks, network, &wish.network, err);

	if (r == 0)
		r = check_mode(c, wish.network, err);
	if (r == 0)
		r = endpoint_config_read(endpoint, &wish.config, err);
	if (r == 0)
		r = add_own_mac(c, &wish, err);
	if (r == 0) {
		pthread_mutex_lock(&c->op);
		r = connect_locked(c, &wish, err);
		pthread_mutex_unlock(&c->op);
	}
	free(wish.network);
	endpoint_config_reset(&wish.config);
	return r;
}

int container_disconnect(struct container *c, const char *network, struct err *err)
{
	cleanup(wiring_reset) struct wiring w = { 0 };
	cleanup_free char *name = NULL;
	int r;

	/* A network that was removed is known by its name alone. */
	if (network_resolve(c->table->networks, network, &name, NULL) < 0)
		name = strdup(network);
	if (!name)
		return err_nomem(err);
	mutex_hold(&c->op);
	r = check_running(c, err);
	if (r == 0)
		r = member_disconnect(c->table->networks, c->rec.id, name, &w, err);
	return finish_change(c, r, &w, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The table of networks is in memory and in the database; the latter is
 * written first.  Who is on a network is told by the members (member.c), which name it by its name:
 * so a network that is removed and made again is the same to a container that was stopped
 * meanwhile.  A network on which a container runs is not removed.
 *
 * Requests come from clients; config.c reads them.
 */
#include "daemon/network/network.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json-object.h"
#include "base/mutex.h"
#include "base/str.h"
#include "daemon/network/inner.h"
#include "daemon/network/tell.h"
#include "daemon/state/hub.h"

#define SHORT_ID_LEN 12

void network_free(struct network *n)
{
	network_record_reset(&n->rec);
	network_config_reset(&n->config);
	free(n);
}

struct network *network_new(struct network_record *rec, struct network_config *config)
{
	struct network *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->rec = *rec;
	n->config = *config;
	*rec = (struct network_record){ 0 };
	*config = (struct network_config){ 0 };
	return n;
}

struct network *networks_find(struct networks *nets, const char *name)
{
	struct network *n = nets->first;

	while (n && !streq(n->rec.name, name))
		n = n->next;
	return n;
}

void network_publish(struct networks *nets, const char *action, const struct network_record *rec,
		     const char *container)
{
	hub_publish(nets->hub, "network", action, rec->id,
		    JSON_OBJECT(member_text("name", rec->name), member_text("type", rec->driver),
				member_optional("container",
						container ? json_string(container) : NULL)));
}

struct network *networks_find_any(struct networks *nets, const char *name, bool *ret_ambiguous)
{
	struct network *exact = networks_find(nets, name), *prefix = NULL;
	size_t len = strlen(name), n_prefix = 0;

	if (!exact && streq(name, NETWORK_BRIDGE))
		exact = networks_find(nets, NETWORK_DEFAULT);
	for (struct network *n = nets->first; n && !exact && len > 0; n = n->next) {
		if (strncmp(n->rec.id, name, len) == 0) {
			prefix = n;
			n_prefix++;
		}
	}
	*ret_ambiguous = !exact && n_prefix > 1;
	return exact ? exact : n_prefix == 1 ? prefix : NULL;
}

int network_not_found(const char *name, bool ambiguous, struct err *err)
{
	if (ambiguous)
		return err_set(err, -EINVAL, "network %s is ambiguous (more than one id begins so)",
			       name);
	return err_set(err, -ENOENT, "network %s not found%s", name,
		       streq(name, NETWORK_HOST)
			       ? ": a container has a machine of its own; publish its ports with "
				 "-p, and reach the host as host.docker.internal"
			       : "");
}

int network_resolve(struct networks *nets, const char *name, char **ret, struct err *err)
{
	const struct network *n;
	char *found = NULL;
	bool ambiguous;

	pthread_mutex_lock(&nets->lock);
	n = networks_find_any(nets, name, &ambiguous);
	if (n)
		found = strdup(n->rec.name);
	pthread_mutex_unlock(&nets->lock);
	if (!n)
		return network_not_found(name, ambiguous, err);
	if (!found)
		return err_nomem(err);
	*ret = found;
	return 0;
}

/* Adds a network.  The caller holds @changing from before it chose subnets and names until the
 * database has them. */
static int make_network(struct networks *nets, struct network_record *rec,
			struct network_config *config, struct err *err)
{
	cleanup(users_reset) struct users users = { 0 };
	struct network *n, **end;
	int r = users_find(nets, NULL, &users, err);

	if (r == 0)
		r = network_config_fill(config, users.list, users.n, nets->seed, err);
	if (r < 0)
		return r;
	free(rec->config);
	rec->config = network_config_write(config);
	if (!rec->config)
		return err_nomem(err);
	r = state_add_network(nets->state, rec, err);
	if (r < 0)
		return r;
	n = network_new(rec, config);
	if (!n) {
		(void)state_remove_network(nets->state, rec->name, NULL);
		return err_nomem(err);
	}
	pthread_mutex_lock(&nets->lock);
	for (end = &nets->first; *end; end = &(*end)->next)
		;
	*end = n;
	pthread_mutex_unlock(&nets->lock);
	network_publish(nets, "create", &n->rec, NULL);
	return 0;
}

static int fill_record(const char *name, struct network_record *rec, struct err *err)
{
	int r = random_id(rec->id);

	if (r < 0)
		return err_errno(err, r, "a network's id");
	rec->created_nsec = clock_now_nsec();
	rec->name = strdup(name);
	rec->driver = strdup("bridge");
	return rec->name && rec->driver ? 0 : err_nomem(err);
}

/* Refuses a name in use.  "host" is docker's, and refused: whoever made such a network would not
 * get what it expects. */
static int check_free(struct networks *nets, const char *name, struct err *err)
{
	if (streq(name, NETWORK_HOST))
		return err_set(err, -EPERM,
			       "%s is the host's own network to docker's clients, and no name for "
			       "another one",
			       name);
	return networks_find(nets, name) || streq(name, NETWORK_BRIDGE)
		       ? err_set(err, -EEXIST, "network with name %s already exists", name)
		       : 0;
}

int network_create(struct networks *nets, const json_t *body, char ret_id[ID_LEN + 1],
		   char ***ret_warnings, struct err *err)
{
	cleanup(network_record_reset) struct network_record rec = { 0 };
	cleanup(network_config_reset) struct network_config config = { 0 };
	char id[ID_LEN + 1];
	const char *name;
	int r = json_get_str(body, "Name", &name, err);

	if (r == 0)
		r = network_name_check(name ? name : "", err);
	if (r == 0)
		r = network_config_read(body, &config, ret_warnings, err);
	if (r == 0)
		r = fill_record(name, &rec, err);
	if (r < 0)
		return r;
	memcpy(id, rec.id, sizeof(id));
	pthread_mutex_lock(&nets->changing);
	r = check_free(nets, name, err);
	if (r == 0)
		r = make_network(nets, &rec, &config, err);
	pthread_mutex_unlock(&nets->changing);
	if (r == 0)
		memcpy(ret_id, id, sizeof(id));
	return r;
}

/* May the network be removed?  @unused: only if no container names it.  Under @changing. */
static int check_removal(struct networks *nets, const struct network *n, bool unused,
			 struct err *err)
{
	cleanup_free char *names = NULL;
	unsigned all, active;

	if (streq(n->rec.name, NETWORK_DEFAULT) || network_is_none(&n->rec))
		return err_set(err, -EPERM, "%s is a pre-defined network and cannot be removed",
			       network_said_name(n->rec.name));
	pthread_mutex_lock(&nets->lock);
	all = network_count_users(nets, n->rec.name, &active, &names);
	pthread_mutex_unlock(&nets->lock);
	if (active > 0)
		return err_set(err, -EPERM,
			       "network %s has active endpoints: it is in use by container%s %s; "
			       "stop or disconnect %s first",
			       n->rec.name, active > 1 ? "s" : "", names ? names : "",
			       active > 1 ? "them" : "it");
	return unused && all > 0 ? err_set(err, -EBUSY, "network %s is in use", n->rec.name) : 0;
}

/* Removes a network from the table, and the addresses of its endpoints with it, as the database
 * does. */
static void drop_network(struct networks *nets, struct network *n)
{
	struct network **p;

	mutex_hold(&nets->lock);
	for (p = &nets->first; *p != n; p = &(*p)->next)
		;
	*p = n->next;
	for (struct member *m = nets->members; m; m = m->next) {
		struct endpoint *e = member_endpoint(m, n->rec.name);

		if (e)
			e->rec.lease = (struct lease_record){ 0 };
	}
}

/* @ret: the network, out of the table; owned */
static int remove_locked(struct networks *nets, const char *name, bool unused, struct network **ret,
			 struct err *err)
{
	struct network *n;
	bool ambiguous;
	int r;

	pthread_mutex_lock(&nets->lock);
	n = networks_find_any(nets, name, &ambiguous);
	pthread_mutex_unlock(&nets->lock);
	if (!n)
		return network_not_found(name, ambiguous, err);
	r = check_removal(nets, n, unused, err);
	if (r == 0)
		r = state_remove_network(nets->state, n->rec.name, err);
	if (r < 0)
		return r;
	drop_network(nets, n);
	*ret = n;
	return 0;
}

static int remove_network(struct networks *nets, const char *name, bool unused, struct err *err)
{
	struct network *n = NULL;
	int r;

	pthread_mutex_lock(&nets->changing);
	r = remove_locked(nets, name, unused, &n, err);
	pthread_mutex_unlock(&nets->changing);
	if (r < 0)
		return r;
	tell_network_gone(nets, n->rec.id);
	network_publish(nets, "destroy", &n->rec, NULL);
	network_free(n);
	return 0;
}

int network_remove(struct networks *nets, const char *name, struct err *err)
{
	return remove_network(nets, name, false, err);
}

int network_prune(struct networks *nets, const char *name, struct err *err)
{
	return remove_network(nets, name, true, err);
}

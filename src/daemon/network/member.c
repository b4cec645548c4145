/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Members and their endpoints are loaded with the networks, before it is
 * known which containers there are; a member gets its names from the container, and those that
 * nobody names are forgotten.  So an endpoint's row may be written before its container's: a crash
 * in between leaves nothing that stays.
 *
 * Names and wishes come from clients and are checked before.
 */
#include "daemon/network/member.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mutex.h"
#include "daemon/network/inner.h"
#include "daemon/network/member-run.h"
#include "daemon/network/ports-inner.h"
#include "daemon/network/tell.h"

static void endpoint_free(struct endpoint *e)
{
	endpoint_record_reset(&e->rec);
	endpoint_config_reset(&e->config);
	free(e);
}

void member_free(struct member *m)
{
	while (m->endpoints) {
		struct endpoint *e = m->endpoints;

		m->endpoints = e->next;
		endpoint_free(e);
	}
	free(m->name);
	free(m->hostname);
	free(m->domainname);
	ports_free(m->ports);
	free(m);
}

void member_wishes_free(struct member_wish *wishes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(wishes[i].network);
		endpoint_config_reset(&wishes[i].config);
	}
	free(wishes);
}

struct member *networks_member(struct networks *nets, const char *id)
{
	struct member *m = nets->members;

	while (m && !streq(m->id, id))
		m = m->next;
	return m;
}

struct endpoint *member_endpoint(struct member *m, const char *network)
{
	struct endpoint *e = m->endpoints;

	while (e && !streq(e->rec.network, network))
		e = e->next;
	return e;
}

/* Keeps endpoints in the order of their slots. */
static void insert_endpoint(struct member *m, struct endpoint *e)
{
	struct endpoint **at = &m->endpoints;

	while (*at && (*at)->rec.slot < e->rec.slot)
		at = &(*at)->next;
	e->member = m;
	e->next = *at;
	*at = e;
}

static struct member *find_or_add(struct networks *nets, const char *id)
{
	struct member *m = networks_member(nets, id);

	if (m)
		return m;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	memcpy(m->id, id, sizeof(m->id));
	m->next = nets->members;
	nets->members = m;
	return m;
}

static int read_stored(const char *text, struct endpoint_config *ret, struct err *err)
{
	cleanup_json json_t *stored = NULL;
	int r = json_read(text, strlen(text), "a stored endpoint", &stored, err);

	return r == 0 ? endpoint_config_read(stored, ret, err) : r;
}

int member_load_endpoint(struct endpoint_record *rec, void *arg)
{
	struct networks *nets = arg;
	struct endpoint *e = calloc(1, sizeof(*e));
	struct member *m = e ? find_or_add(nets, rec->container) : NULL;
	struct err err = { 0 };

	if (!m) {
		free(e);
		return -ENOMEM;
	}
	if (read_stored(rec->config, &e->config, &err) < 0)
		log_error("container %.12s on network %s: what it asked for cannot be read: %s",
			  rec->container, rec->network, err.msg);
	e->rec = *rec;
	*rec = (struct endpoint_record){ 0 };
	m->is_old = true;
	insert_endpoint(m, e);
	return 0;
}

static int set_text(char **at, const char *text)
{
	return str_set(at, text ? text : "");
}

int member_load(struct networks *nets, const struct member_names *names)
{
	struct member *m;
	int r = -ENOMEM;

	mutex_hold(&nets->lock);
	m = find_or_add(nets, names->id);
	if (m && set_text(&m->name, names->name) == 0 &&
	    set_text(&m->hostname, names->hostname) == 0 &&
	    set_text(&m->domainname, names->domainname) == 0) {
		m->n_servers = 0;
		while (m->n_servers < names->n_servers && m->n_servers < NET_SERVERS_MAX) {
			m->servers[m->n_servers] = names->servers[m->n_servers];
			m->n_servers++;
		}
		r = 0;
	}
	return r;
}

static void drop_member(struct networks *nets, struct member *m)
{
	struct member **p = &nets->members;

	while (*p && *p != m)
		p = &(*p)->next;
	if (*p)
		*p = m->next;
}

void member_forget(struct networks *nets, const char *id)
{
	struct member *m;

	member_end(nets, id);
	pthread_mutex_lock(&nets->changing);
	pthread_mutex_lock(&nets->lock);
	m = networks_member(nets, id);
	if (m)
		drop_member(nets, m);
	pthread_mutex_unlock(&nets->lock);
	/* Endpoints of a container with a row went with that. */
	if (m && m->endpoints)
		(void)state_remove_endpoint(nets->state, id, NULL, NULL);
	pthread_mutex_unlock(&nets->changing);
	if (m)
		member_free(m);
}

void members_tidy(struct networks *nets)
{
	struct member *m = nets->members, *next;

	for (; m; m = next) {
		next = m->next;
		if (!m->name)
			member_forget(nets, m->id);
	}
}

void member_rename(struct networks *nets, const char *id, const char *name)
{
	struct err err = { 0 };
	struct member *m;
	bool active = false;

	pthread_mutex_lock(&nets->lock);
	m = networks_member(nets, id);
	if (m && set_text(&m->name, name) == 0)
		active = m->active;
	pthread_mutex_unlock(&nets->lock);
	if (active && tell_member(nets, id, &err) < 0)
		log_warning("container %.12s: its new name is not known on its networks: %s", id,
			    err.msg);
}

/* Finds the lowest slot that no endpoint of a member has; -1. */
static int find_slot(const struct member *m)
{
	unsigned slot = 0;

	for (const struct endpoint *e = m->endpoints; e && e->rec.slot == slot; e = e->next)
		slot++;
	return slot < NET_SLOTS ? (int)slot : -1;
}

/* @wish: its configuration is moved */
static int make_endpoint(const struct member *m, struct member_wish *wish, struct endpoint **ret,
			 struct err *err)
{
	struct endpoint *e = calloc(1, sizeof(*e));
	cleanup_json json_t *config = endpoint_config_json(&wish->config);
	int slot = find_slot(m), r = e && config ? random_id(e->rec.id) : -ENOMEM;

	if (r == 0 && slot < 0)
		r = err_set(err, -EINVAL, "a container can be on %d networks at most", NET_SLOTS);
	else if (r == 0) {
		e->rec.slot = (unsigned)slot;
		e->rec.is_new = m->is_new;
		memcpy(e->rec.container, m->id, sizeof(e->rec.container));
		e->rec.network = strdup(wish->network);
		e->rec.config = json_write(config);
		r = e->rec.network && e->rec.config ? 0 : err_nomem(err);
	} else {
		err_errno(err, r, "an endpoint");
	}
	if (r < 0) {
		if (e)
			endpoint_free(e);
		return r;
	}
	e->config = wish->config;
	wish->config = (struct endpoint_config){ 0 };
	*ret = e;
	return 0;
}

static void remove_endpoint(struct networks *nets, struct endpoint *e)
{
	struct endpoint **p;

	pthread_mutex_lock(&nets->lock);
	for (p = &e->member->endpoints; *p && *p != e; p = &(*p)->next)
		;
	if (*p)
		*p = e->next;
	pthread_mutex_unlock(&nets->lock);
	endpoint_free(e);
}

int member_put_endpoint(struct networks *nets, struct member *m, struct member_wish *wish,
			struct endpoint **ret, struct err *err)
{
	struct endpoint *e = NULL;
	int r = networks_find(nets, wish->network) ? make_endpoint(m, wish, &e, err)
						   : network_not_found(wish->network, false, err);

	if (r == 0)
		r = state_put_endpoint(nets->state, &e->rec, err);
	if (r < 0) {
		if (e)
			endpoint_free(e);
		return r;
	}
	pthread_mutex_lock(&nets->lock);
	insert_endpoint(m, e);
	pthread_mutex_unlock(&nets->lock);
	r = address_ask(nets, e, err);
	if (r < 0) {
		(void)member_drop_endpoint(nets, e, NULL);
		return r;
	}
	*ret = e;
	return 0;
}

int member_drop_endpoint(struct networks *nets, struct endpoint *e, struct err *err)
{
	int r = state_remove_endpoint(nets->state, e->rec.container, e->rec.network, err);

	if (r == 0)
		remove_endpoint(nets, e);
	return r;
}

int member_add(struct networks *nets, const struct member_names *names, struct member_wish *wishes,
	       size_t n, struct err *err)
{
	struct endpoint *e;
	struct member *m;
	int r = member_load(nets, names);

	if (r < 0)
		return err_nomem(err);
	pthread_mutex_lock(&nets->changing);
	m = networks_member(nets, names->id);
	m->is_new = true;
	for (size_t i = 0; i < n && r == 0; i++)
		r = member_put_endpoint(nets, m, &wishes[i], &e, err);
	m->is_new = false;
	pthread_mutex_unlock(&nets->changing);
	if (r < 0)
		member_forget(nets, names->id);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  After each change of the model it is worked out which views there are:
 * each network by itself, those that a machine is on together, and those of machines that have
 * others asked than the host's resolvers.  For each there is a dnsmasq, and those of no view any
 * more are ended.  The ports of a machine with another view than its network's are told where that
 * is answered, and the rules lead its questions there.
 */
#include "net/inside/resolvers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json-object.h"
#include "base/log.h"
#include "net/common/program.h"
#include "net/inside/resolver.h"
#include "net/inside/rules.h"

#define PATIENCE_USEC USEC_PER_SEC

struct entry {
	LIST_ENTRY(entry) link;
	struct resolver *resolver;
	bool wanted;
};

LIST_HEAD(entry_list, entry);

struct waiter {
	STAILQ_ENTRY(waiter) link;
	keeper_then_fn then;
	void *arg;
};

STAILQ_HEAD(waiters, waiter);

struct resolvers {
	struct keeper *keeper;
	struct resolver_home home;
	struct entry_list list;
	uint32_t n_servers;
	struct waiters waiters;
	struct source *patience;
};

/* Gets a tap's networks, in the order of their ids, and the servers it asks. */
static void view_of_tap(const struct model *m, const struct tap *tap, struct names_view *ret)
{
	const struct port *p;

	*ret = (struct names_view){ 0 };
	LIST_FOREACH (p, &m->ports, link) {
		size_t at = ret->n;

		if (p->tap != tap || ret->n == ARRAY_SIZE(ret->networks))
			continue;
		if (ret->n_own == 0) {
			memcpy(ret->own, p->spec.servers, sizeof(ret->own));
			ret->n_own = p->spec.n_servers;
		}
		while (at > 0 && strcmp(ret->networks[at - 1]->spec.id, p->network->spec.id) > 0) {
			ret->networks[at] = ret->networks[at - 1];
			at--;
		}
		ret->networks[at] = p->network;
		ret->n++;
	}
}

static bool same_view(const struct names_view *a, const struct names_view *b)
{
	if (a->n != b->n || a->n_own != b->n_own ||
	    memcmp(a->networks, b->networks, a->n * sizeof(a->networks[0])) != 0)
		return false;
	for (size_t i = 0; i < a->n_own; i++)
		if (!ip_equal(&a->own[i], &b->own[i]))
			return false;
	return true;
}

/* Is the view answered at the usual port? */
static bool is_usual(const struct names_view *v)
{
	return v->n == 1 && v->n_own == 0;
}

static struct entry *find_entry(const struct resolvers *rs, const struct names_view *v)
{
	struct entry *e;

	LIST_FOREACH (e, &rs->list, link)
		if (same_view(resolver_view(e->resolver), v))
			return e;
	return NULL;
}

static bool is_port_taken(const struct resolvers *rs, uint16_t port)
{
	const struct entry *e;

	LIST_FOREACH (e, &rs->list, link)
		if (resolver_view(e->resolver)->port == port)
			return true;
	return false;
}

static uint16_t choose_port(const struct resolvers *rs, const struct names_view *v)
{
	uint16_t port = NAMES_FURTHER_PORT;

	if (is_usual(v))
		return NAMES_PORT;
	while (is_port_taken(rs, port))
		port++;
	return port;
}

/* Finds or makes the resolver of a view.  Return: NULL when out of memory. */
static struct entry *want_entry(struct resolvers *rs, const struct names_view *v)
{
	struct names_view view = *v;
	struct entry *e = find_entry(rs, v);

	if (!e) {
		e = calloc(1, sizeof(*e));
		view.port = choose_port(rs, v);
		if (e)
			e->resolver = resolver_new(rs->keeper, &rs->home, &view);
		if (!e || !e->resolver) {
			free(e);
			return NULL;
		}
		LIST_INSERT_HEAD(&rs->list, e, link);
	}
	e->wanted = true;
	return e;
}

static void want_all(struct resolvers *rs, struct buf *text)
{
	const struct model *m = &rs->keeper->model;
	struct network *n;
	struct port *p;

	LIST_FOREACH (n, &m->networks, link)
		want_entry(rs, &(struct names_view){ .networks = { n }, .n = 1 });
	LIST_FOREACH (p, &m->ports, link) {
		struct names_view view;
		struct entry *e = NULL;
		uint16_t port;

		view_of_tap(m, p->tap, &view);
		if (!is_usual(&view))
			e = want_entry(rs, &view);
		port = e ? resolver_view(e->resolver)->port : 0;
		if (p->names_port != port && rules_set_resolver(text, p, port) < 0)
			log_warning("names of %s: out of memory", p->device);
	}
}

static void entry_free(struct entry *e)
{
	LIST_REMOVE(e, link);
	resolver_free(e->resolver);
	free(e);
}

static void drop_unwanted(struct resolvers *rs)
{
	struct entry *e = LIST_FIRST(&rs->list);

	while (e) {
		struct entry *next = LIST_NEXT(e, link);

		if (!e->wanted)
			entry_free(e);
		e = next;
	}
}

static int update_hosts(struct resolvers *rs, struct network *n)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	char name[NET_ID_LEN + 8];
	int r = names_hosts(&text, &rs->keeper->model, n);

	snprintf(name, sizeof(name), "%s.hosts", n->spec.id);
	return r == 0 ? resolver_replace_file(&rs->home, name, &text, &n->hosts) : r;
}

static void update_all(struct resolvers *rs, struct buf *text, bool reload)
{
	struct network *n;
	struct entry *e;

	LIST_FOREACH (e, &rs->list, link)
		e->wanted = false;
	want_all(rs, text);
	drop_unwanted(rs);
	LIST_FOREACH (n, &rs->keeper->model.networks, link)
		n->renamed = update_hosts(rs, n) > 0;
	LIST_FOREACH (e, &rs->list, link)
		resolver_update(e->resolver, rs->n_servers, reload);
	resolvers_went_on(rs);
}

void resolvers_update(struct resolvers *rs, struct buf *text)
{
	update_all(rs, text, false);
}

void resolvers_set_servers(struct resolvers *rs, uint32_t n)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;

	rs->n_servers = n;
	update_all(rs, &text, true);
}

static bool is_any_starting(const struct resolvers *rs)
{
	const struct entry *e;

	LIST_FOREACH (e, &rs->list, link)
		if (resolver_is_starting(e->resolver))
			return true;
	return false;
}

/* Calls those that wait; whoever begins to wait meanwhile is not called. */
static void call_waiters(struct resolvers *rs)
{
	struct waiters waiting = STAILQ_HEAD_INITIALIZER(waiting);
	struct waiter *w;

	STAILQ_CONCAT(&waiting, &rs->waiters);
	source_set_timer(rs->patience, UINT64_MAX);
	while ((w = STAILQ_FIRST(&waiting))) {
		STAILQ_REMOVE_HEAD(&waiting, link);
		w->then(rs->keeper, w->arg, 0, NULL);
		free(w);
	}
}

static int lost_patience(struct source *s, void *arg)
{
	(void)s;
	call_waiters(arg);
	return 0;
}

void resolvers_went_on(struct resolvers *rs)
{
	if (!is_any_starting(rs))
		call_waiters(rs);
}

void resolvers_wait(struct resolvers *rs, keeper_then_fn then, void *arg)
{
	struct waiter *w = is_any_starting(rs) ? malloc(sizeof(*w)) : NULL;

	if (!w) {
		then(rs->keeper, arg, 0, NULL);
		return;
	}
	*w = (struct waiter){ .then = then, .arg = arg };
	if (STAILQ_EMPTY(&rs->waiters))
		source_set_timer(rs->patience, PATIENCE_USEC);
	STAILQ_INSERT_TAIL(&rs->waiters, w, link);
}

int resolvers_new(struct keeper *k, struct resolvers **ret, struct err *err)
{
	struct resolvers *rs = calloc(1, sizeof(*rs));
	int r = rs ? 0 : err_nomem(err);

	if (r < 0)
		return r;
	rs->keeper = k;
	STAILQ_INIT(&rs->waiters);
	r = loop_add_timer(k->loop, UINT64_MAX, lost_patience, rs, &rs->patience);
	if (r < 0) {
		free(rs);
		return err_errno(err, r, "loop");
	}
	rs->home.folder_fd = open(NAMES_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = rs->home.folder_fd < 0 ? err_errno(err, -errno, NAMES_FOLDER)
				   : program_find("dnsmasq", &rs->home.program, err);
	if (r < 0) {
		resolvers_free(rs);
		return r;
	}
	*ret = rs;
	return 0;
}

void resolvers_free(struct resolvers *rs)
{
	struct waiter *w;

	if (!rs)
		return;
	while ((w = STAILQ_FIRST(&rs->waiters))) {
		STAILQ_REMOVE_HEAD(&rs->waiters, link);
		free(w);
	}
	source_free(rs->patience);
	while (!LIST_EMPTY(&rs->list))
		entry_free(LIST_FIRST(&rs->list));
	fd_close(&rs->home.folder_fd);
	free(rs->home.program);
	free(rs);
}

json_t *resolvers_describe(const struct resolvers *rs)
{
	json_t *list = json_array();
	const struct entry *e;

	LIST_FOREACH (e, &rs->list, link) {
		const struct names_view *view = resolver_view(e->resolver);
		json_t *networks = json_array(), *item;

		for (size_t i = 0; i < view->n; i++)
			json_array_append_new(networks, json_string(view->networks[i]->spec.id));
		item = JSON_OBJECT(member_json("networks", networks),
				   member_int("port", view->port),
				   member_int("pid", resolver_pid(e->resolver)));
		if (json_array_append_new(list, item) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

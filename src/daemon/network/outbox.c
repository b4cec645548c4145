/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  An item stays in the list until moat-net was told of it, so what is not in
 * the list has been told.  One thread tells at a time; others wait for it, which is short: moat-net
 * answers when it knows, not when its rules have changed.
 */
#include "daemon/network/outbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/mutex.h"
#include "base/str.h"

struct item {
	STAILQ_ENTRY(item) link;
	struct posted what;
};

STAILQ_HEAD(items, item);

struct outbox {
	pthread_mutex_t telling;
	pthread_mutex_t lock; /* guards all that follows, for moments only */
	struct items items;   /* the oldest first */
	unsigned n_ports;     /* how many of them are ports */
};

struct outbox *outbox_new(void)
{
	struct outbox *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	pthread_mutex_init(&o->telling, NULL);
	pthread_mutex_init(&o->lock, NULL);
	STAILQ_INIT(&o->items);
	return o;
}

/* Under the lock. */
static void drop_first(struct outbox *o)
{
	struct item *first = STAILQ_FIRST(&o->items);

	STAILQ_REMOVE_HEAD(&o->items, link);
	o->n_ports -= *first->what.key != '\0';
	free(first);
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	while (!STAILQ_EMPTY(&o->items))
		drop_first(o);
	pthread_mutex_destroy(&o->telling);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

int outbox_post(struct outbox *o, const struct posted *what)
{
	struct item *item = malloc(sizeof(*item));

	if (!item)
		return -ENOMEM;
	item->what = *what;
	mutex_hold(&o->lock);
	STAILQ_INSERT_TAIL(&o->items, item, link);
	o->n_ports += *what->key != '\0';
	return 0;
}

bool outbox_has_ports(struct outbox *o, const char *id)
{
	const struct item *i;
	bool has;

	mutex_hold(&o->lock);
	has = o->n_ports > 0 && !id;
	if (o->n_ports > 0 && id)
		STAILQ_FOREACH (i, &o->items, link)
			has = has || streq(i->what.key, id);
	return has;
}

static bool copy_first(struct outbox *o, struct posted *ret)
{
	const struct item *first;

	mutex_hold(&o->lock);
	first = STAILQ_FIRST(&o->items);
	if (first)
		*ret = first->what;
	return first;
}

static int tell_ports_gone(const struct posted *p, outbox_ask_fn ask, void *arg)
{
	struct net_request rq = { .op = NET_UNPUBLISH };
	struct err err = { 0 };
	int r;

	memcpy(rq.key, p->key, sizeof(p->key));
	r = ask(&rq, &err, arg);
	if (r < 0 && r != -ENOENT)
		log_warning("moat-net: ports of %.12s are not taken back: %s", p->key, err.msg);
	return r;
}

/* A tap that is given back leaves all its networks by that. */
static int tell_tap_gone(const struct posted *p, outbox_ask_fn ask, void *arg)
{
	struct net_request rq = { .op = NET_TAP_RETURN, .soon = true };
	struct err err = { 0 };
	int r = 0;

	memcpy(rq.tap, p->tap, sizeof(rq.tap));
	if (p->whole) {
		r = ask(&rq, &err, arg);
	} else {
		rq.op = NET_PORT_REMOVE;
		for (unsigned slot = 0; slot < NET_SLOTS && r != -ECONNREFUSED; slot++) {
			rq.slot = (uint8_t)slot;
			if (p->slots & (1u << slot))
				r = ask(&rq, &err, arg);
		}
	}
	if (r < 0 && r != -ENOENT)
		log_warning("moat-net: %s is not taken back: %s", p->tap, err.msg);
	return r;
}

int outbox_flush(struct outbox *o, outbox_ask_fn ask, void *arg)
{
	struct posted p;
	int r = ask ? 0 : -ECONNREFUSED;

	pthread_mutex_lock(&o->telling);
	while (copy_first(o, &p)) {
		if (r != -ECONNREFUSED)
			r = *p.key ? tell_ports_gone(&p, ask, arg) : tell_tap_gone(&p, ask, arg);
		pthread_mutex_lock(&o->lock);
		drop_first(o);
		pthread_mutex_unlock(&o->lock);
	}
	pthread_mutex_unlock(&o->telling);
	return r == -ECONNREFUSED && ask ? r : 0;
}

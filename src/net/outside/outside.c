/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The inside says what it wishes, and hears what there is.  When it ends
 * without a word it was killed: then everything stays as it is, for the next moat-net to take over.
 * When it says goodbye, the host is left as it was found.
 */
#include "net/outside/outside.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "loop/loop.h"
#include "net/outside/dial.h"
#include "net/outside/resolv.h"
#include "net/outside/shortcuts.h"
#include "net/outside/uplink.h"

struct outside {
	struct loop *loop;
	int wire, ask;
	struct source *wire_source, *ask_source;
	struct resolv *resolv;
	const struct uplink_kind *kind;
	struct uplink *uplink;
	struct wire_resolver resolvers[WIRE_RESOLVERS_MAX];
	uint32_t n_resolvers;
	bool ending;
};

static void say_message(struct outside *o, const struct wire_message *m)
{
	int r = wire_send(o->wire, m, -1);

	if (r < 0 && r != -EPIPE && r != -ECONNRESET)
		log_warning("the inside was not told: %s", strerror(-r));
}

static void resolvers_changed(const struct wire_resolver *list, uint32_t n, void *arg)
{
	struct outside *o = arg;
	struct wire_message m = { .kind = WIRE_RESOLVERS, .resolvers.n = n };

	memcpy(o->resolvers, list, n * sizeof(*list));
	memcpy(m.resolvers.list, list, n * sizeof(*list));
	o->n_resolvers = n;
	say_message(o, &m);
}

static void place_changed(const struct wire_place *place, void *arg)
{
	struct outside *o = arg;

	say_message(o, &(struct wire_message){ .kind = WIRE_PLACE, .place = *place });
}

static void firewall_changed(const char *text, void *arg)
{
	struct wire_message m = { .kind = WIRE_FIREWALL };

	snprintf(m.text, sizeof(m.text), "%s", text);
	say_message(arg, &m);
}

static void everything_put_back(void *arg)
{
	struct outside *o = arg;

	loop_quit(o->loop, 0);
}

static void inside_ended(struct outside *o)
{
	source_free(take_ptr(o->wire_source));
	if (!o->ending)
		loop_quit(o->loop, 1);
}

/* Carries out a message.  @along: came with it; taken out by whoever keeps it */
static void follow_order(struct outside *o, const struct wire_message *m, int *along)
{
	switch (m->kind) {
	case WIRE_BEGIN:
		o->kind->begin(o->uplink, take_fd(along), m->peer);
		break;
	case WIRE_UPLINK:
		o->kind->wish(o->uplink, &m->uplink);
		break;
	case WIRE_BYE:
		o->ending = true;
		o->kind->end(o->uplink, everything_put_back, o);
		break;
	default:
		log_warning("the inside said something that is not for it to say");
	}
}

static int wire_readable(struct source *s, int fd, uint32_t events, void *arg)
{
	static struct wire_message m;
	struct outside *o = arg;
	int along = -1, r = wire_receive(fd, &m, &along);

	(void)s;
	(void)events;
	if (r == 0 || r == -ECONNRESET)
		inside_ended(o);
	else if (r < 0 && r != -EAGAIN)
		log_warning("what the inside said: %s", strerror(-r));
	else if (r > 0)
		follow_order(o, &m, &along);
	fd_close(&along);
	return 0;
}

static int dial_resolver(const struct outside *o, const struct wire_message *m, int *ret_fd)
{
	return m->dial.resolver < o->n_resolvers
		       ? resolver_dial(&o->resolvers[m->dial.resolver], m->dial.type, ret_fd)
		       : -EINVAL;
}

/* Answers a question.  @along: came with it; borrowed */
static int answer_order(struct outside *o, const struct wire_message *m, int along, int *ret_fd)
{
	struct shortcuts *shortcuts = o->kind->shortcuts ? o->kind->shortcuts(o->uplink) : NULL;

	switch (m->kind) {
	case WIRE_DIAL:
		return dial_resolver(o, m, ret_fd);
	case WIRE_SHORTCUT:
		return shortcuts ? shortcuts_add(shortcuts, &m->shortcut, along) : -EOPNOTSUPP;
	case WIRE_NO_SHORTCUTS:
		return shortcuts ? shortcuts_end(shortcuts) : 0;
	default:
		return -EINVAL;
	}
}

static int ask_readable(struct source *s, int fd, uint32_t events, void *arg)
{
	static struct wire_message m;
	struct wire_message said = { .kind = WIRE_ANSWER };
	cleanup_close int along = -1, dialed = -1;
	int r = wire_receive(fd, &m, &along);

	(void)events;
	if (r == 0 || r == -ECONNRESET)
		source_free(s);
	if (r <= 0)
		return 0;
	said.question = m.question;
	said.result = answer_order(arg, &m, along, &dialed);
	wire_send(fd, &said, dialed);
	return 0;
}

static int outside_prepare(struct outside *o, const struct outside_start *start, struct err *err)
{
	struct uplink_setup setup = {
		.folder = start->folder, .fn = place_changed, .firewall = firewall_changed, .arg = o
	};
	int r = loop_new(&o->loop);

	if (r == 0)
		r = loop_add_io(o->loop, o->wire, EPOLLIN, wire_readable, o, &o->wire_source);
	if (r == 0)
		r = loop_add_io(o->loop, o->ask, EPOLLIN, ask_readable, o, &o->ask_source);
	if (r < 0)
		return err_errno(err, r, "loop");
	setup.loop = o->loop;
	r = o->kind->new (&setup, &o->uplink, err);
	if (r < 0)
		return r;
	r = resolv_watch(o->loop, resolvers_changed, o, &o->resolv);
	return r < 0 ? err_errno(err, r, "resolv.conf") : 0;
}

static void outside_reset(struct outside *o)
{
	resolv_free(o->resolv);
	if (o->uplink)
		o->kind->free(o->uplink);
	loop_free(o->loop);
	fd_close(&o->wire);
	fd_close(&o->ask);
}

int outside_run(const struct outside_start *start, struct err *err)
{
	cleanup(outside_reset) struct outside o = { .wire = start->wire,
						    .ask = start->ask,
						    .kind = start->as_root ? &uplink_veth
									   : &uplink_user };
	int r = outside_prepare(&o, start, err);

	if (r == 0)
		r = loop_run(o.loop);
	return r < 0 ? err_errno(err, r, "loop") : 0;
}

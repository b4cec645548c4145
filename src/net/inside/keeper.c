/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A request changes the model at once, then the kernel's links, which takes
 * no time, and then the rules, by a run of nft that nobody waits for: the answer is sent when it
 * has ended.  Where nft refuses a change, something is not as the model believes, and all rules
 * are written anew.
 *
 * A keeper that was given the namespace of one before it finds rules there that still hold for what
 * runs.  It leaves them until moatd has told it of everything, and then puts its own in their
 * place in one transaction.
 */
#include "net/inside/keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "net/common/elements.h"
#include "net/inside/handle.h"
#include "net/inside/outward.h"
#include "net/inside/refusals.h"
#include "net/inside/resolvers.h"
#include "net/inside/rules.h"
#include "net/inside/shortcut-client.h"
#include "net/inside/taps.h"

/* The steps of a change, each tried where the one before failed: as it was asked for; all rules
 * anew; all rules without what the old ones held. */
enum change_step { CHANGE_ASKED, CHANGE_RENEWED, CHANGE_FRESH };

struct change {
	struct keeper *keeper;
	enum change_step step;
	keeper_then_fn then;
	void *arg;
};

static void change_end(struct change *c, int r, const char *message)
{
	struct err err = { 0 };

	if (r < 0)
		err_set(&err, r, "rules of networks: %.*s", (int)strcspn(message, "\n"), message);
	if (r < 0)
		log_error("%s", err.msg);
	if (c->then)
		c->then(c->keeper, c->arg, r, &err);
	free(c);
}

static void change_done(int result, const char *message, void *arg);

static void renew_change(struct change *c, enum change_step step)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = rules_whole(&text, &c->keeper->model, step == CHANGE_RENEWED);

	c->step = step;
	if (r == 0)
		r = nft_change(c->keeper->nft, text.data, change_done, c);
	if (r < 0)
		change_end(c, r, strerror(-r));
}

static void change_done(int result, const char *message, void *arg)
{
	struct change *c = arg;

	if (result == 0 || c->step == CHANGE_FRESH) {
		change_end(c, result, message);
		return;
	}
	log_warning("rules are written anew: nft said: %.*s", (int)strcspn(message, "\n"), message);
	renew_change(c, c->step == CHANGE_ASKED ? CHANGE_RENEWED : CHANGE_FRESH);
}

static struct change *change_new(struct keeper *k, keeper_then_fn then, void *arg)
{
	struct change *c = malloc(sizeof(*c));
	struct err err = { 0 };

	if (c)
		*c = (struct change){ .keeper = k, .then = then, .arg = arg };
	else if (then)
		then(k, arg, err_nomem(&err), &err);
	return c;
}

void keeper_change(struct keeper *k, struct buf *text, keeper_then_fn then, void *arg)
{
	struct change *c = change_new(k, then, arg);
	int r;

	if (!c)
		return;
	if (!k->settled) {
		change_end(c, 0, "");
		return;
	}
	if (text->data && nft_idle(k->nft) && elements_change(k->elements, text->data) == 0) {
		change_end(c, 0, "");
		return;
	}
	r = text->data ? nft_change(k->nft, text->data, change_done, c) : -ENOMEM;
	if (r < 0)
		change_end(c, r, strerror(-r));
}

void keeper_renew_rules(struct keeper *k, keeper_then_fn then, void *arg)
{
	struct change *c = change_new(k, then, arg);

	if (c && k->settled)
		renew_change(c, CHANGE_RENEWED);
	else if (c)
		change_end(c, 0, "");
}

void keeper_used(struct keeper *k)
{
	source_set_timer(k->idle, IDLE_USEC);
}

void keeper_hosts(const struct keeper *k, struct net_answer *ret)
{
	const struct wire_place *u = &k->model.uplink;

	for (size_t i = 0; i < ARRAY_SIZE(u->host); i++)
		if (!ip_is_none(&u->host[i]))
			ret->hosts[ret->n_hosts++] = u->host[i];
}

void keeper_leave(struct keeper *k)
{
	outward_bye(k->outward);
	loop_quit(k->loop, 0);
}

static int keeper_idle(struct source *s, void *arg)
{
	struct keeper *k = arg;

	(void)s;
	if (LIST_EMPTY(&k->model.ports))
		handle_idle(k);
	return 0;
}

/* Each connection through a published port takes two descriptors. */
static int prepare_proxy(struct keeper *k)
{
	struct rlimit files;
	struct proxy_limits limits;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return -errno;
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		return -errno;
	limits = proxy_limits(files.rlim_cur);
	return proxy_new(k->loop, &limits, &k->proxy);
}

static int keeper_prepare(struct keeper *k, struct err *err)
{
	int r = loop_new(&k->loop);

	if (r == 0)
		r = netlink_new(&k->nl);
	if (r == 0)
		r = elements_new(&k->elements);
	if (r == 0)
		r = loop_add_timer(k->loop, UINT64_MAX, keeper_idle, k, &k->idle);
	if (r == 0)
		r = prepare_proxy(k);
	if (r < 0)
		return err_errno(err, r, "start");
	r = links_prepare(k->nl, err);
	if (r == 0)
		r = nft_new(k->loop, &k->nft, err);
	if (r == 0)
		r = resolvers_new(k, &k->resolvers, err);
	if (r == 0)
		r = refusals_new(k, &k->refusals, err);
	if (r < 0)
		return r;
	r = shortcut_client_new(k, &k->shortcuts);
	return r < 0 ? err_nomem(err) : 0;
}

static void keeper_reset(struct keeper *k)
{
	handle_reset(k);
	resolvers_free(k->resolvers);
	refusals_free(k->refusals);
	server_free(k->server);
	proxy_free(k->proxy);
	shortcut_client_free(k->shortcuts);
	outward_free(k->outward);
	nft_free(k->nft);
	elements_free(k->elements);
	source_free(k->idle);
	netlink_free(k->nl);
	loop_free(k->loop);
}

int keeper_run(const struct keeper_start *start, struct err *err)
{
	cleanup(keeper_reset) struct keeper k = { .settled = !start->adopted };
	int r = keeper_prepare(&k, err);

	if (r < 0)
		return r;
	r = server_new(&k, start->listen_fd, start->owner, &k.server);
	if (r < 0)
		return err_errno(err, r, "control socket");
	r = outward_new(&k, start->wire, start->ask, &k.outward, err);
	if (r < 0)
		return r;
	keeper_renew_rules(&k, NULL, NULL);
	r = loop_run(k.loop);
	return r < 0 ? err_errno(err, r, "loop") : 0;
}

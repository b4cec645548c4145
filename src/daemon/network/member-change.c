/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Connecting and disconnecting a container that does not run only changes its
 * rows.  Where it runs, moat-net is told, and then the caller tells the machine; a connection that
 * fails on the way is taken back.
 */
#include "daemon/network/member-change.h"

#include <errno.h>

#include "base/mutex.h"
#include "daemon/network/inner.h"
#include "daemon/network/keeper.h"
#include "daemon/network/ports-inner.h"
#include "daemon/network/tell.h"

/* Under @changing. */
static int add_endpoint(struct networks *nets, const char *id, struct member_wish *wish,
			struct err *err)
{
	struct member *m = networks_member(nets, id);
	struct endpoint *e;
	int r;

	if (!m)
		return err_set(err, -ENOENT, "No such container: %s", id);
	if (member_endpoint(m, wish->network))
		return err_set(err, -EPERM, "endpoint with name %s already exists in network %s",
			       m->name, network_said_name(wish->network));
	r = member_put_endpoint(nets, m, wish, &e, err);
	if (r == 0 && m->active) {
		r = member_give_address(nets, e, err);
		if (r == 0)
			r = member_give_links(nets, e, err);
		if (r < 0)
			(void)member_drop_endpoint(nets, e, NULL);
	}
	return r;
}

/* Under @changing. */
static int drop_endpoint(struct networks *nets, const char *id, const char *network,
			 struct err *err)
{
	struct member *m = networks_member(nets, id);
	struct endpoint *e = m ? member_endpoint(m, network) : NULL;

	if (!e)
		return err_set(err, -EPERM, "container %s is not connected to network %s",
			       m && m->name ? m->name : id, network_said_name(network));
	return member_drop_endpoint(nets, e, err);
}

static bool is_active(struct networks *nets, const char *id)
{
	const struct member *m;

	mutex_hold(&nets->lock);
	m = networks_member(nets, id);
	return m && m->active && *m->tap;
}

static void publish_one(struct networks *nets, const char *id, const char *network,
			const char *action)
{
	const struct network *n;

	mutex_hold(&nets->lock);
	n = networks_find(nets, network);
	if (n)
		network_publish(nets, action, &n->rec, id);
}

/* Return: 1 with @ret for the machine; 0 where it does not run. */
static int apply_change(struct networks *nets, const char *id, struct wiring *ret, struct err *err)
{
	struct ip host;
	int r = member_tell_networks(nets, id, &host, err);

	if (r == 0)
		r = ports_settle(nets, id, err);
	if (r == 0)
		r = tell_member(nets, id, err);
	if (r == 0)
		r = member_wiring(nets, id, &host, ret, err);
	return r < 0 ? r : 1;
}

int member_connect(struct networks *nets, const char *id, struct member_wish *wish,
		   struct wiring *ret, struct err *err)
{
	bool active = is_active(nets, id);
	int r = active ? keeper_check(nets->keeper, err) : 0;

	if (r < 0)
		return r;
	pthread_mutex_lock(&nets->changing);
	r = add_endpoint(nets, id, wish, err);
	pthread_mutex_unlock(&nets->changing);
	if (r < 0 || !active)
		return r;
	r = apply_change(nets, id, ret, err);
	if (r < 0) {
		pthread_mutex_lock(&nets->changing);
		(void)drop_endpoint(nets, id, wish->network, NULL);
		pthread_mutex_unlock(&nets->changing);
		(void)ports_settle(nets, id, NULL);
		(void)tell_member(nets, id, NULL);
		return r;
	}
	publish_one(nets, id, wish->network, "connect");
	return 1;
}

int member_disconnect(struct networks *nets, const char *id, const char *network,
		      struct wiring *ret, struct err *err)
{
	bool active = is_active(nets, id);
	int r;

	pthread_mutex_lock(&nets->changing);
	r = drop_endpoint(nets, id, network, err);
	pthread_mutex_unlock(&nets->changing);
	if (r < 0 || !active)
		return r;
	publish_one(nets, id, network, "disconnect");
	return apply_change(nets, id, ret, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  From the beginning of a start to the end of the run a member is active: its
 * addresses are its own whatever others ask for, and its networks are not removed.  When its
 * machine is there, moat-net is told by which tap it is reached.
 *
 * The end of a container is told by the main thread, which must not wait for moat-net: what has to
 * be taken back is posted to the keeper.
 */
#include "daemon/network/member-run.h"

#include <errno.h>

#include "base/mutex.h"
#include "base/str.h"
#include "daemon/network/inner.h"
#include "daemon/network/keeper.h"
#include "daemon/network/ports-inner.h"
#include "daemon/network/tell.h"

/* Publishes an event for each of its networks. */
static void publish_all(struct networks *nets, const char *id, const char *action)
{
	struct member *m;

	mutex_hold(&nets->lock);
	m = networks_member(nets, id);
	for (struct endpoint *e = m ? m->endpoints : NULL; e; e = e->next) {
		const struct network *n = networks_find(nets, e->rec.network);

		if (n)
			network_publish(nets, action, &n->rec, id);
	}
}

int member_give_address(struct networks *nets, struct endpoint *e, struct err *err)
{
	struct network *n = networks_find(nets, e->rec.network);
	int r = n ? network_settle(nets, n, err) : network_not_found(e->rec.network, false, err);

	return r == 0 ? address_give(nets, e, err) : r;
}

int member_give_links(struct networks *nets, const struct endpoint *e, struct err *err)
{
	struct endpoint *to = NULL;
	int r = 0;

	for (char **link = e->config.links; r == 0 && link && *link; link++) {
		r = member_find_link(nets, e, *link, &to, err);
		if (r == 0 && to)
			r = member_give_address(nets, to, err);
	}
	return r;
}

static int activate_member(struct networks *nets, const char *id, struct err *err)
{
	struct member *m;
	int r = 0;

	pthread_mutex_lock(&nets->changing);
	m = networks_member(nets, id);
	for (struct endpoint *e = m ? m->endpoints : NULL; e && r == 0; e = e->next) {
		r = member_give_address(nets, e, err);
		if (r == 0)
			r = member_give_links(nets, e, err);
	}
	if (m && r == 0) {
		pthread_mutex_lock(&nets->lock);
		m->active = true;
		*m->tap = '\0';
		m->told = 0;
		pthread_mutex_unlock(&nets->lock);
	}
	pthread_mutex_unlock(&nets->changing);
	return r;
}

/* Lists the names of a member's networks; owned. */
static int list_networks(struct networks *nets, const char *id, char ***ret)
{
	struct member *m;
	int r = 0;

	mutex_hold(&nets->lock);
	m = networks_member(nets, id);
	for (struct endpoint *e = m ? m->endpoints : NULL; e && r == 0; e = e->next)
		r = strv_add(ret, e->rec.network);
	return r;
}

int member_tell_networks(struct networks *nets, const char *id, struct ip *ret_host,
			 struct err *err)
{
	cleanup_strv char **names = NULL;
	int r = list_networks(nets, id, &names);

	if (r < 0)
		return err_nomem(err);
	*ret_host = (struct ip){ 0 };
	for (char **name = names; r == 0 && name && *name; name++) {
		struct ip host = { 0 };

		r = tell_network(nets, *name, &host, err);
		if (r == 0 && ip_is_none(ret_host))
			*ret_host = host;
	}
	return r;
}

static bool has_networks(struct networks *nets, const char *id)
{
	const struct member *m;

	mutex_hold(&nets->lock);
	m = networks_member(nets, id);
	return m && m->endpoints;
}

int member_begin(struct networks *nets, const char *id, struct wiring *ret, struct err *err)
{
	struct ip host = { 0 };
	int r = has_networks(nets, id) ? keeper_check(nets->keeper, err) : 0;

	if (r == 0)
		r = activate_member(nets, id, err);
	if (r == 0)
		r = member_tell_networks(nets, id, &host, err);
	if (r == 0)
		r = member_wiring(nets, id, &host, ret, err);
	if (r < 0)
		member_end(nets, id);
	return r;
}

static void set_tap(struct networks *nets, const char *id, const char *tap)
{
	struct member *m;

	mutex_hold(&nets->lock);
	m = networks_member(nets, id);
	if (m) {
		strncpy(m->tap, tap, sizeof(m->tap) - 1);
		m->active = true;
		m->told = 0;
	}
}

int member_plug(struct networks *nets, const char *id, const char *tap, struct err *err)
{
	int r;

	set_tap(nets, id, tap);
	if (!has_networks(nets, id))
		return 0;
	if (!*tap)
		return err_set(err, -ENODEV, "its machine has no network interface");
	r = tell_member(nets, id, err);
	if (r == 0)
		publish_all(nets, id, "connect");
	return r;
}

void member_end(struct networks *nets, const char *id)
{
	char tap[NET_TAP_MAX + 1] = "";
	unsigned told = 0;
	struct ports *ports = NULL;
	struct member *m;
	bool plugged = false, publishes = false;

	pthread_mutex_lock(&nets->lock);
	m = networks_member(nets, id);
	if (m) {
		/* Of a container that ended before it was found this is not known. */
		publishes = m->ports || m->is_old;
		m->is_old = false;
		memcpy(tap, m->tap, sizeof(tap));
		told = m->told;
		plugged = m->active && *m->tap;
		m->active = false;
		*m->tap = '\0';
		m->told = 0;
		ports = take_ptr(m->ports);
	}
	pthread_mutex_unlock(&nets->lock);
	ports_free(ports);
	if (publishes)
		keeper_post_ports(nets->keeper, id);
	if (told)
		keeper_post(nets->keeper, tap, told, false);
	if (plugged)
		publish_all(nets, id, "disconnect");
}

void member_found(struct networks *nets, const char *id, const char *tap, int tap_fd)
{
	if (tap_fd >= 0)
		keeper_lead(nets->keeper, tap_fd);
	set_tap(nets, id, tap);
}

int member_renew(struct networks *nets, const char *id, struct wiring *ret, struct err *err)
{
	struct ip host;
	int r;

	if (!has_networks(nets, id))
		return 0;
	r = member_tell_networks(nets, id, &host, err);
	if (r == 0)
		r = tell_member(nets, id, err);
	return r == 0 ? member_wiring(nets, id, &host, ret, err) : r;
}

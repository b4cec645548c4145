/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  moat-net gets a port's socket, and the container's addresses on the
 * networks that have its default routes: answers to a client outside take those routes, so the
 * container may see the client's own address.  A copy of the socket is made under the lock, as the
 * container may end while moat-net is told of it.
 */
#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/mutex.h"
#include "daemon/network/keeper.h"
#include "daemon/network/ports-inner.h"
#include "settings/file.h"

void port_name(const char *id, size_t i, char ret[NET_KEY_MAX + 1])
{
	snprintf(ret, NET_KEY_MAX + 1, "%s.%zu", id, i);
}

static void add_target(struct networks *nets, const struct member *m, int family,
		       struct net_publish *p)
{
	struct wire wire;

	if (!member_way_out(nets, m, family, &wire))
		return;
	p->targets[p->n_targets++] = family == AF_INET ? wire.address4 : wire.address6;
	p->gateways[p->n_gateways++] = family == AF_INET ? wire.gateway4 : wire.gateway6;
	p->shows_clients = true;
}

/* Under the lock.  Return: 1; 0 where there is nothing to tell. */
static int fill_publish(struct networks *nets, const struct member *m, size_t i,
			struct net_publish *ret)
{
	const struct published *p = &m->ports->list[i];

	if (p->fd < 0)
		return 0;
	port_name(m->id, i, ret->key);
	ret->protocol = p->binding.protocol == PORT_UDP ? NET_UDP : NET_TCP;
	ret->target_port = p->binding.port;
	add_target(nets, m, AF_INET, ret);
	add_target(nets, m, AF_INET6, ret);
	return ret->n_targets > 0;
}

/* @ret_fd: owned.  Return: 1; 0 where there is nothing to tell; -ENOENT behind the last; -errno. */
static int describe_publish(struct networks *nets, const char *id, size_t i,
			    struct net_publish *ret, int *ret_fd)
{
	const struct member *m;
	int r = -ENOENT;

	mutex_hold(&nets->lock);
	m = networks_member(nets, id);
	if (m && m->active && m->ports && i < m->ports->n)
		r = fill_publish(nets, m, i, ret);
	if (r > 0) {
		*ret_fd = fcntl(m->ports->list[i].fd, F_DUPFD_CLOEXEC, 3);
		r = *ret_fd < 0 ? -errno : 1;
	}
	return r;
}

static bool is_active(struct networks *nets, const char *id)
{
	const struct member *m;

	mutex_hold(&nets->lock);
	m = networks_member(nets, id);
	return m && m->active;
}

/* A file that cannot be read has been told of where more depends on it: the default counts. */
static bool may_take_shortcuts(struct networks *nets)
{
	cleanup_settings struct settings *s = NULL;

	return nets->settings && settings_file_get(nets->settings, &s, NULL) == 0 &&
	       !s->userland_proxy;
}

static int tell_port(struct networks *nets, const char *id, size_t i, struct err *err)
{
	struct net_request rq = { .op = NET_PUBLISH };
	cleanup_close int fd = -1;
	int r = describe_publish(nets, id, i, &rq.publish, &fd);

	if (r == 0)
		return 0;
	if (r < 0)
		return r == -ENOENT ? r : err_errno(err, r, "published port %zu", i);
	rq.publish.shortcuts = may_take_shortcuts(nets);
	return keeper_ask_with(nets->keeper, &rq, fd, NULL, err);
}

int tell_ports(struct networks *nets, const char *id, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0; i++)
		r = tell_port(nets, id, i, err);
	/* The container may have ended before its last port was told. */
	if (!is_active(nets, id))
		keeper_post_ports(nets->keeper, id);
	return r == -ENOENT ? 0 : r;
}

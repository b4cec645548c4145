/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The kernel is asked by rtnetlink for all routes, as `ip route show table
 * all` does: VPNs have tables of their own, and a subnet that is reached by one of these must not
 * become a container's.  Everything that is read came from the kernel; lengths are checked all the
 * same.
 */
#include "daemon/network/host-routes.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

#define ANSWER_MSEC 2000
#define BUFFER_SIZE 65536

struct walk {
	int (*fn)(const struct ip_net *net, const char *interface, void *arg);
	void *arg;
};

static int ask_for_routes(int fd)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
	} request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = RTM_GETROUTE,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			    .nlmsg_seq = 1 },
		.route = { .rtm_family = AF_UNSPEC },
	};

	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

static bool is_wanted(const struct rtmsg *route, uint32_t table)
{
	return (route->rtm_family == AF_INET || route->rtm_family == AF_INET6) &&
	       route->rtm_dst_len > 0 && table != RT_TABLE_LOCAL &&
	       (route->rtm_type == RTN_UNICAST || route->rtm_type == RTN_BLACKHOLE ||
		route->rtm_type == RTN_UNREACHABLE || route->rtm_type == RTN_PROHIBIT);
}

/* The kernel's macros walk over memory that is not constant. */
static void copy_bytes(struct rtattr *a, void *to, size_t size)
{
	if (RTA_PAYLOAD(a) >= size)
		memcpy(to, RTA_DATA(a), size);
}

static int see_route(struct nlmsghdr *message, const struct walk *w)
{
	struct rtmsg *route = NLMSG_DATA(message);
	size_t left = RTM_PAYLOAD(message);
	struct ip_net net = { .ip.family = route->rtm_family, .bits = route->rtm_dst_len };
	uint32_t table = route->rtm_table, index = 0;
	char name[IF_NAMESIZE] = "";

	for (struct rtattr *a = RTM_RTA(route); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == RTA_DST)
			copy_bytes(a, net.ip.bytes, ip_bits(&net.ip) / 8);
		else if (a->rta_type == RTA_TABLE)
			copy_bytes(a, &table, sizeof(table));
		else if (a->rta_type == RTA_OIF)
			copy_bytes(a, &index, sizeof(index));
	}
	if (!is_wanted(route, table))
		return 0;
	if (index == 0 || !if_indextoname(index, name))
		*name = '\0';
	return w->fn(&net, name, w->arg);
}

/* Return: 1 for more; 0 at the end; -errno. */
static int see_messages(char *data, size_t len, const struct walk *w)
{
	struct nlmsghdr *m = (struct nlmsghdr *)(void *)data;

	for (; NLMSG_OK(m, len); m = NLMSG_NEXT(m, len)) {
		int r = 0;

		if (m->nlmsg_type == NLMSG_DONE)
			return 0;
		if (m->nlmsg_type == NLMSG_ERROR)
			return -EIO;
		if (m->nlmsg_type == RTM_NEWROUTE &&
		    m->nlmsg_len >= NLMSG_LENGTH(sizeof(struct rtmsg)))
			r = see_route(m, w);
		if (r < 0)
			return r;
	}
	return 1;
}

static int read_routes(int fd, const struct walk *w)
{
	cleanup_free char *buffer = malloc(BUFFER_SIZE);
	int r = buffer ? 1 : -ENOMEM;

	while (r > 0) {
		ssize_t n;

		r = fd_wait(fd, POLLIN, ANSWER_MSEC);
		if (r == 0)
			return -ETIMEDOUT;
		n = r > 0 ? recv(fd, buffer, BUFFER_SIZE, MSG_TRUNC) : r;
		if (r > 0 && n < 0)
			return -errno;
		if (n > BUFFER_SIZE)
			return -EMSGSIZE;
		if (r > 0)
			r = see_messages(buffer, (size_t)n, w);
	}
	return r;
}

int host_routes_each(int (*fn)(const struct ip_net *net, const char *interface, void *arg),
		     void *arg, struct err *err)
{
	cleanup_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	const struct walk w = { fn, arg };
	int r = fd < 0 ? -errno : ask_for_routes(fd);

	if (r == 0)
		r = read_routes(fd, &w);
	return r < 0 ? err_errno(err, r, "read the host's routes") : 0;
}

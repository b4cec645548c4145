/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/network/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "base/fd.h"
#include "base/macro.h"
#include "guest/network/netlink.h"

int netns_open(struct netns *ret)
{
	*ret = NETNS_NONE;
	ret->ns_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return ret->ns_fd < 0 ? -errno : netlink_open(&ret->fd);
}

static int loopback_up(int fd)
{
	struct ifreq req = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	return ioctl(fd, SIOCSIFFLAGS, &req) < 0 ? -errno : 0;
}

int netns_make(struct netns *ret)
{
	/* docker sets the first two in its network namespaces; a kernel that lacks them is no
	 * worse. */
	static const char *const sysctls[][2] = {
		{ "/proc/sys/net/ipv4/ip_unprivileged_port_start", "0" },
		{ "/proc/sys/net/ipv4/ping_group_range", "0 2147483647" },
		/* No router advertises itself to a container. */
		{ "/proc/sys/net/ipv6/conf/default/accept_ra", "0" },
		/* Interfaces on one NIC hear each other's broadcasts, and each must answer only for
		 * itself. */
		{ "/proc/sys/net/ipv4/conf/all/arp_ignore", "1" },
		{ "/proc/sys/net/ipv4/conf/all/arp_announce", "2" },
	};
	int r;

	*ret = NETNS_NONE;
	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	r = netns_open(ret);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(sysctls); i++)
		file_set_at(AT_FDCWD, sysctls[i][0], sysctls[i][1]);
	return r == 0 ? loopback_up(ret->fd) : r;
}

int netns_enter(const struct netns *n)
{
	return setns(n->ns_fd, CLONE_NEWNET) < 0 ? -errno : 0;
}

void netns_close(struct netns *n)
{
	fd_close(&n->fd);
	fd_close(&n->ns_fd);
}
